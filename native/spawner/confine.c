/* What a process in a sandbox can't do any more: privileges, resource limits, system calls. */
#include "spawner.h"

#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "no system call filter for this architecture"
#endif

/* Newer than some C libraries; from 424 on the numbers are the same everywhere. */
#define NR_OPEN_TREE 428
#define NR_MOVE_MOUNT 429
#define NR_FSOPEN 430
#define NR_FSCONFIG 431
#define NR_FSMOUNT 432
#define NR_FSPICK 433
#define NR_CLONE3 435
#define NR_MOUNT_SETATTR 442
#define NR_QUOTACTL_FD 443
#define NR_STATMOUNT 457
#define NR_LISTMOUNT 458
#define NR_OPEN_TREE_ATTR 467
#define NR_IO_URING_SETUP 425
#define NR_IO_URING_ENTER 426
#define NR_IO_URING_REGISTER 427

/* Kernel surface that no function needs and that has broken sandboxes before. */
static const int denied[] = {
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, NR_OPEN_TREE, NR_MOVE_MOUNT, NR_FSOPEN, NR_FSCONFIG,
    NR_FSMOUNT, NR_FSPICK, NR_MOUNT_SETATTR, NR_OPEN_TREE_ATTR, NR_STATMOUNT, NR_LISTMOUNT, SYS_quotactl,
    NR_QUOTACTL_FD, SYS_swapon, SYS_swapoff, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf, NR_IO_URING_SETUP,
    NR_IO_URING_ENTER, NR_IO_URING_REGISTER, SYS_userfaultfd, SYS_perf_event_open, SYS_ptrace, SYS_kcmp, SYS_unshare,
    SYS_setns, SYS_kexec_load, SYS_kexec_file_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_acct, SYS_reboot, SYS_syslog,
    SYS_lookup_dcookie, SYS_nfsservctl,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib, SYS__sysctl,
#endif
};
#define DENIED (int)(sizeof denied / sizeof *denied)

