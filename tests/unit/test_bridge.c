// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a bridge dropped a frame, by what was read of its ports, VLANs and table. A bridge of three ports, 1 2 3, that looks at VLANs:
 * 1 has VLAN 10 without a tag and 20 to 30, 2 has VLAN 10, 3 is blocked; 02:..:0b is behind 2 in VLAN 10.
 */
#include <linux/if_bridge.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bridge.h"
#include "own_reason.h"

enum { NS = 7, BRIDGE = 9 };

static const uint8_t known[6] = { 2, 0, 0, 0, 0, 11 }, unknown[6] = { 2, 0, 0, 0, 0, 12 };

static const struct crumb_ev_port ports[] = {
	{ .netns = NS,
	  .ifindex = 1,
	  .bridge = BRIDGE,
	  .state = BR_STATE_FORWARDING,
	  .filtering = 1,
	  .mtu = 1500,
	  .pvid = 10,
	  .ranges = 2,
	  .vlan = { { 10, 10 }, { 20, 30 } } },
	{ .netns = NS,
	  .ifindex = 2,
	  .bridge = BRIDGE,
	  .state = BR_STATE_FORWARDING,
	  .filtering = 1,
	  .mtu = 1000,
	  .ranges = 1,
	  .vlan = { { 10, 10 } } },
	{ .netns = NS,
	  .ifindex = 3,
	  .bridge = BRIDGE,
	  .state = BR_STATE_BLOCKING,
	  .filtering = 1,
	  .mtu = 1500,
	  .pvid = 10,
	  .ranges = 1,
	  .vlan = { { 10, 10 } } },
	{ .netns = NS,
	  .ifindex = 4,
	  .bridge = BRIDGE + 1,
	  .state = BR_STATE_FORWARDING,
	  .filtering = 1,
	  .flags = CRUMB_PORT_STAG,
	  .mtu = 1500,
	  .ranges = 1,
	  .vlan = { { 20, 20 } } },
};

struct at {
	uint32_t dev, iif, len;
	uint16_t vlan;
	const uint8_t *mac;
	const char *told; /* by the kernel */
	const char *name, *proof;
	uint8_t flags;
};

static const struct at all[] = {
	{ 1, 1, 100, 31, known, NULL, "bridge.vlan_filter",
	  "VLAN 31 is not among those of if1: 10 20-30", 0 },
	{ 2, 2, 100, 0, known, NULL, "bridge.vlan_filter",
	  "no tag, and if2 has no PVID; its VLANs: 10", 0 },
	/* A priority without a VLAN; tags of the other protocol, which are payload to the bridge; its own. */
	{ 2, 2, 100, 0xa000, known, NULL, "bridge.vlan_filter",
	  "its tag has a priority and no VLAN, and if2 has no PVID; its VLANs: 10", 0 },
	{ 2, 2, 100, 10, known, NULL, "bridge.vlan_filter",
	  "its tag is 802.1ad's, the bridge's not, and if2 has no PVID; its VLANs: 10",
	  CRUMB_SKB_STAG },
	{ 4, 4, 100, 20, known, NULL, "bridge.vlan_filter",
	  "its tag is not 802.1ad's, and if4 has no PVID; its VLANs: 20", 0 },
	{ 4, 4, 100, 31, known, NULL, "bridge.vlan_filter", "VLAN 31 is not among those of if4: 20",
	  CRUMB_SKB_STAG },
	{ 3, 3, 100, 0, known, NULL, "bridge.stp_state", "if3 is blocking", 0 },
	{ 3, 3, 100, 0, known, "BRIDGE_INGRESS_STP_STATE", "BRIDGE_INGRESS_STP_STATE",
	  "if3 is blocking", 0 },
	{ 1, 1, 100, 25, unknown, NULL, "bridge.no_egress",
	  "no FDB entry for 02:00:00:00:00:0c; VLAN 25 is not among those of if2: 10; if3 is blocking",
	  0 },
	{ 2, 2, 100, 10, known, NULL, "bridge.no_egress",
	  "it came in by if2, behind which its destination is (hairpin off)", 0 },
	{ 2, 1, 1019, 10, known, NULL, "bridge.mtu", "packet of 1005 bytes, mtu 1000 of if2", 0 },
	{ 2, 1, 100, 25, known, NULL, "bridge.vlan_filter", "VLAN 25 is not among those of if2: 10",
	  0 },
	/* Nothing that is known stands in the way: no guess. */
	{ 2, 1, 1018, 10, known, NULL, "NOT_SPECIFIED", NULL, 0 },
	{ 1, 1, 100, 10, known, NULL, "NOT_SPECIFIED", NULL, 0 },
	/* The kernel knows better; and what is no port. */
	{ 1, 1, 100, 31, known, "NETFILTER_DROP", "NETFILTER_DROP", NULL, 0 },
	{ 5, 5, 100, 31, known, NULL, "NOT_SPECIFIED", NULL, 0 },
};

