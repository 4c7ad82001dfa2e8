// SPDX-License-Identifier: GPL-2.0-only
/* UDP sockets and their queues: see usock.h. */
#include "assembly.h"
#include "usock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UNJOINED_NS  60000000000ull /* a send whose packet was not seen for as long made none */
#define UNJOINED_MAX 4096

struct usocks {
	struct usock *all;
	struct ring unjoined; /* struct crumb_ev_dgram, the oldest first */
};

struct usocks *usocks_new(void)
{
	struct usocks *us = calloc(1, sizeof(*us));

	if (us)
		ring_init(&us->unjoined, sizeof(struct crumb_ev_dgram));
	return us;
}

static void usock_free(struct usocks *us, struct usock *u)
{
	HASH_DEL(us->all, u);
	ring_done(&u->queue);
	free(u);
}

void usocks_free(struct usocks *us)
{
	struct usock *u, *next;

	if (!us)
		return;
	HASH_ITER(hh, us->all, u, next)
	usock_free(us, u);
	ring_done(&us->unjoined);
	free(us);
}

void usocks_trim(struct usocks *us, uint64_t before_ns)
{
	struct usock *u, *next;

	HASH_ITER(hh, us->all, u, next)
	if (u->last_ns < before_ns)
		usock_free(us, u);
}

struct usock *usocks_find(const struct usocks *us, uint64_t sk)
{
	struct usock *u;

	HASH_FIND(hh, us->all, &sk, sizeof(sk), u);
	return u;
}

static struct usock *usock_make(struct usocks *us, uint64_t sk)
{
	struct usock *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->sk = sk;
	ring_init(&u->queue, sizeof(struct usock_entry));
	HASH_ADD(hh, us->all, sk, sizeof(u->sk), u);
	if (u->hh.tbl)
		return u;
	free(u);
	return NULL;
}

static void note_recent(struct usock *u, const struct usock_entry *e)
{
	for (uint32_t i = 0; i < USOCK_RECENT; i++)
		if (u->recent[i].flow == e->flow && u->recent[i].dir == e->dir)
			return;
	u->recent[u->newest++ % USOCK_RECENT] = (struct usock_flow){ e->flow, e->dir };
}

int usocks_queue(struct usocks *us, uint64_t sk, const struct usock_entry *e, uint64_t now_ns)
{
	struct usock *u = usocks_find(us, sk);
	struct usock_entry *slot;

	u = u ? u : usock_make(us, sk);
	slot = u ? ring_push(&u->queue) : NULL;
	if (!slot)
		return -ENOMEM;
	*slot = *e;
	u->last_ns = now_ns;
	note_recent(u, e);
	return 0;
}

void usock_take(struct usock *u, uint32_t i)
{
	for (; i > 0; i--)
		*usock_at(u, i) = *usock_at(u, i - 1);
	ring_pop(&u->queue, 1);
}

int usocks_unjoined_add(struct usocks *us, const struct crumb_ev_dgram *ev)
{
	struct crumb_ev_dgram *slot;
	uint32_t old = 0;

	while (old < us->unjoined.count) {
		const struct crumb_ev_dgram *e = ring_at(&us->unjoined, old);

		if (us->unjoined.count - old < UNJOINED_MAX &&
		    e->h.time_ns + UNJOINED_NS > ev->h.time_ns)
			break;
		old++;
	}
	ring_pop(&us->unjoined, old);
	slot = ring_push(&us->unjoined);
	if (!slot)
		return -ENOMEM;
	*slot = *ev;
	return 0;
}

static bool can_be(const struct crumb_ev_dgram *ev, uint32_t netns, uint16_t port,
		   const struct dgram *d)
{
	return ev->netns == netns && ev->port == port && ev->bytes == d->bytes &&
	       dgram_digests_agree(&ev->digest, &d->digest);
}

bool usocks_unjoined_take(struct usocks *us, uint32_t netns, uint16_t port, const struct dgram *d,
			  struct crumb_ev_dgram *ret)
{
	for (uint32_t i = 0; i < us->unjoined.count; i++) {
		struct crumb_ev_dgram *ev = ring_at(&us->unjoined, i);

		if (!can_be(ev, netns, port, d))
			continue;
		*ret = *ev;
		for (; i > 0; i--)
			*(struct crumb_ev_dgram *)ring_at(&us->unjoined, i) =
				*(struct crumb_ev_dgram *)ring_at(&us->unjoined, i - 1);
		ring_pop(&us->unjoined, 1);
		return true;
	}
	return false;
}

bool usock_call_is_multi(const struct crumb_ev_dgram *ev)
{
	const char *name = ev->nr == CRUMB_CALL_NO_NR ? NULL : syscall_name(ev->nr);

	return name && (!strcmp(name, "sendmmsg") || !strcmp(name, "recvmmsg"));
}
