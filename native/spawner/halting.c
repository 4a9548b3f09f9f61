/* Sandboxes that stand still between invocations: by the freezer, by signals without one, or by gVisor itself. */
#include "sandbox.h"

#include <signal.h>

/* How often it is looked; it takes some microseconds unless a task is deep in the kernel. */
#define FREEZE_LOOKS 5

int halting_set(struct sandbox *sandbox, bool frozen) {
  sandbox->frozen = frozen;
  if (cgroup_controls() & CONTROL_FREEZER) return cgroup_freeze(sandbox->id, frozen);
  processes_signal(sandbox, frozen ? SIGSTOP : SIGCONT);
  return 0;
}

void sandbox_freeze(struct sandbox *sandbox, unsigned request, bool frozen) {
  const char *what = frozen ? "freezing" : "thawing";
  if (sandbox->state != READY) return reply_error(request, ESRCH, what);
  sandbox_answer(sandbox, 0, NULL);
  if (halting_set(sandbox, frozen) < 0) return reply_error(request, errno, what);
  if (!frozen || !(cgroup_controls() & CONTROL_FREEZER) || cgroup_is_frozen(sandbox->id)) return reply_ok(request);
  sandbox->request = request;
  sandbox->freeze_looks = FREEZE_LOOKS;
}

void sandbox_pause(struct sandbox *sandbox, unsigned request, bool paused) {
  sandbox_answer(sandbox, ECANCELED, "another request took its place");
  sandbox->frozen = false;
  if (!sandbox_ask(sandbox, request, paused ? TO_PAUSE : TO_RESUME, request, 0)) return;
  sandbox->frozen = paused;
  sandbox->request = request;
}

bool halting_look(void) {
  bool waiting = false;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) {
    if (at->freeze_looks == 0) continue;
    if (cgroup_is_frozen(at->id) || --at->freeze_looks == 0) sandbox_answer(at, 0, NULL);
    else waiting = true;
  }
  return waiting;
}
