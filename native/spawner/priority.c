/*
 * Who computes yields to who answers, as in a multilevel feedback queue: a sandbox that took more CPU time than short
 * invocations do runs, until its next invocation, only where nobody else wants to. Its quota it has all the same.
 *
 * It can't starve: what counts against it drains at a part of its CPU share, so that one which gets less than that
 * part is soon treated like everybody else again, until it has caught up.
 *
 * The server and this program take little at a time. With a short slice the kernel lets them begin at once where
 * somebody else is about to use up his own (EEVDF, Linux 6.12); what they get in all stays the same.
 */
#include "spawner.h"

#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 25
/* However many compute, looking at them takes some hundredths of a CPU at most. */
#define LOOKS_PER_MS 4
#define YIELDS_ABOVE_US 10000
#define YIELDS_NOT_BELOW_US 5000
/* So that it does not take long to drain. */
#define MOST_US 20000
/* Of its CPU share. */
#define DRAINED_PART 4
/* The least that the kernel knows. */
#define SHORT_SLICE_NS 100000

/* From <linux/sched/types.h>, which not every C library has. */
struct attributes {
  uint32_t size, policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};
enum { RESET_ON_FORK = 1 };

static long long now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* At full speed, in its init, nobody yields. */
static bool counts(const struct sandbox *sandbox) {
  return sandbox->state == READY && !sandbox->frozen && !sandbox->is_zygote && sandbox->cpu_period_us > 0 &&
         sandbox->cpu_quota_us > 0;
}

static void yield(struct sandbox *sandbox, bool yields) {
  if (cgroup_yield(sandbox->id, yields, sandbox->memory_bytes) < 0) return;
  sandbox->computing.yields = yields;
  if (yields) channel_send("{\"event\":\"yields\",\"sandbox\":\"%s\"}", sandbox->id);
}

void priority_restore(struct sandbox *sandbox) {
  struct computing *computing = &sandbox->computing;
  if (computing->yields) yield(sandbox, false);
  computing->level_us = computing->looked_us = 0;
}

void priority_of_spare(struct sandbox *sandbox) {
  if (cgroup_yields() && cgroup_yield(sandbox->id, true, sandbox->memory_bytes) == 0) sandbox->computing.yields = true;
}

/* One that was given another policy keeps it, and what it forks has slices as usual. */
static void shorten_slice(pid_t thread) {
  struct attributes attributes = {.size = sizeof attributes};
  if (syscall(SYS_sched_getattr, thread, &attributes, sizeof attributes, 0) < 0) return;
  if (attributes.policy != SCHED_OTHER) return;
  attributes.size = sizeof attributes;
  attributes.flags |= RESET_ON_FORK;
  attributes.runtime = SHORT_SLICE_NS;
  syscall(SYS_sched_setattr, thread, &attributes, 0);
}

void priority_of_server(int channel) {
  struct ucred server;
  socklen_t size = sizeof server;
  /* Once it is gone its number may be somebody else's. */
  bool known = getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &server, &size) == 0 && server.pid == getppid();
  if (known) shorten_slice(server.pid);
  shorten_slice(0);
}

void priority_of_helper(void) { shorten_slice(0); }

static void look(struct sandbox *sandbox, long long now) {
  struct computing *computing = &sandbox->computing;
  if (computing->usage < 0) computing->usage = cgroup_open_usage(sandbox->id);
  long long total_us = cgroup_usage_us(computing->usage), before_us = computing->total_us;
  long long passed_us = now - computing->looked_us;
  bool first = computing->looked_us == 0;
  if (total_us < 0) return;
  computing->total_us = total_us;
  computing->looked_us = now;
  if (first) return;
  long long drained_us = passed_us * sandbox->cpu_quota_us / sandbox->cpu_period_us / DRAINED_PART;
  long long level_us = computing->level_us + total_us - before_us - drained_us;
  computing->level_us = level_us < 0 ? 0 : level_us > MOST_US ? MOST_US : level_us;
  if (!computing->yields && computing->level_us > YIELDS_ABOVE_US) yield(sandbox, true);
  else if (computing->yields && computing->level_us < YIELDS_NOT_BELOW_US) yield(sandbox, false);
}

int priority_tick(void) {
  static int possible = -1;
  static long long last_us;
  int counting = 0;
  if (possible < 0) possible = cgroup_yields();
  if (!possible) return -1;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) counting += counts(at);
  if (counting == 0) return -1;
  int every_ms = counting > LOOK_MS * LOOKS_PER_MS ? counting / LOOKS_PER_MS : LOOK_MS;
  long long now = now_us(), left_us = last_us + every_ms * 1000LL - now;
  if (left_us > 0) return (int)(left_us / 1000) + 1;
  last_us = now;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next)
    if (counts(at)) look(at, now);
  return every_ms;
}
