/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a reader did while bytes lay in its socket's queue: when it was off its CPU, asleep or only runnable, and who had the
 * CPU. A thread becomes a reader when it accepts, sends or receives on a followed connection. Its absences stay here, and are
 * told when it reads bytes that had been ready for a while before it asked; what is put into the stream without need is the
 * most frequent case: asleep for these very bytes, woken, running (CRUMB_EV_WAKE, CRUMB_EV_RUN).
 *
 * Every other task costs a byte loaded at a switch or a wake-up.
 */
#ifndef CRUMB_BODY_READER_H
#define CRUMB_BODY_READER_H

#include "body/call.h"

#define AWAY_GRAIN_NS 250000ull /* absences so near to one another are put together first */
#define WAITED_NS     20000 /* bytes that were ready for less before recv was called need no history */

static __always_inline bool reader_marked(__u32 pid)
{
	return crumb_readers[pid & (CRUMB_READER_MARKS - 1)];
}

static __always_inline struct reader *reader_get(__u32 pid)
{
	return reader_marked(pid) ? bpf_map_lookup_elem(&readers, &pid) : NULL;
}

/* The history of thread @pid is kept from now on. */
static __always_inline struct reader *reader_make(__u32 pid)
{
	struct reader *r = reader_get(pid);

	if (r)
		return r;
	bpf_map_update_elem(&readers, &pid, (const void *)&crumb_zeroes, BPF_NOEXIST);
	r = bpf_map_lookup_elem(&readers, &pid);
	if (!r)
		return NULL;
	r->since_ns = bpf_ktime_get_ns();
	crumb_readers[pid & (CRUMB_READER_MARKS - 1)] = 1;
	return r;
}

/* It may become one: cheap enough for every call. */
static __always_inline void reader_expect(__u32 pid)
{
	if (!reader_marked(pid))
		reader_make(pid);
}

static __always_inline void reader_drop(__u32 pid)
{
	if (!reader_marked(pid))
		return;
	bpf_map_delete_elem(&readers, &pid);
	crumb_readers[pid & (CRUMB_READER_MARKS - 1)] =
		0; /* another's of this mark is made anew when it reads */
}

/* @b, which comes behind @a, goes into it: it stands for the time of both, and says what the longer one was. */
static __always_inline void away_join(struct away *a, const struct away *b)
{
	if (b->slept_ns + b->waited_ns > a->slept_ns + a->waited_ns) {
		a->nr = b->nr;
		a->flags = b->flags;
		a->by_pid = b->by_pid;
		a->arg0 = b->arg0;
		__builtin_memcpy(a->by_comm, b->by_comm, sizeof(a->by_comm));
	}
	a->on_ns = b->on_ns;
	a->slept_ns += b->slept_ns;
	a->waited_ns += b->waited_ns;
	a->times += b->times;
}

/*
 * The @i th absence goes into the last of those that are packed, if that is near, or behind it. How many are packed so far is kept in
 * the map: the verifier takes what it loads from there for any number. In a register it would follow all ways of joining them one by
 * one, 641,000 instructions. And a global function, verified once, not at each turn: where the kernel knows those, 700 instead of 8,000.
 */
__weak __noinline int away_pack(struct reader *r, __u32 i)
{
	const struct away *e;
	struct away *last;
	__u64 grain;
	__u32 n;

	if (!r)
		return 0;
	grain = AWAY_GRAIN_NS << ((r->grain & 15) * 2);
	e = &r->away[i & (CRUMB_AWAYS - 1)];
	n = *(volatile __u32 *)&r->count;
	last = &r->away[(n - 1) & (CRUMB_AWAYS - 1)];
	if (e->on_ns - last->off_ns <= grain) {
		away_join(last, e);
		return 0;
	}
	r->away[n & (CRUMB_AWAYS - 1)] = *e;
	r->count = n + 1;
	return 0;
}

/*
 * Room for newer ones: neighbours that lie within a grain of time become one. The grain begins small and grows while there is
 * too little room, so a long sleep stays apart from the short absences behind it.
 */
static __always_inline void aways_pack(struct reader *r)
{
	volatile __u32 *count = &r->count;
	__u32 i, n;

	*count = 1;
	for (i = 1; i < CRUMB_AWAYS; i++)
		away_pack(r, i);
	n = *count;
	if (n > CRUMB_AWAYS / 2 && r->grain < 15)
		r->grain++;
	if (n == CRUMB_AWAYS) {
		away_join(&r->away[CRUMB_AWAYS - 2], &r->away[CRUMB_AWAYS - 1]);
		*count = n - 1;
	}
}

static __always_inline long call_number(const struct pt_regs___k *regs)
{
#ifdef __TARGET_ARCH_x86
	return K(regs, orig_ax);
#else
	return K(regs, syscallno);
#endif
}

