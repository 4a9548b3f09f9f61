/*
 * Zygotes: interpreters that have started, loaded the runtime and nothing of any function, and wait in front of a
 * fork. The init of a sandbox that is forked from one shares its memory, and sets itself up exactly as one that the
 * spawner forked. A zygote runs as a user of its own without a capability, in namespaces of its own but for its
 * processes' and users': from nothing but its own user does it have the right to make namespaces, and from the
 * spawner come the detached mounts and the cgroups that they are filled with.
 */
#include "spawner.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ANSWER_MS 5000
#define MAX_ARGUMENTS 256

static void fail(int socket, const char *what) {
  struct init_message message = {.kind = FROM_FAILURE, .value = errno};
  strncpy(message.what, what, sizeof message.what - 1);
  packet_send(socket, &message, sizeof message, NULL, 0);
  _exit(1);
}

static int become(uid_t uid) {
  /* The kernel counts processes of all sandboxes against the limit of whoever made them; each gets one of its own. */
  struct rlimit processes;
  if (setrlimit(RLIMIT_NPROC, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}) < 0) {
    if (getrlimit(RLIMIT_NPROC, &processes) < 0) return -1;
    processes.rlim_cur = processes.rlim_max;
    if (setrlimit(RLIMIT_NPROC, &processes) < 0) return -1;
  }
  if (limit_core() < 0) return -1;
  if (drop_bounding_set() < 0 || setgroups(0, NULL) < 0) return -1;
  if (setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0) return -1;
  return drop_capabilities() < 0 ? -1 : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* In the clone. */
static void run(struct init_setup *setup, uid_t uid, char **arguments, char **environment) {
  const char *what = "setting up";
  int null, spawner = setup->socket;
  for (int i = 0; i < setup->task_count; i++)
    if (write(setup->tasks[i], "0", 1) < 0) fail(spawner, "joining a cgroup");
  if (unshare(CLONE_NEWCGROUP) < 0) fail(spawner, "leaving the cgroup namespace");
  if (root_enter(&setup->root, &what) < 0) fail(spawner, what);
  if (sethostname("zygote", 6) < 0) fail(spawner, "naming the host");
  /* It writes nothing but why it does not start. */
  null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0 || dup2(null, 0) < 0 || dup2(2, 1) < 0) fail(spawner, "opening /dev/null");
  umask(022);
  if (become(uid) < 0) fail(spawner, "becoming another user");
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  default_signals();
  if (spawner == ZYGOTE_FD ? fcntl(spawner, F_SETFD, 0) < 0 : dup2(spawner, ZYGOTE_FD) < 0) _exit(1);
  close_range(ZYGOTE_FD + 1, ~0U, 0);
  execve(arguments[0], arguments, environment);
  fail(ZYGOTE_FD, "executing the interpreter");
}

static int launch(struct sandbox *zygote, struct init_setup *setup, char **arguments, char **environment,
                  const char **what) {
  int sockets[2], cgroup = -1;
  *what = "making a socket";
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
  zygote->socket = sockets[0];
  setup->socket = sockets[1];
  *what = "opening cgroups";
  setup->task_count = cgroup_doors(zygote->id, &cgroup, setup->tasks);
  if (setup->task_count >= 0) {
    *what = "making namespaces";
    zygote->init = clone_into(NAMESPACES & ~(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWCGROUP), cgroup);
    if (zygote->init == 0) run(setup, zygote->uid, arguments, environment);
  }
  int error = errno;
  for (int i = 0; i < setup->task_count; i++) close(setup->tasks[i]);
  if (cgroup >= 0) close(cgroup);
  close(sockets[1]);
  errno = error;
  return zygote->init > 0 ? 0 : -1;
}

/* A list of `count` fields. */
static bool read_list(struct frame *frame, char **list) {
  long long count = frame_number(frame);
  if (count < 0 || count > MAX_ARGUMENTS) return false;
  list[count] = NULL;
  for (long long i = 0; i < count; i++)
    if ((list[i] = frame_text(frame)) == NULL) return false;
  return true;
}

