/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program under ptrace: started, stopped at breakpoints and at system calls, single-stepped. All its threads and
 * children are followed until tracee_release(). ptrace(2) binds them to the thread that started them.
 */
#ifndef CRUMB_CALL_TRACEE_H
#define CRUMB_CALL_TRACEE_H

#include <sys/types.h>

#include "error.h"
#include "story.h"

struct tracee;

enum tracee_stop {
	TRACEE_ENDED,	   /* the last thread is gone: status of the first process in *ret_tid */
	TRACEE_BREAKPOINT, /* the instruction has not been executed yet */
	TRACEE_ENTER,	   /* at a system call, entered */
	TRACEE_EXIT,	   /* and left */
	TRACEE_EXEC,	   /* a new program: breakpoints are gone */
};

/* @out: its standard output, -1 ours. Stopped before its first instruction. */
int tracee_start(char *const *argv, int out, struct tracee **ret, struct error *e);
void tracee_free(struct tracee *t); /* ends what still runs */

pid_t tracee_pid(const struct tracee *t);

/* Address of the program's own first instruction, which comes after the dynamic linker. */
int tracee_entry(pid_t pid, uint64_t *ret, struct error *e);

int tracee_break(struct tracee *t, pid_t pid, uint64_t addr, struct error *e);
void tracee_unbreak(struct tracee *t, pid_t pid); /* all of them */

/* From a breakpoint on: over its instruction, the breakpoint stays. */
int tracee_step_over(struct tracee *t, pid_t tid);

/* Run until something happens; with @syscalls also at each system call. The thread that it happened to stays stopped. */
enum tracee_stop tracee_run(struct tracee *t, bool syscalls, pid_t *ret_tid);

/* One instruction of thread @tid. -ESRCH: it is gone. */
int tracee_step(struct tracee *t, pid_t tid);

int tracee_regs(pid_t tid, struct story_regs *ret);
uint64_t tracee_register(pid_t tid, const char *name);
uint64_t tracee_return_address(pid_t tid); /* at a function's first instruction */
uint64_t tracee_thread_pointer(pid_t tid);
size_t tracee_read(pid_t tid, uint64_t addr, void *buf, size_t n); /* bytes that could be read */
int tracee_syscall(pid_t tid, struct story_regs *ret); /* at TRACEE_ENTER, TRACEE_EXIT */

/* Let it go on alone; *ret_status when it has ended (wait status). */
void tracee_release(struct tracee *t);
int tracee_wait(struct tracee *t, int *ret_status);

#endif
