/*
 * Two static tables of packet rules. The host's keeps functions from the host itself, the switch's from each other.
 * Expressions are those of nf_tables: https://wiki.nftables.org/wiki-nftables/index.php/Portal:DeveloperDocs
 */
#include "uplink.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* NFT_TABLE_F_OWNER, newer than some C libraries: the table goes when the socket that made it is closed. */
#define TABLE_OWNER 2
#define PRIORITY_RAW (-300)
#define PRIORITY_FILTER 0
#define PRIORITY_SOURCE_NAT 100
/* NF_CT_STATE_BIT of IP_CT_ESTABLISHED and IP_CT_RELATED. */
#define STATE_ESTABLISHED_OR_RELATED (2 | 4)
#define SMTP 25

struct rules {
  struct netlink_batch batch;
  const char *table, *chain;
  size_t rule, expressions;
};

static void message(struct rules *rules, int type, int flags) {
  struct nfgenmsg head = {.nfgen_family = NFPROTO_IPV4};
  netlink_message(&rules->batch, NFNL_SUBSYS_NFTABLES << 8 | type, flags | NLM_F_ACK, &head, sizeof head);
}

static void bracket(struct rules *rules, int type) {
  struct nfgenmsg head = {.res_id = htons(NFNL_SUBSYS_NFTABLES)};
  netlink_message(&rules->batch, type, 0, &head, sizeof head);
}

static void put_number(struct rules *rules, int type, int number) {
  uint32_t value = htonl((uint32_t)number);
  netlink_put(&rules->batch, type, &value, sizeof value);
}

static void put_data(struct rules *rules, int type, const void *value, size_t size) {
  size_t nest = netlink_nest(&rules->batch, type);
  netlink_put(&rules->batch, NFTA_DATA_VALUE, value, size);
  netlink_end(&rules->batch, nest);
}

