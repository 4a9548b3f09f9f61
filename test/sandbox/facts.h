/* How the programs of these tests say what came of an attempt: one line, the name and "ok" or the error's. */
#ifndef FACTS_H
#define FACTS_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline void fact(const char *name, long result) {
  printf("%s %s\n", name, result < 0 ? strerrorname_np(errno) : "ok");
}

/* Each in a process of its own, because some would change the one that asks. */
#define TRY(name, call)                                                                                              \
  do {                                                                                                               \
    fflush(stdout);                                                                                                  \
    if (fork() == 0) {                                                                                               \
      fact(name, (long)(call));                                                                                      \
      fflush(stdout);                                                                                                \
      _exit(0);                                                                                                      \
    }                                                                                                                \
    wait(NULL);                                                                                                      \
  } while (0)

#endif
