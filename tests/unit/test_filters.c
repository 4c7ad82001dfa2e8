// SPDX-License-Identifier: GPL-2.0-only
/* Which tc filter a packet meets, and what is said of a message that it dropped: in the kernel, in hardware that told of it, in hardware that only counts. */
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/assemble_rig.h"
#include "filters.h"

enum { FLOW = 1, OUT = 1, SENDER = 10, REASON = 70 };

#define S0     5001u
#define BYTES  100u
#define SECOND 1000000000ull
#define LATER  11000000000ull

static const struct crumb_ev_filter any = { .netns = NETNS_SW,
					    .ifindex = IF_SWP1,
					    .pref = 10,
					    .handle = 1,
					    .protocol = ETH_P_ALL,
					    .action = CRUMB_FILTER_DROP,
					    .sport = { 0, 0xffff },
					    .dport = { 0, 0xffff },
					    .kind = "flower",
					    .packets = 1 };

static const struct filter_packet packet = {
	.netns = NETNS_SW,
	.ifindex = IF_SWP1,
	.ip_version = 4,
	.proto = 17,
	.macs_known = true,
	.addresses_known = true,
	.src_mac = { 2, 0, 0, 0, 0, 1 },
	.dst_mac = { 2, 0, 0, 0, 0, 2 },
	.src = { [10] = 0xff, 0xff, 10, 47, 0, 1 },
	.dst = { [10] = 0xff, 0xff, 10, 47, 0, 2 },
	.sport = 1234,
	.dport = 7105,
};

static void give(struct filters *fs, struct crumb_ev_filter ev, uint64_t ns)
{
	ev.h.time_ns = ev.read_ns = ns;
	assert_int_equal(filters_event(fs, &ev), 0);
}

static void mark(struct filters *fs, uint64_t ns, uint8_t flags)
{
	struct crumb_ev_filter ev = any;

	ev.flags = CRUMB_FILTER_READING | flags;
	give(fs, ev, ns);
}

static struct filters *with(uint64_t ns)
{
	struct filters *fs = filters_new();

	assert_non_null(fs);
	mark(fs, ns, 0);
	return fs;
}

/* Devices come and go, thousands of them: those that are gone make room, filters of theirs likewise; one that is still read stays. */
static void devices_come_and_go(void **state)
{
	struct filters *fs = with(SECOND);
	struct filter_packet p = packet;
	struct filter_hit hit;

	(void)state;
	for (uint32_t i = 0; i < 40000; i++) {
		struct crumb_ev_filter ev = any, still = any;

		ev.flags = still.flags = CRUMB_FILTER_READING;
		ev.ifindex = 1000 + i;
		give(fs, ev, SECOND + i * (SECOND / 20));
		ev.flags = 0;
		give(fs, ev, SECOND + i * (SECOND / 20));
		if (i % 20)
			continue;
		give(fs, still, SECOND + i * (SECOND / 20));
		still.flags = 0;
		give(fs, still, SECOND + i * (SECOND / 20));
	}
	assert_true(filters_dropped(fs, &p, SECOND, &hit));
	p.ifindex = 1000 + 39999;
	assert_true(filters_dropped(fs, &p, SECOND, &hit));
	p.ifindex = 1000;
	assert_false(filters_dropped(fs, &p, SECOND, &hit));
	filters_free(fs);
}

/* ------------------------------------------------------------------------------------------------- matching */

static bool dropped_by(struct crumb_ev_filter ev, const struct filter_packet *p)
{
	struct filters *fs = with(5);
	struct filter_hit hit;
	bool told;

	give(fs, ev, 5);
	told = filters_dropped(fs, p, 5, &hit);
	assert_true(!told || hit.only);
	filters_free(fs);
	return told;
}

