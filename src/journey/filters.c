// SPDX-License-Identifier: GPL-2.0-only
/* The order is that of __tcf_classify() (net/sched/cls_api.c), the comparison that of fl_classify() (cls_flower.c): see filters.h. */
#include "filters.h"

#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define FILTERS_MAX 16384u /* known at once */
#define SIDES_MAX   4096u
#define READINGS    32	 /* of one filter's counter in hardware that are kept */
#define ASKED_MAX   1024 /* filters of one side that are looked through; with more none is named */
#define DELAY_NS    1000000000ull  /* a counter that comes late is taken so much after */
#define GONE_NS	    60000000000ull /* what was not read for so long is forgotten */

struct filter_key {
	uint32_t chain, handle, pref;
};

struct reading {
	uint64_t ns, packets;
};

struct filter {
	struct filter_key key;
	struct crumb_ev_filter ev;
	struct reading read[READINGS]; /* read[count % READINGS] is the next */
	uint64_t count;
	UT_hash_handle hh;
};

struct side_key {
	uint32_t netns, ifindex, egress;
};

struct side {
	struct side_key key;
	uint64_t read_ns;  /* the newest reading's time in the stream */
	uint64_t heard_ns; /* of it was told last */
	bool cut;
	struct filter *filters;
	UT_hash_handle hh;
};

struct filters {
	struct side *sides;
	uint32_t count; /* of filters */
	uint64_t sweep_ns;
};

struct filters *filters_new(void)
{
	return calloc(1, sizeof(struct filters));
}

void filters_free(struct filters *fs)
{
	struct side *s, *next;

	if (!fs)
		return;
	HASH_ITER(hh, fs->sides, s, next)
	{
		HASH_FREE(s->filters);
		HASH_DEL(fs->sides, s);
		free(s);
	}
	free(fs);
}

/* Devices come and go: what was not heard of for so long is forgotten with its filters. */
static void sides_sweep(struct filters *fs, uint64_t now_ns)
{
	struct side *s, *next;

	if (now_ns < fs->sweep_ns)
		return;
	fs->sweep_ns = now_ns + GONE_NS / 4;
	HASH_ITER(hh, fs->sides, s, next)
	{
		if (s->heard_ns + GONE_NS > now_ns)
			continue;
		fs->count -= HASH_COUNT(s->filters);
		HASH_FREE(s->filters);
		HASH_DEL(fs->sides, s);
		free(s);
	}
}

static struct side_key side_key(uint32_t netns, uint32_t ifindex, bool egress)
{
	return (struct side_key){ netns, ifindex, egress };
}

static void take_mark(struct filters *fs, struct side *s, const struct crumb_ev_filter *ev)
{
	struct filter *f, *next;

	s->read_ns = ev->h.time_ns;
	s->cut = ev->flags & CRUMB_FILTER_CUT;
	HASH_ITER(hh, s->filters, f, next)
	{
		if (f->ev.h.time_ns + GONE_NS > s->read_ns)
			continue;
		HASH_DEL(s->filters, f);
		free(f);
		fs->count--;
	}
}

/* Of more than there is room for nothing is told of the side that they are of. */
int filters_event(struct filters *fs, const struct crumb_ev_filter *ev)
{
	const struct side_key side = side_key(ev->netns, ev->ifindex, ev->egress);
	const struct filter_key key = { ev->chain, ev->handle, ev->pref };
	struct filter *f;
	struct side *s;

	HASH_FIND(hh, fs->sides, &side, sizeof(side), s);
	if (!s)
		sides_sweep(fs, ev->h.time_ns);
	if (!s && HASH_COUNT(fs->sides) < SIDES_MAX) {
		HASH_NEW(fs->sides, key, &side, s);
		if (!s)
			return -ENOMEM;
	}
	if (!s)
		return 0;
	s->heard_ns = ev->h.time_ns;
	if (ev->flags & CRUMB_FILTER_READING) {
		take_mark(fs, s, ev);
		return 0;
	}
	HASH_FIND(hh, s->filters, &key, sizeof(key), f);
	if (!f && fs->count == FILTERS_MAX) {
		s->cut = true;
		return 0;
	}
	if (!f) {
		HASH_NEW(s->filters, key, &key, f);
		if (!f)
			return -ENOMEM;
		fs->count++;
	}
	f->ev = *ev;
	f->read[f->count++ % READINGS] = (struct reading){ ev->read_ns, ev->hw_packets };
	return 0;
}

/* ----------------------------------------------------------------------------------------------- matching */

enum match { MATCH_NO, MATCH_PERHAPS, MATCH_YES };

static uint16_t ethertype(const struct filter_packet *p)
{
	return p->ip_version == 6 ? ETH_P_IPV6 : ETH_P_IP;
}

/* Whether hardware looks at the type before or behind the tag is its own affair. */
static enum match match_protocol(const struct crumb_ev_filter *f, const struct filter_packet *p)
{
	bool hw = f->flags & CRUMB_FILTER_IN_HW, tag = f->protocol == ETH_P_8021Q;

