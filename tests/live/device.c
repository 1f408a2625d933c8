/* A video device for machines that have none: loaded with LD_PRELOAD, it plays /dev/video0 to one process.
 *
 * White pictures of 1280x720 at 30 frames a second, as YUYV or, where FAKE_JPEG names a file, as that JPEG. What the V4L2
 * drivers of USB cameras do is done here: MMAP buffers, one format each, times of the monotonic clock. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 1280, HEIGHT = 720, RATE = 30, SIZE = WIDTH * HEIGHT * 2, BUFFERS = 8 };

/* All of them are one timer: readable when a frame is due, which is what whoever waits for frames polls for. */
static char is_device[1024];
static int memory = -1;
static unsigned char *pixels;
static unsigned queue[BUFFERS], queued, buffers, sequence, used = SIZE;
static int is_queued[BUFFERS];

static int is_ours_fd(int fd) { return fd >= 0 && fd < (int)sizeof is_device && is_device[fd]; }
static int is_ours(const char *path) { return path && strcmp(path, "/dev/video0") == 0; }

static unsigned format(void) { return getenv("FAKE_JPEG") ? V4L2_PIX_FMT_MJPEG : V4L2_PIX_FMT_YUYV; }

static void paint(void) {
  const char *jpeg = getenv("FAKE_JPEG");
  for (unsigned b = 0; b < BUFFERS; b++) {
    unsigned char *at = pixels + (size_t)b * SIZE;
    if (jpeg) {
      FILE *file = fopen(jpeg, "rb");
      if (!file)
        abort();
      used = (unsigned)fread(at, 1, SIZE, file);
      fclose(file);
    } else {
      for (unsigned i = 0; i < SIZE; i += 2)
        at[i] = 235, at[i + 1] = 128;
    }
  }
}

static int keep(int fd) {
  if (fd >= 0 && fd < (int)sizeof is_device)
    is_device[fd] = 1;
  return fd;
}

