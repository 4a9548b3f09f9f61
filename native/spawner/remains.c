/*
 * The directories that servers keep their sandboxes' cgroups in, and what is left of them when a server died: the name
 * tells a dead one's from a living one's.
 */
#include "cgroup.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0 if there is no such process, or only one that waits to be reaped. */
static unsigned long long start_time(long pid) {
  char path[PATH_SIZE], text[1024];
  make_path(path, "/proc/%ld/stat", pid);
  if (!read_text(path, text, sizeof text)) return 0;
  char *at = strrchr(text, ')');
  if (at != NULL && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0)) return 0;
  for (int field = 2; at != NULL && field < 22; field++) at = strchr(at + 1, ' ');
  return at == NULL ? 0 : strtoull(at, NULL, 10);
}

static unsigned long pid_namespace(void) {
  struct stat status;
  return stat("/proc/self/ns/pid", &status) < 0 ? 0 : (unsigned long)status.st_ino;
}

void cgroup_own_name(char *name, size_t size) {
  snprintf(name, size, "lambkin-%lu-%d-%llu", pid_namespace(), getpid(), start_time(getpid()));
}

static void kill_members(const char *directory) {
  char path[PATH_SIZE];
  make_path(path, "%s/cgroup.kill", directory);
  if (write_text(path, "1") == 0) return;
  make_path(path, "%s/freezer.state", directory);
  write_text(path, "THAWED");
  make_path(path, "%s/cgroup.procs", directory);
  FILE *file = fopen(path, "re");
  long pid;
  while (file != NULL && fscanf(file, "%ld", &pid) == 1)
    if (pid > 1) kill((pid_t)pid, SIGKILL);
  if (file != NULL) fclose(file);
}

void cgroup_tree_remove(const char *directory) {
  for (int attempt = 0; attempt < 200; attempt++) {
    DIR *children = opendir(directory);
    struct dirent *child;
    while (children != NULL && (child = readdir(children)) != NULL) {
      if (child->d_type != DT_DIR || child->d_name[0] == '.') continue;
      char path[PATH_SIZE];
      make_path(path, "%s/%s", directory, child->d_name);
      kill_members(path);
      rmdir(path);
    }
    if (children != NULL) closedir(children);
    if (rmdir(directory) == 0 || errno == ENOENT) return;
    usleep(5000);
  }
}

void cgroup_remains_remove(const char *parent) {
  DIR *servers = opendir(parent);
  struct dirent *server;
  while (servers != NULL && (server = readdir(servers)) != NULL) {
    unsigned long namespace;
    long pid;
    unsigned long long started;
    if (sscanf(server->d_name, "lambkin-%lu-%ld-%llu", &namespace, &pid, &started) != 3) continue;
    if (namespace != pid_namespace() || start_time(pid) == started) continue;
    char path[PATH_SIZE];
    make_path(path, "%s/%s", parent, server->d_name);
    cgroup_tree_remove(path);
  }
  if (servers != NULL) closedir(servers);
}
