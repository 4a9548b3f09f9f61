/*
 * The file tree of a sandbox: a small tmpfs with read-only mounts in it. Sources are opened with the privileges of
 * the host, as detached mounts, and put in place inside the sandbox's own mount namespace.
 */
#include "spawner.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From <linux/mount.h>, which older C libraries do not let stand beside <sys/mount.h>. */
enum { TREE_CLONE = 1, TREE_CLOEXEC = O_CLOEXEC, RECURSIVE = 0x8000, EMPTY_PATH = 0x1000 };
enum { FS_CLOEXEC = 1, FS_SET_FLAG = 0, FS_SET_STRING = 1, FS_CREATE = 6, MOVE_FROM_EMPTY = 4 };

struct attributes {
  uint64_t set, clear, propagation, userns;
};

static int set_attributes(int fd, unsigned flags, uint64_t set) {
  struct attributes attributes = {.set = set, .propagation = MS_PRIVATE};
  return (int)syscall(SYS_mount_setattr, fd, "", EMPTY_PATH | flags, &attributes, sizeof attributes);
}

static int clone_tree(int directory, const char *path) {
  return (int)syscall(SYS_open_tree, directory, path, TREE_CLONE | TREE_CLOEXEC | RECURSIVE | EMPTY_PATH);
}

/* What was looked at is what is mounted, whoever may put links in place of the names on the way. */
static int clone_exactly(const char *source) {
  struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
  int named = (int)syscall(SYS_openat2, AT_FDCWD, source, &how, sizeof how);
  if (named < 0) return -1;
  int fd = clone_tree(named, ""), error = errno;
  close(named);
  errno = error;
  return fd;
}

