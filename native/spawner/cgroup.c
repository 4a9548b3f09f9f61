/*
 * Cgroups of both versions, also mounted side by side. Every sandbox has one directory per hierarchy:
 * <place>/lambkin-<pid namespace>-<pid>-<start time>/<id>. The name tells a dead server's from a living one's.
 */
#include "spawner.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of all sandboxes together, where the server itself has 1000: it answers also while they take all that is left. */
#define SANDBOXES_WEIGHT 500
/* Of one among the others it is the same share of memory that buys a whole CPU. */
#define MEMORY_BYTES_PER_CPU (1769LL << 20)

/* Of a sandbox's memory, beside it, what the first version lets connections hold. The second counts it all. */
#define NETWORK_PART 4

struct hierarchy {
  char place[PATH_SIZE]; /* where our own directory lies */
  bool version2;
  unsigned controls;
};

static struct hierarchy hierarchies[MAX_HIERARCHIES];
static int hierarchy_count;
static char own_name[96];

static const struct {
  const char *name;
  unsigned control;
} controllers[] = {
    {"memory", CONTROL_MEMORY}, {"cpu", CONTROL_CPU}, {"pids", CONTROL_PIDS}, {"freezer", CONTROL_FREEZER},
    /* Version 2's alone: the old blkio can't tell whose the pages are that are written back. */
    {"io", CONTROL_IO}};
#define CONTROLLERS (sizeof controllers / sizeof *controllers)

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

/* Removes a server's directory and what is in it, for at most a second. */
static void remove_tree(const char *directory) {
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

static void remove_stale(const char *parent) {
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
    remove_tree(path);
  }
  if (servers != NULL) closedir(servers);
}

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

/*
 * Shares of a thousandth of what any process or cgroup has by default, in each version's unit. No place has to have
 * all of the files: I/O has weights where its scheduler does.
 */
static void weigh(const struct hierarchy *hierarchy, const char *directory, long long thousandths) {
  static const struct {
    const char *file, *format;
    unsigned control;
    bool version2;
    long long usual, least, most;
  } weights[] = {{"cpu.shares", "%lld", CONTROL_CPU, false, 1024, 2, 262144},
                 {"cpu.weight", "%lld", CONTROL_CPU, true, 100, 1, 10000},
                 {"io.weight", "default %lld", CONTROL_IO, true, 100, 1, 10000},
                 {"io.bfq.weight", "%lld", CONTROL_IO, true, 100, 1, 1000}};
  for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
    if (weights[i].version2 != hierarchy->version2 || !(hierarchy->controls & weights[i].control)) continue;
    long long weight = thousandths * weights[i].usual / 1000;
    if (weight < weights[i].least) weight = weights[i].least;
    if (weight > weights[i].most) weight = weights[i].most;
    char path[PATH_SIZE], text[40];
    make_path(path, "%s/%s", directory, weights[i].file);
    snprintf(text, sizeof text, weights[i].format, weight);
    write_text(path, text);
  }
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
  remove_stale(parent);
  if (!make_path(hierarchy->place, "%s/%s", parent, own_name) || (mkdir(hierarchy->place, 0755) < 0 && errno != EEXIST)) return false;
  hierarchy->version2 = version2;
  hierarchy->controls = wanted;
  if (version2) {
    hierarchy->controls = hand_down(parent) == 0 ? 0 : hand_down(hierarchy->place);
    char path[PATH_SIZE];
    make_path(path, "%s/cgroup.freeze", hierarchy->place);
    if (access(path, W_OK) == 0) hierarchy->controls |= CONTROL_FREEZER;
  }
  weigh(hierarchy, hierarchy->place, SANDBOXES_WEIGHT);
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
  snprintf(own_name, sizeof own_name, "lambkin-%lu-%d-%llu", pid_namespace(), getpid(), start_time(getpid()));
  use_mounts(true);
  use_mounts(false);
  keep_freezer_on();
}

