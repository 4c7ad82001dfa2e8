// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a switch's hardware forwarded, by what was read of its tables, and how that stands in a journey. The switch: 02:47::1 (a) behind
 * port 3, 02:47::2 (b) behind port 4 of bridge 5, as in the practice network; routed, its own address is on port 3.
 */
#include <linux/neighbour.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"
#include "hardware.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, READER = 20, VLAN = 10 };

#define S0  5001u
#define V4  [10] = 0xff, 0xff
#define OLD 1000u /* a reading; and a later one */
#define NEW 2000u

static const uint8_t a_mac[6] = { 2, 0x47, 0, 0, 0, 1 }, b_mac[6] = { 2, 0x47, 0, 0, 0, 2 },
		     own_mac[6] = { 2, 0x47, 0, 0, 9, 9 };
static const uint8_t dst[16] = { V4, 10, 2, 0, 2 };

static const struct hardware_ask plain = {
	.from = NETNS_A,
	.to = NETNS_B,
	.src_mac = { 2, 0x47, 0, 0, 0, 1 },
	.mac = { 2, 0x47, 0, 0, 0, 2 },
	.left_ns = 5000,
	.came_ns = 6000,
	.now_ns = 9000,
};

static void count(struct hardware *h, uint32_t port, uint64_t read_ns, uint64_t packets, uint64_t cpu)
{
	const struct crumb_ev_count ev = { .h = { .time_ns = OLD },
					   .read_ns = read_ns,
					   .netns = NETNS_SW,
					   .ifindex = port,
					   .rx_packets = packets,
					   .tx_packets = packets + 1,
					   .cpu_rx_packets = cpu,
					   .cpu_tx_packets = cpu };

	assert_int_equal(hardware_count(h, &ev), 0);
}

static void entry(struct hardware *h, const uint8_t mac[6], uint32_t port, uint32_t flags, uint64_t ns)
{
	struct crumb_ev_fdb ev = { .h = { .time_ns = ns },
				   .netns = NETNS_SW,
				   .bridge = IF_BRIDGE,
				   .port = port,
				   .vlan = VLAN,
				   .state = NUD_REACHABLE,
				   .flags = flags };

	memcpy(ev.mac, mac, 6);
	assert_int_equal(hardware_fdb(h, &ev), 0);
}

static struct hardware *with_switch(void)
{
	struct hardware *h = hardware_new();

	assert_non_null(h);
	assert_false(hardware_known(h));
	count(h, IF_SWP1, 100, 1, CRUMB_COUNT_UNKNOWN);
	assert_true(hardware_known(h));
	return h;
}

static unsigned int asked(struct hardware *h, const struct hardware_ask *ask, struct hardware_hop *ret)
{
	struct hardware_hop hops[HARDWARE_HOPS];
	unsigned int n = hardware_find(h, ask, hops);

	*ret = hops[0];
	return n;
}

/* ------------------------------------------------------------------------------------------------- bridged */

static const struct by_table {
	uint32_t a_port, b_port, flags;
	uint16_t tag;
	unsigned int hops;
} by_table[] = {
	{ IF_SWP1, IF_SWP2, NTF_OFFLOADED | NTF_EXT_LEARNED, 0, 1 },
	{ IF_SWP1, IF_SWP2, NTF_OFFLOADED, VLAN, 1 },
	{ IF_SWP1, IF_SWP2, NTF_OFFLOADED, 11, 0 }, /* that VLAN's table has nothing */
	{ IF_SWP1, IF_SWP2, NTF_EXT_LEARNED, 0, 0 }, /* a control plane's entry: no word of hardware */
	{ IF_SWP1, IF_SWP2, 0, 0, 0 },
	{ IF_SWP2, IF_SWP2, NTF_OFFLOADED, 0, 0 }, /* both behind one port: it is not between them */
	{ 0, IF_SWP2, NTF_OFFLOADED, 0, 0 },	   /* the sender is not known there */
};

