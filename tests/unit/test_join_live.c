// SPDX-License-Identifier: GPL-2.0-only
/*
 * Streams joined as they come: three machines are simulated, a - sw - b, each with a clock of its own, and their streams reach us late,
 * each in a way of its own. Whatever the lag, what was recorded must come out the same: in order, no packet arriving before it
 * left, times within their bounds of the truth.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "join_live.h"

enum { A, SW, B, HOSTS };
enum { PLACES = 4, PACKETS = 20000, EVENTS = 60000 };

#define MS 1000000.0
#define S  1e9

static uint64_t seed;

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double delay(void)
{
	return 20e3 - 5e3 * log(1 - uniform()) + (uniform() < 0.1 ? 2 * MS * uniform() : 0);
}

/* What is true, and what each host wrote down of it. */
struct record {
	double true_ns, order_ns, comes_ns;
	union {
		struct crumb_event h;
		struct crumb_ev_skb skb;
		struct crumb_ev_flow flow;
		struct crumb_ev_host host;
	} ev;
};

struct world {
	const char *name;
	double (*lag)(unsigned int host, double t_ns); /* from an event to its arrival here */
	bool sparse;				       /* seconds without traffic */
	double silent_from, silent_to;		       /* nothing comes of b */

	struct record *record[HOSTS];
	unsigned int n[HOSTS], at[HOSTS];
	double passed[PACKETS][PLACES]; /* each packet's times on the axis; 0: not come */
	double truth[PACKETS][PLACES];
	unsigned int packets;

	struct join_live *join;
	double now;
	uint64_t last_axis;
	unsigned int skbs, disorder, absent_open, absent_closed;
	double most_wait; /* from an event to its passing on, truth */
	size_t most_held;
};

static const double base[HOSTS] = { 5e12, 700e9, 99e12 }, drift[HOSTS] = { 0, 40e-6, -55e-6 };

static uint64_t clock_of(unsigned int host, double t)
{
	return (uint64_t)llround(base[host] + t * (1 + drift[host]));
}

static void put(struct world *w, unsigned int host, double t, const void *ev, size_t size,
		unsigned int type)
{
	struct record *r = &w->record[host][w->n[host]++];

	assert_true(w->n[host] < EVENTS);
	*r = (struct record){ .true_ns = t };
	memcpy(&r->ev, ev, size);
	r->ev.h.time_ns = clock_of(host, t);
	r->ev.h.type = type;
	r->ev.h.size = size;
}

/* Packet @number passes a host's edge; its dir is 0 for b's acknowledgements. */
static void sight(struct world *w, unsigned int host, double t, unsigned int number,
		  unsigned int place, bool out)
{
	bool data = number % 2 == 0;
	struct crumb_ev_skb e = {
		.flow = 1,
		.dir = data,
		.point = out ? CRUMB_PT_DEV_XMIT : CRUMB_PT_DEV_RECEIVE,
		.tcp_flags = 16,
		.netns = 7,
		.ifindex = 1 + place,
		.seq = data ? 1000 + 100 * (number / 2) : 1,
		.payload = data ? 100 : 0,
		.ack = data ? 1 : 1100 + 100 * (number / 2),
		.skb = number * 8 + place, /* the test's own mark */
	};

	put(w, host, t, &e, sizeof(e), CRUMB_EV_SKB);
	w->truth[number][place] = t;
}

static int by_time(const void *a, const void *b)
{
	double x = ((const struct record *)a)->order_ns, y = ((const struct record *)b)->order_ns;

	return (x > y) - (x < y);
}

static void arrivals(struct world *w, unsigned int host)
{
	double last = 0;

	/* In the stream some stand behind younger ones: their program was put off its CPU before the record was whole. */
	for (unsigned int i = 0; i < w->n[host]; i++) {
		struct record *r = &w->record[host][i];

		r->order_ns = r->true_ns +
			      (r->ev.h.type == CRUMB_EV_SKB && uniform() < 0.02 ? 8 * MS : 0);
	}
	qsort(w->record[host], w->n[host], sizeof(*w->record[host]), by_time);
	for (unsigned int i = 0; i < w->n[host]; i++) {
		struct record *r = &w->record[host][i];

		r->comes_ns = r->order_ns + w->lag(host, r->order_ns);
		if (host == B && r->comes_ns > w->silent_from && r->comes_ns < w->silent_to)
			r->comes_ns = w->silent_to;
		last = r->comes_ns = fmax(last, r->comes_ns);
	}
}

