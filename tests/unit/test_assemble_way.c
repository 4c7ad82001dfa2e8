// SPDX-License-Identifier: GPL-2.0-only
/* What happens to packets on their way besides being forwarded: addresses translated (NAT), carried in packets of a tunnel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cause.h"

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OTHER = 2, OUT = 1, SENDER = 10, READER = 20 };
enum { IF_TUNNEL_A = 20, IF_TUNNEL_B = 21, NUMBER = 0x1234, REASON_FILTER = 8 };

#define S0 5001u

static struct build_skb skb(uint32_t flow, uint32_t seq, uint32_t payload)
{
	return (struct build_skb){ .flow = flow, .dir = OUT, .seq = seq, .payload = payload };
}

static void open_rig(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };

	rig_open(r, 0);
	build_reason(&r->b, REASON_FILTER, "NETFILTER_DROP");
	build_flow(&r->b, FLOW);
	build_skb_at(&r->b, &syn, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
}

static void message(struct rig *r, uint32_t flow, uint32_t seq, uint32_t bytes)
{
	struct sender s = { .flow = flow, .dir = OUT, .pid = SENDER };

	build_send(&r->b, &s, seq, bytes);
}

static void arrive_and_take(struct rig *r, const struct build_skb *k)
{
	struct build_recv v = {
		.flow = k->flow, .dir = OUT, .pid = READER, .seq = k->seq, .bytes = k->payload
	};

	build_arrive(&r->b, k, k->seq);
	build_recv(&r->b, &v);
}

static const char *detail_at(const struct caught *c, uint16_t point, const char *host)
{
	int i = caught_step(c, point, host);

	assert_true(i >= 0);
	return c->detail[i];
}

/* ---------------------------------------------------------------------------------------------- queueing disciplines */

static void qdisc(struct rig *r, uint32_t netns, const char *kind)
{
	struct crumb_ev_qdisc ev = { .flow = FLOW, .dir = OUT, .netns = netns, .ifindex = IF_A };

	strcpy(ev.kind, kind);
	build_put(&r->b, &ev, CRUMB_EV_QDISC, sizeof(ev));
}

static void through_qdisc(struct rig *r, uint32_t seq)
{
	struct build_skb k = skb(FLOW, seq, 100);

	message(r, FLOW, seq, 100);
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &k, CRUMB_PT_QDISC_ENQUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &k, CRUMB_PT_QDISC_DEQUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	build_pass_in(&r->b, &k);
	arrive_and_take(r, &k);
}

/* By the name that was told before, of that place, most lately. */
static void named_queues(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	through_qdisc(&r, S0);
	qdisc(&r, NETNS_B, "elsewhere");
	qdisc(&r, NETNS_A, "pfifo");
	qdisc(&r, NETNS_A, "pfifo");
	through_qdisc(&r, S0 + 100);
	qdisc(&r, NETNS_A, "tbf");
	through_qdisc(&r, S0 + 200);
	rig_finish(&r);
	c = rig_at(&r, 0); /* older than what is told */
	assert_string_equal(detail_at(c, CRUMB_PT_QDISC_ENQUEUE, "a"), "0: 0 queued");
	assert_string_equal(c->note[caught_step(c, CRUMB_PT_QDISC_DEQUEUE, "a")], "");
	c = rig_at(&r, 100);
	assert_string_equal(detail_at(c, CRUMB_PT_QDISC_ENQUEUE, "a"), "pfifo 0: 0 queued");
	assert_string_equal(c->note[caught_step(c, CRUMB_PT_QDISC_DEQUEUE, "a")], "pfifo, 0 queued");
	c = rig_at(&r, 200);
	assert_string_equal(detail_at(c, CRUMB_PT_QDISC_DEQUEUE, "a"), "tbf 0: 0 queued");
	assert_string_equal(c->note[caught_step(c, CRUMB_PT_QDISC_DEQUEUE, "a")], "tbf, 0 queued");
	rig_close(&r);
}