static void bridged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(by_table) / sizeof(by_table[0]); i++) {
		const struct by_table *t = &by_table[i];
		struct hardware *h = with_switch();
		struct hardware_ask ask = plain;
		struct hardware_hop hop;

		if (t->a_port)
			entry(h, a_mac, t->a_port, t->flags, OLD);
		entry(h, b_mac, t->b_port, t->flags, OLD);
		ask.vlan = t->tag;
		assert_int_equal(asked(h, &ask, &hop), t->hops);
		if (t->hops) {
			assert_int_equal(hop.netns, NETNS_SW);
			assert_int_equal(hop.in, IF_SWP1);
			assert_int_equal(hop.out, IF_SWP2);
			assert_int_equal(hop.vlan, VLAN);
			assert_int_equal(hop.extern_learn, !!(t->flags & NTF_EXT_LEARNED));
			assert_memory_equal(hop.mac, b_mac, 6);
			assert_false(hop.routed);
		}
		ask.to = NETNS_SW; /* its CPU saw it come */
		assert_int_equal(asked(h, &ask, &hop), 0);
		hardware_free(h);
	}
}

/* What a later reading does not have is gone, once that reading is known to be whole. */
static void gone(void **state)
{
	struct hardware *h = with_switch();
	struct hardware_ask ask = plain;
	struct hardware_hop hop;

	(void)state;
	entry(h, a_mac, IF_SWP1, NTF_OFFLOADED, OLD);
	entry(h, b_mac, IF_SWP2, NTF_OFFLOADED, OLD);
	entry(h, a_mac, IF_SWP1, NTF_OFFLOADED, NEW);
	ask.now_ns = NEW;
	assert_int_equal(asked(h, &ask, &hop), 1);
	ask.now_ns = NEW + 1;
	assert_int_equal(asked(h, &ask, &hop), 0);
	entry(h, b_mac, IF_SWP1, NTF_OFFLOADED, NEW); /* it has moved */
	assert_int_equal(asked(h, &ask, &hop), 0);
	hardware_free(h);
}

/* A namespace of which nothing says that it is a switch of hardware has a table like any other. */
static void no_switch(void **state)
{
	struct hardware *h = hardware_new();
	struct hardware_hop hop;

	(void)state;
	entry(h, a_mac, IF_SWP1, NTF_OFFLOADED, OLD);
	entry(h, b_mac, IF_SWP2, NTF_OFFLOADED, OLD);
	assert_false(hardware_known(h));
	assert_int_equal(asked(h, &plain, &hop), 0);
	hardware_free(h);
}

/* ------------------------------------------------------------------------------------------------- counters */

static void counted(void **state)
{
	struct hardware *h = with_switch();
	struct hardware_hop hop;

	(void)state;
	entry(h, a_mac, IF_SWP1, NTF_OFFLOADED, OLD);
	entry(h, b_mac, IF_SWP2, NTF_OFFLOADED, OLD);
	count(h, IF_SWP2, 100, 40, 3);
	assert_int_equal(asked(h, &plain, &hop), 1);
	assert_false(hop.counted); /* nothing was read after it */
	count(h, IF_SWP1, 4000, 10, 2);
	count(h, IF_SWP2, 4001, 50, 3);
	count(h, IF_SWP1, 5500, 11, 2); /* while it was on its way */
	count(h, IF_SWP2, 5501, 52, 3);
	count(h, IF_SWP1, 7000, 15, 3);
	count(h, IF_SWP2, 7001, 57, 3);
	count(h, IF_SWP1, 8000, 99, 9);
	count(h, IF_SWP2, 8001, 99, 9);
	assert_int_equal(asked(h, &plain, &hop), 1);
	assert_true(hop.counted);
	assert_int_equal(hop.from_ns, 4000);
	assert_int_equal(hop.to_ns, 7001);
	assert_int_equal(hop.in_packets, 5);
	assert_int_equal(hop.out_packets, 7);
	assert_int_equal(hop.cpu_in, 1);
	assert_int_equal(hop.cpu_out, 0);
	hardware_free(h);
}

/* --------------------------------------------------------------------------------------------------- routed */

static void offload(struct hardware *h, const struct crumb_ev_offload *like)
{
	struct crumb_ev_offload ev = *like;

	ev.h.time_ns = OLD;
	ev.netns = NETNS_SW;
	ev.family = 2;
	assert_int_equal(hardware_offload(h, &ev), 0);
}

