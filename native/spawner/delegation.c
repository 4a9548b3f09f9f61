/*
 * Delegation of cgroups of version 2: https://docs.kernel.org/admin-guide/cgroup-v2.html#delegation and, for units of
 * systemd with Delegate=yes, https://systemd.io/CGROUP_DELEGATION/
 */
#include "cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Where the server goes, with what else was in its cgroup. */
#define SERVER "lambkin-server"
/* Processes may fork while they are moved. */
#define MOVE_ATTEMPTS 10

/* Says systemd, the first to everybody since version 251. */
static bool is_marked(const char *directory) {
  static const char *const names[] = {"user.delegate", "trusted.delegate"};
  char value[2] = "";
  for (int i = 0; i < 2; i++)
    if (getxattr(directory, names[i], value, 1) == 1 && value[0] == '1') return true;
  return false;
}

static bool has(const char *directory, const char *file, int mode) {
  char path[PATH_SIZE];
  return make_path(path, "%s/%s", directory, file) && access(path, mode) == 0;
}

bool delegation_is_ours(const char *directory, bool at_top) {
  if (!has(directory, "cgroup.procs", W_OK) || !has(directory, "cgroup.subtree_control", W_OK)) return false;
  if (is_marked(directory)) return true;
  /* A container's: the root of the whole hierarchy has no type. */
  if (at_top) return has(directory, "cgroup.type", F_OK);
  /* Root may write everywhere; for others what they may write ends where it was given to them. */
  return geteuid() != 0 && !has(directory, "../cgroup.procs", W_OK);
}

bool delegation_is_above(const char *own, const char *above) {
  const char *name = strrchr(own, '/');
  bool cleared = name != NULL && strcmp(name + 1, SERVER) == 0;
  return (cleared || is_marked(above)) && has(above, "cgroup.procs", W_OK);
}

/* True when nothing was left to move. A process that ended meanwhile is no failure; one that can't be moved stays. */
static bool move_processes(const char *from, const char *to) {
  char path[PATH_SIZE], target[PATH_SIZE], text[32];
  make_path(path, "%s/cgroup.procs", from);
  make_path(target, "%s/cgroup.procs", to);
  FILE *file = fopen(path, "re");
  long pid;
  int count = 0;
  while (file != NULL && fscanf(file, "%ld", &pid) == 1) {
    snprintf(text, sizeof text, "%ld", pid);
    write_text(target, text);
    count++;
  }
  if (file != NULL) fclose(file);
  return file != NULL && count == 0;
}

bool delegation_clear(const char *directory) {
  char controllers[256], path[PATH_SIZE];
  make_path(path, "%s/cgroup.controllers", directory);
  /* Where there is nothing to hand down, nobody has to move. */
  if (!read_text(path, controllers, sizeof controllers) || strspn(controllers, " \n") == strlen(controllers)) return false;
  if (!make_path(path, "%s/" SERVER, directory) || (mkdir(path, 0755) < 0 && errno != EEXIST)) return false;
  for (int attempt = 0; attempt < MOVE_ATTEMPTS; attempt++)
    if (move_processes(directory, path)) return true;
  rmdir(path);
  return false;
}
