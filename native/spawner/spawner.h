/*
 * The spawner of Lambkin: makes sandboxes out of Linux namespaces, cgroups and a seccomp filter, on request of the
 * server that started it. It holds no policy: which directories, sizes and ports a sandbox has comes with the request.
 *
 *   server (Node.js) <-- channel.c --> requests.c --> spawn.c, sandbox.c --> init.c, pid 1 of each sandbox
 *                                                    cgroup.c              root.c, confine.c (while it sets itself up)
 *                                                    making.c: a child that does what takes long
 *                                                    shared.c: the part of the tree that is made once
 *                                                    stock.c, image.c: file systems for /tmp, made ahead
 *                                                    attach.c: code and layers for one that runs
 *                                                    zygote.c: interpreters whose forks become inits; in these,
 *                                                    zygote/preload.c is the other side
 *                                                    uplink.c: its way out; uplink.h names the parts
 *                                                    gvisor.c: gVisor between init and the functions, if asked for
 */
#ifndef LAMBKIN_SPAWNER_H
#define LAMBKIN_SPAWNER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One request, decoded. Above it lies only what execve takes at most. */
#define MAX_FRAME (128 * 1024)
#define MAX_MOUNTS 64
#define MAX_PROCESSES 64
#define MAX_HIERARCHIES 5

/* The user that functions see themselves as, the one of AWS. */
#define INSIDE_UID 993
#define INSIDE_GID 990

/* The argument by which this program is the init inside gVisor. */
#define INSIDE_GVISOR "inside-gvisor"

/* ---- channel.c: Node's child-process channel, json serialization */

/* A request: NUL-terminated fields, read one after the other. */
struct frame {
  char *at, *end;
};

struct init_setup;

typedef void request_handler(struct frame *request);

