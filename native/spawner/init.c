/*
 * Pid 1 of a sandbox: sets the sandbox up from inside, gives up its privileges, then starts, reaps and kills for the
 * spawner. It has the functions' own user, so it holds nothing that they could take from it.
 */
#include "spawner.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FREE_FD 3
/* Where a process finds the pipe for its log, if it gets one. */
#define LOG_FD 3
/* Where it finds its connection to the Runtime API. Here that is the signals' descriptor, so never a pipe's. */
#define CONNECTION_FD 4
/* A read of it that nothing comes to ends soon, as no process of Node.js can exit before its reads have. */
#define CONNECTION_WAIT_US 10000
/* Arguments, and variables. */
#define MAX_ARGUMENTS 16384

static int spawner;
/* Pid 1 of what gVisor shows. There it is root of nothing real, so that functions, which are not, can't stop it. */
static bool inside_gvisor;
static void (*go_on)(void);
static char received[MAX_FRAME + 1];
static struct {
  pid_t pid;
  unsigned number;
} running[MAX_PROCESSES];

static void tell(char kind, unsigned number, int value, long long peak_bytes, const char *what) {
  struct init_message message = {.kind = kind, .number = number, .value = value, .peak_bytes = peak_bytes};
  if (what != NULL) strncpy(message.what, what, sizeof message.what - 1);
  if (packet_send(spawner, &message, sizeof message, NULL, 0) < 0) _exit(1);
}

static void fail(const char *what) {
  tell(FROM_FAILURE, 0, errno, 0, what);
  _exit(1);
}

static int loopback_up(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  int done = fd < 0 ? -1 : ioctl(fd, SIOCSIFFLAGS, &request);
  if (fd >= 0) close(fd);
  return done;
}

static int listen_on(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0) return -1;
  return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 511) < 0 ? -1 : fd;
}

static void become_user(const struct init_setup *setup) {
  /* Unprivileged, the one user that is mapped is what we are already, and groups can't be set. */
  if (privileged && setgroups(0, NULL) < 0) fail("leaving groups");
  gid_t gid = setup->in_gvisor ? 0 : INSIDE_GID;
  uid_t uid = setup->in_gvisor ? 0 : INSIDE_UID;
  if (setresgid(gid, gid, gid) < 0) fail("changing the group");
  if (setresuid(uid, uid, uid) < 0) fail("changing the user");
}

static int open_null(void) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  return null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ? -1 : 0;
}

