/*
 * What the way out of sandboxes is made of. One network namespace of ours, the switch, routes between all sandboxes and
 * the host:
 *
 *   sandbox eth0 -- veth -- switch -- veth "lambkin<n>" and packet rules -- host       as root
 *                                  -- tap of slirp4netns ---------------- host       as an ordinary user
 *
 * Every name and address of a sandbox stays inside the switch, so that the host sees one interface, and the death of
 * this process, which holds the switch, takes everything but a setting along. All addresses are link-local: they hide
 * nothing that a function could want to reach.
 */
#ifndef LAMBKIN_UPLINK_H
#define LAMBKIN_UPLINK_H

#include "spawner.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

/* The switch's end of the link to the host. */
#define UPLINK "up"
#define UPLINK_INDEX 2
#define LOOPBACK_INDEX 1
/* What every sandbox sees as its router. */
#define GATEWAY 0xa9fe4c01u /* 169.254.76.1 */
#define LINK_LOCAL 0xa9fe0000u

/* ---- netlink.c */

/* Messages that go to the kernel together. Starts as zeros. */
struct netlink_batch {
  size_t size, message;
  int acknowledgements;
  char data[8192] __attribute__((aligned(4)));
};

/* Flags of a message that makes something new. */
enum { NETLINK_CREATE = NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK };

int netlink_open(int protocol);
void netlink_message(struct netlink_batch *batch, int type, int flags, const void *head, size_t size);
void netlink_put(struct netlink_batch *batch, int type, const void *value, size_t size);
void netlink_put_text(struct netlink_batch *batch, int type, const char *text);
void netlink_append(struct netlink_batch *batch, const void *value, size_t size);
size_t netlink_nest(struct netlink_batch *batch, int type);
void netlink_end(struct netlink_batch *batch, size_t nest);
/* Fails with the first error that any message got. Empties the batch. */
int netlink_commit(struct netlink_batch *batch, int fd);

/* Links, addresses and routes; addresses in the order of the host. */
void put_link(struct netlink_batch *batch, int type, int flags, int index, unsigned up);
/* A pair: one end, up, in the namespace of the socket, the other in that of `pid`, where it can be set up only later. */
void put_pair(struct netlink_batch *batch, const char *name, int index, const char *peer, int peer_index, pid_t pid);
void put_address(struct netlink_batch *batch, int index, uint32_t address, int prefix);
/* A gateway or an index of 0 is left out. */
void put_route(struct netlink_batch *batch, int flags, int type, uint32_t to, int prefix, uint32_t gateway, int index);

/* ---- switch.c */

extern pid_t switch_holder;
/* For links and routes in the switch; -1 without a switch. */
extern int switch_routes;

/* Makes it. On failure `*what` names the step. */
int switch_open(const char **what);
void switch_close(void);
/* No packet goes to that address, in network order. */
void switch_shut(uint32_t address);
/* A file of /proc/sys. */
int write_setting(const char *path, const char *value);

/* ---- veth.c: from the switch to the host, as root */

/* `host_routes` is for links and addresses of the host. */
int veth_open(int host_routes, const char **what);
/* Undoes every change of the host. */
void veth_close(int host_routes);

/* ---- slirp.c: the same as an ordinary user */

/* Before this process has entered the user namespace that owns the switch. */
int slirp_prepare(const char *program);
int slirp_start(void);
void slirp_close(void);
/* Whether it was slirp4netns. */
bool slirp_ended(pid_t pid);

/* ---- firewall.c */

int firewall_switch(int fd, const char *uplink);
/* Packets that come over the interface `name`, whose other end has `address` in network order. */
int firewall_host(int fd, const char *name, uint32_t address);
void firewall_remove(int fd, const char *name);

#endif
