// SPDX-License-Identifier: GPL-2.0-only
/* Byte sets against a bitmap, and the sighting log that is built on them against a plain list. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "range_set.h"
#include "sight.h"

#define SPACE 200

static uint32_t roll(uint32_t *x, uint32_t below)
{
	*x = *x * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)*x * below >> 32);
}

static void joins_what_touches(void **state)
{
	struct range_set s = { 0 };

	(void)state;
	assert_int_equal(range_set_add(&s, 10, 20), 0);
	assert_int_equal(range_set_add(&s, 30, 40), 0);
	assert_int_equal(range_set_add(&s, 50, 60), 0);
	assert_int_equal(s.count, 3);
	assert_int_equal(range_set_add(&s, 20, 30), 0);
	assert_int_equal(s.count, 2);
	assert_true(range_set_ranges(&s)[0].start == 10 && range_set_ranges(&s)[0].end == 40);
	assert_int_equal(range_set_add(&s, 0, 100), 0);
	assert_int_equal(s.count, 1);
	assert_true(range_set_bytes(&s) == 100);
	assert_int_equal(range_set_add(&s, 7, 7), 0);
	assert_int_equal(s.count, 1);
	range_set_done(&s);
}

static void agrees_with_a_bitmap(void **state)
{
	uint32_t x = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct range_set s = { 0 };
		bool map[SPACE] = { 0 };

		for (int i = 0; i < 40; i++) {
			uint32_t from = roll(&x, SPACE), to = from + roll(&x, SPACE / 8);
			uint64_t sum = 0, all = 0;

			to = to > SPACE ? SPACE : to;
			if (roll(&x, 10) == 0) {
				range_set_trim(&s, from);
				memset(map, 0, from);
			} else {
				assert_int_equal(range_set_add(&s, from, to), 0);
				memset(map + from, 1, to - from);
			}
			for (uint32_t k = 0; k < SPACE; k++) {
				all += map[k];
				sum += map[k] && k >= from && k < to;
				assert_int_equal(range_set_has(&s, k), map[k]);
			}
			assert_true(range_set_bytes(&s) == all);
			assert_true(range_set_overlap(&s, from, to) == sum);
			assert_true(range_set_common(&s, &s) == all);
			for (uint32_t k = 1; k < s.count; k++)
				assert_true(range_set_ranges(&s)[k - 1].end <
					    range_set_ranges(&s)[k].start);
		}
		range_set_done(&s);
	}
}

#define SIGHTINGS 400

/*
 * Reordering, duplicates and overlaps so thick that the lanes overflow: the answers stay those of a
 * plain list.
 */
static void log_agrees_with_a_list(void **state)
{
	static struct sighting list[SIGHTINGS];
	uint32_t x = 99;

	(void)state;
	for (int round = 0; round < 40; round++) {
		struct sight_log l = { .lanes = 0 };
		uint32_t spread = 1 + roll(&x, 60), low = 0;

		for (uint32_t i = 0; i < SIGHTINGS; i++) {
			uint64_t base = i * 5, start = base > spread ? base - roll(&x, spread) : base;
			struct sighting *s = sight_log_add(&l, start, start + 1 + roll(&x, 20));

			assert_non_null(s);
			s->time_ns = i * 10;
			s->serial = i;
			list[i] = *s;
			if (roll(&x, 50) == 0 && base > 200) {
				low = base - 200;
				sight_log_trim(&l, low, 0);
			}
		}
		for (int q = 0; q < 300; q++) {
			uint64_t pos = low + roll(&x, SIGHTINGS * 5 - low),
				 from = roll(&x, SIGHTINGS * 10);
			uint64_t to = from + roll(&x, SIGHTINGS * 10);
			struct range_set set = { 0 };
			struct sight_hits hits;
			uint32_t others, count = 0, overlap = 0;
			const struct sighting *newest = NULL, *got;

			assert_int_equal(range_set_add(&set, pos, pos + 30), 0);
			assert_int_equal(range_set_add(&set, pos + 40, pos + 50), 0);
			for (uint32_t i = 0; i < SIGHTINGS; i++) {
				const struct sighting *s = &list[i];

				if (s->time_ns < from || s->time_ns > to)
					continue;
				if (s->start <= pos && s->end > pos) {
					newest = s;
					count++;
				}
				overlap += range_set_overlap(&set, s->start, s->end) > 0;
			}
			got = sight_log_newest(&l, pos, from, to, &others);
			assert_int_equal(!got, !newest);
			if (got) {
				assert_true(got->serial == newest->serial);
				assert_int_equal(others + 1, count);
			}
			hits = sight_log_count(&l, &set, from, to);
			assert_int_equal(hits.count, overlap);
			range_set_done(&set);
		}
		sight_log_done(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joins_what_touches),
		cmocka_unit_test(agrees_with_a_bitmap),
		cmocka_unit_test(log_agrees_with_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
