// SPDX-License-Identifier: GPL-2.0-only
/* Samples of what a switch's hardware forwarded (psample), in the journeys of the messages: from a to b, of the switch between them only samples are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, READER = 20 };

#define S0    5001u
#define BYTES 3000u
#define MSS   1000u

static const struct build_skb message = {
	.flow = FLOW, .dir = OUT, .seq = S0, .payload = BYTES, .gso_segs = 3
};

static void device(struct rig *r, uint32_t netns, uint32_t ifindex, const char *name)
{
	struct crumb_ev_dev ev = { .netns = netns, .ifindex = ifindex, .port_state = 0xff };

	strncpy(ev.name, name, sizeof(ev.name) - 1);
	build_put(&r->b, &ev, CRUMB_EV_DEV, sizeof(ev));
}

/* Seen @ago_ns before now. */
static void sample(struct rig *r, uint32_t seq, uint32_t netns, uint64_t ago_ns, uint64_t latency_ns)
{
	struct crumb_ev_sample ev = {
		.s = { .flow = FLOW,
		       .dir = OUT,
		       .netns = netns,
		       .ifindex = IF_SWP1,
		       .seq = seq,
		       .payload = MSS,
		       .tcp_flags = 0x11 },
		.seen_ns = r->b.now_ns - ago_ns,
		.latency_ns = latency_ns,
		.queue_bytes = 4096,
		.out_tc = CRUMB_SAMPLE_NO_TC,
		.out = IF_SWP2,
		.rate = 10,
	};

	build_put(&r->b, &ev, CRUMB_EV_SAMPLE, sizeof(ev));
}

static void begin(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };
	struct crumb_ev_count c = { .netns = NETNS_SW, .ifindex = IF_SWP1 };
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	device(r, NETNS_A, IF_A, "eth0");
	device(r, NETNS_B, IF_B, "eth0");
	device(r, NETNS_SW, IF_SWP1, "swp1");
	device(r, NETNS_SW, IF_SWP2, "swp2");
	build_put(&r->b, &c, CRUMB_EV_COUNT, sizeof(c)); /* a switch of hardware */
	build_skb_at(&r->b, &syn, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_send(&r->b, &s, S0, BYTES);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
}

static const struct caught *end(struct rig *r)
{
	rig_finish(r);
	return rig_at(r, 0);
}

static void arrive(struct rig *r)
{
	struct build_recv v = { .flow = FLOW, .dir = OUT, .pid = READER, .seq = S0, .bytes = BYTES };

	build_skb_at(&r->b, &message, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_arrive(&r->b, &message, S0);
	build_recv(&r->b, &v);
}

/* No table says that it went there, but a packet in the middle of it was seen there. It is told after the message was read. */
static void by_sample(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	begin(&r);
	arrive(&r);
	sample(&r, S0 + MSS, NETNS_SW, 0, 1500);
	build_loss(&r.b, r.b.now_ns - 1000, 9, CRUMB_LOSS_SAMPLES); /* of others there was no room */
	c = end(&r);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->lost_events, 0);
	assert_int_equal(r.sum.lost_events, 9);
	assert_int_equal(c->hops, 1);
	assert_string_equal(c->hop[0].host, "sw");
	assert_string_equal(c->hop[0].in, "swp1");
	assert_string_equal(c->hop[0].out, "swp2");
	assert_int_equal(c->hop[0].latency_ns, 1500);
	assert_false(c->hop[0].by_entry);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_RECEIVE, "b"), "net.hardware");
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_RECEIVE, "sw"), -1);
	rig_close(&r);
}

/* Of two the first since the frame left; none of what was sent before, of other bytes, or of a namespace that the message has steps in. */
static void which(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	begin(&r);
	sample(&r, S0, NETNS_SW, 1000000, 11);	   /* before it left */
	sample(&r, S0 + BYTES, NETNS_SW, 0, 12);   /* what comes behind it */
	sample(&r, S0 + 2 * MSS, NETNS_SW, 0, 13); /* this one */
	sample(&r, S0, NETNS_SW, 0, 14);
	sample(&r, S0, NETNS_A, 0, 15);
	arrive(&r);
	c = end(&r);
	assert_int_equal(c->hops, 1);
	assert_int_equal(c->hop[0].latency_ns, 13);
	rig_close(&r);
}

/* Of a message that never came it is no step and no proof: it was not dropped there. */
static void never_came(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	begin(&r);
	sample(&r, S0, NETNS_SW, 0, 1500);
	r.b.now_ns += 3000000000ull;
	c = end(&r);
	assert_int_equal(c->verdict, VERDICT_LEFT);
	assert_string_equal(c->where, "a dev.xmit eth0");
	assert_int_equal(c->hops, 0);
	rig_close(&r);
}

/* What was first told of by a sample, then a packet that a hook saw if @hook; after @silent_s a message is sent on it. */
static unsigned int after_silence(bool hook, uint64_t silent_s)
{
	static const struct build_skb ack = { .flow = FLOW, .dir = OUT, .seq = S0, .tcp_flags = 16 };
	struct crumb_ev_flow flow = {
		.flow = FLOW, .proto = 6, .family = 2, .why = CRUMB_WHY_SAMPLE, .netns = NETNS_SW
	};
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };
	struct crumb_event tick = { 0 };
	unsigned int journeys;
	struct rig r;

	rig_open(&r, 0);
	build_put(&r.b, &flow, CRUMB_EV_FLOW, sizeof(flow));
	sample(&r, S0, NETNS_SW, 0, 1500);
	if (hook)
		build_skb_at(&r.b, &ack, CRUMB_PT_DEV_RECEIVE, NETNS_SW, IF_SWP1);
	r.b.now_ns += silent_s * 1000000000;
	build_put(&r.b, &tick, CRUMB_EV_TICK, sizeof(tick));
	build_send(&r.b, &s, S0 + MSS, BYTES);
	rig_finish(&r);
	journeys = r.journeys;
	rig_close(&r);
	return journeys;
}

/* Forgotten, but not before its recorder has forgotten it (60 s), which goes on without a word where another sample comes in time. */
static void forgotten(void **state)
{
	(void)state;
	assert_int_equal(after_silence(false, 70), 1);
	assert_int_equal(after_silence(false, 130), 0);
	assert_int_equal(after_silence(true, 1000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_sample),
		cmocka_unit_test(which),
		cmocka_unit_test(never_came),
		cmocka_unit_test(forgotten),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
