/* What the sandbox tests run inside a sandbox, and outside as a control. One fact per line on standard output. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <mqueue.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "facts.h"

#define MIB (1024 * 1024)
/* Until a connection counts as never made. */
#define PATIENCE_MS 5000

static long clone_with(unsigned long flags) {
  long pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
  if (pid == 0) _exit(0);
  return pid;
}

static int link_down(void) {
  struct ifreq request = {.ifr_name = "lo"};
  return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request);
}

static void system_calls(void) {
  char buffer[256] = {0};
  TRY("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  TRY("umount", umount2("/tmp", MNT_DETACH));
  TRY("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
  TRY("fsopen", syscall(430, "tmpfs", 0));
  TRY("open_tree", syscall(428, AT_FDCWD, "/tmp", 1));
  TRY("unshare-user", unshare(CLONE_NEWUSER));
  TRY("unshare-net", unshare(CLONE_NEWNET));
  TRY("clone-user", clone_with(CLONE_NEWUSER));
  TRY("clone-pid", clone_with(CLONE_NEWPID));
  TRY("clone3", syscall(435, NULL, 0));
  TRY("clone", clone_with(0));
  TRY("setns", setns(0, 0));
  TRY("ptrace", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
  TRY("keyctl", syscall(SYS_keyctl, 0 /* get id */, -3 /* session */, 1));
  TRY("add_key", syscall(SYS_add_key, "user", "lambkin-test", "x", 1, -1 /* thread keyring */));
  TRY("bpf", syscall(SYS_bpf, 0 /* create a map */, buffer, sizeof buffer));
  TRY("io_uring_setup", syscall(425, 1, buffer));
  TRY("perf_event_open", syscall(SYS_perf_event_open, buffer, 0, -1, -1, 0));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, AT_FDCWD, buffer, 0));
  TRY("init_module", syscall(SYS_init_module, buffer, 0, ""));
  TRY("kexec_load", syscall(SYS_kexec_load, 0, 0, NULL, 0));
  TRY("setuid-root", setuid(0));
  TRY("chroot", chroot("/tmp"));
  TRY("raw-socket", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  TRY("packet-socket", socket(AF_PACKET, SOCK_DGRAM, 0));
  TRY("vsock-socket", socket(40, SOCK_STREAM, 0));
  TRY("netfilter-socket", socket(AF_NETLINK, SOCK_RAW, 12));
  TRY("route-socket", socket(AF_NETLINK, SOCK_RAW, 0));
  TRY("sethostname", sethostname("escaped", 7));
  TRY("link-down", link_down());
  TRY("unix-socket", socket(AF_UNIX, SOCK_STREAM, 0));
  TRY("udp-socket", socket(AF_INET6, SOCK_DGRAM, 0));
}

/* Of a process of the same user, by which its secrets could be read or its work taken over. */
static void intrude(pid_t pid) {
  char own[16], path[64];
  struct iovec here = {own, sizeof own}, there = {(void *)own, sizeof own};
  int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
  TRY("process_vm_readv", syscall(SYS_process_vm_readv, pid, &here, 1L, &there, 1L, 0L));
  TRY("process_vm_writev", syscall(SYS_process_vm_writev, pid, &here, 1L, &there, 1L, 0L));
  TRY("pidfd_getfd", syscall(SYS_pidfd_getfd, pidfd, 0, 0));
  snprintf(path, sizeof path, "/proc/%d/mem", pid);
  TRY("mem", open(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/environ", pid);
  TRY("environ", open(path, O_RDONLY));
  snprintf(path, sizeof path, "/proc/%d/fd/0", pid);
  TRY("fd", open(path, O_RDONLY));
}

/* A child that waits, as the control of the above. */
static void intrude_child(void) {
  pid_t child = fork();
  if (child == 0) {
    open("/dev/null", O_RDONLY);
    pause();
    _exit(0);
  }
  intrude(child);
  kill(child, SIGKILL);
}

union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Of IPv4 or IPv6. Returns the size. */
static socklen_t parse(const char *host, int port, union address *address) {
  memset(address, 0, sizeof *address);
  if (strchr(host, ':') == NULL) {
    address->v4.sin_family = AF_INET;
    address->v4.sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, host, &address->v4.sin_addr);
    return sizeof address->v4;
  }
  address->v6.sin6_family = AF_INET6;
  address->v6.sin6_port = htons((uint16_t)port);
  inet_pton(AF_INET6, host, &address->v6.sin6_addr);
  return sizeof address->v6;
}

static void reach(const char *host, int port) {
  union address address;
  socklen_t length = parse(host, port, &address);
  int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct pollfd connecting = {fd, POLLOUT, 0};
  char text[128];
  ssize_t got;
  socklen_t size = sizeof errno;
  int done = connect(fd, &address.any, length);
  /* What is dropped on the way leaves EINPROGRESS. */
  if (done < 0 && errno == EINPROGRESS && poll(&connecting, 1, PATIENCE_MS) == 1) {
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &size);
    done = errno == 0 ? 0 : -1;
  }
  if (done < 0) {
    fact("connect", -1);
    return;
  }
  fcntl(fd, F_SETFL, 0);
  size_t filled = 0;
  while ((got = read(fd, text + filled, sizeof text - 1 - filled)) > 0) filled += (size_t)got;
  text[filled] = 0;
  printf("connected %s\n", text);
}

/* Answers each connection with the address that it came from. */
static void serve(const char *host, int port) {
  union address address;
  socklen_t length = parse(host, port, &address);
  int one = 1, server = socket(address.any.sa_family, SOCK_STREAM, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(server, &address.any, length) < 0 || listen(server, 16) < 0) return;
  puts("serving");
  for (;;) {
    socklen_t size = sizeof address;
    int fd = accept(server, &address.any, &size);
    char text[INET6_ADDRSTRLEN];
    bool v6 = address.any.sa_family == AF_INET6;
    inet_ntop(address.any.sa_family, v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr, text, sizeof text);
    (void)!write(fd, text, strlen(text));
    close(fd);
  }
}

/* A resolver at `own` that knows one address for every name. */
static void resolve(const char *own, const char *address) {
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(53)};
  unsigned char packet[512];
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  inet_pton(AF_INET, own, &at.sin_addr);
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0) return;
  puts("serving");
  for (;;) {
    socklen_t size = sizeof at;
    ssize_t end = 12, got = recvfrom(fd, packet, sizeof packet - 16, 0, (struct sockaddr *)&at, &size);
    while (end < got && packet[end] != 0) end += packet[end] + 1;
    end += 5;
    if (end > got) continue;
    bool ipv4 = packet[end - 3] == 1;
    static const unsigned char answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
    memcpy(packet + 2, "\x81\x80\0\1\0\0\0\0\0\0", 10);
    packet[7] = ipv4;
    memcpy(packet + end, answer, sizeof answer);
    inet_pton(AF_INET, address, packet + end + sizeof answer);
    sendto(fd, packet, (size_t)end + (ipv4 ? sizeof answer + 4 : 0), 0, (struct sockaddr *)&at, size);
  }
}

