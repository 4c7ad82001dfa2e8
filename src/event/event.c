// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a record must fulfil before anything reads it, whether it came from the kernel or from a
 * file that somebody sent: the rules stand in schema/event.h, one row here for each type.
 *
 * After event_check() a consumer may read every field of the type's struct, treat each text as a C
 * string, and use `dir`, `end`, `snap_len` and `depth` as indexes. Other numbers (points, causes,
 * functions) may be newer than this program: look them up, never index with them.
 */
#include "stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define TEXTS_MAX 4

struct layout {
	uint16_t least;		  /* a complete record */
	uint16_t full;		  /* what consumers may read */
	uint16_t dir;		  /* offset of a byte that is 0 or 1; 0 none */
	uint16_t last[TEXTS_MAX]; /* offset of the last byte of each text; 0 none */
};

#define SIZED(s)       .least = sizeof(struct s), .full = sizeof(struct s)
#define DIR(s, field)  .dir = offsetof(struct s, field)
#define LAST(s, field) (offsetof(struct s, field) + sizeof(((struct s *)0)->field) - 1)

static const struct layout layouts[] = {
	[CRUMB_EV_FLOW] = { SIZED(crumb_ev_flow) },
	[CRUMB_EV_STATE] = { SIZED(crumb_ev_state), DIR(crumb_ev_state, end) },
	[CRUMB_EV_SEND_BEGIN] = { .least = offsetof(struct crumb_ev_send_begin, sock_ns),
				  .full = sizeof(struct crumb_ev_send_begin),
				  DIR(crumb_ev_send_begin, dir),
				  .last = { LAST(crumb_ev_send_begin, comm) } },
	[CRUMB_EV_SEND_EXTENT] = { SIZED(crumb_ev_extent), DIR(crumb_ev_extent, dir) },
	[CRUMB_EV_SEND_END] = { SIZED(crumb_ev_send_end), DIR(crumb_ev_send_end, dir) },
	[CRUMB_EV_SKB] = { SIZED(crumb_ev_skb), DIR(crumb_ev_skb, dir) },
	[CRUMB_EV_SOCK] = { .least = offsetof(struct crumb_ev_sock, segs),
			    .full = sizeof(struct crumb_ev_sock),
			    DIR(crumb_ev_sock, dir) },
	[CRUMB_EV_WAKE] = { SIZED(crumb_ev_wake), DIR(crumb_ev_wake, dir),
			    .last = { LAST(crumb_ev_wake, comm) } },
	[CRUMB_EV_RUN] = { SIZED(crumb_ev_run), DIR(crumb_ev_run, dir),
			   .last = { LAST(crumb_ev_run, prev_comm), LAST(crumb_ev_run, by_comm) } },
	[CRUMB_EV_COPY] = { SIZED(crumb_ev_copy), DIR(crumb_ev_copy, dir) },
	[CRUMB_EV_HELD] = { SIZED(crumb_ev_held), DIR(crumb_ev_held, dir) },
	[CRUMB_EV_DGRAM_SEND] = { SIZED(crumb_ev_dgram), DIR(crumb_ev_dgram, dir),
				  .last = { LAST(crumb_ev_dgram, comm) } },
	[CRUMB_EV_DGRAM_RECV] = { SIZED(crumb_ev_dgram), DIR(crumb_ev_dgram, dir),
				  .last = { LAST(crumb_ev_dgram, comm) } },
	[CRUMB_EV_AWAY] = { SIZED(crumb_ev_away), DIR(crumb_ev_away, dir),
			    .last = { LAST(crumb_ev_away, by_comm) } },
	[CRUMB_EV_PROCESS] = { SIZED(crumb_ev_process), .last = { LAST(crumb_ev_process, name[0]),
								  LAST(crumb_ev_process, name[1]),
								  LAST(crumb_ev_process, name[2]),
								  LAST(crumb_ev_process, name[3]) } },
	[CRUMB_EV_RESET] = { SIZED(crumb_ev_reset), DIR(crumb_ev_reset, end),
			     .last = { LAST(crumb_ev_reset, comm) } },
	[CRUMB_EV_POLL] = { SIZED(crumb_ev_poll), DIR(crumb_ev_poll, dir),
			    .last = { LAST(crumb_ev_poll, by_comm) } },
	[CRUMB_EV_NAT] = { SIZED(crumb_ev_nat), DIR(crumb_ev_nat, dir) },
	[CRUMB_EV_TUNNEL] = { SIZED(crumb_ev_tunnel), DIR(crumb_ev_tunnel, dir) },
	[CRUMB_EV_QDISC] = { SIZED(crumb_ev_qdisc), DIR(crumb_ev_qdisc, dir),
			     .last = { LAST(crumb_ev_qdisc, kind) } },
	[CRUMB_EV_UNFOLLOWED] = { SIZED(crumb_ev_unfollowed), DIR(crumb_ev_unfollowed, dir) },
	[CRUMB_EV_RECV_EXTENT] = { SIZED(crumb_ev_extent), DIR(crumb_ev_extent, dir) },
	[CRUMB_EV_RECV] = { .least = offsetof(struct crumb_ev_recv, tcp_ns),
			    .full = sizeof(struct crumb_ev_recv),
			    DIR(crumb_ev_recv, dir),
			    .last = { LAST(crumb_ev_recv, comm) } },
	[CRUMB_EV_CALL] = { SIZED(crumb_ev_call), DIR(crumb_ev_call, dir),
			    .last = { LAST(crumb_ev_call, comm), LAST(crumb_ev_call, text) } },
	[CRUMB_EV_DROP] = { .least = offsetof(struct crumb_ev_drop, rp_filter) + 4,
			    .full = sizeof(struct crumb_ev_drop),
			    DIR(crumb_ev_drop, s.dir),
			    .last = { LAST(crumb_ev_drop, qdisc) } },
	[CRUMB_EV_TRAP] = { SIZED(crumb_ev_trap), DIR(crumb_ev_trap, s.dir),
			    .last = { LAST(crumb_ev_trap, name), LAST(crumb_ev_trap, group) } },
	[CRUMB_EV_DECISION] = { SIZED(crumb_ev_decision), DIR(crumb_ev_decision, s.dir),
				.last = { LAST(crumb_ev_decision, table),
					  LAST(crumb_ev_decision, chain) } },
	[CRUMB_EV_FUNC] = { SIZED(crumb_ev_func), DIR(crumb_ev_func, dir) },
	[CRUMB_EV_NEIGH] = { SIZED(crumb_ev_neigh) },
	[CRUMB_EV_STACK] = { .least = offsetof(struct crumb_ev_stack, ip),
			     .full = sizeof(struct crumb_ev_stack),
			     DIR(crumb_ev_stack, dir) },
	[CRUMB_EV_TRACE] = { SIZED(crumb_ev_trace), .last = { LAST(crumb_ev_trace, crumb),
							      LAST(crumb_ev_trace, selection) } },
	[CRUMB_EV_HOST] = { SIZED(crumb_ev_host),
			    .last = { LAST(crumb_ev_host, name), LAST(crumb_ev_host, release),
				      LAST(crumb_ev_host, machine) } },
	[CRUMB_EV_NETNS] = { SIZED(crumb_ev_netns),
			     .last = { LAST(crumb_ev_netns, host), LAST(crumb_ev_netns, name),
				       LAST(crumb_ev_netns, lab) } },
	[CRUMB_EV_DEV] = { .least = offsetof(struct crumb_ev_dev, table),
			   .full = sizeof(struct crumb_ev_dev),
			   .last = { LAST(crumb_ev_dev, name), LAST(crumb_ev_dev, kind),
				     LAST(crumb_ev_dev, qdisc) } },
	[CRUMB_EV_FDB] = { SIZED(crumb_ev_fdb) },
	[CRUMB_EV_HOOK] = { SIZED(crumb_ev_hook),
			    .last = { LAST(crumb_ev_hook, via), LAST(crumb_ev_hook, target),
				      LAST(crumb_ev_hook, why) } },
	[CRUMB_EV_SYMBOL] = { SIZED(crumb_ev_symbol), .last = { LAST(crumb_ev_symbol, name) } },
	[CRUMB_EV_REASON] = { SIZED(crumb_ev_reason), .last = { LAST(crumb_ev_reason, name) } },
	[CRUMB_EV_LOSS] = { SIZED(crumb_ev_loss) },
	[CRUMB_EV_END] = { SIZED(crumb_ev_end) },
	[CRUMB_EV_ASIDE] = { SIZED(crumb_ev_aside) },
	[CRUMB_EV_PORT] = { SIZED(crumb_ev_port) },
	[CRUMB_EV_RULE] = { .least = offsetof(struct crumb_ev_rule, since_ns),
			    .full = sizeof(struct crumb_ev_rule),
			    .last = { LAST(crumb_ev_rule, table), LAST(crumb_ev_rule, chain) } },
	[CRUMB_EV_OFFLOAD] = { .least = offsetof(struct crumb_ev_offload, table),
			       .full = sizeof(struct crumb_ev_offload) },
	[CRUMB_EV_COUNT] = { SIZED(crumb_ev_count) },
	[CRUMB_EV_FILTER] = { SIZED(crumb_ev_filter), .last = { LAST(crumb_ev_filter, kind) } },
	[CRUMB_EV_TRAP_SET] = { SIZED(crumb_ev_trap_set), .last = { LAST(crumb_ev_trap_set, name) } },
	[CRUMB_EV_ROUTE] = { SIZED(crumb_ev_route), DIR(crumb_ev_route, dir) },
	[CRUMB_EV_SYNC] = { SIZED(crumb_ev_sync) },
	[CRUMB_EV_SAMPLE] = { SIZED(crumb_ev_sample), DIR(crumb_ev_sample, s.dir) },
	[CRUMB_EV_TICK] = { SIZED(crumb_event) },
};