int channel_open(void);
/* Reads what has arrived and hands on whole requests; false when the server is gone. */
bool channel_read(request_handler *handle);
/* One JSON object; format and arguments must give valid JSON. */
void channel_send(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A descriptor for a request; arrives in Node.js as a handle. Closes it. */
void channel_send_handle(unsigned request, const char *name, int fd);
void reply_ok(unsigned request);
void reply_error(unsigned request, int error, const char *what);

/* The next field, or NULL. */
char *frame_text(struct frame *frame);
/* The next field as a number; 0 if there is none. */
long long frame_number(struct frame *frame);

/* ---- requests.c */

/* The epoll descriptor; its data are pointers to sandboxes. */
extern int events;
/* For images of /tmp. */
extern const char *state_directory;

void handle_request(struct frame *request);

/* ---- files.c */

#define PATH_SIZE 1024

/* A path that does not fit becomes one that does not exist. */
bool make_path(char path[PATH_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
int write_text(const char *path, const char *text);
bool read_text(const char *path, char *text, size_t size);
/* A word in a list separated by commas, spaces or line ends. */
bool lists(const char *text, const char *word);

/* ---- cgroup.c; cgroup.h names the parts */

enum { CONTROL_MEMORY = 1, CONTROL_CPU = 2, CONTROL_PIDS = 4, CONTROL_FREEZER = 8, CONTROL_IO = 16 };

/* Finds or makes a place for cgroups of ours and clears what dead servers left. */
void cgroup_open(void);
void cgroup_close(void);
/* The controllers that work, and whether the second version provides any of them. */
unsigned cgroup_controls(void);
bool cgroup_version2(void);
int cgroup_create(const char *id);
/* Opens what a new process joins by: `*into` for clone3 (or -1), `tasks` by writing 0. Returns their number. */
int cgroup_doors(const char *id, int *into, int tasks[MAX_HIERARCHIES]);
/* Attaches a process of another's where `cgroup_doors` gave no `tasks`. */
int cgroup_move(const char *id, pid_t pid);
int cgroup_limit_memory(const char *id, long long bytes);
int cgroup_limit_cpu(const char *id, long long quota_us, long long period_us);
/* What it gets under contention, by its memory; all sandboxes together get half of what the server does. */
void cgroup_weigh(const char *id, long long memory_bytes);
/* Whether there is what the next two need: cpu.idle (Linux 5.15) and CPU times. */
bool cgroup_yields(void);
/* Opens what tells its CPU time, or that of all sandboxes (NULL); -1 where nothing does. It does not keep it there. */
int cgroup_open_usage(const char *id);
/* The CPU time that was taken so far, or -1. */
long long cgroup_usage_us(int fd);
/* It runs only where nobody else wants to, or again by its weight. */
int cgroup_yield(const char *id, bool yields, long long memory_bytes);
int cgroup_limit_pids(const char *id, long long most);
/* Asks for it; it takes a moment until every task has stopped. */
int cgroup_freeze(const char *id, bool frozen);
bool cgroup_is_frozen(const char *id);
/* The directory with one for each sandbox whose `freezer.state` thaws it without a wait for anybody, or NULL. */
const char *cgroup_quick_freezer(void);
long long cgroup_oom_kills(const char *id);
/* False while something still keeps it. */
bool cgroup_remove(const char *id);

/* ---- sandbox.c, programs.c, halting.c; sandbox.h names the parts */

enum sandbox_state { WAITING_FOR_TMP, WAITING_FOR_MAKER, MAKING, STARTING, READY, KILLING, DYING, REMOVING };

struct process {
  unsigned number; /* the request that started it; 0 is a free place */
  long long oom_kills_before;
  bool started;
};

/* Of priority.c. */
struct computing {
  /* The CPU time that it took when last looked at, and when that was; 0 before the first look. */
  long long total_us, looked_us;
  /* What it computed lately beyond what is usual. */
  long long level_us;
  bool yields;
  /* What tells of it, once it was looked at: to find the file again would take most of a look. */
  int usage;
};

struct sandbox {
  struct sandbox *next;
  char id[64];
  enum sandbox_state state;
  pid_t init;
  int socket;
  /* To enter it by; init lets nobody open them later. The user's is of use only to an ordinary user. */
  int mount_namespace, user_namespace;
  uid_t uid;
  /* gVisor runs in it, as this user, and the functions in gVisor; 0 without. */
  uid_t gvisor_uid;
  /* The number of its link, or 0. */
  unsigned uplink;
  /* The request that waits for the state to change; 0 if none does. */
  unsigned request;
  /* What is in a tmpfs is charged to whoever wrote it, and gVisor needs some; neither is the function's memory. */
  long long memory_bytes, extra_bytes;
  /* The limit is kept by looking, because no memory controller keeps it exactly. */
  bool memory_polled;
  /* Its init is a process to fork those of other sandboxes from. */
  bool is_zygote;
  bool out_of_memory, frozen;
  /* How often it will still be looked whether it stands still. */
  int freeze_looks;
  long long peak_bytes;
  /* A period of 0 means that no limit was ever set. */
  long long cpu_quota_us, cpu_period_us;
  struct computing computing;
  struct process processes[MAX_PROCESSES];
  /* What it is still to be made of. */
  struct plan *plan;
};

extern struct sandbox *sandboxes;

/* Whether real mount privileges are at hand, not only those inside a new user namespace. */
extern bool privileged;

struct sandbox *sandbox_find(const char *id);
/* Something, and small enough to be added to another. */
bool is_size(long long number);
void sandbox_start(struct sandbox *sandbox, unsigned request, struct frame *frame);
void sandbox_kill(struct sandbox *sandbox, unsigned request);
void sandbox_signal(struct sandbox *sandbox, unsigned request, struct frame *frame);
void sandbox_socket(struct sandbox *sandbox, unsigned request);
/* Exact limits for what was made before anybody knew what for. Fields: memory bytes, CPU quota and period. */
int sandbox_limit(struct sandbox *sandbox, struct frame *frame, const char **what);
/* Answers when everything inside stands still or goes on; whatever else is asked meanwhile is not held up. */
void sandbox_freeze(struct sandbox *sandbox, unsigned request, bool frozen);
/* The same with gVisor, which does it itself: stopped in the midst of its work it would harm the functions. */
void sandbox_pause(struct sandbox *sandbox, unsigned request, bool paused);
void sandbox_destroy(struct sandbox *sandbox, unsigned request);
/* What is left of one that was destroyed while it was made. */
void sandbox_end(struct sandbox *sandbox);
/* Messages of its init. */
void sandbox_read(struct sandbox *sandbox);
/* Children of the spawner that ended. */
void sandbox_reap(void);
/* Retries and looks that wait for no event. Returns the time until the next, or -1. */
int sandbox_tick(void);

/* ---- priority.c */

/* Looks at who computes. Returns the milliseconds until the next look, or -1. */
int priority_tick(void);
/* What it computes counts anew, and it yields to nobody. */
void priority_restore(struct sandbox *sandbox);
/* Until then it runs only where others leave time. */
void priority_of_spare(struct sandbox *sandbox);
/* The server, at the other end, and this program need not wait until what computes has had its turn. */
void priority_of_server(int channel);
/* Neither need a child that works for it. */
void priority_of_helper(void);

/* ---- spawn.c */

#define NAMESPACES                                                                                                   \
  (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP)

/* `zygote` is the name of the one that init is forked from; NULL for the spawner itself. */
void sandbox_spawn(unsigned request, const char *id, struct frame *frame, const char *zygote, bool in_gvisor);
/* One that has no init yet; NULL if it was refused, which is answered. */
struct sandbox *sandbox_new(unsigned request, const char *id);
/* A file system for /tmp that was waited for, or an error. */
void sandbox_supply(const char *template_path, int image, int error);
/* Its plan is of no use any more. */
void sandbox_abandon(struct sandbox *sandbox);
/* What its maker starts from. On failure `*what` names the step. */
bool sandbox_prepare(struct sandbox *sandbox, const char **what);
/* In its maker; leaves what came to be in the sandbox, where it failed too. */
bool sandbox_make(struct sandbox *sandbox, const char **what);
/* What its init is to be forked from; NULL for the spawner. */
struct sandbox *sandbox_zygote(const struct sandbox *sandbox);
/* A process in new namespaces, and in the cgroup that descriptor stands for unless it is -1. */
pid_t clone_into(uint64_t namespaces, int cgroup);
/* One user and one group of a new user namespace are those outside. */
int map_user(pid_t pid, uid_t inside_uid, uid_t uid, gid_t inside_gid, gid_t gid);

/* ---- making.c: who makes them */

/* The data of its events, for making_read. */
extern char making;

/* Begins with the sandbox that waits longest for its maker, if none is at work. */
void making_go_on(void);
void making_read(void);
/* In an init: others learn of an end by the end of these descriptors. */
void making_leave(const struct sandbox *sandbox);
/* While one is made nobody may be reaped; it is made up for. */
bool making_holds_reaping(void);

/* ---- zygote.c: interpreters to fork sandboxes from */

void zygote_spawn(unsigned request, const char *id, struct frame *frame);
/* One that can be forked from. */
struct sandbox *zygote_find(const char *name);
/* Has it fork the init of a sandbox, a child of this process. */
pid_t zygote_clone(struct sandbox *zygote, const struct init_setup *setup);

/* What the zygote gets for that, followed by the entries of the root. Descriptors, those that there are, in the order
 * of the socket, shared, tmp, tasks, mounts. */
struct zygote_order {
  long long tmp_bytes;
  int runtime_port, endpoint_port;
  bool shared, tmp;
  int task_count, mount_count;
};

/* Where it finds the socket to the spawner. */
#define ZYGOTE_FD 3

/* ---- uplink.c: the way out of the sandboxes */

/* Makes the switch and its link to the host: by veth if privileged, else by that program, slirp4netns. */
int uplink_open(const char *slirp_program, const char **what);
/* Undoes every change of the host. */
void uplink_close(void);
bool uplink_is_open(void);
/* Tells of new addresses of the host, for uplink_read. */
int uplink_events(void);
void uplink_read(void);
/* A child of the spawner that may be slirp4netns. */
void uplink_child_ended(pid_t pid);
/* Gives a sandbox whose init exists its link. */
int uplink_attach(struct sandbox *sandbox);
/* Its maker did that; 0 if it has none. */
void uplink_attached(unsigned slot);
/* Within the sandbox. */
int uplink_configure(unsigned uplink);

/* ---- attach.c */

/* Only when privileged. */
int attach_open(void);
/* Fields: source and target of each. All or none, but for a target that vanishes in between. */
int sandbox_attach(const struct sandbox *sandbox, struct frame *frame, const char **what);

/* ---- processes.c: what runs in a sandbox, from outside */

void processes_signal(const struct sandbox *sandbox, int signal);
/* Of the functions' processes; gVisor's own are left out, its images of theirs are not. */
long long processes_resident_bytes(const struct sandbox *sandbox);
/* The sum of the largest resident sizes that the live processes ever had. */
long long processes_high_water_bytes(const struct sandbox *sandbox);

/* ---- root.c: the file tree of a sandbox */

enum entry_kind {
  ENTRY_DIRECTORY = 'd',
  ENTRY_LINK = 'l',
  ENTRY_FILE = 'f',
  ENTRY_MOUNT = 'm',
  ENTRY_CODE = 'c', /* like a mount, but its source is neither a link nor behind one */
  ENTRY_DEVICE = 'n'
};
/* A mark between the entries that sandboxes share and mounts on directories of these. */
enum { ENTRY_END_OF_SHARED = '-' };

struct root {
  /* Entries as in the request: kind, path, and but for directories the target, content or source. */
  struct frame entries;
  /* A detached clone of the shared part, or -1; then the entries are only the rest. */
  int shared;
  /* Detached mounts of the sources, in their order; only when privileged. */
  int mounts[MAX_MOUNTS], mount_count;
  /* A detached file system for /tmp, or -1 for a tmpfs of that size. */
  int tmp;
  long long tmp_bytes;
  /* It is gVisor's root, and that of the functions is a directory in it. */
  bool of_gvisor;
};

/* The part that needs the privileges of the host. On failure `*what` names the step. */
int root_open(struct root *root, const char **what);
void root_close(struct root *root);
/* The part inside the new namespaces; ends with the tree as `/`, read-only. */
int root_enter(struct root *root, const char **what);
/* Mounts a read-only tree of the entries at `path`, with empty /proc and /tmp. */
int root_make(int directory, const char *path, const struct frame *entries, const char **what);
/* Whether an entry of that kind has a source on the host. */
bool entry_is_mounted(char kind);
/* A detached mount of such a source, read-only unless it is a device. */
int mount_source(const char *source, enum entry_kind kind);
/* Of mounts, from <linux/mount.h>. */
enum { ATTR_RDONLY = 1, ATTR_NOSUID = 2, ATTR_NODEV = 4, ATTR_NOEXEC = 8, ATTR_NOATIME = 0x10 };
int detached_mount(const char *type, const char *const (*options)[2], unsigned attributes);

/* ---- image.c */

/* A fresh copy of an ext4 image as a detached mount of root's; -1 and errno, without loop devices for instance. */
int tmp_image_open(const char *template_path, const char *directory);

/* ---- stock.c: file systems for /tmp, made ahead */

/* Returns what is to be watched for stock_read, or -1: then none is made ahead. */
int stock_open(void);
void stock_close(void);
/* One like tmp_image_open's, or EAGAIN: the stock is empty, and sandbox_supply will be called. */
int stock_take(const char *template_path);
/* One that waits for sandbox_supply does no longer. */
void stock_leave(const char *template_path);
void stock_read(void);
/* A child of the spawner that may be what makes them. */
void stock_child_ended(pid_t pid);

/* ---- shared.c */

/* Only when privileged. */
int shared_trees_open(void);
/* A detached tree of these entries, which were no sandbox's own. On failure `*what` names the step. */
int shared_tree_clone(const struct frame *entries, const char **what);

/* ---- confine.c */

/* Gives up every privilege for good. On failure `*what` names the step. */
int confine(const char **what);
/* Of a function's processes alone: with it init, which shares an ordinary user with all functions, could send no
 * descriptors any more while another function has many on their way. */
int limit_files(void);
/* Nothing that crashes leaves anything on the host. */
int limit_core(void);
/* No program that is executed from now on gets a capability. Takes one itself. */
int drop_bounding_set(void);
/* gVisor confines itself; this is what it has no use for. */
int confine_gvisor(const char **what);
/* A step of it: this process has no capability. */
int drop_capabilities(void);

/* ---- init.c: pid 1 of a sandbox */

struct init_setup {
  bool in_gvisor;
  struct root root;
  int socket;
  int tasks[MAX_HIERARCHIES], task_count;
  int runtime_port, endpoint_port;
  /* What a start without a command goes on with, in the process that it made; NULL if there is no such thing. */
  void (*go_on)(void);
};

/* Between spawner and init, over a packet socket. */
/* The first packet is the number of the uplink: the word to go on. */
enum { TO_START = 'S', TO_KILL = 'K', TO_SIGNAL = 'T', TO_SOCKET = 'C', TO_PAUSE = 'P', TO_RESUME = 'G' };
enum {
  FROM_READY = 'R',
  FROM_FAILURE = 'E',
  FROM_STARTED = 's',
  FROM_EXITED = 'x',
  FROM_KILLED = 'k',
  FROM_SOCKET = 'c',
  FROM_PAUSED = 'p' /* or resumed */
};

struct init_message {
  char kind;
  unsigned number;
  int value; /* errno or wait status */
  long long peak_bytes;
  char what[64];
};

void init_main(struct init_setup *setup) __attribute__((noreturn));
/* As pid 1 of what gVisor shows its processes: `socket` leads to the init around gVisor. */
void init_inside_gvisor(int socket) __attribute__((noreturn));

/* ---- gvisor.c: in the init around gVisor */

/* Starts gVisor, with an init inside. On failure `*what` names the step. */
int gvisor_open(const char **what);
/* Hands on what the spawner asks and the init inside answers, for good; gVisor's end is that of its processes. */
void gvisor_serve(int spawner) __attribute__((noreturn));
/* Before an execve: what the spawner ignores and blocks would go on being so. */
void default_signals(void);

/* Packets with descriptors. */
#define MAX_DESCRIPTORS (MAX_MOUNTS + MAX_HIERARCHIES + 3)
int packet_send(int socket, const void *data, size_t size, const int *fds, int count);
ssize_t packet_receive(int socket, void *data, size_t size, int *fds, int *count);

#endif
