/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call that waits for its socket's lock (net/core/sock.c). No tracepoint tells of it, but the thread leaves its CPU: uninterruptibly, in
 * a call that sends or reads and has neither appended nor copied yet, and with lock_sock_nested() in its stack, which sleeps for nothing
 * else. Which sleep it is, is read off the stack and nothing else: a page that is missing, memory, a full send buffer are no lock.
 *
 * The wait is from the first such sleep until the last wake-up, of which the other end of release_sock() is the cause. If the thread
 * sleeps for something else behind it, before it appends or copies, nothing is told.
 */
#ifndef CRUMB_BODY_LOCK_H
#define CRUMB_BODY_LOCK_H

#include "body/reader.h"

#define LOCK_FRAMES	     12 /* from the program up; lock_sock_nested() is the sixth to eighth */
#define TASK_UNINTERRUPTIBLE 2	/* include/linux/sched.h; just that: __lock_sock() adds nothing */

/* Is lock_sock_nested() among the running task's innermost frames? */
static __always_inline bool in_lock_sock(void *ctx)
{
	__u64 ip[LOCK_FRAMES] = {}, from = crumb_cfg.lock_from;
	__u32 i;

	if (bpf_get_stack(ctx, ip, sizeof(ip), 0) < 0)
		return false;
#pragma unroll
	for (i = 0; i < LOCK_FRAMES; i++)
		if (ip[i] - from < crumb_cfg.lock_bytes)
			return true;
	return false;
}

/* Has its call come so far that it may wait for the lock, and no further? */
static __always_inline bool may_want_lock(const struct task_state *ts)
{
	enum call_kind kind;

	if (!ts->in_call || ts->send_active || ts->recv_active || ts->dgram_active)
		return false;
	kind = call_kind(ts->nr);
	return kind == CALL_SEND || kind == CALL_RECV;
}

/* sched_switch, before reader_leaves(): @prev, the running task, goes to sleep. For its socket's lock? */
static __always_inline bool lock_sleeps(void *ctx, struct task_struct *prev)
{
	struct task_state *ts;
	struct reader *r;

	if (!crumb_cfg.lock_bytes || task_state_bits(prev) != TASK_UNINTERRUPTIBLE)
		return false;
	ts = task_state_get(prev);
	if (!ts || !may_want_lock(ts) || !in_lock_sock(ctx))
		return false;
	r = reader_make(K(prev, pid)); /* it is marked from now on: what else it sleeps for is seen */
	if (!r)
		return false;
	if (!in_this_call(ts, r->lock_ns))
		r->lock_ns = bpf_ktime_get_ns();
	r->lock_until_ns = 0;
	r->lock_open = 1;
	ts->lock_hint = 1;
	return true;
}

#endif