	if (f->protocol == ETH_P_ALL)
		return MATCH_YES;
	if (!tag && f->protocol != ethertype(p))
		return f->protocol == ETH_P_8021AD ? MATCH_PERHAPS : MATCH_NO;
	if (tag == (p->vid != 0))
		return MATCH_YES;
	return hw ? MATCH_PERHAPS : MATCH_NO;
}

/* Bytes under a mask: NO, or YES; where they are not known, and something is asked of them, PERHAPS. */
static enum match match_bytes(const uint8_t *key, const uint8_t *mask, const uint8_t *bytes,
			      size_t n, bool known)
{
	enum match m = MATCH_YES;

	for (size_t i = 0; i < n; i++) {
		if (mask[i] && !known)
			m = MATCH_PERHAPS;
		else if ((key[i] ^ bytes[i]) & mask[i])
			return MATCH_NO;
	}
	return m;
}

static enum match match_port(const uint16_t range[2], uint16_t port, bool known)
{
	if (range[0] == 0 && range[1] == 0xffff)
		return MATCH_YES;
	if (!known)
		return MATCH_PERHAPS;
	return port >= range[0] && port <= range[1] ? MATCH_YES : MATCH_NO;
}

static enum match match_vlan(const struct crumb_ev_filter *f, const struct filter_packet *p)
{
	if (p->vid_unsure)
		return f->vlan_mask || f->inner_protocol ? MATCH_PERHAPS : MATCH_YES;
	if (p->vid && f->inner_protocol && f->inner_protocol != ethertype(p))
		return MATCH_NO;
	return (f->vlan ^ p->vid) & f->vlan_mask ? MATCH_NO : MATCH_YES;
}

static enum match matches(const struct crumb_ev_filter *f, const struct filter_packet *p)
{
	const enum match all[] = {
		match_protocol(f, p),
		match_vlan(f, p),
		f->ip_proto && f->ip_proto != p->proto ? MATCH_NO : MATCH_YES,
		match_bytes(f->src_mac, f->src_mac_mask, p->src_mac, 6, p->macs_known),
		match_bytes(f->dst_mac, f->dst_mac_mask, p->dst_mac, 6, p->macs_known),
		match_bytes(f->src, f->src_mask, p->src, 16, p->addresses_known),
		match_bytes(f->dst, f->dst_mask, p->dst, 16, p->addresses_known),
		match_port(f->sport, p->sport, p->addresses_known),
		match_port(f->dport, p->dport, p->addresses_known),
		f->flags & CRUMB_FILTER_MORE ? MATCH_PERHAPS : MATCH_YES,
	};
	enum match least = MATCH_YES;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		least = all[i] < least ? all[i] : least;
	return least;
}

/* -------------------------------------------------------------------------------------------------- order */

struct list {
	const struct filter *at[ASKED_MAX];
	unsigned int n;
	bool full;
};

static int in_order(const void *x, const void *y)
{
	const struct filter *a = *(const struct filter *const *)x,
			    *b = *(const struct filter *const *)y;

	if (a->key.chain != b->key.chain)
		return a->key.chain < b->key.chain ? -1 : 1;
	if (a->key.pref != b->key.pref)
		return a->key.pref < b->key.pref ? -1 : 1;
	return a->key.handle < b->key.handle ? -1 : a->key.handle > b->key.handle;
}

typedef bool (*list_fn)(const struct filter *f, const void *ctx);

/* Those of that side that may match and that @take wants. */
static void list_of(const struct side *s, const struct filter_packet *p, list_fn take,
		    const void *ctx, struct list *l)
{
	l->n = 0;
	l->full = false;
	for (const struct filter *f = s->filters; f; f = f->hh.next) {
		if (!take(f, ctx) || f->ev.action == CRUMB_FILTER_NEXT ||
		    matches(&f->ev, p) == MATCH_NO)
			continue;
		if (l->n == ASKED_MAX) {
			l->full = true;
			return;
		}
		l->at[l->n++] = f;
	}
	qsort(l->at, l->n, sizeof(l->at[0]), in_order);
}

/* The first that matches, if it drops, and if nothing before it, or of the same pref, may have decided otherwise. */
static const struct filter *first_drop(const struct list *l, const struct filter_packet *p)
{
	const struct filter *f = l->n ? l->at[0] : NULL;

	if (!f || f->key.chain || f->ev.action != CRUMB_FILTER_DROP || matches(&f->ev, p) != MATCH_YES)
		return NULL;
	if (l->n > 1 && !l->at[1]->key.chain && l->at[1]->key.pref == f->key.pref)
		return NULL;
	return f;
}

static const struct side *side_of(const struct filters *fs, const struct filter_packet *p)
{
	const struct side_key key = side_key(p->netns, p->ifindex, p->egress);
	struct side *s;

	HASH_FIND(hh, fs->sides, &key, sizeof(key), s);
	return s && !s->cut && s->filters ? s : NULL;
}

/* --------------------------------------------------------------------------------------------- in the kernel */

