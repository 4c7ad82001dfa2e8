/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing records: one ring buffer per CPU, no wake-ups (user space drains on a clock), losses counted. */
#ifndef CRUMB_BODY_RING_H
#define CRUMB_BODY_RING_H

#include "attach.h"
#include "maps.h"

static __always_inline void count_lost(__u32 point)
{
	__sync_fetch_and_add(&crumb_counters.lost[point & 63], 1);
	__sync_fetch_and_add(&crumb_counters.lost_total, 1);
}

/* A map of tasks was full. */
static __always_inline void count_tasks_full(void)
{
	__sync_fetch_and_add(&crumb_counters.tasks_full, 1);
	__sync_fetch_and_add(&crumb_counters.lost_total, 1);
}

static __always_inline void *ring_reserve(__u64 size, __u32 point)
{
	__u32 cpu = bpf_get_smp_processor_id();
	void *ring = bpf_map_lookup_elem(&rings, &cpu);
	void *rec;

	if (!ring) {
		count_lost(point);
		return NULL;
	}
	rec = bpf_ringbuf_reserve(ring, size, 0);
	if (!rec)
		count_lost(point);
	return rec;
}

static __always_inline void ring_submit(void *rec)
{
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline void event_head(struct crumb_event *h, __u16 type, __u16 size, __u64 now)
{
	h->time_ns = now;
	h->type = type;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
}

#endif