static void set_up(struct init_setup *setup) {
  const char *what = "setting up";
  unsigned uplink;
  if (recv(spawner, &uplink, sizeof uplink, 0) != sizeof uplink) _exit(1);
  /* Attaching oneself costs a fiftieth of being attached by another process. */
  for (int i = 0; i < setup->task_count; i++)
    if (write(setup->tasks[i], "0", 1) < 0) fail("joining a cgroup");
  if (unshare(CLONE_NEWCGROUP) < 0) fail("leaving the cgroup namespace");
  become_user(setup);
  if (root_enter(&setup->root, &what) < 0) fail(what);
  if (sethostname("sandbox", 7) < 0) fail("naming the host");
  if (loopback_up() < 0) fail("starting the loopback");
  if (uplink != 0 && uplink_configure(uplink) < 0) fail("configuring the uplink");
  int listeners[2] = {listen_on(setup->runtime_port), listen_on(setup->endpoint_port)};
  if (listeners[0] < 0 || listeners[1] < 0) fail("listening inside");
  if (open_null() < 0) fail("opening /dev/null");
  umask(022);
  if (setup->in_gvisor) {
    if (confine_gvisor(&what) < 0 || gvisor_open(&what) < 0) fail(what);
  } else if (confine(&what) < 0) fail(what);
  /* Out of reach for processes of the same user; and this is lost at every change of user, so it comes last. */
  prctl(PR_SET_DUMPABLE, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  struct init_message ready = {.kind = FROM_READY};
  if (packet_send(spawner, &ready, sizeof ready, listeners, 2) < 0) _exit(1);
}

/* Every descriptor of the spawner and of the set-up but the one to talk over. */
static void keep_only_spawner(void) {
  if (spawner != FIRST_FREE_FD && dup3(spawner, FIRST_FREE_FD, O_CLOEXEC) < 0) _exit(1);
  spawner = FIRST_FREE_FD;
  close_range(FIRST_FREE_FD + 1, ~0U, 0);
}

static bool become_function(void) {
  const char *what;
  if (!inside_gvisor) return true;
  return drop_bounding_set() == 0 && setgroups(0, NULL) == 0 && setresgid(INSIDE_GID, INSIDE_GID, INSIDE_GID) == 0 &&
         setresuid(INSIDE_UID, INSIDE_UID, INSIDE_UID) == 0 && confine(&what) == 0;
}

void default_signals(void) {
  static const int ignored[] = {SIGPIPE, SIGINT, SIGHUP};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Without an execve, which would do all this. */
static void resume(bool with_log) {
  close_range(with_log ? LOG_FD + 1 : LOG_FD, ~0U, 0);
  if (prctl(PR_SET_DUMPABLE, 1) == 0) go_on();
  _exit(127);
}

/* On the loopback the call that begins to connect has done so when it returns. */
static bool connects(int fd, const struct sockaddr_in *to) {
  if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0) return true;
  return errno == EINPROGRESS && connect(fd, (const struct sockaddr *)to, sizeof *to) == 0;
}

/* Never waits: where functions keep the listener from answering, the process has to do without. */
static void give_connection(int port) {
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  struct timeval most = {.tv_usec = CONNECTION_WAIT_US};
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  if (connects(fd, &address) && fcntl(fd, F_SETFL, 0) == 0 &&
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0)
    dup2(fd, CONNECTION_FD);
  close(fd);
}

/* In the child. Whatever fails is reported over `report`, which success closes. */
__attribute__((noreturn)) static void execute(struct frame *frame, int output, int log, int report) {
  static char *vector[2 * (MAX_ARGUMENTS + 1)];
  int port = (int)frame_number(frame);
  const char *directory = frame_text(frame);
  char **arguments = vector, **environment;
  long long count = frame_number(frame), n = 0;
  default_signals();
  while (n < count && n < MAX_ARGUMENTS && (arguments[n] = frame_text(frame)) != NULL) n++;
  arguments[n] = NULL;
  environment = &arguments[n + 1];
  for (n = 0; n < MAX_ARGUMENTS && (environment[n] = frame_text(frame)) != NULL;) n++;
  bool whole = frame_text(frame) == NULL;
  environment[n] = NULL;
  setsid();
  if (!whole)
    errno = E2BIG;
  else if (directory == NULL || (arguments[0] == NULL && go_on == NULL))
    errno = EINVAL;
  else if (become_function() && limit_files() == 0 && chdir(directory) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 &&
           (log < 0 || dup2(log, LOG_FD) == LOG_FD)) {
    if (arguments[0] == NULL) resume(log >= 0);
    if (port != 0) give_connection(port);
    execve(arguments[0], arguments, environment);
  }
  int error = errno;
  (void)!write(report, &error, sizeof error);
  _exit(127);
}

/* A copy of this process's memory would cost more than the rest; but what goes on without an execve needs one. */
static pid_t launch(struct frame *frame, int output, int log, int report) {
  pid_t pid = go_on == NULL && !inside_gvisor ? vfork() : fork();
  if (pid == 0) execute(frame, output, log, report);
  return pid;
}

static void start(struct frame *frame, int output, int log) {
  unsigned number = (unsigned)frame_number(frame);
  int report[2], error = 0, place = 0;
  while (place < MAX_PROCESSES && running[place].pid != 0) place++;
  if (output < 0 || place == MAX_PROCESSES || pipe2(report, O_CLOEXEC) < 0) {
    tell(FROM_STARTED, number, EAGAIN, 0, NULL);
    return;
  }
  pid_t pid = launch(frame, output, log, report[1]);
  if (pid < 0) error = errno;
  close(report[1]);
  if (pid > 0 && read(report[0], &error, sizeof error) > 0) waitpid(pid, NULL, 0);
  close(report[0]);
  if (error == 0) {
    running[place].pid = pid;
    running[place].number = number;
  }
  tell(FROM_STARTED, number, error, 0, NULL);
}

/* Returns false when there is nothing left to wait for. */
static bool reap(int flags) {
  for (;;) {
    int status;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, flags, &usage);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return pid == 0;
    unsigned number = 0;
    for (int i = 0; i < MAX_PROCESSES; i++)
      if (running[i].pid == pid) {
        number = running[i].number;
        running[i].pid = 0;
      }
    tell(FROM_EXITED, number, status, (long long)usage.ru_maxrss * 1024, NULL);
  }
}

