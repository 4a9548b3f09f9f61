/*
 * Directories of the host in the file tree of a sandbox that runs already. The tree is entered by a child process,
 * so that nothing of the spawner ever stands in it.
 */
#include "spawner.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>
#include <stdio.h>
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
    int mount = mount_source(source, false);
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
    if (target < 0 || syscall(SYS_move_mount, attachments[i].source, "", target, "", MOVE_FROM_EMPTY | MOVE_TO_EMPTY) < 0)
      return -1;
    close(target);
  }
  return 0;
}

/* A copy of this process's memory would cost more than the rest; but an ordinary user's child changes how it is guarded. */
static int in_child(const struct sandbox *sandbox, const struct attachment *attachments, int count) {
  pid_t child = privileged ? vfork() : fork();
  int status;
  if (child == 0) _exit(put_all(sandbox, attachments, count) == 0 ? 0 : errno);
  if (child < 0 || waitpid(child, &status, 0) != child) return -1;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
  return errno = WIFEXITED(status) ? WEXITSTATUS(status) : EIO, -1;
}

/* Fields: source and target of each. All or none, but for a target that vanishes in between. */
void sandbox_attach(struct sandbox *sandbox, unsigned request, struct frame *frame) {
  struct attachment attachments[MAX_MOUNTS];
  const char *source;
  int count = 0, error = 0;
  if (sandbox->state != READY) return reply_error(request, ESRCH, "attaching directories");
  while (error == 0 && (source = frame_text(frame)) != NULL) {
    const char *target = frame_text(frame);
    if (target == NULL || *target != '/' || count == MAX_MOUNTS) {
      error = EINVAL;
      break;
    }
    int fd = privileged ? mount_source(source, false) : open_source_in_namespace(source);
    if (fd < 0) error = errno;
    else attachments[count++] = (struct attachment){target, fd};
  }
  if (error == 0 && in_child(sandbox, attachments, count) < 0) error = errno;
  for (int i = 0; i < count; i++) close(attachments[i].source);
  if (error == 0) reply_ok(request);
  else reply_error(request, error, "attaching directories");
}