static bool stood(const struct filter *f, const void *ctx)
{
	const uint64_t *read_ns = ctx;

	return f->ev.h.time_ns == *read_ns && !(f->ev.flags & CRUMB_FILTER_SKIP_SW);
}

/* Can it have dropped the packet? One that has counted nothing in software after that has not: the kernel counts first. */
static bool may_have_dropped(const struct filter *f, uint64_t ns)
{
	return f->ev.action == CRUMB_FILTER_OTHER ||
	       (f->ev.action == CRUMB_FILTER_DROP &&
		(f->ev.read_ns < ns || f->ev.packets != f->ev.hw_packets)); /* 32 bits of each */
}

bool filters_dropped(const struct filters *fs, const struct filter_packet *p, uint64_t ns,
		     struct filter_hit *ret)
{
	const struct side *s = side_of(fs, p);
	const struct filter *f = NULL;
	unsigned int n = 0;
	struct list l;

	if (!s)
		return false;
	list_of(s, p, stood, &s->read_ns, &l);
	if (l.full)
		return false;
	for (unsigned int i = 0; i < l.n; i++) {
		if (!may_have_dropped(l.at[i], ns))
			continue;
		f = l.at[i];
		n++;
	}
	*ret = (struct filter_hit){ .only = n == 1 };
	if (n > 1)
		f = first_drop(&l, p);
	if (!f || !may_have_dropped(f, ns) || (f->ev.action != CRUMB_FILTER_DROP && !ret->only))
		return false;
	ret->filter = &f->ev;
	return true;
}

/* ----------------------------------------------------------------------------------------------- in hardware */

static bool in_hardware(const struct filter *f, const void *ctx)
{
	(void)ctx;
	return f->ev.flags & CRUMB_FILTER_IN_HW;
}

struct time {
	uint64_t from_ns, to_ns;
};

/* The last reading before, the first after. */
static bool around(const struct filter *f, const struct time *t, const struct reading *ret[2])
{
	uint64_t after = t->to_ns + (f->ev.flags & CRUMB_FILTER_DELAYED ? DELAY_NS : 0);

	ret[0] = ret[1] = NULL;
	for (uint64_t i = f->count > READINGS ? f->count - READINGS : 0; i < f->count; i++) {
		const struct reading *r = &f->read[i % READINGS];

		if (r->ns <= t->from_ns)
			ret[0] = r;
		else if (r->ns >= t->to_ns && (!ret[1] || ret[1]->ns < after))
			ret[1] = r;
	}
	return ret[0] && ret[1];
}

/* It was in hardware for some of that time, as far as is known. */
static bool was_in_hardware(const struct filter *f, const void *ctx)
{
	const struct time *t = ctx;
	const struct reading *newest = &f->read[(f->count - 1) % READINGS], *oldest;

	oldest = &f->read[f->count > READINGS ? f->count % READINGS : 0];
	return (f->ev.flags & CRUMB_FILTER_IN_HW) && oldest->ns <= t->to_ns + DELAY_NS &&
	       newest->ns + DELAY_NS >= t->from_ns;
}

bool filters_drops_in_hardware(const struct filters *fs, const struct filter_packet *p,
			       uint64_t from_ns, uint64_t to_ns, struct filter_hit *ret)
{
	const struct side *s = side_of(fs, p);
	const struct time t = { from_ns, to_ns };
	const struct reading *r[2];
	const struct filter *f;
	struct list l;

	if (!s)
		return false;
	list_of(s, p, was_in_hardware, &t, &l);
	f = l.full ? NULL : first_drop(&l, p);
	if (!f || (f->ev.flags & CRUMB_FILTER_SHARED) || !around(f, &t, r) ||
	    r[1]->packets <= r[0]->packets)
		return false;
	*ret = (struct filter_hit){ .filter = &f->ev,
				    .only = l.n == 1,
				    .packets = r[1]->packets - r[0]->packets,
				    .from_ns = r[0]->ns,
				    .to_ns = r[1]->ns };
	return true;
}

static bool is_by_cookie(const struct crumb_ev_filter *e, const uint8_t *cookie, uint8_t len)
{
	return e->cookie_len == len && !memcmp(e->cookie, cookie, len);
}

const struct crumb_ev_filter *filters_trapped(const struct filters *fs, const struct filter_packet *p,
					      const uint8_t *cookie, uint8_t cookie_len)
{
	const struct crumb_ev_filter *named = NULL;
	const struct side *s = side_of(fs, p);
	const struct filter *f;
	struct list l;

	if (!s)
		return NULL;
	list_of(s, p, in_hardware, NULL, &l);
	if (l.full)
		return NULL;
	for (unsigned int i = 0; cookie_len && i < l.n; i++) {
		if (!is_by_cookie(&l.at[i]->ev, cookie, cookie_len))
			continue;
		if (named) /* a cookie is whatever its maker likes */
			return NULL;
		named = &l.at[i]->ev;
	}
	f = cookie_len ? NULL : first_drop(&l, p);
	return f && f->ev.h.time_ns == s->read_ns ? &f->ev : named;
}