_Static_assert(sizeof(struct crumb_ev_trace) <= EVENT_SCRATCH_BYTES, "scratch holds every struct");
_Static_assert(sizeof(struct crumb_ev_stack) <= EVENT_SCRATCH_BYTES, "scratch holds every struct");
_Static_assert(sizeof(struct crumb_ev_packet) <= EVENT_SCRATCH_BYTES, "scratch holds every struct");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "records are little endian and read in place");

static const struct layout *layout_get(unsigned int type)
{
	static const struct layout unknown;

	return type < sizeof(layouts) / sizeof(layouts[0]) ? &layouts[type] : &unknown;
}

/* Lengths of inner arrays that a newer (or hostile) writer made larger than ours. */
static bool lengths_fit(const struct crumb_event *ev)
{
	if (ev->type == CRUMB_EV_SKB && ev->size >= sizeof(struct crumb_ev_packet))
		return ((const struct crumb_ev_skb *)ev)->snap_len <= CRUMB_SNAP_BYTES;
	if (ev->type == CRUMB_EV_STACK)
		return ((const struct crumb_ev_stack *)ev)->depth <= CRUMB_STACK_DEPTH;
	return true;
}

static bool texts_end(const void *ev, const struct layout *l)
{
	for (int i = 0; i < TEXTS_MAX && l->last[i]; i++)
		if (((const char *)ev)[l->last[i]])
			return false;
	return true;
}

