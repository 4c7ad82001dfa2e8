// SPDX-License-Identifier: GPL-2.0-only
/*
 * Merge: against a plain stable sort of the same events, for random numbers of queues, orders,
 * pieces and watermarks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "merge.h"
#include "strbuf.h"

#define QUEUES_MAX 9

static uint64_t seed = 0x2545f4914f6cdd1d;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* An event that tells where it came from: cpu = queue, seq = how many came before it there. */
static struct crumb_ev_sock event_of(uint64_t time_ns, uint32_t queue, uint32_t nth)
{
	return (struct crumb_ev_sock){
		.h = { .time_ns = time_ns,
		       .type = CRUMB_EV_SOCK,
		       .size = sizeof(struct crumb_ev_sock),
		       .cpu = queue },
		.seq = nth,
	};
}

struct seen {
	struct crumb_ev_sock *ev;
	size_t n, cap;
	size_t stop_at; /* refuse then; 0 never */
};

static int see(void *ctx, const struct crumb_event *ev)
{
	struct seen *s = ctx;

	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 64;
		s->ev = realloc(s->ev, s->cap * sizeof(*s->ev));
		assert_non_null(s->ev);
	}
	memcpy(&s->ev[s->n++], ev, sizeof(*s->ev));
	return s->n == s->stop_at ? -ECANCELED : 0;
}

/* The rule of merge.h: by time, then queue, then arrival. */
static int by_rule(const void *a, const void *b)
{
	const struct crumb_ev_sock *x = a, *y = b;

	if (x->h.time_ns != y->h.time_ns)
		return x->h.time_ns < y->h.time_ns ? -1 : 1;
	if (x->h.cpu != y->h.cpu)
		return x->h.cpu < y->h.cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void give(struct merge *m, const struct crumb_ev_sock *ev)
{
	assert_int_equal(merge_chunk(m, ev->h.cpu, ev, sizeof(*ev)), 0);
}

static void test_order_of_equal_times(void **state)
{
	struct seen s = { 0 };
	struct merge *m = merge_new(3, see, &s);
	struct crumb_ev_sock in[] = {
		event_of(10, 2, 0), event_of(10, 2, 1), event_of(10, 0, 0),
		event_of(9, 2, 2),  event_of(10, 1, 0), event_of(10, 0, 1),
	};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		give(m, &in[i]);
	assert_int_equal(merge_watermark(m, 9), 0); /* strictly older than */
	assert_int_equal(s.n, 0);
	assert_int_equal(merge_watermark(m, 10), 0);
	assert_int_equal(s.n, 1);
	assert_int_equal(merge_watermark(m, 11), 0);
	assert_int_equal(s.n, 6);
	qsort(in, 6, sizeof(in[0]), by_rule);
	assert_memory_equal(in, s.ev, sizeof(in));
	assert_int_equal(merge_late(m), 0);
	assert_int_equal(merge_pending_bytes(m), 0);
	merge_free(m);
	free(s.ev);
}

static void test_late_is_passed_on_and_counted(void **state)
{
	struct seen s = { 0 };
	struct merge *m = merge_new(2, see, &s);
	struct crumb_ev_sock a = event_of(100, 0, 0), late = event_of(99, 1, 0),
			     not_late = event_of(100, 1, 1);

	(void)state;
	give(m, &a);
	assert_int_equal(merge_watermark(m, 200), 0);
	give(m, &late);
	assert_int_equal(s.n, 2);
	assert_int_equal(merge_late(m), 1);
	give(m, &not_late); /* behind the watermark, yet nothing younger went out */
	assert_int_equal(s.n, 2);
	assert_int_equal(merge_flush(m), 0);
	assert_int_equal(s.n, 3);
	assert_int_equal(merge_late(m), 1);
	merge_free(m);
	free(s.ev);
}

/* One round: @disorder is how far times go back within a queue. */
static void random_round(uint64_t disorder)
{
	unsigned int n_queues = 1 + rnd() % QUEUES_MAX;
	struct strbuf bytes[QUEUES_MAX] = { 0 };
	size_t given[QUEUES_MAX] = { 0 }, total = rnd() % 3000, left = 0, n;
	struct crumb_ev_sock *in = calloc(total + 1, sizeof(*in));
	uint64_t now = 1000000, mark;
	struct seen s = { 0 };
	struct merge *m = merge_new(n_queues, see, &s);
	uint32_t nth[QUEUES_MAX] = { 0 };

	for (size_t i = 0; i < total; i++) {
		uint32_t q = rnd() % n_queues;

		now += rnd() % 4;
		in[i] = event_of(now - (disorder ? rnd() % disorder : 0), q, nth[q]++);
		strbuf_add(&bytes[q], &in[i], sizeof(in[i]));
	}
	/*
	 * Pieces of any size, cut anywhere; after each, the watermark that its producer could
	 * promise.
	 */
	for (size_t q = 0; q < n_queues; q++)
		left += bytes[q].len;
	while (left) {
		uint32_t q = rnd() % n_queues;

		n = bytes[q].len - given[q];
		if (n > 1)
			n = 1 + rnd() % (rnd() % 2 ? n : n < 200 ? n : 200);
		assert_int_equal(merge_chunk(m, q, bytes[q].text + given[q], n), 0);
		given[q] += n;
		left -= n;
		mark = UINT64_MAX;
		for (size_t i = 0; i < n_queues; i++) {
			const struct crumb_ev_sock *ev = (const void *)bytes[i].text;

			for (size_t k = given[i] / sizeof(*ev); k < nth[i]; k++)
				mark = ev[k].h.time_ns < mark ? ev[k].h.time_ns : mark;
		}
		if (mark != UINT64_MAX && rnd() % 3 == 0)
			assert_int_equal(merge_watermark(m, mark), 0);
	}
	assert_int_equal(merge_flush(m), 0);
	qsort(in, total, sizeof(*in), by_rule);
	assert_int_equal(s.n, total);
	if (total)
		assert_memory_equal(in, s.ev, total * sizeof(*in));
	assert_int_equal(merge_late(m), 0);
	assert_int_equal(merge_malformed(m), 0);
	assert_int_equal(merge_pending_bytes(m), 0);
	for (size_t q = 0; q < n_queues; q++)
		strbuf_done(&bytes[q]);
	merge_free(m);
	free(s.ev);
	free(in);
}

static void test_random(void **state)
{
	static const uint64_t disorders[] = { 0, 3, 20, 1000, 100000 };

	(void)state;
	for (int round = 0; round < 60; round++)
		random_round(disorders[round % 5]);
}

/* A stream in reverse must not take quadratic time: 400,000 events took minutes then. */
static void test_reversed(void **state)
{
	struct seen s = { 0 };
	struct merge *m = merge_new(1, see, &s);
	struct crumb_ev_sock ev;
	clock_t start = clock();

	(void)state;
	for (uint32_t i = 0; i < 400000; i++) {
		ev = event_of(1000000 - i, 0, i);
		give(m, &ev);
	}
	assert_int_equal(merge_flush(m), 0);
	assert_int_equal(s.n, 400000);
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.ev[i - 1].h.time_ns < s.ev[i].h.time_ns);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 10);
	merge_free(m);
	free(s.ev);
}

