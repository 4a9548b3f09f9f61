/*
 * What cgroups are made of, of both versions, also mounted side by side. Every sandbox has one directory per hierarchy:
 * <place>/lambkin-<pid namespace>-<pid>-<start time>/<id>.
 *
 *   hierarchies.c, delegation.c (where they lie) --> cgroup.c (one sandbox's)
 *   remains.c (the servers' directories)
 */
#ifndef LAMBKIN_CGROUP_H
#define LAMBKIN_CGROUP_H

#include "spawner.h"

/* ---- hierarchies.c */

struct hierarchy {
  char place[PATH_SIZE]; /* where our own directory lies */
  bool version2;
  unsigned controls;
};

extern struct hierarchy hierarchies[MAX_HIERARCHIES];
extern int hierarchy_count;

/* ---- remains.c */

/* Of this server's directory: lambkin-<pid namespace>-<pid>-<start time>. */
void cgroup_own_name(char *name, size_t size);
/* Removes a server's directory and what is in it, for at most a second. */
void cgroup_tree_remove(const char *directory);
/* Removes the directories of dead servers. */
void cgroup_remains_remove(const char *parent);

/* ---- cgroup.c */

/*
 * Shares of a thousandth of what any process or cgroup has by default, in each version's unit. No place has to have
 * all of the files: I/O has weights where its scheduler does.
 */
void hierarchy_weigh(const struct hierarchy *hierarchy, const char *directory, long long thousandths);

/* ---- delegation.c */

/* Whether a cgroup of version 2 was given to the server, to arrange as it likes; `at_top` if it sees no other above. */
bool delegation_is_ours(const char *directory, bool at_top);
/* Whether the cgroup above our own is the one that was given. */
bool delegation_is_above(const char *own, const char *above);
/* Moves all processes into a child, because controllers are handed down only where there are none. */
bool delegation_clear(const char *directory);

#endif
