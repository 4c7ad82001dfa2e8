// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader: woken, running (kernel/sched/core.c); and the family tree of selected processes. Wake-ups and
 * switches happen everywhere all the time: each program ends after one load unless data of a followed
 * connection became ready on this CPU just before, or a task so woken has not run yet.
 */
#include "body/lock.h"

#define ARMED_NS \
	100000 /* sock_def_readable() wakes within microseconds; after this it was someone else */

static __always_inline void note_apart(struct task_struct *p, const struct woken_entry *w)
{
	__u32 pid = K(p, pid);

	if (bpf_map_update_elem(&woken, &pid, w, BPF_NOEXIST)) {
		/* Woken twice before it ran: a task that wakes itself never left the CPU. */
		if (!bpf_map_update_elem(&woken, &pid, w, BPF_EXIST))
			return;
		count_tasks_full();
		return;
	}
	__sync_fetch_and_add(&crumb_counters.woken_apart, 1);
	__sync_fetch_and_add(&crumb_counters.pending_runs, 1);
}

static __always_inline void note_woken(struct task_struct *p, const struct crumb_armed *armed,
				       __u64 now)
{
	struct task_state *ts;

	ts = task_state_try(p);
	if (!ts) {
		struct woken_entry w = { .ns = now, .flow = armed->flow, .dir = armed->dir };

		note_apart(p, &w);
		return;
	}
	if (!ts->woken_ns)
		__sync_fetch_and_add(&crumb_counters.pending_runs, 1);
	ts->woken_ns = now;
	ts->woken_flow = armed->flow;
	ts->woken_dir = armed->dir;
}

static __always_inline bool take_apart(struct task_struct *next, struct woken_entry *ret)
{
	__u32 pid = K(next, pid);
	struct woken_entry *w;

	if (!crumb_counters.woken_apart)
		return false;
	w = bpf_map_lookup_elem(&woken, &pid);
	if (!w)
		return false;
	*ret = *w;
	bpf_map_delete_elem(&woken, &pid);
	__sync_fetch_and_add(&crumb_counters.woken_apart, -1);
	__sync_fetch_and_add(&crumb_counters.pending_runs, -1);
	return true;
}

/* What @next was woken for, once. False: for nothing of ours. */
static __always_inline bool take_woken(struct task_struct *next, struct woken_entry *ret)
{
	struct task_state *ts = task_state_get(next);
	bool apart = take_apart(next, ret);

	if (!ts || !ts->woken_ns)
		return apart;
	ret->ns = ts->woken_ns;
	ret->flow = ts->woken_flow;
	ret->dir = ts->woken_dir;
	ts->woken_ns = 0;
	__sync_fetch_and_add(&crumb_counters.pending_runs, -1);
	return true;
}

TRACEPOINT(sched_waking, struct task_struct *p)
{
	struct crumb_cpu *cpu = this_cpu();
	struct crumb_ev_wake *e;
	struct crumb_armed *armed;
	__u32 pid = K(p, pid);
	__u64 now;

	if (!reader_marked(pid) && (!cpu || !cpu->armed.flow))
		return 0;
	now = bpf_ktime_get_ns();
	reader_woken(p, now);
	if (!cpu || !cpu->armed.flow)
		return 0;
	armed = &cpu->armed;
	if (now - armed->ns > ARMED_NS) {
		armed->flow = 0;
		return 0;
	}
	note_woken(p, armed, now);
	e = ring_reserve(sizeof(*e), CRUMB_PT_SCHED_WAKE);
	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_WAKE, sizeof(*e), now);
	e->flow = armed->flow;
	e->dir = armed->dir;
	e->pad0[0] = 0;
	e->pad0[1] = 0;
	e->pad0[2] = 0;
	e->tgid = K(p, tgid);
	e->pid = K(p, pid);
	e->by_pid = bpf_get_current_pid_tgid();
	e->pad1 = 0;
	task_comm(e->comm, p);
	ring_submit(e);
	return 0;
}

