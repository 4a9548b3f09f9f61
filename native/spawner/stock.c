/*
 * A few file systems for /tmp, made before they are asked for by a process of their own: making one waits for the disk,
 * and requests for other sandboxes must not wait with it. Every one is given away once. Only descriptors hold them, so
 * they go with the spawner, however it ends.
 */
#include "spawner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of each size, for bursts; an empty one takes some hundred KiB of disk and a loop device. */
#define STOCK_DEPTH 8
/* Sizes that are kept; for a further one the longest unused goes. */
#define STOCK_SIZES 4
/* Few, so that neither side ever waits for the other to read. */
#define STOCK_ORDERED 4

struct order {
  int shelf;
  char template_path[512];
};

struct delivery {
  int shelf, error;
};

static struct shelf {
  struct order order; /* an empty path is a free place */
  int images[STOCK_DEPTH], count, ordered, waiting;
  /* Only from the second use on are some made ahead: the first may be the only one. */
  bool kept;
  unsigned long used;
} shelves[STOCK_SIZES];

static int stock = -1;
static pid_t helper;
static unsigned long uses;

__attribute__((noreturn)) static void help(int socket, pid_t spawner) {
  struct order order;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != spawner || (socket != 3 && dup3(socket, 3, O_CLOEXEC) != 3)) _exit(1);
  close_range(4, ~0U, 0);
  while (recv(3, &order, sizeof order, 0) == sizeof order) {
    int image = tmp_image_open(order.template_path, state_directory);
    struct delivery delivery = {.shelf = order.shelf, .error = image < 0 ? errno : 0};
    if (packet_send(3, &delivery, sizeof delivery, &image, image < 0 ? 0 : 1) < 0) break;
    if (image >= 0) close(image);
  }
  _exit(0);
}

int stock_open(void) {
  int sockets[2];
  pid_t spawner = getpid();
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return -1;
  helper = fork();
  if (helper == 0) help(sockets[1], spawner);
  close(sockets[1]);
  if (helper < 0) close(sockets[0]);
  else stock = sockets[0];
  return stock;
}

static void clear(struct shelf *shelf) {
  while (shelf->count > 0) close(shelf->images[--shelf->count]);
  shelf->kept = false;
  shelf->order.template_path[0] = 0;
}

static void close_stock(void) {
  /* Closing alone would leave it watched: an init that is just being set up still has a copy. */
  if (stock >= 0) epoll_ctl(events, EPOLL_CTL_DEL, stock, NULL);
  if (stock >= 0) close(stock);
  stock = -1;
  for (int i = 0; i < STOCK_SIZES; i++) clear(&shelves[i]);
}

void stock_close(void) {
  close_stock();
  if (helper <= 0) return;
  kill(helper, SIGKILL);
  waitpid(helper, NULL, 0);
}

void stock_child_ended(pid_t pid) {
  if (pid == helper) helper = 0;
}

/* Never blocks: what is on its way is small, and the helper reads whatever else it does. */
static void fill(struct shelf *shelf) {
  int wanted = (shelf->kept ? STOCK_DEPTH : 0) + shelf->waiting;
  while (shelf->ordered < STOCK_ORDERED && shelf->count + shelf->ordered < wanted) {
    if (send(stock, &shelf->order, sizeof shelf->order, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) return;
    shelf->ordered++;
  }
}

static struct shelf *find(const char *template_path) {
  for (int i = 0; i < STOCK_SIZES; i++)
    if (strcmp(shelves[i].order.template_path, template_path) == 0) return &shelves[i];
  return NULL;
}

static struct shelf *make_room(const char *template_path) {
  struct shelf *oldest = NULL;
  for (int i = 0; i < STOCK_SIZES; i++) {
    struct shelf *at = &shelves[i];
    if (at->ordered == 0 && at->waiting == 0 && (oldest == NULL || at->used < oldest->used)) oldest = at;
  }
  if (oldest == NULL || strlen(template_path) >= sizeof oldest->order.template_path) return NULL;
  clear(oldest);
  oldest->order.shelf = (int)(oldest - shelves);
  strcpy(oldest->order.template_path, template_path);
  return oldest;
}

int stock_take(const char *template_path) {
  struct shelf *shelf = stock < 0 ? NULL : find(template_path);
  if (shelf != NULL) shelf->kept = true;
  else if (stock >= 0) shelf = make_room(template_path);
  if (shelf == NULL) return tmp_image_open(template_path, state_directory);
  shelf->used = ++uses;
  int image = shelf->count > 0 ? shelf->images[--shelf->count] : -1;
  if (image < 0) shelf->waiting++;
  fill(shelf);
  if (image >= 0) return image;
  if (shelf->ordered > 0) return errno = EAGAIN, -1;
  shelf->waiting--;
  return tmp_image_open(template_path, state_directory);
}

void stock_leave(const char *template_path) {
  struct shelf *shelf = find(template_path);
  if (shelf != NULL && shelf->waiting > 0) shelf->waiting--;
}

static void deliver(const struct delivery *delivery, int image) {
  if (delivery->shelf < 0 || delivery->shelf >= STOCK_SIZES) return;
  struct shelf *shelf = &shelves[delivery->shelf];
  shelf->ordered--;
  if (shelf->waiting > 0) {
    shelf->waiting--;
    sandbox_supply(shelf->order.template_path, image, delivery->error);
  } else if (image >= 0) {
    if (shelf->count < STOCK_DEPTH) shelf->images[shelf->count++] = image;
    else close(image);
  }
  /* What failed once is tried again when it is asked for. */
  if (delivery->error == 0 || shelf->waiting > 0) fill(shelf);
}

void stock_read(void) {
  struct delivery delivery;
  int image = -1, count = 1;
  ssize_t got = packet_receive(stock, &delivery, sizeof delivery, &image, &count);
  if (got == sizeof delivery) return deliver(&delivery, count == 1 ? image : -1);
  if (count == 1) close(image);
  /* Without a helper every sandbox's is made when it is asked for. */
  for (int i = 0; i < STOCK_SIZES; i++)
    for (struct shelf *at = &shelves[i]; at->waiting > 0; at->waiting--) {
      image = tmp_image_open(at->order.template_path, state_directory);
      sandbox_supply(at->order.template_path, image, image < 0 ? errno : 0);
    }
  close_stock();
}