#define NEW_NAMESPACES                                                                                               \
  (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define LOW_WORD(argument) (uint32_t)(offsetof(struct seccomp_data, args) + (argument) * 8)
#define LOAD(offset) (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset)
#define RETURN(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action)
#define UNLESS_EQUAL(value, skip) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, skip)
#define IF_EQUAL(value, skip) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, skip, 0)
#define REFUSE(error) RETURN(SECCOMP_RET_ERRNO | (error))
/* It is told that it is done. */
#define PRETEND RETURN(SECCOMP_RET_ERRNO)

static int install_filter(void) {
  struct sock_filter program[DENIED * 2 + 64];
  unsigned short n = 0;
  program[n++] = LOAD(offsetof(struct seccomp_data, arch));
  program[n++] = IF_EQUAL(NATIVE_ARCH, 1);
  program[n++] = RETURN(SECCOMP_RET_KILL_PROCESS);
  program[n++] = LOAD(offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
  /* The x32 numbers would pass by the comparisons below. */
  program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
  program[n++] = REFUSE(ENOSYS);
#endif
  for (int i = 0; i < DENIED; i++) {
    program[n++] = UNLESS_EQUAL((uint32_t)denied[i], 1);
    program[n++] = REFUSE(EPERM);
  }
  /* Its flags lie in memory, where a filter can't see them; C libraries fall back to clone. */
  program[n++] = UNLESS_EQUAL(NR_CLONE3, 1);
  program[n++] = REFUSE(ENOSYS);
  /* The requests that a machine has for these are few, and counted over all of it. */
  program[n++] = UNLESS_EQUAL(SYS_io_setup, 1);
  program[n++] = REFUSE(ENOSYS);
  /* Every file system of the host, and the one under /usr: what a function writes is kept through no crash. */
  program[n++] = IF_EQUAL(SYS_sync, 1);
  program[n++] = UNLESS_EQUAL(SYS_syncfs, 1);
  program[n++] = PRETEND;

  program[n++] = UNLESS_EQUAL(SYS_clone, 4);
  program[n++] = LOAD(LOW_WORD(0));
  program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NEW_NAMESPACES, 0, 1);
  program[n++] = REFUSE(EPERM);
  program[n++] = RETURN(SECCOMP_RET_ALLOW);

  /* See `limit_core`. */
  program[n++] = UNLESS_EQUAL(SYS_setrlimit, 4);
  program[n++] = LOAD(LOW_WORD(0));
  program[n++] = UNLESS_EQUAL(RLIMIT_CORE, 1);
  program[n++] = PRETEND;
  program[n++] = RETURN(SECCOMP_RET_ALLOW);
  program[n++] = UNLESS_EQUAL(SYS_prlimit64, 8);
  program[n++] = LOAD(LOW_WORD(1));
  program[n++] = UNLESS_EQUAL(RLIMIT_CORE, 5);
  program[n++] = LOAD(LOW_WORD(2)); /* who only asks gives no address */
  program[n++] = UNLESS_EQUAL(0, 2);
  program[n++] = LOAD(LOW_WORD(2) + 4);
  program[n++] = IF_EQUAL(0, 1);
  program[n++] = PRETEND;
  program[n++] = RETURN(SECCOMP_RET_ALLOW);

  /* Only local, internet and routing sockets: others are kernel surface or reach the host (vsock). */
  program[n++] = IF_EQUAL(SYS_socketpair, 1);
  program[n++] = UNLESS_EQUAL(SYS_socket, 23);
  program[n++] = LOAD(LOW_WORD(0));
  program[n++] = IF_EQUAL(AF_UNIX, 21);
  program[n++] = IF_EQUAL(AF_INET, 6);
  program[n++] = IF_EQUAL(AF_INET6, 5);
  program[n++] = IF_EQUAL(AF_NETLINK, 1);
  program[n++] = REFUSE(EAFNOSUPPORT);
  program[n++] = LOAD(LOW_WORD(2)); /* netlink: NETLINK_ROUTE is 0 */
  program[n++] = IF_EQUAL(0, 15);
  program[n++] = REFUSE(EPERM);
  program[n++] = LOAD(LOW_WORD(1)); /* internet: the type is in the low bits */
  program[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf);
  program[n++] = UNLESS_EQUAL(SOCK_RAW, 1);
  program[n++] = REFUSE(EPERM);
  program[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, SOCK_RAW, 0, 1);
  program[n++] = REFUSE(ESOCKTNOSUPPORT);
  program[n++] = LOAD(LOW_WORD(2)); /* of the protocols, which the kernel would load modules for, the usual ones */
  program[n++] = IF_EQUAL(0, 6);
  program[n++] = IF_EQUAL(IPPROTO_TCP, 5);
  program[n++] = IF_EQUAL(IPPROTO_UDP, 4);
  program[n++] = IF_EQUAL(IPPROTO_ICMP, 3);
  program[n++] = IF_EQUAL(IPPROTO_ICMPV6, 2);
  program[n++] = IF_EQUAL(262 /* MPTCP */, 1);
  program[n++] = REFUSE(EPROTONOSUPPORT);
  program[n++] = RETURN(SECCOMP_RET_ALLOW);

  struct sock_fprog filter = {.len = n, .filter = program};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static int limit(int resource, rlim_t most) {
  struct rlimit now;
  if (getrlimit((__rlimit_resource_t)resource, &now) < 0) return -1;
  if (now.rlim_max < most) most = now.rlim_max;
  return setrlimit((__rlimit_resource_t)resource, &(struct rlimit){most, most});
}

int limit_files(void) { return limit(RLIMIT_NOFILE, 1024); }

/*
 * Where dumps go to a program (core(5), "Piping core dumps"), the kernel runs it as the host's root, outside of every
 * sandbox and also at the limit 0. It does not at the limit 1, which is too little for a file, too.
 */
int limit_core(void) {
  static const struct rlimit none = {1, 1};
  return setrlimit(RLIMIT_CORE, &none) == 0 ? 0 : limit(RLIMIT_CORE, 1);
}

int drop_bounding_set(void) {
  for (int capability = 0, there; (there = prctl(PR_CAPBSET_READ, capability)) >= 0; capability++)
    if (there == 1 && prctl(PR_CAPBSET_DROP, capability) < 0) return -1;
  return 0;
}

int drop_capabilities(void) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
  return (int)syscall(SYS_capset, &header, none);
}

int confine(const char **what) {
  *what = "joining a session keyring";
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS) return -1;
  *what = "setting resource limits";
  if (limit(RLIMIT_NPROC, 1024) < 0 || limit_core() < 0) return -1;
  /* gVisor, which counts signals for each sandbox by itself, has no such limits. */
  if (limit(RLIMIT_SIGPENDING, 1024) < 0 && errno != EPERM) return -1;
  /* Some users may have their processes run before all others. */
  if ((limit(RLIMIT_RTPRIO, 0) < 0 || limit(RLIMIT_NICE, 0) < 0) && errno != EPERM) return -1;
  *what = "dropping capabilities";
  if (drop_bounding_set() < 0 || drop_capabilities() < 0) return -1;
  *what = "renouncing new privileges";
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
  *what = "installing the system call filter";
  return install_filter();
}

int confine_gvisor(const char **what) {
  *what = "joining a session keyring";
  if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS) return -1;
  *what = "setting resource limits";
  if (limit_core() < 0) return -1;
  /* The network is made; without these it stays as it is, whatever becomes of gVisor. */
  static const int needless[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, CAP_SYS_RESOURCE, CAP_SYS_MODULE,
                                 CAP_SYS_TIME,  CAP_SYS_BOOT, CAP_BPF, CAP_PERFMON};
  *what = "dropping capabilities";
  for (size_t i = 0; i < sizeof needless / sizeof *needless; i++)
    if (prctl(PR_CAPBSET_DROP, needless[i]) < 0 && errno != EINVAL) return -1;
  *what = "renouncing new privileges";
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
