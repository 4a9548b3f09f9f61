/* The switch's link to the host, as root: a pair of interfaces, packet rules, and that the host lets packets through. */
#include "uplink.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINK 0xa9fe2000u /* 169.254.32.0 */
#define LINKS 1024
#define FORWARDING "/proc/sys/net/ipv4/ip_forward"
/* One for all servers of the machine. The unit of docs/deploy may write nowhere else in /run. */
#define RECORDS "/run/lambkin"

static int host_rules = -1;
static char host_link[IFNAMSIZ];

/* Whoever has the name has the addresses and the table of that number. */
static int link_to_host(int host_routes) {
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
    put_address(&batch, index, network + 1, 30);
    if (netlink_commit(&batch, host_routes) < 0) return -1;
    put_address(&batch, UPLINK_INDEX, network + 2, 30);
    put_route(&batch, NETLINK_CREATE, RTN_UNICAST, 0, 0, network + 1, UPLINK_INDEX);
    return netlink_commit(&batch, switch_routes);
  }
  return errno = EADDRINUSE, -1;
}

/* Remembered for as long as the kernel remembers the setting itself. */
static void forwarding_record(char *path, size_t size) {
  struct stat status = {0};
  (void)!stat("/proc/self/ns/net", &status);
  snprintf(path, size, RECORDS "/forwarding-%lu", (unsigned long)status.st_ino);
}

static int start_forwarding(void) {
  char value = 0, path[64];
  int fd = open(FORWARDING, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || read(fd, &value, 1) != 1) return -1;
  close(fd);
  if (value != '0') return 0;
  forwarding_record(path, sizeof path);
  mkdir(RECORDS, 0700);
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

int veth_open(int host_routes, const char **what) {
  host_rules = netlink_open(NETLINK_NETFILTER);
  *what = "linking the switch to the host";
  if (link_to_host(host_routes) < 0) return -1;
  *what = "letting packets through the host";
  return start_forwarding();
}

void veth_close(int host_routes) {
  if (host_link[0] != 0) {
    struct netlink_batch batch = {0};
    put_link(&batch, RTM_DELLINK, NLM_F_ACK, (int)if_nametoindex(host_link), 0);
    netlink_commit(&batch, host_routes);
    firewall_remove(host_rules, host_link);
    host_link[0] = 0;
    stop_forwarding();
  }
  if (host_rules >= 0) close(host_rules);
  host_rules = -1;
}
