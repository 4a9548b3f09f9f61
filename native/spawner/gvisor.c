/*
 * The init around gVisor. The functions' processes are gVisor's, so an init of their own starts, reaps and kills them:
 * this program again, as pid 1 of what gVisor shows them. Between the two is a socket that gVisor lets through, with
 * the descriptors that come over it. What the init inside answers is trusted as little as a function is.
 */
#include "spawner.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SPAWNER_FD 3
#define LINK_FD 4

/* gVisor starts within this, or not at all. */
#define START_MS 25000
/* The init inside tells within this that a process runs, or gVisor is killed; before the server loses patience. */
#define ANSWER_MS 25000
/* It pauses and resumes within this. */
#define CONTROL_S 5
/* The init inside kills within this, or gVisor is killed. */
#define KILL_MS 1000

#define NOTES "/run"
#define NAME "sandbox"
/* Where it takes commands, as JSON. */
#define CONTROL NOTES "/runsc-" NAME ".sock"

/* Where its tree has them; see src/environments/sandbox/gvisor. */
static char *const command[] = {"/runsc",
                                "--root=" NOTES,
                                "--rootless",
                                "--ignore-cgroups",
                                "--platform=systrap",
                                "--network=host",
                                "--overlay2=none",
                                "run",
                                "--detach",
                                "--bundle=/bundle",
                                NAME,
                                NULL};

static int link_fd = -1;
static char packet[MAX_FRAME + 1];
/* Requests to start a process, and whether they were answered. */
static struct {
  unsigned number;
  bool started;
  struct timespec answer_until;
} running[MAX_PROCESSES];
static bool killing, paused;
static struct timespec kill_until;

static long long milliseconds_to(const struct timespec *end) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (end->tv_sec - now.tv_sec) * 1000LL + (end->tv_nsec - now.tv_nsec) / 1000000;
}

static struct timespec after_ms(long milliseconds) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += milliseconds / 1000;
  at.tv_nsec += milliseconds % 1000 * 1000000;
  if (at.tv_nsec >= 1000000000) at.tv_sec++, at.tv_nsec -= 1000000000;
  return at;
}

/* The end of what it said, which is where it says why, as part of a JSON text. */
static const char *complaint(int from) {
  static char text[1024];
  size_t size = 0;
  ssize_t got;
  while (size < sizeof text - 1 && (got = read(from, text + size, sizeof text - 1 - size)) > 0) size += (size_t)got;
  while (size > 0 && text[size - 1] == '\n') size--;
  text[size] = 0;
  for (char *at = text; *at != 0; at++)
    if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\') *at = ' ';
  const size_t most = sizeof((struct init_message *)0)->what - 1;
  return size == 0 ? "starting gVisor" : size > most ? text + size - most : text;
}

static pid_t launch(int link, int errors) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  static char *const environment[] = {NULL};
  if (dup2(link, 0) == 0 && dup2(errors, 2) == 2) execve(command[0], command, environment);
  _exit(127);
}

/* Whether the init inside came up. The launcher ends before or after that. */
static bool await_ready(pid_t launcher, int link) {
  struct timespec end = after_ms(START_MS);
  for (long long left; (left = milliseconds_to(&end)) > 0;) {
    struct pollfd one = {link, POLLIN, 0};
    int ready = poll(&one, 1, left < 20 ? (int)left : 20);
    struct init_message message = {0};
    if (ready > 0) return recv(link, &message, sizeof message, MSG_DONTWAIT) == sizeof message && message.kind == FROM_READY;
    int status;
    if (launcher > 0 && waitpid(launcher, &status, WNOHANG) == launcher) {
      if (status != 0) return false;
      launcher = 0;
    }
  }
  return false;
}

/* What it notes of a sandbox would keep the next from having its name. */
static void clear_notes(void) {
  DIR *notes = opendir(NOTES);
  struct dirent *note;
  while (notes != NULL && (note = readdir(notes)) != NULL)
    if (note->d_name[0] != '.') unlinkat(dirfd(notes), note->d_name, 0);
  if (notes != NULL) closedir(notes);
}

