/*
 * What runs in a sandbox, seen from outside. Orphans become children of its init, so everything is a descendant of
 * init, and no controller is needed to find it.
 */
#include "spawner.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Deeper than any chain of children that the processes limit allows to be useful. */
#define MAX_DEPTH 64

/* Calls `visit` with every process that is at least `from` generations below `parent`'s children. */
static void visit_below(pid_t parent, int depth, int from, void (*visit)(pid_t, void *), void *context) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", parent);
  DIR *threads = opendir(path);
  struct dirent *thread;
  while (threads != NULL && (thread = readdir(threads)) != NULL) {
    if (thread->d_name[0] == '.') continue;
    char children[sizeof path + 280];
    snprintf(children, sizeof children, "%s/%s/children", path, thread->d_name);
    FILE *file = fopen(children, "re");
    int child;
    while (file != NULL && fscanf(file, "%d", &child) == 1) {
      if (depth >= from) visit(child, context);
      if (depth < MAX_DEPTH) visit_below(child, depth + 1, from, visit, context);
    }
    if (file != NULL) fclose(file);
  }
  if (threads != NULL) closedir(threads);
}

static void send_signal(pid_t pid, void *context) { kill(pid, *(int *)context); }

void processes_signal(const struct sandbox *sandbox, int signal) {
  visit_below(sandbox->init, 0, 0, send_signal, &signal);
}

/* Below init there are the kernel and the file server of gVisor, and below these one process for each of a function. */
static int first_of_functions(const struct sandbox *sandbox) { return sandbox->gvisor_uid == 0 ? 0 : 1; }

static void add_resident(pid_t pid, void *context) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/statm", pid);
  FILE *file = fopen(path, "re");
  long long pages = 0;
  if (file != NULL && fscanf(file, "%*d %lld", &pages) == 1) *(long long *)context += pages * sysconf(_SC_PAGESIZE);
  if (file != NULL) fclose(file);
}

long long processes_resident_bytes(const struct sandbox *sandbox) {
  long long bytes = 0;
  visit_below(sandbox->init, 0, first_of_functions(sandbox), add_resident, &bytes);
  return bytes;
}

static void add_high_water(pid_t pid, void *context) {
  char path[64], row[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "re");
  while (file != NULL && fgets(row, sizeof row, file) != NULL)
    if (strncmp(row, "VmHWM:", 6) == 0) {
      *(long long *)context += atoll(row + 6) * 1024;
      break;
    }
  if (file != NULL) fclose(file);
}

long long processes_high_water_bytes(const struct sandbox *sandbox) {
  long long bytes = 0;
  visit_below(sandbox->init, 0, first_of_functions(sandbox), add_high_water, &bytes);
  return bytes;
}
