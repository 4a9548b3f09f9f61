/* One fresh file system for /tmp: a sparse copy of an empty ext4 image, on a loop device, mounted nowhere yet. */
#include "spawner.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only the parts that hold data, some hundred KiB of a fresh file system. */
static int copy_sparse(int from, int to) {
  struct stat status;
  if (fstat(from, &status) < 0 || ftruncate(to, status.st_size) < 0) return -1;
  for (off_t at = 0; (at = lseek(from, at, SEEK_DATA)) >= 0;) {
    off_t end = lseek(from, at, SEEK_HOLE), there = at;
    while (at < end) {
      ssize_t copied = copy_file_range(from, &at, to, &there, (size_t)(end - at), 0);
      if (copied <= 0) return -1;
    }
  }
  return errno == ENXIO ? 0 : -1;
}

static int attach_loop(int image, char *device, size_t size) {
  int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop = -1;
  /* Another process may take the free device between asking and using. */
  for (int attempt = 0; control >= 0 && loop < 0 && attempt < 16; attempt++) {
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    if (number < 0) break;
    snprintf(device, size, "/dev/loop%d", number);
    struct loop_config config = {.fd = (uint32_t)image,
                                 .info = {.lo_flags = LO_FLAGS_AUTOCLEAR | LO_FLAGS_DIRECT_IO}};
    loop = open(device, O_RDWR | O_CLOEXEC);
    if (loop < 0) break;
    if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) break;
    int error = errno;
    close(loop);
    loop = -1;
    errno = error;
    if (error != EBUSY) break;
  }
  int error = errno;
  if (control >= 0) close(control);
  errno = error;
  return loop;
}

/* Without a name, so that it goes with its last user, whatever happens to us. */
static int open_nameless(const char *directory) {
  int image = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
  if (image >= 0 || errno != EOPNOTSUPP) return image;
  char path[512];
  snprintf(path, sizeof path, "%s/tmp-XXXXXX", directory);
  image = mkostemp(path, O_CLOEXEC);
  if (image >= 0) unlink(path);
  return image;
}

int tmp_image_open(const char *template_path, const char *directory) {
  char device[32];
  int from = open(template_path, O_RDONLY | O_CLOEXEC), image = from < 0 ? -1 : open_nameless(directory);
  int loop = -1, mount = -1;
  if (image >= 0 && copy_sparse(from, image) == 0) loop = attach_loop(image, device, sizeof device);
  if (loop >= 0) {
    /* Nobody reads it after a crash, so no fsync inside has to become one of the host's disk. */
    const char *const options[][2] = {{"source", device}, {"noinit_itable", NULL}, {"nobarrier", NULL}, {NULL, NULL}};
    mount = detached_mount("ext4", options, ATTR_NOSUID | ATTR_NODEV | ATTR_NOATIME);
  }
  if (mount >= 0) {
    unlinkat(mount, "lost+found", AT_REMOVEDIR);
    if (fchmodat(mount, ".", 0700, 0) < 0) {
      close(mount);
      mount = -1;
    }
  }
  int error = errno;
  if (from >= 0) close(from);
  if (image >= 0) close(image);
  if (loop >= 0) close(loop);
  errno = error;
  return mount;
}
