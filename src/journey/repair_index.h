/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was seen of the bytes that stand for the copies of a message, gathered in one go over the logs: each copy is asked for by one byte
 * (its spot), and then costs a few binary searches, however many copies there are. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_REPAIR_INDEX_H
#define CRUMB_JOURNEY_REPAIR_INDEX_H

#include "path.h"

#define NO_COPY UINT32_MAX

struct copy {
	uint64_t start, end; /* positions; of the first the whole message */
	uint64_t ns, skb;    /* at the origin */
	uint64_t begun_ns; /* ... its first skb: other parts may be sent again before the last one leaves */
	uint64_t event_ns;	   /* of tcp.retransmit; 0 none */
	const struct sighting *at; /* at the origin; NULL not seen there */
	uint64_t came_ns;	   /* its last byte at tcp.receive, if this one was kept; 0 */
	uint64_t cost_ns;
	uint32_t made; /* of its last byte: the copy that was kept */
	uint32_t spot; /* of the byte that tells what became of it */
	uint8_t how;
	bool whole; /* the first transmission, of all bytes of the message: maybe many skbs */
};

struct spot_seen {
	const struct sighting *s;
	const struct sight_place *place;
};

struct spot {
	uint64_t byte;
	struct spot_seen *out;		 /* at the origin, by time */
	struct spot_seen *drop, *by_skb; /* dropped, by time; the same by skb, then time */
	uint32_t outs, drops;
	uint32_t *copies, n_copies; /* that have the byte, ascending */
	bool settled;		    /* the next two are known */
	uint32_t kept;		    /* the copy that TCP at the receiver kept */
	uint64_t came_ns;	    /* and when it came */
};

struct repair {
	struct assembler *a;
	const struct message *m;
	const struct path *p;
	struct copy *copies;
	uint32_t count, room, more;
	uint64_t byte;	   /* the path's */
	uint64_t came_ns;  /* ... came out of order then; 0 it did not */
	uint64_t whole_ns; /* the message was in order then; UINT64_MAX never */
	struct spot *spots;
	uint32_t n_spots;
	uint32_t byte_spot; /* the path's byte's */
};

/*
 * Makes the spots of the copies as they are. Copies for which there is no room are taken off the end, and counted in ->more. 0, -ENOMEM;
 * -E2BIG: one byte alone was seen more often than there is room for.
 */
int repair_index(struct repair *r);

/* The next copy that has the spot's byte; the one before. NO_COPY: none. */
uint32_t spot_next(const struct spot *s, uint32_t copy);
uint32_t spot_before(const struct spot *s, uint32_t copy);

/* At the origin: the newest until @ns, the oldest from @ns on. NULL: none. */
const struct sighting *spot_out_until(const struct spot *s, uint64_t ns);
const struct sighting *spot_out_from(const struct spot *s, uint64_t ns);

/*
 * The drop of a copy that left at @from_ns as @skb (0 unknown), the next one at @to_ns: that of its skb, else what was dropped before the
 * next one left. NULL: none.
 */
const struct spot_seen *spot_drop(const struct spot *s, uint64_t skb, uint64_t from_ns,
				  uint64_t to_ns);

static inline bool copy_covers(const struct copy *c, uint64_t byte)
{
	return c->start <= byte && byte < c->end;
}

#endif
