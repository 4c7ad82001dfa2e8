/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing records: each CPU has a ring of its own (lanes.h), no wake-ups (user space drains on a clock), losses counted. */
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

/* What was stored before is seen before this. x86 shows its stores in their order; others have to be told, which needs Linux 5.12. */
#ifdef __TARGET_ARCH_x86
#define store_behind(to, value)                            \
	({                                                 \
		barrier();                                 \
		*(volatile typeof(*(to)) *)(to) = (value); \
	})
#else
#define store_behind(to, value) __sync_lock_test_and_set(to, value)
#endif

/* 1: somebody is being handed a part of that lane. */
static __always_inline __u32 lane_busy(const volatile struct crumb_lanes *l, __u32 k)
{
	__u32 n = l->lane[k].busy;

	return (n | -n) >> 31;
}

/*
 * The lane to be used, by count and not by branches: the verifier would follow each of them to where the record is submitted. The main one, unless a part of it is
 * being handed out just now; then the first of the others of which that does not hold, or the last of those.
 */
static __always_inline __u32 lane_free(const volatile struct crumb_lanes *l)
{
	__u32 main = lane_busy(l, CRUMB_LANE_MAIN), first = lane_busy(l, 0), second = lane_busy(l, 1);
	__u32 k = CRUMB_LANE_MAIN - main * CRUMB_LANE_MAIN + main * (first + (first & second));

	asm volatile("" : "+r"(k)); /* the bound is to be seen below */
	return k & CRUMB_LANE_MAIN;
}

/*
 * Of several programs on this CPU one gets it: who is the only one to have entered. Interrupts come between two instructions and are gone at the next one. A
 * program that was preempted may come back any time: counted, with an instruction that cannot be divided.
 */
static __always_inline void lane_enter(struct crumb_lane *lane)
{
	if (crumb_cfg.lanes_preempted)
		__sync_fetch_and_add(&lane->busy, 1);
	else
		*(volatile __u32 *)&lane->busy += 1;
	barrier();
}

static __always_inline void lane_leave(struct crumb_lane *lane)
{
	barrier();
	if (crumb_cfg.lanes_preempted)
		__sync_fetch_and_add(&lane->busy, -1);
	else
		*(volatile __u32 *)&lane->busy -= 1;
}

/* A part of a lane for @bytes, a record with its length: where it begins in the value; 0: there is no room, or the last lane was somebody else's. */
static __always_inline __u32 lane_part(struct crumb_lanes *l, __u32 bytes)
{
	__u32 k = lane_free(l), mask, begin = 0;
	struct crumb_lane *lane = &l->lane[k];
	__u64 at;

	/* ~0 for the main lane: 3 + 1 is the only one of these with bit 2. */
	mask = (CRUMB_LANE_BYTES - 1) | (crumb_cfg.ring_mask & -((k + 1) >> 2));
	lane_enter(lane);
	at = lane->handed;
	if (*(volatile __u32 *)&lane->busy == 1 &&
	    at + bytes <= *(volatile __u64 *)&l->taken[k].bytes + mask + 1) {
		begin = sizeof(*l) + k * CRUMB_LANE_STRIDE + (at & mask);
		*(__u32 *)((void *)l + begin) = (bytes - CRUMB_RECORD_HEAD) | CRUMB_RECORD_BUSY;
		store_behind(&lane->handed, at + bytes); /* user space finds it busy */
	}
	lane_leave(lane);
	return begin;
}

/* A global function: verified once, and what follows it for one way out of it. */
__weak __noinline __u32 ring_place(__u32 bytes)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct crumb_lanes *l = bpf_map_lookup_elem(&rings, &cpu);

	return l ? lane_part(l, bytes) : 0;
}

#define RING_PLACE_MAX (sizeof(struct crumb_lanes) + CRUMB_LANE_MAIN * CRUMB_LANE_STRIDE)

/* Room for a record of @size bytes, a constant; NULL: there is none. What is not counted here is the caller's to count. */
static __always_inline void *ring_part(__u32 size)
{
	__u32 cpu = bpf_get_smp_processor_id(), begin;
	void *l = bpf_map_lookup_elem(&rings, &cpu);

	if (!l || size > CRUMB_RECORD_MAX - CRUMB_RECORD_HEAD)
		return NULL;
	begin = ring_place((size + CRUMB_RECORD_HEAD + 7) & ~7u);
	asm volatile("" : "+r"(begin)); /* the bound is to be seen on what is added */
	if (!begin || begin > RING_PLACE_MAX + crumb_cfg.ring_mask)
		return NULL;
	return l + begin + CRUMB_RECORD_HEAD;
}

static __always_inline void *ring_reserve(__u64 size, __u32 point)
{
	void *rec = ring_part(size);

	if (!rec)
		count_lost(point);
	return rec;
}

/* The verifier does not see to it that each record that was reserved is submitted: one that is not stops its CPU's ring. */
static __always_inline void ring_submit(void *rec)
{
	__u32 *head = rec - CRUMB_RECORD_HEAD;

	store_behind(head, *(volatile __u32 *)head & ~CRUMB_RECORD_BUSY);
}

static __always_inline void event_head(struct crumb_event *h, __u16 type, __u16 size, __u64 now)
{
	h->time_ns = now;
	h->type = type;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
}

#endif