static void test_malformed(void **state)
{
	struct seen s = { 0 };
	struct merge *m = merge_new(2, see, &s);
	struct crumb_ev_sock ev[3] = { event_of(1, 0, 0), event_of(2, 0, 1), event_of(3, 0, 2) };

	(void)state;
	ev[1].h.size = 12;
	assert_int_equal(merge_chunk(m, 0, ev, sizeof(ev)), -EBADMSG);
	assert_int_equal(merge_malformed(m), 1);
	give(m, &ev[2]); /* the queue goes on */
	ev[0].dir = 7;	 /* framed well, refused by event_check() */
	give(m, &ev[0]);
	assert_int_equal(merge_flush(m), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(merge_malformed(m), 2);
	assert_int_equal(merge_chunk(m, 2, ev, sizeof(ev[0])), -EINVAL);
	assert_int_equal(merge_chunk(m, 1, ev, 40), 0); /* a part of a record, and no more */
	assert_int_equal(merge_flush(m), -EBADMSG);
	assert_int_equal(merge_malformed(m), 3);
	merge_free(m);
	free(s.ev);
}

static void test_consumer_stops(void **state)
{
	struct seen s = { .stop_at = 2 };
	struct merge *m = merge_new(1, see, &s);
	struct crumb_ev_sock ev[] = { event_of(1, 0, 0), event_of(2, 0, 1), event_of(3, 0, 2) };

	(void)state;
	assert_int_equal(merge_chunk(m, 0, ev, sizeof(ev)), 0);
	assert_int_equal(merge_watermark(m, 100), -ECANCELED);
	assert_int_equal(s.n, 2);
	assert_int_equal(merge_watermark(m, 100), 0); /* each event once */
	assert_int_equal(s.n, 3);
	merge_free(m);
	free(s.ev);
}

/* With a watermark after each chunk what is held stays small, however long the stream. */
static void test_memory_is_bounded(void **state)
{
	struct crumb_ev_sock ev[64];
	struct seen s = { 0 };
	struct merge *m = merge_new(2, see, &s);
	uint32_t n = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < 64; i++, n++)
			ev[i] = event_of(n, round % 2, n);
		assert_int_equal(merge_chunk(m, round % 2, ev, sizeof(ev)), 0);
		assert_int_equal(merge_watermark(m, n > 100 ? n - 100 : 0), 0);
		assert_true(merge_pending_bytes(m) <= 8 * sizeof(ev));
	}
	merge_free(m);
	free(s.ev);
}