static void keys(void **state)
{
	struct filter_packet tagged = packet, unknown = packet;
	struct crumb_ev_filter f = any;

	(void)state;
	tagged.vid = 20;
	unknown.addresses_known = false;
	assert_true(dropped_by(f, &packet));
	f.protocol = ETH_P_IP;
	assert_true(dropped_by(f, &packet));
	assert_false(dropped_by(f, &tagged));
	f.protocol = ETH_P_IPV6;
	assert_false(dropped_by(f, &packet));
	f.protocol = ETH_P_8021Q;
	assert_false(dropped_by(f, &packet));
	assert_true(dropped_by(f, &tagged));
	f.vlan = 20;
	f.vlan_mask = 0xfff;
	assert_true(dropped_by(f, &tagged));
	f.inner_protocol = ETH_P_IPV6;
	assert_false(dropped_by(f, &tagged));
	f.inner_protocol = 0;
	f.vlan = 21;
	assert_false(dropped_by(f, &tagged));
	f = any;
	f.ip_proto = 6;
	assert_false(dropped_by(f, &packet));
	f.ip_proto = 17;
	f.dport[0] = f.dport[1] = 7105;
	assert_true(dropped_by(f, &packet));
	assert_true(dropped_by(f, &unknown)); /* not known, but the only one */
	f.sport[1] = 1000;
	assert_false(dropped_by(f, &packet));
	f = any;
	f.dst[12] = 10;
	f.dst[13] = 47;
	f.dst_mask[12] = f.dst_mask[13] = 0xff;
	assert_true(dropped_by(f, &packet));
	f.dst[13] = 48;
	assert_false(dropped_by(f, &packet));
	f = any;
	f.src_mac[5] = 2;
	memset(f.src_mac_mask, 0xff, 6);
	assert_false(dropped_by(f, &packet));
}

/* -------------------------------------------------------------------------------------------- in the kernel */

static void in_kernel(void **state)
{
	struct crumb_ev_filter f = any;

	(void)state;
	f.packets = 0; /* it has dropped nothing */
	assert_false(dropped_by(f, &packet));
	f.packets = f.hw_packets = 4; /* but hardware has, which is not here */
	assert_false(dropped_by(f, &packet));
	f.packets = 5;
	assert_true(dropped_by(f, &packet));
	f.flags = CRUMB_FILTER_SKIP_SW;
	assert_false(dropped_by(f, &packet));
	f = any;
	f.action = CRUMB_FILTER_PASS;
	assert_false(dropped_by(f, &packet));
	f.action = CRUMB_FILTER_OTHER; /* a program says what it likes: it is the only one that may have */
	assert_true(dropped_by(f, &packet));
	f = any;
	f.egress = 1;
	assert_false(dropped_by(f, &packet));
}

/* A program that is asked before a filter which has dropped others: it may have been either. */
static void beside_a_program(void **state)
{
	struct crumb_ev_filter program = any, filter = any;
	struct filters *fs = with(5);
	struct filter_hit hit;

	(void)state;
	program.pref = 0;
	program.handle = 57;
	program.action = CRUMB_FILTER_OTHER;
	program.flags = CRUMB_FILTER_MORE;
	give(fs, program, 5);
	assert_true(filters_dropped(fs, &packet, 5, &hit));
	assert_int_equal(hit.filter->handle, 57);
	give(fs, filter, 5);
	assert_false(filters_dropped(fs, &packet, 5, &hit));
	filter.packets = 0;
	give(fs, filter, 5);
	assert_true(filters_dropped(fs, &packet, 5, &hit));
	assert_int_equal(hit.filter->handle, 57);
	filters_free(fs);
}

/* Of a drop at @ns; they are read at 5. */
static bool which_at(uint64_t ns, const struct crumb_ev_filter *one,
		     const struct crumb_ev_filter *two, uint16_t *ret_pref)
{
	struct filters *fs = with(5);
	struct filter_hit hit = { 0 };
	bool told;

	give(fs, *one, 5);
	give(fs, *two, 5);
	told = filters_dropped(fs, &packet, ns, &hit);
	*ret_pref = told ? hit.filter->pref : 0;
	assert_true(!told || hit.filter->action == CRUMB_FILTER_DROP);
	filters_free(fs);
	return told && hit.only;
}

static bool which(const struct crumb_ev_filter *one, const struct crumb_ev_filter *two,
		  uint16_t *ret_pref)
{
	return which_at(5, one, two, ret_pref);
}

