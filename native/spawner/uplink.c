/*
 * The way out. One network namespace of ours, the switch, routes between all sandboxes and the host:
 *
 *   sandbox eth0 -- veth -- switch -- veth "lambkin<n>" and packet rules -- host       as root
 *                                  -- tap of slirp4netns ---------------- host       as an ordinary user
 *
 * Every name and address of a sandbox stays inside the switch, so that the host sees one interface, and the death of
 * this process, which holds the switch, takes everything but a setting along. All addresses are link-local: they hide
 * nothing that a function could want to reach.
 */
#include "spawner.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define UPLINK "up"
#define LOOPBACK_INDEX 1
#define UPLINK_INDEX 2
/* Of a sandbox's end of its link. */
#define SANDBOX_INDEX 2
#define FIRST_SWITCH_INDEX 100
/* What every sandbox sees as its router. */
#define GATEWAY 0xa9fe4c01u /* 169.254.76.1 */
#define FIRST_SANDBOX 0xa9fe8000u /* 169.254.128.0 */
#define SANDBOXES 0x7f00
#define FIRST_LINK 0xa9fe2000u /* 169.254.32.0 */
#define LINKS 1024
#define LINK_LOCAL 0xa9fe0000u
#define SLIRP_MS 5000
#define FORWARDING "/proc/sys/net/ipv4/ip_forward"

static pid_t holder, slirp;
static int switch_routes = -1, host_routes = -1, host_rules = -1;
static char host_link[IFNAMSIZ];
static unsigned last_slot;

static const int create = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK;

static int write_setting(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  ssize_t wrote = fd < 0 ? -1 : write(fd, value, strlen(value));
  if (fd >= 0) close(fd);
  return wrote < 0 ? -1 : 0;
}

static void put_link(struct netlink_batch *batch, int type, int flags, int index, unsigned up) {
  struct ifinfomsg head = {.ifi_index = index, .ifi_flags = up, .ifi_change = IFF_UP};
  netlink_message(batch, type, flags, &head, sizeof head);
}

/* A pair: one end, up, in the namespace of the socket, the other in that of `pid`, where it can be set up only later. */
static void put_pair(struct netlink_batch *batch, const char *name, int index, const char *peer, int peer_index, pid_t pid) {
  struct ifinfomsg head = {.ifi_index = peer_index};
  uint32_t namespace = (uint32_t)pid;
  put_link(batch, RTM_NEWLINK, create, index, IFF_UP);
  netlink_put_text(batch, IFLA_IFNAME, name);
  size_t info = netlink_nest(batch, IFLA_LINKINFO);
  netlink_put_text(batch, IFLA_INFO_KIND, "veth");
  size_t data = netlink_nest(batch, IFLA_INFO_DATA), other = netlink_nest(batch, VETH_INFO_PEER);
  netlink_append(batch, &head, sizeof head);
  netlink_put_text(batch, IFLA_IFNAME, peer);
  netlink_put(batch, IFLA_NET_NS_PID, &namespace, sizeof namespace);
  netlink_end(batch, other);
  netlink_end(batch, data);
  netlink_end(batch, info);
}

static void put_address(struct netlink_batch *batch, int index, uint32_t address, uint32_t peer, int prefix) {
  struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = (unsigned)index};
  uint32_t local = htonl(address), other = htonl(peer);
  netlink_message(batch, RTM_NEWADDR, create, &head, sizeof head);
  netlink_put(batch, IFA_LOCAL, &local, sizeof local);
  netlink_put(batch, IFA_ADDRESS, &other, sizeof other);
}

/* A gateway or an index of 0 is left out. */
static void put_route(struct netlink_batch *batch, int flags, int type, uint32_t to, int prefix, uint32_t gateway, int index) {
  struct rtmsg head = {.rtm_family = AF_INET, .rtm_dst_len = (uint8_t)prefix, .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_STATIC, .rtm_type = (uint8_t)type,
                       .rtm_scope = type == RTN_UNICAST && gateway == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE};
  uint32_t destination = htonl(to), router = htonl(gateway), interface = (uint32_t)index;
  netlink_message(batch, RTM_NEWROUTE, flags, &head, sizeof head);
  if (prefix > 0) netlink_put(batch, RTA_DST, &destination, sizeof destination);
  if (gateway != 0) netlink_put(batch, RTA_GATEWAY, &router, sizeof router);
  if (index != 0) netlink_put(batch, RTA_OIF, &interface, sizeof interface);
}

