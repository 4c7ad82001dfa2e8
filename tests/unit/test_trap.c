// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a switch's hardware gave to its CPU (devlink traps), in the journeys of the messages: a drop, a step, a copy. From a to b by way of the ports of a switch
 * whose CPU sees nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, READER = 20 };

#define S0    5001u
#define BYTES 100u
#define LATER 11000000000ull /* nothing more is expected of a message that was dropped */

static const struct build_skb message = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = BYTES };

/* No veth: what is at its other end is not known. */
static void physical(struct rig *r, uint32_t netns, uint32_t ifindex, const char *name)
{
	struct crumb_ev_dev ev = { .netns = netns, .ifindex = ifindex, .port_state = 0xff };

	strncpy(ev.name, name, sizeof(ev.name) - 1);
	build_put(&r->b, &ev, CRUMB_EV_DEV, sizeof(ev));
}

/* Sent, and out of a's device. */
static void send_out(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	physical(r, NETNS_A, IF_A, "eth0");
	physical(r, NETNS_B, IF_B, "eth0");
	physical(r, NETNS_SW, IF_SWP1, "swp1");
	physical(r, NETNS_SW, IF_SWP2, "swp2");
	build_skb_at(&r->b, &syn, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_send(&r->b, &s, S0, BYTES);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
}

static void read_it(struct rig *r, const struct build_skb *k)
{
	struct build_recv v = { .flow = FLOW, .dir = OUT, .pid = READER, .seq = S0, .bytes = BYTES };

	build_skb_at(&r->b, k, CRUMB_PT_DEV_RECEIVE, NETNS_B, IF_B);
	build_arrive(&r->b, k, S0);
	build_recv(&r->b, &v);
	rig_finish(r);
}
/* Nothing more comes for a while, and the trace ends. */
static const struct caught *later(struct rig *r)
{
	r->b.now_ns += LATER;
	rig_finish(r);
	return rig_at(r, 0);
}

static void dropped(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_DROP, 0, "ingress_vlan_filter", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "hw.ingress_vlan_filter");
	assert_string_equal(c->where, "sw hw.drop swp1");
	assert_string_equal(c->proof,
			    "dropped in hardware: devlink trap ingress_vlan_filter of l2_drops, in by swp1");
	assert_int_equal(c->point[c->steps - 1], CRUMB_PT_HW_DROP);
	assert_string_equal(c->host[c->steps - 1], "sw");
	assert_string_equal(caught_code(c, CRUMB_PT_HW_DROP, "sw"), "net.hw_drop");
	rig_close(&r);
}

/* Sent again: delivered, and what became of the first transmission is known. */
static void dropped_once(void **state)
{
	struct build_skb again = message;
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_DROP, 0, "tail_drop", IF_SWP2);
	r.b.now_ns += 200000000;
	again.skb = 0x7777;
	build_skb_at(&r.b, &again, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r.b, &again, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	read_it(&r, &again);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(caught_step(c, CRUMB_PT_HW_DROP, ""), -1);
	assert_int_equal(c->transmissions, 2);
	assert_int_equal(c->sent[0].fate, SENT_DROPPED);
	assert_int_equal(c->sent[1].before, SENT_DROPPED);
	assert_string_equal(c->sent[1].before_lost, "sw swp2 hw.tail_drop");
	rig_close(&r);
}

static void set_to(struct rig *r, const char *name, uint8_t action)
{
	struct crumb_ev_trap_set ev = { .netns = NETNS_SW, .action = action };

	strncpy(ev.name, name, sizeof(ev.name) - 1);
	build_put(&r->b, &ev, CRUMB_EV_TRAP_SET, sizeof(ev));
}

/* The hardware could not forward it, the CPU did. */
static void exception_with(uint8_t flags)
{
	struct build_skb onward = message;
	const struct caught *c;
	struct rig r;
	int at;

	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_EXCEPTION, flags, "unresolved_neigh", IF_SWP1);
	build_skb_at(&r.b, &message, CRUMB_PT_DEV_RECEIVE, NETNS_SW, IF_SWP1);
	onward.flags = CRUMB_SKB_FORWARDED;
	build_skb_at(&r.b, &onward, CRUMB_PT_DEV_QUEUE, NETNS_SW, IF_SWP2);
	build_skb_at(&r.b, &onward, CRUMB_PT_DEV_XMIT, NETNS_SW, IF_SWP2);
	read_it(&r, &message);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	at = caught_step(c, CRUMB_PT_HW_TRAP, "sw");
	assert_true(at > 0);
	assert_string_equal(
		c->detail[at],
		"not forwarded in hardware, given to the CPU: devlink trap unresolved_neigh of l2_drops, in by swp1");
	assert_int_equal(c->point[at + 1], CRUMB_PT_DEV_RECEIVE);
	assert_string_equal(c->code[at], "net.wire");
	assert_string_equal(c->code[at + 1], "net.trap");
	assert_true(c->exact[at]);
	rig_close(&r);
}

/* Drivers mark it so that the bridge does not send it a second time, too. */
static void exception(void **state)
{
	(void)state;
	exception_with(0);
	exception_with(CRUMB_TRAP_MARKED);
}