int mount_source(const char *source, enum entry_kind kind) {
  int fd = kind == ENTRY_CODE ? clone_exactly(source) : clone_tree(AT_FDCWD, source);
  if (fd < 0) return -1;
  uint64_t set = kind == ENTRY_DEVICE ? ATTR_NOSUID | ATTR_NOEXEC : ATTR_RDONLY | ATTR_NOSUID | ATTR_NODEV;
  if (set_attributes(fd, RECURSIVE, set) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* A new file system that is mounted nowhere yet. An option without value is a flag. */
int detached_mount(const char *type, const char *const (*options)[2], unsigned attributes) {
  int context = (int)syscall(SYS_fsopen, type, FS_CLOEXEC), mount = -1;
  if (context < 0) return -1;
  bool good = true;
  for (; options != NULL && (*options)[0] != NULL && good; options++) {
    const char *value = (*options)[1];
    good = syscall(SYS_fsconfig, context, value == NULL ? FS_SET_FLAG : FS_SET_STRING, (*options)[0], value, 0) == 0;
  }
  if (good && syscall(SYS_fsconfig, context, FS_CREATE, NULL, NULL, 0) == 0)
    mount = (int)syscall(SYS_fsmount, context, FS_CLOEXEC, attributes);
  int error = errno;
  close(context);
  errno = error;
  return mount;
}

bool entry_is_mounted(char kind) { return kind == ENTRY_MOUNT || kind == ENTRY_CODE || kind == ENTRY_DEVICE; }

/* The entries before the mark, and those after it. Without a mark all are of the sandbox alone. */
static void divide(const struct frame *entries, struct frame *shared, struct frame *own) {
  const char *kind;
  *own = *entries;
  *shared = (struct frame){entries->at, entries->at};
  for (struct frame at = *entries; (kind = frame_text(&at)) != NULL;) {
    if (*kind == ENTRY_END_OF_SHARED) {
      shared->end = (char *)kind;
      *own = at;
      return;
    }
    frame_text(&at);
    if (*kind != ENTRY_DIRECTORY) frame_text(&at);
  }
}

int root_open(struct root *root, const char **what) {
  struct frame shared, entries;
  const char *kind;
  root->mount_count = 0;
  root->shared = -1;
  if (!privileged) return 0;
  divide(&root->entries, &shared, &entries);
  if (shared.end > shared.at) {
    root->shared = shared_tree_clone(&shared, what);
    if (root->shared < 0) return -1;
    root->entries = entries;
  }
  while ((kind = frame_text(&entries)) != NULL) {
    frame_text(&entries);
    if (*kind == ENTRY_DIRECTORY) continue;
    const char *source = frame_text(&entries);
    if (!entry_is_mounted(*kind)) continue;
    *what = "opening a mount's source";
    if (root->mount_count == MAX_MOUNTS) return errno = E2BIG, -1;
    int fd = source == NULL ? -1 : mount_source(source, (enum entry_kind)*kind);
    if (fd < 0) return -1;
    root->mounts[root->mount_count++] = fd;
  }
  return 0;
}

void root_close(struct root *root) {
  for (int i = 0; i < root->mount_count; i++) close(root->mounts[i]);
  if (root->tmp >= 0) close(root->tmp);
  if (root->shared >= 0) close(root->shared);
}

static int put(int mount, int directory, const char *path) {
  return (int)syscall(SYS_move_mount, mount, "", directory, path, MOVE_FROM_EMPTY);
}

/* Directories on the way to `path`, relative to `root`; with `whole` also the last one. */
static int make_directories(int root, const char *path, bool whole) {
  char part[512];
  if (strlen(path) >= sizeof part || strstr(path, "..") != NULL) return errno = EINVAL, -1;
  for (const char *at = path; *at != 0; at++) {
    const char *slash = strchr(at, '/');
    if (slash == NULL && !whole) return 0;
    at = slash == NULL ? path + strlen(path) - 1 : slash;
    memcpy(part, path, (size_t)(at - path) + (slash == NULL));
    part[(size_t)(at - path) + (slash == NULL)] = 0;
    if (part[0] != 0 && mkdirat(root, part, 0755) < 0 && errno != EEXIST) return -1;
  }
  return 0;
}

static int make_file(int root, const char *path, const char *content) {
  int fd = openat(root, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) return -1;
  ssize_t wrote = write(fd, content, strlen(content));
  close(fd);
  return wrote < 0 ? -1 : 0;
}

static int put_source(int root, int source, const char *path) {
  struct stat status;
  if (source < 0 || fstatat(source, "", &status, AT_EMPTY_PATH) < 0) return -1;
  bool directory = S_ISDIR(status.st_mode);
  if (make_directories(root, path, directory) < 0 || (!directory && make_file(root, path, "") < 0)) return -1;
  return put(source, root, path);
}

/* `opened` holds the mounts of the sources in their order, or is NULL if they are still to be opened. */
static int fill(struct frame entries, const int *opened, int directory) {
  const char *kind;
  while ((kind = frame_text(&entries)) != NULL) {
    if (*kind == ENTRY_END_OF_SHARED) continue;
    const char *path = frame_text(&entries);
    if (path == NULL || *path != '/') return errno = EINVAL, -1;
    path++;
    const char *value = *kind == ENTRY_DIRECTORY ? "" : frame_text(&entries);
    if (value == NULL || make_directories(directory, path, *kind == ENTRY_DIRECTORY) < 0) return -1;
    int done = 0;
    if (*kind == ENTRY_LINK) done = symlinkat(value, directory, path);
    else if (*kind == ENTRY_FILE) done = make_file(directory, path, value);
    else if (*kind != ENTRY_DIRECTORY) {
      int source = opened != NULL ? *opened++ : mount_source(value, (enum entry_kind)*kind);
      done = put_source(directory, source, path);
      int error = errno;
      if (source >= 0) close(source);
      errno = error;
    }
    if (done < 0) return -1;
  }
  return 0;
}

static int put_proc(int root, const struct root *tree) {
  static const char *const options[][2] = {{"subset", "pid"}, {"hidepid", "invisible"}, {NULL, NULL}};
  /* gVisor reads the kernel's settings there. */
  int proc = detached_mount("proc", tree->of_gvisor ? NULL : options, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
  return proc < 0 ? -1 : put(proc, root, "proc");
}

static int put_tmp(int root, struct root *tree) {
  char size[32];
  snprintf(size, sizeof size, "%lld", tree->tmp_bytes);
  const char *const options[][2] = {{"size", size}, {"mode", "0700"}, {NULL, NULL}};
  int tmp = tree->tmp >= 0 ? tree->tmp : detached_mount("tmpfs", options, ATTR_NOSUID | ATTR_NODEV);
  return tmp < 0 ? -1 : put(tmp, root, "tmp");
}

/* Its notes of what it runs, and the functions' /tmp if that is not of its own making. */
static int put_gvisor(int root, struct root *tree) {
  static const char *const options[][2] = {{"size", "4m"}, {"mode", "0700"}, {NULL, NULL}};
  int run = detached_mount("tmpfs", options, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
  if (run < 0 || put(run, root, "run") < 0) return -1;
  return tree->tmp < 0 ? 0 : put(tree->tmp, root, "root/tmp");
}

static int fill_whole(int root, const struct frame *entries, const int *opened) {
  if (mkdirat(root, "proc", 0555) < 0 || mkdirat(root, "tmp", 0755) < 0) return -1;
  return fill(*entries, opened, root);
}

int root_make(int directory, const char *path, const struct frame *entries, const char **what) {
  static const char *const options[][2] = {{"size", "4m"}, {"mode", "0755"}, {NULL, NULL}};
  *what = "mounting the root";
  int root = detached_mount("tmpfs", options, ATTR_NOSUID | ATTR_NODEV);
  if (root < 0 || put(root, directory, path) < 0) return -1;
  *what = "filling the root";
  if (fill_whole(root, entries, NULL) < 0) return -1;
  *what = "making the root read-only";
  return set_attributes(root, 0, ATTR_RDONLY) < 0 ? -1 : root;
}

int root_enter(struct root *tree, const char **what) {
  *what = "making mounts private";
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return -1;
  /* Any directory does that hides no source; it disappears with the old root. */
  static const char *const place = "/sys";
  int root = tree->shared;
  if (root < 0) root = root_make(AT_FDCWD, place, &tree->entries, what);
  else {
    *what = "filling the root";
    if (put(root, AT_FDCWD, place) < 0 || fill(tree->entries, tree->mounts, root) < 0) return -1;
  }
  if (root < 0) return -1;
  *what = "mounting /tmp";
  if ((tree->of_gvisor ? put_gvisor(root, tree) : put_tmp(root, tree)) < 0) return -1;
  /* Before the old root goes: the kernel wants to see that its /proc hides nothing. */
  *what = "mounting /proc";
  if (put_proc(root, tree) < 0) return -1;
  *what = "changing the root";
  if (fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0) return -1;
  return chdir("/");
}
