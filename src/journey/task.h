/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Per thread: the calls that carried no bytes (for a connection's first message), and the
 * byte-carrying calls that are still inside a libc function, whose return comes in a later event.
 */
#ifndef CRUMB_JOURNEY_TASK_H
#define CRUMB_JOURNEY_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

#define TASK_CALLS 16
#define TASK_AWAYS 64 /* absences kept of one thread: four times what is told at once */

struct libc_wait {			/* embedded in a message or a recv call */
	struct libc_wait *next, **link; /* link NULL: waits for nothing */
	uint64_t enter_ns;
	uint64_t return_ns; /* 0: not seen */
	uint16_t func;	    /* enum crumb_libc_func */
};

struct task_calls {
	uint32_t count;
	struct crumb_ev_call call[TASK_CALLS];
};

struct tasks;

struct tasks *tasks_new(void); /* NULL: no memory */
void tasks_free(struct tasks *t);

/* @pid's call is in the libc function entered at @enter_ns. 0 or -ENOMEM. */
int tasks_wait(struct tasks *t, uint32_t pid, struct libc_wait *w, uint64_t enter_ns);
void libc_wait_cancel(struct libc_wait *w);

/*
 * @pid begins a call in the libc function entered at @libc_ns (0 none): older ones get no answer
 * any more.
 */
void tasks_enter(struct tasks *t, uint32_t pid, uint64_t libc_ns);

/* A CRUMB_EV_CALL: answers waits, or is kept among the thread's calls. 0 or -ENOMEM. */
int tasks_call(struct tasks *t, const struct crumb_ev_call *ev);

/* Its calls since the last time, oldest first; the caller frees them. NULL: none, or no memory. */
struct task_calls *tasks_take_calls(struct tasks *t, uint32_t pid);

/*
 * Its absences from the CPU, as far as they were told: those that ended after @from_ns, oldest first, into @ret_aways (freed by
 * the caller; NULL none). @ret_since_ns: none is missing since then; 0 nothing is known. 0 or -ENOMEM.
 */
int tasks_away(struct tasks *t, const struct crumb_ev_away *ev);
int tasks_take_aways(const struct tasks *t, uint32_t pid, uint64_t from_ns,
		     struct crumb_ev_away **ret_aways, uint32_t *ret_count, uint64_t *ret_since_ns);

/* Remember and tell the name of a thread; NULL unknown. */
int tasks_name(struct tasks *t, uint32_t pid, const char *comm, uint64_t now_ns);
const char *tasks_comm(const struct tasks *t, uint32_t pid);

/* A CRUMB_EV_PROCESS: where the thread's process belongs. 0 or -ENOMEM. */
int tasks_process(struct tasks *t, const struct crumb_ev_process *ev);
/* The path of its cgroup, "/system.slice/nginx.service"; NULL unknown. */
const char *tasks_cgroup(const struct tasks *t, uint32_t pid);
/* The process's number in a PID namespace of its own; 0: it has none, or that is unknown. */
uint32_t tasks_pid_inside(const struct tasks *t, uint32_t pid);

/* Forget threads of which nothing was heard since @before_ns. */
void tasks_trim(struct tasks *t, uint64_t before_ns);

#endif
