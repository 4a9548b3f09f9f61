/* How a sandbox comes to be: its cgroup, its tree's sources, its namespaces and its link, then init sets up the rest. */
#include "spawner.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the machine or the unit that the server runs in has no memory left, functions go, and not the server. */
#define ENDS_FIRST "500"

static int write_map(pid_t pid, const char *file, const char *text) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t wrote = fd < 0 ? -1 : write(fd, text, strlen(text));
  if (fd >= 0) close(fd);
  return wrote < 0 ? -1 : 0;
}

int map_user(pid_t pid, uid_t inside_uid, uid_t uid, gid_t inside_gid, gid_t gid) {
  char text[64];
  if (!privileged && write_map(pid, "setgroups", "deny") < 0) return -1;
  snprintf(text, sizeof text, "%u %u 1", inside_uid, uid);
  if (write_map(pid, "uid_map", text) < 0) return -1;
  snprintf(text, sizeof text, "%u %u 1", inside_gid, gid);
  return write_map(pid, "gid_map", text);
}

/* Privileged, the one user inside is a user outside that nobody else has; otherwise it is the server's own. */
static int map_functions_user(pid_t pid, uid_t uid) {
  return map_user(pid, INSIDE_UID, privileged ? uid : geteuid(), INSIDE_GID, privileged ? (gid_t)uid : getegid());
}

/* gVisor wants to be root of its user namespace, and to give files to the user of its processes. */
static int map_gvisor_users(const struct sandbox *sandbox) {
  char users[96], groups[96];
  if (!privileged) return map_user(sandbox->init, 0, geteuid(), 0, getegid());
  snprintf(users, sizeof users, "0 %u 1\n%u %u 1", sandbox->gvisor_uid, INSIDE_UID, sandbox->uid);
  snprintf(groups, sizeof groups, "0 %u 1\n%u %u 1", sandbox->gvisor_uid, INSIDE_GID, sandbox->uid);
  return write_map(sandbox->init, "uid_map", users) < 0 ? -1 : write_map(sandbox->init, "gid_map", groups);
}

pid_t clone_into(uint64_t namespaces, int cgroup) {
  struct {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
  } arguments = {.flags = namespaces, .exit_signal = namespaces & CLONE_PARENT ? 0 : SIGCHLD};
  if (cgroup >= 0) {
    arguments.flags |= 0x200000000; /* CLONE_INTO_CGROUP */
    arguments.cgroup = (uint64_t)cgroup;
  }
  return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static int act_as(uid_t uid) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct capabilities[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, capabilities) < 0 || syscall(SYS_setresuid, -1, uid, -1) < 0) return -1;
  return (int)syscall(SYS_capset, &header, capabilities);
}

/*
 * What the kernel counts by user, such as watches of files, timers and queues, counts against whoever made the user
 * namespace, too. By root's numbers functions could leave nothing for root, so it is a user that nobody else has.
 */
static pid_t clone_init(const struct sandbox *sandbox, int cgroup) {
  if (!privileged) return clone_into(NAMESPACES | CLONE_PARENT, cgroup);
  uid_t own = geteuid();
  if (act_as(sandbox->uid) < 0) return -1;
  pid_t pid = clone_into(NAMESPACES | CLONE_PARENT, cgroup);
  if (pid == 0) return 0;
  int error = errno;
  if (act_as(own) < 0) abort();
  errno = error;
  return pid;
}