/* The names of the packet filter's tables. */
static void tables(void) {
  static char buffer[65536];
  struct {
    struct nlmsghdr head;
    struct nfgenmsg body;
  } ask = {{sizeof ask, NFNL_SUBSYS_NFTABLES << 8 | 1 /* NFT_MSG_GETTABLE */, NLM_F_REQUEST | NLM_F_DUMP, 0, 0}, {0}};
  int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);
  send(fd, &ask, sizeof ask, 0);
  for (;;) {
    int left = (int)recv(fd, buffer, sizeof buffer, 0);
    for (struct nlmsghdr *at = (struct nlmsghdr *)buffer; NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_type == NLMSG_DONE || at->nlmsg_type == NLMSG_ERROR) return;
      /* The first attribute is the name. */
      puts((char *)NLMSG_DATA(at) + sizeof(struct nfgenmsg) + sizeof(struct nlattr));
    }
    if (left <= 0) return;
  }
}

static void reach_abstract(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
  fact("connect", connect(fd, (struct sockaddr *)&address, length));
}

static void listen_abstract(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(address.sun_path + 1, name, sizeof address.sun_path - 2);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
  fact("listen", bind(fd, (struct sockaddr *)&address, length) < 0 ? -1 : listen(fd, 4));
  pause();
}

static void allocate(long mib, bool hold) {
  for (long i = 0; i < mib; i++) {
    char *memory = malloc(MIB);
    if (memory != NULL) memset(memory, (int)i + 1, MIB);
  }
  puts("allocated");
  if (hold) pause();
}

static void fill(const char *path, long mib) {
  static char block[MIB];
  int fd = open(path, O_WRONLY | O_CREAT, 0600);
  long written = 0;
  ssize_t wrote = 0;
  memset(block, 7, sizeof block);
  while (written < mib * (long)MIB && (wrote = write(fd, block, sizeof block)) > 0) written += wrote;
  printf("%ld %s\n", written / MIB, wrote < 0 ? strerrorname_np(errno) : "all");
}

static void fork_until_refused(long most) {
  long count = 0;
  pid_t pid = 0;
  while (count < most && (pid = fork()) > 0) count++;
  if (pid == 0 && count < most) {
    pause();
    _exit(0);
  }
  printf("%ld %s\n", count, pid < 0 ? strerrorname_np(errno) : "all");
  fflush(stdout);
  kill(0, SIGKILL);
}

