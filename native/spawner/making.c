/*
 * A sandbox is made by a child of the spawner, one after the other: its cgroups, namespaces and link take milliseconds,
 * in which what is asked of the sandboxes that run must not wait. The init that this child clones is the spawner's own
 * child all the same.
 */
#include "spawner.h"

#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

struct result {
  /* Also where something failed after it was cloned; 0 if it was not. */
  pid_t init;
  unsigned uplink;
  bool yields;
  int error;
  char what[64];
};

/* The one that is being made, where its result comes from, and, in its maker, where it goes. */
static struct sandbox *current;
static int results = -1, own_results = -1;
/* Somebody ended meanwhile, which can't be told from the init that is not known yet. */
static bool reap_later;

__attribute__((noreturn)) static void make(struct sandbox *sandbox, int socket, pid_t spawner) {
  const char *what;
  own_results = socket;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != spawner) _exit(1);
  priority_of_helper();
  bool made = sandbox_make(sandbox, &what);
  struct result result = {.init = sandbox->init > 0 ? sandbox->init : 0,
                          .uplink = sandbox->uplink,
                          .yields = sandbox->computing.yields,
                          .error = made ? 0 : errno};
  if (!made) strncpy(result.what, what, sizeof result.what - 1);
  int entrances[] = {sandbox->mount_namespace, sandbox->user_namespace};
  packet_send(socket, &result, sizeof result, entrances, entrances[0] < 0 ? 0 : entrances[1] < 0 ? 1 : 2);
  _exit(0);
}

void making_leave(const struct sandbox *sandbox) {
  close(own_results);
  close(sandbox->socket);
}

static void refuse(struct sandbox *sandbox, int error, const char *what) {
  reply_error(sandbox->request, error, what);
  sandbox->request = 0;
  sandbox_destroy(sandbox, 0);
}

/* What it answers to a maker must not be taken for a message. */
static void heed(struct sandbox *zygote, bool heeded) {
  if (zygote == NULL || zygote->socket < 0) return;
  epoll_ctl(events, heeded ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, zygote->socket,
            &(struct epoll_event){.events = EPOLLIN, .data.ptr = zygote});
}

static bool begin(struct sandbox *sandbox, const char **what) {
  int sockets[2];
  pid_t spawner = getpid();
  if (!sandbox_prepare(sandbox, what)) return false;
  *what = "making a socket";
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return false;
  *what = "forking";
  heed(sandbox_zygote(sandbox), false);
  pid_t maker = fork();
  if (maker == 0) make(sandbox, sockets[1], spawner);
  close(sockets[1]);
  if (maker < 0) {
    heed(sandbox_zygote(sandbox), true);
    close(sockets[0]);
    return false;
  }
  results = sockets[0];
  sandbox->state = MAKING;
  current = sandbox;
  epoll_ctl(events, EPOLL_CTL_ADD, results, &(struct epoll_event){.events = EPOLLIN, .data.ptr = &making});
  return true;
}

/* The one that waits longest. */
static struct sandbox *next_in_line(void) {
  struct sandbox *longest = NULL;
  for (struct sandbox *at = sandboxes; at != NULL; at = at->next)
    if (at->state == WAITING_FOR_MAKER) longest = at;
  return longest;
}

void making_go_on(void) {
  const char *what;
  while (current == NULL) {
    struct sandbox *sandbox = next_in_line();
    if (sandbox == NULL) return;
    if (!begin(sandbox, &what)) refuse(sandbox, errno, what);
  }
}

static void take(struct sandbox *sandbox, const struct result *result) {
  heed(sandbox_zygote(sandbox), true);
  sandbox->init = result->init;
  sandbox->uplink = result->uplink;
  uplink_attached(result->uplink);
  sandbox->computing.yields = result->yields;
  bool unwanted = sandbox->state == DYING;
  if (!unwanted) sandbox->state = STARTING;
  sandbox_abandon(sandbox);
  if (unwanted) return sandbox_end(sandbox);
  if (result->error != 0) return refuse(sandbox, result->error, result->what);
  epoll_ctl(events, EPOLL_CTL_ADD, sandbox->socket, &(struct epoll_event){.events = EPOLLIN, .data.ptr = sandbox});
  packet_send(sandbox->socket, &sandbox->uplink, sizeof sandbox->uplink, NULL, 0);
}

char making;

void making_read(void) {
  struct result result;
  int entrances[] = {-1, -1}, count = 2;
  if (current == NULL) return;
  struct sandbox *sandbox = current;
  ssize_t got = packet_receive(results, &result, sizeof result, entrances, &count);
  if (got != (ssize_t)sizeof result) {
    result = (struct result){.error = EIO, .what = "making the sandbox"};
    /* At its end an init that nobody knows of ends, too. */
    close(sandbox->socket);
    sandbox->socket = -1;
    /* What it may have answered to nobody would be taken for its next answer. */
    struct sandbox *zygote = sandbox_zygote(sandbox);
    if (zygote != NULL) sandbox_destroy(zygote, 0);
  }
  result.what[sizeof result.what - 1] = 0;
  epoll_ctl(events, EPOLL_CTL_DEL, results, NULL);
  close(results);
  results = -1;
  current = NULL;
  sandbox->mount_namespace = entrances[0];
  sandbox->user_namespace = entrances[1];
  take(sandbox, &result);
  if (reap_later) sandbox_reap();
  making_go_on();
}

bool making_holds_reaping(void) { return reap_later = current != NULL; }
