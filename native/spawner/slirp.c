/* The switch's link to the host, as an ordinary user: slirp4netns, https://github.com/rootless-containers/slirp4netns. */
#include "uplink.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define START_MS 5000

static pid_t slirp;
static struct {
  int target, ready, life;
} pipes = {-1, -1, -1};

/* Started while this process is still outside of the user namespace that slirp4netns enters from there. */
int slirp_prepare(const char *program) {
  int target[2], ready[2], life[2];
  if (pipe2(target, O_CLOEXEC) < 0 || pipe2(ready, O_CLOEXEC) < 0 || pipe2(life, O_CLOEXEC) < 0) return -1;
  slirp = fork();
  if (slirp == 0) {
    char pid[16] = {0};
    int null = open("/dev/null", O_RDWR);
    int end = fcntl(life[0], F_DUPFD, 10), up = fcntl(ready[1], F_DUPFD, 10);
    close(target[1]);
    if (read(target[0], pid, sizeof pid - 1) <= 0) _exit(0);
    for (int fd = 0; fd < 3; fd++) dup2(null, fd);
    if (dup2(up, 3) != 3 || dup2(end, 4) != 4) _exit(127);
    close_range(5, ~0U, 0);
    execl(program, program, "--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox", "--ready-fd=3",
          "--exit-fd=4", pid, UPLINK, (char *)NULL);
    _exit(127);
  }
  close(target[0]);
  close(ready[1]);
  close(life[0]);
  pipes.target = target[1];
  pipes.ready = ready[0];
  pipes.life = life[1];
  return slirp < 0 ? -1 : 0;
}

int slirp_start(void) {
  char pid[16], done;
  int length = snprintf(pid, sizeof pid, "%d", switch_holder);
  if (write(pipes.target, pid, (size_t)length) != length) return -1;
  close(pipes.target);
  pipes.target = -1;
  struct pollfd wait = {.fd = pipes.ready, .events = POLLIN};
  if (poll(&wait, 1, START_MS) == 1 && read(pipes.ready, &done, 1) == 1) return 0;
  return errno = ENOLINK, -1;
}

void slirp_close(void) {
  if (slirp > 0) kill(slirp, SIGTERM);
  int *const fds[] = {&pipes.target, &pipes.ready, &pipes.life};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    if (*fds[i] >= 0) close(*fds[i]);
    *fds[i] = -1;
  }
  slirp = 0;
}

bool slirp_ended(pid_t pid) {
  if (pid != slirp) return false;
  slirp = 0;
  return true;
}
