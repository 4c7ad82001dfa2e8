// SPDX-License-Identifier: GPL-2.0-only
/* Packets that several hosts saw become samples of their clocks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "clocks.h"
#include "match.h"

#define MS 1000000ll

static void look(struct match *m, unsigned int host, uint64_t key, bool out, int64_t ns)
{
	struct match_met met;

	assert_int_equal(match_look(m, host, &(struct wire_look){ key, out, ns }, &met), 0);
}

/* Both ways for four seconds, and the next packet long after: what waited is settled in the order of time, and none comes too late. */
static void after_a_pause(void **state)
{
	struct clocks *c = clocks_new();
	struct match *m = match_new(c);
	const struct clock_pair *p;

	(void)state;
	assert_int_equal(clocks_add(c, 0), 0);
	assert_int_equal(clocks_add(c, 0), 1);
	for (int i = 0; i < 400; i++) {
		look(m, 0, 2 * i, true, i * 10 * MS);
		look(m, 1, 2 * i, false, i * 10 * MS + MS);
		look(m, 1, 2 * i + 1, true, i * 10 * MS + 2 * MS);
		look(m, 0, 2 * i + 1, false, i * 10 * MS + 3 * MS);
		assert_int_equal(match_advance(m, i * 10 * MS + 3 * MS), 0);
	}
	assert_int_equal(match_advance(m, 20000 * MS), 0);
	p = clocks_pair(c, 0, 1);
	assert_non_null(p);
	assert_int_equal(clock_pair_samples(p, true), 400);
	assert_int_equal(clock_pair_samples(p, false), 400);
	match_free(m);
	clocks_free(c);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_pause),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
