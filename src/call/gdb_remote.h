/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An arm64 program under qemu-aarch64, through its debugging stub: the GDB remote serial protocol (GDB manual, appendix
 * "Remote Protocol") over a Unix socket, of it what is needed to stop, look, and go on.
 */
#ifndef CRUMB_CALL_GDB_REMOTE_H
#define CRUMB_CALL_GDB_REMOTE_H

#include <sys/types.h>

#include "error.h"
#include "story.h"

struct gdb_remote;

/* -ENOTSUP: qemu-aarch64 is not installed. Stopped before the first instruction. */
int gdb_remote_start(char *const *argv, int out, struct gdb_remote **ret, struct error *e);
void gdb_remote_free(struct gdb_remote *r); /* ends the program if it still runs */

pid_t gdb_remote_pid(const struct gdb_remote *r); /* the emulator */

#define GDB_REMOTE_REGS 33 /* x0 to x30, sp, pc */

int gdb_remote_regs(struct gdb_remote *r, uint64_t regs[GDB_REMOTE_REGS]);
size_t gdb_remote_read(struct gdb_remote *r, uint64_t addr, void *buf, size_t n);
int gdb_remote_break(struct gdb_remote *r, uint64_t addr, bool set);

/* -ESRCH: the program has ended. */
int gdb_remote_step(struct gdb_remote *r);
int gdb_remote_continue(struct gdb_remote *r);

/* It goes on alone, to its end. */
int gdb_remote_let_go(struct gdb_remote *r, int *ret_status);

#endif