static const struct crumb_ev_offload all_routes[] = {
	{ .kind = CRUMB_OFFLOAD_ROUTE, .ifindex = IF_SWP3, .addr = { V4 }, .flags = CRUMB_OFFLOAD_DONE },
	{ .kind = CRUMB_OFFLOAD_ROUTE,
	  .ifindex = IF_SWP2,
	  .addr = { V4, 10, 2 },
	  .prefix = 15,
	  .metric = 20,
	  .flags = CRUMB_OFFLOAD_DONE },
	{ .kind = CRUMB_OFFLOAD_ROUTE, /* worse, and not offloaded */
	  .ifindex = IF_SWP3,
	  .addr = { V4, 10, 2 },
	  .prefix = 15,
	  .metric = 30 },
	{ .kind = CRUMB_OFFLOAD_ROUTE, .ifindex = IF_SWP3, .addr = { V4, 10, 4 }, .prefix = 14 },
};

static struct hardware *with_router(void)
{
	struct hardware *h = with_switch();
	struct crumb_ev_dev dev = { .netns = NETNS_SW, .ifindex = IF_SWP1 };

	memcpy(dev.mac, own_mac, 6);
	assert_int_equal(hardware_dev(h, &dev), 0);
	for (size_t i = 0; i < sizeof(all_routes) / sizeof(all_routes[0]); i++)
		offload(h, &all_routes[i]);
	return h;
}

static struct hardware_ask to_router(void)
{
	struct hardware_ask ask = plain;

	memcpy(ask.mac, own_mac, 6);
	memcpy(ask.dst, dst, 16);
	return ask;
}

static void routed(void **state)
{
	struct hardware *h = with_router();
	struct hardware_ask ask = to_router();
	struct hardware_hop hop;

	(void)state;
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_true(hop.routed);
	assert_int_equal(hop.in, IF_SWP1);
	assert_int_equal(hop.out, IF_SWP2);
	assert_int_equal(hop.prefix, 15);
	ask.dst[13] = 4; /* the longest prefix is not the hardware's */
	assert_int_equal(asked(h, &ask, &hop), 0);
	ask.dst[13] = 8;
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.out, IF_SWP3); /* by the default route */
	memset(ask.dst, 0, 16);
	assert_int_equal(asked(h, &ask, &hop), 0);
	ask = to_router();
	memcpy(ask.mac, b_mac, 6); /* to somebody else */
	assert_int_equal(asked(h, &ask, &hop), 0);
	hardware_free(h);
}