/* The registers of @task at its entry into the kernel; orig_ax: the syscall it is in, negative for an interrupt. */
static __always_inline void away_call(struct task_struct *task, struct away *a)
{
#if defined(CRUMB_UNTYPED) && defined(__TARGET_ARCH_x86)
	/* No helper tells where they are; what is found there must look like them. */
	const struct pt_regs___k *regs =
		K(task, stack) + TASK_STACK_BYTES - bpf_core_type_size(struct pt_regs___k);
	long nr = (K(regs, cs) & 3) == 3 ? call_number(regs) : -1;
#elif defined(CRUMB_UNTYPED)
	const struct pt_regs___k *regs = NULL;
	long nr = -1;
#else
	const struct pt_regs___k *regs = (const void *)bpf_task_pt_regs(task);
	long nr = call_number(regs);
#endif
	a->nr = nr < 0 || nr >= CRUMB_CALL_NO_NR ? CRUMB_CALL_NO_NR : nr;
	a->arg0 = 0;
	if (a->nr == CRUMB_CALL_NO_NR)
		return;
#ifdef __TARGET_ARCH_x86
	a->arg0 = K(regs, di);
#else
	a->arg0 = K(regs, orig_x0);
#endif
}

/* include/linux/sched.h, the same in all kernels that have them */
#define TASK_STOPPED_BITS (0x4 | 0x8) /* __TASK_STOPPED, __TASK_TRACED */
#define TASK_FROZEN	  0x8000      /* since 6.1: cgroup version 1 */

static __always_inline __u32 task_state_bits(const struct task_struct *task)
{
	const struct task_struct___513 *old = (const void *)task;

	if (bpf_core_field_exists(old->state))
		return BPF_CORE_READ(old, state);
	return K(task, __state);
}

/* Why @task, which leaves its CPU in @state, is held by somebody else than itself: CRUMB_AWAY_*. */
static __always_inline __u8 task_held(const struct task_struct *task, __u32 state)
{
	if (state & TASK_STOPPED_BITS)
		return CRUMB_AWAY_STOPPED;
	if (state & TASK_FROZEN)
		return CRUMB_AWAY_FROZEN;
	if (state && bpf_core_field_exists(task->frozen) &&
	    BPF_CORE_READ_BITFIELD_PROBED(task, frozen))
		return CRUMB_AWAY_FROZEN;
	return 0;
}

/*
 * A reader waits for a CPU from now on: until it has one, switches are timed. What an atomic addition found is not asked for:
 * until Linux 5.12 the verifier refuses it (BPF_FETCH). Two that begin at once both set the time, to the same but for their order.
 */
static __always_inline void wait_begins(__u64 now)
{
	if (!crumb_counters.readers_waiting)
		crumb_counters.waiting_since_ns = now;
	__sync_fetch_and_add(&crumb_counters.readers_waiting, 1);
}

/* sched_switch while readers wait: who has had this CPU longest meanwhile? */
static __always_inline void run_timed(struct crumb_cpu *cpu, struct task_struct *prev, __u64 now)
{
	__u64 since = crumb_counters.waiting_since_ns, ran;

	if (cpu->longest_of_ns != since) {
		cpu->longest_of_ns = since;
		cpu->longest_ns = 0;
	}
	ran = now - (cpu->switch_ns > since ? cpu->switch_ns : since);
	cpu->switch_ns = now;
	if ((__s64)ran <= (__s64)cpu->longest_ns || !K(prev, pid))
		return;
	cpu->longest_ns = ran;
	cpu->longest_end_ns = now;
	cpu->longest_pid = K(prev, pid);
	task_comm(cpu->longest_comm, prev);
}

/* The wait is over: behind whom was it? */
static __always_inline void wait_ends(const struct crumb_cpu *cpu, struct away *a,
				      struct task_struct *prev, __u64 now)
{
	__sync_fetch_and_add(&crumb_counters.readers_waiting, -1);
	if (cpu && cpu->longest_ns && cpu->longest_end_ns > now - a->waited_ns) {
		a->by_pid = cpu->longest_pid;
		__builtin_memcpy(a->by_comm, cpu->longest_comm, sizeof(a->by_comm));
		return;
	}
	a->by_pid = K(prev, pid);
	task_comm(a->by_comm, prev);
}

/* sched_switch: @prev leaves its CPU; @lock: asleep for its socket's lock (body/lock.h). */
static __always_inline void reader_leaves(struct task_struct *prev, bool preempt, bool lock, __u64 now)
{
	struct reader *r = reader_get(K(prev, pid));
	__u32 state;
	struct away *a;

	if (!r)
		return;
	if (r->count >= CRUMB_AWAYS)
		aways_pack(r);
	a = &r->away[r->count & (CRUMB_AWAYS - 1)];
	r->wake_ns = 0;
	r->away_open = 1;
	state = preempt ? 0 : task_state_bits(prev);
	r->asleep = state != 0;
	if (r->asleep && !lock)
		r->lock_ns = 0; /* for something else */
	a->flags = task_held(prev, state);
	a->off_ns = now;
	a->on_ns = 0;
	a->slept_ns = 0;
	a->waited_ns = 0;
	a->times = 1;
	a->by_pid = 0;
	if (!r->asleep)
		wait_begins(now);
	away_call(prev, a);
}

