/*
 * Preloaded into a process, this watches whether what it writes has also been synced. A file becomes dirty when it
 * is written to, a directory when an entry appears in it; both become clean when they are synced.
 *
 * LAMBKIN_SYNC_DIRECTORY  only files below this directory count
 * LAMBKIN_SYNC_COUNTERS   a file of three 64-bit numbers: writes, syncs, and what is dirty at this moment
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST_DIRTY 4096

struct counters {
  uint64_t writes, syncs, dirty;
};

static struct { dev_t device; ino_t inode; } dirty[MOST_DIRTY];
static struct counters *counters;
static const char *directory;
static size_t directory_length;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void start(void) {
  const char *file = getenv("LAMBKIN_SYNC_COUNTERS");
  directory = getenv("LAMBKIN_SYNC_DIRECTORY");
  if (file == NULL || directory == NULL) return;
  directory_length = strlen(directory);
  int (*real_open)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  int descriptor = real_open(file, O_RDWR);
  if (descriptor < 0) abort();
  void *shared = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (shared == MAP_FAILED) abort();
  close(descriptor);
  counters = shared;
}

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), end_length = strlen(end);
  return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* The index that SQLite keeps beside its log is rebuilt from the log, and unfinished files are thrown away. */
static int counts(const char *path) {
  return counters != NULL && strncmp(path, directory, directory_length) == 0 && !ends_with(path, "-shm") &&
         strstr(path, "/unfinished-") == NULL;
}

static int path_of(int descriptor, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static void set_dirty(const struct stat *file, int now_dirty) {
  pthread_mutex_lock(&lock);
  uint64_t count = counters->dirty, index = 0;
  while (index < count && (dirty[index].device != file->st_dev || dirty[index].inode != file->st_ino)) index++;
  if (now_dirty && index == count) {
    if (count == MOST_DIRTY) abort();
    dirty[count].device = file->st_dev;
    dirty[count].inode = file->st_ino;
    counters->dirty = count + 1;
  } else if (!now_dirty && index < count) {
    dirty[index] = dirty[count - 1];
    counters->dirty = count - 1;
  }
  pthread_mutex_unlock(&lock);
}

static void wrote(int descriptor) {
  char path[4096];
  struct stat file;
  if (counters == NULL || fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode)) return;
  if (!path_of(descriptor, path, sizeof path)) return;
  /* What is written into an unfinished file counts as soon as the file has its name. */
  if (strncmp(path, directory, directory_length) != 0 || ends_with(path, "-shm")) return;
  __atomic_add_fetch(&counters->writes, 1, __ATOMIC_SEQ_CST);
  set_dirty(&file, 1);
}

static void synced(int descriptor) {
  char path[4096];
  struct stat file;
  if (counters == NULL || !path_of(descriptor, path, sizeof path)) return;
  if (strncmp(path, directory, directory_length) != 0 || fstat(descriptor, &file) != 0) return;
  __atomic_add_fetch(&counters->syncs, 1, __ATOMIC_SEQ_CST);
  set_dirty(&file, 0);
}

static void entered(const char *path) {
  char parent[4096];
  struct stat file;
  if (counters == NULL || !counts(path) || strlen(path) >= sizeof parent) return;
  strcpy(parent, path);
  char *slash = strrchr(parent, '/');
  if (slash == NULL) return;
  *slash = 0;
  if (stat(parent, &file) == 0) set_dirty(&file, 1);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (real == NULL) *(void **)&real = dlsym(RTLD_NEXT, name)

#define WRITER(name, parameters, types, arguments) \
  ssize_t name parameters { \
    REAL(ssize_t, #name, types); \
    ssize_t result = real arguments; \
    if (result > 0) wrote(descriptor); \
    return result; \
  }
#define COMMA ,

WRITER(write, (int descriptor, const void *bytes, size_t count), int COMMA const void * COMMA size_t,
       (descriptor, bytes, count))
WRITER(pwrite, (int descriptor, const void *bytes, size_t count, off_t at),
       int COMMA const void * COMMA size_t COMMA off_t, (descriptor, bytes, count, at))
WRITER(pwrite64, (int descriptor, const void *bytes, size_t count, off64_t at),
       int COMMA const void * COMMA size_t COMMA off64_t, (descriptor, bytes, count, at))
WRITER(writev, (int descriptor, const struct iovec *parts, int count), int COMMA const struct iovec * COMMA int,
       (descriptor, parts, count))
WRITER(pwritev, (int descriptor, const struct iovec *parts, int count, off_t at),
       int COMMA const struct iovec * COMMA int COMMA off_t, (descriptor, parts, count, at))
WRITER(pwritev64, (int descriptor, const struct iovec *parts, int count, off64_t at),
       int COMMA const struct iovec * COMMA int COMMA off64_t, (descriptor, parts, count, at))

int fsync(int descriptor) {
  REAL(int, "fsync", int);
  int result = real(descriptor);
  if (result == 0) synced(descriptor);
  return result;
}

int fdatasync(int descriptor) {
  REAL(int, "fdatasync", int);
  int result = real(descriptor);
  if (result == 0) synced(descriptor);
  return result;
}

#define OPENER(name) \
  int name(const char *path, int flags, ...) { \
    REAL(int, #name, const char *, int, ...); \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list rest; \
      va_start(rest, flags); \
      mode = va_arg(rest, mode_t); \
      va_end(rest); \
    } \
    int is_new = (flags & O_CREAT) && access(path, F_OK) != 0; \
    int descriptor = real(path, flags, mode); \
    if (descriptor >= 0 && is_new) entered(path); \
    return descriptor; \
  }
OPENER(open)
OPENER(open64)

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  int result = real(from, to);
  if (result == 0) entered(to);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  int result = real(path, mode);
  if (result == 0) entered(path);
  return result;
}

/* What is gone need not be synced. */
int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  struct stat file;
  int known = counters != NULL && stat(path, &file) == 0 && file.st_nlink == 1;
  int result = real(path);
  if (result == 0 && known) set_dirty(&file, 0);
  return result;
}
