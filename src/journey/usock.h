/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UDP sockets by the address of their struct sock: what lies in their receive queues, and send calls whose packet was
 * not seen yet. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_USOCK_H
#define CRUMB_JOURNEY_USOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "dgram.h"
#include "event.h"
#include "hash.h"

#define USOCK_RECENT 8

struct usock_entry {
	uint64_t at; /* position in its flow's direction */
	uint32_t flow, bytes;
	uint8_t dir;
};

struct usock_flow {
	uint32_t flow;
	uint8_t dir;
};

struct usock {
	uint64_t sk;
	uint64_t last_ns;
	struct ring queue; /* struct usock_entry, the oldest first */
	struct usock_flow recent[USOCK_RECENT];
	uint32_t newest;
	UT_hash_handle hh;
};

struct usocks;

struct usock *usocks_find(const struct usocks *us, uint64_t sk); /* NULL unknown */

/* A datagram joined the queue. 0 or -ENOMEM. */
int usocks_queue(struct usocks *us, uint64_t sk, const struct usock_entry *e, uint64_t now_ns);

static inline struct usock_entry *usock_at(const struct usock *u, uint32_t i)
{
	return ring_at(&u->queue, i);
}

void usock_take(struct usock *u, uint32_t i); /* the i-th leaves the queue */

/* A send call whose packet was not seen. 0 or -ENOMEM. */
int usocks_unjoined_add(struct usocks *us, const struct crumb_ev_dgram *ev);

/* The oldest of them that can be the sender of @d, from that port; it is told once. */
bool usocks_unjoined_take(struct usocks *us, uint32_t netns, uint16_t port, const struct dgram *d,
			  struct crumb_ev_dgram *ret);

/* One call, many datagrams: each record's time is that of the socket layer. */
bool usock_call_is_multi(const struct crumb_ev_dgram *ev);

#endif