static void build(struct world *w, double seconds)
{
	static const unsigned int way[2][PLACES] = { { A, SW, SW, B }, { B, SW, SW, A } };
	double t = 300 * MS;

	for (unsigned int h = 0; h < HOSTS; h++) {
		struct crumb_ev_host host = { .boot_id = { h + 1 } };
		struct crumb_ev_flow flow = {
			.flow = 1, .proto = 6, .family = 2, .port = { 4747, 50000 }
		};

		w->record[h] = calloc(EVENTS, sizeof(*w->record[h]));
		host.name[0] = 'a' + h;
		put(w, h, 0, &host, sizeof(host), CRUMB_EV_HOST);
		put(w, h, 1, &flow, sizeof(flow), CRUMB_EV_FLOW);
		for (double k = 100 * MS; k < (seconds + 3) * S; k += 100 * MS)
			put(w, h, k, &(struct crumb_event){ 0 }, sizeof(struct crumb_event),
			    CRUMB_EV_TICK);
	}
	for (; t < seconds * S && w->packets < PACKETS; t += 2 * MS * uniform()) {
		const unsigned int *hosts = way[w->packets % 2];
		double at = t;

		for (unsigned int p = 0; p < PLACES; p++) {
			sight(w, hosts[p], at, w->packets, p, p % 2 == 0);
			at += p % 2 ? 3e3 + 2e3 * uniform() : delay();
		}
		w->packets++;
		if (w->sparse && uniform() < 0.01)
			t += 4 * S * uniform();
	}
	for (unsigned int h = 0; h < HOSTS; h++)
		arrivals(w, h);
}

static int on_event(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	const struct crumb_ev_skb *e = (const void *)ev;
	struct world *w = ctx;
	unsigned int number, place;

	if (ev->type != CRUMB_EV_SKB)
		return 0;
	number = (e->skb & 0xffffffffffff) / 8;
	place = e->skb % 8;
	assert_true(number < w->packets && place < PLACES);
	assert_true(w->passed[number][place] == 0);
	w->passed[number][place] = (double)ev->time_ns;
	w->disorder += ev->time_ns < w->last_axis;
	w->last_axis = ev->time_ns;
	w->most_wait = fmax(w->most_wait, w->now - w->truth[number][place]);
	w->skbs++;
	(void)host;
	return 0;
}

static int on_absent(void *ctx, unsigned int host, uint64_t from_ns, uint64_t to_ns)
{
	struct world *w = ctx;

	(void)host;
	if (to_ns == UINT64_MAX)
		w->absent_open++;
	else if (from_ns) /* else: when recording began */
		w->absent_closed++;
	return 0;
}

static void deliver(struct world *w)
{
	bool more = true, ready = false;

	for (w->now = 1 * MS; more; w->now += 20 * MS) {
		more = false;
		for (unsigned int h = 0; h < HOSTS; h++) {
			while (w->at[h] < w->n[h] && w->record[h][w->at[h]].comes_ns <= w->now)
				assert_int_equal(join_live_event(w->join, h,
								 &w->record[h][w->at[h]++].ev.h,
								 (uint64_t)w->now),
						 0);
			w->most_held = join_live_held(w->join, h) > w->most_held ?
					       join_live_held(w->join, h) :
					       w->most_held;
			more |= w->at[h] < w->n[h];
		}
		ready = ready || (join_live_known(w->join, A) && join_live_known(w->join, SW) &&
				  join_live_known(w->join, B));
		if (ready)
			assert_int_equal(join_live_advance(w->join, (uint64_t)w->now), 0);
	}
	for (unsigned int h = 0; h < HOSTS; h++)
		assert_int_equal(join_live_over(w->join, h, true), 0);
	assert_int_equal(join_live_finish(w->join), 0);
}