/* A trace that tells of ever more takes no more memory: the oldest are forgotten. */
static void too_many_queues(void **state)
{
	struct rig r;

	(void)state;
	open_rig(&r);
	qdisc(&r, NETNS_A, "tbf");
	for (int i = 0; i < 1000; i++)
		qdisc(&r, NETNS_B, i & 1 ? "one" : "another");
	through_qdisc(&r, S0);
	rig_finish(&r);
	assert_string_equal(detail_at(rig_at(&r, 0), CRUMB_PT_QDISC_ENQUEUE, "a"), "0: 0 queued");
	rig_close(&r);
}

/* ----------------------------------------------------------------------------------------------------- routes */

static void pass_by_route(struct rig *r, uint32_t seq)
{
	struct build_skb k = skb(FLOW, seq, 100);

	message(r, FLOW, seq, 100);
	build_pass_out(&r->b, &k);
	build_arrive(&r->b, &k, seq);
}

/* A route is of the packets of the second that it was told for: for later ones it was asked for again, and not found. */
static void an_old_route(void **state)
{
	struct crumb_ev_route ev = {
		.flow = FLOW,
		.dir = OUT,
		.ttl = 63,
		.prefix = 24,
		.netns = NETNS_A,
		.ifindex = IF_A,
		.table = 254,
		.protocol = 4,
		.dst = { [10] = 0xff, 0xff, 10, 50, 2, 0 },
		.via = { [10] = 0xff, 0xff, 10, 50, 2, 2 },
	};
	struct rig r;

	(void)state;
	open_rig(&r);
	build_put(&r.b, &ev, CRUMB_EV_ROUTE, sizeof(ev));
	pass_by_route(&r, S0);
	r.b.now_ns += CRUMB_ROUTE_FRESH_NS / 2;
	pass_by_route(&r, S0 + 100);
	r.b.now_ns += CRUMB_ROUTE_FRESH_NS / 2;
	pass_by_route(&r, S0 + 200);
	rig_finish(&r);
	for (uint32_t i = 0; i < 3; i++) {
		const char *said = detail_at(rig_at(&r, 100 * i), CRUMB_PT_DEV_QUEUE, "a");

		assert_int_equal(strstr(said, "; by 10.50.2.0/24 (static), next hop 10.50.2.2") !=
					 NULL,
				 i < 2);
	}
	rig_close(&r);
}

/* ---------------------------------------------------------------------------------------------------- tunnels */

static void tunnel(struct rig *r, uint32_t netns, uint8_t kind, uint32_t key, uint8_t last)
{
	struct crumb_ev_tunnel ev = {
		.flow = FLOW,
		.dir = OUT,
		.kind = kind,
		.number = NUMBER,
		.netns = netns,
		.key = key,
		.has_key = kind == CRUMB_TUNNEL_VXLAN,
		.from = { [10] = 0xff, 0xff, 10, 9, 0, 1 },
		.to = { [10] = 0xff, 0xff, 10, 9, 0, last },
	};

	build_put(&r->b, &ev, CRUMB_EV_TUNNEL, sizeof(ev));
}

/* From a's device of the tunnel to the switch, in the tunnel from a's eth0 on. */
static void pass_out(struct rig *r, const struct build_skb *inner)
{
	struct build_skb outer = *inner;

	outer.tunnel = NUMBER;
	build_skb_at(&r->b, inner, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_TUNNEL_A);
	build_skb_at(&r->b, inner, CRUMB_PT_DEV_XMIT, NETNS_A, IF_TUNNEL_A);
	build_skb_at(&r->b, &outer, CRUMB_PT_IP_OUTPUT, NETNS_A, IF_A);
	build_pass_out(&r->b, &outer);
}

static void pass_in(struct rig *r, const struct build_skb *inner)
{
	struct build_skb outer = *inner;

	outer.tunnel = NUMBER;
	build_pass_in(&r->b, &outer);
	build_skb_at(&r->b, &outer, CRUMB_PT_IP_RECEIVE, NETNS_B, IF_B);
	build_skb_at(&r->b, inner, CRUMB_PT_DEV_GRO, NETNS_B, IF_TUNNEL_B);
	build_skb_at(&r->b, inner, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_TUNNEL_B);
}

#define MS	1000000
#define IF_CARD 78 /* of which nothing else is known: no veth */

static uint8_t poll_whose; /* CRUMB_POLL_* */

