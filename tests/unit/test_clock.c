// SPDX-License-Identifier: GPL-2.0-only
/*
 * Clocks related by packets: two hosts are simulated with a known offset, drift, wander, steps, delays and queues, and what
 * clock_pair says is compared with that truth.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clocks.h"

static uint64_t seed = 88172645463325252ull;

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double exponential(double mean)
{
	return -mean * log(1 - uniform());
}

struct world {
	const char *name;
	double seconds, rate[2]; /* packets a second, each way */
	double base_ns[2];	 /* least delay each way */
	double drift, wander;	 /* ns per ns; amplitude of a slow change of it */
	double step_ns, step_at; /* the second clock jumps, at that second */
	double wrong;		 /* part of the samples that are wrong by milliseconds */
	bool inexact_ok;	 /* a step is expected to be found */
};

static double offset_at(const struct world *w, double t_ns)
{
	double t = t_ns / 1e9, period = 600;

	return 5e12 + w->drift * t_ns +
	       w->wander * 1e9 * period / (2 * M_PI) * (1 - cos(2 * M_PI * t / period)) +
	       (w->step_ns != 0 && t > w->step_at ? w->step_ns : 0);
}

#define START 777e9

static void send(struct clock_pair *p, const struct world *w, double t, int way, int64_t *kept)
{
	double queued = uniform() < 0.3 ? exponential(100e3) : 0;
	double delay = w->base_ns[way] + exponential(5e3) + queued;
	double arrives = t + delay;
	int64_t x, y;

	if (w->wrong > 0 && uniform() < w->wrong)
		arrives -= 3e6;
	if (way == 0) { /* leaves the first */
		x = llround(START + t);
		y = llround(START + arrives + offset_at(w, arrives));
	} else {
		y = llround(START + t + offset_at(w, t));
		x = llround(START + arrives);
	}
	assert_int_equal(clock_pair_add(p, way == 0, x, y), 0);
	kept[0] = x;
	kept[1] = y;
}

#define KEEP 20000

struct seen {
	int64_t xy[2];
	int way;
};

static struct clock_pair *simulate(const struct world *w, struct seen *seen, size_t *n)
{
	struct clock_pair *p = clock_pair_new();
	double t[2] = { exponential(1e9 / w->rate[0]), exponential(1e9 / w->rate[1]) };

	*n = 0;
	assert_non_null(p);
	for (;;) {
		int way = t[1] < t[0];
		struct seen s = { .way = way };

		if (t[way] > w->seconds * 1e9)
			break;
		send(p, w, t[way], way, s.xy);
		if (*n < KEEP)
			seen[(*n)++] = s;
		t[way] += exponential(1e9 / w->rate[way]);
	}
	assert_int_equal(clock_pair_finish(p), 0);
	return p;
}

static void world_check(const struct world *w)
{
	static struct seen seen[KEEP];
	double asymmetry = fabs(w->base_ns[0] - w->base_ns[1]), worst = 0, sum = 0;
	unsigned int inside = 0, asked = 0, near = 0, negative = 0, stepping = 0;
	size_t n;
	struct clock_pair *p = simulate(w, seen, &n);
	char what[256];

	for (double t = 0; t < w->seconds * 1e9; t += w->seconds * 1e9 / 2000) {
		struct clock_at at = clock_pair_at(p, llround(START + t));
		double truth = offset_at(w, t), off = fabs((double)at.offset_ns - truth);
		int64_t back = clock_pair_x(p, llround(START + t) + at.offset_ns);

		if (at.state == CLOCK_INCONSISTENT) {
			stepping++;
			continue;
		}
		assert_int_equal(at.state, CLOCK_BOUNDED);
		assert_true(llabs(back - llround(START + t)) <= 2);
		asked++;
		inside += off <= (double)at.bound_ns;
		near += off <= 5e3 + asymmetry / 2;
		worst = off > worst ? off : worst;
		sum += (double)at.bound_ns;
	}
	for (size_t i = 0; i < n; i++) {
		struct clock_at at = clock_pair_at(p, seen[i].xy[0]);
		int64_t delay = seen[i].xy[1] - at.offset_ns - seen[i].xy[0];

		if (at.state != CLOCK_INCONSISTENT && (seen[i].way ? -delay : delay) < -1)
			negative++;
	}
	snprintf(what, sizeof(what),
		 "%s: inside the bound %.2f %%, within 5 us + asymmetry/2 %.2f %%, worst %.1f us, bound %.1f us, "
		 "negative %u of %zu, stepping %u, outliers %llu",
		 w->name, 100.0 * inside / asked, 100.0 * near / asked, worst / 1e3,
		 sum / asked / 1e3, negative, n, stepping,
		 (unsigned long long)clock_pair_outliers(p));
	print_message("# %s\n", what);
	clock_pair_free(p);
	if (inside < 0.99 * asked || near < 0.99 * asked || (negative && w->wrong == 0) ||
	    (!w->inexact_ok && stepping) || (w->inexact_ok && (!stepping || stepping > 100)))
		fail_msg("%s", what);
}