static void copy_whole(const void *bytes, const struct layout *l, void *scratch)
{
	struct crumb_event *ev = scratch;
	uint16_t size;

	memcpy(&size, (const char *)bytes + offsetof(struct crumb_event, size), sizeof(size));
	if (size > EVENT_SCRATCH_BYTES)
		size = EVENT_SCRATCH_BYTES;
	memcpy(scratch, bytes, size);
	if (size < l->full)
		memset((char *)scratch + size, 0, l->full - size);
	ev->size = size;
}

static bool is_short_packet(const struct crumb_event *h)
{
	return h->type == CRUMB_EV_SKB && h->size == sizeof(struct crumb_ev_packet_short);
}

/* In place: the head moves nowhere, what stands behind it goes to the end of the longer struct. */
static void widen_packet(struct crumb_ev_packet *p)
{
	struct crumb_ev_packet_short s;

	memcpy(&s, p, sizeof(s));
	memset(p->bytes + sizeof(s.bytes), 0,
	       sizeof(*p) - offsetof(struct crumb_ev_packet, bytes) - sizeof(s.bytes));
	p->snap_l2 = s.snap_l2;
	p->s.h.size = sizeof(*p);
	if (p->s.snap_len > sizeof(s.bytes))
		p->s.snap_len = sizeof(s.bytes);
}

static void repair(struct crumb_event *ev, const struct layout *l)
{
	for (int i = 0; i < TEXTS_MAX && l->last[i]; i++)
		((char *)ev)[l->last[i]] = '\0';
	if (lengths_fit(ev))
		return;
	if (ev->type == CRUMB_EV_SKB)
		((struct crumb_ev_skb *)ev)->snap_len = CRUMB_SNAP_BYTES;
	else
		((struct crumb_ev_stack *)ev)->depth = CRUMB_STACK_DEPTH;
}

const struct crumb_event *event_check(const void *bytes, size_t avail, void *scratch)
{
	const struct crumb_event *ev = bytes;
	const struct layout *l;
	struct crumb_event h;

	if (avail < sizeof(h))
		return NULL;
	memcpy(&h, bytes, sizeof(h));
	if (h.size < sizeof(h) || h.size % 8 || h.size > avail)
		return NULL;
	l = layout_get(h.type);
	if (h.size < l->full || (uintptr_t)bytes % 8 || is_short_packet(&h)) {
		copy_whole(bytes, l, scratch);
		ev = scratch;
	}
	if (is_short_packet(&h))
		widen_packet(scratch);
	if (l->dir && ((const uint8_t *)ev)[l->dir] > 1)
		return NULL;
	if (texts_end(ev, l) && lengths_fit(ev))
		return ev;
	if (ev == bytes)
		copy_whole(bytes, l, scratch);
	repair(scratch, l);
	return scratch;
}

size_t event_type_size(unsigned int type)
{
	return layout_get(type)->least;
}

size_t event_dir_offset(unsigned int type)
{
	return layout_get(type)->dir;
}
