// SPDX-License-Identifier: GPL-2.0-only
/* What the programs of a CPU hand out and user space takes: order, what is unfinished, wraps, lanes. A writer as bpf/body/ring.h's, in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "cpu_ring.h"

#define MAIN_BYTES CRUMB_LANE_BYTES
#define CPU	   1

static int fd;
static struct cpu_ring ring;
static uint8_t taken[2 * MAIN_BYTES];
static uint64_t records;
static unsigned int fill; /* in 1/256, of the fullest lane */

static int begin(void **state)
{
	struct error e = { 0 };

	(void)state;
	fd = memfd_create("lanes", 0);
	assert_int_equal(ftruncate(fd, (CPU + 1) * CRUMB_LANES_BYTES(MAIN_BYTES)), 0);
	assert_int_equal(cpu_ring_init(&ring, fd, CPU, MAIN_BYTES, &e), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	cpu_ring_done(&ring);
	close(fd);
	return 0;
}

/* NULL: there is no room. */
static uint8_t *reserve(unsigned int k, uint32_t size)
{
	struct crumb_lane *lane = &ring.lanes->lane[k];
	const uint64_t room = k == CRUMB_LANE_MAIN ? MAIN_BYTES : CRUMB_LANE_BYTES, at = lane->handed;
	uint8_t *head = (uint8_t *)(ring.lanes + 1) + k * CRUMB_LANE_STRIDE + (at & (room - 1));

	if (at + size + CRUMB_RECORD_HEAD > ring.lanes->taken[k].bytes + room)
		return NULL;
	*(uint32_t *)head = size | CRUMB_RECORD_BUSY;
	lane->handed = at + size + CRUMB_RECORD_HEAD;
	return head + CRUMB_RECORD_HEAD;
}

static void submit(uint8_t *record)
{
	*(uint32_t *)(record - CRUMB_RECORD_HEAD) &= ~CRUMB_RECORD_BUSY;
}

static int put(unsigned int k, uint32_t size, uint8_t byte)
{
	uint8_t *record = reserve(k, size);

	if (!record)
		return 0;
	memset(record, byte, size);
	submit(record);
	return 1;
}

static size_t waiting(void)
{
	return cpu_ring_waiting(&ring, &fill);
}

static size_t take(size_t cap)
{
	return cpu_ring_take(&ring, taken, cap, &records);
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_int_equal(take(sizeof(taken)), 0);
	assert_int_equal(records, 0);
	assert_int_equal(waiting(), 0);
}

static void in_their_order(void **state)
{
	(void)state;
	put(CRUMB_LANE_MAIN, 16, 1);
	put(CRUMB_LANE_MAIN, 104, 2);
	assert_int_equal(waiting(), 16 + 104 + 2 * CRUMB_RECORD_HEAD);
	assert_int_equal(take(sizeof(taken)), 120);
	assert_int_equal(records, 2);
	assert_int_equal(taken[0], 1);
	assert_int_equal(taken[15], 1);
	assert_int_equal(taken[16], 2);
	assert_int_equal(taken[119], 2);
	assert_int_equal(take(sizeof(taken)), 0);
}

static void not_before_it_is_written(void **state)
{
	uint8_t *first = reserve(CRUMB_LANE_MAIN, 8);

	(void)state;
	put(CRUMB_LANE_MAIN, 8, 2); /* of a program that interrupted the first */
	assert_int_equal(take(sizeof(taken)), 0);
	memset(first, 1, 8);
	submit(first);
	assert_int_equal(take(sizeof(taken)), 16);
	assert_int_equal(taken[0], 1);
	assert_int_equal(taken[8], 2);
}

static void no_more_than_asked_for(void **state)
{
	(void)state;
	for (uint8_t i = 1; i <= 3; i++)
		put(CRUMB_LANE_MAIN, 24, i);
	assert_int_equal(take(60), 48);
	assert_int_equal(take(60), 24);
	assert_int_equal(taken[0], 3);
}

static void over_the_end_and_round(void **state)
{
	uint64_t bytes = 0;

	(void)state;
	for (unsigned int i = 0; bytes < 5 * MAIN_BYTES; i++) {
		uint32_t size = 8 + i * 40 % (CRUMB_RECORD_MAX - 2 * CRUMB_RECORD_HEAD) / 8 * 8;

		assert_true(put(CRUMB_LANE_MAIN, size, i));
		assert_int_equal(take(sizeof(taken)), size);
		assert_int_equal(taken[0], i & 0xff);
		assert_int_equal(taken[size - 1], i & 0xff);
		bytes += size;
	}
}

/* What runs over a lane's end is not the next one's beginning. */
static void each_keeps_to_its_own(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CRUMB_LANE_MAIN; k++) {
		ring.lanes->lane[k].handed = ring.lanes->taken[k].bytes = CRUMB_LANE_BYTES - 16;
		ring.lanes->lane[k + 1].handed = ring.lanes->taken[k + 1].bytes = 0;
		assert_true(put(k + 1, 8, 2));
		assert_true(put(k, CRUMB_RECORD_MAX - CRUMB_RECORD_HEAD, 1));
		assert_int_equal(take(sizeof(taken)), CRUMB_RECORD_MAX);
		assert_int_equal(taken[0], 1);
		assert_int_equal(taken[CRUMB_RECORD_MAX - CRUMB_RECORD_HEAD - 1], 1);
		assert_int_equal(taken[CRUMB_RECORD_MAX - CRUMB_RECORD_HEAD], 2);
		assert_int_equal(taken[CRUMB_RECORD_MAX - 1], 2);
	}
}

