/* Attempts of hostile code that need more than one call. Run inside a sandbox, and outside as a control; facts.h says how. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "facts.h"

/* How often it is looked whether whoever should have been asked has ended instead. */
#define LOOK_MS 20
#define DESCRIPTORS 1024
#define FAMILIES 46
#define NETLINK_PROTOCOLS 23

static int mount_here(void) { return mount("none", "/tmp", "tmpfs", 0, NULL); }

/* Of the directory whose files a handle would lead to, whatever is mounted above them. */
static long by_handle(const char *directory) {
  union {
    struct file_handle handle;
    char bytes[sizeof(struct file_handle) + 128];
  } asked = {.handle.handle_bytes = 128};
  int mount_id, fd = open(directory, O_RDONLY | O_DIRECTORY);
  if (name_to_handle_at(AT_FDCWD, directory, &asked.handle, &mount_id, 0) < 0) {
    /* The root of most file systems, without having been told. */
    asked.handle.handle_bytes = 8;
    asked.handle.handle_type = 1;
    memcpy(asked.handle.f_handle, &(int[]){2, 0}, 8);
  }
  return open_by_handle_at(fd, &asked.handle, O_RDONLY);
}

static long name_handle(const char *path) {
  union {
    struct file_handle handle;
    char bytes[sizeof(struct file_handle) + 128];
  } asked = {.handle.handle_bytes = 128};
  int mount_id;
  return name_to_handle_at(AT_FDCWD, path, &asked.handle, &mount_id, 0);
}

/* Keys pressed for whoever reads a terminal later, on any that this process has, was given or can make. */
static long press_keys(void) {
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (ioctl(fd, TIOCSTI, "x") == 0) return 0;
  int own = open("/dev/tty", O_RDWR);
  return own < 0 ? -1 : ioctl(own, TIOCSTI, "x");
}

/* The console's own way to paste what nobody typed; of its requests one that changes nothing. */
static long ask_console(void) {
  static const char *const consoles[] = {"/dev/console", "/dev/tty0", "/dev/tty1"};
  char which = 12; /* TIOCL_GETFGCONSOLE */
  long done = -1;
  for (int fd = 0; fd < DESCRIPTORS; fd++)
    if (ioctl(fd, TIOCLINUX, &which) >= 0) return 0;
  for (int i = 0; i < 3 && done < 0; i++) {
    int fd = open(consoles[i], O_RDWR | O_NOCTTY);
    if (fd >= 0) done = ioctl(fd, TIOCLINUX, &which);
  }
  return done;
}

static void terminals(void) {
  int count = 0;
  for (int fd = 0; fd < DESCRIPTORS; fd++) count += isatty(fd);
  char text[1024] = "", *at;
  int status = open("/proc/self/stat", O_RDONLY), terminal = -1;
  (void)!read(status, text, sizeof text - 1);
  if ((at = strrchr(text, ')')) != NULL) sscanf(at + 1, " %*c %*d %*d %*d %d", &terminal);
  printf("descriptors %d\n", count);
  printf("controlling %s\n", terminal == 0 ? "none" : "one");
  TRY("keys", press_keys());
  TRY("console", ask_console());
  TRY("another", posix_openpt(O_RDWR | O_NOCTTY));
}

/* The first of a session on that terminal, as a shell is. Returns what its program exits with. */
static int session(const char *terminal, char **command, int all_read) {
  char end = 0;
  int status = 0;
  setsid();
  int follower = open(terminal, O_RDWR | O_CLOEXEC);
  if (follower < 0 || ioctl(follower, TIOCSCTTY, 0) < 0) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    for (int fd = 0; fd < 3; fd++) dup2(follower, fd);
    execvp(command[0], command);
    _exit(127);
  }
  waitpid(pid, &status, 0);
  /* At the end of a session the kernel drops what is still on its way to whoever reads. */
  (void)!write(follower, &end, 1);
  (void)!read(all_read, &end, 1);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Runs a program on a terminal of its own, which controls its session, and says what comes out and what was typed. */