static void truth_is_inside(void **state)
{
	static const struct world worlds[] = {
		{ "1000/1000", 20, { 1000, 1000 }, { 20e3, 20e3 }, 20e-6, 0.5e-6, 0, 0, 0, false },
		{ "100/100", 40, { 100, 100 }, { 20e3, 20e3 }, -80e-6, 0.5e-6, 0, 0, 0, false },
		{ "10/10", 60, { 10, 10 }, { 20e3, 20e3 }, 50e-6, 0.5e-6, 0, 0, 0, false },
		{ "5000/50", 10, { 5000, 50 }, { 20e3, 20e3 }, 20e-6, 0.5e-6, 0, 0, 0, false },
		{ "slewed by 500 ppm", 20, { 200, 200 }, { 20e3, 20e3 }, 520e-6, 0.5e-6, 0, 0, 0, false },
		{ "asymmetric by 40 us", 20, { 200, 200 }, { 60e3, 20e3 }, 20e-6, 0.5e-6, 0, 0, 0, false },
		{ "a long link", 20, { 100, 100 }, { 8e6, 8e6 }, 20e-6, 0.5e-6, 0, 0, 0, false },
		{ "a step of 1 ms", 20, { 200, 200 }, { 20e3, 20e3 }, 20e-6, 0.5e-6, 1e6, 9.37, 0, true },
		{ "a step of 5 s", 20, { 200, 200 }, { 20e3, 20e3 }, 20e-6, 0.5e-6, 5e9, 9.37, 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++)
		world_check(&worlds[i]);
}

/* A few samples are nonsense: they must not move the line. */
static void outliers_are_left_out(void **state)
{
	static const struct world w = {
		"wrong samples", 20,   { 200, 200 }, { 20e3, 20e3 }, 20e-6, 0.5e-6, 0, 0,
		0.0005,		 false
	};

	(void)state;
	world_check(&w);
}

/* One connection of a few packets: all of it within a millisecond. */
static void one_muffin_is_enough(void **state)
{
	struct clock_pair *p = clock_pair_new();
	struct clock_at at;

	(void)state;
	assert_int_equal(clock_pair_add(p, true, 1000000, 91030000), 0);
	assert_int_equal(clock_pair_add(p, false, 1100000, 91050000), 0);
	assert_int_equal(clock_pair_finish(p), 0);
	at = clock_pair_at(p, 1050000);
	assert_int_equal(at.state, CLOCK_BOUNDED);
	assert_in_range(at.offset_ns, 89985000, 89995000);
	assert_in_range(at.bound_ns, 39000, 42000);
	clock_pair_free(p);
}

static void one_way_is_relative(void **state)
{
	struct clock_pair *p = clock_pair_new();
	struct clock_at at;

	(void)state;
	for (int i = 0; i < 3000; i++)
		assert_int_equal(clock_pair_add(p, true, i * 1000000ll,
						i * 1000000ll + 7000 + i * 20 +
							(int64_t)exponential(9000)),
				 0);
	assert_int_equal(clock_pair_finish(p), 0);
	at = clock_pair_at(p, 1500000000);
	assert_int_equal(at.state, CLOCK_ONE_WAY);
	assert_true(at.bound_ns == CLOCK_UNKNOWN);
	/* the least delay counts as none: 7 us, and 20 ns per ms of drift until then */
	assert_in_range(at.offset_ns, 7000 + 30000 - 500, 7000 + 30000 + 1500);
	clock_pair_free(p);
}

/* a - sw - b: the axis of b hangs on sw, and the three agree. */
static void three_hosts_on_one_axis(void **state)
{
	static const double clock[3] = { 0, 3e12, -4e11 }, drift[3] = { 0, 30e-6, -70e-6 };
	struct clocks *c = clocks_new();
	unsigned int wrong = 0;

	(void)state;
	for (int h = 0; h < 3; h++)
		assert_int_equal(clocks_add(c, 0), h);
	for (int i = 0; i < 20000; i++) {
		double t = START + i * 1e6, at[3];
		int64_t out[3], in[3];
		int way = i & 1;

		at[way ? 2 : 0] = t;
		for (int k = 1; k < 3; k++) {
			int h = way ? 2 - k : k, from = way ? h + 1 : h - 1;
			double arrives = at[from] + 15e3 + exponential(5e3);

			out[from] = llround(at[from] * (1 + drift[from]) + clock[from]);
			in[h] = llround(arrives * (1 + drift[h]) + clock[h]);
			assert_int_equal(clocks_sample(c, from, out[from], h, in[h]), 0);
			at[h] = arrives + 4e3 + exponential(2e3);
			out[h] = llround(at[h] * (1 + drift[h]) + clock[h]);
		}
		assert_int_equal(clocks_sample(c, way ? 2 : 0, out[way ? 2 : 0], way ? 0 : 2,
					       in[way ? 0 : 2]),
				 0);
	}
	assert_int_equal(clocks_finish(c), 0);
	clocks_settle(c, false);
	for (int i = 0; i < 2000; i++) {
		double t = START + 20e9 * uniform();

		for (int h = 1; h < 3; h++) {
			int64_t axis = clocks_axis(c, h, llround(t * (1 + drift[h]) + clock[h]));
			struct clock_at at = clocks_between(c, 0, h, axis);

			assert_int_equal(at.state, CLOCK_BOUNDED);
			wrong += fabs((double)axis - t) > (double)at.bound_ns;
			assert_true(fabs((double)axis - t) < 10e3);
			assert_in_range(at.bound_ns, h * 15000, h * 25000);
		}
	}
	assert_true(wrong <= 40);
	clocks_free(c);
}

/* A short cut past the host in the middle looks better known; its times would be out of order with both ends' then. */
static void way_through_the_middle(void **state)
{
	struct clocks *c = clocks_new();
	uint64_t near, far, ends;

	(void)state;
	for (int h = 0; h < 3; h++)
		assert_int_equal(clocks_add(c, 0), h);
	for (int64_t ns = 0; ns < 2000000000; ns += 1000000)
		for (unsigned int a = 0; a < 3; a++)
			for (unsigned int b = 0; b < 3; b++)
				if (a != b)
					assert_int_equal(clocks_sample(c, a, ns, b, ns + 20000), 0);
	assert_int_equal(clocks_finish(c), 0);
	clocks_settle(c, false);
	near = clocks_between(c, 0, 1, 1000000000).bound_ns;
	assert_in_range(clocks_between(c, 0, 2, 1000000000).bound_ns, near - 100, near + 100);
	clocks_middle(c, 1, 2, 0);
	clocks_settle(c, false);
	far = clocks_between(c, 1, 2, 1000000000).bound_ns;
	ends = clocks_between(c, 0, 2, 1000000000).bound_ns;
	assert_int_equal(ends, near + far);
	clocks_free(c);
}

/*
 * NTP or PTP on both hosts. The second one's clock is OFF ahead and drifts; each second both say what their CLOCK_REALTIME is, wrong by
 * @wrong and within what they say, and packets go where @ways says.
 */
#define OFF  5e12
#define PPM  4e-6   /* what NTP leaves */
#define REAL 1.8e18 /* the date at the beginning */

struct kept {
	double error_ns, wrong_ns, lie_ns;
	bool forward, backward;
	double until_ns;	 /* that there are packets */
	double realtime_step_ns; /* somebody sets the second one's date, after ten seconds */
};

struct found {
	unsigned int inside, asked, states[CLOCK_STATES];
	double widest_ns;
	int64_t least_ns; /* delay of a packet */
};

static struct found kept_check(const struct kept *k, struct clocks *c)
{
	struct found f = { .least_ns = INT64_MAX };
	static int64_t sent[4000][2];
	static bool way[4000];
	unsigned int n = 0;

	assert_int_equal(clocks_add(c, 0), 0);
	assert_int_equal(clocks_add(c, 0), 1);
	for (double t = 0; t < 20e9; t += 10e6) {
		double at = START + t, there = at + OFF + PPM * t;
		int64_t delay = 2000000 + (int64_t)exponential(100e3);

		if (fmod(t, 1e9) < 1) {
			double set = t > 10e9 ? k->realtime_step_ns : 0;

			assert_int_equal(clocks_report(c, 0, llround(at),
						       (int64_t)REAL - (int64_t)START,
						       (uint64_t)k->error_ns),
					 0);
			assert_int_equal(clocks_report(c, 1, llround(there),
						       (int64_t)REAL + llround(t) - llround(there) +
							       llround(k->wrong_ns + k->lie_ns + set),
						       (uint64_t)k->error_ns),
					 0);
		}
		for (int w = 0; w < 2; w++) {
			int64_t x = llround(at), y = llround(there);

			if (!(w ? k->backward : k->forward) || t > k->until_ns)
				continue;
			*(w ? &x : &y) += delay;
			assert_int_equal(clocks_sample(c, w, w ? y : x, !w, w ? x : y), 0);
			sent[n][0] = x;
			sent[n][1] = y;
			way[n++] = w;
		}
	}
	assert_int_equal(clocks_finish(c), 0);
	clocks_settle(c, false);
	assert_true(clocks_reached(c, 1));
	for (double t = 1e9; t < 19e9; t += 10e6) {
		double truth = OFF + PPM * t;
		struct clock_at at = clock_pair_at(clocks_pair(c, 0, 1), llround(START + t));

		f.asked++;
		f.states[at.state]++;
		f.inside += at.bound_ns == CLOCK_UNKNOWN ||
			    fabs((double)at.offset_ns - truth) <= (double)at.bound_ns;
		if (at.bound_ns != CLOCK_UNKNOWN)
			f.widest_ns = fmax(f.widest_ns, (double)at.bound_ns);
	}
	for (unsigned int i = 0; i < n; i++) {
		int64_t d = sent[i][1] - sent[i][0] -
			    clock_pair_at(clocks_pair(c, 0, 1), sent[i][0]).offset_ns;

		d = way[i] ? -d : d;
		f.least_ns = d < f.least_ns ? d : f.least_ns;
	}
	return f;
}

/* Without packets, and with some one way: as wide as both say, the truth within, and no packet arrives before it left. */
static void synced_is_bounded(void **state)
{
	static const struct kept worlds[] = {
		{ .error_ns = 3e6, .wrong_ns = 5e6 },
		{ .error_ns = 3e6, .wrong_ns = -5e6 },
		{ .error_ns = 3e6, .wrong_ns = 5e6, .forward = true, .until_ns = 20e9 },
		{ .error_ns = 3e6, .wrong_ns = -5e6, .forward = true, .until_ns = 20e9 },
		{ .error_ns = 3e6, .wrong_ns = 5e6, .backward = true, .until_ns = 20e9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		struct clocks *c = clocks_new();
		struct found f = kept_check(&worlds[i], c);

		print_message("# synced, %zu: inside %u of %u, within %.0f us\n", i, f.inside,
			      f.asked, f.widest_ns / 1e3);
		assert_int_equal(f.states[CLOCK_SYNCED], f.asked);
		assert_int_equal(f.inside, f.asked);
		assert_true(f.widest_ns < 6.2e6);
		assert_true(f.least_ns >= -1);
		clocks_free(c);
	}
}

/* Daemons that tell the kernel an error of 0: what it adds in a second is the least that is believed. */
static void synced_without_error(void **state)
{
	struct clocks *c = clocks_new();
	struct found f = kept_check(&(struct kept){ .wrong_ns = 0.9e6 }, c);

	(void)state;
	assert_int_equal(f.inside, f.asked);
	assert_true(f.widest_ns > 0.99e6);
	clocks_free(c);
}

/* Packets both ways say it better, and what NTP says beside them moves nothing; also if it is wrong. */
static void packets_are_believed_first(void **state)
{
	struct clocks *alone = clocks_new(), *c = clocks_new(), *lied = clocks_new();
	uint64_t was = seed;
	struct found f[3];

	(void)state;
	f[0] = kept_check(&(struct kept){ .error_ns = 3e10,
					  .forward = true,
					  .until_ns = 20e9,
					  .backward = true },
			  alone);
	seed = was;
	f[1] = kept_check(&(struct kept){ .error_ns = 1e6,
					  .forward = true,
					  .until_ns = 20e9,
					  .backward = true },
			  c);
	seed = was;
	f[2] = kept_check(&(struct kept){ .error_ns = 1e6,
					  .lie_ns = 1e9,
					  .forward = true,
					  .until_ns = 20e9,
					  .backward = true },
			  lied);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(f[i].states[CLOCK_BOUNDED], f[i].asked);
		assert_int_equal(f[i].inside, f[i].asked);
	}
	for (int64_t t = 1; t < 19; t++) {
		int64_t x = (int64_t)START + t * 1000000000;
		struct clock_at at = clock_pair_at(clocks_pair(alone, 0, 1), x);

		assert_int_equal(at.offset_ns, clock_pair_at(clocks_pair(c, 0, 1), x).offset_ns);
		assert_int_equal(at.offset_ns, clock_pair_at(clocks_pair(lied, 0, 1), x).offset_ns);
	}
	clocks_free(alone);
	clocks_free(c);
	clocks_free(lied);
}

/* The last word is NTP's: no packet of before is wrong by that. */
static void packets_end_first(void **state)
{
	for (int ways = 1; ways < 4; ways++) {
		struct clocks *c = clocks_new();
		struct found f = kept_check(&(struct kept){ .error_ns = 3e6,
							    .wrong_ns = 1e6,
							    .forward = ways & 1,
							    .backward = ways & 2,
							    .until_ns = 17.35e9 },
					    c);

		(void)state;
		assert_int_equal(f.inside, f.asked);
		assert_true(f.least_ns >= -1);
		clocks_free(c);
	}
}

/* By what they say packets would have arrived before they left: it is wrong, counted, and nothing is claimed by it. */
static void packets_refute(void **state)
{
	struct clocks *c = clocks_new();
	struct found f = kept_check(&(struct kept){ .error_ns = 1e6,
						    .lie_ns = -20e6,
						    .forward = true,
						    .until_ns = 20e9 },
				    c);

	(void)state;
	assert_int_equal(f.states[CLOCK_ONE_WAY], f.asked);
	assert_in_range(clock_pair_refuted(clocks_pair(c, 0, 1)), 35, 40);
	clocks_free(c);
}

/* Somebody sets the date of one: from then on another line, and at no time a wrong one that is stated as a good one. */
static void date_is_set(void **state)
{
	static const struct kept worlds[] = {
		{ .error_ns = 3e6, .realtime_step_ns = 1e9 },
		{ .error_ns = 3e6, .realtime_step_ns = 1e9, .forward = true, .until_ns = 20e9 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		struct clocks *c = clocks_new();
		struct found f = kept_check(&worlds[i], c);

		print_message("# date set, %zu: synced %u, inconsistent %u, one_way %u of %u\n", i,
			      f.states[CLOCK_SYNCED], f.states[CLOCK_INCONSISTENT],
			      f.states[CLOCK_ONE_WAY], f.asked);
		/* that one's date was right before, and is wrong behind it: what it claims then no packet contradicts */
		assert_true(f.states[CLOCK_INCONSISTENT] > 0);
		assert_in_range(clock_pair_at(clocks_pair(c, 0, 1), (int64_t)START + 5000000000).offset_ns -
					(int64_t)OFF + 10000000,
				0, 20000000);
		assert_int_equal(f.states[CLOCK_SYNCED] + f.states[CLOCK_INCONSISTENT], f.asked);
		clocks_free(c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_inside),
		cmocka_unit_test(outliers_are_left_out),
		cmocka_unit_test(one_muffin_is_enough),
		cmocka_unit_test(one_way_is_relative),
		cmocka_unit_test(three_hosts_on_one_axis),
		cmocka_unit_test(way_through_the_middle),
		cmocka_unit_test(synced_is_bounded),
		cmocka_unit_test(synced_without_error),
		cmocka_unit_test(packets_are_believed_first),
		cmocka_unit_test(packets_refute),
		cmocka_unit_test(packets_end_first),
		cmocka_unit_test(date_is_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
