// SPDX-License-Identifier: GPL-2.0-only
/*
 * K-way merge. Each queue keeps the bytes as they came and an index of (time, position) that is
 * kept sorted: a record older than its predecessor moves back a few places. A stream that is far
 * from sorted is sorted at the next watermark instead, so that no input takes quadratic time.
 *
 *	bytes:  | done | records not passed on yet ... | part of a record |
 *	                                               parsed             len
 *	index:  | done | (time, pos) sorted ... |
 *	               first                    n
 */
#include "merge.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define BACK_STEPS_MAX \
	64 /* nested interrupts need two or three; what came by a small lane (lanes.h) more, and a sort */

struct entry {
	uint64_t time_ns;
	uint64_t pos; /* in bytes: the order of arrival, too */
};

struct queue {
	char *bytes;
	size_t len, cap, parsed;
	struct entry *index;
	size_t first, n, index_cap;
	bool unsorted;
	struct crumb_ev_packet kept; /* the last one whose head may be that of what follows; h.size 0: none */
};

struct merge {
	event_fn out;
	void *ctx;
	struct queue *queues;
	unsigned int n_queues;
	unsigned int *heap; /* queues with something to pass on, the oldest at the root */
	unsigned int n_heap;
	uint64_t last_ns; /* time of the youngest event passed on */
	uint64_t late, malformed;
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
};

struct merge *merge_new(unsigned int n_queues, event_fn out, void *ctx)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->queues = calloc(n_queues, sizeof(*m->queues));
	m->heap = calloc(n_queues, sizeof(*m->heap));
	if (!m->queues || !m->heap) {
		merge_free(m);
		return NULL;
	}
	m->n_queues = n_queues;
	m->out = out;
	m->ctx = ctx;
	return m;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (unsigned int i = 0; i < m->n_queues; i++) {
		free(m->queues[i].bytes);
		free(m->queues[i].index);
	}
	free(m->queues);
	free(m->heap);
	free(m);
}

/* @p has the head of the one that was kept, if that is of the same skb: what was kept may have been lost on its way here. */
static void packet_complete(const struct crumb_ev_packet *kept, struct crumb_ev_packet *p)
{
	p->s.h.size = sizeof(p->s);
	if (!kept->s.h.size || kept->s.skb != p->s.skb || kept->s.flow != p->s.flow ||
	    kept->s.seq != p->s.seq || kept->s.payload != p->s.payload)
		return;
	p->s.h.size = sizeof(*p);
	p->s.snap_len = kept->s.snap_len;
	memcpy(p->s.src_mac, kept->s.src_mac, sizeof(p->s.src_mac));
	memcpy(p->s.dst_mac, kept->s.dst_mac, sizeof(p->s.dst_mac));
	memcpy(p->bytes, kept->bytes, sizeof(*p) - offsetof(struct crumb_ev_packet, bytes));
}

/* A packet's record in one of the forms that only ring buffers have (schema/event_packet.h), as a whole. @ev: of @record, checked. */
static const struct crumb_event *packet_whole(struct merge *m, struct queue *q,
					      const struct crumb_event *record,
					      const struct crumb_event *ev)
{
	struct crumb_ev_packet *p = (void *)m->scratch;

	if (record->size == sizeof(struct crumb_ev_packet_short) &&
	    ((const struct crumb_ev_packet_short *)record)->kept)
		q->kept = *(const struct crumb_ev_packet *)ev;
	if (record->size != sizeof(struct crumb_ev_packet_again))
		return ev;
	if (ev != &p->s.h)
		memcpy(&p->s, ev, sizeof(p->s));
	packet_complete(&q->kept, p);
	return &p->s.h;
}

static int pass_on(struct merge *m, struct queue *q, const void *record)
{
	const struct crumb_event *h = record, *ev = event_check(record, h->size, m->scratch);

	if (!ev) {
		m->malformed++;
		return 0;
	}
	if (ev->type == CRUMB_EV_SKB)
		ev = packet_whole(m, q, h, ev);
	if (ev->time_ns >= m->last_ns)
		m->last_ns = ev->time_ns;
	else
		m->late++;
	return m->out(m->ctx, ev);
}

static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return x->pos < y->pos ? -1 : x->pos > y->pos;
}

/*
 * Drops the done part of bytes and index once it outweighs the rest, so that each byte moves at
 * most once on average.
 */
static void compact(struct queue *q)
{
	size_t keep = q->parsed;

	if (q->first < q->n - q->first || !q->parsed)
		return;
	for (size_t i = q->first; i < q->n; i++)
		keep = q->index[i].pos < keep ? q->index[i].pos : keep;
	memmove(q->bytes, q->bytes + keep, q->len - keep);
	q->len -= keep;
	q->parsed -= keep;
	q->n -= q->first;
	if (q->n)
		memmove(q->index, q->index + q->first, q->n * sizeof(*q->index));
	q->first = 0;
	for (size_t i = 0; i < q->n; i++)
		q->index[i].pos -= keep;
}