/* The hardware forwarded, and gave the CPU a copy: of what that does with it nothing is on the way. */
static void copy_of(uint8_t kind, uint8_t flags, const char *name)
{
	const struct caught *c;
	struct rig r;

	send_out(&r);
	build_trap_at(&r.b, &message, kind, flags, name, IF_SWP1);
	build_skb_at(&r.b, &message, CRUMB_PT_DEV_RECEIVE, NETNS_SW, IF_SWP1);
	read_it(&r, &message);
	c = rig_at(&r, 0);
	assert_int_equal(c->verdict, VERDICT_DELIVERED);
	assert_int_equal(caught_step(c, CRUMB_PT_HW_TRAP, "sw"), -1);
	assert_int_equal(caught_step(c, CRUMB_PT_DEV_RECEIVE, "sw"), -1);
	rig_close(&r);
}

static void copy(void **state)
{
	(void)state;
	copy_of(CRUMB_TRAP_DROP, CRUMB_TRAP_MARKED, "mirrored");
	copy_of(CRUMB_TRAP_CONTROL, CRUMB_TRAP_MARKED, "mirrored");
	copy_of(CRUMB_TRAP_CONTROL, 0, "flow_action_sample");
}

/* A drop trap that is set to mirror drops nothing; set to trap, it does, whatever the driver marks. */
static void drop_set_to(uint8_t action, uint8_t flags, enum verdict verdict)
{
	const struct caught *c;
	struct rig r;

	send_out(&r);
	set_to(&r, "tail_drop", CRUMB_TRAP_MIRRORS);
	set_to(&r, "tail_drop", action);
	set_to(&r, "early_drop", CRUMB_TRAP_DROPS);
	build_trap_at(&r.b, &message, CRUMB_TRAP_DROP, flags, "tail_drop", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, verdict);
	rig_close(&r);
}

static void drops_by_action(void **state)
{
	(void)state;
	drop_set_to(CRUMB_TRAP_MIRRORS, 0, VERDICT_LEFT);
	drop_set_to(CRUMB_TRAP_TRAPS, 0, VERDICT_DROPPED);
	drop_set_to(CRUMB_TRAP_TRAPS, CRUMB_TRAP_MARKED, VERDICT_DROPPED);
	drop_set_to(CRUMB_TRAP_DIFFERS, 0, VERDICT_DROPPED);
	drop_set_to(CRUMB_TRAP_DIFFERS, CRUMB_TRAP_MARKED, VERDICT_LEFT);
}

/* What the CPU gets alone is a step, although its driver marks it as forwarded; a copy is none. */
static void control_set_to(uint8_t action, bool step)
{
	const struct caught *c;
	struct rig r;

	send_out(&r);
	set_to(&r, "local_route", action);
	build_trap_at(&r.b, &message, CRUMB_TRAP_CONTROL, CRUMB_TRAP_MARKED, "local_route", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, step ? VERDICT_WAITING : VERDICT_LEFT);
	assert_int_equal(caught_step(c, CRUMB_PT_HW_TRAP, "sw") > 0, step);
	rig_close(&r);
}

static void controls_by_action(void **state)
{
	(void)state;
	control_set_to(CRUMB_TRAP_TRAPS, true);
	control_set_to(CRUMB_TRAP_MIRRORS, false);
	control_set_to(CRUMB_TRAP_DIFFERS, false);
}

/* Sampled, and never seen again: it left, it does not lie at the switch's CPU. */
static void sampled_and_gone(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_CONTROL, 0, "flow_action_sample", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_LEFT);
	assert_int_equal(caught_step(c, CRUMB_PT_HW_TRAP, "sw"), -1);
	rig_close(&r);
}

/* A sample that is told of after the drop does not undo it. */
static void sampled_and_dropped(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_DROP, 0, "tail_drop", IF_SWP2);
	build_trap_at(&r.b, &message, CRUMB_TRAP_CONTROL, 0, "flow_action_sample", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "hw.tail_drop");
	rig_close(&r);
}

/* It went no further than the CPU, which nobody saw do anything with it. */
static void ends_at_cpu(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_EXCEPTION, 0, "ttl_value_is_too_small", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_WAITING);
	assert_string_equal(c->where, "sw hw.trap swp1");
	assert_true(caught_step(c, CRUMB_PT_HW_TRAP, "sw") > 0);
	rig_close(&r);
}

/* A name that is as long as there is room for, and the cookie of the filter that dropped it. */
static void awkward(void **state)
{
	struct crumb_ev_trap ev = { .kind = CRUMB_TRAP_DROP,
				    .cookie_len = 3,
				    .cookie = { 0xab, 0x01, 0xff } };
	const struct caught *c;
	struct rig r;

	(void)state;
	send_out(&r);
	ev.s = (struct crumb_ev_skb){ .flow = FLOW,
				      .dir = OUT,
				      .netns = NETNS_SW,
				      .ifindex = IF_SWP1,
				      .seq = S0,
				      .payload = BYTES,
				      .tcp_flags = 0x10,
				      .vlan = 0x2064 };
	memset(ev.name, 'n', sizeof(ev.name) - 1);
	build_put(&r.b, &ev, CRUMB_EV_TRAP, sizeof(ev));
	ev.cookie_len = 255; /* of a damaged trace: none */
	ev.s.flow = 77;
	build_put(&r.b, &ev, CRUMB_EV_TRAP, sizeof(ev));
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_int_equal(strlen(c->reason), 47);
	assert_non_null(strstr(c->proof, ", in by swp1, VLAN 100; tc filter with cookie ab01ff"));
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dropped),	    cmocka_unit_test(dropped_once),
		cmocka_unit_test(exception),	    cmocka_unit_test(copy),
		cmocka_unit_test(ends_at_cpu),	    cmocka_unit_test(awkward),
		cmocka_unit_test(sampled_and_gone), cmocka_unit_test(sampled_and_dropped),
		cmocka_unit_test(drops_by_action),  cmocka_unit_test(controls_by_action),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