/* sched_waking: from now on it waits for a CPU. */
static __always_inline void reader_woken(struct task_struct *task, __u64 now)
{
	struct reader *r = reader_get(K(task, pid));

	if (!r || !r->away_open || !r->asleep || r->wake_ns)
		return;
	r->wake_ns = now;
	if (r->lock_open)
		r->lock_until_ns = now;
	r->lock_open = 0;
	wait_begins(now);
}

/* sched_switch: @next has a CPU again, which @prev leaves, for data of @flow (0: not). Behind whom it waited. */
static __always_inline const struct away *reader_returns(struct task_struct *next,
							 struct task_struct *prev, __u32 flow,
							 __u64 now)
{
	struct reader *r = reader_get(K(next, pid));
	struct away *a;

	if (!r || !r->away_open)
		return NULL;
	r->away_open = 0;
	a = &r->away[r->count & (CRUMB_AWAYS - 1)];
	a->on_ns = now;
	if (r->asleep)
		a->slept_ns = (r->wake_ns ? r->wake_ns : now) - a->off_ns;
	a->waited_ns = now - a->off_ns - a->slept_ns;
	if (!r->asleep || r->wake_ns)
		wait_ends(this_cpu(), a, prev, now);
	r->told_flow = flow;
	r->count++;
	return a;
}

/* The running task's call goes on to append, or to copy: since when did it wait for its socket's lock, until when? 0: it did not. */
static __always_inline __u64 lock_waited(struct task_state *ts, __u64 *ret_until)
{
	struct reader *r;
	__u64 since;

	*ret_until = 0;
	if (!ts->lock_hint)
		return 0;
	ts->lock_hint = 0;
	r = reader_get((__u32)bpf_get_current_pid_tgid());
	if (!r)
		return 0;
	since = in_this_call(ts, r->lock_ns);
	r->lock_ns = 0;
	if (since)
		*ret_until = r->lock_until_ns;
	return since;
}

/* @a NULL: only that nothing is missing from @since on. A global function, verified once, not for each absence. */
__weak __noinline int away_record(const struct away *a, __u64 since, __u32 flow, __u32 dir, __u64 now)
{
	struct crumb_ev_away *e = ring_reserve(sizeof(*e), CRUMB_PT_SCHED_OFF);
	__u64 id = bpf_get_current_pid_tgid();

	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_AWAY, sizeof(*e), now);
	e->flow = flow;
	e->dir = dir;
	e->flags = a ? a->flags : 0;
	e->tgid = id >> 32;
	e->pid = id;
	if (!a) {
		e->nr = CRUMB_CALL_NO_NR;
		e->off_ns = since;
		e->on_ns = now;
		e->slept_ns = 0;
		e->waited_ns = 0;
		e->arg0 = 0;
		e->times = 0;
		e->by_pid = 0;
		__builtin_memset(e->by_comm, 0, sizeof(e->by_comm));
		ring_submit(e);
		return 0;
	}
	e->nr = a->nr;
	e->off_ns = a->off_ns;
	e->on_ns = a->on_ns;
	e->slept_ns = a->slept_ns;
	e->waited_ns = a->waited_ns;
	e->arg0 = a->arg0;
	e->times = a->times;
	e->by_pid = a->by_pid;
	__builtin_memcpy(e->by_comm, a->by_comm, sizeof(e->by_comm));
	ring_submit(e);
	return 0;
}

/*
 * The running thread reads bytes of @flow, in a call that began at @enter_ns; the oldest of them became ready at @ready_ns (0
 * unknown). All of its history goes out, so that it is told once whichever of its sockets had waited longest.
 */
static __always_inline void reader_reads(__u32 flow, __u8 dir, __u64 ready_ns, __u64 enter_ns)
{
	struct reader *r = reader_make((__u32)bpf_get_current_pid_tgid());
	__u64 now, newest, before;
	__u32 i, n;

	if (!r || !ready_ns || enter_ns < ready_ns + WAITED_NS)
		return;
	n = r->count;
	newest = n ? r->away[(n - 1) & (CRUMB_AWAYS - 1)].on_ns : 0;
	before = n > 1 ? r->away[(n - 2) & (CRUMB_AWAYS - 1)].on_ns : 0;
	if (r->told_flow == flow && newest > ready_ns && before <= ready_ns && r->since_ns < ready_ns)
		return;
	now = bpf_ktime_get_ns();
	away_record(NULL, r->since_ns, flow, dir, now);
	for (i = 0; i < CRUMB_AWAYS; i++) {
		if (i >= n)
			break;
		away_record(&r->away[i], 0, flow, dir, now);
	}
	r->count = 0;
	r->grain = 0;
	r->told_flow = 0;
	r->since_ns = now;
}

#endif
