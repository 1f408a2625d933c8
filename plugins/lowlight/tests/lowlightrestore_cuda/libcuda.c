/* Stands in for NVIDIA's driver library on a machine without a GPU: device memory is host memory, copies are done when
 * the call returns, and there are two contexts, the primary one and whatever anybody creates. It is as much of the driver
 * as GStreamer's CUDA elements look up: those of 1.22, and of 1.24 (events, IPC). What the tests want to know of it, it
 * says on standard error. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int Result;
typedef unsigned long long Pointer;
enum { OK = 0, NO_DEVICE = 101, INVALID_CONTEXT = 201, NOT_SUPPORTED = 801, DEVICE = 2 };

/* CUDA_MEMCPY2D_v2 */
typedef struct {
  size_t from_x, from_y; int from_type; const void *from_host; Pointer from_device; void *from_array; size_t from_pitch;
  size_t to_x, to_y; int to_type; void *to_host; Pointer to_device; void *to_array; size_t to_pitch;
  size_t bytes, rows;
} Copy;

static int primary, created, stream;
static __thread void *stack[64];
static __thread int depth;

Result cuInit(unsigned flags) { return OK; }
Result cuDriverGetVersion(int *version) { *version = 13000; return OK; }
Result cuGetErrorName(Result e, const char **text) { *text = "STAND_IN"; return OK; }
Result cuGetErrorString(Result e, const char **text) { *text = "the stand-in's error"; return OK; }

Result cuDeviceGetCount(int *count) { *count = 1; return OK; }
Result cuDeviceGet(int *device, int ordinal) { *device = ordinal; return ordinal == 0 ? OK : NO_DEVICE; }
Result cuDeviceGetName(char *name, int size, int device) { snprintf(name, size, "host memory"); return OK; }
Result cuDeviceCanAccessPeer(int *can, int a, int b) { *can = 0; return OK; }
/* Texture alignment, and the capability's major number. */
Result cuDeviceGetAttribute(int *value, int what, int device) { *value = what == 14 ? 512 : what == 75 ? 9 : 0; return OK; }

Result cuDevicePrimaryCtxRetain(void **context, int device) { *context = &primary; return OK; }
Result cuDevicePrimaryCtxRelease_v2(int device) { return OK; }
Result cuCtxCreate_v2(void **context, unsigned flags, int device) {
  fputs("stand-in: a context of somebody's own\n", stderr);
  *context = stack[depth++] = &created;
  return OK;
}
Result cuCtxDestroy_v2(void *context) { return OK; }
Result cuCtxPushCurrent_v2(void *context) { stack[depth++] = context; return OK; }
Result cuCtxPopCurrent_v2(void **context) {
  if (depth == 0) return INVALID_CONTEXT;
  depth--;
  if (context) *context = stack[depth];
  return OK;
}
Result cuCtxEnablePeerAccess(void *context, unsigned flags) { return OK; }
Result cuCtxDisablePeerAccess(void *context) { return OK; }

Result cuMemAlloc_v2(Pointer *memory, size_t bytes) {
  *memory = (Pointer)(size_t)aligned_alloc(512, (bytes + 511) & ~(size_t)511);
  return OK;
}
Result cuMemAllocPitch_v2(Pointer *memory, size_t *pitch, size_t width, size_t height, unsigned element) {
  *pitch = (width + 511) & ~(size_t)511;
  fprintf(stderr, "stand-in: memory in %s context\n", depth && stack[depth - 1] == &primary ? "the primary" : "another");
  return cuMemAlloc_v2(memory, *pitch * height);
}
Result cuMemFree_v2(Pointer memory) { free((void *)(size_t)memory); return OK; }
Result cuMemAllocHost_v2(void **memory, size_t bytes) { *memory = malloc(bytes); return OK; }
Result cuMemFreeHost(void *memory) { free(memory); return OK; }
Result cuMemcpy2D_v2(const Copy *copy) {
  const char *from = copy->from_type == DEVICE ? (const char *)(size_t)copy->from_device : copy->from_host;
  char *to = copy->to_type == DEVICE ? (char *)(size_t)copy->to_device : copy->to_host;
  for (size_t row = 0; row < copy->rows; row++)
    memcpy(to + (copy->to_y + row) * copy->to_pitch + copy->to_x,
           from + (copy->from_y + row) * copy->from_pitch + copy->from_x, copy->bytes);
  return OK;
}
Result cuMemcpy2DAsync_v2(const Copy *copy, void *on) { return cuMemcpy2D_v2(copy); }

Result cuStreamCreate(void **made, unsigned flags) { *made = &stream; return OK; }
Result cuStreamDestroy(void *made) { return OK; }
Result cuStreamDestroy_v2(void *made) { return OK; }
Result cuStreamSynchronize(void *on) { return OK; }

Result cuEventCreate(void **made, unsigned flags) { *made = &stream; return OK; }
Result cuEventDestroy_v2(void *event) { return OK; }
Result cuEventRecord(void *event, void *on) { return OK; }
Result cuEventSynchronize(void *event) { return OK; }

/* Looked up, and not called here: textures, kernels, OpenGL, other processes. */
#define NOT(name) Result name() { return NOT_SUPPORTED; }
NOT(cuGraphicsMapResources) NOT(cuGraphicsUnmapResources) NOT(cuGraphicsUnregisterResource)
NOT(cuGraphicsResourceSetMapFlags_v2) NOT(cuGraphicsSubResourceGetMappedArray)
NOT(cuGraphicsResourceGetMappedPointer_v2) NOT(cuGraphicsGLRegisterImage) NOT(cuGraphicsGLRegisterBuffer)
NOT(cuGLGetDevices_v2) NOT(cuModuleLoadData) NOT(cuModuleUnload) NOT(cuModuleGetFunction) NOT(cuLaunchKernel)
NOT(cuTexObjectCreate) NOT(cuTexObjectDestroy)
NOT(cuIpcGetEventHandle) NOT(cuIpcOpenEventHandle) NOT(cuIpcGetMemHandle) NOT(cuIpcOpenMemHandle_v2)
NOT(cuIpcCloseMemHandle)