static int on_terminal(char **command) {
  int leader = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), all_read[2], status = 0;
  if (leader < 0 || grantpt(leader) < 0 || unlockpt(leader) < 0 || pipe2(all_read, O_CLOEXEC) < 0) return 1;
  pid_t pid = fork();
  if (pid == 0) {
    close(all_read[1]);
    _exit(session(ptsname(leader), command, all_read[0]));
  }
  char block[4096];
  bool ended = false;
  for (ssize_t got; !ended && (got = read(leader, block, sizeof block)) > 0;) {
    ended = block[got - 1] == 0;
    (void)!write(1, block, (size_t)got - ended);
  }
  close(all_read[1]);
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static long real_time(void) {
  struct sched_param lowest = {.sched_priority = 1};
  return sched_setscheduler(0, SCHED_FIFO, &lowest);
}

static long never_killed(void) {
  int fd = open("/proc/self/oom_score_adj", O_WRONLY);
  return fd < 0 ? -1 : write(fd, "-900", 4);
}

static long asynchronous_io(void) {
  unsigned long context = 0;
  return syscall(SYS_io_setup, 1, &context);
}

/* The system calls of 32 bits have other numbers than the filter compares with. */
static void with_other_numbers(void) {
#if defined(__x86_64__)
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    long result = 20; /* getpid */
    __asm__ volatile("int $0x80" : "+a"(result) : : "memory");
    _exit(result > 0 ? 0 : 1);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) printf("int80 SIG%s\n", sigabbrev_np(WTERMSIG(status)));
  else printf("int80 %s\n", WEXITSTATUS(status) == 0 ? "ok" : "refused");
#endif
}

static void sockets(void) {
  char name[32];
  for (int family = 0; family < FAMILIES; family++) {
    if (family == AF_UNIX || family == AF_INET || family == AF_INET6 || family == AF_NETLINK) continue;
    snprintf(name, sizeof name, "family-%d", family);
    TRY(name, socket(family, family == AF_ALG ? SOCK_SEQPACKET : SOCK_DGRAM, 0));
  }
  for (int protocol = 1; protocol < NETLINK_PROTOCOLS; protocol++) {
    snprintf(name, sizeof name, "netlink-%d", protocol);
    TRY(name, socket(AF_NETLINK, SOCK_RAW, protocol));
  }
  TRY("sctp", socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
  TRY("sctp-packets", socket(AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP));
  TRY("dccp", socket(AF_INET, SOCK_DCCP, 0));
  TRY("udplite", socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
  TRY("l2tp", socket(AF_INET, SOCK_DGRAM, 115));
  TRY("tcp", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP));
  TRY("udp", socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, IPPROTO_UDP));
}

/* A filter of one's own that asks a program what a mount shall answer. It answers that all is well. */
static void override_filter(void) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  fflush(stdout);
  pid_t pid = fork();
  if (pid != 0) {
    waitpid(pid, NULL, 0);
    return;
  }
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
  fact("own-filter", listener);
  fflush(stdout);
  if (listener < 0) _exit(0);
  pid = fork();
  if (pid == 0) {
    fact("overridden", mount("none", "/nowhere", "tmpfs", 0, NULL));
    fflush(stdout);
    _exit(0);
  }
  struct pollfd asked = {listener, POLLIN, 0};
  while (waitpid(pid, NULL, WNOHANG) == 0) {
    struct seccomp_notif question = {0};
    if (poll(&asked, 1, LOOK_MS) != 1 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &question) < 0) continue;
    struct seccomp_notif_resp well = {.id = question.id};
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &well);
  }
  _exit(0);
}

/* A program that was never a file of the package. */
static void from_memory(char *name) {
  static char block[65536];
  int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("program", 0);
  for (ssize_t got; (got = read(from, block, sizeof block)) > 0;) (void)!write(to, block, (size_t)got);
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    fexecve(to, (char *[]){name, "mount", NULL}, (char *[]){NULL});
    fact("from-memory", -1);
    fflush(stdout);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

/* Whether the kernel wrote a dump, or gave it to a program of the host, which it does at the limit 0, too. */
static void crash(const char *name, rlim_t core) {
  struct rlimit limit = {core, core};
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    setrlimit(RLIMIT_CORE, &limit);
    prlimit(0, RLIMIT_CORE, &limit, NULL);
    signal(SIGABRT, SIG_DFL);
    abort();
  }
  int status = 0;
  waitpid(pid, &status, 0);
  printf("%s %s\n", name, WCOREDUMP(status) ? "dumped" : WIFSIGNALED(status) ? "died" : "lived");
}