static void add_chain(struct rules *rules, const char *name, const char *type, int hook, int priority) {
  rules->chain = name;
  message(rules, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
  netlink_put_text(&rules->batch, NFTA_CHAIN_TABLE, rules->table);
  netlink_put_text(&rules->batch, NFTA_CHAIN_NAME, name);
  netlink_put_text(&rules->batch, NFTA_CHAIN_TYPE, type);
  size_t nest = netlink_nest(&rules->batch, NFTA_CHAIN_HOOK);
  put_number(rules, NFTA_HOOK_HOOKNUM, hook);
  put_number(rules, NFTA_HOOK_PRIORITY, priority);
  netlink_end(&rules->batch, nest);
}

static void begin_rule(struct rules *rules) {
  message(rules, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  netlink_put_text(&rules->batch, NFTA_RULE_TABLE, rules->table);
  netlink_put_text(&rules->batch, NFTA_RULE_CHAIN, rules->chain);
  rules->rule = netlink_nest(&rules->batch, NFTA_RULE_EXPRESSIONS);
}

struct expression {
  size_t element, data;
};

static struct expression begin(struct rules *rules, const char *name) {
  struct expression expression = {.element = netlink_nest(&rules->batch, NFTA_LIST_ELEM)};
  netlink_put_text(&rules->batch, NFTA_EXPR_NAME, name);
  expression.data = netlink_nest(&rules->batch, NFTA_EXPR_DATA);
  return expression;
}

static void end(struct rules *rules, struct expression expression) {
  netlink_end(&rules->batch, expression.data);
  netlink_end(&rules->batch, expression.element);
}

/* What the expression before left in the register. */
static void compare(struct rules *rules, int operation, const void *value, size_t size) {
  struct expression expression = begin(rules, "cmp");
  put_number(rules, NFTA_CMP_SREG, NFT_REG_1);
  put_number(rules, NFTA_CMP_OP, operation);
  put_data(rules, NFTA_CMP_DATA, value, size);
  end(rules, expression);
}

static void load(struct rules *rules, const char *what, int destination, int key_type, int key) {
  struct expression expression = begin(rules, what);
  put_number(rules, destination, NFT_REG_1);
  put_number(rules, key_type, key);
  end(rules, expression);
}

static void load_payload(struct rules *rules, int base, int offset, int size) {
  struct expression expression = begin(rules, "payload");
  put_number(rules, NFTA_PAYLOAD_DREG, NFT_REG_1);
  put_number(rules, NFTA_PAYLOAD_BASE, base);
  put_number(rules, NFTA_PAYLOAD_OFFSET, offset);
  put_number(rules, NFTA_PAYLOAD_LEN, size);
  end(rules, expression);
}

static void match_interface(struct rules *rules, int key, int operation, const char *name) {
  char padded[IFNAMSIZ] = {0};
  memcpy(padded, name, strlen(name));
  load(rules, "meta", NFTA_META_DREG, NFTA_META_KEY, key);
  compare(rules, operation, padded, sizeof padded);
}

/* Addresses that are this machine's own, broadcast, multicast or nobody's. */
static void match_not_unicast(struct rules *rules) {
  uint32_t unicast = RTN_UNICAST;
  struct expression expression = begin(rules, "fib");
  put_number(rules, NFTA_FIB_DREG, NFT_REG_1);
  put_number(rules, NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
  put_number(rules, NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR);
  end(rules, expression);
  compare(rules, NFT_CMP_NEQ, &unicast, sizeof unicast);
}

/* 169.254.0.0/16: metadata services of clouds, and the links of other servers like this one. */
static void match_to_link_local(struct rules *rules) {
  static const uint8_t network[] = {169, 254};
  load_payload(rules, NFT_PAYLOAD_NETWORK_HEADER, 16, sizeof network);
  compare(rules, NFT_CMP_EQ, network, sizeof network);
}

static void match_from(struct rules *rules, uint32_t address) {
  load_payload(rules, NFT_PAYLOAD_NETWORK_HEADER, 12, sizeof address);
  compare(rules, NFT_CMP_EQ, &address, sizeof address);
}

static void match_not_reply(struct rules *rules) {
  uint32_t mask = STATE_ESTABLISHED_OR_RELATED, zero = 0;
  load(rules, "ct", NFTA_CT_DREG, NFTA_CT_KEY, NFT_CT_STATE);
  struct expression expression = begin(rules, "bitwise");
  put_number(rules, NFTA_BITWISE_SREG, NFT_REG_1);
  put_number(rules, NFTA_BITWISE_DREG, NFT_REG_1);
  put_number(rules, NFTA_BITWISE_LEN, sizeof mask);
  put_data(rules, NFTA_BITWISE_MASK, &mask, sizeof mask);
  put_data(rules, NFTA_BITWISE_XOR, &zero, sizeof zero);
  end(rules, expression);
  compare(rules, NFT_CMP_EQ, &zero, sizeof zero);
}

static void match_smtp(struct rules *rules) {
  uint8_t protocol = IPPROTO_TCP;
  uint16_t port = htons(SMTP);
  load(rules, "meta", NFTA_META_DREG, NFTA_META_KEY, NFT_META_L4PROTO);
  compare(rules, NFT_CMP_EQ, &protocol, sizeof protocol);
  load_payload(rules, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof port);
  compare(rules, NFT_CMP_EQ, &port, sizeof port);
}

static void end_rule_dropping(struct rules *rules) {
  struct expression expression = begin(rules, "immediate");
  put_number(rules, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
  size_t data = netlink_nest(&rules->batch, NFTA_IMMEDIATE_DATA), verdict = netlink_nest(&rules->batch, NFTA_DATA_VERDICT);
  put_number(rules, NFTA_VERDICT_CODE, NF_DROP);
  netlink_end(&rules->batch, verdict);
  netlink_end(&rules->batch, data);
  end(rules, expression);
  netlink_end(&rules->batch, rules->rule);
}

static void end_rule_masquerading(struct rules *rules) {
  end(rules, begin(rules, "masq"));
  netlink_end(&rules->batch, rules->rule);
}

static void begin_table(struct rules *rules, const char *name, int flags) {
  rules->table = name;
  bracket(rules, NFNL_MSG_BATCH_BEGIN);
  message(rules, NFT_MSG_NEWTABLE, NLM_F_CREATE);
  netlink_put_text(&rules->batch, NFTA_TABLE_NAME, name);
  put_number(rules, NFTA_TABLE_FLAGS, flags);
}

static int commit(struct rules *rules, int fd) {
  bracket(rules, NFNL_MSG_BATCH_END);
  return netlink_commit(&rules->batch, fd);
}

/* For kernels whose tables have no owners; a table of a name that we hold the interface of is a dead server's. */
void firewall_remove(int fd, const char *name) {
  struct rules rules = {.table = name};
  bracket(&rules, NFNL_MSG_BATCH_BEGIN);
  message(&rules, NFT_MSG_DELTABLE, 0);
  netlink_put_text(&rules.batch, NFTA_TABLE_NAME, name);
  commit(&rules, fd);
}

static int host_table(int fd, const char *name, uint32_t address, int flags) {
  struct rules rules = {0};
  begin_table(&rules, name, flags);
  /* Before any translation of addresses, so that ports which the host forwards elsewhere are the host's too. */
  add_chain(&rules, "from-functions", "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_IIFNAME, NFT_CMP_EQ, name);
  match_not_unicast(&rules);
  end_rule_dropping(&rules);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_IIFNAME, NFT_CMP_EQ, name);
  match_to_link_local(&rules);
  end_rule_dropping(&rules);
  add_chain(&rules, "to-functions", "filter", NF_INET_FORWARD, PRIORITY_FILTER);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_OIFNAME, NFT_CMP_EQ, name);
  match_not_reply(&rules);
  end_rule_dropping(&rules);
  add_chain(&rules, "masquerade", "nat", NF_INET_POST_ROUTING, PRIORITY_SOURCE_NAT);
  begin_rule(&rules);
  match_from(&rules, address);
  end_rule_masquerading(&rules);
  return commit(&rules, fd);
}

int firewall_host(int fd, const char *name, uint32_t address) {
  firewall_remove(fd, name);
  if (host_table(fd, name, address, TABLE_OWNER) == 0) return 0;
  return host_table(fd, name, address, 0);
}

int firewall_switch(int fd, const char *uplink) {
  struct rules rules = {0};
  begin_table(&rules, "lambkin", 0);
  add_chain(&rules, "forward", "filter", NF_INET_FORWARD, PRIORITY_FILTER);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_IIFNAME, NFT_CMP_NEQ, uplink);
  match_interface(&rules, NFT_META_OIFNAME, NFT_CMP_NEQ, uplink);
  end_rule_dropping(&rules);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_IIFNAME, NFT_CMP_EQ, uplink);
  match_not_reply(&rules);
  end_rule_dropping(&rules);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_OIFNAME, NFT_CMP_EQ, uplink);
  match_to_link_local(&rules);
  end_rule_dropping(&rules);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_OIFNAME, NFT_CMP_EQ, uplink);
  match_smtp(&rules);
  end_rule_dropping(&rules);
  add_chain(&rules, "masquerade", "nat", NF_INET_POST_ROUTING, PRIORITY_SOURCE_NAT);
  begin_rule(&rules);
  match_interface(&rules, NFT_META_OIFNAME, NFT_CMP_EQ, uplink);
  end_rule_masquerading(&rules);
  return commit(&rules, fd);
}
