/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Failures that the return of a call does not tell. Whether a write() was one at a socket only the socket layer knows; a send of io_uring
 * has no call; and a connect() that does not wait has returned long before.
 */
#ifndef CRUMB_BODY_FAILED_H
#define CRUMB_BODY_FAILED_H

#include "body/call.h"

#define EINTR  4
#define EAGAIN 11
#define ERESTARTSYS \
	512 /* from here on: the kernel begins the call again, or says EINTR (include/linux/errno.h) */

/* For good: not "later", not "again". */
static __always_inline bool is_failure(long ret)
{
	return ret < 0 && ret > -ERESTARTSYS && ret != -EINTR && ret != -EAGAIN;
}

#define SOCK_UNKNOWN 1 /* at this address there is none, and nothing is read */

/* The other end of a socket as a struct sockaddr_in or sockaddr_in6; nothing where it has none. @sk may be a number only. */
static __always_inline void peer_name(char *text, const struct sock *sk)
{
	__u16 family = BPF_CORE_READ(sk, __sk_common.skc_family);
	__u16 port = BPF_CORE_READ(sk, __sk_common.skc_dport);
	__u32 addr = BPF_CORE_READ(sk, __sk_common.skc_daddr);
	struct in6_addr six = {};

	if (!port || (family != AF_INET && family != AF_INET6))
		return;
	*(__u16 *)text = family;
	*(__u16 *)(text + 2) = port;
	if (family == AF_INET) {
		*(__u32 *)(text + 4) = addr;
		return;
	}
	six = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);
	__builtin_memcpy(text + 8, &six, sizeof(six));
}

/* What no call returned. */
static __always_inline struct crumb_ev_call *failed_record(__u32 nr, __u64 enter_ns, long ret,
							   const struct sock *sk)
{
	struct crumb_ev_call *e = ring_reserve(sizeof(*e), CRUMB_PT_CALL);
	__u64 id = bpf_get_current_pid_tgid();

	if (!e)
		return NULL;
	event_head(&e->h, CRUMB_EV_CALL, sizeof(*e), bpf_ktime_get_ns());
	e->tgid = id >> 32;
	e->pid = id;
	e->enter_ns = enter_ns;
	e->ret = ret;
	no_args(e->args);
	e->nr = nr;
	e->layer = CRUMB_CALLED_SOCKET;
	e->dir = 0;
	e->flow = 0;
	e->netns = sock_netns(sk);
	e->pad0 = 0;
	__builtin_memset(e->text, 0, sizeof(e->text));
	peer_name(e->text, sk);
	return e;
}

#define TASK_IO_WORKER 0x10 /* PF_IO_WORKER, include/linux/sched.h; since 5.12 */

/* Else it is the kernel that sends in the task's time: to a server whose files it uses (NFS, SMB), for instance. */
static __always_inline bool may_be_io_uring(struct task_struct *task)
{
	return bpf_core_field_exists(task->io_uring) &&
	       (K(task, io_uring) || (K(task, flags) & TASK_IO_WORKER));
}

/* The socket layer returns to a selected task, with an error. Within a syscall that sends, its exit tells; else it is io_uring's. */
static __always_inline void send_fails(const struct sock *sk, int ret)
{
	__u16 family = K(sk, __sk_common.skc_family);
	struct task_struct *task;
	struct crumb_ev_call *e;
	struct task_state *ts;

	if (!is_failure(ret) || (family != AF_INET && family != AF_INET6))
		return;
	task = task_now();
	if (!task_selected(task))
		return;
	ts = task_state_get(task);
	if (ts && ts->in_call && call_kind(ts->nr) == CALL_SEND) {
		ts->failed_sk = (__u64)sk;
		return;
	}
	e = may_be_io_uring(task) ? failed_record(__NR_io_uring_enter, 0, ret, sk) : NULL;
	if (!e)
		return;
	task_comm(e->comm, task);
	ring_submit(e);
}

/* A selected task's socket begins to connect, in its own time. */
static __always_inline void connect_asked(const struct sock *sk)
{
	struct task_struct *task = task_now();
	struct connecting c = { .ns = bpf_ktime_get_ns() };
	__u64 key = (__u64)sk;

	if (!task_selected(task))
		return;
	c.tgid = K(task, tgid);
	c.pid = K(task, pid);
	task_comm(c.comm, task);
	bpf_map_update_elem(&connecting, &key, &c, BPF_ANY);
}

/* It does so no longer. Whether its call waits for that the records of both tell (src/journey/failed.c). */
static __always_inline void connect_ends(const struct sock *sk)
{
	int err = K(sk, sk_err);
	__u64 key = (__u64)sk;
	struct connecting *c = bpf_map_lookup_elem(&connecting, &key);
	struct crumb_ev_call *e;

	if (!c)
		return;
	e = err ? failed_record(__NR_connect, c->ns, -err, sk) : NULL;
	if (e) {
		e->tgid = c->tgid;
		e->pid = c->pid;
		__builtin_memcpy(e->comm, c->comm, sizeof(e->comm));
		ring_submit(e);
	}
	bpf_map_delete_elem(&connecting, &key);
}

#endif
