/*
 * What a zygote's interpreter is started with in LD_PRELOAD. Its first fork() does not return there: it forks the
 * init of a sandbox whenever the spawner asks for one, which sets the sandbox up and gives up what it could do; and it
 * returns, as in a child, in the process that such an init starts. Every later fork() is the C library's.
 */
#include "../spawner.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool waited;
static jmp_buf in_fork;
static char received[MAX_FRAME];
static struct sigaction of_interpreter[NSIG];
/* Above the standard three an interpreter may have descriptors that it talks to itself by. */
#define MAX_OWN_FD 64
static bool own_fds[MAX_OWN_FD];

/* Init has nobody's handlers, and ignores what the spawner ignores. */
static void put_signals_aside(void) {
  for (int signal = 1; signal < NSIG; signal++) {
    struct sigaction plain = {.sa_handler = SIG_DFL};
    if (signal == SIGPIPE || signal == SIGINT || signal == SIGHUP) plain.sa_handler = SIG_IGN;
    sigaction(signal, &plain, &of_interpreter[signal]);
  }
}

static void note_own_fds(void) {
  for (int fd = ZYGOTE_FD + 1; fd < MAX_OWN_FD; fd++) own_fds[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* It is about to close them, and would take it amiss if it could not; but they would lead to its sisters. */
static void replace_own_fds(void) {
  for (int fd = ZYGOTE_FD + 1; fd < MAX_OWN_FD; fd++) {
    int null = own_fds[fd] ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
    if (null < 0 || null == fd) continue;
    dup3(null, fd, O_CLOEXEC);
    close(null);
  }
}

static void go_on(void) {
  replace_own_fds();
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &of_interpreter[signal], NULL);
  longjmp(in_fork, 1);
}

/* Takes apart what zygote_clone put together. */
static bool read_order(struct init_setup *setup, ssize_t size, const int *fds, int count) {
  struct zygote_order order;
  if (size < (ssize_t)sizeof order) return false;
  memcpy(&order, received, sizeof order);
  if (count != 1 + order.shared + order.tmp + order.task_count + order.mount_count) return false;
  *setup = (struct init_setup){.socket = *fds++,
                               .runtime_port = order.runtime_port,
                               .endpoint_port = order.endpoint_port,
                               .task_count = order.task_count,
                               .go_on = go_on};
  setup->root = (struct root){.entries = {received + sizeof order, received + size},
                              .shared = order.shared ? *fds++ : -1,
                              .tmp = order.tmp ? *fds++ : -1,
                              .tmp_bytes = order.tmp_bytes,
                              .mount_count = order.mount_count};
  for (int i = 0; i < order.task_count; i++) setup->tasks[i] = *fds++;
  for (int i = 0; i < order.mount_count; i++) setup->root.mounts[i] = *fds++;
  return true;
}

static void serve(void) {
  static struct init_setup setup;
  for (;;) {
    int fds[MAX_DESCRIPTORS], count = MAX_DESCRIPTORS;
    ssize_t size = packet_receive(ZYGOTE_FD, received, sizeof received, fds, &count);
    /* Without the spawner there is nothing to live for. */
    if (size <= 0) _exit(0);
    pid_t pid = -EINVAL;
    if (read_order(&setup, size, fds, count)) {
      pid = clone_into(NAMESPACES | CLONE_PARENT, -1);
      if (pid == 0) {
        put_signals_aside();
        init_main(&setup);
      }
      if (pid < 0) pid = -errno;
    }
    for (int i = 0; i < count; i++) close(fds[i]);
    if (packet_send(ZYGOTE_FD, &pid, sizeof pid, NULL, 0) < 0) _exit(0);
  }
}

__attribute__((visibility("default"))) pid_t fork(void) {
  union {
    void *found;
    pid_t (*call)(void);
  } next;
  if (waited) {
    next.found = dlsym(RTLD_NEXT, "fork");
    return next.found == NULL ? (errno = ENOSYS, -1) : next.call();
  }
  waited = true;
  privileged = true;
  note_own_fds();
  struct init_message ready = {.kind = FROM_READY};
  if (packet_send(ZYGOTE_FD, &ready, sizeof ready, NULL, 0) < 0) _exit(1);
  if (setjmp(in_fork) == 0) serve();
  return 0;
}
