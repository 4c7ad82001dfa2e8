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
	uint64_t seed;
	double (*lag)(unsigned int host, double t_ns); /* from an event to its arrival here */
	bool sparse;				       /* seconds without traffic */
	bool pairs; /* two packets from a to b, then seconds of nothing; some go no further than the switch */
	double silent_from, silent_to; /* nothing comes of b */
	double (*claims)(double t_ns, bool tick,
			 unsigned int nth); /* what b's clock claims; NULL: the truth */
	unsigned int missing;		    /* packets' sightings that are left out for that */

	struct record *record[HOSTS];
	unsigned int n[HOSTS], at[HOSTS];
	double passed[PACKETS][PLACES]; /* each packet's times on the axis; 0: not come */
	double truth[PACKETS][PLACES];
	unsigned int packets, sighted;

	struct join_live *join;
	double now;
	uint64_t last_axis;
	unsigned int skbs, disorder, absent_open, absent_closed;
	uint64_t told_lost;
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
	w->sighted++;
}

static int by_time(const void *a, const void *b)
{
	double x = ((const struct record *)a)->order_ns, y = ((const struct record *)b)->order_ns;

	return (x > y) - (x < y);
}

static void arrivals(struct world *w, unsigned int host)
{
	double last = 0;

	/* In the stream some stand behind younger ones: their program was put off its CPU before the record was whole. In pairs that would be one more reason for a packet to tell nothing: it looks as if it were sent again. */
	for (unsigned int i = 0; i < w->n[host]; i++) {
		struct record *r = &w->record[host][i];

		r->order_ns =
			r->true_ns +
			(!w->pairs && r->ev.h.type == CRUMB_EV_SKB && uniform() < 0.02 ? 8 * MS : 0);
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

/* b's clock claims what cannot be. */
static void claim(struct world *w)
{
	for (unsigned int i = 0; i < w->n[B] && w->claims; i++) {
		struct record *r = &w->record[B][i];
		bool tick = r->ev.h.type == CRUMB_EV_TICK;

		if (tick || r->ev.h.type == CRUMB_EV_SKB)
			r->ev.h.time_ns = clock_of(B, w->claims(r->true_ns, tick, i));
	}
}

static void build_pairs(struct world *w, double seconds)
{
	static const unsigned int way[PLACES] = { A, SW, SW, B };
	double t = 5 * S, last[PLACES] = { 0 };

	for (unsigned int i = 0; t < seconds * S; i++) {
		double at = t;

		for (unsigned int p = 0; p < (i / 2 % 6 < 2 ? PLACES : 2); p++) {
			at = last[p] = fmax(at, last[p] + 20e3); /* nobody overtakes */
			sight(w, way[p], at, w->packets, p, p % 2 == 0);
			at += p % 2 ? 200e3 : 200e3 + 15 * MS * uniform() * uniform();
		}
		w->packets += 2; /* data only */
		t += i % 2 ? 3 * S + 57 * S * uniform() : 60 * MS * uniform();
	}
}

static void build_stream(struct world *w, double seconds)
{
	static const unsigned int way[2][PLACES] = { { A, SW, SW, B }, { B, SW, SW, A } };
	double t = 300 * MS;

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
}

static void build(struct world *w, double seconds)
{

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
	if (w->pairs)
		build_pairs(w, seconds);
	else
		build_stream(w, seconds);
	for (unsigned int h = 0; h < HOSTS; h++)
		arrivals(w, h);
	claim(w);
}

static int on_event(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	const struct crumb_ev_skb *e = (const void *)ev;
	struct world *w = ctx;
	unsigned int number, place;

	if (ev->type == CRUMB_EV_LOSS) {
		assert_int_equal(((const struct crumb_ev_loss *)ev)->cause, CRUMB_LOSS_JOIN);
		w->told_lost += ((const struct crumb_ev_loss *)ev)->count;
	}
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

	seed = 88172645463325252ull + w->seed;
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
		assert_int_equal(w->skbs, w->sighted - w->missing);
		assert_true(w->pairs || bounded >= 2 * w->packets - w->missing);
	}
	assert_int_equal(w->told_lost, w->missing);
	assert_int_equal(join_live_loss(w->join, B).times > 0, w->claims != NULL);
	assert_int_equal(join_live_loss(w->join, A).times, 0);
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

/* b is heard of first, and is the axis; nothing but its last packets tells of the others while theirs go no further than the switch. */
static double lag_b_first(unsigned int host, double t)
{
	(void)t;
	return (host == B ? 5 : 40) * MS;
}

static void pairs(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		struct world *w = world("pairs", lag_b_first);

		w->pairs = true;
		w->seed = i * 77777;
		run(w, 400);
		free(w);
	}
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

/* One event in the future, and one long ago: others must not wait for the first, nor all of the trace for the second's time. */
static double claims_once(double t, bool tick, unsigned int nth)
{
	if (tick)
		return t;
	return nth == 2000 ? t + 5e6 * S : nth == 4000 ? t - 600 * S : t;
}

static void wrong_once(void **state)
{
	struct world *w = world("wrong once", lag_even);

	(void)state;
	w->claims = claims_once;
	w->missing = 2;
	run(w, 10);
	assert_true(w->most_wait < 3 * S);
	free(w);
}

/* The time itself is told wrong, once; and from the beginning for a while. */
static double claims_ticks(double t, bool tick, unsigned int nth)
{
	(void)nth;
	return tick && t > 4 * S && t < 4.15 * S ? 9e6 * S : t;
}

static void wrong_tick(void **state)
{
	struct world *w = world("wrong tick", lag_even);

	(void)state;
	w->claims = claims_ticks;
	run(w, 10);
	assert_true(w->most_wait < 3 * S);
	free(w);
}

/* b's machine stood still, and its clock did not: from 5 s on it is another time there. What comes until that is sure is left out. */
static void moved(void **state)
{
	struct join_sink sink;
	struct crumb_ev_host host = {
		.h = { .time_ns = 1, .type = CRUMB_EV_HOST, .size = sizeof(host) }
	};
	struct crumb_ev_skb skb = { .h = { .type = CRUMB_EV_SKB, .size = sizeof(skb) } };
	struct crumb_event tick = { .type = CRUMB_EV_TICK, .size = sizeof(tick) };
	struct world *w = world("moved", lag_even);
	uint64_t lost = 0;

	(void)state;
	sink = (struct join_sink){ w, NULL, NULL };
	assert_int_equal(join_live_new(&sink, &w->join), 0);
	assert_int_equal(join_live_source(w->join), 0);
	assert_int_equal(join_live_event(w->join, 0, &host.h, 1), 0);
	for (unsigned int i = 1; i <= 100; i++) {
		skb.h.time_ns = tick.time_ns = i * 100000000ull + (i > 50 ? 3600000000000ull : 0);
		assert_int_equal(join_live_event(w->join, 0, &skb.h, i * 100000000ull), 0);
		assert_int_equal(join_live_event(w->join, 0, &tick, i * 100000000ull), 0);
		lost = join_live_loss(w->join, 0).times;
		assert_int_equal(lost > 0, i > 50);
	}
	/* Three events, two ticks; and what waited, of the old time. */
	assert_true(lost >= 5 && lost <= 5 + 100);
	assert_true(join_live_held(w->join, 0) >= 47 * sizeof(skb));
	join_live_free(w->join);
	free(w);
}

static int count_lost(void *ctx, unsigned int host, const struct crumb_event *ev)
{
	struct world *w = ctx;

	(void)host;
	if (ev->type == CRUMB_EV_LOSS)
		w->told_lost += ((const struct crumb_ev_loss *)ev)->count;
	w->skbs += ev->type == CRUMB_EV_SKB;
	return 0;
}

/* Of one host more comes than the others let pass: memory has an end, and what is given up is told, in order or not. */
static void no_room(void **state)
{
	struct crumb_ev_flow flow = { .h = { 1, CRUMB_EV_FLOW, sizeof(flow), 0 },
				      .flow = 1,
				      .proto = 6,
				      .family = 2,
				      .port = { 4747, 50000 } };
	struct crumb_ev_skb skb = { .h = { .type = CRUMB_EV_SKB, .size = sizeof(skb) }, .flow = 1 };
	struct crumb_event tick = { .type = CRUMB_EV_TICK, .size = sizeof(tick) };
	const unsigned int events = 2 * JOIN_LIVE_MOST / sizeof(skb);
	struct world *w = world("no room", lag_even);
	struct join_sink sink = { w, count_lost, on_absent };
	uint64_t given_up;

	(void)state;
	assert_int_equal(join_live_new(&sink, &w->join), 0);
	for (unsigned int h = 0; h < 2; h++) {
		struct crumb_ev_host host = { .h = { 1, CRUMB_EV_HOST, sizeof(host), 0 },
					      .boot_id = { h + 1 } };

		assert_int_equal(join_live_source(w->join), h);
		assert_int_equal(join_live_event(w->join, h, &host.h, 1), 0);
		assert_int_equal(join_live_event(w->join, h, &flow.h, 1), 0);
	}
	tick.time_ns = 1000;
	assert_int_equal(join_live_event(w->join, 1, &tick, 1000), 0); /* and no more */
	for (unsigned int i = 0; i < events; i++) {
		skb.h.time_ns = 5000 + i * 1000ull - (i % 3 ? 0 : 1500);
		assert_int_equal(join_live_event(w->join, 0, &skb.h, skb.h.time_ns), 0);
		assert_true(join_live_held(w->join, 0) <= JOIN_LIVE_MOST);
	}
	given_up = join_live_loss(w->join, 0).room;
	assert_true(given_up > events / 4 && given_up < events);
	assert_int_equal(join_live_advance(w->join, 1000 + events * 1000ull), 0);
	assert_int_equal(w->absent_open, 1);
	assert_int_equal(w->absent_closed, 0);
	/* The other one goes on, and takes it along. */
	tick.time_ns = 1000 + events * 1000ull + 20 * (uint64_t)S;
	for (unsigned int h = 0; h < 2; h++)
		assert_int_equal(join_live_event(w->join, h, &tick, tick.time_ns), 0);
	assert_int_equal(join_live_advance(w->join, tick.time_ns), 0);
	tick.time_ns++;
	assert_int_equal(join_live_event(w->join, 0, &tick, tick.time_ns), 0);
	assert_int_equal(join_live_advance(w->join, tick.time_ns), 0);
	assert_int_equal(w->absent_closed, 1);
	assert_int_equal(join_live_finish(w->join), 0);
	assert_int_equal(w->told_lost, join_live_loss(w->join, 0).room);
	assert_int_equal(w->skbs + given_up, events);
	join_live_free(w->join);
	free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(even),	      cmocka_unit_test(apart),
		cmocka_unit_test(begin),      cmocka_unit_test(sparse),
		cmocka_unit_test(pairs),      cmocka_unit_test(silent),
		cmocka_unit_test(wrong_once), cmocka_unit_test(wrong_tick),
		cmocka_unit_test(moved),      cmocka_unit_test(no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
