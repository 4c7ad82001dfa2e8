/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls: which syscalls matter, and the records written when one returns. */
#ifndef CRUMB_BODY_CALL_H
#define CRUMB_BODY_CALL_H

#include "body/process.h"
#include "body/stack.h"

#ifdef __TARGET_ARCH_x86
#include <asm/unistd_64.h>
#else
#include <asm/unistd.h>
#endif

enum call_kind {
	CALL_OTHER,
	CALL_SEND,
	CALL_RECV,
	CALL_SETUP, /* socket, connect ...: no bytes, recorded for selected tasks */
};

/* Ordered so that the frequent ones are found first; the compiler makes a jump table or a bit test of it. */
static __always_inline enum call_kind call_kind(__u32 nr)
{
	switch (nr) {
	case __NR_write:
	case __NR_writev:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_sendfile:
	case __NR_splice:
	case __NR_pwritev2:
		return CALL_SEND;
	case __NR_read:
	case __NR_readv:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_recvmmsg:
	case __NR_preadv2:
		return CALL_RECV;
	case __NR_socket:
	case __NR_connect:
	case __NR_accept:
	case __NR_accept4:
	case __NR_bind:
	case __NR_listen:
	case __NR_shutdown:
	case __NR_close:
		return CALL_SETUP;
	default:
		return CALL_OTHER;
	}
}

/* One call, several messages: each sock_sendmsg stands for itself. */
static __always_inline bool call_is_multi(__u32 nr)
{
	return nr == __NR_sendmmsg;
}

/*
 * The argument registers as they were at the syscall instruction: entry saved them below the kernel stack, and no one
 * writes there before the call returns. So they are read only when a record needs them.
 */
static __always_inline void call_args(const struct task_state *ts, struct task_struct *task,
				      __u64 *args)
{
#ifdef CRUMB_UNTYPED
	const struct pt_regs___k *regs = (const void *)ts->regs;
#else
	const struct pt_regs___k *regs = (const void *)bpf_task_pt_regs(task);
#endif

#ifdef __TARGET_ARCH_x86
	args[0] = K(regs, di);
	args[1] = K(regs, si);
	args[2] = K(regs, dx);
	args[3] = K(regs, r10);
	args[4] = K(regs, r8);
	args[5] = K(regs, r9);
#else
	args[0] = K(regs, orig_x0); /* regs[0] holds the return value by then */
	args[1] = K(regs, regs[1]);
	args[2] = K(regs, regs[2]);
	args[3] = K(regs, regs[3]);
	args[4] = K(regs, regs[4]);
	args[5] = K(regs, regs[5]);
#endif
}

static __always_inline void no_args(__u64 *args)
{
	__builtin_memset(args, 0, 6 * sizeof(*args));
}

static __always_inline bool call_peeks(const struct task_state *ts, struct task_struct *task)
{
	__u64 args[6];

	if (!ts->in_call ||
	    (ts->nr != __NR_recvfrom && ts->nr != __NR_recvmmsg && ts->nr != __NR_recvmsg))
		return false;
	call_args(ts, task, args);
	return args[ts->nr == __NR_recvmsg ? 2 : 3] & MSG_PEEK;
}

static __always_inline bool in_libc(const struct task_state *ts)
{
	return ts->libc_func && !crumb_counters.libc_off;
}

static __always_inline __u8 call_flags(const struct task_state *ts, const struct task_struct *task,
				       __u32 netns)
{
	__u8 flags = 0;

	if ((tasks_asked() || (crumb_cfg.select & CRUMB_SELECT_NETNS)) && task_selected(task) &&
	    netns_selected(netns))
		flags |= CRUMB_CALL_SELECTED;
	if (in_libc(ts))
		flags |= CRUMB_CALL_LIBC;
	return flags;
}

static __always_inline void libc_carries(struct task_state *ts, __u32 flow, __u8 dir)
{
	if (!in_libc(ts))
		return;
	ts->libc_flow = flow;
	ts->libc_dir = dir;
}

