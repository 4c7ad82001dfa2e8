// SPDX-License-Identifier: GPL-2.0-only
/*
 * The boundary: syscall entry and exit (kernel/entry/common.c) and the libc functions above it (uprobes in the
 * traced processes). An entry only notes the time and the registers; a record is written when the call returns
 * and turned out to carry bytes of a followed connection.
 */
#include <linux/bpf.h>

#include "body/dgram_call.h"
#include "body/failed.h"
#include "body/reader.h"

/* Who takes a connection may read from it. Also seen at the end of a call that began before us, where that is cheap. */
static __always_inline bool call_accepts(long nr)
{
	return nr == __NR_accept4 || nr == __NR_accept;
}

static __always_inline int call_enters(struct pt_regs *regs, long nr)
{
	enum call_kind kind = call_kind(nr);
	struct task_struct *task;
	struct task_state *ts;
	struct crumb_cpu *cpu;
	bool selected;
	__u64 call;

	if (kind == CALL_OTHER)
		return 0;
	task = task_now();
	selected = tasks_asked() && task_selected(task);
	if (call_accepts(nr))
		reader_expect(K(task, pid));
	if (kind == CALL_SETUP && !selected)
		return 0;
	call = (__u32)nr | 1ull << 32 | (__u64)selected << 40; /* nr, in_call, selected */
	cpu = this_cpu();
	/*
	 * Where this program can be preempted, the place is not the task's alone: the next task's entry would be found in it,
	 * half written, by either of them.
	 */
	if (!selected && cpu && !crumb_cfg.calls_preempted) {
		cpu->calling.task = (__u64)task;
		cpu->calling.enter_ns = bpf_ktime_get_ns();
		cpu->calling.call = call;
		cpu->calling.regs = (__u64)regs;
		return 0;
	}
	ts = task_state_make(task);
	if (!ts)
		return 0;
	ts->enter_ns = bpf_ktime_get_ns();
	ts->call = call;
	if (TASKS_IN_MAP)
		ts->regs = (__u64)regs;
	return 0;
}

TRACEPOINT(sys_enter, struct pt_regs *regs, long nr)
{
	call_enters(regs, nr);
	first_ran(CRUMB_TWIN_ENTER);
	return 0;
}

/* Since 7.0 a syscall's tracepoints can be preempted, and the next task's programs are skipped then. */
TRACEPOINT_AGAIN(sys_enter, sys_enter_again, struct pt_regs *regs, long nr)
{
	return first_skipped(CRUMB_TWIN_ENTER) ? call_enters(regs, nr) : 0;
}

static __always_inline int event_enters(long nr)
{
	return call_enters((void *)bpf_task_pt_regs(bpf_get_current_task_btf()), nr);
}

EVENT(raw_syscalls, sys_enter, sys_enter)
{
	return event_enters(ctx->id);
}

EVENT_AGAIN(raw_syscalls, sys_enter, sys_enter)
{
	return first_skipped(CRUMB_TWIN_ENTER) ? event_enters(ctx->id) : 0;
}

#define NAME_BYTES  28 /* struct sockaddr_in6 */
#define NAME4_BYTES 16

/* The address that the program gave; a shorter one may end where its memory does. */
static __always_inline bool call_name(struct crumb_ev_call *e)
{
	const void *name = NULL;

	switch (e->nr) {
	case __NR_connect:
	case __NR_bind:
		name = (const void *)e->args[1];
		break;
	case __NR_sendto:
		name = (const void *)e->args[4];
		break;
	case __NR_sendmsg: /* msg_name is first in struct msghdr */
		bpf_probe_read_user(&name, sizeof(name), (const void *)e->args[1]);
		break;
	}
	if (name && bpf_probe_read_user(e->text, NAME_BYTES, name))
		bpf_probe_read_user(e->text, NAME4_BYTES, name);
	return name;
}

/* A call that would have sent: it is one at a socket for sure, or the socket layer has said so, and failed for good. */
static __always_inline bool send_failed(const struct task_state *ts, long ret)
{
	if (!ts->selected || !is_failure(ret))
		return false;
	return ts->failed_sk || ts->nr == __NR_sendto || ts->nr == __NR_sendmsg ||
	       ts->nr == __NR_sendmmsg;
}

