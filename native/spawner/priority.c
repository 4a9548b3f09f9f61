/*
 * Who computes yields to who answers, as in a multilevel feedback queue: a sandbox that took more CPU time than short
 * invocations do runs, until its next invocation, only where nobody else wants to. Its quota it has all the same.
 *
 * It can't starve: what counts against it drains at a part of its CPU share, so that one which gets less than that
 * part is soon treated like everybody else again, until it has caught up.
 */
#include "spawner.h"

#include <time.h>

#define LOOK_MS 25
/* However many compute, looking at them takes some hundredths of a CPU at most. */
#define LOOKS_PER_MS 4
#define YIELDS_ABOVE_US 10000
#define YIELDS_NOT_BELOW_US 5000
/* So that it does not take long to drain. */
#define MOST_US 20000
/* Of its CPU share. */
#define DRAINED_PART 4

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

static void look(struct sandbox *sandbox, long long now) {
  struct computing *computing = &sandbox->computing;
  long long total_us = cgroup_cpu_us(sandbox->id), before_us = computing->total_us;
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