/* Each delay between hosts against the truth, and its bound; sorted out by the state. */
static void compare(struct world *w, unsigned int *ret_bounded)
{
	static const unsigned int way[2][PLACES] = { { A, SW, SW, B }, { B, SW, SW, A } };
	unsigned int early = 0, outside = 0, bounded = 0;
	double worst = 0;

	for (unsigned int i = 0; i < w->packets; i++) {
		for (unsigned int p = 0; p + 1 < PLACES; p += 2) {
			unsigned int x = way[i % 2][p], y = way[i % 2][p + 1];
			double took = w->passed[i][p + 1] - w->passed[i][p];
			double really = w->truth[i][p + 1] - w->truth[i][p];
			struct clock_at at = clocks_between(join_live_clocks(w->join), x, y,
							    (int64_t)w->passed[i][p]);

			if (!w->passed[i][p] || !w->passed[i][p + 1])
				continue;
			early += took < 0;
			bounded += at.state == CLOCK_BOUNDED;
			if (at.bound_ns != CLOCK_UNKNOWN)
				outside += fabs(took - really) > (double)at.bound_ns + 100;
			worst = fmax(worst, fabs(took - really));
		}
	}
	print_message("# %s: %u packets, %u early, %u out of bound, worst %.1f us, passed after at most %.2f s, "
		      "held at most %zu KiB\n",
		      w->name, w->packets, early, outside, worst / 1e3, w->most_wait / 1e9,
		      w->most_held >> 10);
	assert_int_equal(early, 0);
	assert_int_equal(outside, 0);
	*ret_bounded = bounded;
}

static void run(struct world *w, double seconds)
{
	struct join_sink sink = { w, on_event, on_absent };
	unsigned int bounded = 0;

	seed = 88172645463325252ull;
	build(w, seconds);
	assert_int_equal(join_live_new(&sink, &w->join), 0);
	for (unsigned int h = 0; h < HOSTS; h++)
		assert_int_equal(join_live_source(w->join), h);
	deliver(w);
	compare(w, &bounded);
	assert_int_equal(w->disorder, 0);
	if (w->silent_to) {
		assert_true(w->skbs < w->packets * PLACES && bounded > w->packets / 2);
	} else {
		assert_int_equal(w->skbs, w->packets * PLACES);
		assert_int_equal(bounded, 2 * w->packets);
	}
	join_live_free(w->join);
	for (unsigned int h = 0; h < HOSTS; h++)
		free(w->record[h]);
}

static double lag_even(unsigned int host, double t)
{
	(void)t;
	return (5 + 10 * host) * MS;
}

/* A loaded machine: each stream stands still for up to seconds, and catches up. */
static double lag_apart(unsigned int host, double t)
{
	static const double period[HOSTS] = { 1.7 * S, 5.3 * S, 7.1 * S },
			    most[HOSTS] = { 0.3, 2.5, 4 };

	return 5 * MS + most[host] * S * (1 - fmod(t, period[host]) / period[host]);
}

/* The first that is heard of b is seconds old. */
static double lag_begin(unsigned int host, double t)
{
	return host == B && t < 5 * S ? 900 * MS : host == SW ? 300 * MS : 2 * MS;
}

static struct world *world(const char *name, double (*lag)(unsigned int, double))
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	w->name = name;
	w->lag = lag;
	return w;
}

static void even(void **state)
{
	struct world *w = world("even", lag_even);

	(void)state;
	run(w, 10);
	assert_true(w->most_wait < 3 * S);
	free(w);
}

static void apart(void **state)
{
	struct world *w = world("apart", lag_apart);

	(void)state;
	run(w, 18);
	free(w);
}

static void begin(void **state)
{
	struct world *w = world("begin", lag_begin);

	(void)state;
	run(w, 10);
	free(w);
}

static void sparse(void **state)
{
	struct world *w = world("sparse", lag_apart);

	(void)state;
	w->sparse = true;
	run(w, 60);
	free(w);
}

static void silent(void **state)
{
	struct world *w = world("silent", lag_even);

	(void)state;
	w->silent_from = 5 * S;
	w->silent_to = 18 * S;
	run(w, 20);
	assert_int_equal(w->absent_open, 1);
	assert_int_equal(w->absent_closed, 1);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even),	  cmocka_unit_test(apart),  cmocka_unit_test(begin),
		cmocka_unit_test(sparse), cmocka_unit_test(silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
