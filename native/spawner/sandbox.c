/* Sandboxes as the spawner sees them: an init process to talk to, a cgroup, and the request that waits. */
#include "spawner.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MEMORY_MS 100
#define RETRY_REMOVAL_MS 5
/* It takes some microseconds unless a task is deep in the kernel. */
#define LOOK_IF_FROZEN_MS 1
#define FREEZE_LOOKS 5

struct sandbox *sandboxes;
bool privileged;

struct sandbox *sandbox_find(const char *id) {
  struct sandbox *at = sandboxes;
  while (at != NULL && (id == NULL || strcmp(at->id, id) != 0)) at = at->next;
  return at;
}

/* A hundred busy processes in a tenth of a CPU would take seconds to die. */
static void lift_cpu_limit(struct sandbox *sandbox) {
  priority_restore(sandbox);
  if (sandbox->cpu_period_us > 0) cgroup_limit_cpu(sandbox->id, -1, sandbox->cpu_period_us);
}

static struct process *process_of(struct sandbox *sandbox, unsigned number) {
  for (int i = 0; i < MAX_PROCESSES; i++)
    if (sandbox->processes[i].number == number) return &sandbox->processes[i];
  return NULL;
}

/* A pipe whose writing end its own user may open again, as /dev/stdout. */
static int make_pipe(struct sandbox *sandbox, int ends[2]) {
  if (pipe2(ends, O_CLOEXEC) < 0) return -1;
  if (privileged && fchown(ends[1], sandbox->uid, sandbox->uid) < 0) perror("fchown");
  return 0;
}

/* Fields: whether there is a pipe for a log, the port of a connection to begin with or 0, working directory, number of arguments, arguments, environment. */
void sandbox_start(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  struct process *process = process_of(sandbox, 0);
  int output[2], log[2] = {-1, -1};
  bool with_log = frame_number(frame) != 0;
  static char packet[MAX_FRAME];
  int head = snprintf(packet, sizeof packet, "%c%u", TO_START, request) + 1;
  size_t size = (size_t)(frame->end - frame->at);
  if (sandbox->state != READY || sandbox->frozen || process == NULL || (size_t)head + size > sizeof packet) {
    int error = sandbox->state != READY ? ESRCH : sandbox->frozen ? EBUSY : process == NULL ? EAGAIN : E2BIG;
    reply_error(request, error, "starting a process");
    return;
  }
  if (make_pipe(sandbox, output) < 0) {
    reply_error(request, errno, "making a pipe");
    return;
  }
  if (with_log && make_pipe(sandbox, log) < 0) {
    reply_error(request, errno, "making a pipe");
    close(output[0]);
    close(output[1]);
    return;
  }
  memcpy(packet + head, frame->at, size);
  *process = (struct process){.number = request, .oom_kills_before = cgroup_oom_kills(sandbox->id)};
  sandbox->out_of_memory = false;
  int sent = packet_send(sandbox->socket, packet, (size_t)head + size, (int[]){output[1], log[1]}, with_log ? 2 : 1);
  int error = errno;
  close(output[1]);
  if (with_log) close(log[1]);
  if (sent == 0) {
    channel_send_handle(request, "output", output[0]);
    if (with_log) channel_send_handle(request, "log", log[0]);
    return;
  }
  close(output[0]);
  if (with_log) close(log[0]);
  process->number = 0;
  reply_error(request, error, "asking init to start a process");
}

static void raise_peak(struct sandbox *sandbox, long long bytes) {
  if (bytes > sandbox->memory_bytes) bytes = sandbox->memory_bytes;
  if (bytes > sandbox->peak_bytes) sandbox->peak_bytes = bytes;
}

static bool memory_exceeded(struct sandbox *sandbox, const struct process *process) {
  bool killed = cgroup_oom_kills(sandbox->id) > process->oom_kills_before;
  if (killed && !sandbox->memory_polled) raise_peak(sandbox, sandbox->memory_bytes);
  return killed || sandbox->out_of_memory;
}

