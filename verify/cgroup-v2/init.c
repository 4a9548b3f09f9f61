/*
 * The first process of the virtual machine: loads modules, lays a file system in memory above the host's root, which
 * stays as it is, and runs the program in its arguments. After the word "run" it turns the machine off then; after
 * "boot" it becomes systemd, which does what the program has told it to.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void off(void) {
  sync();
  reboot(RB_AUTOBOOT);
  for (;;) pause();
}

static void fail(const char *what) {
  perror(what);
  off();
}

static void mount_at(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
  if (mkdir(target, 0755) < 0 && access(target, F_OK) < 0) fail(target);
  if (mount(source, target, type, flags, data) < 0) fail(target);
}

/* Their names begin with their place in the order. */
static void load_modules(void) {
  struct dirent **entries;
  int count = scandir("/modules", &entries, NULL, alphasort);
  for (int i = 0; i < count; i++) {
    if (entries[i]->d_name[0] == '.') continue;
    char path[512];
    snprintf(path, sizeof path, "/modules/%s", entries[i]->d_name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_finit_module, fd, "", 0) < 0) perror(path);
    if (fd >= 0) close(fd);
  }
}

int main(int argc, char **argv) {
  mount_at("dev", "/dev", "devtmpfs", 0, NULL);
  int console = open("/dev/console", O_RDWR);
  for (int fd = 0; console >= 0 && fd < 3; fd++) dup2(console, fd);
  if (argc < 3) fail("the program to run");
  load_modules();
  mount_at("host", "/host", "virtiofs", MS_RDONLY, NULL);
  mount_at("above", "/above", "tmpfs", 0, "mode=0755,size=60%");
  if (mkdir("/above/upper", 0755) < 0 || mkdir("/above/work", 0755) < 0) fail("/above");
  mount_at("root", "/root", "overlay", 0, "lowerdir=/host,upperdir=/above/upper,workdir=/above/work");
  mount_at("proc", "/root/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  mount_at("sys", "/root/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
  if (mount("/dev", "/root/dev", NULL, MS_MOVE, NULL) < 0) fail("/root/dev");
  if (chdir("/root") < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0 || chdir("/") < 0) fail("/root");
  setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  pid_t child = fork();
  if (child == 0) {
    setsid();
    execv(argv[2], argv + 2);
    fail(argv[2]);
  }
  for (int status; child > 0;)
    if (wait(&status) == child) break;
  if (strcmp(argv[1], "boot") == 0) execl("/lib/systemd/systemd", "systemd", "--unit=verify.service", NULL);
  off();
}
