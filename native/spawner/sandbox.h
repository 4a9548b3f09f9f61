/*
 * What a sandbox is to the spawner, in parts:
 *
 *   sandbox.c (its life, and what its init says) --> programs.c (what runs in it), halting.c (that it stands still)
 */
#ifndef LAMBKIN_SANDBOX_H
#define LAMBKIN_SANDBOX_H

#include "spawner.h"

/* ---- sandbox.c */

/* Answers the request that waits for the state to change, if one does. */
void sandbox_answer(struct sandbox *sandbox, int error, const char *what);
/* Sends a request to init, which alone can tell its processes from those that took a number after them. False if that
 * can't be, which is answered. */
bool sandbox_ask(struct sandbox *sandbox, unsigned request, char kind, long long first, long long second);

/* ---- programs.c; `number` is the request that started one */

/* Init executed it, or could not. */
void program_started(struct sandbox *sandbox, unsigned number, int error);
void program_exited(struct sandbox *sandbox, unsigned number, int status);
/* Init is gone, and all of them with it. */
void programs_ended(struct sandbox *sandbox);
/* Never beyond the limit. */
void programs_raise_peak(struct sandbox *sandbox, long long bytes);
/* Kills what takes more than its limit where no controller does. Whether there is any to be looked at. */
bool programs_poll_memory(void);

/* ---- halting.c */

int halting_set(struct sandbox *sandbox, bool frozen);
/* Answers for those that stand still by now. Whether any has to be looked at again. */
bool halting_look(void);

#endif