static void not_routed(void **state)
{
	static const struct crumb_ev_offload more[] = {
		{ .kind = CRUMB_OFFLOAD_ROUTE, /* goes to the CPU */
		  .ifindex = IF_SWP2,
		  .addr = { V4, 10, 2, 0, 2 },
		  .prefix = 32,
		  .flags = CRUMB_OFFLOAD_DONE | CRUMB_OFFLOAD_TRAP },
		{ .kind = CRUMB_OFFLOAD_ROUTE,
		  .ifindex = IF_SWP2,
		  .addr = { V4, 10, 2, 0, 2 },
		  .prefix = 32,
		  .flags = CRUMB_OFFLOAD_FAILED },
		{ .kind = CRUMB_OFFLOAD_NEIGH, .ifindex = IF_SWP2, .addr = { V4, 10, 2, 0, 2 } },
		{ .kind = CRUMB_OFFLOAD_ROUTE,
		  .flags = CRUMB_OFFLOAD_CUT,
		  .addr = { V4, 99 },
		  .prefix = 32 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		struct hardware *h = with_router();
		struct hardware_ask ask = to_router();
		struct hardware_hop hop;

		offload(h, &more[i]);
		assert_int_equal(asked(h, &ask, &hop), 0);
		hardware_free(h);
	}
}

/* Looked up in the table of the VRF that the device belongs to, by way of a bond or directly; in the main one where it belongs to none. */
static void routed_in_vrf(void **state)
{
	static const struct crumb_ev_offload in_vrf = { .kind = CRUMB_OFFLOAD_ROUTE,
							.ifindex = IF_SWP3,
							.addr = { V4, 10, 2 },
							.prefix = 16,
							.table = 1001,
							.flags = CRUMB_OFFLOAD_DONE };
	struct crumb_ev_dev vrf = { .netns = NETNS_SW, .ifindex = 50, .table = 1001 };
	struct crumb_ev_dev bond = { .netns = NETNS_SW, .ifindex = 51, .master = 50 };
	struct crumb_ev_dev port = { .netns = NETNS_SW, .ifindex = IF_SWP1, .master = 51 };
	struct hardware *h = with_router();
	struct hardware_ask ask = to_router();
	struct hardware_hop hop;

	(void)state;
	memcpy(port.mac, own_mac, 6);
	offload(h, &in_vrf); /* a longer prefix than the main table's, and of no concern to it */
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.prefix, 15);
	assert_int_equal(hop.table, 254);
	hardware_dev(h, &vrf);
	hardware_dev(h, &bond);
	hardware_dev(h, &port);
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.prefix, 16);
	assert_int_equal(hop.out, IF_SWP3);
	assert_int_equal(hop.table, 1001);
	ask.dst[13] = 8; /* only the main table has a route to there */
	assert_int_equal(asked(h, &ask, &hop), 0);
	/* Another device with this address, and in no VRF: which of them got the frame is not known. */
	port.ifindex = IF_SWP2;
	port.master = 0;
	hardware_dev(h, &port);
	ask.dst[13] = 2;
	assert_int_equal(asked(h, &ask, &hop), 0);
	hardware_free(h);
}

/* By a bridge's device: which port that is says the bridge's table, of the neighbour's address. */
static void routed_to_a_bridge(void **state)
{
	struct crumb_ev_offload route = { .kind = CRUMB_OFFLOAD_ROUTE,
					  .ifindex = IF_BRIDGE,
					  .addr = { V4, 10, 2, 0, 2 },
					  .prefix = 32,
					  .flags = CRUMB_OFFLOAD_DONE };
	struct crumb_ev_offload neigh = { .kind = CRUMB_OFFLOAD_NEIGH,
					  .ifindex = IF_BRIDGE,
					  .addr = { V4, 10, 2, 0, 2 },
					  .flags = CRUMB_OFFLOAD_DONE };
	struct hardware *h = with_router();
	struct hardware_ask ask = to_router();
	struct hardware_hop hop;

	(void)state;
	memcpy(neigh.lladdr, b_mac, 6);
	offload(h, &route);
	offload(h, &neigh);
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.out, IF_BRIDGE);
	entry(h, b_mac, IF_SWP2, NTF_OFFLOADED, OLD);
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.out, IF_SWP2);
	assert_memory_equal(hop.mac, b_mac, 6);
	entry(h, b_mac, IF_SWP2, 0, OLD); /* the bridge of the kernel does the rest */
	assert_int_equal(asked(h, &ask, &hop), 0);
	hardware_free(h);
}

/* One of several next hops: the hardware's choice, which nobody tells. */
static void many_next_hops(void **state)
{
	struct crumb_ev_offload many = { .kind = CRUMB_OFFLOAD_ROUTE,
					 .addr = { V4, 10, 2, 0, 2 },
					 .prefix = 32,
					 .flags = CRUMB_OFFLOAD_DONE | CRUMB_OFFLOAD_MANY };
	struct hardware *h = with_router();
	struct hardware_ask ask = to_router();
	struct hardware_hop hop;

	(void)state;
	offload(h, &many);
	assert_int_equal(asked(h, &ask, &hop), 1);
	assert_int_equal(hop.out, 0);
	assert_int_equal(hop.prefix, 32);
	hardware_free(h);
}

/* ------------------------------------------------------------------------------------------------- journeys */