/* ------------------------------------------------------------------- packets whose head is the one's before */

struct packets {
	struct crumb_ev_packet p[8];
	unsigned int n;
};

static int see_packet(void *ctx, const struct crumb_event *ev)
{
	struct packets *s = ctx;

	assert_true(s->n < 8);
	memset(&s->p[s->n], 0xee, sizeof(s->p[0]));
	memcpy(&s->p[s->n++], ev, ev->size);
	return 0;
}

static struct crumb_ev_skb packet_of(uint64_t time_ns, uint64_t skb, uint16_t size)
{
	return (struct crumb_ev_skb){
		.h = { .time_ns = time_ns, .type = CRUMB_EV_SKB, .size = size },
		.flow = 1,
		.skb = skb,
		.seq = (uint32_t)skb,
		.payload = 100,
		.ifindex = (uint32_t)time_ns,
	};
}

static void put_short(struct merge *m, unsigned int queue, uint64_t time_ns, uint64_t skb, bool kept)
{
	struct crumb_ev_packet_short p = { .s = packet_of(time_ns, skb, sizeof(p)),
					   .snap_l2 = 1,
					   .kept = kept };

	p.s.snap_len = 66;
	p.s.src_mac[0] = (uint8_t)skb;
	memset(p.bytes, (int)skb, 66);
	assert_int_equal(merge_chunk(m, queue, &p, sizeof(p)), 0);
}

static void put_again(struct merge *m, unsigned int queue, uint64_t time_ns, uint64_t skb)
{
	struct crumb_ev_packet_again p = { .s = packet_of(time_ns, skb, sizeof(p)), .again = 1 };

	assert_int_equal(merge_chunk(m, queue, &p, sizeof(p)), 0);
}

static void is_whole(const struct crumb_ev_packet *p, uint64_t time_ns, uint64_t skb)
{
	assert_int_equal(p->s.h.size, sizeof(*p));
	assert_int_equal(p->s.h.time_ns, time_ns);
	assert_int_equal(p->s.ifindex, time_ns);
	assert_int_equal(p->s.skb, skb);
	assert_int_equal(p->s.snap_len, 66);
	assert_int_equal(p->s.src_mac[0], skb);
	assert_int_equal(p->snap_l2, 1);
	for (int i = 0; i < CRUMB_SNAP_BYTES; i++)
		assert_int_equal(p->bytes[i], i < 66 ? skb : 0);
	for (size_t i = 0; i < sizeof(p->pad0); i++)
		assert_int_equal(p->pad0[i], 0);
}

/* Of each CPU its own; what an interrupt wrote between does not count; and without the one before, a record without bytes. */
static void heads_again(void **state)
{
	struct packets s = { .n = 0 };
	struct merge *m = merge_new(2, see_packet, &s);

	(void)state;
	put_short(m, 0, 10, 5, true);
	put_short(m, 0, 20, 6, false); /* an interrupt's */
	put_again(m, 0, 30, 5);
	put_short(m, 1, 15, 7, true);
	put_again(m, 1, 25, 7);
	put_again(m, 1, 40, 8); /* its first was lost */
	assert_int_equal(merge_flush(m), 0);
	assert_int_equal(s.n, 6);
	is_whole(&s.p[0], 10, 5);
	is_whole(&s.p[1], 15, 7);
	is_whole(&s.p[2], 20, 6);
	is_whole(&s.p[3], 25, 7);
	is_whole(&s.p[4], 30, 5);
	assert_int_equal(s.p[5].s.h.size, sizeof(struct crumb_ev_skb));
	assert_int_equal(s.p[5].s.snap_len, 0);
	assert_int_equal(merge_late(m), 0);
	merge_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_of_equal_times),
		cmocka_unit_test(test_late_is_passed_on_and_counted),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_reversed),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_consumer_stops),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(heads_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
