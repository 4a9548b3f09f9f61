/*
 * Directories of the host in the file tree of a sandbox that runs already. Only its own mount namespace lets one be put
 * there, so this process enters it for as long as that takes. A child that did it instead would be one more to wait for
 * a CPU, and a request waits with it; only for an ordinary user, who could not leave the user namespace, it is one.
 */
#include "spawner.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOVE_FROM_EMPTY = 4, MOVE_TO_EMPTY = 0x40 };

struct attachment {
  const char *target;
  int source;
};

/* What an ordinary user may mount, it may in namespaces of its own only. */
static int open_source_in_namespace(const char *source) {
  int sockets[2], fd = -1, count = 1;
  char done = 0;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
  pid_t child = clone_into(CLONE_NEWUSER | CLONE_NEWNS, -1);
  if (child == 0) {
    int mount = mount_source(source, ENTRY_CODE);
    if (mount >= 0) packet_send(sockets[1], &done, 1, &mount, 1);
    _exit(mount >= 0 ? 0 : errno);
  }
  int error = errno, status = 0;
  close(sockets[1]);
  if (child > 0) packet_receive(sockets[0], &done, 1, &fd, &count);
  if (child > 0 && waitpid(child, &status, 0) == child) error = WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
  close(sockets[0]);
  errno = error;
  return fd;
}

/* Below the root of the tree and over no link, because what is mounted there may hold any. */
static int open_target(const char *path) {
  struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static int enter(const struct sandbox *sandbox) {
  if (!privileged && setns(sandbox->user_namespace, CLONE_NEWUSER) < 0) return -1;
  return setns(sandbox->mount_namespace, CLONE_NEWNS);
}

static int put_all(const struct sandbox *sandbox, const struct attachment *attachments, int count) {
  if (enter(sandbox) < 0) return -1;
  for (int i = 0; i < count; i++) {
    int target = open_target(attachments[i].target);
    if (target < 0) return -1;
    long done = syscall(SYS_move_mount, attachments[i].source, "", target, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY);
    int error = errno;
    close(target);
    errno = error;
    if (done < 0) return -1;
  }
  return 0;
}

/* Where this process belongs. */
static int own_namespace = -1, own_root = -1;

int attach_open(void) {
  own_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
  own_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  return own_namespace < 0 || own_root < 0 ? -1 : 0;
}

static int put_all_and_return(const struct sandbox *sandbox, const struct attachment *attachments, int count) {
  int done = put_all(sandbox, attachments, count), error = errno;
  /* It has no business to go on anywhere else. */
  if (setns(own_namespace, CLONE_NEWNS) < 0 || fchdir(own_root) < 0 || chroot(".") < 0) abort();
  errno = error;
  return done;
}

static int put_all_in_child(const struct sandbox *sandbox, const struct attachment *attachments, int count) {
  pid_t child = fork();
  int status;
  if (child == 0) _exit(put_all(sandbox, attachments, count) == 0 ? 0 : errno);
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  return errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO, -1;
}

int sandbox_attach(const struct sandbox *sandbox, struct frame *frame, const char **what) {
  struct attachment attachments[MAX_MOUNTS];
  const char *source;
  int count = 0, error = 0;
  *what = "attaching directories";
  if (sandbox->state != READY) return errno = ESRCH, -1;
  while (error == 0 && (source = frame_text(frame)) != NULL) {
    const char *target = frame_text(frame);
    if (target == NULL || *target != '/' || count == MAX_MOUNTS) {
      error = EINVAL;
      break;
    }
    int fd = privileged ? mount_source(source, ENTRY_CODE) : open_source_in_namespace(source);
    if (fd < 0) error = errno;
    else attachments[count++] = (struct attachment){target, fd};
  }
  if (error == 0 && (privileged ? put_all_and_return : put_all_in_child)(sandbox, attachments, count) < 0) error = errno;
  for (int i = 0; i < count; i++) close(attachments[i].source);
  errno = error;
  return error == 0 ? 0 : -1;
}
