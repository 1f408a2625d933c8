/* Stands in for libcuda.so.1 where there is no GPU: STAND_IN_GPUS cards that can be listed, and no more.
   Signatures are cuda.h's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int gpus(void) {
  const char *text = getenv("STAND_IN_GPUS");
  return text ? atoi(text) : 1;
}

int cuInit(unsigned flags) { return flags ? 1 : gpus() ? 0 : 100; }
int cuGetErrorName(int error, const char **name) {
  *name = error == 100 ? "CUDA_ERROR_NO_DEVICE" : NULL;
  return *name ? 0 : 1;
}
int cuDriverGetVersion(int *version) { *version = 13020; return 0; }
int cuDeviceGetCount(int *count) { *count = gpus(); return 0; }
int cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal < gpus() ? 0 : 101; }
int cuDeviceGetName(char *name, int length, int device) {
  snprintf(name, length, "Stand-in %c", 'A' + device);
  return 0;
}
int cuDeviceGetUuid(unsigned char uuid[16], int device) {
  for (int index = 0; index < 16; index++) uuid[index] = 0xa0 + index;
  uuid[15] = device;
  return 0;
}
int cuDeviceTotalMem_v2(size_t *bytes, int device) { *bytes = (size_t)(device + 1) << 30; return 0; }
int cuDeviceGetAttribute(int *value, int attribute, int device) {
  (void)device;
  *value = attribute == 75 ? 8 : attribute == 76 ? 9 : 0;
  return 0;
}
