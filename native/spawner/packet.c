/* Packets that carry descriptors, between the spawner and the init of a sandbox. */
#include "spawner.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>


int packet_send(int socket, const void *data, size_t size, const int *fds, int count) {
  char control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)] = {0};
  struct iovec part = {(void *)(uintptr_t)data, size};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    size_t bytes = sizeof(int) * (size_t)count;
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(bytes);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(bytes)};
    memcpy(CMSG_DATA(header), fds, bytes);
  }
  ssize_t sent;
  do sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent == (ssize_t)size ? 0 : -1;
}

ssize_t packet_receive(int socket, void *data, size_t size, int *fds, int *count) {
  char control[CMSG_SPACE(sizeof(int) * MAX_DESCRIPTORS)];
  struct iovec part = {data, size};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t got;
  do got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  int room = *count;
  *count = 0;
  if (got < 0) return got;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t carried = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < carried; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
      if (*count < room) fds[(*count)++] = fd;
      else close(fd);
    }
  }
  return got;
}