static void process_exited(struct sandbox *sandbox, struct process *process, int status) {
  /* Init died between taking the request and answering it. */
  if (!process->started) {
    reply_error(process->number, ECANCELED, "starting a process");
    process->number = 0;
    return;
  }
  bool out_of_memory = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && memory_exceeded(sandbox, process);
  channel_send("{\"event\":\"exit\",\"sandbox\":\"%s\",\"process\":%u,\"%s\":%d,\"outOfMemory\":%s}", sandbox->id,
               process->number, WIFSIGNALED(status) ? "signal" : "code",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), out_of_memory ? "true" : "false");
  process->number = 0;
}

static void answer(struct sandbox *sandbox, int error, const char *what) {
  sandbox->freeze_looks = 0;
  if (sandbox->request == 0) return;
  if (error == 0) reply_ok(sandbox->request);
  else reply_error(sandbox->request, error, what);
  sandbox->request = 0;
}

static void handle_message(struct sandbox *sandbox, const struct init_message *message, int *fds, int count) {
  struct process *process = message->number == 0 ? NULL : process_of(sandbox, message->number);
  switch (message->kind) {
    case FROM_READY:
      if (sandbox->state != STARTING || count != (sandbox->is_zygote ? 0 : 2)) break;
      sandbox->state = READY;
      if (sandbox->is_zygote) {
        answer(sandbox, 0, NULL);
        break;
      }
      channel_send_handle(sandbox->request, "runtimeApi", fds[0]);
      channel_send_handle(sandbox->request, "endpoint", fds[1]);
      fds[0] = fds[1] = -1;
      answer(sandbox, 0, NULL);
      break;
    case FROM_FAILURE:
      answer(sandbox, message->value, message->what);
      sandbox_destroy(sandbox, 0);
      break;
    case FROM_STARTED:
      if (process == NULL) break;
      if (message->value == 0) reply_ok(message->number);
      else reply_error(message->number, message->value, "executing the program");
      process->started = message->value == 0;
      if (!process->started) process->number = 0;
      break;
    case FROM_EXITED:
      raise_peak(sandbox, message->peak_bytes);
      if (process != NULL) process_exited(sandbox, process, message->value);
      break;
    case FROM_SOCKET:
      if (message->value != 0 || count != 1) {
        reply_error(message->number, message->value, "making a socket inside");
        break;
      }
      channel_send_handle(message->number, "socket", fds[0]);
      fds[0] = -1;
      reply_ok(message->number);
      break;
    case FROM_PAUSED:
      if (sandbox->state != READY || sandbox->request == 0 || sandbox->request != message->number) break;
      sandbox->request = 0;
      if (message->value != 0) reply_error(message->number, message->value, "pausing or resuming gVisor");
      else channel_send("{\"reply\":%u,\"reached\":true}", message->number);
      break;
    case FROM_KILLED:
      if (sandbox->state != KILLING) break;
      if (sandbox->cpu_period_us > 0) cgroup_limit_cpu(sandbox->id, sandbox->cpu_quota_us, sandbox->cpu_period_us);
      sandbox->state = READY;
      answer(sandbox, 0, NULL);
      break;
  }
}

void sandbox_read(struct sandbox *sandbox) {
  struct init_message message;
  for (;;) {
    int fds[4] = {-1, -1, -1, -1}, count = 4;
    if (sandbox->socket < 0) return;
    ssize_t waiting = recv(sandbox->socket, &message, 1, MSG_PEEK | MSG_DONTWAIT);
    /* Init is gone, and takes its time to be reaped: an end that is watched would keep the loop busy until then. */
    if (waiting == 0) epoll_ctl(events, EPOLL_CTL_DEL, sandbox->socket, NULL);
    if (waiting <= 0) return;
    ssize_t got = packet_receive(sandbox->socket, &message, sizeof message, fds, &count);
    message.what[sizeof message.what - 1] = 0;
    if (got == (ssize_t)sizeof message) handle_message(sandbox, &message, fds, count);
    for (int i = 0; i < count; i++)
      if (fds[i] >= 0) close(fds[i]);
  }
}