/* It leaves, 10 ms later it is taken from the card of b: @irq_ms and @run_ms after it left; @run_ms 0: in the midst of a run. */
static const struct caught *late_poll(struct rig *r, int irq_ms, int run_ms, uint64_t within_ms)
{
	struct build_skb k = skb(FLOW, S0, 100);
	struct crumb_ev_poll ev = { .flow = FLOW,
				    .dir = 1,
				    .irq = 27,
				    .whose = poll_whose,
				    .netns = NETNS_B,
				    .ifindex = IF_CARD,
				    .skb = 42,
				    .by_pid = 7,
				    .by_comm = "hog" };
	uint64_t left, step;

	k.skb = 42;
	open_rig(r);
	message(r, FLOW, S0, 100);
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_CARD);
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_XMIT, NETNS_A, IF_CARD);
	left = r->b.now_ns;
	r->b.now_ns += 10 * MS;
	ev.irq_ns = left + (int64_t)irq_ms * MS;
	ev.run_ns = run_ms ? left + (uint64_t)run_ms * MS : 0;
	ev.within_ns = within_ms ? left - within_ms * MS : 0;
	build_put(&r->b, &ev, CRUMB_EV_POLL, sizeof(ev));
	step = r->b.step_ns;
	r->b.step_ns = 0;
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_GRO, NETNS_B, IF_CARD);
	r->b.step_ns = step;
	build_skb_at(&r->b, &k, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_CARD);
	arrive_and_take(r, &k);
	rig_finish(r);
	assert_int_equal(rig_at(r, 0)->verdict, VERDICT_DELIVERED);
	assert_int_equal(rig_at(r, 0)->unexplained_ns, 0);
	return rig_at(r, 0);
}

static void late_softirq(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	c = late_poll(&r, 2, 9, 3);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_IRQ, "b"), "net.wire");
	assert_string_equal(caught_code(c, CRUMB_PT_SOFTIRQ_RUN, "b"), "rx.irq");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_GRO, "b"), "rx.napi");
	assert_false(c->exact[caught_step(c, CRUMB_PT_DEV_IRQ, "b")]);
	assert_int_equal(c->t_ns[caught_step(c, CRUMB_PT_SOFTIRQ_RUN, "b")] -
				 c->t_ns[caught_step(c, CRUMB_PT_DEV_IRQ, "b")],
			 7 * MS);
	assert_string_equal(detail_at(c, CRUMB_PT_DEV_IRQ, "b"),
			    "interrupt 27: this packet's, an earlier one's or another device's");
	assert_string_equal(detail_at(c, CRUMB_PT_SOFTIRQ_RUN, "b"), "in the time of hog (7)");
	rig_close(&r);
	/* asked for before it left: that is no step, and the way is part of the wait */
	c = late_poll(&r, -2, 9, 3);
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_IRQ, "b"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_SOFTIRQ_RUN, "b"), "rx.irq");
	rig_close(&r);
	/* the softirq ran when it left: nothing is known of its wait */
	c = late_poll(&r, -2, -1, 0);
	assert_int_equal(caught_step(c, CRUMB_PT_SOFTIRQ_RUN, "b"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_GRO, "b"), "net.wire");
	rig_close(&r);
	/* an interrupt in the midst of a run */
	c = late_poll(&r, 2, 0, 0);
	assert_int_equal(caught_step(c, CRUMB_PT_SOFTIRQ_RUN, "b"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_IRQ, "b"), "net.wire");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_GRO, "b"), "rx.napi");
	rig_close(&r);
	c = late_poll(&r, -2, 0, 0);
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_IRQ, "b"), -1);
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_GRO, "b"), "rx.napi");
	rig_close(&r);
}

/* Where the cards' interrupts are known: its own, or another one's. */
static void whose_interrupt(void **state)
{
	struct rig r;

	(void)state;
	poll_whose = CRUMB_POLL_OWN;
	assert_string_equal(detail_at(late_poll(&r, 2, 9, 3), CRUMB_PT_DEV_IRQ, "b"),
			    "interrupt 27: this packet's, or an earlier one's");
	rig_close(&r);
	poll_whose = CRUMB_POLL_OTHERS;
	assert_string_equal(detail_at(late_poll(&r, 2, 9, 3), CRUMB_PT_DEV_IRQ, "b"),
			    "interrupt 27: another card's; this packet's came no earlier");
	rig_close(&r);
	poll_whose = 0;
}

