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

/*
 * The lane to be used, by count and not by branches: the verifier would follow each of them to where the record is submitted. The main one, unless a part of it is
 * being handed out just now; then the first of the others of which that does not hold, or the last of those.
 */
static __always_inline __u32 lane_free(const volatile struct crumb_lanes *l)
{
	__u32 main_busy = l->lane[CRUMB_LANE_MAIN].busy & 1, first = l->lane[0].busy & 1,
	      second = l->lane[1].busy & 1;

	__u32 k = CRUMB_LANE_MAIN - main_busy * CRUMB_LANE_MAIN +
		  main_busy * (first + (first & second));

	asm volatile("" : "+r"(k)); /* the bound is to be seen below */
	return k & CRUMB_LANE_MAIN;
}

/*
 * Of several programs on this CPU one gets it. Interrupts come between two instructions and are gone at the next one: who finds it free has it. A program that
 * was preempted may come back any time: counted, with an instruction that cannot be divided.
 */
static __always_inline bool lane_enter(struct crumb_lane *lane)
{
	if (crumb_cfg.calls_preempted)
		__sync_fetch_and_add(&lane->busy, 1);
	else
		*(volatile __u32 *)&lane->busy += 1;
	barrier();
	return *(volatile __u32 *)&lane->busy == 1;
}

static __always_inline void lane_leave(struct crumb_lane *lane)
{
	barrier();
	if (crumb_cfg.calls_preempted)
		__sync_fetch_and_add(&lane->busy, -1);
	else
		*(volatile __u32 *)&lane->busy -= 1;
}

/* Has user space taken so much that there is room for the bytes up to @end? */
static __always_inline bool lane_has_room(struct crumb_lane *lane,
					  const volatile struct crumb_taken *taken, __u32 mask,
					  __u64 end)
{
	if (end <= lane->until)
		return true;
	lane->until = taken->bytes + mask + 1;
	return end <= lane->until;
}

/* @bytes, a constant: what a record takes with its length. NULL: there is no room. */
static __always_inline __u32 *lane_part(struct crumb_lanes *l, __u32 bytes)
{
	__u32 k = lane_free(l), mask, *head = NULL;
	struct crumb_lane *lane = &l->lane[k];
	__u64 at;

	if (!lane_enter(lane)) {
		lane_leave(lane);
		return NULL;
	}
	/* ~0 for the main lane: 3 + 1 is the only one of these with bit 2. */
	mask = (CRUMB_LANE_BYTES - 1) | (crumb_cfg.ring_mask & -((k + 1) >> 2));
	at = lane->handed;
	if (lane_has_room(lane, &l->taken[k], mask, at + bytes)) {
		head = (void *)(l + 1) + k * CRUMB_LANE_BYTES + (at & mask);
		*head = (bytes - CRUMB_RECORD_HEAD) | CRUMB_RECORD_BUSY;
		barrier(); /* user space finds it so as soon as it is handed out */
		lane->handed = at + bytes;
	}
	lane_leave(lane);
	return head;
}

/* Room for a record of @size bytes, a constant; NULL: there is none. What is not counted here is the caller's to count. */
static __always_inline void *ring_part(__u32 size)
{
	__u32 cpu = bpf_get_smp_processor_id(), *head;
	struct crumb_lanes *l = bpf_map_lookup_elem(&rings, &cpu);

	if (!l)
		return NULL;
	head = lane_part(l, (size + CRUMB_RECORD_HEAD + 7) & ~7u);
	return head ? (void *)head + CRUMB_RECORD_HEAD : NULL;
}

static __always_inline void *ring_reserve(__u64 size, __u32 point)
{
	void *rec = ring_part(size);

	if (!rec)
		count_lost(point);
	return rec;
}

/* x86 shows its stores in their order; others have to be told, which needs Linux 5.12. */
static __always_inline void ring_submit(void *rec)
{
	__u32 *head = rec - CRUMB_RECORD_HEAD;

	barrier();
#ifdef __TARGET_ARCH_x86
	*(volatile __u32 *)head = *(volatile __u32 *)head & ~CRUMB_RECORD_BUSY;
#else
	__sync_lock_test_and_set(head, *(volatile __u32 *)head & ~CRUMB_RECORD_BUSY);
#endif
}

static __always_inline void event_head(struct crumb_event *h, __u16 type, __u16 size, __u64 now)
{
	h->time_ns = now;
	h->type = type;
	h->size = size;
	h->cpu = bpf_get_smp_processor_id();
}

#endif
