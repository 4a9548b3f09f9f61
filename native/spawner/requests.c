/* The program: its requests and its loop. */
#include "spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

int events;
const char *state_directory;
static char uplink_watched, stock_watched;

static void watch(int fd, void *what) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = what};
  if (epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) < 0) abort();
}

/* What this machine allows; the server reports it. */
static void hello(unsigned request) {
  unsigned controls = cgroup_controls();
  const char *freezer = cgroup_quick_freezer();
  /* What JSON would write in another way, or is too long to be told, is not worth its own words. */
  if (freezer == NULL || strlen(freezer) > 512 || strpbrk(freezer, "\"\\") != NULL) freezer = "";
  channel_send("{\"reply\":%u,\"privileged\":%s,\"version2\":%s,\"memory\":%s,\"cpu\":%s,\"pids\":%s,\"freezer\":%s,"
               "\"yields\":%s,\"quickFreezer\":\"%s\"}",
               request, privileged ? "true" : "false", cgroup_version2() ? "true" : "false",
               controls & CONTROL_MEMORY ? "true" : "false", controls & CONTROL_CPU ? "true" : "false",
               controls & CONTROL_PIDS ? "true" : "false", controls & CONTROL_FREEZER ? "true" : "false",
               cgroup_yields() ? "true" : "false", freezer);
}

static void report_peak(struct sandbox *sandbox, unsigned request) {
  long long bytes = sandbox->init > 0 ? processes_high_water_bytes(sandbox) : 0;
  if (bytes > sandbox->memory_bytes) bytes = sandbox->memory_bytes;
  if (bytes > sandbox->peak_bytes) sandbox->peak_bytes = bytes;
  channel_send("{\"reply\":%u,\"bytes\":%lld}", request, sandbox->peak_bytes);
}

/* CPU time of all sandboxes, those that are gone included; less than nothing where it is not known. */
static void report_usage(unsigned request) {
  int usage = cgroup_open_usage(NULL);
  channel_send("{\"reply\":%u,\"us\":%lld}", request, cgroup_usage_us(usage));
  if (usage >= 0) close(usage);
}

static void limit_cpu(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  long long quota_us = frame_number(frame), period_us = frame_number(frame);
  if (cgroup_limit_cpu(sandbox->id, quota_us, period_us) < 0) reply_error(request, errno, "limiting the CPU");
  else {
    sandbox->cpu_quota_us = quota_us;
    sandbox->cpu_period_us = period_us;
    if (quota_us < 0) priority_restore(sandbox);
    reply_ok(request);
  }
}

static void limit(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  const char *what;
  if (sandbox_limit(sandbox, frame, &what) < 0) reply_error(request, errno, what);
  else reply_ok(request);
}

static void attach(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  const char *what;
  if (sandbox_attach(sandbox, frame, &what) < 0) reply_error(request, errno, what);
  else reply_ok(request);
}

/*
 * Fields: those of `limit`, then those of `attach`. What is asked for behind it may have been sent before it was answered,
 * so nothing may start where it failed.
 */
static void assign(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  const char *what;
  if (sandbox_limit(sandbox, frame, &what) == 0 && sandbox_attach(sandbox, frame, &what) == 0) return reply_ok(request);
  reply_error(request, errno, what);
  sandbox_destroy(sandbox, 0);
}

static void prioritize(struct sandbox *sandbox, unsigned request) {
  priority_restore(sandbox);
  reply_ok(request);
}

static void freeze(struct sandbox *sandbox, unsigned request, bool frozen) {
  /* What runs only where others leave time would be long in stopping. */
  if (frozen) priority_restore(sandbox);
  if (sandbox->gvisor_uid != 0) sandbox_pause(sandbox, request, frozen);
  else sandbox_freeze(sandbox, request, frozen);
}

/* Field: the path of slirp4netns, for when this process may not make links to the host. */
static void open_uplink(unsigned request, struct frame *frame) {
  const char *what = "", *slirp = frame_text(frame);
  if (uplink_open(slirp == NULL ? "" : slirp, &what) < 0) return reply_error(request, errno, what);
  watch(uplink_events(), &uplink_watched);
  reply_ok(request);
}

/* Fields: the zygote, then those of a spawn. */
static void fork_sandbox(unsigned request, const char *id, struct frame *frame) {
  const char *name = frame_text(frame);
  if (name == NULL || zygote_find(name) == NULL) return reply_error(request, ESRCH, "finding the zygote");
  sandbox_spawn(request, id, frame, name, false);
}

