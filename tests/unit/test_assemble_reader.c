// SPDX-License-Identifier: GPL-2.0-only
/* The wait in the receive queue: what the reader did meanwhile, and what is said when that is not known. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, ISN = 1000, S0 = ISN + 1, SENDER = 100, READER = 200, HOG = 300 };

#define MS 1000000ull

/* A message of 6 bytes arrives and is ready. Returns when. */
static uint64_t arrive(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = ISN, .tcp_flags = 2 };
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = 6 };
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	build_pass(&r->b, &syn);
	build_send_begin(&r->b, &s, S0, 6);
	build_send_end(&r->b, &s, S0, 6, 6);
	build_pass(&r->b, &k);
	build_arrive(&r->b, &k, S0);
	return r->b.now_ns;
}

static void put_away(struct rig *r, uint64_t off_ns, uint64_t on_ns, uint64_t slept_ns,
		     uint64_t waited_ns, uint32_t times)
{
	struct crumb_ev_away ev = {
		.flow = FLOW,
		.dir = OUT,
		.nr = CRUMB_CALL_NO_NR,
		.tgid = READER,
		.pid = READER,
		.off_ns = off_ns,
		.on_ns = on_ns,
		.slept_ns = slept_ns,
		.waited_ns = waited_ns,
		.times = times,
		.by_pid = HOG,
		.by_comm = "hog",
	};

	build_put(&r->b, &ev, CRUMB_EV_AWAY, sizeof(ev));
}

/* One absence, or the head of a history with @times 0. */
static void away(struct rig *r, uint64_t off_ns, uint64_t on_ns, uint64_t slept_ns, uint32_t times)
{
	put_away(r, off_ns, on_ns, slept_ns, times ? on_ns - off_ns - slept_ns : 0, times);
}

static void away_many(struct rig *r, uint64_t off_ns, uint64_t on_ns, uint64_t slept_ns,
		      uint64_t waited_ns)
{
	put_away(r, off_ns, on_ns, slept_ns, waited_ns, 12);
}

/* Of all segments with that code. */
static uint64_t caught_ns(const struct caught *c, const char *code)
{
	uint64_t ns = 0;

	for (uint32_t i = 1; i < c->steps; i++)
		if (!strcmp(c->code[i], code))
			ns += c->t_ns[i] - c->t_ns[i - 1];
	return ns;
}

static const struct caught *read_all(struct rig *r)
{
	struct build_recv v = {
		.flow = FLOW, .dir = OUT, .pid = READER, .netns = NETNS_B, .seq = S0, .bytes = 6
	};

	build_recv(&r->b, &v);
	rig_finish(r);
	return rig_at(r, 0);
}

static void on_a_cpu_all_the_time(void **state)
{
	const struct caught *c;
	uint64_t ready;
	struct rig r;

	(void)state;
	ready = arrive(&r);
	r.b.now_ns += 20 * MS;
	away(&r, ready - MS, r.b.now_ns, 0, 0);
	c = read_all(&r);
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_busy");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* On a CPU, asleep, runnable, on a CPU, put off, on a CPU: each has its step and its cause. */
static void everything_in_turn(void **state)
{
	const struct caught *c;
	uint64_t ready;
	struct rig r;

	(void)state;
	ready = arrive(&r);
	r.b.now_ns += 60 * MS;
	away(&r, ready - MS, r.b.now_ns, 0, 0);
	away(&r, ready + 10 * MS, ready + 30 * MS, 15 * MS, 1);
	away(&r, ready + 40 * MS, ready + 50 * MS, 0, 1);
	c = read_all(&r);
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_OFF, "b"), "rx.app_busy");
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_WAKE, "b"), "rx.app_blocked");
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_RUN, "b"), "rx.wakeup");
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_busy");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* It slept when the bytes became ready, and nobody woke it for them. */
static void asleep_elsewhere(void **state)
{
	const struct caught *c;
	uint64_t ready;
	struct rig r;

	(void)state;
	ready = arrive(&r);
	r.b.now_ns += 30 * MS;
	away(&r, ready - 9 * MS, r.b.now_ns, 0, 0);
	away(&r, ready - 5 * MS, ready + 28 * MS, 33 * MS, 1);
	c = read_all(&r);
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_RUN, "b"), "rx.app_blocked");
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* Several absences in one record: what they were in sum, sleep first. One that began before the bytes came has its share. */
static void many_in_one(void **state)
{
	const struct caught *c;
	uint64_t ready;
	struct rig r;

	(void)state;
	ready = arrive(&r);
	r.b.now_ns += 30 * MS;
	away(&r, ready - 9 * MS, r.b.now_ns, 0, 0);
	away_many(&r, ready + MS, ready + 29 * MS, 20 * MS, 5 * MS);
	c = read_all(&r);
	assert_int_equal(caught_ns(c, "rx.app_blocked"), 20 * MS);
	assert_int_equal(caught_ns(c, "rx.preempted"), 5 * MS);
	assert_in_range(caught_ns(c, "rx.app_busy"), 4 * MS, 8 * MS);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);

	ready = arrive(&r);
	r.b.now_ns += 30 * MS;
	away(&r, ready - 100 * MS, r.b.now_ns, 0, 0);
	away_many(&r, ready - 80 * MS, ready + 20 * MS, 50 * MS, 20 * MS);
	c = read_all(&r);
	assert_int_equal(caught_ns(c, "rx.app_blocked"), 10 * MS);
	assert_int_equal(caught_ns(c, "rx.preempted"), 4 * MS);
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

/* An account that begins after the bytes were ready tells nothing of the time before. */
static void not_known(void **state)
{
	const struct caught *c;
	uint64_t ready;
	struct rig r;

	(void)state;
	ready = arrive(&r);
	r.b.now_ns += 30 * MS;
	away(&r, ready + MS, r.b.now_ns, 0, 0);
	c = read_all(&r);
	assert_string_equal(caught_code(c, CRUMB_PT_SCHED_RUN, "b"), "rx.app_late");
	assert_string_equal(caught_code(c, CRUMB_PT_SYS_RECV, "b"), "rx.app_busy");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_a_cpu_all_the_time),
		cmocka_unit_test(everything_in_turn),
		cmocka_unit_test(asleep_elsewhere),
		cmocka_unit_test(many_in_one),
		cmocka_unit_test(not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
