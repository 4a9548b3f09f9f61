/* Requests to the kernel's network configuration: https://www.rfc-editor.org/rfc/rfc3549 */
#include "uplink.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int netlink_open(int protocol) { return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol); }

/* Everything that is put here has a fixed size, so an overflow is a fault of this program. */
static void *reserve(struct netlink_batch *batch, size_t size) {
  size_t whole = NLMSG_ALIGN(size);
  if (batch->size + whole > sizeof batch->data) abort();
  void *at = batch->data + batch->size;
  memset(at, 0, whole);
  batch->size += whole;
  return at;
}

static void grow_message(struct netlink_batch *batch) {
  struct nlmsghdr *message = (struct nlmsghdr *)(void *)(batch->data + batch->message);
  message->nlmsg_len = (uint32_t)(batch->size - batch->message);
}

void netlink_message(struct netlink_batch *batch, int type, int flags, const void *head, size_t size) {
  batch->message = batch->size;
  struct nlmsghdr *message = reserve(batch, sizeof *message);
  message->nlmsg_type = (uint16_t)type;
  message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
  if (flags & NLM_F_ACK) batch->acknowledgements++;
  memcpy(reserve(batch, size), head, size);
  grow_message(batch);
}

void netlink_append(struct netlink_batch *batch, const void *value, size_t size) {
  memcpy(reserve(batch, size), value, size);
  grow_message(batch);
}

void netlink_put(struct netlink_batch *batch, int type, const void *value, size_t size) {
  struct nlattr *attribute = reserve(batch, sizeof *attribute + size);
  attribute->nla_type = (uint16_t)type;
  attribute->nla_len = (uint16_t)(sizeof *attribute + size);
  if (size > 0) memcpy(attribute + 1, value, size);
  grow_message(batch);
}

void netlink_put_text(struct netlink_batch *batch, int type, const char *text) {
  netlink_put(batch, type, text, strlen(text) + 1);
}

size_t netlink_nest(struct netlink_batch *batch, int type) {
  size_t at = batch->size;
  netlink_put(batch, type | NLA_F_NESTED, NULL, 0);
  return at;
}

void netlink_end(struct netlink_batch *batch, size_t nest) {
  struct nlattr *attribute = (struct nlattr *)(void *)(batch->data + nest);
  attribute->nla_len = (uint16_t)(batch->size - nest);
}

/* The kernel has answered everything when the send returns. */
int netlink_commit(struct netlink_batch *batch, int fd) {
  static char answers[16384] __attribute__((aligned(NLMSG_ALIGNTO)));
  int acknowledged = 0, error = 0;
  if (send(fd, batch->data, batch->size, 0) != (ssize_t)batch->size) return -1;
  for (ssize_t got; (got = recv(fd, answers, sizeof answers, MSG_DONTWAIT)) > 0;) {
    unsigned left = (unsigned)got;
    for (struct nlmsghdr *at = (struct nlmsghdr *)(void *)answers; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type != NLMSG_ERROR) continue;
      const struct nlmsgerr *answer = NLMSG_DATA(at);
      acknowledged++;
      if (error == 0) error = -answer->error;
    }
  }
  if (error == 0 && acknowledged < batch->acknowledgements) error = EIO;
  *batch = (struct netlink_batch){0};
  errno = error;
  return error == 0 ? 0 : -1;
}

/* ---- links, addresses and routes */

void put_link(struct netlink_batch *batch, int type, int flags, int index, unsigned up) {
  struct ifinfomsg head = {.ifi_index = index, .ifi_flags = up, .ifi_change = IFF_UP};
  netlink_message(batch, type, flags, &head, sizeof head);
}

void put_pair(struct netlink_batch *batch, const char *name, int index, const char *peer, int peer_index, pid_t pid) {
  struct ifinfomsg head = {.ifi_index = peer_index};
  uint32_t namespace = (uint32_t)pid;
  put_link(batch, RTM_NEWLINK, NETLINK_CREATE, index, IFF_UP);
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

void put_address(struct netlink_batch *batch, int index, uint32_t address, int prefix) {
  struct ifaddrmsg head = {.ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)prefix, .ifa_index = (unsigned)index};
  uint32_t local = htonl(address);
  netlink_message(batch, RTM_NEWADDR, NETLINK_CREATE, &head, sizeof head);
  netlink_put(batch, IFA_LOCAL, &local, sizeof local);
  netlink_put(batch, IFA_ADDRESS, &local, sizeof local);
}

void put_route(struct netlink_batch *batch, int flags, int type, uint32_t to, int prefix, uint32_t gateway, int index) {
  struct rtmsg head = {.rtm_family = AF_INET, .rtm_dst_len = (uint8_t)prefix, .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_STATIC, .rtm_type = (uint8_t)type,
                       .rtm_scope = type == RTN_UNICAST && gateway == 0 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE};
  uint32_t destination = htonl(to), router = htonl(gateway), interface = (uint32_t)index;
  netlink_message(batch, RTM_NEWROUTE, flags, &head, sizeof head);
  if (prefix > 0) netlink_put(batch, RTA_DST, &destination, sizeof destination);
  if (gateway != 0) netlink_put(batch, RTA_GATEWAY, &router, sizeof router);
  if (index != 0) netlink_put(batch, RTA_OIF, &interface, sizeof interface);
}