/* One more of what the kernel counts by user. Never closed. */
static int take_one(const char *what) {
  static int taken;
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  struct mq_attr small = {.mq_maxmsg = 10, .mq_msgsize = 8192};
  char name[32];
  if (strcmp(what, "inotify") == 0) return inotify_init1(0);
  if (strcmp(what, "timers") == 0) return timer_create(CLOCK_MONOTONIC, &event, &timer);
  if (strcmp(what, "timerfd") == 0) return timerfd_create(CLOCK_MONOTONIC, 0);
  if (strcmp(what, "epoll") == 0) return epoll_create1(0);
  if (strcmp(what, "memfd") == 0) return memfd_create("held", 0);
  snprintf(name, sizeof name, "lambkin-%d-%d", getpid(), taken++);
  int queue = (int)syscall(SYS_mq_open, name, O_CREAT | O_RDWR, 0600, &small);
  if (queue >= 0) syscall(SYS_mq_unlink, name);
  return queue;
}

static void use_up(const char *what, long most, bool hold) {
  long count = 0;
  errno = 0;
  while (count < most && take_one(what) >= 0) count++;
  printf("%ld %s\n", count, count < most ? strerrorname_np(errno) : "all");
  if (hold) pause();
}

/* As many descriptors on their way through a socket as one user may have; says why there are no more. */
static void keep_on_their_way(void) {
  int ends[2], count = 0;
  char byte = 0, control[CMSG_SPACE(100 * sizeof(int))] = {0};
  struct iovec data = {&byte, 1};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(100 * sizeof(int))};
  socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
  while (sendmsg(ends[0], &message, MSG_DONTWAIT) >= 0) count += 100;
  printf("%d %s\n", count, strerrorname_np(errno));
  pause();
}

/* How much connections over the loopback take that nobody reads. */
static void clog(long pairs) {
  static char block[65536];
  long long bytes = 0;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (struct sockaddr *)&at, size) < 0 || listen(server, 64) < 0) return;
  getsockname(server, (struct sockaddr *)&at, &size);
  for (long i = 0; i < pairs; i++) {
    int ends[2] = {socket(AF_INET, SOCK_STREAM, 0), -1};
    if (connect(ends[0], (struct sockaddr *)&at, size) < 0 || (ends[1] = accept(server, NULL, NULL)) < 0) break;
    for (int end = 0; end < 2; end++)
      for (ssize_t sent; (sent = send(ends[end], block, sizeof block, MSG_DONTWAIT)) > 0;) bytes += sent;
  }
  printf("%lld\n", bytes / MIB);
}

static void burn(long wall_ms) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 < wall_ms);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%ld\n", usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 + usage.ru_stime.tv_sec * 1000 +
                      usage.ru_stime.tv_usec / 1000);
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  long number = argc > 2 ? atol(argv[2]) : 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (strcmp(what, "system-calls") == 0) system_calls();
  else if (strcmp(what, "reach") == 0) reach(argv[2], atoi(argv[3]));
  else if (strcmp(what, "intrude") == 0) intrude((pid_t)number);
  else if (strcmp(what, "intrude-child") == 0) intrude_child();
  else if (strcmp(what, "shared-memory") == 0) fact("shared-memory", shmget((key_t)number, 4096, argc > 3 ? IPC_CREAT | 0666 : 0));
  else if (strcmp(what, "remove-shared-memory") == 0) shmctl(shmget((key_t)number, 0, 0), IPC_RMID, NULL);
  else if (strcmp(what, "serve") == 0) serve(argc > 3 ? argv[3] : "0.0.0.0", (int)number);
  else if (strcmp(what, "resolve") == 0) resolve(argv[2], argv[3]);
  else if (strcmp(what, "tables") == 0) tables();
  else if (strcmp(what, "reach-abstract") == 0) reach_abstract(argv[2]);
  else if (strcmp(what, "listen-abstract") == 0) listen_abstract(argv[2]);
  else if (strcmp(what, "allocate") == 0) allocate(number, argc > 3);
  else if (strcmp(what, "fill") == 0) fill(argv[3], number);
  else if (strcmp(what, "fork") == 0) fork_until_refused(number);
  else if (strcmp(what, "burn") == 0) burn(number);
  else if (strcmp(what, "use-up") == 0) use_up(argv[3], number, argc > 4);
  else if (strcmp(what, "clog") == 0) clog(number);
  else if (strcmp(what, "keep-on-their-way") == 0) keep_on_their_way();
  else if (strcmp(what, "signal") == 0) fact("signal", kill((pid_t)number, 0));
  else if (strcmp(what, "read") == 0) fact("read", open(argv[2], O_RDONLY));
  else if (strcmp(what, "write") == 0) fact("write", open(argv[2], O_WRONLY | O_CREAT, 0600));
  else if (strcmp(what, "descriptors") == 0) {
    for (int fd = 0; fd < 4096; fd++)
      if (fcntl(fd, F_GETFD) >= 0) printf("%d ", fd);
    puts("");
  } else if (strcmp(what, "count") == 0)
    for (;;) {
      puts("tick");
      usleep(1000);
    }
  else return 2;
  return 0;
}