/* Nothing that was not taken is written over, though the last record before the limit may run over the end. */
static void full_is_full(void **state)
{
	unsigned int n = 0, again = 0;
	size_t bytes;

	(void)state;
	assert_true(put(CRUMB_LANE_MAIN, 8, 0xff));
	take(sizeof(taken));
	while (put(CRUMB_LANE_MAIN, 1000, n))
		n++;
	assert_int_equal(n, MAIN_BYTES / 1008);
	waiting();
	assert_int_equal(fill, 255);
	bytes = take(sizeof(taken));
	assert_int_equal(bytes, n * 1000);
	for (unsigned int i = 0; i < bytes; i++)
		assert_int_equal(taken[i], i / 1000);
	while (put(CRUMB_LANE_MAIN, 1000, again))
		again++;
	assert_int_equal(again, n);
}

static void every_lane(void **state)
{
	(void)state;
	for (unsigned int k = 0; k < CRUMB_LANES; k++)
		put(k, 8, k + 1);
	assert_int_equal(waiting(), CRUMB_LANES * (8 + CRUMB_RECORD_HEAD));
	assert_int_equal(take(sizeof(taken)), 8 * CRUMB_LANES);
	assert_int_equal(records, CRUMB_LANES);
	for (unsigned int k = 0; k < CRUMB_LANES; k++)
		assert_int_equal(taken[8 * k], k + 1);
}

static void no_memory_to_map(void **state)
{
	struct cpu_ring other;
	struct error e = { 0 };

	(void)state;
	assert_true(cpu_ring_init(&other, -1, 0, MAIN_BYTES, &e) < 0);
	assert_non_null(strstr(e.text, "cannot map"));
	cpu_ring_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_is_nothing, begin, end),
		cmocka_unit_test_setup_teardown(in_their_order, begin, end),
		cmocka_unit_test_setup_teardown(not_before_it_is_written, begin, end),
		cmocka_unit_test_setup_teardown(no_more_than_asked_for, begin, end),
		cmocka_unit_test_setup_teardown(over_the_end_and_round, begin, end),
		cmocka_unit_test_setup_teardown(each_keeps_to_its_own, begin, end),
		cmocka_unit_test_setup_teardown(full_is_full, begin, end),
		cmocka_unit_test_setup_teardown(every_lane, begin, end),
		cmocka_unit_test(no_memory_to_map),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
