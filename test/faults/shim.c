/*
 * Loaded in front of the C library of a real server: makes calls on files fail, and sets its wall clock back, once the file that RDX_SHIM names says so.
 *
 *   sync   fdatasync and fsync of files whose path contains RDX_SHIM_PATH fail with EIO
 *   write  write to such a file writes half of what it is given, and then fails with ENOSPC
 *   clock  the wall clock is an hour behind
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define BACK_SECONDS 3600

static int asked(const char *what) {
  const char *path = getenv("RDX_SHIM");
  char text[16] = {0};
  int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return 0;
  syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  return strncmp(text, what, strlen(what)) == 0;
}

static int meant(int fd) {
  char link[64], path[4096];
  const char *part = getenv("RDX_SHIM_PATH");
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0 || !part) return 0;
  path[length] = 0;
  return strstr(path, part) != NULL;
}

static int refused(int fd) {
  if (!meant(fd) || !asked("sync")) return 0;
  errno = EIO;
  return 1;
}

int fdatasync(int fd) { return refused(fd) ? -1 : (int)syscall(SYS_fdatasync, fd); }

int fsync(int fd) { return refused(fd) ? -1 : (int)syscall(SYS_fsync, fd); }

ssize_t write(int fd, const void *bytes, size_t count) {
  static __thread int halves = 0;
  if (count > 1 && meant(fd) && asked("write")) {
    if (halves++ % 2 == 0) return syscall(SYS_write, fd, bytes, count / 2);
    errno = ENOSPC;
    return -1;
  }
  return syscall(SYS_write, fd, bytes, count);
}

/* Reading a file for each look at the clock would be too slow: it is read once a second of the real one. */
static long back(void) {
  static long seen = 0, behind = 0;
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  if (now.tv_sec != seen) {
    seen = now.tv_sec;
    behind = asked("clock") ? BACK_SECONDS : 0;
  }
  return behind;
}

int clock_gettime(clockid_t id, struct timespec *into) {
  int result = (int)syscall(SYS_clock_gettime, id, into);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) into->tv_sec -= back();
  return result;
}

int gettimeofday(struct timeval *into, void *zone) {
  int result = (int)syscall(SYS_gettimeofday, into, zone);
  if (result == 0 && into) into->tv_sec -= back();
  return result;
}