static void name_fact(struct assembler *a, uint32_t value, const char *name)
{
	struct crumb_ev_reason ev = { .h = { .type = CRUMB_EV_REASON, .size = sizeof(ev) },
				      .value = value };

	strcpy(ev.name, name);
	assert_int_equal(facts_event(a->facts, &ev.h), 0);
}

static void reasons(void **state)
{
	struct crumb_ev_fdb entry = {
		.h = { .time_ns = 1000 }, .netns = NS, .bridge = BRIDGE, .port = 2, .vlan = 10
	};
	struct assembler *a;

	(void)state;
	assert_int_equal(assembler_new(&(struct assembler_sink){ 0 }, &a), 0);
	name_fact(a, 2, "NOT_SPECIFIED");
	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		assert_int_equal(bridges_port(a->bridges, &ports[i]), 0);
	memcpy(entry.mac, known, 6);
	assert_int_equal(bridges_fdb(a->bridges, &entry), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct at *t = &all[i];
		struct crumb_ev_drop d = {
			.s = { .h = { .time_ns = 2000 },
			       .netns = NS,
			       .ifindex = t->dev,
			       .iif = t->iif,
			       .skb_len = t->len - 14,
			       .wire_len = t->len,
			       .vlan = t->vlan,
			       .flags = CRUMB_SKB_PORT | t->flags },
			.reason = t->told ? 3 : 2,
		};
		const char *proof;

		if (t->told)
			name_fact(a, 3, t->told);
		memcpy(d.s.dst_mac, t->mac, 6);
		assert_int_equal(bridge_name_drop(a, &d), 0);
		assert_string_equal(facts_reason(a->facts, d.reason), t->name);
		proof = own_reason_proof(a->reasons, d.reason);
		if (t->proof)
			assert_string_equal(proof, t->proof);
		else
			assert_null(proof);
	}
	assembler_free(a);
}

/* An entry that the next reading does not have is gone: what it proved is not said any more. */
static void entry_gone(void **state)
{
	struct crumb_ev_fdb entry = {
		.h = { .time_ns = 1000 }, .netns = NS, .bridge = BRIDGE, .port = 1, .vlan = 10
	};
	struct crumb_ev_drop d = { .s = { .netns = NS,
					  .ifindex = 1,
					  .iif = 1,
					  .skb_len = 99,
					  .vlan = 10,
					  .flags = CRUMB_SKB_PORT } };
	struct assembler *a;

	(void)state;
	assert_int_equal(assembler_new(&(struct assembler_sink){ 0 }, &a), 0);
	assert_int_equal(bridges_port(a->bridges, &ports[0]), 0);
	memcpy(entry.mac, known, 6);
	memcpy(d.s.dst_mac, known, 6);
	assert_int_equal(bridges_fdb(a->bridges, &entry), 0);
	assert_int_equal(bridge_name_drop(a, &d), 0);
	assert_string_equal(own_reason_proof(a->reasons, d.reason),
			    "it came in by if1, behind which its destination is (hairpin off)");
	memcpy(entry.mac, unknown, 6);
	entry.h.time_ns = 2000;
	assert_int_equal(bridges_fdb(a->bridges, &entry), 0);
	d.reason = 0;
	assert_int_equal(bridge_name_drop(a, &d), 0);
	assert_string_equal(own_reason_proof(a->reasons, d.reason),
			    "no FDB entry for 02:00:00:00:00:0b; no other port");
	assembler_free(a);
}

