/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's side of one system call of one thread, for crumb explain: bpf/call_watch.bpf.c loaded and attached, its
 * records read when the call is over. Needs the privilege that tracing needs.
 */
#ifndef CRUMB_PROBE_CALL_WATCH_H
#define CRUMB_PROBE_CALL_WATCH_H

#include <stdint.h>
#include <sys/types.h>

#include "watch_record.h"
#include "error.h"

struct call_watch;

int call_watch_new(struct call_watch **ret, struct error *e);
void call_watch_free(struct call_watch *w);

/* From now on, until call_watch_stop(), system calls of thread @tid are recorded. */
void call_watch_start(struct call_watch *w, pid_t tid);

/* Only entry and exit, without stacks: the call takes as long as it takes. */
void call_watch_start_light(struct call_watch *w, pid_t tid);
void call_watch_stop(struct call_watch *w);

/* Records in order of time; borrowed until the next start. *@ret_lost: that had no room. */
const struct crumb_watch_seen *call_watch_records(struct call_watch *w, size_t *ret_n,
						  uint64_t *ret_lost);

/*
 * The kernel's code that goes from a system call's number to its handler, where it is a function of its own (x64_sys_call,
 * Linux 6.9 and later): its bytes, which lie at *@ret_addr in the kernel. NULL: there is none or it cannot be read.
 */
const uint8_t *call_watch_dispatcher(struct call_watch *w, uint64_t *ret_addr, size_t *ret_n);

/* Name of a tracepoint, enum crumb_watch_point. */
const char *call_watch_point(unsigned int point);

/* The function around a kernel address, as symbols_function(); NULL unknown. Borrowed. */
const char *call_watch_function(struct call_watch *w, uint64_t addr, uint32_t *ret_offset);

#endif