/* Fields: uid, memory bytes, processes, number of arguments, arguments, the same of variables, entries of the root. */
void zygote_spawn(unsigned request, const char *id, struct frame *frame) {
  char *arguments[MAX_ARGUMENTS + 1], *environment[MAX_ARGUMENTS + 1];
  struct init_setup setup = {.root = {.tmp = -1, .tmp_bytes = 1 << 20}};
  if (!privileged) return reply_error(request, EPERM, "mapping users");
  struct sandbox *zygote = sandbox_new(request, id);
  if (zygote == NULL) return;
  zygote->is_zygote = true;
  zygote->state = STARTING;
  zygote->uid = (uid_t)frame_number(frame);
  zygote->memory_bytes = frame_number(frame);
  long long pids = frame_number(frame);
  bool whole = read_list(frame, arguments) && read_list(frame, environment) && arguments[0] != NULL;
  setup.root.entries = *frame;
  if (!whole || zygote->uid == 0 || !is_size(zygote->memory_bytes) || !is_size(pids)) {
    free(zygote);
    return reply_error(request, EINVAL, "naming and limiting the sandbox");
  }
  const char *what = "setting limits";
  bool good = cgroup_create(id) == 0 && cgroup_limit_pids(id, pids) == 0 &&
              cgroup_limit_memory(id, zygote->memory_bytes) == 0;
  good = good && root_open(&setup.root, &what) == 0;
  good = good && launch(zygote, &setup, arguments, environment, &what) == 0;
  int error = errno;
  root_close(&setup.root);
  zygote->next = sandboxes;
  sandboxes = zygote;
  if (!good) {
    reply_error(request, error, what);
    sandbox_destroy(zygote, 0);
    return;
  }
  zygote->request = request;
  epoll_ctl(events, EPOLL_CTL_ADD, zygote->socket, &(struct epoll_event){.events = EPOLLIN, .data.ptr = zygote});
}

struct sandbox *zygote_find(const char *name) {
  struct sandbox *zygote = sandbox_find(name);
  return zygote != NULL && zygote->is_zygote && zygote->state == READY ? zygote : NULL;
}

static pid_t receive_pid(int socket) {
  struct pollfd answer = {socket, POLLIN, 0};
  pid_t pid = -1;
  int count = 0;
  if (poll(&answer, 1, ANSWER_MS) != 1) return errno = ETIMEDOUT, -1;
  if (packet_receive(socket, &pid, sizeof pid, NULL, &count) != sizeof pid) return errno = EPIPE, -1;
  return pid > 0 ? pid : (errno = -pid, -1);
}

pid_t zygote_clone(struct sandbox *zygote, const struct init_setup *setup) {
  static char packet[MAX_FRAME];
  const struct root *root = &setup->root;
  size_t size = (size_t)(root->entries.end - root->entries.at);
  int fds[MAX_DESCRIPTORS], count = 0;
  struct zygote_order order = {.tmp_bytes = root->tmp_bytes,
                               .runtime_port = setup->runtime_port,
                               .endpoint_port = setup->endpoint_port,
                               .shared = root->shared >= 0,
                               .tmp = root->tmp >= 0,
                               .task_count = setup->task_count,
                               .mount_count = root->mount_count};
  if (sizeof order + size > sizeof packet) return errno = E2BIG, -1;
  fds[count++] = setup->socket;
  if (order.shared) fds[count++] = root->shared;
  if (order.tmp) fds[count++] = root->tmp;
  for (int i = 0; i < order.task_count; i++) fds[count++] = setup->tasks[i];
  for (int i = 0; i < order.mount_count; i++) fds[count++] = root->mounts[i];
  memcpy(packet, &order, sizeof order);
  memcpy(packet + sizeof order, root->entries.at, size);
  if (packet_send(zygote->socket, packet, sizeof order + size, fds, count) < 0) return -1;
  pid_t pid = receive_pid(zygote->socket);
  /* One that is late would answer for the next. */
  if (pid < 0 && (errno == ETIMEDOUT || errno == EPIPE)) kill(zygote->init, SIGKILL);
  return pid;
}
