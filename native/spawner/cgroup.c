/* One sandbox's cgroups: a directory of its id in every hierarchy; what limits it there, and what is told of it. */
#include "cgroup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of one among the others it is the same share of memory that buys a whole CPU. */
#define MEMORY_BYTES_PER_CPU (1769LL << 20)

/* Of a sandbox's memory, beside it, what the first version lets connections hold. The second counts it all. */
#define NETWORK_PART 4

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

int cgroup_open_usage(const char *id) {
  char path[PATH_SIZE];
  return usage_file(id, path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

long long cgroup_usage_us(int fd) {
  char text[1024];
  ssize_t size = pread(fd, text, sizeof text - 1, 0);
  if (size <= 0) return -1;
  text[size] = 0;
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

void hierarchy_weigh(const struct hierarchy *hierarchy, const char *directory, long long thousandths) {
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

void cgroup_weigh(const char *id, long long memory_bytes) {
  char path[PATH_SIZE];
  for (int i = 0; i < hierarchy_count; i++) {
    path_in(&hierarchies[i], id, NULL, path);
    hierarchy_weigh(&hierarchies[i], path, memory_bytes * 1000 / MEMORY_BYTES_PER_CPU);
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
