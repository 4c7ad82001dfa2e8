// SPDX-License-Identifier: GPL-2.0-only
/* event_check(): what it refuses, what it completes, and what it bounds so that consumers need not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "stream.h"

static void test_check_refuses_what_is_no_event(void **state)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	struct crumb_ev_sock ev = { .h = { .type = CRUMB_EV_SOCK, .size = sizeof(ev) } };

	(void)state;
	assert_ptr_equal(event_check(&ev, sizeof(ev), scratch), &ev);
	assert_null(event_check(&ev, sizeof(ev) - 1, scratch));
	assert_null(event_check(&ev, 15, scratch));
	assert_null(event_check(&ev, 0, scratch));
	ev.h.size = 8;
	assert_null(event_check(&ev, sizeof(ev), scratch));
	ev.h.size = sizeof(ev) - 4;
	assert_null(event_check(&ev, sizeof(ev), scratch));
	ev.h.size = sizeof(ev);
	ev.dir = 2;
	assert_null(event_check(&ev, sizeof(ev), scratch));
}

static void test_check_completes_short_and_unaligned(void **state)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES], moved[sizeof(struct crumb_ev_sock) + 4];
	struct crumb_ev_sock ev = { .h = { .type = CRUMB_EV_SOCK, .size = 24 }, .flow = 3, .seq = 9 };
	const struct crumb_ev_sock *got;

	(void)state;
	memset(scratch, 0xaa, sizeof(scratch));
	got = (const void *)event_check(&ev, 24, scratch);
	assert_ptr_equal(got, scratch);
	assert_int_equal(got->flow, 3);
	assert_int_equal(got->h.size, 24);
	assert_int_equal(got->seq, 0); /* behind the 24 bytes */
	assert_int_equal(got->skb, 0);

	ev.h.size = sizeof(ev);
	memcpy(moved + 4, &ev, sizeof(ev));
	got = (const void *)event_check(moved + 4, sizeof(ev), scratch);
	assert_ptr_equal(got, scratch);
	assert_memory_equal(got, &ev, sizeof(ev));
}

static void test_check_bounds_texts_and_lengths(void **state)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	struct crumb_ev_dev dev = { .h = { .type = CRUMB_EV_DEV, .size = sizeof(dev) } };
	struct crumb_ev_packet p = { .s = { .h = { .type = CRUMB_EV_SKB, .size = sizeof(p) } } };
	struct crumb_ev_stack st = { .h = { .type = CRUMB_EV_STACK, .size = sizeof(st) } };

	(void)state;
	memset(dev.kind, 'x', sizeof(dev.kind));
	assert_int_equal(strlen(((const struct crumb_ev_dev *)event_check(&dev, sizeof(dev), scratch))
					->kind),
			 15);
	p.s.snap_len = 129;
	assert_int_equal(((const struct crumb_ev_skb *)event_check(&p, sizeof(p), scratch))->snap_len,
			 128);
	st.depth = 255;
	assert_int_equal(((const struct crumb_ev_stack *)event_check(&st, sizeof(st), scratch))->depth,
			 CRUMB_STACK_DEPTH);
	st.depth = 2;
	st.h.size = offsetof(struct crumb_ev_stack, ip) + 16;
	assert_int_equal(((const struct crumb_ev_stack *)event_check(&st, st.h.size, scratch))->ip[2],
			 0);
	assert_int_equal(event_type_size(CRUMB_EV_STACK), offsetof(struct crumb_ev_stack, ip));
	assert_int_equal(event_type_size(0), 0);
	assert_int_equal(event_type_size(63), 0);
	assert_int_equal(event_type_size(65535), 0);
}

/* What the kernel side writes for most packets becomes the struct that everyone reads. */
static void test_check_widens_short_packets(void **state)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	struct crumb_ev_packet_short p = { .s = { .h = { .type = CRUMB_EV_SKB, .size = sizeof(p) } } };
	const struct crumb_ev_packet *got;
	const uint8_t zero[CRUMB_SNAP_BYTES] = { 0 };

	(void)state;
	memset(scratch, 0x55, sizeof(scratch));
	memset(p.bytes, 'x', sizeof(p.bytes));
	p.s.snap_len = 66;
	p.s.seq = 4711;
	p.snap_l2 = 1;
	got = (const void *)event_check(&p, sizeof(p), scratch);
	assert_int_equal(got->s.h.size, sizeof(*got));
	assert_int_equal(got->s.seq, 4711);
	assert_int_equal(got->s.snap_len, 66);
	assert_int_equal(got->snap_l2, 1);
	assert_memory_equal(got->bytes, p.bytes, sizeof(p.bytes));
	assert_memory_equal(got->bytes + sizeof(p.bytes), zero, sizeof(got->bytes) - sizeof(p.bytes));
	assert_memory_equal(got->pad0, zero, sizeof(got->pad0));
	p.s.snap_len = 81; /* more than there is */
	got = (const void *)event_check(&p, sizeof(p), scratch);
	assert_int_equal(got->s.snap_len, 80);
	assert_null(event_check(&p, sizeof(p) - 8, scratch));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_refuses_what_is_no_event),
		cmocka_unit_test(test_check_completes_short_and_unaligned),
		cmocka_unit_test(test_check_bounds_texts_and_lengths),
		cmocka_unit_test(test_check_widens_short_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
