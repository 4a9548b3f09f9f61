/* What runs in a sandbox: the programs that the server starts there, how they end, and the memory that they take. */
#include "sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Fields: whether there is a pipe for a log, the port of a connection to begin with or 0, working directory, number of
 * arguments, arguments, environment. */
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

void programs_raise_peak(struct sandbox *sandbox, long long bytes) {
  if (bytes > sandbox->memory_bytes) bytes = sandbox->memory_bytes;
  if (bytes > sandbox->peak_bytes) sandbox->peak_bytes = bytes;
}

static bool memory_exceeded(struct sandbox *sandbox, const struct process *process) {
  bool killed = cgroup_oom_kills(sandbox->id) > process->oom_kills_before;
  if (killed && !sandbox->memory_polled) programs_raise_peak(sandbox, sandbox->memory_bytes);
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

void program_started(struct sandbox *sandbox, unsigned number, int error) {
  struct process *process = number == 0 ? NULL : process_of(sandbox, number);
  if (process == NULL) return;
  if (error == 0) reply_ok(number);
  else reply_error(number, error, "executing the program");
  process->started = error == 0;
  if (!process->started) process->number = 0;
}

void program_exited(struct sandbox *sandbox, unsigned number, int status) {
  struct process *process = number == 0 ? NULL : process_of(sandbox, number);
  if (process != NULL) process_exited(sandbox, process, status);
}

void programs_ended(struct sandbox *sandbox) {
  for (int i = 0; i < MAX_PROCESSES; i++)
    if (sandbox->processes[i].number != 0) process_exited(sandbox, &sandbox->processes[i], SIGKILL);
}

/* Fields: the request that started the process, signal. One that has ended is left in peace. */
void sandbox_signal(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  long long process = frame_number(frame), signal = frame_number(frame);
  if (sandbox_ask(sandbox, request, TO_SIGNAL, process, signal)) reply_ok(request);
}

bool programs_poll_memory(void) {
  bool polled = false;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next) {
    if (!at->memory_polled || at->state != READY || at->frozen) continue;
    polled = true;
    long long bytes = processes_resident_bytes(at);
    programs_raise_peak(at, bytes);
    if (bytes <= at->memory_bytes) continue;
    at->out_of_memory = true;
    processes_signal(at, SIGKILL);
  }
  return polled;
}
