// SPDX-License-Identifier: GPL-2.0-only
/* See rules.h. */
#include "rules.h"

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdlib.h>

#include "clock.h"
#include "netns_each.h"
#include "netns_look.h"
#include "nft_look.h"

#define WATCH_NS 1000000000ull
#define WATCH_SHARE \
	50 /* of the time is spent with that: one part in so many. A container's namespace is looked for among all processes */
#define FRESH_NS 50000000ull /* rules that drop something are read again after this */
/* Each has one place; of two that meet there the newer one is known, and less can be said of the other. */
#define KNOWN 1024u /* namespaces */
#define WATCHED \
	32u /* of these, whose generations are looked at each second: a change is known to be that recent */
#define READINGS 256u /* kinds of packets, each in its namespace */

struct known {
	uint32_t netns, generation;
	uint64_t since_ns; /* it was seen for the first time then */
	uint64_t other_ns; /* another one was seen for the last time then; 0 none was */
	uint64_t seen_ns;  /* it was seen for the last time */
};

struct reading {
	uint64_t key;
	uint64_t drop_ns; /* of the drop that it was made for */
	bool put_off;	  /* one came since */
	struct crumb_ev_drop drop;
};

struct rules {
	struct known known[KNOWN];
	struct reading readings[READINGS];
	unsigned int put_off;
	uint32_t watched[WATCHED]; /* the newest; 0 none */
	unsigned int next;
	uint64_t watch_ns;
};

static uint32_t mix(uint64_t key)
{
	return (uint32_t)((key ^ key >> 29) * 0x9e3779b97f4a7c15ull >> 40);
}

static struct known *known_get(struct rules *r, uint32_t netns)
{
	struct known *k = &r->known[mix(netns) % KNOWN];

	if (k->netns != netns)
		*k = (struct known){ .netns = netns };
	return k;
}

static struct reading *reading_get(struct rules *r, uint64_t key)
{
	struct reading *d = &r->readings[mix(key) % READINGS];

	if (d->key != key) {
		r->put_off -= d->put_off;
		*d = (struct reading){ .key = key };
	}
	return d;
}

static void generation_seen(struct known *k, uint32_t generation, uint64_t now_ns)
{
	if (!k->seen_ns || k->generation != generation) {
		k->other_ns = k->seen_ns;
		k->since_ns = now_ns;
		k->generation = generation;
	}
	k->seen_ns = now_ns;
}

/* False: there is none, or it cannot be asked for. */
static bool look(struct known *k)
{
	struct mnl_socket *nl = netns_netfilter(k->netns);
	uint32_t generation;
	bool known;

	if (!nl)
		return false;
	known = nft_generation(nl, &generation);
	if (known)
		generation_seen(k, generation, clock_ns(CLOCK_MONOTONIC));
	mnl_socket_close(nl);
	return known;
}

static bool learn(uint32_t netns, void *rules)
{
	struct known *k = known_get(rules, netns);

	if (!k->seen_ns)
		look(k);
	return false;
}

struct rules *rules_new(void)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r)
		netns_each(learn, r);
	return r;
}

void rules_free(struct rules *r)
{
	free(r);
}

void rules_netns(struct rules *r, uint32_t netns)
{
	for (unsigned int i = 0; i < WATCHED; i++)
		if (r->watched[i] == netns)
			return;
	learn(netns, r);
	r->watched[r->next++ % WATCHED] = netns;
}

static void watch(struct rules *r, uint64_t now_ns)
{
	uint64_t start;

	if (now_ns < r->watch_ns)
		return;
	start = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned int i = 0; i < WATCHED; i++)
		if (r->watched[i] && !look(known_get(r, r->watched[i])))
			r->watched[i] = 0;
	r->watch_ns = now_ns + clock_pause_ns(start, WATCH_SHARE, WATCH_NS);
}

static int read_now(struct rules *r, const struct crumb_ev_drop *drop, uint64_t time_ns,
		    event_fn out, void *ctx)
{
	struct known *k = known_get(r, drop->s.netns);
	struct crumb_ev_rule rule;
	uint32_t generation;
	uint64_t began_ns = clock_ns(CLOCK_MONOTONIC);

	if (nft_look(drop, &rule, &generation)) {
		generation_seen(k, generation, began_ns);
		k->seen_ns = rule.read_ns;
		rule.since_ns = k->since_ns;
		rule.other_ns = k->other_ns;
	}
	rule.h.time_ns = time_ns;
	return out(ctx, &rule.h);
}

int rules_drop(struct rules *r, const struct crumb_ev_drop *drop, event_fn out, void *ctx)
{
	struct reading *d = reading_get(r, (uint64_t)drop->s.netns << 32 | drop->s.ip_version << 1 |
						   !drop->s.iif);

	if (d->drop_ns && drop->s.h.time_ns < d->drop_ns + FRESH_NS) {
		r->put_off += !d->put_off;
		d->put_off = true;
		d->drop = *drop;
		return 0;
	}
	r->put_off -= d->put_off;
	d->put_off = false;
	d->drop_ns = drop->s.h.time_ns;
	return read_now(r, drop, drop->s.h.time_ns, out, ctx);
}

int rules_look(struct rules *r, uint64_t now_ns, event_fn out, void *ctx)
{
	int err = 0;

	watch(r, now_ns);
	for (unsigned int i = 0; i < READINGS && r->put_off && !err; i++) {
		struct reading *d = &r->readings[i];

		if (!d->put_off || now_ns < d->drop_ns + FRESH_NS)
			continue;
		d->put_off = false;
		r->put_off--;
		d->drop_ns = now_ns;
		err = read_now(r, &d->drop, now_ns, out, ctx);
	}
	return err;
}