static void end_gvisor(void) {
  kill(-1, SIGKILL);
  while (waitpid(-1, NULL, 0) > 0 || errno == EINTR) continue;
  if (link_fd >= 0) close(link_fd);
  link_fd = -1;
  clear_notes();
}

int gvisor_open(const char **what) {
  int sockets[2], errors[2];
  *what = "starting gVisor";
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0 || pipe2(errors, O_CLOEXEC) < 0) return -1;
  pid_t launcher = launch(sockets[1], errors[1]);
  close(sockets[1]);
  close(errors[1]);
  bool ready = launcher > 0 && await_ready(launcher, sockets[0]);
  link_fd = sockets[0];
  if (!ready) {
    end_gvisor();
    *what = complaint(errors[0]);
  }
  close(errors[0]);
  return ready ? 0 : (errno = EIO, -1);
}

/* All it runs, with one call of its own protocol: https://github.com/google/gvisor/blob/master/pkg/urpc/urpc.go */
static int set_paused(bool wanted) {
  static const char pause[] = "{\"method\":\"containerManager.Pause\",\"arg\":null}";
  static const char resume[] = "{\"method\":\"containerManager.Resume\",\"arg\":null}";
  if (link_fd < 0 || paused == wanted) return 0;
  const char *call = wanted ? pause : resume;
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = CONTROL};
  struct timeval limit = {.tv_sec = CONTROL_S};
  char answer[512];
  size_t size = 0;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool good = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
              connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
              send(fd, call, strlen(call), MSG_NOSIGNAL) == (ssize_t)strlen(call);
  while (good && size < sizeof answer - 1 && (size == 0 || answer[size - 1] != '}')) {
    ssize_t got = recv(fd, answer + size, sizeof answer - 1 - size, 0);
    if (got <= 0) break;
    size += (size_t)got;
  }
  answer[size] = 0;
  if (fd >= 0) close(fd);
  if (strstr(answer, "\"success\":true") == NULL) return EIO;
  paused = wanted;
  return 0;
}

static void tell(int spawner, char kind, unsigned number, int value) {
  struct init_message message = {.kind = kind, .number = number, .value = value};
  if (packet_send(spawner, &message, sizeof message, NULL, 0) < 0) _exit(1);
}

/* Everything in it ended with it, as if killed. */
static void gvisor_ended(int spawner) {
  end_gvisor();
  for (int i = 0; i < MAX_PROCESSES; i++) {
    if (running[i].number == 0) continue;
    if (running[i].started) tell(spawner, FROM_EXITED, running[i].number, SIGKILL);
    else tell(spawner, FROM_STARTED, running[i].number, ECANCELED);
    running[i].number = 0;
  }
  if (killing) tell(spawner, FROM_KILLED, 0, 0);
  killing = paused = false;
}

static int place_of(unsigned number) {
  int i = 0;
  while (i < MAX_PROCESSES && running[i].number != number) i++;
  return i;
}

static void make_socket(int spawner, struct frame *frame) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct init_message message = {
      .kind = FROM_SOCKET, .number = (unsigned)frame_number(frame), .value = fd < 0 ? errno : 0};
  if (packet_send(spawner, &message, sizeof message, &fd, fd < 0 ? 0 : 1) < 0) _exit(1);
  if (fd >= 0) close(fd);
}

/* The first process after gVisor's end starts it again. */
static void start(int spawner, unsigned number, ssize_t size, const int *fds, int count) {
  const char *what;
  int place = place_of(0);
  bool good = place < MAX_PROCESSES && (link_fd >= 0 || gvisor_open(&what) == 0);
  if (!good || packet_send(link_fd, packet, (size_t)size, fds, count) < 0) {
    tell(spawner, FROM_STARTED, number, good ? ECANCELED : EAGAIN);
    return;
  }
  running[place].number = number;
  running[place].started = false;
  running[place].answer_until = after_ms(ANSWER_MS);
}

