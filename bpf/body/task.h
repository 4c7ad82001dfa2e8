/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks: which are selected, and what each is in the middle of. */
#ifndef CRUMB_BODY_TASK_H
#define CRUMB_BODY_TASK_H

#include "body/ring.h"

#ifdef CRUMB_UNTYPED
#define TASKS_IN_MAP true
#else
#define TASKS_IN_MAP crumb_cfg.tasks_in_map
#endif

static __always_inline struct task_struct *task_now(void)
{
#ifdef CRUMB_UNTYPED
	return (void *)bpf_get_current_task();
#else
	return bpf_get_current_task_btf();
#endif
}

static __always_inline void task_comm(char *to, const struct task_struct *task)
{
#ifdef CRUMB_UNTYPED
	bpf_core_read(to, CRUMB_COMM_BYTES, &task->comm);
#else
	__builtin_memcpy(to, task->comm, CRUMB_COMM_BYTES);
#endif
}

static __always_inline bool comm_chosen(const struct task_struct *task)
{
	char comm[CRUMB_COMM_BYTES];
	int i;

	task_comm(comm, task);
	for (i = 0; i < 16; i++) {
		if (comm[i] != crumb_cfg.comm[i])
			return false;
		if (!crumb_cfg.comm[i])
			break;
	}
	return true;
}

/* The thread's own name, or that of its process: many programs name their threads. */
static __always_inline bool comm_selected(const struct task_struct *task)
{
	return comm_chosen(task) || comm_chosen(K(task, group_leader));
}

/* Does the running task satisfy every task condition? True when none was asked for. */
static __always_inline bool task_selected(const struct task_struct *task)
{
	__u32 tgid = K(task, tgid);

	if (tgid == crumb_cfg.self_tgid)
		return false;
	if ((crumb_cfg.select & CRUMB_SELECT_TGID) && !bpf_map_lookup_elem(&selected_tasks, &tgid))
		return false;
	if ((crumb_cfg.select & CRUMB_SELECT_COMM) && !comm_selected(task))
		return false;
	if ((crumb_cfg.select & CRUMB_SELECT_CGROUP) &&
	    bpf_get_current_ancestor_cgroup_id(crumb_cfg.cgroup_level) != crumb_cfg.cgroup)
		return false;
	return true;
}

static __always_inline bool tasks_asked(void)
{
	return crumb_cfg.select & CRUMB_SELECT_TASKS;
}

static __always_inline bool netns_selected(__u32 netns)
{
	return !(crumb_cfg.select & CRUMB_SELECT_NETNS) || netns == crumb_cfg.netns;
}

static __always_inline struct task_state *task_state_get(struct task_struct *task)
{
#ifndef CRUMB_UNTYPED
	if (!TASKS_IN_MAP)
		return bpf_task_storage_get(&task_states, task, NULL, 0);
#endif
	__u32 pid = K(task, pid);

	return bpf_map_lookup_elem(&task_map, &pid);
}

/*
 * As task_state_get(), made if it is not there; NULL is not counted as a loss here. Where two CPUs give a task its first
 * storage at once (it goes to sleep on one, is woken on the other), the kernel refuses one of them
 * (bpf_local_storage_alloc()): who asks again finds the other's.
 */