static int open_namespace(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/%s", pid, name);
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* Clones init into its namespaces and its cgroups; it waits there until it gets the word to go on. */
static int launch(struct sandbox *sandbox, struct sandbox *zygote, struct init_setup *setup, bool with_uplink,
                  const char **what) {
  int cgroup = -1;
  *what = "opening cgroups";
  setup->task_count = cgroup_doors(sandbox->id, &cgroup, setup->tasks);
  if (setup->task_count < 0) return -1;
  *what = "making namespaces";
  sandbox->init = zygote == NULL ? clone_init(sandbox, cgroup) : zygote_clone(zygote, setup);
  if (sandbox->init == 0) {
    making_leave(sandbox);
    init_main(setup);
  }
  if (sandbox->init < 0) return -1;
  *what = "mapping the user";
  sandbox->mount_namespace = open_namespace(sandbox->init, "mnt");
  if (sandbox->mount_namespace < 0) return -1;
  if (!privileged) sandbox->user_namespace = open_namespace(sandbox->init, "user");
  if ((setup->in_gvisor ? map_gvisor_users(sandbox) : map_functions_user(sandbox->init, sandbox->uid)) < 0) return -1;
  /* Inherited by all that it starts. */
  write_map(sandbox->init, "oom_score_adj", ENDS_FIRST);
  if (zygote != NULL && (*what = "joining a cgroup") && cgroup_move(sandbox->id, sandbox->init) < 0) return -1;
  if (with_uplink && (*what = "linking to the switch") && uplink_attach(sandbox) < 0) return -1;
  return 0;
}

static int set_limits(struct sandbox *sandbox, long long pids) {
  if (cgroup_create(sandbox->id) < 0 || cgroup_limit_pids(sandbox->id, pids) < 0) return -1;
  cgroup_weigh(sandbox->id, sandbox->memory_bytes);
  return cgroup_limit_memory(sandbox->id, sandbox->memory_bytes + sandbox->extra_bytes);
}

/* Names go into paths and into JSON. */
static bool is_name(const char *id) {
  size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
  return length > 0 && length < sizeof((struct sandbox *)0)->id && id[length] == 0;
}

bool is_size(long long number) { return number > 0 && number < 1LL << 50; }

/* What the request said, with a copy of its entries behind it. */
struct plan {
  struct init_setup setup;
  char template_path[512];
  long long pids;
  bool with_uplink;
  /* Nobody waits for it. */
  bool spare;
  /* Empty if it is not forked from one. */
  char zygote[sizeof((struct sandbox *)0)->id];
  char entries[];
};

static struct plan *make_plan(const struct plan *settings, const struct frame *entries) {
  size_t size = (size_t)(entries->end - entries->at);
  struct plan *plan = malloc(sizeof *plan + size);
  if (plan == NULL) return NULL;
  *plan = *settings;
  memcpy(plan->entries, entries->at, size);
  plan->setup.root.entries = (struct frame){plan->entries, plan->entries + size};
  return plan;
}

bool sandbox_prepare(struct sandbox *sandbox, const char **what) {
  struct plan *plan = sandbox->plan;
  struct root *root = &plan->setup.root;
  int sockets[2];
  *what = "finding the zygote";
  if (*plan->zygote != 0 && zygote_find(plan->zygote) == NULL) return errno = ESRCH, false;
  *what = "preparing /tmp";
  if (root->tmp >= 0 && fchownat(root->tmp, "", sandbox->uid, sandbox->uid, AT_EMPTY_PATH) < 0) return false;
  if (root->tmp < 0) sandbox->extra_bytes += root->tmp_bytes;
  sandbox->memory_polled = !(cgroup_controls() & CONTROL_MEMORY) || root->tmp < 0;
  if (root_open(root, what) < 0) return false;
  *what = "making a socket";
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return false;
  sandbox->socket = sockets[0];
  plan->setup.socket = sockets[1];
  return true;
}

struct sandbox *sandbox_zygote(const struct sandbox *sandbox) { return zygote_find(sandbox->plan->zygote); }

bool sandbox_make(struct sandbox *sandbox, const char **what) {
  struct plan *plan = sandbox->plan;
  *what = "setting limits";
  if (set_limits(sandbox, plan->pids) < 0) return false;
  if (plan->spare) priority_of_spare(sandbox);
  return launch(sandbox, sandbox_zygote(sandbox), &plan->setup, plan->with_uplink, what) == 0;
}

void sandbox_abandon(struct sandbox *sandbox) {
  struct plan *plan = sandbox->plan;
  if (plan == NULL) return;
  if (sandbox->state == WAITING_FOR_TMP) stock_leave(plan->template_path);
  if (plan->setup.socket >= 0) close(plan->setup.socket);
  root_close(&plan->setup.root);
  free(plan);
  sandbox->plan = NULL;
}

static void supply(struct sandbox *sandbox, int image, int error) {
  sandbox->plan->setup.root.tmp = image;
  sandbox->state = WAITING_FOR_MAKER;
  if (error == 0) return making_go_on();
  reply_error(sandbox->request, error, "preparing /tmp");
  sandbox->request = 0;
  sandbox_destroy(sandbox, 0);
}

void sandbox_supply(const char *template_path, int image, int error) {
  /* The newest come first. */
  struct sandbox *longest = NULL;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next)
    if (at->state == WAITING_FOR_TMP && strcmp(at->plan->template_path, template_path) == 0) longest = at;
  if (longest != NULL) supply(longest, image, error);
  else if (image >= 0) close(image);
}