static int start(void) {
  if (memory < 0) {
    memory = memfd_create("video0", MFD_CLOEXEC);
    if (memory < 0 || ftruncate(memory, (off_t)SIZE * BUFFERS))
      return -1;
    pixels = mmap(NULL, (size_t)SIZE * BUFFERS, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    paint();
  }
  return keep(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
}

static void run(int fd, int is_on) {
  struct itimerspec every = {{0, 1000000000 / RATE}, {0, 1000000000 / RATE}}, never = {{0, 0}, {0, 0}};
  timerfd_settime(fd, 0, is_on ? &every : &never, NULL);
  if (!is_on)
    queued = 0, memset(is_queued, 0, sizeof is_queued);
}

static void describe(struct v4l2_pix_format *pix) {
  memset(pix, 0, sizeof *pix);
  pix->width = WIDTH, pix->height = HEIGHT, pix->pixelformat = format(), pix->field = V4L2_FIELD_NONE;
  pix->bytesperline = getenv("FAKE_JPEG") ? 0 : WIDTH * 2;
  pix->sizeimage = SIZE, pix->colorspace = V4L2_COLORSPACE_SRGB;
}

static void tell(struct v4l2_buffer *buffer, unsigned index) {
  buffer->index = index, buffer->type = V4L2_BUF_TYPE_VIDEO_CAPTURE, buffer->memory = V4L2_MEMORY_MMAP;
  buffer->length = SIZE, buffer->m.offset = index * SIZE, buffer->field = V4L2_FIELD_NONE;
  buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC | V4L2_BUF_FLAG_MAPPED;
  if (is_queued[index])
    buffer->flags |= V4L2_BUF_FLAG_QUEUED;
}

static int take(int fd, struct v4l2_buffer *buffer) {
  unsigned long long due;
  struct timespec now;
  if (read(fd, &due, sizeof due) < 0 || !queued)
    return errno = EAGAIN, -1;
  unsigned index = queue[0];
  memmove(queue, queue + 1, --queued * sizeof *queue);
  is_queued[index] = 0;
  tell(buffer, index);
  clock_gettime(CLOCK_MONOTONIC, &now);
  buffer->timestamp.tv_sec = now.tv_sec, buffer->timestamp.tv_usec = now.tv_nsec / 1000;
  buffer->bytesused = used, buffer->sequence = sequence++, buffer->flags |= V4L2_BUF_FLAG_DONE;
  return 0;
}

static int enumerate(unsigned long request, void *argument) {
  if (request == VIDIOC_ENUM_FMT) {
    struct v4l2_fmtdesc *found = argument;
    if (found->index || found->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
      return errno = EINVAL, -1;
    found->pixelformat = format(), found->flags = getenv("FAKE_JPEG") ? V4L2_FMT_FLAG_COMPRESSED : 0;
    strcpy((char *)found->description, "Fake");
  } else if (request == VIDIOC_ENUM_FRAMESIZES) {
    struct v4l2_frmsizeenum *size = argument;
    if (size->index || size->pixel_format != format())
      return errno = EINVAL, -1;
    size->type = V4L2_FRMSIZE_TYPE_DISCRETE, size->discrete.width = WIDTH, size->discrete.height = HEIGHT;
  } else {
    struct v4l2_frmivalenum *interval = argument;
    if (interval->index || interval->width != WIDTH)
      return errno = EINVAL, -1;
    interval->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    interval->discrete.numerator = 1, interval->discrete.denominator = RATE;
  }
  return 0;
}

static int answer(int fd, unsigned long request, void *argument) {
  struct v4l2_capability *what = argument;
  struct v4l2_requestbuffers *wanted = argument;
  struct v4l2_buffer *buffer = argument;
  struct v4l2_streamparm *rate = argument;
  switch (request) {
  case VIDIOC_QUERYCAP:
    memset(what, 0, sizeof *what);
    strcpy((char *)what->driver, "fake"), strcpy((char *)what->card, "Fake camera");
    what->device_caps = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    what->capabilities = what->device_caps | V4L2_CAP_DEVICE_CAPS;
    return 0;
  case VIDIOC_ENUM_FMT:
  case VIDIOC_ENUM_FRAMESIZES:
  case VIDIOC_ENUM_FRAMEINTERVALS:
    return enumerate(request, argument);
  case VIDIOC_G_FMT:
  case VIDIOC_S_FMT:
  case VIDIOC_TRY_FMT:
    if (((struct v4l2_format *)argument)->type != V4L2_BUF_TYPE_VIDEO_CAPTURE)
      break;
    describe(&((struct v4l2_format *)argument)->fmt.pix);
    return 0;
  case VIDIOC_G_PARM:
  case VIDIOC_S_PARM:
    rate->parm.capture.capability = V4L2_CAP_TIMEPERFRAME;
    rate->parm.capture.timeperframe = (struct v4l2_fract){1, RATE};
    return 0;
  case VIDIOC_REQBUFS:
    if (wanted->memory != V4L2_MEMORY_MMAP)
      break;
    buffers = wanted->count = wanted->count > BUFFERS ? BUFFERS : wanted->count;
    wanted->capabilities = V4L2_BUF_CAP_SUPPORTS_MMAP;
    return 0;
  case VIDIOC_QUERYBUF:
    if (buffer->index >= buffers)
      break;
    tell(buffer, buffer->index);
    return 0;
  case VIDIOC_QBUF:
    if (buffer->index >= buffers || is_queued[buffer->index])
      break;
    is_queued[buffer->index] = 1, queue[queued++] = buffer->index;
    tell(buffer, buffer->index);
    return 0;
  case VIDIOC_DQBUF:
    return take(fd, buffer);
  case VIDIOC_STREAMON:
  case VIDIOC_STREAMOFF:
    run(fd, request == VIDIOC_STREAMON);
    return 0;
  default:
    return errno = ENOTTY, -1;
  }
  return errno = EINVAL, -1;
}

static int opened(const char *name, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
  return is_ours(path) ? start() : real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened("open64", path, flags, mode);
}

int __open_2(const char *path, int flags) { return opened("open", path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened("open64", path, flags, 0); }

int stat(const char *restrict path, struct stat *restrict found) {
  int (*real)(const char *, struct stat *) = (int (*)(const char *, struct stat *))dlsym(RTLD_NEXT, "stat");
  if (!is_ours(path))
    return real(path, found);
  memset(found, 0, sizeof *found);
  found->st_mode = S_IFCHR | 0666;
  return 0;
}

int stat64(const char *restrict path, struct stat64 *restrict found) { return stat(path, (struct stat *)found); }

int access(const char *path, int mode) {
  int (*real)(const char *, int) = (int (*)(const char *, int))dlsym(RTLD_NEXT, "access");
  return is_ours(path) ? 0 : real(path, mode);
}

int ioctl(int fd, unsigned long request, ...) {
  int (*real)(int, unsigned long, ...) = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return is_ours_fd(fd) ? answer(fd, request & 0xffffffff, argument) : real(fd, request, argument);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  void *(*real)(void *, size_t, int, int, int, off_t) =
      (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
  return real(at, length, protection, flags, is_ours_fd(fd) ? memory : fd, offset);
}

void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mmap(at, length, protection, flags, fd, offset);
}

int close(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "close");
  if (is_ours_fd(fd))
    is_device[fd] = 0;
  return real(fd);
}

int dup(int fd) {
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "dup");
  return is_ours_fd(fd) ? keep(real(fd)) : real(fd);
}