static void kill_all(void) {
  /* Everything in this pid namespace but ourselves; nobody can fork past it. */
  kill(-1, SIGKILL);
  reap(0);
  tell(FROM_KILLED, 0, 0, 0, NULL);
}

/* With everything in its process group. A number that is not known any more has ended. */
static void send_signal(struct frame *frame) {
  unsigned number = (unsigned)frame_number(frame);
  int signal = (int)frame_number(frame);
  for (int i = 0; i < MAX_PROCESSES; i++)
    if (number != 0 && running[i].pid != 0 && running[i].number == number) kill(-running[i].pid, signal);
}

static void make_socket(struct frame *frame) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct init_message message = {
      .kind = FROM_SOCKET, .number = (unsigned)frame_number(frame), .value = fd < 0 ? errno : 0};
  if (packet_send(spawner, &message, sizeof message, &fd, fd < 0 ? 0 : 1) < 0) _exit(1);
  if (fd >= 0) close(fd);
}

static void serve_request(void) {
  int fds[4], count = 4;
  ssize_t size = packet_receive(spawner, received, MAX_FRAME, fds, &count);
  if (size <= 0) _exit(0);
  received[size] = 0;
  struct frame frame = {received + 1, received + size};
  if (received[0] == TO_START) start(&frame, count > 0 ? fds[0] : -1, count > 1 ? fds[1] : -1);
  else if (received[0] == TO_KILL) kill_all();
  else if (received[0] == TO_SIGNAL) send_signal(&frame);
  else if (received[0] == TO_SOCKET) make_socket(&frame);
  for (int i = 0; i < count; i++) close(fds[i]);
}

static void serve(void) __attribute__((noreturn));
static void serve(void) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, NULL);
  struct pollfd fds[] = {{spawner, POLLIN, 0}, {signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), POLLIN, 0}};
  for (;;) {
    if (poll(fds, 2, -1) < 0 && errno != EINTR) _exit(1);
    struct signalfd_siginfo ignored;
    if (fds[1].revents != 0 && read(fds[1].fd, &ignored, sizeof ignored) > 0) reap(WNOHANG);
    if (fds[0].revents != 0) serve_request();
  }
}

void init_main(struct init_setup *setup) {
  spawner = setup->socket;
  go_on = setup->go_on;
  set_up(setup);
  if (setup->in_gvisor) gvisor_serve(spawner);
  keep_only_spawner();
  serve();
}

void init_inside_gvisor(int socket) {
  const char *what = "opening /dev/null";
  inside_gvisor = true;
  spawner = fcntl(socket, F_DUPFD_CLOEXEC, FIRST_FREE_FD);
  if (spawner < 0) _exit(1);
  keep_only_spawner();
  if (open_null() < 0) fail(what);
  umask(022);
  prctl(PR_SET_DUMPABLE, 0);
  tell(FROM_READY, 0, 0, 0, NULL);
  serve();
}
