/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The datagrams of one direction of a UDP flow. UDP numbers nothing, so each datagram gets a range of positions when it
 * is first seen, as if the flow were a stream, and is found again by its skb's address, its length and the digest of its
 * first bytes. Private to journey/; the rules are in docs/JOURNEYS.md.
 */
#ifndef CRUMB_JOURNEY_DGRAM_H
#define CRUMB_JOURNEY_DGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "ring.h"

struct dgram {
	uint64_t at; /* position of its first byte; one position even if it has none */
	uint32_t bytes; /* of the whole: a GSO train is one datagram of as many bytes as the call sent */
	struct crumb_digest digest;
	uint64_t skb, sent_skb; /* address under which it was seen last, and first */
	uint64_t first_ns, last_ns;
	uint64_t places;    /* bits: the logs (of byte_stream) in which it is */
	uint64_t reader_sk; /* the socket in whose queue it is, 0 none */
	uint64_t copy_of; /* multicast: for a second reader; position of the original, 0: this is one */
	uint32_t queued, read; /* of a train: bytes that have joined a receive queue, were read */
	uint32_t cut_at;       /* the reader's buffer was too small: bytes that it got */
	uint32_t nth; /* among those of its bucket, from 0: the same on every host that sees them all */
	uint16_t segs;		      /* more than one: a train of as many datagrams on the wire */
	bool made_here;		      /* seen leaving the socket that made it */
	bool bound;		      /* its message is known */
	bool copied;		      /* there are copies of it */
	struct crumb_ev_dgram sender; /* once bound to its call; h.size 0 before */
	bool cut, taken;
	struct dgram *prev, *next; /* in its bucket */
};

#define DGRAM_BUCKETS 256
#define DGRAM_FIRST   (1ull << 32) /* the first position */

struct dgrams {
	struct ring all; /* struct dgram *, by position */
	struct dgram *bucket[DGRAM_BUCKETS];
	uint32_t seen[DGRAM_BUCKETS]; /* datagrams so far whose digest falls there */
	uint64_t next;		      /* free position */
};

/* What a record says about the datagram that it saw. */
struct dgram_look {
	struct crumb_digest digest;
	uint32_t bytes;
	uint16_t segs;
	const struct dgram *copy_of; /* only to add a copy */
	uint64_t skb;		     /* 0: the record does not say */
	uint64_t place; /* bit of the place where it is seen now: it is there only once; 0 any */
};

struct dgrams *dgrams_new(void); /* NULL: no memory */
void dgrams_free(struct dgrams *ds);

/* A datagram that was not seen before; NULL: no memory. */
struct dgram *dgrams_add(struct dgrams *ds, const struct dgram_look *l, uint64_t now_ns);

/* That at position @at, NULL if it is forgotten. */
struct dgram *dgrams_at(const struct dgrams *ds, uint64_t at);

/*
 * The datagram that was seen under this skb's address and was not at the place yet; NULL none. Exact: an address is
 * another datagram's only after the first one has gone.
 */
struct dgram *dgrams_of_skb(const struct dgrams *ds, const struct dgram_look *l);

/* The oldest with that digest and length that was not there yet; @ret_sure: no other can be meant. */
struct dgram *dgrams_like(const struct dgrams *ds, const struct dgram_look *l, bool *ret_sure);

/* The newest that left its socket in this very skb and whose call is not known. */
struct dgram *dgrams_sent(const struct dgrams *ds, const struct dgram_look *l);

/* The oldest like it that was not read. */
struct dgram *dgrams_unread(const struct dgrams *ds, const struct dgram_look *l, bool *ret_sure);

/* The oldest train that still lacks a part of that length: in a receive queue, or (@read) in its reader's hands. */
struct dgram *dgrams_train(const struct dgrams *ds, const struct dgram_look *l, bool read);

/* Can they be of the same bytes? An unknown digest says nothing against it. */
bool dgram_digests_agree(const struct crumb_digest *a, const struct crumb_digest *b);

/* It cannot be met again: not in dgrams_like() and its kin any more. */
void dgrams_settle(struct dgrams *ds, struct dgram *d);

/* Forget what lies below @low, and what was last seen before @before_ns. */
void dgrams_trim(struct dgrams *ds, uint64_t low, uint64_t before_ns);

static inline uint32_t dgram_span(const struct dgram *d)
{
	return d->bytes ? d->bytes : 1;
}

#endif
