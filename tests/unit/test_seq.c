// SPDX-License-Identifier: GPL-2.0-only
/* Sequence numbers to positions: wraps, reordering, the far edges. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "byte_stream.h"
#include "seq.h"

static void first_is_the_reference(void **state)
{
	struct seq_space s = { 0 };

	(void)state;
	assert_true(seq_place(&s, 5, 10) == SEQ_FIRST_WRAP + 5);
	assert_true(s.newest == SEQ_FIRST_WRAP + 15);
	assert_true(seq_place(&s, 15, 1) == SEQ_FIRST_WRAP + 15);
}

static void wraps_upward(void **state)
{
	struct seq_space s = { 0 };
	uint64_t at = seq_place(&s, 0xfffffff0, 0x20), from = at;

	(void)state;
	assert_true(seq_place(&s, 0x10, 4) == at + 0x20);
	for (uint64_t sum = 0; sum < 20ull << 32; sum += 1u << 30) { /* twenty times around */
		from += 1u << 30;
		assert_true(seq_place(&s, (uint32_t)from, 0) == from);
	}
	assert_true(from - at == 20ull << 32);
}

static void goes_back_across_the_wrap(void **state)
{
	struct seq_space s = { 0 };
	uint64_t at = seq_place(&s, 2, 100);

	(void)state;
	assert_true(seq_place(&s, 0xfffffffe, 4) == at - 4);
	assert_true(s.newest == at + 100);
}

static void two_gigabytes_either_way(void **state)
{
	struct seq_space s = { 0 };
	uint64_t at = seq_place(&s, 1000, 0);

	(void)state;
	assert_true(seq_peek(&s, 1000u + 0x7fffffffu) == at + 0x7fffffff);
	assert_true(seq_peek(&s, 1000u - 0x80000000u) == at - 0x80000000ull);
	assert_true(s.newest == at);
}

static void every_low_half_is_the_number(void **state)
{
	struct seq_space s = { 0 };
	uint32_t x = 12345;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint32_t step = (x = x * 1664525 + 1013904223) >> 2, seq = (uint32_t)s.newest + step;
		uint64_t at = seq_place(&s, seq, 0);

		assert_int_equal((uint32_t)at, seq);
		assert_true(s.newest >= at);
	}
}

static void offsets_count_from_the_syn(void **state)
{
	struct byte_stream s = { 0 };

	(void)state;
	byte_stream_syn(&s, 0xffffffff);
	byte_stream_syn(&s, 0xffffffff); /* seen again at the next hop */
	assert_true(s.offset_known);
	assert_true(byte_stream_offset(&s, byte_stream_place(&s, 0, 10)) == 0);
	assert_true(byte_stream_offset(&s, byte_stream_place(&s, 10, 10)) == 10);
	byte_stream_done(&s);
}

static void offsets_count_from_the_first_byte_seen(void **state)
{
	struct byte_stream s = { 0 };

	(void)state;
	assert_true(byte_stream_offset(&s, byte_stream_place(&s, 0x80000000, 10)) == 0);
	assert_true(byte_stream_offset(&s, byte_stream_place(&s, 0x80000064, 10)) == 100);
	assert_false(s.offset_known);
	byte_stream_done(&s);
}

/* Fast open: data may be appended before the SYN that carries it is seen. */
static void syn_after_data_sets_the_base(void **state)
{
	struct byte_stream s = { 0 };
	uint64_t at = byte_stream_place(&s, 101, 6);

	(void)state;
	byte_stream_syn(&s, 100);
	assert_true(s.offset_known);
	assert_true(byte_stream_offset(&s, at) == 0);
	byte_stream_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_is_the_reference),
		cmocka_unit_test(wraps_upward),
		cmocka_unit_test(goes_back_across_the_wrap),
		cmocka_unit_test(two_gigabytes_either_way),
		cmocka_unit_test(every_low_half_is_the_number),
		cmocka_unit_test(offsets_count_from_the_syn),
		cmocka_unit_test(offsets_count_from_the_first_byte_seen),
		cmocka_unit_test(syn_after_data_sets_the_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