static int set_frozen(struct sandbox *sandbox, bool frozen) {
  sandbox->frozen = frozen;
  if (cgroup_controls() & CONTROL_FREEZER) return cgroup_freeze(sandbox->id, frozen);
  processes_signal(sandbox, frozen ? SIGSTOP : SIGCONT);
  return 0;
}

void sandbox_kill(struct sandbox *sandbox, unsigned request) {
  char kill_all = TO_KILL;
  if (sandbox->state != READY) {
    reply_error(request, ESRCH, "killing processes");
    return;
  }
  answer(sandbox, ECANCELED, "the processes are being killed");
  if (sandbox->gvisor_uid != 0) sandbox->frozen = false;
  lift_cpu_limit(sandbox);
  if (sandbox->frozen) set_frozen(sandbox, false);
  raise_peak(sandbox, processes_high_water_bytes(sandbox));
  /* Init alone would have to wait for its turn among what it is to kill. gVisor survives it, and its /tmp may. */
  if (sandbox->gvisor_uid == 0) processes_signal(sandbox, SIGKILL);
  sandbox->state = KILLING;
  sandbox->request = request;
  packet_send(sandbox->socket, &kill_all, 1, NULL, 0);
}

/* For init, which alone can tell its processes from those that took a number after them. */
static bool ask_init(struct sandbox *sandbox, unsigned request, char kind, long long first, long long second) {
  char packet[64];
  int size = snprintf(packet, sizeof packet, "%c%lld%c%lld", kind, first, 0, second) + 1;
  if (sandbox->state == READY && !sandbox->frozen && packet_send(sandbox->socket, packet, (size_t)size, NULL, 0) == 0)
    return true;
  reply_error(request, sandbox->state != READY ? ESRCH : sandbox->frozen ? EBUSY : errno, "asking init");
  return false;
}

/* Fields: the request that started the process, signal. One that has ended is left in peace. */
void sandbox_signal(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  long long process = frame_number(frame), signal = frame_number(frame);
  if (ask_init(sandbox, request, TO_SIGNAL, process, signal)) reply_ok(request);
}

/* A socket of the network inside, not connected yet: with it the server reaches what listens there. */
void sandbox_socket(struct sandbox *sandbox, unsigned request) {
  ask_init(sandbox, request, TO_SOCKET, request, 0);
}

void sandbox_pause(struct sandbox *sandbox, unsigned request, bool paused) {
  answer(sandbox, ECANCELED, "another request took its place");
  sandbox->frozen = false;
  if (!ask_init(sandbox, request, paused ? TO_PAUSE : TO_RESUME, request, 0)) return;
  sandbox->frozen = paused;
  sandbox->request = request;
}

int sandbox_limit(struct sandbox *sandbox, struct frame *frame, const char **what) {
  long long memory_bytes = frame_number(frame), quota_us = frame_number(frame), period_us = frame_number(frame);
  *what = "limiting memory";
  if (!is_size(memory_bytes)) return errno = EINVAL, -1;
  priority_restore(sandbox);
  if (cgroup_limit_memory(sandbox->id, memory_bytes + sandbox->extra_bytes) < 0) return -1;
  sandbox->memory_bytes = memory_bytes;
  *what = "limiting the CPU";
  if (cgroup_limit_cpu(sandbox->id, quota_us, period_us) < 0) return -1;
  sandbox->cpu_quota_us = quota_us;
  sandbox->cpu_period_us = period_us;
  cgroup_weigh(sandbox->id, memory_bytes);
  return 0;
}

void sandbox_freeze(struct sandbox *sandbox, unsigned request, bool frozen) {
  const char *what = frozen ? "freezing" : "thawing";
  if (sandbox->state != READY) return reply_error(request, ESRCH, what);
  answer(sandbox, 0, NULL);
  if (set_frozen(sandbox, frozen) < 0) return reply_error(request, errno, what);
  if (!frozen || !(cgroup_controls() & CONTROL_FREEZER) || cgroup_is_frozen(sandbox->id)) return reply_ok(request);
  sandbox->request = request;
  sandbox->freeze_looks = FREEZE_LOOKS;
}