static void of_several(void **state)
{
	struct crumb_ev_filter second = any, perhaps = any;
	uint16_t pref;

	(void)state;
	second.pref = 20;
	assert_false(which(&second, &any, &pref));
	assert_int_equal(pref, 10); /* the first that matches */
	perhaps.flags = CRUMB_FILTER_MORE;
	which(&second, &perhaps, &pref);
	assert_int_equal(pref, 0); /* whether the first one matches is not known */
	perhaps.action = CRUMB_FILTER_OTHER;
	which(&second, &perhaps, &pref);
	assert_int_equal(pref, 0);
	second.pref = 10; /* of one pref: which is asked first is not known */
	second.handle = 2;
	which(&second, &any, &pref);
	assert_int_equal(pref, 0);
	second.packets = 0;
	assert_true(which(&second, &any, &pref));
	assert_int_equal(pref, 10);
	which_at(6, &second, &any, &pref); /* it may have counted its first one behind that reading */
	assert_int_equal(pref, 0);
	second.pref = 20;
	assert_false(which_at(6, &second, &any, &pref));
	assert_int_equal(pref, 10); /* the first that matches, and so not the second */
	perhaps.action = CRUMB_FILTER_DROP;
	perhaps.packets = 0;
	assert_false(which(&second, &perhaps, &pref));
	second.packets = 1;
	assert_true(which(&second, &perhaps, &pref));
	assert_int_equal(pref, 20);
	which_at(6, &second, &perhaps, &pref);
	assert_int_equal(pref, 0);
}

/* Gone in the newest reading, or that was cut short. */
static void gone(void **state)
{
	struct filters *fs = with(5);
	struct filter_hit hit;

	(void)state;
	give(fs, any, 5);
	assert_true(filters_dropped(fs, &packet, 5, &hit));
	mark(fs, 6, 0);
	assert_false(filters_dropped(fs, &packet, 5, &hit));
	mark(fs, 7, 0);
	give(fs, any, 7);
	mark(fs, 7, CRUMB_FILTER_CUT);
	assert_false(filters_dropped(fs, &packet, 5, &hit));
	filters_free(fs);
}

/* ---------------------------------------------------------------------------------------------- in hardware */

static void counted(struct filters *fs, struct crumb_ev_filter f, uint64_t ns, uint64_t packets)
{
	f.flags |= CRUMB_FILTER_IN_HW;
	f.packets = f.hw_packets = packets;
	mark(fs, ns, 0);
	give(fs, f, ns);
}

static void in_hardware(void **state)
{
	struct crumb_ev_filter f = any;
	struct filters *fs = filters_new();
	struct filter_hit hit;

	(void)state;
	counted(fs, f, SECOND, 3);
	assert_false(filters_drops_in_hardware(fs, &packet, SECOND + 1, SECOND + 2, &hit));
	counted(fs, f, 2 * SECOND, 3);
	assert_false(filters_drops_in_hardware(fs, &packet, SECOND + 1, SECOND + 2, &hit));
	counted(fs, f, 3 * SECOND, 5);
	assert_false(filters_drops_in_hardware(fs, &packet, SECOND + 1, SECOND + 2, &hit));
	assert_true(filters_drops_in_hardware(fs, &packet, 2 * SECOND + 1, 2 * SECOND + 2, &hit));
	assert_int_equal(hit.packets, 2);
	assert_int_equal(hit.from_ns, 2 * SECOND);
	assert_int_equal(hit.to_ns, 3 * SECOND);
	assert_true(hit.only);
	/* Within what the clocks leave open it may have come between other readings. */
	assert_true(filters_drops_in_hardware(fs, &packet, SECOND + 1, 2 * SECOND + 2, &hit));
	assert_int_equal(hit.from_ns, SECOND);
	f.action = CRUMB_FILTER_PASS; /* one before it lets such pass */
	f.pref = 5;
	counted(fs, f, 3 * SECOND, 9);
	assert_false(filters_drops_in_hardware(fs, &packet, 2 * SECOND + 1, 2 * SECOND + 2, &hit));
	filters_free(fs);
}