/* ---- the switch */

static void hold(int socket) __attribute__((noreturn));
static void hold(int socket) {
  char done = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int fds[2] = {netlink_open(NETLINK_ROUTE), netlink_open(NETLINK_NETFILTER)};
  if (fds[0] < 0 || fds[1] < 0 || write_setting(FORWARDING, "1") < 0) _exit(1);
  /* Where it is compiled in; nothing here speaks it, and links come up faster without. */
  write_setting("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  packet_send(socket, &done, 1, fds, 2);
  close_range(0, ~0U, 0);
  for (;;) pause();
}

static int open_switch(int *rules) {
  int sockets[2], fds[2] = {-1, -1}, count = 2;
  char go;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
  holder = clone_into(CLONE_NEWNET, -1);
  if (holder == 0) {
    close_range(0, (unsigned)sockets[1] - 1, 0);
    close_range((unsigned)sockets[1] + 1, ~0U, 0);
    hold(sockets[1]);
  }
  int error = errno;
  close(sockets[1]);
  /* If it ended without a word, it was not allowed something. */
  if (holder > 0 && packet_receive(sockets[0], &go, 1, fds, &count) <= 0) error = EPERM;
  close(sockets[0]);
  switch_routes = fds[0];
  *rules = fds[1];
  errno = error;
  return fds[1] < 0 ? -1 : 0;
}

static int set_up_switch(int rules) {
  struct netlink_batch batch = {0};
  put_link(&batch, RTM_NEWLINK, NLM_F_ACK, LOOPBACK_INDEX, IFF_UP);
  put_address(&batch, LOOPBACK_INDEX, GATEWAY, GATEWAY, 32);
  put_route(&batch, create, RTN_UNREACHABLE, LINK_LOCAL, 16, 0, 0);
  if (netlink_commit(&batch, switch_routes) < 0) return -1;
  return firewall_switch(rules, UPLINK);
}

/* ---- to the host, as root */

/* Whoever has the name has the addresses and the table of that number. */
static int open_host_link(void) {
  for (unsigned number = 0; number < LINKS; number++) {
    uint32_t network = FIRST_LINK + number * 4;
    struct netlink_batch batch = {0};
    snprintf(host_link, sizeof host_link, "lambkin%u", number);
    put_pair(&batch, UPLINK, UPLINK_INDEX, host_link, 0, getpid());
    if (netlink_commit(&batch, switch_routes) < 0) {
      if (errno == EEXIST) continue;
      host_link[0] = 0;
      return -1;
    }
    int index = (int)if_nametoindex(host_link);
    /* Before there is a way over it. */
    if (index == 0 || firewall_host(host_rules, host_link, htonl(network + 2)) < 0) return -1;
    put_link(&batch, RTM_NEWLINK, NLM_F_ACK, index, IFF_UP);
    put_address(&batch, index, network + 1, network + 1, 30);
    if (netlink_commit(&batch, host_routes) < 0) return -1;
    put_address(&batch, UPLINK_INDEX, network + 2, network + 2, 30);
    put_route(&batch, create, RTN_UNICAST, 0, 0, network + 1, UPLINK_INDEX);
    return netlink_commit(&batch, switch_routes);
  }
  return errno = EADDRINUSE, -1;
}

/* Remembered for as long as the kernel remembers the setting itself. */
static void forwarding_record(char *path, size_t size) {
  struct stat status = {0};
  (void)!stat("/proc/self/ns/net", &status);
  snprintf(path, size, "/run/lambkin-forwarding-%lu", (unsigned long)status.st_ino);
}

static int start_forwarding(void) {
  char value = 0, path[64];
  int fd = open(FORWARDING, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, &value, 1) != 1) return -1;
  close(fd);
  if (value != '0') return 0;
  forwarding_record(path, sizeof path);
  int record = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (record >= 0) close(record);
  return write_setting(FORWARDING, "1");
}