static void through_a_tunnel(void **state)
{
	struct build_skb k = skb(FLOW, S0, 100);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, FLOW, S0, 100);
	tunnel(&r, NETNS_A, CRUMB_TUNNEL_VXLAN, 42, 2);
	tunnel(&r, NETNS_A, CRUMB_TUNNEL_VXLAN, 42, 2); /* told again: one all the same */
	tunnel(&r, NETNS_B, CRUMB_TUNNEL_GRE, 42, 2);	/* no key */
	pass_out(&r, &k);
	pass_in(&r, &k);
	arrive_and_take(&r, &k);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_string_equal(caught_code(c, CRUMB_PT_IP_OUTPUT, "a"), "tx.tunnel");
	assert_string_equal(detail_at(c, CRUMB_PT_IP_OUTPUT, "a"),
			    "in VXLAN 42, 10.9.0.1 > 10.9.0.2");
	assert_string_equal(caught_code(c, CRUMB_PT_DEV_GRO, "b"), "rx.tunnel");
	/* the switch was not told of: nothing is made up */
	assert_non_null(strstr(detail_at(c, CRUMB_PT_DEV_BACKLOG, "sw"), "in a tunnel"));
	assert_non_null(
		strstr(detail_at(c, CRUMB_PT_DEV_BACKLOG, "b"), "in GRE, 10.9.0.1 > 10.9.0.2"));
	assert_null(strstr(detail_at(c, CRUMB_PT_DEV_GRO, "b"), "in "));
	assert_int_equal(c->unexplained_ns, 0);
	rig_close(&r);
}

static void two_tunnels_of_one_number(void **state)
{
	struct build_skb k = skb(FLOW, S0, 100);
	struct rig r;

	(void)state;
	open_rig(&r);
	message(&r, FLOW, S0, 100);
	tunnel(&r, NETNS_A, CRUMB_TUNNEL_VXLAN, 42, 2);
	tunnel(&r, NETNS_A, CRUMB_TUNNEL_VXLAN, 42, 3);
	pass_out(&r, &k);
	pass_in(&r, &k);
	arrive_and_take(&r, &k);
	rig_finish(&r);
	assert_string_equal(detail_at(rig_at(&r, 0), CRUMB_PT_IP_OUTPUT, "a"), "in a tunnel");
	rig_close(&r);
}

static void dropped_in_a_tunnel(void **state)
{
	struct build_skb k = skb(FLOW, S0, 100), outer = k;
	const struct caught *c;
	struct rig r;

	(void)state;
	outer.tunnel = NUMBER;
	open_rig(&r);
	message(&r, FLOW, S0, 100);
	tunnel(&r, NETNS_SW, CRUMB_TUNNEL_VXLAN, 42, 2);
	pass_out(&r, &k);
	build_drop_at(&r.b, &outer, REASON_FILTER, NETNS_SW, IF_SWP1);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "NETFILTER_DROP");
	/* the step before it names the tunnel */
	assert_non_null(strstr(detail_at(c, CRUMB_PT_DEV_BACKLOG, "sw"), "in VXLAN 42"));
	assert_null(strstr(detail_at(c, CRUMB_PT_SKB_DROP, "sw"), "in VXLAN"));
	rig_close(&r);
}

/* -------------------------------------------------------------------------------------------------------- NAT */

/* As build_flow() calls them: end 1 is the initiator. */
static void address(uint8_t *to, uint8_t last)
{
	static const uint8_t net[16] = { [10] = 0xff, 0xff, 10, 47, 0, 0 };

	memcpy(to, net, 16);
	to[15] = last;
}

static struct crumb_ev_nat translation(uint16_t before, uint16_t after)
{
	struct crumb_ev_nat ev = { .flow = FLOW, .dir = OUT, .how = CRUMB_NAT_SRC, .netns = NETNS_A };

	address(ev.before[0], 1);
	address(ev.before[1], 2);
	address(ev.after[0], 1);
	address(ev.after[1], 2);
	ev.port_before[0] = before;
	ev.port_before[1] = 4747;
	ev.port_after[0] = after;
	ev.port_after[1] = 4747;
	return ev;
}

