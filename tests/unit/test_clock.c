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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truth_is_inside),	   cmocka_unit_test(outliers_are_left_out),
		cmocka_unit_test(one_muffin_is_enough),	   cmocka_unit_test(one_way_is_relative),
		cmocka_unit_test(three_hosts_on_one_axis), cmocka_unit_test(way_through_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
