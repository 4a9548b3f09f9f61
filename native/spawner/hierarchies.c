/*
 * Where the cgroups lie: a directory of this server in every mounted hierarchy that serves, and the controllers that
 * work there. It is found once, at the start.
 */
#include "cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of all sandboxes together, where the server itself has 1000: it answers also while they take all that is left. */
#define SANDBOXES_WEIGHT 500

struct hierarchy hierarchies[MAX_HIERARCHIES];
int hierarchy_count;
static char own_name[96];

static const struct {
  const char *name;
  unsigned control;
} controllers[] = {
    {"memory", CONTROL_MEMORY}, {"cpu", CONTROL_CPU}, {"pids", CONTROL_PIDS}, {"freezer", CONTROL_FREEZER},
    /* Version 2's alone: the old blkio can't tell whose the pages are that are written back. */
    {"io", CONTROL_IO}};
#define CONTROLLERS (sizeof controllers / sizeof *controllers)

/*
 * Version 2 hands controllers down by request only. Returns those that children of `directory` will have. They are
 * asked for at once, because a cgroup with processes, which can't hand down memory, would take the CPU, and then its
 * children could hold nobody.
 */
static unsigned hand_down(const char *directory) {
  char path[PATH_SIZE], list[512], words[128] = "", word[32];
  unsigned controls = 0;
  make_path(path, "%s/cgroup.controllers", directory);
  if (!read_text(path, list, sizeof list)) return 0;
  for (size_t i = 0; i < CONTROLLERS; i++) {
    if (!lists(list, controllers[i].name)) continue;
    controls |= controllers[i].control;
    strcat(strcat(words, " +"), controllers[i].name);
  }
  make_path(path, "%s/cgroup.subtree_control", directory);
  if (controls == 0 || write_text(path, words) == 0) return controls;
  /* EBUSY: there are processes. Else one of them can't be had, as the CPU with real-time processes about. */
  if (errno == EBUSY) return 0;
  for (size_t i = 0; i < CONTROLLERS; i++) {
    if (!(controls & controllers[i].control)) continue;
    snprintf(word, sizeof word, "+%s", controllers[i].name);
    if (write_text(path, word) < 0) controls &= ~controllers[i].control;
  }
  return controls;
}

/* All sandboxes together leave a quarter of the machine's numbers for processes to everything else. */
static void leave_numbers(const struct hierarchy *hierarchy) {
  static const char *const files[] = {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max"};
  char path[PATH_SIZE], text[32];
  long long most = 0;
  if (!(hierarchy->controls & CONTROL_PIDS)) return;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    long long number = read_text(files[i], text, sizeof text) ? atoll(text) : 0;
    if (number > 0 && (most == 0 || number < most)) most = number;
  }
  if (most == 0) return;
  make_path(path, "%s/pids.max", hierarchy->place);
  snprintf(text, sizeof text, "%lld", most / 4 * 3);
  write_text(path, text);
}

static bool settle(const char *parent, bool version2, unsigned wanted) {
  struct hierarchy *hierarchy = &hierarchies[hierarchy_count];
  cgroup_remains_remove(parent);
  if (!make_path(hierarchy->place, "%s/%s", parent, own_name) || (mkdir(hierarchy->place, 0755) < 0 && errno != EEXIST)) return false;
  hierarchy->version2 = version2;
  hierarchy->controls = wanted;
  if (version2) {
    hierarchy->controls = hand_down(parent) == 0 ? 0 : hand_down(hierarchy->place);
    char path[PATH_SIZE];
    make_path(path, "%s/cgroup.freeze", hierarchy->place);
    if (access(path, W_OK) == 0) hierarchy->controls |= CONTROL_FREEZER;
  }
  hierarchy_weigh(hierarchy, hierarchy->place, SANDBOXES_WEIGHT);
  leave_numbers(hierarchy);
  return true;
}

/* The path of this process in the hierarchy that `wanted` names (version 2: none), from /proc/self/cgroup. */
static bool own_path(const char *wanted, char *path, size_t size) {
  char text[4096];
  if (!read_text("/proc/self/cgroup", text, sizeof text)) return false;
  for (char *save, *row = strtok_r(text, "\n", &save); row != NULL; row = strtok_r(NULL, "\n", &save)) {
    char *names = strchr(row, ':'), *at = names == NULL ? NULL : strchr(names + 1, ':');
    if (at == NULL) continue;
    *at = 0;
    char list[256];
    snprintf(list, sizeof list, "%s,", names + 1);
    if (wanted == NULL ? names[1] != 0 : !lists(list, wanted)) continue;
    snprintf(path, size, "%s", at + 1);
    return true;
  }
  return false;
}