static __always_inline struct task_state *task_state_try(struct task_struct *task)
{
#ifndef CRUMB_UNTYPED
	if (!TASKS_IN_MAP) {
		struct task_state *stored;

		stored = bpf_task_storage_get(&task_states, task, NULL,
					      BPF_LOCAL_STORAGE_GET_F_CREATE);
		if (stored)
			return stored;
		return bpf_task_storage_get(&task_states, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	}
#endif
	__u32 pid = K(task, pid);
	struct task_state *ts = bpf_map_lookup_elem(&task_map, &pid);

	if (ts)
		return ts;
	bpf_map_update_elem(&task_map, &pid, (const void *)&crumb_zeroes, BPF_NOEXIST);
	return bpf_map_lookup_elem(&task_map, &pid);
}

/* The thread ends; what is in task storage ends with it. */
static __always_inline void task_state_drop(struct task_struct *task)
{
	__u32 pid = K(task, pid);

	if (TASKS_IN_MAP)
		bpf_map_delete_elem(&task_map, &pid);
}

/*
 * The running task has a state from now on; false: there is no room (counted). A global function, verified once; PROGRAM(), as of global
 * functions of one name in all files one is taken.
 */
__weak __noinline int PROGRAM(task_state_create)(void)
{
	struct task_struct *task = task_now();
	int i;

	/* The store is filled up again by an interrupt, which may come any moment where the task itself asks. */
	for (i = 0; i < 9; i++)
		if (task_state_try(task))
			return true;
	count_tasks_full();
	return false;
}

/* @task: the running one. */
static __always_inline struct task_state *task_state_make(struct task_struct *task)
{
	struct task_state *ts = task_state_get(task);

	if (ts || !PROGRAM(task_state_create)())
		return ts;
	return task_state_get(task);
}

/* NULL: see OF_THIS_CPU(). */
static __always_inline struct crumb_cpu *this_cpu(void)
{
	return OF_THIS_CPU(crumb_cpus);
}

/*
 * A value of @map, a per-CPU array of CRUMB_LEVELS, that no program which interrupts this one gets: until room_leave().
 * NULL: none.
 */
static __always_inline void *room_enter(void *map, struct crumb_cpu *cpu)
{
	__u32 level;
	void *room;

	if (!cpu)
		return NULL;
	level = cpu->level & (CRUMB_LEVELS - 1);
	room = bpf_map_lookup_elem(map, &level);
	if (!room)
		return NULL;
	cpu->level++;
	barrier();
	return room;
}

static __always_inline void room_leave(struct crumb_cpu *cpu)
{
	barrier();
	cpu->level--;
}

/*
 * TCP works in softirq and, for what came while the socket was owned (release_sock), in task context with softirqs on:
 * one may interrupt the other at any instruction of our program or of the kernel's around it, and the kernel does not
 * run a program inside itself. So there are two programs on such a tracepoint, called one after the other. The first
 * leaves word of what it was called for; where the second finds none, the first was skipped, and it acts. Its turns
 * are counted, so that what the kernel says it skipped of the first can be told from what was lost.
 */
static __always_inline void twin_first(__u32 which, const void *object)
{
	struct crumb_cpu *cpu = this_cpu();
	__u64 *place;

	if (!cpu)
		return;
	place = cpu->handed[which];
	/* The task's own word stays in the first place, however many packets a softirq brings before its second program. */
	place[place[0] != 0] = (__u64)object;
	barrier();
}

/* Was the first program skipped for this one? */
static __always_inline bool twin_second(__u32 which, const void *object)
{
	struct crumb_cpu *cpu = this_cpu();
	__u64 *place;

	if (!cpu)
		return false;
	place = cpu->handed[which];
	if (place[0] == (__u64)object) {
		place[0] = 0;
		place[1] = 0; /* of a softirq whose second program was skipped */
		return false;
	}
	if (place[1] == (__u64)object) {
		place[1] = 0;
		return false;
	}
	__sync_fetch_and_add(&crumb_counters.covered[which], 1);
	return true;
}

/* The task's word of the first program: it ran. False: it left none, and what the second one does is counted. */
static __always_inline bool word_taken(struct task_state *ts, __u32 which)
{
	if (ts->ran & 1u << which) {
		ts->ran &= ~(1u << which);
		return true;
	}
	__sync_fetch_and_add(&crumb_counters.covered[which], 1);
	return false;
}

/* Where the stack is in use at a function's entry, by what the program is given there: the low half of the address. */
static __always_inline __u32 entry_stack(const void *ctx)
{
#ifdef CRUMB_UNTYPED
	return PT_REGS_SP((struct pt_regs *)ctx);
#else
	return pointer_low(ctx); /* it lies there */
#endif
}

/*
 * With whom an entry's first program leaves word, if not with the CPU: the running task, where the two programs are hooked in different ways and the function
 * does that task's own work. NULL: with the CPU. Interrupts have a stack of their own; ksoftirqd works on its task's, and of it nothing is known.
 */
static __always_inline struct task_state *entry_task(const void *ctx)
{
	struct task_struct *task = task_now();

	if (crumb_cfg.sends_again != CRUMB_AGAIN_OTHER ||
	    entry_stack(ctx) - (__u32)(__u64)K(task, stack) >= TASK_STACK_BYTES)
		return NULL;
	return task_state_get(task);
}

/*
 * The same at a function that both tasks and interrupts call. A kprobe's program, kprobe.multi's too, is skipped while any other of them is at
 * work on its CPU, or a task is within a bpf(2) call that changes a map (bpf_prog_active). So its second one is fentry's, which is
 * not, and which ftrace calls behind all others. A task can be preempted between the two: it takes the word along.
 */
static __always_inline void entry_first(const void *ctx, __u32 which, const void *object)
{
	struct task_state *ts;

	if (!crumb_cfg.sends_again)
		return;
	ts = entry_task(ctx);
	if (ts)
		ts->ran |= 1u << which;
	else
		twin_first(which, object);
}

static __always_inline bool entry_second(const void *ctx, __u32 which, const void *object)
{
	struct task_state *ts = entry_task(ctx);

	if (!ts)
		return twin_second(which, object);
	return !word_taken(ts, which);
}

/*
 * Where a program in a task's own context can be preempted (Linux 7), other tasks' are skipped there meanwhile: these, too,
 * have a second program. Word is left with the task, since it may come to another CPU between the two. A task without a state
 * does nothing that is followed; what gives it one was skipped before.
 */
static __always_inline void first_ran(__u32 which)
{
	struct task_state *ts;

	if (!crumb_cfg.calls_preempted)
		return;
	ts = task_state_get(task_now());
	if (ts)
		ts->ran |= 1u << which;
}

/* Was the first one skipped? Asked once, by the second. */
static __always_inline bool first_skipped(__u32 which)
{
	struct task_state *ts = task_state_get(task_now());

	return !ts || !word_taken(ts, which);
}

/*
 * Which syscall a task is in stays in a place of its CPU, so that the calls of everybody else cost no look-up in task
 * storage. It moves there when bytes of a followed connection pass, or when the task leaves the CPU.
 */
static __always_inline void call_move(struct task_state *ts, struct crumb_calling *c)
{
	ts->enter_ns = c->enter_ns;
	ts->call = c->call;
	if (TASKS_IN_MAP)
		ts->regs = c->regs;
	c->task = 0;
}

/* Is the task's call in the map `calls_apart`? Then it is there no longer. */
static __always_inline bool call_take_apart(const struct task_struct *task, struct crumb_calling *ret)
{
	__u32 pid = K(task, pid);
	struct crumb_calling *c;

	if (!crumb_counters.calls_apart)
		return false;
	c = bpf_map_lookup_elem(&calls_apart, &pid);
	if (!c)
		return false;
	*ret = *c;
	if (!bpf_map_delete_elem(&calls_apart, &pid))
		__sync_fetch_and_add(&crumb_counters.calls_apart, -1);
	return true;
}

/* The state of the running task, its syscall included; NULL: no room (counted). */
static __always_inline struct task_state *task_state_now(void)
{
	struct task_struct *task = task_now();
	struct task_state *ts = task_state_make(task);
	struct crumb_cpu *cpu = this_cpu();
	struct crumb_calling apart;

	if (!ts)
		return NULL;
	if (cpu && cpu->calling.task == (__u64)task)
		call_move(ts, &cpu->calling);
	else if (call_take_apart(task, &apart))
		call_move(ts, &apart);
	return ts;
}

static __always_inline void copy_args(__u64 *to, const __u64 *from)
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
	to[4] = from[4];
	to[5] = from[5];
}

#endif