/* Another thread's bytes came between: what this call has so far is an extent of its own. */
static __always_inline void extent_record(const struct task_state *ts, __u16 type)
{
	bool send = type == CRUMB_EV_SEND_EXTENT;
	__u64 id = bpf_get_current_pid_tgid();
	struct crumb_ev_extent *e;

	e = ring_reserve(sizeof(*e), send ? CRUMB_PT_TCP_APPEND : CRUMB_PT_SOCK_COPY);
	if (!e)
		return;
	event_head(&e->h, type, sizeof(*e), bpf_ktime_get_ns());
	e->flow = send ? ts->send_flow : ts->recv_flow;
	e->dir = send ? ts->send_dir : ts->recv_dir;
	e->flags = send ? ts->send_flags : ts->recv_flags;
	e->pad0 = 0;
	e->tgid = id >> 32;
	e->pid = id;
	e->seq = send ? ts->send_seq : ts->recv_seq;
	e->bytes = send ? ts->send_bytes : ts->recv_bytes;
	ring_submit(e);
}

/* --deep: @ns if it is of the call that the task is in, else 0. */
static __always_inline __u64 in_this_call(const struct task_state *ts, __u64 ns)
{
	return ts->in_call && ns >= ts->enter_ns ? ns : 0;
}

/* @now 0: take the time here (there is no syscall exit to wait for). */
static __always_inline void send_finish(struct task_state *ts, __u64 now, __s64 ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	bool ignored = ts->send_active == SEND_IGNORED;
	struct crumb_ev_send_end *e;

	ts->send_active = 0;
	if (ignored)
		return;
	if (ts->append_open) { /* its return was missed: a kretprobe has a limited number of instances */
		ts->append_open = 0;
		ts->send_flags |= CRUMB_CALL_INFERRED;
		if (ret > (__s64)ts->send_bytes)
			ts->send_bytes = ret;
	}
	e = ring_reserve(sizeof(*e), CRUMB_PT_SYS_SEND_RETURN);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_SEND_END, sizeof(*e), now ? now : bpf_ktime_get_ns());
	e->flow = ts->send_flow;
	e->dir = ts->send_dir;
	e->flags = ts->send_flags;
	e->nr = ts->in_call ? ts->nr : CRUMB_CALL_NO_NR;
	e->tgid = id >> 32;
	e->pid = id;
	e->sock_ns = ts->send_sock_ns;
	e->ret = ret;
	e->seq = ts->send_seq;
	e->bytes = ts->send_bytes;
	e->append_ns = ts->turn_ns;
	e->slept_ns = ts->slept_ns;
	e->sleeps = ts->sleeps;
	e->pad0 = 0;
	ring_submit(e);
	ts->send_sock_ns = 0;
}

static __always_inline void recv_finish(struct task_state *ts, __u64 now, __s64 ret)
{
	struct task_struct *task = task_now();
	struct crumb_ev_recv *e;

	ts->recv_active = 0;
	if (!now)
		now = bpf_ktime_get_ns();
	process_tell(ts, now);
	e = ring_reserve(sizeof(*e), CRUMB_PT_SYS_RECV_RETURN);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_RECV, sizeof(*e), now);
	e->flow = ts->recv_flow;
	e->dir = ts->recv_dir;
	e->flags = ts->recv_flags;
	e->nr = ts->in_call ? ts->nr : CRUMB_CALL_NO_NR;
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	e->enter_ns = ts->in_call ? ts->enter_ns : 0;
	e->libc_ns = in_libc(ts) ? ts->libc_ns : 0;
	e->copy_ns = ts->recv_copy_ns;
	e->sock_ns = ts->recv_sock_ns;
	if (ts->in_call)
		call_args(ts, task, e->args);
	else
		no_args(e->args);
	e->ret = ret;
	e->seq = ts->recv_seq;
	e->bytes = ts->recv_bytes;
	e->first_copy_bytes = ts->recv_first;
	e->netns = ts->recv_netns;
	task_comm(e->comm, task);
	e->tcp_ns = in_this_call(ts, ts->tcp_recv_ns);
	e->lock_ns = ts->recv_lock_ns;
	e->lock_until_ns = ts->recv_lock_until_ns;
	ring_submit(e);
	ts->recv_sock_ns = 0;
}

#endif
