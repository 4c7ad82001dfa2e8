/* SPDX-License-Identifier: GPL-2.0-only */
/* Tasks: which are selected, and what each is in the middle of. */
#ifndef CRUMB_BODY_TASK_H
#define CRUMB_BODY_TASK_H

#include "body/ring.h"

static __always_inline bool comm_selected(const struct task_struct *task)
{
	int i;

	for (i = 0; i < 16; i++) {
		if (task->comm[i] != crumb_cfg.comm[i])
			return false;
		if (!crumb_cfg.comm[i])
			break;
	}
	return true;
}

/* Does the running task satisfy every task condition? True when none was asked for. */
static __always_inline bool task_selected(const struct task_struct *task)
{
	__u32 tgid = task->tgid;

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
	return bpf_task_storage_get(&task_states, task, NULL, 0);
}

static __always_inline struct task_state *task_state_make(struct task_struct *task)
{
	struct task_state *ts;

	ts = bpf_task_storage_get(&task_states, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!ts) {
		__sync_fetch_and_add(&crumb_counters.tasks_full, 1);
		__sync_fetch_and_add(&crumb_counters.lost_total, 1);
	}
	return ts;
}

/* NULL on a CPU beyond the bound: nothing of its own is known there. */
static __always_inline struct crumb_cpu *this_cpu(void)
{
	__u32 cpu = bpf_get_smp_processor_id();

	return cpu < CRUMB_MAX_CPUS ? &crumb_cpus[cpu] : NULL;
}

/*
 * Which syscall a task is in stays in a place of its CPU, so that the calls of everybody else cost no look-up in task
 * storage. It moves there when bytes of a followed connection pass, or when the task leaves the CPU.
 */
static __always_inline void call_move(struct task_state *ts, struct crumb_calling *c)
{
	ts->enter_ns = c->enter_ns;
	ts->call = c->call;
	c->task = 0;
}

/* The state of the running task, its syscall included; NULL: no room (counted). */
static __always_inline struct task_state *task_state_now(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *ts = task_state_make(task);
	struct crumb_cpu *cpu = this_cpu();

	if (ts && cpu && cpu->calling.task == (__u64)task)
		call_move(ts, &cpu->calling);
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