/* A counter that comes late; and one that several filters have in common tells nothing. */
static void late_counter(void **state)
{
	struct crumb_ev_filter f = any;
	struct filters *fs = filters_new();
	struct filter_hit hit;

	(void)state;
	f.flags = CRUMB_FILTER_DELAYED;
	counted(fs, f, SECOND, 3);
	counted(fs, f, 2 * SECOND, 3);
	counted(fs, f, 3 * SECOND, 4);
	counted(fs, f, 4 * SECOND, 9);
	assert_true(filters_drops_in_hardware(fs, &packet, SECOND + 1, SECOND + 1, &hit));
	assert_int_equal(hit.packets, 1);
	filters_free(fs);
	fs = filters_new();
	f.flags = CRUMB_FILTER_SHARED;
	counted(fs, f, SECOND, 3);
	counted(fs, f, 2 * SECOND, 4);
	assert_false(filters_drops_in_hardware(fs, &packet, SECOND + 1, SECOND + 1, &hit));
	filters_free(fs);
}

static void by_cookie(void **state)
{
	static const uint8_t cookie[2] = { 0xab, 1 };
	struct crumb_ev_filter f = any, other = any;
	struct filters *fs = filters_new();

	(void)state;
	counted(fs, f, SECOND, 3);
	assert_non_null(filters_trapped(fs, &packet, NULL, 0));
	assert_null(filters_trapped(fs, &packet, cookie, 2));
	other.pref = 20;
	other.cookie_len = 2;
	memcpy(other.cookie, cookie, 2);
	other.flags = CRUMB_FILTER_IN_HW;
	give(fs, other, SECOND);
	assert_int_equal(filters_trapped(fs, &packet, cookie, 2)->pref, 20);
	other.pref = 30;
	give(fs, other, SECOND);
	assert_null(filters_trapped(fs, &packet, cookie, 2));
	filters_free(fs);
}

/* ---------------------------------------------------------------------------------------------- in journeys */

static const struct build_skb message = { .flow = FLOW, .dir = OUT, .seq = S0, .payload = BYTES };

static void put_filter(struct rig *r, struct crumb_ev_filter f, uint8_t flags, uint64_t packets)
{
	struct crumb_ev_filter reading = f;

	reading.flags = CRUMB_FILTER_READING;
	reading.read_ns = f.read_ns = r->b.now_ns;
	f.flags |= flags;
	f.packets = packets;
	f.hw_packets = flags & CRUMB_FILTER_IN_HW ? packets : 0;
	r->b.step_ns = 0; /* all of one reading */
	build_put(&r->b, &reading, CRUMB_EV_FILTER, sizeof(reading));
	build_put(&r->b, &f, CRUMB_EV_FILTER, sizeof(f));
	r->b.step_ns = 1000;
}

static void physical(struct rig *r, uint32_t netns, uint32_t ifindex, const char *name)
{
	struct crumb_ev_dev ev = { .netns = netns, .ifindex = ifindex, .port_state = 0xff };

	strncpy(ev.name, name, sizeof(ev.name) - 1);
	build_put(&r->b, &ev, CRUMB_EV_DEV, sizeof(ev));
}

static void begin(struct rig *r)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };

	rig_open(r, 0);
	build_flow(&r->b, FLOW);
	physical(r, NETNS_A, IF_A, "eth0");
	physical(r, NETNS_SW, IF_SWP1, "swp1");
	build_skb_at(&r->b, &syn, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
}

static void send_out(struct rig *r)
{
	struct sender s = { .flow = FLOW, .dir = OUT, .pid = SENDER };

	build_send(&r->b, &s, S0, BYTES);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_QUEUE, NETNS_A, IF_A);
	build_skb_at(&r->b, &message, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
}

static const struct caught *later(struct rig *r)
{
	r->b.now_ns += LATER;
	rig_finish(r);
	return rig_at(r, 0);
}

static void named(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	begin(&r);
	build_reason(&r.b, REASON, "TC_INGRESS");
	send_out(&r);
	put_filter(&r, any, 0, 1);
	build_drop_at(&r.b, &message, REASON, NETNS_SW, IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->reason, "TC_INGRESS");
	assert_string_equal(
		c->proof,
		"tc filter dev swp1 ingress protocol all pref 10 flower chain 0 handle 0x1: the only one that drops such here");
	rig_close(&r);
}

/* A reading of nftables' rules, in ms from the drop. @since, @other: 1000 is never. */
struct reading {
	int read, since, other;
	uint32_t others;
	uint64_t handle; /* 0: several can have dropped it */
};