static struct assembler *with_a_port(void)
{
	struct assembler *a;

	assert_int_equal(assembler_new(&(struct assembler_sink){ 0 }, &a), 0);
	assert_int_equal(bridges_port(a->bridges, &ports[0]), 0);
	return a;
}

static uint32_t drop_on(struct assembler *a, const uint8_t mac[6], uint16_t vlan, uint64_t time_ns)
{
	struct crumb_ev_drop d = { .s = { .h = { .time_ns = time_ns },
					  .netns = NS,
					  .ifindex = 1,
					  .iif = 1,
					  .skb_len = 99,
					  .vlan = vlan,
					  .flags = CRUMB_SKB_PORT } };

	memcpy(d.s.dst_mac, mac, 6);
	assert_int_equal(bridge_name_drop(a, &d), 0);
	return d.reason;
}

/* How much later the port was read is no other reason each time. */
static void however_late(void **state)
{
	static const char *const late[] = { "", " (read within 1 s after it)",
					    " (read within 10 s after it)",
					    " (read more than 10 s after it)" };
	struct assembler *a = with_a_port();
	struct crumb_ev_port p = ports[0];
	uint32_t reason = 0, others = 0;

	(void)state;
	p.read_ns = 100000000000;
	assert_int_equal(bridges_port(a->bridges, &p), 0);
	for (uint64_t ms = 0; ms < 70000; ms++) {
		uint32_t r = drop_on(a, known, 31, p.read_ns - ms * 1000000);
		int i = ms <= 100 ? 0 : ms <= 1000 ? 1 : ms <= 10000 ? 2 : 3;

		others += r != reason;
		reason = r;
		if (ms % 1000)
			continue;
		assert_string_equal(facts_reason(a->facts, r), "bridge.vlan_filter");
		assert_string_equal(own_reason_proof(a->reasons, r) +
					    strlen("VLAN 31 is not among those of if1: 10 20-30"),
				    late[i]);
	}
	assert_int_equal(others, 4);
	assembler_free(a);
}

/* More proofs than are kept: the reason stands without. */
static void too_many_proofs(void **state)
{
	struct assembler *a = with_a_port();
	uint8_t mac[6] = { 2 };
	uint32_t r = 0;

	(void)state;
	for (uint32_t i = 0; i < 70000; i++) {
		memcpy(mac + 1, &i, 4);
		r = drop_on(a, mac, 10, 1000);
		assert_true(r);
	}
	assert_string_equal(facts_reason(a->facts, r), "bridge.no_egress");
	assert_string_equal(own_reason_proof(a->reasons, r), "proof not kept: there are too many");
	assembler_free(a);
}

/* A table that is read each second, with other addresses each time: of those that are gone the newest ten minutes are known. */
static void gone_long_ago(void **state)
{
	struct crumb_ev_fdb entry = { .netns = NS, .bridge = BRIDGE, .port = 2, .vlan = 10 };
	struct assembler *a = with_a_port();

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		memcpy(entry.mac + 1, &i, 4);
		entry.h.time_ns = (i + 1) * 1000000000ull;
		assert_int_equal(bridges_fdb(a->bridges, &entry), 0);
		assert_true(bridges_entries(a->bridges) <= 620);
	}
	assert_true(bridges_entries(a->bridges) >= 600);
	for (uint32_t i = 0; i < 300000; i++) { /* and at one time only so many */
		memcpy(entry.mac + 1, &i, 4);
		assert_int_equal(bridges_fdb(a->bridges, &entry), 0);
	}
	assert_int_equal(bridges_entries(a->bridges), 262144);
	assembler_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),	 cmocka_unit_test(entry_gone),
		cmocka_unit_test(however_late),	 cmocka_unit_test(too_many_proofs),
		cmocka_unit_test(gone_long_ago),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
