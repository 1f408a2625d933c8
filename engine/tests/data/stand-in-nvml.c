/* Stands in for libnvidia-ml.so.1: a driver's version, and no more. */
#include <stdio.h>

int nvmlInit_v2(void) { return 0; }
int nvmlShutdown(void) { return 0; }
int nvmlSystemGetDriverVersion(char *version, unsigned length) {
  snprintf(version, length, "580.65.06");
  return 0;
}
