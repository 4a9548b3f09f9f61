/*
 * The part of the file tree that sandboxes share: made once for each list of entries, cloned for every sandbox. It is
 * mounted in a mount namespace of the spawner's own, so nothing of it is seen on the host or outlives this process.
 */
#include "spawner.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* They differ by runtime and by the host's name servers. */
#define SHARED_TREES 16

enum { TREE_CLONE = 1, TREE_CLOEXEC = O_CLOEXEC, RECURSIVE = 0x8000 };

static struct shared_tree {
  char *entries;
  size_t size;
  uint64_t sources;
  char path[PATH_SIZE];
} trees[SHARED_TREES];
static unsigned next_tree;

int shared_trees_open(void) {
  if (unshare(CLONE_NEWNS) < 0) return -1;
  /* What the host mounts or unmounts later counts here too, but not the other way round. */
  return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL);
}

/* Which files and directories stand at the sources now: one that was replaced must not live on in sandboxes. */
static uint64_t identify_sources(struct frame entries) {
  uint64_t sum = 0xcbf29ce484222325;
  const char *kind;
  while ((kind = frame_text(&entries)) != NULL) {
    struct stat status = {0};
    const char *source;
    frame_text(&entries);
    if (*kind == ENTRY_DIRECTORY || (source = frame_text(&entries)) == NULL) continue;
    if (entry_is_mounted(*kind) && stat(source, &status) == 0)
      sum = (sum ^ status.st_dev ^ status.st_ino << 16) * 0x100000001b3;
  }
  return sum;
}

static void forget(struct shared_tree *tree) {
  if (tree->entries == NULL) return;
  umount2(tree->path, MNT_DETACH);
  rmdir(tree->path);
  free(tree->entries);
  tree->entries = NULL;
}

static int make(struct shared_tree *tree, const struct frame *entries, const char **what) {
  tree->size = (size_t)(entries->end - entries->at);
  tree->entries = malloc(tree->size);
  if (tree->entries == NULL) return -1;
  memcpy(tree->entries, entries->at, tree->size);
  tree->sources = identify_sources(*entries);
  *what = "making a place for the shared tree";
  snprintf(tree->path, PATH_SIZE, "%s/tree-XXXXXX", state_directory);
  if (mkdtemp(tree->path) == NULL) return -1;
  mode_t mask = umask(022);
  int root = root_make(AT_FDCWD, tree->path, entries, what), error = errno;
  umask(mask);
  if (root >= 0) close(root);
  errno = error;
  return root < 0 ? -1 : 0;
}

int shared_tree_clone(const struct frame *entries, const char **what) {
  size_t size = (size_t)(entries->end - entries->at);
  struct shared_tree *tree = NULL;
  for (int i = 0; i < SHARED_TREES; i++)
    if (trees[i].entries != NULL && trees[i].size == size && memcmp(trees[i].entries, entries->at, size) == 0)
      tree = &trees[i];
  if (tree != NULL && tree->sources != identify_sources(*entries)) {
    forget(tree);
    tree = NULL;
  }
  if (tree == NULL) {
    tree = &trees[next_tree++ % SHARED_TREES];
    forget(tree);
    if (make(tree, entries, what) < 0) {
      int error = errno;
      forget(tree);
      errno = error;
      return -1;
    }
  }
  *what = "cloning the shared tree";
  return (int)syscall(SYS_open_tree, AT_FDCWD, tree->path, TREE_CLONE | TREE_CLOEXEC | RECURSIVE);
}