static __always_inline void call_record(const struct task_state *ts, __u64 now, __s64 ret, __u8 layer)
{
	struct task_struct *task = task_now();
	bool libc = layer == CRUMB_CALLED_LIBC;
	struct crumb_ev_call *e;

	e = ring_reserve(sizeof(*e), CRUMB_PT_CALL);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_CALL, sizeof(*e), now);
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	e->enter_ns = libc ? ts->libc_ns : ts->enter_ns;
	e->ret = ret;
	if (libc)
		copy_args(e->args, ts->libc_args);
	else
		call_args(ts, task, e->args);
	e->nr = libc ? ts->libc_func : ts->nr;
	e->layer = layer;
	e->dir = libc ? ts->libc_dir : 0;
	e->flow = libc ? ts->libc_flow : 0;
	e->netns = 0;
	e->pad0 = 0;
	task_comm(e->comm, task);
	__builtin_memset(e->text, 0, sizeof(e->text));
	if (!libc && !call_name(e) && ts->failed_sk)
		peer_name(e->text, (const struct sock *)ts->failed_sk);
	ring_submit(e);
}

/* A selected task bound a socket: if it is one of UDP, what arrives for that port is asked for. */
static __always_inline void udp_bound(const struct task_state *ts, struct task_struct *task)
{
	__u16 name[2] = {}; /* sockaddr_in and sockaddr_in6 alike: family, port */
	__u64 args[6];

	if (!crumb_cfg.udp)
		return;
	call_args(ts, task, args);
	if (bpf_probe_read_user(name, sizeof(name), (const void *)args[1]) || !name[1] ||
	    (name[0] != AF_INET && name[0] != AF_INET6))
		return;
	listen_to(BPF_CORE_READ(task, nsproxy, net_ns, ns.inum), bpf_ntohs(name[1]),
		  CRUMB_LISTEN_UDP);
}

static __always_inline int call_leaves(long ret)
{
	struct task_struct *task = task_now();
	struct crumb_cpu *cpu = this_cpu();
	struct crumb_calling apart;
	struct task_state *ts;
	bool tell = false;
	__u64 now;

	if (cpu && cpu->calling.task == (__u64)task) { /* nothing happened in it */
		cpu->calling.task = 0;
		return 0;
	}
	if (call_take_apart(task, &apart)) /* likewise */
		return 0;
	ts = task_state_get(task);
	if (!ts || !ts->in_call)
		return 0;
	if (ts->dgram_active) {
		/* DGRAM_SEEN: dropped, and the socket layer was not seen to return */
		if (ts->dgram_active != DGRAM_SEEN)
			dgram_finish(ts, bpf_ktime_get_ns(), ret);
		ts->dgram_active = 0;
	} else if (ts->send_active || ts->recv_active) {
		now = bpf_ktime_get_ns();
		if (ts->send_active)
			send_finish(ts, now, ret);
		if (ts->recv_active)
			recv_finish(ts, now, ret);
	} else if (ts->selected && call_kind(ts->nr) == CALL_SETUP) {
		if (ts->nr == __NR_bind && ret == 0)
			udp_bound(ts, task);
		ts->connect_sk = 0;
		tell = true;
	}
	if (tell || send_failed(ts, ret))
		call_record(ts, bpf_ktime_get_ns(), ret, CRUMB_CALLED_SYSCALL);
	ts->failed_sk = 0;
	ts->in_call = 0;
	return 0;
}

TRACEPOINT(sys_exit, struct pt_regs *regs, long ret)
{
#ifndef CRUMB_UNTYPED
	if (call_accepts(call_number((const void *)regs)) && ret >= 0)
		reader_expect(bpf_get_current_pid_tgid());
#endif
	call_leaves(ret);
	first_ran(CRUMB_TWIN_EXIT);
	return 0;
}

TRACEPOINT_AGAIN(sys_exit, sys_exit_again, struct pt_regs *regs, long ret)
{
	return first_skipped(CRUMB_TWIN_EXIT) ? call_leaves(ret) : 0;
}

EVENT(raw_syscalls, sys_exit, sys_exit)
{
	call_leaves(ctx->ret);
	return 0;
}

EVENT_AGAIN(raw_syscalls, sys_exit, sys_exit)
{
	if (first_skipped(CRUMB_TWIN_EXIT))
		call_leaves(ctx->ret);
	return 0;
}