void cgroup_close(void) {
  for (int i = 0; i < hierarchy_count; i++) remove_tree(hierarchies[i].place);
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

static void path_in(const struct hierarchy *hierarchy, const char *id, const char *file, char *path) {
  make_path(path, "%s/%s%s%s", hierarchy->place, id, file == NULL ? "" : "/", file == NULL ? "" : file);
}

int cgroup_create(const char *id) {
  char path[PATH_SIZE];
  for (int i = 0; i < hierarchy_count; i++) {
    path_in(&hierarchies[i], id, NULL, path);
    if (mkdir(path, 0755) < 0) return -1;
  }
  return 0;
}

int cgroup_doors(const char *id, int *into, int tasks[MAX_HIERARCHIES]) {
  char path[PATH_SIZE];
  int count = 0;
  *into = -1;
  for (int i = 0; i < hierarchy_count; i++) {
    path_in(&hierarchies[i], id, hierarchies[i].version2 ? NULL : "tasks", path);
    int fd = open(path, (hierarchies[i].version2 ? O_PATH | O_DIRECTORY : O_WRONLY) | O_CLOEXEC);
    if (fd < 0) return -1;
    if (hierarchies[i].version2) *into = fd;
    else tasks[count++] = fd;
  }
  return count;
}

int cgroup_move(const char *id, pid_t pid) {
  char path[PATH_SIZE], text[16];
  snprintf(text, sizeof text, "%d", pid);
  for (int i = 0; i < hierarchy_count; i++) {
    if (!hierarchies[i].version2) continue;
    path_in(&hierarchies[i], id, "cgroup.procs", path);
    if (write_text(path, text) < 0) return -1;
  }
  return 0;
}

/* The hierarchy that has `control`, and the path of one of its files. */
static const struct hierarchy *locate(unsigned control, const char *id, const char *file1, const char *file2,
                                      char *path) {
  for (int i = 0; i < hierarchy_count; i++) {
    if (!(hierarchies[i].controls & control)) continue;
    path_in(&hierarchies[i], id, hierarchies[i].version2 ? file2 : file1, path);
    return &hierarchies[i];
  }
  return NULL;
}

/* What tells the CPU time of a sandbox, or of all: the second version has it with or without its controller. */
static bool usage_file(const char *id, char *path) {
  for (int i = 0; i < hierarchy_count; i++) {
    if (!hierarchies[i].version2 && !(hierarchies[i].controls & CONTROL_CPU)) continue;
    const char *file = hierarchies[i].version2 ? "cpu.stat" : "cpuacct.usage";
    if (id != NULL) path_in(&hierarchies[i], id, file, path);
    else make_path(path, "%s/%s", hierarchies[i].place, file);
    if (access(path, R_OK) == 0) return true;
  }
  return false;
}

int cgroup_limit_memory(const char *id, long long bytes) {
  char path[PATH_SIZE], text[32];
  if (!locate(CONTROL_MEMORY, id, "memory.limit_in_bytes", "memory.max", path)) return 0;
  snprintf(text, sizeof text, "%lld", bytes);
  char swap[PATH_SIZE];
  bool version2 = locate(CONTROL_MEMORY, id, "memory.memsw.limit_in_bytes", "memory.swap.max", swap)->version2;
  /* Where there is no swap, neither file need exist. The sum with swap is never the smaller one: raised first. */
  int done = write_text(path, text);
  write_text(swap, version2 ? "0" : text);
  if (done < 0) done = write_text(path, text);
  if (version2 || done < 0) return done;
  /* What the network holds for it counts only where it has a limit of its own; all together it is the machine's. */
  snprintf(text, sizeof text, "%lld", bytes / NETWORK_PART);
  locate(CONTROL_MEMORY, id, "memory.kmem.tcp.limit_in_bytes", NULL, path);
  if (access(path, F_OK) < 0) return 0;
  return write_text(path, text);
}

int cgroup_limit_cpu(const char *id, long long quota_us, long long period_us) {
  char path[PATH_SIZE], text[64];
  const struct hierarchy *hierarchy = locate(CONTROL_CPU, id, "cpu.cfs_period_us", "cpu.max", path);
  if (hierarchy == NULL) return 0;
  if (hierarchy->version2) {
    if (quota_us < 0) snprintf(text, sizeof text, "max %lld", period_us);
    else snprintf(text, sizeof text, "%lld %lld", quota_us, period_us);
    return write_text(path, text);
  }
  snprintf(text, sizeof text, "%lld", period_us);
  if (write_text(path, text) < 0) return -1;
  locate(CONTROL_CPU, id, "cpu.cfs_quota_us", NULL, path);
  snprintf(text, sizeof text, "%lld", quota_us);
  return write_text(path, text);
}

bool cgroup_yields(void) {
  for (int i = 0; i < hierarchy_count; i++) {
    char path[PATH_SIZE];
    make_path(path, "%s/cpu.idle", hierarchies[i].place);
    if (hierarchies[i].controls & CONTROL_CPU && access(path, W_OK) == 0) return usage_file(NULL, path);
  }
  return false;
}

long long cgroup_cpu_us(const char *id) {
  char path[PATH_SIZE], text[1024];
  if (!usage_file(id, path) || !read_text(path, text, sizeof text)) return -1;
  const char *at = strstr(text, "usage_usec ");
  return at == NULL ? atoll(text) / 1000 : atoll(at + strlen("usage_usec "));
}

int cgroup_yield(const char *id, bool yields, long long memory_bytes) {
  char path[PATH_SIZE];
  if (!locate(CONTROL_CPU, id, "cpu.idle", "cpu.idle", path)) return errno = ENOTSUP, -1;
  if (write_text(path, yields ? "1" : "0") < 0) return -1;
  /* The kernel took that for a new weight, too. */
  if (!yields) cgroup_weigh(id, memory_bytes);
  return 0;
}

void cgroup_weigh(const char *id, long long memory_bytes) {
  char path[PATH_SIZE];
  for (int i = 0; i < hierarchy_count; i++) {
    path_in(&hierarchies[i], id, NULL, path);
    weigh(&hierarchies[i], path, memory_bytes * 1000 / MEMORY_BYTES_PER_CPU);
  }
}

int cgroup_limit_pids(const char *id, long long most) {
  char path[PATH_SIZE], text[32];
  if (!locate(CONTROL_PIDS, id, "pids.max", "pids.max", path)) return 0;
  snprintf(text, sizeof text, "%lld", most);
  return write_text(path, text);
}

int cgroup_freeze(const char *id, bool frozen) {
  char path[PATH_SIZE];
  const struct hierarchy *hierarchy = locate(CONTROL_FREEZER, id, "freezer.state", "cgroup.freeze", path);
  if (hierarchy == NULL) return errno = ENOTSUP, -1;
  return write_text(path, hierarchy->version2 ? (frozen ? "1" : "0") : frozen ? "FROZEN" : "THAWED");
}

bool cgroup_is_frozen(const char *id) {
  char path[PATH_SIZE], state[512];
  const struct hierarchy *hierarchy = locate(CONTROL_FREEZER, id, "freezer.state", "cgroup.events", path);
  if (hierarchy == NULL || !read_text(path, state, sizeof state)) return false;
  return strstr(state, hierarchy->version2 ? "frozen 1" : "FROZEN") != NULL;
}

/* The second version's file waits for whoever changes any cgroup. */
const char *cgroup_quick_freezer(void) {
  for (int i = 0; i < hierarchy_count; i++)
    if (hierarchies[i].controls & CONTROL_FREEZER) return hierarchies[i].version2 ? NULL : hierarchies[i].place;
  return NULL;
}

long long cgroup_oom_kills(const char *id) {
  char path[PATH_SIZE], text[512];
  if (!locate(CONTROL_MEMORY, id, "memory.oom_control", "memory.events", path)) return 0;
  const char *at = read_text(path, text, sizeof text) ? strstr(text, "oom_kill ") : NULL;
  return at == NULL ? 0 : atoll(at + strlen("oom_kill "));
}

bool cgroup_remove(const char *id) {
  char path[PATH_SIZE];
  bool removed = true;
  for (int i = 0; i < hierarchy_count; i++) {
    path_in(&hierarchies[i], id, NULL, path);
    if (rmdir(path) < 0 && errno != ENOENT) removed = false;
  }
  return removed;
}