/* A task leaves the CPU in the middle of a syscall: what is known of that goes with it. */
static __always_inline void call_keep(struct task_struct *task, struct crumb_calling *c)
{
	struct task_state *ts = task_state_try(task);
	__u32 pid = K(task, pid);

	if (ts) {
		call_move(ts, c);
		return;
	}
	if (bpf_map_update_elem(&calls_apart, &pid, c, BPF_NOEXIST))
		count_tasks_full();
	else
		__sync_fetch_and_add(&crumb_counters.calls_apart, 1);
	c->task = 0;
}

static __always_inline void run_record(struct task_struct *next, struct task_struct *prev,
				       const struct woken_entry *w, const struct away *a, __u64 now)
{
	struct crumb_ev_run *e = ring_reserve(sizeof(*e), CRUMB_PT_SCHED_RUN);

	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_RUN, sizeof(*e), now);
	e->flow = w->flow;
	e->dir = w->dir;
	e->pad0[0] = 0;
	e->pad0[1] = 0;
	e->pad0[2] = 0;
	e->tgid = K(next, tgid);
	e->pid = K(next, pid);
	e->prev_pid = K(prev, pid);
	e->woken_ns = w->ns;
	task_comm(e->prev_comm, prev);
	e->by_pid = 0;
	__builtin_memset(e->by_comm, 0, sizeof(e->by_comm));
	if (a) {
		e->by_pid = a->by_pid;
		__builtin_memcpy(e->by_comm, a->by_comm, sizeof(e->by_comm));
	}
	ring_submit(e);
}

TRACEPOINT(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct crumb_cpu *cpu = this_cpu();
	const struct away *a = NULL;
	struct woken_entry w = {};
	bool woken = false, lock;
	__u64 now = 0;

	if (cpu)
		cpu->copied_sk =
			0; /* @prev may go on elsewhere, and a mark left here would hide a later reader's bytes: uncopied.h */
	if (cpu && cpu->calling.task == (__u64)prev)
		call_keep(prev, &cpu->calling);
	lock = !preempt && lock_sleeps(ctx, prev);
	if (crumb_counters.pending_runs)
		woken = take_woken(next, &w);
	if (crumb_counters.readers_waiting || reader_marked(K(prev, pid)) ||
	    reader_marked(K(next, pid))) {
		now = bpf_ktime_get_ns();
		if (crumb_counters.readers_waiting && cpu)
			run_timed(cpu, prev, now);
		reader_leaves(prev, preempt, lock, now);
		a = reader_returns(next, prev, w.flow, now);
	}
	if (woken)
		run_record(next, prev, &w, a, now ? now : bpf_ktime_get_ns());
	return 0;
}

TRACEPOINT(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	__u32 from = K(parent, tgid), to = K(child, tgid);
	__u8 one = 1;

	if (from == to || !bpf_map_lookup_elem(&selected_tasks, &from))
		return 0;
	if (bpf_map_update_elem(&selected_tasks, &to, &one, BPF_ANY))
		count_tasks_full();
	if (crumb_cfg.libc)
		bpf_ringbuf_output(&news, &to, sizeof(to), 0);
	return 0;
}

static __always_inline int task_ends(struct task_struct *p)
{
	struct crumb_calling apart;
	struct woken_entry w;
	__u32 tgid = K(p, tgid);

	take_woken(p, &w);
	call_take_apart(p, &apart);
	if (BPF_CORE_READ(p, signal, live.counter) == 0) /* the last thread, whichever that is */
		bpf_map_delete_elem(&selected_tasks, &tgid);
	task_state_drop(p);
	reader_drop(K(p, pid));
	return 0;
}

TRACEPOINT(sched_process_exit, struct task_struct *p)
{
	return task_ends(p);
}

EVENT(sched, sched_process_exit, sched_process_template)
{
	return task_ends((void *)bpf_get_current_task());
}

/* Done twice it is the same. */
TRACEPOINT_AGAIN(sched_process_exit, sched_process_exit_again, struct task_struct *p)
{
	return task_ends(p);
}