static void switch_facts(struct rig *r)
{
	static const uint32_t ports[] = { IF_SWP1, IF_SWP2 };

	for (int i = 0; i < 2; i++) {
		struct crumb_ev_count c = { .netns = NETNS_SW, .ifindex = ports[i] };

		build_put(&r->b, &c, CRUMB_EV_COUNT, sizeof(c));
	}
	r->b.step_ns = 0; /* one reading */
	for (int i = 0; i < 2; i++) {
		struct crumb_ev_fdb e = { .netns = NETNS_SW,
					  .bridge = IF_BRIDGE,
					  .port = ports[i],
					  .state = NUD_REACHABLE,
					  .flags = NTF_OFFLOADED };

		memcpy(e.mac, i ? b_mac : a_mac, 6);
		build_put(&r->b, &e, CRUMB_EV_FDB, sizeof(e));
	}
	r->b.step_ns = 1000;
}

/* No veth: nobody knows what is at its other end. */
static void physical(struct rig *r, uint32_t netns, uint32_t ifindex, uint32_t master)
{
	struct crumb_ev_dev ev = {
		.netns = netns, .ifindex = ifindex, .master = master, .port_state = 0xff
	};

	build_put(&r->b, &ev, CRUMB_EV_DEV, sizeof(ev));
}

/* The CPU got a copy, too; and sent it out of a port that is not the hardware's. */
enum way { BY_HARDWARE, TRAPPED_COPY, FLOODED_COPY, BY_CPU };

/* A message from a to b; @way: what the switch's CPU saw of it. */
static void journey(struct rig *r, enum way way)
{
	struct build_skb k = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = 100 }, at_port = k;
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };
	struct build_recv v = { .flow = FLOW, .dir = OUT, .pid = READER, .seq = S0, .bytes = 100 };
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	build_skb_at(&r->b, &syn, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	switch_facts(r);
	physical(r, NETNS_A, IF_A, 0);
	physical(r, NETNS_B, IF_B, 0);
	for (uint32_t port = IF_SWP1; port <= IF_SWP3; port++)
		if (port != IF_BRIDGE)
			physical(r, NETNS_SW, port, IF_BRIDGE);
	build_send(&r->b, &s, S0, 100);
	at_port.flags |= CRUMB_SKB_PORT;
	if (way == BY_CPU) {
		build_pass(&r->b, &k);
	} else {
		build_skb_at(&r->b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
		build_skb_at(&r->b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
		if (way != BY_HARDWARE)
			build_skb_at(&r->b, &at_port, CRUMB_PT_BRIDGE_IN, NETNS_SW, IF_SWP1);
		at_port.flags |= CRUMB_SKB_FORWARDED;
		if (way == FLOODED_COPY) {
			build_skb_at(&r->b, &at_port, CRUMB_PT_BRIDGE_FORWARD, NETNS_SW, IF_SWP3);
			build_skb_at(&r->b, &at_port, CRUMB_PT_DEV_XMIT, NETNS_SW, IF_SWP3);
		}
		build_skb_at(&r->b, &k, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	}
	build_arrive(&r->b, &k, S0);
	build_recv(&r->b, &v);
	rig_finish(r);
}

static void journeys(void **state)
{
	static const uint16_t first[] = { CRUMB_PT_DEV_RECEIVE, CRUMB_PT_DEV_RECEIVE,
					  CRUMB_PT_DEV_RECEIVE, CRUMB_PT_DEV_BACKLOG };
	static const char *const codes[] = { "net.hardware", "net.hardware", "net.hardware",
					     "net.wire" };

	(void)state;
	for (enum way way = BY_HARDWARE; way <= BY_CPU; way++) {
		const struct caught *c;
		struct rig r;

		journey(&r, way);
		c = rig_at(&r, 0);
		assert_int_equal(c->verdict, VERDICT_DELIVERED);
		assert_string_equal(caught_code(c, first[way], "b"), codes[way]);
		assert_int_equal(caught_step(c, CRUMB_PT_BRIDGE_IN, "sw") >= 0, way == BY_CPU);
		rig_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bridged),
		cmocka_unit_test(gone),
		cmocka_unit_test(no_switch),
		cmocka_unit_test(counted),
		cmocka_unit_test(routed),
		cmocka_unit_test(not_routed),
		cmocka_unit_test(routed_to_a_bridge),
		cmocka_unit_test(many_next_hops),
		cmocka_unit_test(routed_in_vrf),
		cmocka_unit_test(journeys),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
