/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a process that sends or receives belongs: its cgroup (v2), and its number in its own PID namespace. */
#ifndef CRUMB_BODY_PROCESS_H
#define CRUMB_BODY_PROCESS_H

#include "body/task.h"

/* The directory above, NULL above the topmost; the field was renamed with 6.15. */
static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	if (bpf_core_field_exists(kn->parent))
		return BPF_CORE_READ(kn, parent);
	return BPF_CORE_READ((struct kernfs_node___rcu *)kn, __parent);
}

static __always_inline void process_names(struct crumb_ev_process *e, struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	struct kernfs_node *kn, *above;
	struct upid own = {};
	int i;

	e->pid_level = BPF_CORE_READ(pid, level);
	if (e->pid_level < 32) /* MAX_PID_NS_LEVEL, include/linux/pid_namespace.h */
		bpf_probe_read_kernel(&own, sizeof(own),
				      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
					      e->pid_level * sizeof(own));
	e->pid_inside = own.nr;
	kn = BPF_CORE_READ(leader, cgroups, dfl_cgrp, kn);
	e->cgroup = BPF_CORE_READ(kn, id);
	for (i = 0; i < CRUMB_CGROUP_LEVELS; i++) {
		above = kn ? kernfs_parent(kn) : NULL;
		if (!above)
			break;
		bpf_probe_read_kernel_str(e->name[i], sizeof(e->name[i]), BPF_CORE_READ(kn, name));
		kn = above;
	}
	e->levels = i;
	e->cut = kn && kernfs_parent(kn);
}

/*
 * Of the running thread: before its first event, and again now and then, as it may have been moved, and whoever listens may have
 * forgotten. A global function, verified once.
 */
__weak __noinline int PROGRAM(process_record)(__u64 now)
{
	struct crumb_ev_process *e = ring_reserve(sizeof(*e), CRUMB_PT_TASK);
	struct task_struct *task = task_now();

	if (!e)
		return false;
	__builtin_memset(e, 0, sizeof(*e));
	event_head(&e->h, CRUMB_EV_PROCESS, sizeof(*e), now);
	e->tgid = BPF_CORE_READ(task, tgid);
	e->pid = BPF_CORE_READ(task, pid);
	process_names(e, BPF_CORE_READ(task, group_leader));
	ring_submit(e);
	return true;
}

static __always_inline void process_tell(struct task_state *ts, __u64 now)
{
	if (ts->told_ns && now - ts->told_ns < CRUMB_PROCESS_AGAIN_NS)
		return;
	if (PROGRAM(process_record)(now))
		ts->told_ns = now;
}

#endif