/* The last server that leaves puts it back, whichever of them changed it. */
static void stop_forwarding(void) {
  char path[64];
  bool others = false;
  struct if_nameindex *all = if_nameindex();
  for (struct if_nameindex *at = all; at != NULL && at->if_index != 0; at++)
    others = others || strncmp(at->if_name, "lambkin", strlen("lambkin")) == 0;
  if (all != NULL) if_freenameindex(all);
  forwarding_record(path, sizeof path);
  if (!others && unlink(path) == 0) write_setting(FORWARDING, "0");
}

/* ---- to the host, as an ordinary user */

static struct {
  int target, ready, life;
} slirp_pipes = {-1, -1, -1};

/* Started while this process is still outside of the user namespace that slirp4netns enters from there. */
static int prepare_slirp(const char *program) {
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
  slirp_pipes.target = target[1];
  slirp_pipes.ready = ready[0];
  slirp_pipes.life = life[1];
  return slirp < 0 ? -1 : 0;
}

static int start_slirp(void) {
  char pid[16], done;
  int length = snprintf(pid, sizeof pid, "%d", holder);
  if (write(slirp_pipes.target, pid, (size_t)length) != length) return -1;
  close(slirp_pipes.target);
  slirp_pipes.target = -1;
  struct pollfd wait = {.fd = slirp_pipes.ready, .events = POLLIN};
  if (poll(&wait, 1, SLIRP_MS) == 1 && read(slirp_pipes.ready, &done, 1) == 1) return 0;
  return errno = ENOLINK, -1;
}

/* One that owns the switch and all that sandboxes have, so that this process may link the two. slirp4netns wants a root. */
static int enter_user_namespace(void) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER) < 0) return -1;
  return map_user(getpid(), 0, uid, 0, gid);
}

/* ---- the host's own addresses */

/* slirp4netns connects as a process of the host: only having no route keeps its listeners out of reach. */
static void shut_address(uint32_t address) {
  struct netlink_batch batch = {0};
  put_route(&batch, NLM_F_CREATE | NLM_F_ACK, RTN_UNREACHABLE, ntohl(address), 32, 0, 0);
  netlink_commit(&batch, switch_routes);
}

static void shut_addresses_of(const struct nlmsghdr *message) {
  const struct ifaddrmsg *head = NLMSG_DATA(message);
  unsigned left = IFA_PAYLOAD(message);
  if (message->nlmsg_type != RTM_NEWADDR || head->ifa_family != AF_INET) return;
  for (const struct rtattr *at = IFA_RTA(head); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    uint32_t address;
    if (at->rta_type != IFA_LOCAL || RTA_PAYLOAD(at) != sizeof address) continue;
    memcpy(&address, RTA_DATA(at), sizeof address);
    if (ntohl(address) >> 16 != LINK_LOCAL >> 16) shut_address(address);
  }
}

void uplink_read(void) {
  static char answers[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
  for (ssize_t got; (got = recv(host_routes, answers, sizeof answers, MSG_DONTWAIT)) > 0;) {
    unsigned left = (unsigned)got;
    for (struct nlmsghdr *at = (struct nlmsghdr *)(void *)answers; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left))
      shut_addresses_of(at);
  }
}

static int shut_host_addresses(void) {
  int group = RTNLGRP_IPV4_IFADDR;
  struct netlink_batch batch = {0};
  struct ifaddrmsg all = {.ifa_family = AF_INET};
  if (setsockopt(host_routes, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) < 0) return -1;
  netlink_message(&batch, RTM_GETADDR, NLM_F_DUMP, &all, sizeof all);
  if (send(host_routes, batch.data, batch.size, 0) < 0) return -1;
  uplink_read();
  return 0;
}

/* ---- all of it */

bool uplink_is_open(void) { return switch_routes >= 0; }

static int step(const char **what, const char *name, int done) {
  if (done < 0) *what = name;
  return done;
}