/* True if sandboxes under `parent` have what makes its hierarchy worth a place. Otherwise nothing stays there. */
static bool serves(const char *parent, bool version2, unsigned wanted) {
  const struct hierarchy *hierarchy = &hierarchies[hierarchy_count];
  if (!settle(parent, version2, wanted)) return false;
  if (!version2 || hierarchy->controls & ~CONTROL_FREEZER) return true;
  rmdir(hierarchy->place);
  return false;
}

/*
 * One mounted hierarchy. Our own place in it first, because it is ours by right, which version 2 wants to be cleared or
 * left for the one above if it was made by somebody who cleared it; the root if that fails; else what is left of ours.
 */
static void use_mount(const char *mount_root, const char *mount_point, bool version2, const char *options) {
  unsigned wanted = 0;
  const char *name = NULL;
  for (size_t i = 0; i < CONTROLLERS && !version2; i++)
    if (lists(options, controllers[i].name) && !(cgroup_controls() & controllers[i].control)) {
      wanted |= controllers[i].control;
      name = controllers[i].name;
    }
  char path[PATH_SIZE], own[PATH_SIZE], above[PATH_SIZE];
  if (hierarchy_count == MAX_HIERARCHIES || (!version2 && wanted == 0) || !own_path(name, path, sizeof path)) return;
  size_t skip = strcmp(mount_root, "/") == 0 ? 0 : strlen(mount_root);
  if (strncmp(path, mount_root, skip) != 0) path[skip = 0] = 0;
  bool at_top = path[skip] == 0 || strcmp(path + skip, "/") == 0;
  make_path(own, "%s%s", mount_point, at_top ? "" : path + skip);
  make_path(above, "%.*s", (int)(strrchr(own, '/') - own), own);
  bool settled = serves(own, version2, wanted) ||
                 (version2 && !at_top && delegation_is_above(own, above) && serves(above, version2, wanted)) ||
                 (version2 && delegation_is_ours(own, at_top) && delegation_clear(own) && serves(own, version2, wanted)) ||
                 (!at_top && serves(mount_point, version2, wanted)) || settle(own, version2, wanted);
  if (settled && hierarchies[hierarchy_count].controls != 0) hierarchy_count++;
}

/* https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
static void use_mounts(bool version2) {
  FILE *file = fopen("/proc/self/mountinfo", "re");
  char row[4096], root[512], point[512], type[32], options[512];
  while (file != NULL && fgets(row, sizeof row, file) != NULL) {
    char *rest = strstr(row, " - ");
    if (rest == NULL || sscanf(row, "%*s %*s %*s %511s %511s", root, point) != 2) continue;
    if (sscanf(rest + 3, "%31s %*s %510s", type, options) != 2) continue;
    strcat(options, ",");
    if (strcmp(type, version2 ? "cgroup2" : "cgroup") == 0) use_mount(root, point, version2, options);
  }
  if (file != NULL) fclose(file);
}

/*
 * Where nothing is frozen, the first version's freezer is switched off, and every freeze or thaw that changes that has
 * the kernel patch itself on all CPUs, which takes longer than all the rest of it. So something always is: nothing.
 */
static void keep_freezer_on(void) {
  char path[PATH_SIZE];
  const char *place = cgroup_quick_freezer();
  if (place == NULL || !make_path(path, "%s/lambkin_still", place) || mkdir(path, 0755) < 0) return;
  make_path(path, "%s/lambkin_still/freezer.state", place);
  write_text(path, "FROZEN");
}

/* Version 2 first: its freezer can be killed while frozen, which the old one can't. */
void cgroup_open(void) {
  cgroup_own_name(own_name, sizeof own_name);
  use_mounts(true);
  use_mounts(false);
  keep_freezer_on();
}

void cgroup_close(void) {
  for (int i = 0; i < hierarchy_count; i++) cgroup_tree_remove(hierarchies[i].place);
}

unsigned cgroup_controls(void) {
  unsigned controls = 0;
  for (int i = 0; i < hierarchy_count; i++) controls |= hierarchies[i].controls;
  return controls;
}

bool cgroup_version2(void) {
  for (int i = 0; i < hierarchy_count; i++)
    if (hierarchies[i].version2 && hierarchies[i].controls & CONTROL_MEMORY) return true;
  return false;
}
