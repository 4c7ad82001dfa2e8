/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Uprobes on libc's network functions, in the traced processes only. One uprobe.multi link per process where the
 * kernel has it (6.6), else one perf event per function. The process that pays is the one that is asked for.
 */
#ifndef CRUMB_PROBE_LIBC_HOOKS_H
#define CRUMB_PROBE_LIBC_HOOKS_H

#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

struct bpf_program;
struct btf;
struct libc_hooks;

/* Before the object is loaded: choose the kind of attachment. True: uprobe.multi. */
bool libc_hooks_prepare(const struct btf *kernel, struct bpf_program *enter, struct bpf_program *ret);

/* @multi: what libc_hooks_prepare() said of these programs. */
int libc_hooks_new(bool multi, struct bpf_program *enter, struct bpf_program *ret,
		   struct libc_hooks **ret_h);
void libc_hooks_free(struct libc_hooks *h);

/*
 * The C library is the one mapped by @pid, or, when it has none yet (it will exec), the one that crumb itself
 * uses. -ENOENT: no C library to be found; -ENOTSUP: the kernel has no uprobes.
 */
int libc_hooks_attach(struct libc_hooks *h, pid_t pid, struct error *e);

/* What the hooks add to one call, measured on a function of crumb's own; 0: it could not be measured. */
unsigned int libc_hooks_cost_ns(struct libc_hooks *h);

/* Processes that have ended need no hooks; a few at a time, call it now and then. */
void libc_hooks_prune(struct libc_hooks *h);

/* Take all hooks away again; later attachments are refused with -ECANCELED. From any thread. */
void libc_hooks_detach(struct libc_hooks *h);

#endif
