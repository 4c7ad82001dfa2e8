// SPDX-License-Identifier: GPL-2.0-only
/* Names before and behind translations: see translated.h. */
#include "translated.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define NAMES_MAX  262144u /* known at once; the oldest go */
#define CHAIN_MAX  8	   /* translations one behind the other */
#define REUSES_MAX 64	   /* connections behind one name, one after the other */

struct name { /* of a connection, in the order of its ends (bpf/body/flow.h) */
	uint8_t addr[2][16];
	uint16_t port[2];
	uint8_t proto, pad[3];
};

struct pair {
	struct name before;
	uint64_t told; /* in this pass: the greater the later; 0 not yet */
	bool swapped;  /* the ends are in the other order before it */
};

struct behind {
	struct name key;
	struct pair *pairs;
	uint32_t count;
	UT_hash_handle hh;
};

struct translated {
	struct behind *all;
	uint32_t count; /* pairs */
	uint64_t told;
};

struct translated *translated_new(void)
{
	return calloc(1, sizeof(struct translated));
}

static void behind_free(struct translated *n, struct behind *b)
{
	HASH_DEL(n->all, b);
	n->count -= b->count;
	free(b->pairs);
	free(b);
}

void translated_free(struct translated *n)
{
	struct behind *b, *next;

	if (!n)
		return;
	HASH_ITER(hh, n->all, b, next)
	{
		behind_free(n, b);
	}
	free(n);
}

void translated_again(struct translated *n)
{
	for (struct behind *b = n->all; b; b = b->hh.next)
		for (uint32_t i = 0; i < b->count; i++)
			b->pairs[i].told = 0;
	n->told = 0;
}

uint32_t translated_count(const struct translated *n)
{
	return n->count;
}

/* End 0 is the lesser by (port, address). True: that is the second of the two given. */
static bool order(const uint8_t addr[2][16], const uint16_t port[2], uint8_t proto, struct name *ret)
{
	bool second = port[0] > port[1] || (port[0] == port[1] && memcmp(addr[0], addr[1], 16) > 0);

	memset(ret, 0, sizeof(*ret));
	ret->proto = proto;
	for (int end = 0; end < 2; end++) {
		memcpy(ret->addr[end], addr[second ^ end], 16);
		ret->port[end] = port[second ^ end];
	}
	return second;
}

static struct behind *behind_get(const struct translated *n, const struct name *key)
{
	struct behind *b;

	HASH_FIND(hh, n->all, key, sizeof(*key), b);
	return b;
}

static struct pair *pair_get(struct translated *n, struct behind *b, const struct name *before)
{
	struct pair *more;

	for (uint32_t i = 0; i < b->count; i++)
		if (!memcmp(&b->pairs[i].before, before, sizeof(*before)))
			return &b->pairs[i];
	if (b->count == REUSES_MAX) { /* the oldest goes */
		memmove(b->pairs, b->pairs + 1, (b->count - 1) * sizeof(*b->pairs));
		b->count--;
		n->count--;
	}
	more = realloc(b->pairs, (b->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	b->pairs = more;
	n->count++;
	more[b->count] = (struct pair){ .before = *before };
	return &more[b->count++];
}

int translated_add(struct translated *n, uint8_t proto, const struct crumb_ev_nat *ev)
{
	struct name before, after;
	bool swapped = order(ev->before, ev->port_before, proto, &before) !=
		       order(ev->after, ev->port_after, proto, &after);
	struct behind *b = behind_get(n, &after);
	struct pair *p;

	if (!memcmp(&before, &after, sizeof(before)))
		return 0;
	if (!b && n->count >= NAMES_MAX) /* uthash keeps the order of arrival */
		behind_free(n, n->all);
	if (!b)
		HASH_NEW(n->all, key, &after, b);
	p = b ? pair_get(n, b, &before) : NULL;
	if (!p)
		return -ENOMEM;
	p->swapped = swapped;
	p->told = ++n->told;
	return 0;
}

bool translated_rename(const struct translated *n, struct crumb_ev_flow *f)
{
	bool swapped = false;
	struct name name;

	for (int i = 0; n && i < CHAIN_MAX; i++) {
		const struct pair *best = NULL;
		const struct behind *b;

		if (order(f->addr, f->port, f->proto, &name)) /* by hand: no kernel side orders so */
			break;
		b = behind_get(n, &name);
		for (uint32_t k = 0; b && k < b->count; k++)
			if (!best || b->pairs[k].told > best->told)
				best = &b->pairs[k];
		if (!best)
			break;
		memcpy(f->addr, best->before.addr, sizeof(f->addr));
		memcpy(f->port, best->before.port, sizeof(f->port));
		swapped ^= best->swapped;
	}
	return swapped;
}
