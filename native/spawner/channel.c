/*
 * Node's channel to a child process is a stream socket with one JSON text per line. Requests are JSON strings that
 * hold base64, so that no JSON has to be parsed here; objects from Node.js are its own acknowledgements of handles.
 */
#include "spawner.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE (MAX_FRAME / 3 * 4 + 64)
#define MAX_UNACKNOWLEDGED 4096

static int channel = -1;
static char line[MAX_LINE];
static size_t filled;

/* Requests whose handles Node.js has not acknowledged yet, oldest first; answers come in order. */
static unsigned unacknowledged[MAX_UNACKNOWLEDGED];
static unsigned first_sent, next_sent;

int channel_open(void) {
  const char *text = getenv("NODE_CHANNEL_FD");
  channel = text == NULL ? -1 : atoi(text);
  if (channel >= 0 && fcntl(channel, F_SETFD, FD_CLOEXEC) < 0) channel = -1;
  return channel;
}

static int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* In place; the bytes never outgrow the digits. */
static size_t base64_decode(char *text, size_t length) {
  size_t size = 0;
  unsigned bits = 0, pending = 0;
  for (size_t i = 0; i < length; i++) {
    int digit = base64_digit(text[i]);
    if (digit < 0) continue;
    bits = bits << 6 | (unsigned)digit;
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    text[size++] = (char)(bits >> pending);
  }
  return size;
}

static void handle_line(char *text, size_t length, request_handler *handle) {
  if (length >= 2 && text[0] == '"') {
    struct frame request = {text, text + base64_decode(text, length)};
    handle(&request);
    return;
  }
  text[length] = 0;
  if (strstr(text, "NODE_HANDLE_") == NULL || first_sent == next_sent) return;
  unsigned request = unacknowledged[first_sent++ % MAX_UNACKNOWLEDGED];
  if (strstr(text, "NODE_HANDLE_NACK") != NULL) reply_error(request, EMFILE, "handing over a descriptor");
}

bool channel_read(request_handler *handle) {
  ssize_t got = recv(channel, line + filled, sizeof line - filled, 0);
  if (got <= 0) return got < 0 && errno == EINTR;
  filled += (size_t)got;
  char *start = line, *newline;
  while ((newline = memchr(start, '\n', filled - (size_t)(start - line))) != NULL) {
    handle_line(start, (size_t)(newline - start), handle);
    start = newline + 1;
  }
  filled -= (size_t)(start - line);
  memmove(line, start, filled);
  return filled < sizeof line;
}

/* Blocks while Node.js is behind. If it is gone, the next read finds that out. */
static void send_bytes(const char *text, size_t length, int fd) {
  while (length > 0) {
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {(void *)(uintptr_t)text, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      struct cmsghdr *header = CMSG_FIRSTHDR(&message);
      *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
      memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return;
    fd = -1;
    text += sent;
    length -= (size_t)sent;
  }
}

void channel_send(const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text - 1, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof text - 1) abort();
  text[length++] = '\n';
  send_bytes(text, (size_t)length, -1);
}

void channel_send_handle(unsigned request, const char *name, int fd) {
  char text[256];
  int length = snprintf(text, sizeof text,
                        "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":{\"handle\":\"%s\",\"request\":%u}}\n",
                        name, request);
  unacknowledged[next_sent++ % MAX_UNACKNOWLEDGED] = request;
  send_bytes(text, (size_t)length, fd);
  close(fd);
}

void reply_ok(unsigned request) { channel_send("{\"reply\":%u}", request); }

void reply_error(unsigned request, int error, const char *what) {
  const char *name = strerrorname_np(error);
  channel_send("{\"reply\":%u,\"error\":\"%s\",\"code\":\"%s\"}", request, what, name == NULL ? "EIO" : name);
}

char *frame_text(struct frame *frame) {
  char *text = frame->at;
  char *end = text >= frame->end ? NULL : memchr(text, 0, (size_t)(frame->end - text));
  if (end == NULL) return NULL;
  frame->at = end + 1;
  return text;
}

long long frame_number(struct frame *frame) {
  const char *text = frame_text(frame);
  return text == NULL ? 0 : atoll(text);
}