static void all(char *name) {
  const char *directory = "/dev/shm";
  TRY("userfaultfd", syscall(SYS_userfaultfd, 1 /* of user mode alone */));
  TRY("fanotify", syscall(SYS_fanotify_init, 0, O_RDONLY));
  TRY("quotactl", syscall(SYS_quotactl, 0x80000100 /* Q_SYNC of users */, NULL, 0, NULL));
  TRY("name-handle", name_handle(directory));
  TRY("by-handle", by_handle(directory));
  TRY("kernel-log", syscall(SYS_syslog, 10 /* the size of its buffer */, NULL, 0));
  TRY("kcmp", syscall(SYS_kcmp, getpid(), getpid(), 0, 1, 1));
  TRY("aio", asynchronous_io());
  TRY("flush-of-nothing", syncfs(-1));
  TRY("real-time", real_time());
  TRY("nice", setpriority(PRIO_PROCESS, 0, -5));
  TRY("never-killed", never_killed());
  with_other_numbers();
  sockets();
  override_filter();
  from_memory(name);
}

/* How each may be opened, without waiting for anything and without changing it. */
static void open_each(char **paths) {
  for (; *paths != NULL; paths++) {
    int fd = open(*paths, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    fact(*paths, fd);
    if (fd >= 0) close(fd);
  }
}

static socklen_t address_of(const char *name, bool abstract, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  int size = snprintf(address->sun_path, sizeof address->sun_path, abstract ? "@%s" : "/tmp/%s", name);
  if (abstract) address->sun_path[0] = 0;
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)size);
}

/* Takes descriptors at both kinds of addresses, until it is killed. */
static void receive(const char *name) {
  struct pollfd doors[2];
  for (int i = 0; i < 2; i++) {
    struct sockaddr_un address;
    socklen_t size = address_of(name, i == 0, &address);
    doors[i] = (struct pollfd){socket(AF_UNIX, SOCK_STREAM, 0), POLLIN, 0};
    if (bind(doors[i].fd, (struct sockaddr *)&address, size) < 0 || listen(doors[i].fd, 4) < 0) return;
  }
  puts("receiving");
  fflush(stdout);
  while (poll(doors, 2, -1) > 0)
    for (int i = 0; i < 2; i++)
      if (doors[i].revents & POLLIN) accept(doors[i].fd, NULL, NULL);
}

/* A descriptor, and a byte out of band beside it, to whoever listens there. */
static void pass(const char *name) {
  for (int i = 0; i < 2; i++) {
    struct sockaddr_un address;
    socklen_t size = address_of(name, i == 0, &address);
    char control[CMSG_SPACE(sizeof(int))] = {0}, byte = 'x';
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), done = connect(fd, (struct sockaddr *)&address, size);
    if (done == 0) done = sendmsg(fd, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
    /* A kernel may be built without these. */
    if (done == 0 && send(fd, &byte, 1, MSG_OOB | MSG_NOSIGNAL) < 0 && errno != EOPNOTSUPP) done = -1;
    fact(i == 0 ? "by-name" : "by-path", done);
  }
}

/* Whatever the kernel allows a process of the same user to do to the one that made it. */
static void hurt_init(void) {
  struct rlimit least = {3, 3};
  fact("files", prlimit(1, RLIMIT_NOFILE, &least, NULL));
  fact("stop", kill(1, SIGSTOP));
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  if (strcmp(what, "all") == 0) all(argv[0]);
  else if (strcmp(what, "mount") == 0) fact("from-memory", mount_here());
  else if (strcmp(what, "open-each") == 0) open_each(argv + 2);
  else if (strcmp(what, "receive") == 0) receive(argv[2]);
  else if (strcmp(what, "pass") == 0) pass(argv[2]);
  else if (strcmp(what, "hurt-init") == 0) hurt_init();
  else if (strcmp(what, "terminals") == 0) terminals();
  else if (strcmp(what, "on-terminal") == 0) return on_terminal(argv + 2);
  else if (strcmp(what, "user") == 0) printf("%u %u\n", geteuid(), getegid());
  else if (strcmp(what, "crash") == 0 && chdir(argv[2]) == 0) {
    crash("at-its-limit", 0);
    crash("without-limit", RLIM_INFINITY);
  } else return 2;
  return 0;
}