static void serve_spawner(int spawner) {
  int fds[4], count = 4;
  ssize_t size = packet_receive(spawner, packet, MAX_FRAME, fds, &count);
  if (size <= 0) _exit(0);
  packet[size] = 0;
  struct frame frame = {packet + 1, packet + size};
  if (packet[0] == TO_SOCKET) make_socket(spawner, &frame);
  else if (packet[0] == TO_START) start(spawner, (unsigned)frame_number(&frame), size, fds, count);
  else if (packet[0] == TO_SIGNAL && link_fd >= 0) packet_send(link_fd, packet, (size_t)size, NULL, 0);
  else if (packet[0] == TO_KILL) {
    killing = true;
    kill_until = after_ms(KILL_MS);
    bool asked = link_fd >= 0 && set_paused(false) == 0 && packet_send(link_fd, packet, (size_t)size, NULL, 0) == 0;
    if (!asked) gvisor_ended(spawner);
  } else if (packet[0] == TO_PAUSE || packet[0] == TO_RESUME) {
    unsigned number = (unsigned)frame_number(&frame);
    tell(spawner, FROM_PAUSED, number, set_paused(packet[0] == TO_PAUSE));
  }
  for (int i = 0; i < count; i++) close(fds[i]);
}

static void serve_gvisor(int spawner) {
  struct init_message message = {0};
  int fds[4], count = 4;
  ssize_t size = packet_receive(link_fd, &message, sizeof message, fds, &count);
  for (int i = 0; i < count; i++) close(fds[i]);
  if (size <= 0) {
    gvisor_ended(spawner);
    return;
  }
  int place = message.number == 0 ? MAX_PROCESSES : place_of(message.number);
  if (size != sizeof message) return;
  if (message.kind == FROM_KILLED && killing) killing = false;
  else if (message.kind == FROM_EXITED && message.number == 0) /* an orphan's peak */;
  else if (place == MAX_PROCESSES) return;
  else if (message.kind == FROM_STARTED && !running[place].started) {
    running[place].started = message.value == 0;
    if (message.value != 0) running[place].number = 0;
  } else if (message.kind == FROM_EXITED && running[place].started) running[place].number = 0;
  else return;
  if (packet_send(spawner, &message, sizeof message, NULL, 0) < 0) _exit(1);
}

/* Until gVisor has to have done what it was asked; -1 if it was asked nothing. */
static long long patience(void) {
  long long least = -1;
  for (int i = -1; i < MAX_PROCESSES; i++) {
    if (i < 0 ? !killing : running[i].number == 0 || running[i].started) continue;
    long long left = milliseconds_to(i < 0 ? &kill_until : &running[i].answer_until);
    if (left < 0) left = 0;
    if (least < 0 || left < least) least = left;
  }
  return least;
}

/* Out of reach of the descriptors of the set-up, which are closed. */
static void keep_descriptors(int spawner) {
  int link = fcntl(link_fd, F_DUPFD_CLOEXEC, LINK_FD + 1);
  if (link < 0 || (spawner != SPAWNER_FD && dup3(spawner, SPAWNER_FD, O_CLOEXEC) < 0)) _exit(1);
  if (dup3(link, LINK_FD, O_CLOEXEC) < 0) _exit(1);
  link_fd = LINK_FD;
  close_range(LINK_FD + 1, ~0U, 0);
}

void gvisor_serve(int spawner) {
  keep_descriptors(spawner);
  spawner = SPAWNER_FD;
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_SETMASK, &child, NULL);
  int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  for (;;) {
    struct pollfd fds[] = {{spawner, POLLIN, 0}, {children, POLLIN, 0}, {link_fd, POLLIN, 0}};
    int ready = poll(fds, 3, (int)patience());
    if (ready < 0 && errno != EINTR) _exit(1);
    if (patience() == 0) gvisor_ended(spawner);
    if (ready <= 0) continue;
    struct signalfd_siginfo ignored;
    if (fds[1].revents != 0 && read(children, &ignored, sizeof ignored) > 0)
      while (waitpid(-1, NULL, WNOHANG) > 0) continue;
    if (fds[2].revents != 0) serve_gvisor(spawner);
    if (fds[0].revents != 0) serve_spawner(spawner);
  }
}