struct sandbox *sandbox_new(unsigned request, const char *id) {
  struct sandbox *sandbox = calloc(1, sizeof *sandbox);
  if (sandbox == NULL || !is_name(id) || sandbox_find(id) != NULL) {
    free(sandbox);
    reply_error(request, EINVAL, "naming and limiting the sandbox");
    return NULL;
  }
  strcpy(sandbox->id, id);
  sandbox->socket = sandbox->mount_namespace = sandbox->user_namespace = sandbox->computing.usage = -1;
  return sandbox;
}

/*
 * Fields: uid, memory bytes, processes, /tmp template, /tmp bytes, two ports, uplink, whether it is a spare one, then the
 * entries of the root. In gVisor, before all these: its uid, and how much memory it needs itself.
 */
void sandbox_spawn(unsigned request, const char *id, struct frame *frame, const char *zygote, bool in_gvisor) {
  struct plan settings = {.setup = {.in_gvisor = in_gvisor, .socket = -1}}, *plan;
  settings.setup.root = (struct root){.shared = -1, .tmp = -1, .of_gvisor = in_gvisor};
  struct sandbox *sandbox = sandbox_new(request, id);
  if (sandbox == NULL) return;
  strcpy(settings.zygote, zygote == NULL ? "" : zygote);
  sandbox->gvisor_uid = in_gvisor ? (uid_t)frame_number(frame) : 0;
  sandbox->extra_bytes = in_gvisor ? frame_number(frame) : 0;
  sandbox->uid = (uid_t)frame_number(frame);
  sandbox->memory_bytes = frame_number(frame);
  settings.pids = frame_number(frame);
  const char *template_path = frame_text(frame);
  settings.setup.root.tmp_bytes = frame_number(frame);
  settings.setup.runtime_port = (int)frame_number(frame);
  settings.setup.endpoint_port = (int)frame_number(frame);
  settings.with_uplink = frame_number(frame) != 0;
  settings.spare = frame_number(frame) != 0;
  if (privileged && template_path != NULL && strlen(template_path) < sizeof settings.template_path)
    strcpy(settings.template_path, template_path);
  bool sound = sandbox->uid != 0 && is_size(sandbox->memory_bytes) && is_size(settings.pids);
  sound = sound && is_size(settings.setup.root.tmp_bytes);
  if (in_gvisor) sound = sound && sandbox->gvisor_uid != 0 && is_size(sandbox->extra_bytes);
  if (!sound || (plan = make_plan(&settings, frame)) == NULL) {
    free(sandbox);
    reply_error(request, EINVAL, "naming and limiting the sandbox");
    return;
  }
  sandbox->request = request;
  sandbox->plan = plan;
  sandbox->state = WAITING_FOR_TMP;
  sandbox->next = sandboxes;
  sandboxes = sandbox;
  int image = -1;
  if (plan->template_path[0] != 0 && (image = stock_take(plan->template_path)) < 0) {
    if (errno != EAGAIN) supply(sandbox, -1, errno);
    return;
  }
  supply(sandbox, image, 0);
}