/* Fields: request, operation, sandbox, then those of the operation. */
void handle_request(struct frame *frame) {
  unsigned request = (unsigned)frame_number(frame);
  const char *operation = frame_text(frame), *id = frame_text(frame);
  if (request == 0 || operation == NULL) return;
  if (strcmp(operation, "hello") == 0) return hello(request);
  if (id == NULL) return reply_error(request, EINVAL, "reading the request");
  if (strcmp(operation, "usage") == 0) return report_usage(request);
  if (strcmp(operation, "uplink") == 0) return open_uplink(request, frame);
  if (strcmp(operation, "spawn") == 0) return sandbox_spawn(request, id, frame, NULL, false);
  if (strcmp(operation, "spawn-in-gvisor") == 0) return sandbox_spawn(request, id, frame, NULL, true);
  if (strcmp(operation, "fork") == 0) return fork_sandbox(request, id, frame);
  if (strcmp(operation, "zygote") == 0) return zygote_spawn(request, id, frame);
  struct sandbox *sandbox = sandbox_find(id);
  if (sandbox == NULL && strcmp(operation, "destroy") == 0) return reply_ok(request);
  if (sandbox == NULL) return reply_error(request, ESRCH, "finding the sandbox");
  if (sandbox->is_zygote && strcmp(operation, "destroy") != 0) return reply_error(request, EINVAL, "using a zygote");
  if (strcmp(operation, "start") == 0) return sandbox_start(sandbox, request, frame);
  if (strcmp(operation, "kill") == 0) return sandbox_kill(sandbox, request);
  if (strcmp(operation, "signal") == 0) return sandbox_signal(sandbox, request, frame);
  if (strcmp(operation, "socket") == 0) return sandbox_socket(sandbox, request);
  if (strcmp(operation, "freeze") == 0) return freeze(sandbox, request, true);
  if (strcmp(operation, "thaw") == 0) return freeze(sandbox, request, false);
  if (strcmp(operation, "limit") == 0) return limit(sandbox, request, frame);
  if (strcmp(operation, "attach") == 0) return attach(sandbox, request, frame);
  if (strcmp(operation, "assign") == 0) return assign(sandbox, request, frame);
  if (strcmp(operation, "cpu") == 0) return limit_cpu(sandbox, request, frame);
  if (strcmp(operation, "prioritize") == 0) return prioritize(sandbox, request);
  if (strcmp(operation, "peak") == 0) return report_peak(sandbox, request);
  if (strcmp(operation, "destroy") == 0) return sandbox_destroy(sandbox, request);
  reply_error(request, ENOSYS, "knowing the operation");
}

/* Root in a container is often root without the privilege to mount. */
static bool may_mount(void) {
  int fd = (int)syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */ | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return geteuid() == 0 && fd >= 0;
}

/* The server is gone, so everything goes. */
static void end(void) {
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) sandbox_destroy(at, 0);
  for (int attempt = 0; sandboxes != NULL && attempt < 2000; attempt++) {
    making_read();
    sandbox_reap();
    sandbox_tick();
    if (sandboxes != NULL) usleep(2000);
  }
  stock_close();
  uplink_close();
  cgroup_close();
}

/* Of two times in ms, either of which may be never (-1). */
static int sooner(int one, int other) { return other < 0 || (one >= 0 && one < other) ? one : other; }

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], INSIDE_GVISOR) == 0) init_inside_gvisor(STDIN_FILENO);
  int channel = channel_open();
  if (argc != 2 || channel < 0) {
    fputs("This program is started by Lambkin.\n", stderr);
    return 2;
  }
  /* Whatever else a shell or supervisor left open is nobody's here. */
  if (channel > 3) close_range(3, (unsigned)channel - 1, 0);
  close_range((unsigned)channel + 1, ~0U, 0);
  state_directory = argv[1];
  /* Nothing of the server's environment goes further, least of all the number of this channel. */
  clearenv();
  limit_core();
  /* A signal to the server's process group must leave time to clear up. */
  setsid();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, NULL);
  int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  events = epoll_create1(EPOLL_CLOEXEC);
  privileged = may_mount() && shared_trees_open() == 0 && attach_open() == 0;
  int stock = privileged ? stock_open() : -1;
  if (stock >= 0) watch(stock, &stock_watched);
  cgroup_open();
  priority_of_server(channel);
  watch(channel, &channel);
  watch(signals, &signals);
  for (;;) {
    struct epoll_event ready[64];
    int count = epoll_wait(events, ready, 64, sooner(sandbox_tick(), priority_tick()));
    bool ended = false;
    for (int i = 0; i < count; i++) {
      struct signalfd_siginfo ignored;
      if (ready[i].data.ptr == &signals) ended = read(signals, &ignored, sizeof ignored) > 0;
      else if (ready[i].data.ptr == &uplink_watched) uplink_read();
      else if (ready[i].data.ptr == &stock_watched) stock_read();
      else if (ready[i].data.ptr == &making) making_read();
      else if (ready[i].data.ptr != &channel) sandbox_read(ready[i].data.ptr);
    }
    for (int i = 0; i < count; i++)
      if (ready[i].data.ptr == &channel && !channel_read(handle_request)) {
        end();
        return 0;
      }
    if (ended) sandbox_reap();
  }
}