/* Whether any has to be looked at again. */
static bool look_if_frozen(void) {
  bool waiting = false;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) {
    if (at->freeze_looks == 0) continue;
    if (cgroup_is_frozen(at->id) || --at->freeze_looks == 0) answer(at, 0, NULL);
    else waiting = true;
  }
  return waiting;
}

static void close_entrances(struct sandbox *sandbox) {
  int *const entrances[] = {&sandbox->mount_namespace, &sandbox->user_namespace};
  for (int i = 0; i < 2; i++) {
    if (*entrances[i] >= 0) close(*entrances[i]);
    *entrances[i] = -1;
  }
}

/* The end of init is the end of every process in its pid namespace, and of the mounts with them. */
void sandbox_end(struct sandbox *sandbox) {
  sandbox->state = sandbox->init > 0 ? DYING : REMOVING;
  /* They would keep its mounts. */
  close_entrances(sandbox);
  if (sandbox->init > 0) {
    lift_cpu_limit(sandbox);
    kill(sandbox->init, SIGKILL);
  }
  /* The old freezer holds back even SIGKILL. */
  if (sandbox->frozen && cgroup_controls() & CONTROL_FREEZER) cgroup_freeze(sandbox->id, false);
}

void sandbox_destroy(struct sandbox *sandbox, unsigned request) {
  answer(sandbox, ECANCELED, "the sandbox is being destroyed");
  sandbox->request = request;
  if (sandbox->state == DYING || sandbox->state == REMOVING) return;
  if (sandbox->state == MAKING) {
    /* Its maker goes on with the plan, and may have made something by now. */
    sandbox->state = DYING;
    return;
  }
  sandbox_abandon(sandbox);
  sandbox_end(sandbox);
}

static void init_ended(struct sandbox *sandbox) {
  bool unexpected = sandbox->state != DYING;
  sandbox_read(sandbox);
  for (int i = 0; i < MAX_PROCESSES; i++)
    if (sandbox->processes[i].number != 0) process_exited(sandbox, &sandbox->processes[i], SIGKILL);
  answer(sandbox, unexpected ? ECHILD : 0, "init ended");
  close_entrances(sandbox);
  if (unexpected) channel_send("{\"event\":\"gone\",\"sandbox\":\"%s\"}", sandbox->id);
  sandbox->state = REMOVING;
}

void sandbox_reap(void) {
  pid_t pid;
  if (making_holds_reaping()) return;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
    uplink_child_ended(pid);
    stock_child_ended(pid);
    for (struct sandbox *at = sandboxes; at != NULL; at = at->next)
      if (at->init == pid) {
        unsigned request = at->state == DYING ? at->request : 0;
        if (at->state == DYING) at->request = 0;
        init_ended(at);
        at->init = 0;
        at->request = request;
      }
  }
}

/* Answers a destroy only when the cgroup is gone too. */
static bool remove_ended(void) {
  bool waiting = false;
  for (struct sandbox **link = &sandboxes, *at; (at = *link) != NULL;) {
    if (at->state == REMOVING && cgroup_remove(at->id)) {
      /* Closing alone would leave it watched: an init that is just being set up still has a copy. */
      if (at->socket >= 0) epoll_ctl(events, EPOLL_CTL_DEL, at->socket, NULL);
      if (at->socket >= 0) close(at->socket);
      answer(at, 0, NULL);
      *link = at->next;
      free(at);
      continue;
    }
    waiting = waiting || at->state == REMOVING;
    link = &at->next;
  }
  return waiting;
}

static bool poll_memory(void) {
  bool polled = false;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) {
    if (!at->memory_polled || at->state != READY || at->frozen) continue;
    polled = true;
    long long bytes = processes_resident_bytes(at);
    raise_peak(at, bytes);
    if (bytes <= at->memory_bytes) continue;
    at->out_of_memory = true;
    processes_signal(at, SIGKILL);
  }
  return polled;
}

int sandbox_tick(void) {
  bool polled = poll_memory();
  bool removing = remove_ended();
  if (look_if_frozen()) return LOOK_IF_FROZEN_MS;
  return removing ? RETRY_REMOVAL_MS : polled ? POLL_MEMORY_MS : -1;
}