/* ---------------------------------------------------------------------------------------------- libc */

static __always_inline void getaddrinfo_enter(struct task_state *ts, struct pt_regs *ctx)
{
	long n;

	ts->gai_ns = bpf_ktime_get_ns();
	ts->gai_active = 1;
	ts->gai_args[0] = PT_REGS_PARM1(ctx);
	ts->gai_args[1] = PT_REGS_PARM2(ctx);
	ts->gai_args[2] = PT_REGS_PARM3(ctx);
	ts->gai_args[3] = PT_REGS_PARM4(ctx);
	__builtin_memset(ts->gai_text, 0, sizeof(ts->gai_text));
	n = bpf_probe_read_user_str(ts->gai_text, 48, (void *)PT_REGS_PARM1(ctx));
	if (n <= 0)
		n = 1;
	n = (n - 1) & 63;
	if (n > 47)
		return;
	ts->gai_text[n] = '\t';
	bpf_probe_read_user_str(ts->gai_text + n + 1, 16, (void *)PT_REGS_PARM2(ctx));
}

SEC("?uprobe")
int PROGRAM(libc_enter)(struct pt_regs *ctx)
{
	struct task_struct *task = task_now();
	__u32 func = bpf_get_attach_cookie(ctx);
	struct task_state *ts;

	__sync_fetch_and_add(&crumb_counters.libc_calls, 1);
	if (!task_selected(task))
		return 0;
	ts = task_state_make(task);
	if (!ts)
		return 0;
	if (func == CRUMB_LIBC_GETADDRINFO) {
		getaddrinfo_enter(ts, ctx);
		return 0;
	}
	ts->libc_args[0] = PT_REGS_PARM1(ctx);
	ts->libc_args[1] = PT_REGS_PARM2(ctx);
	ts->libc_args[2] = PT_REGS_PARM3(ctx);
	ts->libc_args[3] = PT_REGS_PARM4(ctx);
	ts->libc_args[4] = PT_REGS_PARM5(ctx);
	ts->libc_args[5] = 0;
	ts->libc_flow = 0;
	ts->libc_func = func;
	ts->libc_ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline bool libc_sets_up(__u32 func)
{
	return func == CRUMB_LIBC_SOCKET || func == CRUMB_LIBC_CONNECT ||
	       func == CRUMB_LIBC_ACCEPT || func == CRUMB_LIBC_ACCEPT4 || func == CRUMB_LIBC_CLOSE;
}

static __always_inline void getaddrinfo_return(struct task_state *ts, __u64 now, __s64 ret)
{
	struct task_struct *task = task_now();
	struct crumb_ev_call *e;

	ts->gai_active = 0;
	e = ring_reserve(sizeof(*e), CRUMB_PT_CALL);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_CALL, sizeof(*e), now);
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	e->enter_ns = ts->gai_ns;
	e->ret = ret;
	copy_args(e->args, ts->gai_args);
	e->nr = CRUMB_LIBC_GETADDRINFO;
	e->layer = CRUMB_CALLED_LIBC;
	e->dir = 0;
	e->flow = 0;
	e->netns = 0;
	e->pad0 = 0;
	task_comm(e->comm, task);
	__builtin_memcpy(e->text, ts->gai_text, sizeof(e->text));
	ring_submit(e);
}

SEC("?uretprobe")
int PROGRAM(libc_return)(struct pt_regs *ctx)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 func = bpf_get_attach_cookie(ctx);
	struct task_state *ts;

	ts = task_state_get(task_now());
	if (!ts)
		return 0;
	if (func == CRUMB_LIBC_GETADDRINFO) {
		if (ts->gai_active)
			getaddrinfo_return(ts, now, (int)PT_REGS_RC(ctx));
		return 0;
	}
	if (ts->libc_func != func)
		return 0;
	if (ts->libc_flow || (libc_sets_up(func) && !ts->gai_active))
		call_record(ts, now,
			    libc_sets_up(func) ? (int)PT_REGS_RC(ctx) : (long)PT_REGS_RC(ctx),
			    CRUMB_CALLED_LIBC);
	ts->libc_func = 0;
	ts->libc_flow = 0;
	return 0;
}
