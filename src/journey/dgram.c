// SPDX-License-Identifier: GPL-2.0-only
/* Datagrams by what tells them apart: see dgram.h. */
#include "dgram.h"

#include <stdlib.h>
#include <utlist.h>

struct dgrams *dgrams_new(void)
{
	struct dgrams *ds = calloc(1, sizeof(*ds));

	if (!ds)
		return NULL;
	ring_init(&ds->all, sizeof(struct dgram *));
	ds->next = DGRAM_FIRST;
	return ds;
}

static struct dgram *nth(const struct dgrams *ds, uint32_t i)
{
	return *(struct dgram **)ring_at(&ds->all, i);
}

void dgrams_free(struct dgrams *ds)
{
	if (!ds)
		return;
	for (uint32_t i = 0; i < ds->all.count; i++)
		free(nth(ds, i));
	ring_done(&ds->all);
	free(ds);
}

/* Those whose digest is not known share one. */
static uint32_t bucket_of(const struct crumb_digest *d)
{
	return d->whole % DGRAM_BUCKETS;
}

struct dgram *dgrams_add(struct dgrams *ds, const struct dgram_look *l, uint64_t now_ns)
{
	struct dgram *d = calloc(1, sizeof(*d)), **slot;

	slot = d ? ring_push(&ds->all) : NULL;
	if (!slot) {
		free(d);
		return NULL;
	}
	d->at = ds->next;
	d->bytes = l->bytes;
	d->digest = l->digest;
	d->skb = l->skb;
	d->sent_skb = l->skb;
	d->segs = l->segs;
	d->first_ns = now_ns;
	d->last_ns = now_ns;
	d->nth = l->copy_of ? l->copy_of->nth : ds->seen[bucket_of(&d->digest)]++;
	ds->next += dgram_span(d);
	*slot = d;
	DL_APPEND(ds->bucket[bucket_of(&d->digest)], d);
	return d;
}

struct dgram *dgrams_at(const struct dgrams *ds, uint64_t at)
{
	uint32_t lo = 0, hi = ds ? ds->all.count : 0;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		struct dgram *d = nth(ds, mid);

		if (d->at + dgram_span(d) > at)
			hi = mid;
		else
			lo = mid + 1;
	}
	return ds && lo < ds->all.count && nth(ds, lo)->at <= at ? nth(ds, lo) : NULL;
}

bool dgram_digests_agree(const struct crumb_digest *a, const struct crumb_digest *b)
{
	if (a->whole && b->whole)
		return a->whole == b->whole;
	return !a->head || !b->head || a->head == b->head;
}

/* GRO merges datagrams: the skb is longer than the first of them. */
static bool lengths_agree(const struct dgram *d, const struct dgram_look *l)
{
	return d->bytes == l->bytes || (l->segs > 1 && d->segs <= 1 && l->bytes > d->bytes);
}

static bool agrees(const struct dgram *d, const struct dgram_look *l)
{
	return !d->copy_of && !(d->places & l->place) && lengths_agree(d, l) &&
	       dgram_digests_agree(&d->digest, &l->digest);
}

typedef bool (*dgram_fn)(struct dgram *d, const struct dgram_look *l);

static bool same_skb(struct dgram *d, const struct dgram_look *l)
{
	return d->skb == l->skb && agrees(d, l);
}

static bool alike(struct dgram *d, const struct dgram_look *l)
{
	return agrees(d, l);
}

static struct dgram *oldest_in(struct dgram *bucket, const struct dgram_look *l, dgram_fn fn,
			       uint32_t *count)
{
	struct dgram *d, *found = NULL;

	DL_FOREACH(bucket, d)
	if (fn(d, l)) {
		found = found ? found : d;
		if (!count || ++*count > 1)
			break;
	}
	return found;
}

/* Where the digest is known on one side only, the two are in different buckets. */
static struct dgram *oldest(const struct dgrams *ds, const struct dgram_look *l, dgram_fn fn,
			    uint32_t *count)
{
	struct dgram *d;

	if (l->digest.whole) {
		d = oldest_in(ds->bucket[bucket_of(&l->digest)], l, fn, count);
		return d ? d : oldest_in(ds->bucket[0], l, fn, count);
	}
	for (uint32_t i = 0; i < ds->all.count; i++) {
		d = nth(ds, i);
		if (!d->prev || !fn(d, l))
			continue;
		if (count)
			*count = 2; /* others were not looked for */
		return d;
	}
	return NULL;
}

struct dgram *dgrams_of_skb(const struct dgrams *ds, const struct dgram_look *l)
{
	return l->skb ? oldest(ds, l, same_skb, NULL) : NULL;
}

struct dgram *dgrams_like(const struct dgrams *ds, const struct dgram_look *l, bool *ret_sure)
{
	uint32_t count = 0;
	struct dgram *d = oldest(ds, l, alike, &count);

	*ret_sure = count == 1;
	return d;
}

struct dgram *dgrams_train(const struct dgrams *ds, const struct dgram_look *l, bool read)
{
	for (uint32_t i = 0; i < ds->all.count; i++) {
		struct dgram *d = nth(ds, i);

		if (d->segs > 1 && d->bytes > l->bytes &&
		    (read ? d->read : d->queued) + l->bytes <= d->bytes)
			return d;
	}
	return NULL;
}

struct dgram *dgrams_sent(const struct dgrams *ds, const struct dgram_look *l)
{
	for (uint32_t i = ds->all.count; i-- > 0;) {
		struct dgram *d = nth(ds, i);

		if (!d->bound && d->made_here && d->sent_skb == l->skb && d->bytes == l->bytes &&
		    dgram_digests_agree(&d->digest, &l->digest))
			return d;
	}
	return NULL;
}

static bool unread(struct dgram *d, const struct dgram_look *l)
{
	return !d->taken && agrees(d, l);
}

struct dgram *dgrams_unread(const struct dgrams *ds, const struct dgram_look *l, bool *ret_sure)
{
	uint32_t count = 0;
	struct dgram *d = oldest(ds, l, unread, &count);

	*ret_sure = count == 1;
	return d;
}

void dgrams_settle(struct dgrams *ds, struct dgram *d)
{
	if (!d->prev)
		return;
	DL_DELETE(ds->bucket[bucket_of(&d->digest)], d);
	d->prev = NULL;
	d->next = NULL;
}

void dgrams_trim(struct dgrams *ds, uint64_t low, uint64_t before_ns)
{
	uint32_t n;

	for (n = 0; n < ds->all.count; n++) {
		struct dgram *d = nth(ds, n);

		if (d->at + dgram_span(d) > low && d->last_ns >= before_ns)
			break;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct dgram *d = nth(ds, i);

		dgrams_settle(ds, d);
		free(d);
	}
	ring_pop(&ds->all, n);
}