static int append_bytes(struct queue *q, const void *bytes, size_t n)
{
	size_t cap = q->cap ? q->cap : 64u << 10;
	char *grown;

	while (cap - q->len < n)
		cap *= 2;
	if (cap > q->cap) {
		grown = realloc(q->bytes, cap);
		if (!grown)
			return -ENOMEM;
		q->bytes = grown;
		q->cap = cap;
	}
	if (n) /* of nothing @bytes may be NULL */
		memcpy(q->bytes + q->len, bytes, n);
	q->len += n;
	return 0;
}

static int index_record(struct queue *q, uint64_t time_ns, uint64_t pos)
{
	size_t cap = q->index_cap ? q->index_cap * 2 : 1024, at, least;
	struct entry *grown;

	if (q->n == q->index_cap) {
		grown = reallocarray(q->index, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		q->index = grown;
		q->index_cap = cap;
	}
	at = q->n++;
	least = at - q->first > BACK_STEPS_MAX ? at - BACK_STEPS_MAX : q->first;
	while (!q->unsorted && at > least && q->index[at - 1].time_ns > time_ns) {
		q->index[at] = q->index[at - 1];
		at--;
	}
	q->index[at] = (struct entry){ time_ns, pos };
	if (at > q->first && q->index[at - 1].time_ns > time_ns)
		q->unsorted = true;
	return 0;
}

/* Indexes the whole records at the end of the queue's bytes. */
static int parse(struct merge *m, struct queue *q)
{
	const struct crumb_event *h;
	size_t left;
	int r = 0;

	while (!r && (left = q->len - q->parsed) >= sizeof(*h)) {
		h = (const void *)(q->bytes + q->parsed);
		if (h->size < sizeof(*h) || h->size % 8) {
			q->len = q->parsed;
			m->malformed++;
			return -EBADMSG;
		}
		if (h->size > left)
			break;
		q->parsed += h->size;
		if (h->time_ns < m->last_ns)
			r = pass_on(m, q, h);
		else
			r = index_record(q, h->time_ns, (const char *)h - q->bytes);
	}
	return r;
}

int merge_chunk(struct merge *m, unsigned int queue, const void *bytes, size_t n)
{
	struct queue *q;
	int r;

	if (queue >= m->n_queues)
		return -EINVAL;
	q = &m->queues[queue];
	r = append_bytes(q, bytes, n);
	if (r)
		return r;
	r = parse(m, q);
	compact(q);
	return r;
}

static bool is_before(const struct merge *m, unsigned int a, unsigned int b)
{
	const struct queue *p = &m->queues[a], *q = &m->queues[b];
	uint64_t s = p->index[p->first].time_ns, t = q->index[q->first].time_ns;

	return s != t ? s < t : a < b;
}

static void sift_down(struct merge *m, unsigned int at)
{
	unsigned int child, moved = m->heap[at];

	for (; (child = 2 * at + 1) < m->n_heap; at = child) {
		if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!is_before(m, m->heap[child], moved))
			break;
		m->heap[at] = m->heap[child];
	}
	m->heap[at] = moved;
}

static void build_heap(struct merge *m)
{
	struct queue *q;

	m->n_heap = 0;
	for (unsigned int i = 0; i < m->n_queues; i++) {
		q = &m->queues[i];
		if (q->unsorted)
			qsort(q->index + q->first, q->n - q->first, sizeof(*q->index), by_time);
		q->unsorted = false;
		if (q->first < q->n)
			m->heap[m->n_heap++] = i;
	}
	for (unsigned int i = m->n_heap / 2; i-- > 0;)
		sift_down(m, i);
}

/* The oldest record if it is older than @ns, or of any age if @all; NULL: no more. */
static const void *take_oldest(struct merge *m, uint64_t ns, bool all, struct queue **ret_queue)
{
	const struct entry *oldest;
	struct queue *q;

	if (!m->n_heap)
		return NULL;
	q = &m->queues[m->heap[0]];
	oldest = &q->index[q->first];
	if (!all && oldest->time_ns >= ns)
		return NULL;
	if (++q->first == q->n)
		m->heap[0] = m->heap[--m->n_heap];
	if (m->n_heap)
		sift_down(m, 0);
	*ret_queue = q;
	return q->bytes + oldest->pos;
}

static int pass_on_until(struct merge *m, uint64_t ns, bool all)
{
	const void *record;
	struct queue *q;
	int r = 0;

	build_heap(m);
	while (!r && (record = take_oldest(m, ns, all, &q)))
		r = pass_on(m, q, record);
	for (unsigned int i = 0; i < m->n_queues; i++)
		compact(&m->queues[i]);
	return r;
}

int merge_watermark(struct merge *m, uint64_t ns)
{
	return pass_on_until(m, ns, false);
}

int merge_flush(struct merge *m)
{
	int r = pass_on_until(m, 0, true);

	for (unsigned int i = 0; i < m->n_queues; i++) {
		if (m->queues[i].parsed < m->queues[i].len) {
			m->malformed++;
			m->queues[i].len = m->queues[i].parsed;
			r = r ? r : -EBADMSG;
		}
	}
	return r;
}

uint64_t merge_late(const struct merge *m)
{
	return m->late;
}

uint64_t merge_malformed(const struct merge *m)
{
	return m->malformed;
}

size_t merge_pending_bytes(const struct merge *m)
{
	size_t n = 0;

	for (unsigned int i = 0; i < m->n_queues; i++)
		n += m->queues[i].len;
	return n;
}
