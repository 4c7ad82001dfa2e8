// SPDX-License-Identifier: GPL-2.0-only
/* Packets that several hosts saw become samples of their clocks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "clocks.h"
#include "match.h"
#include "translated.h"
#include "wire.h"

#define MS 1000000ll

static void look(struct match *m, unsigned int host, uint64_t key, bool out, int64_t ns)
{
	struct match_met met;

	assert_int_equal(match_look(m, host,
				    &(struct wire_look){ .key = key, .out = out, .time_ns = ns },
				    &met),
			 0);
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

/* ------------------------------------------------------------------------------------------------ datagrams */

struct hosts { /* 0 sends, 1 receives */
	struct clocks *clocks;
	struct match *match;
	struct translated *names;
	struct wire *wire[2];
};

static void hosts_init(struct hosts *h)
{
	const struct crumb_ev_flow flow = {
		.h.type = CRUMB_EV_FLOW, .flow = 7, .proto = 17, .port = { 53, 4747 }
	};
	struct wire_look look;

	h->clocks = clocks_new();
	h->match = match_new(h->clocks);
	h->names = translated_new();
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(clocks_add(h->clocks, 0), i);
		h->wire[i] = wire_new(h->names);
		assert_int_equal(wire_event(h->wire[i], &flow.h, &look), 0);
	}
}

static void hosts_done(struct hosts *h)
{
	for (int i = 0; i < 2; i++)
		wire_free(h->wire[i]);
	translated_free(h->names);
	match_free(h->match);
	clocks_free(h->clocks);
}

/* Of that content (its digest) and identification: seen by a host at one or two points of its edge. */
static void datagram(struct hosts *h, unsigned int host, uint32_t digest, uint16_t ip_id, int64_t ns)
{
	struct crumb_ev_skb ev = { .h = { .type = CRUMB_EV_SKB, .time_ns = (uint64_t)ns },
				   .flow = 7,
				   .point = CRUMB_PT_DEV_XMIT,
				   .netns = 1,
				   .ifindex = 2,
				   .seq = digest,
				   .payload = 100,
				   .ip_id = ip_id };
	struct wire_look look;
	struct match_met met;

	if (host)
		ev.point = CRUMB_PT_DEV_GRO;
	assert_int_equal(wire_event(h->wire[host], &ev.h, &look), 1);
	assert_int_equal(match_look(h->match, host, &look, &met), 0);
	if (host) {
		ev.point = CRUMB_PT_DEV_RECEIVE;
		assert_int_equal(wire_event(h->wire[host], &ev.h, &look), 1);
		assert_int_equal(match_look(h->match, host, &look, &met), 0);
	}
}

static uint64_t samples(struct hosts *h)
{
	const struct clock_pair *p;

	assert_int_equal(match_finish(h->match), 0);
	p = clocks_pair(h->clocks, 0, 1);
	return p ? clock_pair_samples(p, true) : 0;
}

/* Digests go up and down: none is a sequence number. */
static void each_datagram(void **state)
{
	static const uint32_t digests[] = { 5, 0xfffffff0, 1, 0x80000005, 4, 0x7fffffff };
	struct hosts h;

	(void)state;
	hosts_init(&h);
	for (int i = 0; i < 6; i++) {
		datagram(&h, 0, digests[i], 0, i * MS);
		datagram(&h, 1, digests[i], 0, i * MS + MS / 2);
	}
	assert_int_equal(samples(&h), 6);
	hosts_done(&h);
}

/* The first is lost, and the second like it arrives: which one did, only their identification says. */
static void datagrams_alike(void **state)
{
	(void)state;
	for (uint16_t told = 0; told < 2; told++) {
		struct hosts h;

		hosts_init(&h);
		datagram(&h, 0, 5, told * 100, 0);
		datagram(&h, 0, 5, told * 101, MS);
		datagram(&h, 1, 5, told * 101, MS + MS / 2);
		assert_int_equal(samples(&h), told);
		hosts_done(&h);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_pause),
		cmocka_unit_test(each_datagram),
		cmocka_unit_test(datagrams_alike),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
