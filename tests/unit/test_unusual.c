// SPDX-License-Identifier: GPL-2.0-only
/* Quantiles against a sorted list, and who is called unusual, why. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "unusual.h"

static int by_value(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

/* To 1/32 of the value at that rank of the sorted list, zeros among them. */
static void quantiles(void **state)
{
	enum { N = 20000, ZEROS = 777 };
	static const struct {
		uint32_t num, den;
	} at[] = { { 1, 100 }, { 1, 2 }, { 9, 10 }, { 99, 100 }, { 999, 1000 }, { 1, 1 } };
	uint64_t *all = calloc(N + ZEROS, sizeof(*all));
	struct histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(all);
	assert_non_null(h);
	srand(4747);
	for (uint32_t i = 0; i < N; i++) {
		uint64_t ns = ((uint64_t)rand() << 16 ^ rand()) >> (5 + rand() % 41);

		all[i] = ns;
		histogram_add(h, ns);
	}
	qsort(all, N + ZEROS, sizeof(*all), by_value);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		uint64_t rank = ((uint64_t)(N + ZEROS) * at[i].num + at[i].den - 1) / at[i].den;
		uint64_t want = all[rank - 1], got;

		got = histogram_quantile(h, ZEROS, at[i].num, at[i].den);
		if (got > want + want / 32 || got + want / 32 < want)
			fail_msg("%u of %u: %llu, not %llu", at[i].num, at[i].den,
				 (unsigned long long)got, (unsigned long long)want);
	}
	assert_int_equal(histogram_quantile(h, 0, 1, 1), h->max_ns);
	free(all);
	free(h);
}

static const struct cause copy = { "tx.copy", "copy" }, wakeup = { "rx.wakeup", "woken late" },
			  again = { "tx.retransmit", "sent again" };

/* One of a: copy @copy_ns, wake-up @wake_ns, and if @again_ns a loss before that. */
static void journey(struct unusuals *u, const char *reader, uint32_t number, uint64_t copy_ns,
		    uint64_t again_ns, uint64_t wake_ns, const char *note)
{
	struct journey_step steps[4] = {
		{ .host = "a" }, { .host = "a" }, { .host = "b" }, { .host = "b" }
	};
	struct journey_segment segments[3] = {
		{ .from = 0, .to = 1, .ns = copy_ns, .cause = &copy },
		{ .from = 1, .to = 2, .ns = again_ns, .cause = &again, .note = "timeout (RTO)" },
		{ .from = 2, .to = 3, .ns = wake_ns, .cause = &wakeup, .note = note },
	};
	struct journey j = {
		.verdict = VERDICT_DELIVERED,
		.proto = 6,
		.sender = { .known = true, .host = "a", .comm = "writer" },
		.receiver = { .known = true, .host = "b", .comm = reader },
		.steps = steps,
		.step_count = 4,
		.segments = segments,
		.segment_count = 3,
		.start_ns = number,
		.total_ns = copy_ns + again_ns + wake_ns,
	};

	memcpy(j.id, &number, sizeof(number));
	assert_int_equal(unusuals_add(u, &j), 0);
}

static void names_the_cause(void **state)
{
	struct unusuals *u = unusuals_new();
	struct trace_unusual r;

	(void)state;
	assert_non_null(u);
	for (uint32_t i = 0; i < 1000; i++) {
		if (i == 500) /* the wake-up took 5 ms, everything else as ever */
			journey(u, "reader", i, 1000, 0, 5000000, "behind hog (7)");
		else if (i == 700)
			journey(u, "reader", i, 1000, 200000000, 3000, NULL);
		else
			journey(u, "reader", i, 900 + i % 200, 0, 2000 + i % 50, NULL);
		if (i < UNUSUAL_LEAST - 1) /* too few for a word about them */
			journey(u, "rare", 10000 + i, 1000 * (i * i * i + 1), 0, 0, NULL);
		if (i % 2) /* all alike: none is unusual */
			journey(u, "even", 20000 + i, 50000, 0, 1000, NULL);
	}
	assert_int_equal(unusuals_finish(u, &r), 0);
	assert_int_equal(r.usual_count, 2);
	assert_string_equal(r.usual[0].receiver, "reader");
	assert_int_equal(r.usual[0].journeys, 1000);
	assert_true(r.usual[0].p50_ns > 2800 && r.usual[0].p50_ns < 3250);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.list[0].start_ns, 700);
	assert_int_equal(r.list[0].part_count, 1);
	assert_ptr_equal(r.list[0].parts[0].usual->cause, &again);
	assert_int_equal(r.list[0].parts[0].ns, 200000000);
	assert_int_equal(r.list[0].parts[0].usual->p50_ns, 0); /* usually there is none */
	assert_int_equal(r.list[0].parts[0].usual->p99_ns, 0);
	assert_int_equal(r.list[0].parts[0].usual->journeys, 1);
	assert_string_equal(r.list[0].parts[0].note, "timeout (RTO)");
	assert_int_equal(r.list[1].start_ns, 500);
	assert_ptr_equal(r.list[1].parts[0].usual->cause, &wakeup);
	assert_string_equal(r.list[1].parts[0].note, "behind hog (7)");
	assert_true(r.list[1].parts[0].usual->p50_ns >= 1950 &&
		    r.list[1].parts[0].usual->p50_ns <= 2100);
	unusuals_free(u);
}

/* More than are kept: the slowest of all stay, whenever they came. */
static void keeps_the_slowest(void **state)
{
	struct unusuals *u = unusuals_new();
	struct trace_unusual r;

	(void)state;
	assert_non_null(u);
	for (uint32_t i = 0; i < 5000; i++)
		journey(u, "reader", i, i % 100 ? 1000 : 1000000 + (i * 7919u) % 5000 * 1000, 0, 0,
			NULL);
	assert_int_equal(unusuals_finish(u, &r), 0);
	assert_int_equal(r.count, UNUSUAL_MOST);
	for (uint32_t i = 0; i < r.count; i++) {
		uint32_t slower = 0;

		for (uint32_t k = 0; k < 5000; k += 100)
			slower += 1000000 + (uint64_t)(k * 7919u) % 5000 * 1000 > r.list[i].total_ns;
		assert_int_equal(slower, i);
	}
	unusuals_free(u);
}

/* A thousand names: no more classes than there is room for, and the rest is counted. */
static void bounded(void **state)
{
	struct unusuals *u = unusuals_new();
	struct trace_unusual r;
	char name[32];

	(void)state;
	assert_non_null(u);
	for (uint32_t i = 0; i < 30000; i++) {
		snprintf(name, sizeof(name), "reader-%u", i % 1000);
		journey(u, name, i, 1000, 0, 1000, NULL);
	}
	assert_int_equal(unusuals_finish(u, &r), 0);
	assert_true(r.usual_count > 0 && r.usual_count < 1000);
	assert_int_equal(r.not_compared, 30000 - r.usual_count * 30);
	assert_int_equal(r.count, 0);
	unusuals_free(u);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles),
		cmocka_unit_test(names_the_cause),
		cmocka_unit_test(keeps_the_slowest),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests_name("unusual", tests, NULL, NULL);
}
