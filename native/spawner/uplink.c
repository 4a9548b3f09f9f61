/* The way out of sandboxes: made of what uplink.h names, closed to the host's own addresses, and taken to each sandbox. */
#include "uplink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Of a sandbox's end of its link. */
#define SANDBOX_INDEX 2
#define FIRST_SWITCH_INDEX 100
#define FIRST_SANDBOX 0xa9fe8000u /* 169.254.128.0 */
#define SANDBOXES 0x7f00

static int host_routes = -1;
static unsigned last_slot;

/* ---- the host's own addresses: slirp4netns connects as a process of the host, so no packet for them may reach it */

static void shut_addresses_of(const struct nlmsghdr *message) {
  const struct ifaddrmsg *head = NLMSG_DATA(message);
  unsigned left = IFA_PAYLOAD(message);
  if (message->nlmsg_type != RTM_NEWADDR || head->ifa_family != AF_INET) return;
  for (const struct rtattr *at = IFA_RTA(head); RTA_OK(at, left); at = RTA_NEXT(at, left)) {
    uint32_t address;
    if (at->rta_type != IFA_LOCAL || RTA_PAYLOAD(at) != sizeof address) continue;
    memcpy(&address, RTA_DATA(at), sizeof address);
    if (ntohl(address) >> 16 != LINK_LOCAL >> 16) switch_shut(address);
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

/* One that owns the switch and all that sandboxes have, so that this process may link the two. slirp4netns wants a root. */
static int enter_user_namespace(void) {
  uid_t uid = geteuid();
  gid_t gid = getegid();
  if (unshare(CLONE_NEWUSER) < 0) return -1;
  return map_user(getpid(), 0, uid, 0, gid);
}

static int step(const char **what, const char *name, int done) {
  if (done < 0) *what = name;
  return done;
}

static int open_as_root(const char **what) {
  return switch_open(what) == 0 && veth_open(host_routes, what) == 0 ? 0 : -1;
}

static int open_as_user(const char *program, const char **what) {
  bool good = step(what, "opening /dev/net/tun", access("/dev/net/tun", R_OK | W_OK)) == 0 &&
              step(what, "preparing slirp4netns", slirp_prepare(program)) == 0 &&
              step(what, "entering a user namespace", enter_user_namespace()) == 0 && switch_open(what) == 0 &&
              step(what, "starting slirp4netns", slirp_start()) == 0;
  return good ? 0 : -1;
}

bool uplink_is_open(void) { return switch_routes >= 0; }

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
  if (privileged) veth_close(host_routes);
  slirp_close();
  switch_close();
  if (host_routes >= 0) close(host_routes);
  host_routes = -1;
}

void uplink_child_ended(pid_t pid) {
  if (slirp_ended(pid)) fputs("slirp4netns ended: functions reach no network\n", stderr);
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
    put_route(&batch, NETLINK_CREATE, RTN_UNICAST, FIRST_SANDBOX + slot, 32, 0, index);
    if (netlink_commit(&batch, switch_routes) == 0) {
      sandbox->uplink = slot;
      return 0;
    }
    if (errno != EEXIST && errno != EBUSY) return -1;
  }
  return -1;
}

void uplink_attached(unsigned slot) {
  if (slot != 0) last_slot = slot;
}

/* The switch speaks no IPv6, so an address of it would lead nowhere. Fails where the kernel has none either. */
static void leave_without_ipv6(int fd) {
  struct netlink_batch batch = {0};
  uint8_t none = IN6_ADDR_GEN_MODE_NONE;
  put_link(&batch, RTM_NEWLINK, NLM_F_ACK, SANDBOX_INDEX, 0);
  size_t families = netlink_nest(&batch, IFLA_AF_SPEC), family = netlink_nest(&batch, AF_INET6);
  netlink_put(&batch, IFLA_INET6_ADDR_GEN_MODE, &none, sizeof none);
  netlink_end(&batch, family);
  netlink_end(&batch, families);
  netlink_commit(&batch, fd);
}

int uplink_configure(unsigned uplink) {
  struct netlink_batch batch = {0};
  int fd = netlink_open(NETLINK_ROUTE);
  if (fd >= 0) leave_without_ipv6(fd);
  put_link(&batch, RTM_NEWLINK, NLM_F_ACK, SANDBOX_INDEX, IFF_UP);
  put_address(&batch, SANDBOX_INDEX, FIRST_SANDBOX + uplink, 32);
  put_route(&batch, NETLINK_CREATE, RTN_UNICAST, GATEWAY, 32, 0, SANDBOX_INDEX);
  put_route(&batch, NETLINK_CREATE, RTN_UNICAST, 0, 0, GATEWAY, SANDBOX_INDEX);
  /* The switch has no way there either, but here a connection is refused at once. */
  put_route(&batch, NETLINK_CREATE, RTN_UNREACHABLE, LINK_LOCAL, 16, 0, 0);
  int done = fd < 0 ? -1 : netlink_commit(&batch, fd), error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return done;
}
