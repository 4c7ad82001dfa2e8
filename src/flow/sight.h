/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was seen of a stream at one place (point, namespace, device), found again by byte.
 *
 * Almost always bytes pass a place in stream order, so a log is a few lanes, each ascending both in
 * time and in position, with disjoint ranges: a sighting goes into the first lane that it
 * continues, and a retransmission or a reordered skb starts the next. A byte is then one binary
 * search per lane, however many messages are open. The last lane takes what no lane can, in any
 * order, and is searched from end to end.
 */
#ifndef CRUMB_FLOW_SIGHT_H
#define CRUMB_FLOW_SIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "range_set.h"
#include "ring.h"

#define SIGHT_LANES 6

enum sight_kind {
	SIGHT_BYTES, /* bytes were there */
	SIGHT_STACK, /* a stack was taken there, paid by these bytes */
	SIGHT_SAMPLE, /* bytes were there, in hardware: one packet in so many is told of, and later */
	SIGHT_DEEP, /* bytes were there, at a point of --deep: perhaps several times on one passage */
};

struct sight_place {
	uint8_t kind;  /* enum sight_kind */
	uint8_t point; /* enum crumb_point */
	uint32_t netns, ifindex;
};

struct sighting {
	uint64_t time_ns;
	uint64_t start, end; /* positions in the stream */
	uint64_t serial;     /* order in the event stream */
	uint64_t skb;
	uint32_t cpu, pid;
	bool inferred; /* that it is of these bytes */
	union {
		struct {
			uint32_t skb_len, qdisc_handle, qlen;
			uint16_t gso_segs, vlan;
			uint16_t tunnel; /* crumb_ev_tunnel.number; 0: in none */
			uint8_t mac[6];	 /* destination */
			uint8_t src_mac[6];
			uint8_t flags; /* CRUMB_SKB_* */
			uint32_t trap; /* hw.trap: its words, by their number (own_reason.h) */
		} dev;
		struct {
			uint64_t rcv_nxt; /* position */
			uint32_t rmem_alloc, rcvbuf;
			bool gap;	/* bytes before it were missing */
			bool backlog;	/* it was in the socket's backlog */
			uint8_t resent; /* tcp.retransmit: enum crumb_resent */
			uint16_t segs,
				mss; /* ... TCP segments in it, of so many bytes each; 0 unknown */
			uint32_t write_ns; /* tcp.xmit: the tcp_write_xmit() that sent it began so long before; 0 unknown */
		} sock;
		struct {
			uint64_t location;
			uint32_t reason;
		} drop;
		struct {
			const void *stack; /* opaque here */
			uint32_t cost_ns;
		} stack;
	};
};

static inline bool sighting_after(const struct sighting *a, const struct sighting *b)
{
	return a->time_ns != b->time_ns ? a->time_ns > b->time_ns : a->serial > b->serial;
}

struct sight_log {
	struct sight_place place;
	uint32_t lanes;
	bool jumbled; /* the last lane is not in order */
	struct ring lane[SIGHT_LANES];
};

struct sight_hits {
	uint32_t count;
	uint64_t first_ns, last_ns;
};

void sight_log_done(struct sight_log *l);

/* Room for a sighting of [@start, @end), with both filled in; NULL: no memory. */
struct sighting *sight_log_add(struct sight_log *l, uint64_t start, uint64_t end);

/* Forget what lies wholly below @pos; what is older than @before_ns is forgotten too. */
void sight_log_trim(struct sight_log *l, uint64_t pos, uint64_t before_ns);

/*
 * The newest sighting of byte @pos within [@from_ns, @to_ns]; NULL if there is none. @ret_others
 * (may be NULL): how many more there are.
 */
const struct sighting *sight_log_newest(const struct sight_log *l, uint64_t pos, uint64_t from_ns,
					uint64_t to_ns, uint32_t *ret_others);

/* The newest one that was of this skb, likewise. */
const struct sighting *sight_log_of_skb(const struct sight_log *l, uint64_t pos,
					const struct range *time, uint64_t skb);

/* The oldest, likewise. */
const struct sighting *sight_log_oldest(const struct sight_log *l, uint64_t pos, uint64_t from_ns,
					uint64_t to_ns);

/* All sightings of bytes of @set within [@from_ns, @to_ns] go to @fn in no particular order. */
void sight_log_visit(const struct sight_log *l, const struct range_set *set, uint64_t from_ns,
		     uint64_t to_ns, void (*fn)(void *ctx, const struct sighting *s), void *ctx);

/* They are counted. */
struct sight_hits sight_log_count(const struct sight_log *l, const struct range_set *set,
				  uint64_t from_ns, uint64_t to_ns);

#endif