static void send_and_take(struct rig *r, uint32_t flow)
{
	struct build_skb k = skb(flow, S0, 100);

	message(r, flow, S0, 100);
	build_pass(&r->b, &k);
	arrive_and_take(r, &k);
}

/* Taken by its name behind the translation, it has that of its initiator all the same; what it is called behind is said there. */
static void named_by_its_initiator(void **state)
{
	struct crumb_ev_nat ev = translation(1024, 50000 + FLOW);
	const struct caught *c;
	struct rig r;

	(void)state;
	open_rig(&r);
	build_put(&r.b, &ev, CRUMB_EV_NAT, sizeof(ev));
	send_and_take(&r, FLOW);
	rig_finish(&r);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(c->src_port, 1024);
	assert_non_null(strstr(detail_at(c, CRUMB_PT_DEV_QUEUE, "a"),
			       "now 10.47.0.1:50001 > 10.47.0.2:4747"));
	rig_close(&r);
}

/* Of other names than the connection's nothing follows for its own. */
static void another_name_changes_nothing(void **state)
{
	struct crumb_ev_nat ev = translation(50000 + FLOW, 1024);
	struct rig r;

	(void)state;
	open_rig(&r);
	build_put(&r.b, &ev, CRUMB_EV_NAT, sizeof(ev));
	send_and_take(&r, FLOW);
	rig_finish(&r);
	assert_int_equal(rig_at(&r, 0)->src_port, 50000 + FLOW);
	assert_non_null(strstr(detail_at(rig_at(&r, 0), CRUMB_PT_DEV_QUEUE, "a"),
			       "now 10.47.0.1:1024 > 10.47.0.2:4747"));
	rig_close(&r);
}

/* A connection that turns out to be the other side of this one: what of it was not read is not known, what was read is. */
static void taken_for_two(void **state)
{
	struct crumb_ev_nat ev = translation(50000 + FLOW, 50000 + OTHER);
	struct build_skb k = skb(OTHER, S0 + 100, 50);
	const struct caught *read = NULL, *unread = NULL;
	struct rig r;

	(void)state;
	ev.other[0] = OTHER;
	open_rig(&r);
	build_flow(&r.b, OTHER);
	send_and_take(&r, OTHER);
	message(&r, OTHER, S0 + 100, 50);
	build_pass_out(&r.b, &k);
	build_put(&r.b, &ev, CRUMB_EV_NAT, sizeof(ev));
	rig_finish(&r);
	for (uint32_t i = 0; i < r.count; i++) {
		if (r.all[i].bytes == 100)
			read = &r.all[i];
		if (r.all[i].bytes == 50)
			unread = &r.all[i];
	}
	assert_non_null(read);
	assert_non_null(unread);
	assert_int_equal(read->verdict, VERDICT_DELIVERED);
	assert_int_equal(unread->verdict, VERDICT_INCOMPLETE);
	assert_non_null(strstr(unread->reason, "translation"));
	rig_close(&r);
}

/* A hook of netfilter on the way out is one more step: what was explained up to the next one is so from there, too. */
static void netfilter_leaves_no_gap(void **state)
{
	const uint64_t facts = GAP_SAME_HOST | GAP_AT_SENDER;

	(void)state;
	for (unsigned int to = 1; to < CRUMB_PT_MAX; to++)
		if (cause_find(CRUMB_PT_IP_OUTPUT, to, facts) &&
		    !cause_find(CRUMB_PT_NETFILTER, to, facts))
			fail_msg("netfilter > %s", point_get(to)->name);
	assert_string_equal(cause_find(CRUMB_PT_NETFILTER, CRUMB_PT_NEIGH_UPDATE, facts)->cause.code,
			    "tx.neigh");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(netfilter_leaves_no_gap),
		cmocka_unit_test(late_softirq),
		cmocka_unit_test(whose_interrupt),
		cmocka_unit_test(named_queues),
		cmocka_unit_test(too_many_queues),
		cmocka_unit_test(an_old_route),
		cmocka_unit_test(through_a_tunnel),
		cmocka_unit_test(two_tunnels_of_one_number),
		cmocka_unit_test(dropped_in_a_tunnel),
		cmocka_unit_test(named_by_its_initiator),
		cmocka_unit_test(another_name_changes_nothing),
		cmocka_unit_test(taken_for_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