static int open_as_root(const char **what) {
  int rules = -1;
  host_rules = netlink_open(NETLINK_NETFILTER);
  bool good = step(what, "making the switch", open_switch(&rules)) == 0 &&
              step(what, "setting up the switch", set_up_switch(rules)) == 0 &&
              step(what, "linking the switch to the host", open_host_link()) == 0 &&
              step(what, "letting packets through the host", start_forwarding()) == 0;
  if (rules >= 0) close(rules);
  return good ? 0 : -1;
}

static int open_as_user(const char *program, const char **what) {
  int rules = -1;
  bool good = step(what, "opening /dev/net/tun", access("/dev/net/tun", R_OK | W_OK)) == 0 &&
              step(what, "preparing slirp4netns", prepare_slirp(program)) == 0 &&
              step(what, "entering a user namespace", enter_user_namespace()) == 0 &&
              step(what, "making the switch", open_switch(&rules)) == 0 &&
              step(what, "setting up the switch", set_up_switch(rules)) == 0 &&
              step(what, "starting slirp4netns", start_slirp()) == 0;
  if (rules >= 0) close(rules);
  return good ? 0 : -1;
}

int uplink_open(const char *slirp_program, const char **what) {
  if (uplink_is_open()) return errno = EALREADY, -1;
  host_routes = netlink_open(NETLINK_ROUTE);
  if ((privileged ? open_as_root(what) : open_as_user(slirp_program, what)) == 0 &&
      step(what, "reading the host's addresses", shut_host_addresses()) == 0)
    return 0;
  int error = errno;
  uplink_close();
  errno = error;
  return -1;
}

int uplink_events(void) { return host_routes; }

void uplink_close(void) {
  if (host_link[0] != 0) {
    struct netlink_batch batch = {0};
    put_link(&batch, RTM_DELLINK, NLM_F_ACK, (int)if_nametoindex(host_link), 0);
    netlink_commit(&batch, host_routes);
    firewall_remove(host_rules, host_link);
    host_link[0] = 0;
    stop_forwarding();
  }
  if (slirp > 0) kill(slirp, SIGTERM);
  if (holder > 0) kill(holder, SIGKILL);
  int *const fds[] = {&switch_routes,      &host_routes,       &host_rules,
                      &slirp_pipes.target, &slirp_pipes.ready, &slirp_pipes.life};
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    if (*fds[i] >= 0) close(*fds[i]);
    *fds[i] = -1;
  }
  holder = slirp = 0;
}

void uplink_child_ended(pid_t pid) {
  if (pid != slirp) return;
  slirp = 0;
  fputs("slirp4netns ended: functions reach no network\n", stderr);
}

/* Links of the dead vanish some time after them, so a number comes back as late as possible. */
int uplink_attach(struct sandbox *sandbox) {
  for (int attempt = 0; attempt < SANDBOXES; attempt++) {
    unsigned slot = last_slot = last_slot % SANDBOXES + 1;
    int index = FIRST_SWITCH_INDEX + (int)slot;
    char name[IFNAMSIZ];
    struct netlink_batch batch = {0};
    snprintf(name, sizeof name, "f%u", slot);
    put_pair(&batch, name, index, "eth0", SANDBOX_INDEX, sandbox->init);
    put_route(&batch, create, RTN_UNICAST, FIRST_SANDBOX + slot, 32, 0, index);
    if (netlink_commit(&batch, switch_routes) == 0) {
      sandbox->uplink = slot;
      return 0;
    }
    if (errno != EEXIST && errno != EBUSY) return -1;
  }
  return -1;
}

int uplink_configure(unsigned uplink) {
  struct netlink_batch batch = {0};
  int fd = netlink_open(NETLINK_ROUTE);
  put_link(&batch, RTM_NEWLINK, NLM_F_ACK, SANDBOX_INDEX, IFF_UP);
  put_address(&batch, SANDBOX_INDEX, FIRST_SANDBOX + uplink, GATEWAY, 32);
  put_route(&batch, create, RTN_UNICAST, 0, 0, GATEWAY, SANDBOX_INDEX);
  /* The switch has no way there either, but here a connection is refused at once. */
  put_route(&batch, create, RTN_UNREACHABLE, LINK_LOCAL, 16, 0, 0);
  int done = fd < 0 ? -1 : netlink_commit(&batch, fd), error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return done;
}
