/* Sandboxes as the spawner sees them: an init process to talk to, a cgroup, and the request that waits. */
#include "sandbox.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MEMORY_MS 100
#define RETRY_REMOVAL_MS 5
#define LOOK_IF_FROZEN_MS 1

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

void sandbox_answer(struct sandbox *sandbox, int error, const char *what) {
  sandbox->freeze_looks = 0;
  if (sandbox->request == 0) return;
  if (error == 0) reply_ok(sandbox->request);
  else reply_error(sandbox->request, error, what);
  sandbox->request = 0;
}

static void handle_message(struct sandbox *sandbox, const struct init_message *message, int *fds, int count) {
  switch (message->kind) {
    case FROM_READY:
      if (sandbox->state != STARTING || count != (sandbox->is_zygote ? 0 : 2)) break;
      sandbox->state = READY;
      if (sandbox->is_zygote) {
        sandbox_answer(sandbox, 0, NULL);
        break;
      }
      channel_send_handle(sandbox->request, "runtimeApi", fds[0]);
      channel_send_handle(sandbox->request, "endpoint", fds[1]);
      fds[0] = fds[1] = -1;
      sandbox_answer(sandbox, 0, NULL);
      break;
    case FROM_FAILURE:
      sandbox_answer(sandbox, message->value, message->what);
      sandbox_destroy(sandbox, 0);
      break;
    case FROM_STARTED:
      program_started(sandbox, message->number, message->value);
      break;
    case FROM_EXITED:
      programs_raise_peak(sandbox, message->peak_bytes);
      program_exited(sandbox, message->number, message->value);
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
      sandbox_answer(sandbox, 0, NULL);
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

void sandbox_kill(struct sandbox *sandbox, unsigned request) {
  char kill_all = TO_KILL;
  if (sandbox->state != READY) {
    reply_error(request, ESRCH, "killing processes");
    return;
  }
  sandbox_answer(sandbox, ECANCELED, "the processes are being killed");
  if (sandbox->gvisor_uid != 0) sandbox->frozen = false;
  lift_cpu_limit(sandbox);
  if (sandbox->frozen) halting_set(sandbox, false);
  programs_raise_peak(sandbox, processes_high_water_bytes(sandbox));
  /* Init alone would have to wait for its turn among what it is to kill. gVisor survives it, and its /tmp may. */
  if (sandbox->gvisor_uid == 0) processes_signal(sandbox, SIGKILL);
  sandbox->state = KILLING;
  sandbox->request = request;
  packet_send(sandbox->socket, &kill_all, 1, NULL, 0);
}

bool sandbox_ask(struct sandbox *sandbox, unsigned request, char kind, long long first, long long second) {
  char packet[64];
  int size = snprintf(packet, sizeof packet, "%c%lld%c%lld", kind, first, 0, second) + 1;
  if (sandbox->state == READY && !sandbox->frozen && packet_send(sandbox->socket, packet, (size_t)size, NULL, 0) == 0)
    return true;
  reply_error(request, sandbox->state != READY ? ESRCH : sandbox->frozen ? EBUSY : errno, "asking init");
  return false;
}

/* A socket of the network inside, not connected yet: with it the server reaches what listens there. */
void sandbox_socket(struct sandbox *sandbox, unsigned request) {
  sandbox_ask(sandbox, request, TO_SOCKET, request, 0);
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

static void close_entrances(struct sandbox *sandbox) {
  int *const entrances[] = {&sandbox->mount_namespace, &sandbox->user_namespace, &sandbox->computing.usage};
  for (int i = 0; i < 3; i++) {
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
  sandbox_answer(sandbox, ECANCELED, "the sandbox is being destroyed");
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
  programs_ended(sandbox);
  sandbox_answer(sandbox, unexpected ? ECHILD : 0, "init ended");
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
      sandbox_answer(at, 0, NULL);
      *link = at->next;
      free(at);
      continue;
    }
    waiting = waiting || at->state == REMOVING;
    link = &at->next;
  }
  return waiting;
}

int sandbox_tick(void) {
  bool polled = programs_poll_memory();
  bool removing = remove_ended();
  if (halting_look()) return LOOK_IF_FROZEN_MS;
  return removing ? RETRY_REMOVAL_MS : polled ? POLL_MEMORY_MS : -1;
}