#define NEVER 1000
#define MS    1000000ll

static void put_rule(struct rig *r, const struct reading *x, uint64_t drop_ns)
{
	struct crumb_ev_rule ev = {
		.netns = NETNS_SW, .ip_version = 4, .family = 1, .handle = x->handle, .others = x->others
	};

	if (x->handle)
		strcpy(ev.table, "t");
	strcpy(ev.chain, "c");
	ev.read_ns = (uint64_t)((int64_t)drop_ns + x->read * MS);
	ev.since_ns = x->since == NEVER ? 0 : (uint64_t)((int64_t)drop_ns + x->since * MS);
	ev.other_ns = x->other == NEVER ? 0 : (uint64_t)((int64_t)drop_ns + x->other * MS);
	for (int here = 0; here < 2; here++) {
		ev.made_here = here;
		build_put(&r->b, &ev, CRUMB_EV_RULE, sizeof(ev));
	}
}

static void rule_of(const struct reading *before, const struct reading *after, const char *proof)
{
	const struct caught *c;
	uint64_t drop_ns;
	struct rig r;

	begin(&r);
	build_reason(&r.b, REASON, "NETFILTER_DROP");
	send_out(&r);
	r.b.now_ns += 100 * MS;
	r.b.step_ns = 0;
	drop_ns = r.b.now_ns;
	if (before)
		put_rule(&r, before, drop_ns);
	build_drop_at(&r.b, &message, REASON, NETNS_SW, IF_SWP1);
	if (after)
		put_rule(&r, after, drop_ns);
	r.b.step_ns = 1000;
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(c->proof, proof ? proof : "");
	rig_close(&r);
}

#define RULE_5 "nft table inet t, chain c, handle 5: the only rule that drops here"

/* Rules are read behind the drop, or were read for an earlier one: what that tells depends on when they changed. */
static void rules(void **state)
{
	(void)state;
	/* The same from before the drop on. */
	rule_of(&(struct reading){ 7, -50, NEVER, 0, 5 }, NULL, RULE_5);
	rule_of(&(struct reading){ 7, -50, -60, 3, 5 }, NULL, RULE_5);
	/* Nobody had looked before. */
	rule_of(&(struct reading){ 7, 7, NEVER, 0, 5 }, NULL, RULE_5 ", as read 7 ms after it");
	rule_of(&(struct reading){ 7, NEVER, NEVER, 0, 5 }, NULL, RULE_5 ", as read 7 ms after it");
	/* Others were there 30 ms before it; others were there behind it. */
	rule_of(&(struct reading){ 7, 7, -30, 0, 5 }, NULL,
		"nft table inet t, chain c, handle 5: drops such, as read 7 ms after it; the rules were changed between 30 ms before it and then");
	rule_of(&(struct reading){ 7, 7, 3, 0, 5 }, NULL, NULL);
	/* Read for an earlier one: one that has counted nothing may have begun to. */
	rule_of(&(struct reading){ -20, -50, NEVER, 0, 5 }, NULL, RULE_5 ", as read 20 ms before it");
	rule_of(&(struct reading){ -20, -50, NEVER, 1, 5 }, NULL, NULL);
	/* ... and again behind it, by which it is known. */
	rule_of(&(struct reading){ -20, -50, NEVER, 1, 5 },
		&(struct reading){ 25, -50, NEVER, 0, 5 }, RULE_5);
	rule_of(&(struct reading){ -20, -50, NEVER, 0, 5 },
		&(struct reading){ 25, -50, NEVER, 0, 0 }, NULL);
}

static void a_switch(struct rig *r, uint32_t port)
{
	struct crumb_ev_count c = { .netns = NETNS_SW, .ifindex = IF_SWP1 };
	struct crumb_ev_fdb e = { .netns = NETNS_SW,
				  .bridge = IF_BRIDGE,
				  .port = port,
				  .state = NUD_REACHABLE,
				  .flags = NTF_OFFLOADED,
				  .mac = { 0x02, 0x47, 0, 0, 0, 1 } };

	build_put(&r->b, &c, CRUMB_EV_COUNT, sizeof(c));
	build_put(&r->b, &e, CRUMB_EV_FDB, sizeof(e));
}

