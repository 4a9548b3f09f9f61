/* The switch: a network namespace that routes between the sandboxes and the host, and a process that holds it. */
#include "uplink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t switch_holder;
int switch_routes = -1;
/* A further one, because while a sandbox is made the other is its maker's. */
static int further_routes = -1;

int write_setting(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t wrote = fd < 0 ? -1 : write(fd, value, strlen(value));
  if (fd >= 0) close(fd);
  return wrote < 0 ? -1 : 0;
}

static void hold(int socket) __attribute__((noreturn));
static void hold(int socket) {
  char done = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int fds[3] = {netlink_open(NETLINK_ROUTE), netlink_open(NETLINK_ROUTE), netlink_open(NETLINK_NETFILTER)};
  if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0 || write_setting("/proc/sys/net/ipv4/ip_forward", "1") < 0) _exit(1);
  /* Where it is compiled in; nothing here speaks it, and links come up faster without. */
  write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  packet_send(socket, &done, 1, fds, 3);
  close_range(0, ~0U, 0);
  for (;;) pause();
}

static int make(int *rules) {
  int sockets[2], fds[3] = {-1, -1, -1}, count = 3;
  char go;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
  switch_holder = clone_into(CLONE_NEWNET, -1);
  if (switch_holder == 0) {
    close_range(0, (unsigned)sockets[1] - 1, 0);
    close_range((unsigned)sockets[1] + 1, ~0U, 0);
    hold(sockets[1]);
  }
  int error = errno;
  close(sockets[1]);
  /* If it ended without a word, it was not allowed something. */
  if (switch_holder > 0 && packet_receive(sockets[0], &go, 1, fds, &count) <= 0) error = EPERM;
  close(sockets[0]);
  switch_routes = fds[0];
  further_routes = fds[1];
  *rules = fds[2];
  errno = error;
  return fds[2] < 0 ? -1 : 0;
}

static int set_up(int rules) {
  struct netlink_batch batch = {0};
  put_link(&batch, RTM_NEWLINK, NLM_F_ACK, LOOPBACK_INDEX, IFF_UP);
  put_address(&batch, LOOPBACK_INDEX, GATEWAY, 32);
  put_route(&batch, NETLINK_CREATE, RTN_UNREACHABLE, LINK_LOCAL, 16, 0, 0);
  if (netlink_commit(&batch, switch_routes) < 0) return -1;
  return firewall_switch(rules, UPLINK);
}

int switch_open(const char **what) {
  int rules = -1;
  *what = "making the switch";
  int done = make(&rules);
  if (done == 0) {
    *what = "setting up the switch";
    done = set_up(rules);
  }
  int error = errno;
  if (rules >= 0) close(rules);
  errno = error;
  return done;
}

void switch_close(void) {
  if (switch_holder > 0) kill(switch_holder, SIGKILL);
  if (switch_routes >= 0) close(switch_routes);
  if (further_routes >= 0) close(further_routes);
  switch_holder = 0;
  switch_routes = further_routes = -1;
}

void switch_shut(uint32_t address) {
  struct netlink_batch batch = {0};
  put_route(&batch, NLM_F_CREATE | NLM_F_ACK, RTN_UNREACHABLE, ntohl(address), 32, 0, 0);
  netlink_commit(&batch, further_routes);
}