/* @pref of another filter in hardware that asks for more than is told; 0: there is none. */
static void suspected(uint32_t sender_port, uint64_t counted, uint16_t doubt, const char *proof)
{
	struct crumb_ev_filter other = any;
	const struct caught *c;
	struct rig r;

	begin(&r);
	a_switch(&r, sender_port);
	other.pref = doubt;
	other.flags = CRUMB_FILTER_MORE;
	put_filter(&r, any, CRUMB_FILTER_IN_HW, 3);
	if (doubt)
		put_filter(&r, other, CRUMB_FILTER_IN_HW, 0);
	send_out(&r);
	r.b.now_ns += 1000000;
	put_filter(&r, any, CRUMB_FILTER_IN_HW, 3 + counted);
	if (doubt)
		put_filter(&r, other, CRUMB_FILTER_IN_HW, 0);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_LEFT); /* that it came there nobody saw */
	assert_string_equal(c->where, "a dev.xmit eth0");
	assert_string_equal(c->proof, proof);
	rig_close(&r);
}

static void only_counted(void **state)
{
	static const char likely[] =
		"most likely dropped by sw: tc filter dev swp1 ingress protocol all pref 10 flower chain 0 handle 0x1, in hardware, matches and counted 1 packet within 0.0 s around it; not proven: that it came there was not seen";

	(void)state;
	suspected(IF_SWP1, 1, 0, likely);
	suspected(IF_SWP1, 0, 0, "");
	suspected(IF_SWP2, 1, 0, ""); /* it does not come in by that port */
	suspected(IF_SWP1, 1, 5, ""); /* another one may decide before it */
	suspected(IF_SWP1, 1, 20, likely);
}

/* Of a connection only its SYN was seen. */
static void no_answer(void **state)
{
	struct build_skb syn = { .flow = FLOW, .dir = OUT, .seq = S0 - 1, .tcp_flags = 2 };
	struct rig r;

	(void)state;
	begin(&r);
	a_switch(&r, IF_SWP1);
	put_filter(&r, any, CRUMB_FILTER_IN_HW, 3);
	build_skb_at(&r.b, &syn, CRUMB_PT_DEV_XMIT, NETNS_A, IF_A);
	r.b.now_ns += 1000000;
	put_filter(&r, any, CRUMB_FILTER_IN_HW, 5);
	r.b.now_ns += SECOND;
	rig_finish(&r);
	assert_int_equal(r.sum.unmade_count, 1);
	assert_string_equal(r.sum.unmade[0].outcome, "unanswered");
	assert_string_equal(r.sum.unmade[0].reason, "");
	assert_non_null(strstr(r.sum.unmade[0].proof,
			       "most likely dropped by sw: tc filter dev swp1 ingress"));
	assert_non_null(strstr(r.sum.unmade[0].proof, "counted 2 packets"));
	rig_close(&r);
}

static void told_by_trap(void **state)
{
	const struct caught *c;
	struct rig r;

	(void)state;
	begin(&r);
	put_filter(&r, any, CRUMB_FILTER_IN_HW, 3);
	send_out(&r);
	build_trap_at(&r.b, &message, CRUMB_TRAP_DROP, 0, "ingress_flow_action_drop", IF_SWP1);
	c = later(&r);
	assert_int_equal(c->verdict, VERDICT_DROPPED);
	assert_string_equal(
		c->proof,
		"dropped in hardware: devlink trap ingress_flow_action_drop of l2_drops, in by swp1; most likely tc filter protocol all pref 10 flower chain 0 handle 0x1");
	rig_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(devices_come_and_go),
		cmocka_unit_test(keys),
		cmocka_unit_test(in_kernel),
		cmocka_unit_test(beside_a_program),
		cmocka_unit_test(of_several),
		cmocka_unit_test(gone),
		cmocka_unit_test(in_hardware),
		cmocka_unit_test(late_counter),
		cmocka_unit_test(by_cookie),
		cmocka_unit_test(rules),
		cmocka_unit_test(named),
		cmocka_unit_test(only_counted),
		cmocka_unit_test(no_answer),
		cmocka_unit_test(told_by_trap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
