// SPDX-License-Identifier: GPL-2.0-only
/* What is read out of RTM_NEWTFILTER: messages as tcf_fill_node(), fl_dump() and tcf_action_dump() write them. */
#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libmnl/libmnl.h>

#include "netns_look.h"
#include "tc_look.h"

static _Alignas(8) char buf[8192];

static struct nlmsghdr *begin(uint16_t protocol, const char *kind)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *t;

	nlh->nlmsg_type = RTM_NEWTFILTER;
	t = mnl_nlmsg_put_extra_header(nlh, sizeof(*t));
	t->tcm_handle = 1;
	t->tcm_info = TC_H_MAKE(10u << 16, htons(protocol));
	mnl_attr_put_strz(nlh, TCA_KIND, kind);
	mnl_attr_put_u32(nlh, TCA_CHAIN, 3);
	return nlh;
}

struct act {
	const char *kind;
	int action;
	uint16_t parms;
	uint32_t packets, hw_packets;
	int bindcnt;
};

static void put_act(struct nlmsghdr *nlh, uint16_t number, const struct act *x)
{
	struct gnet_stats_basic basic = { .packets = x->packets }, hw = { .packets = x->hw_packets };
	struct tc_gact g = { .action = x->action, .bindcnt = x->bindcnt };
	struct nla_bitfield32 delayed = { TCA_ACT_HW_STATS_DELAYED, 3 };
	static const uint8_t cookie[3] = { 0xab, 1, 0xff };
	struct nlattr *one = mnl_attr_nest_start(nlh, number), *nest;

	mnl_attr_put_strz(nlh, TCA_ACT_KIND, x->kind);
	nest = mnl_attr_nest_start(nlh, TCA_ACT_STATS);
	mnl_attr_put(nlh, TCA_STATS_BASIC, sizeof(basic), &basic);
	mnl_attr_put(nlh, TCA_STATS_BASIC_HW, sizeof(hw), &hw);
	mnl_attr_nest_end(nlh, nest);
	if (x->hw_packets) {
		mnl_attr_put(nlh, TCA_ACT_COOKIE, sizeof(cookie), cookie);
		mnl_attr_put(nlh, TCA_ACT_USED_HW_STATS, sizeof(delayed), &delayed);
	}
	nest = mnl_attr_nest_start(nlh, TCA_ACT_OPTIONS);
	mnl_attr_put(nlh, x->parms ? x->parms : TCA_GACT_PARMS, sizeof(g), &g);
	mnl_attr_nest_end(nlh, nest);
	mnl_attr_nest_end(nlh, one);
}

static void flower_keys(struct nlmsghdr *nlh)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 },
			     mask[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IP));
	mnl_attr_put(nlh, TCA_FLOWER_KEY_ETH_SRC, 6, mac);
	mnl_attr_put(nlh, TCA_FLOWER_KEY_ETH_SRC_MASK, 6, mask);
	mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_IP_PROTO, 17);
	mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_IPV4_DST, inet_addr("10.47.0.0"));
	mnl_attr_put_u32(nlh, TCA_FLOWER_KEY_IPV4_DST_MASK, inet_addr("255.255.255.0"));
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_UDP_DST, htons(7105));
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_UDP_DST_MASK, 0xffff);
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_PORT_SRC_MIN, htons(1000));
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_PORT_SRC_MAX, htons(2000));
	mnl_attr_put_u32(nlh, TCA_FLOWER_FLAGS, TCA_CLS_FLAGS_IN_HW | TCA_CLS_FLAGS_SKIP_SW);
	mnl_attr_put_u32(nlh, TCA_FLOWER_IN_HW_COUNT, 1);
}

static void flower(void **state)
{
	static const uint8_t dst[16] = { [12] = 10, 47 }, mask[16] = { [12] = 255, 255, 255 };
	static const struct act shot = { "gact", TC_ACT_SHOT, 0, 9, 7, 1 };
	struct nlmsghdr *nlh = begin(ETH_P_IP, "flower");
	struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS), *acts;
	struct crumb_ev_filter e = { 0 };

	(void)state;
	flower_keys(nlh);
	acts = mnl_attr_nest_start(nlh, TCA_FLOWER_ACT);
	put_act(nlh, 1, &shot);
	mnl_attr_nest_end(nlh, acts);
	mnl_attr_nest_end(nlh, options);
	assert_true(tc_parse_filter(nlh, &e));
	assert_string_equal(e.kind, "flower");
	assert_int_equal(e.pref, 10);
	assert_int_equal(e.protocol, ETH_P_IP);
	assert_int_equal(e.chain, 3);
	assert_int_equal(e.handle, 1);
	assert_int_equal(e.action, CRUMB_FILTER_DROP);
	assert_int_equal(e.flags, CRUMB_FILTER_IN_HW | CRUMB_FILTER_SKIP_SW | CRUMB_FILTER_DELAYED);
	assert_int_equal(e.packets, 9);
	assert_int_equal(e.hw_packets, 7);
	assert_int_equal(e.cookie_len, 3);
	assert_int_equal(e.cookie[2], 0xff);
	assert_int_equal(e.ip_proto, 17);
	assert_int_equal(e.src_mac[5], 9);
	assert_int_equal(e.src_mac_mask[0], 0xff);
	assert_memory_equal(e.dst, dst, 16);
	assert_memory_equal(e.dst_mask, mask, 16);
	assert_int_equal(e.dport[0], 7105);
	assert_int_equal(e.dport[1], 7105);
	assert_int_equal(e.sport[0], 1000);
	assert_int_equal(e.sport[1], 2000);
	assert_int_equal(e.vlan_mask, 0);
}

/* What the actions of a filter come to, and what else makes it one that is not understood. */
static void actions(void **state)
{
	static const struct {
		const char *kind;
		struct act act[2];
		uint8_t action, flags;
	} all[] = {
		{ "matchall", { { .kind = "gact", .action = TC_ACT_SHOT } }, CRUMB_FILTER_DROP, 0 },
		{ "matchall", { { .kind = "gact", .action = TC_ACT_OK } }, CRUMB_FILTER_PASS, 0 },
		{ "matchall", { { .kind = "gact", .action = TC_ACT_TRAP } }, CRUMB_FILTER_PASS, 0 },
		{ "matchall", { { .kind = "gact", .action = TC_ACT_UNSPEC } }, CRUMB_FILTER_NEXT, 0 },
		{ "matchall",
		  { { .kind = "gact", .action = TC_ACT_GOTO_CHAIN | 7 } },
		  CRUMB_FILTER_GOTO,
		  0 },
		{ "matchall",
		  { { .kind = "gact", .action = TC_ACT_RECLASSIFY } },
		  CRUMB_FILTER_OTHER,
		  0 },
		{ "matchall",
		  { { .kind = "gact", .action = TC_ACT_SHOT, .bindcnt = 2 } },
		  CRUMB_FILTER_DROP,
		  CRUMB_FILTER_SHARED },
		{ "matchall",
		  { { .kind = "sample", .action = TC_ACT_PIPE },
		    { .kind = "gact", .action = TC_ACT_SHOT } },
		  CRUMB_FILTER_DROP,
		  0 },
		{ "matchall",
		  { { .kind = "csum", .action = TC_ACT_PIPE, .parms = 1 } },
		  CRUMB_FILTER_PASS,
		  0 },
		{ "matchall",
		  { { .kind = "pedit", .action = TC_ACT_PIPE, .parms = 2 },
		    { .kind = "gact", .action = TC_ACT_SHOT } },
		  CRUMB_FILTER_DROP,
		  0 },
		{ "matchall", /* the filters behind it see another packet */
		  { { .kind = "pedit", .action = TC_ACT_PIPE, .parms = 2 },
		    { .kind = "gact", .action = TC_ACT_UNSPEC } },
		  CRUMB_FILTER_OTHER,
		  0 },
		{ "matchall",
		  { { .kind = "csum", .action = TC_ACT_UNSPEC, .parms = 1 } },
		  CRUMB_FILTER_NEXT,
		  0 },
		{ "matchall", { { .kind = "police", .action = TC_ACT_PIPE } }, CRUMB_FILTER_OTHER, 0 },
		{ "matchall", { { .kind = "bpf", .action = TC_ACT_PIPE } }, CRUMB_FILTER_OTHER, 0 },
		{ "bpf",
		  { { .kind = "gact", .action = TC_ACT_OK } },
		  CRUMB_FILTER_OTHER,
		  CRUMB_FILTER_MORE },
		{ "dice",
		  { { .kind = "gact", .action = TC_ACT_SHOT } },
		  CRUMB_FILTER_OTHER,
		  CRUMB_FILTER_MORE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct nlmsghdr *nlh = begin(ETH_P_ALL, all[i].kind);
		struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
		struct nlattr *acts = mnl_attr_nest_start(nlh, TCA_MATCHALL_ACT);
		struct crumb_ev_filter e = { 0 };

		for (unsigned int k = 0; k < 2 && all[i].act[k].kind; k++)
			put_act(nlh, k + 1, &all[i].act[k]);
		mnl_attr_nest_end(nlh, acts);
		mnl_attr_nest_end(nlh, options);
		assert_true(tc_parse_filter(nlh, &e));
		assert_int_equal(e.action, all[i].action);
		assert_int_equal(e.flags, all[i].flags);
	}
}

static void mirred(void **state)
{
	static const struct {
		int eaction;
		uint8_t action;
	} all[] = { { TCA_EGRESS_REDIR, CRUMB_FILTER_PASS },
		    { TCA_EGRESS_MIRROR, CRUMB_FILTER_DROP } };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct tc_mirred m = { .action = TC_ACT_PIPE, .eaction = all[i].eaction };
		static const struct act shot = { .kind = "gact", .action = TC_ACT_SHOT };
		struct nlmsghdr *nlh = begin(ETH_P_ALL, "matchall");
		struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
		struct nlattr *acts = mnl_attr_nest_start(nlh, TCA_MATCHALL_ACT);
		struct nlattr *one = mnl_attr_nest_start(nlh, 1), *nest;
		struct crumb_ev_filter e = { 0 };

		mnl_attr_put_strz(nlh, TCA_ACT_KIND, "mirred");
		nest = mnl_attr_nest_start(nlh, TCA_ACT_OPTIONS);
		mnl_attr_put(nlh, TCA_MIRRED_PARMS, sizeof(m), &m);
		mnl_attr_nest_end(nlh, nest);
		mnl_attr_nest_end(nlh, one);
		put_act(nlh, 2, &shot);
		mnl_attr_nest_end(nlh, acts);
		mnl_attr_nest_end(nlh, options);
		assert_true(tc_parse_filter(nlh, &e));
		assert_int_equal(e.action, all[i].action);
	}
}

/* A key that is not told, a port under a mask; and what is no filter. */
static void not_understood(void **state)
{
	struct crumb_ev_filter e = { 0 };
	struct nlmsghdr *nlh = begin(ETH_P_8021Q, "flower");
	struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);

	(void)state;
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_VLAN_ID, 20);
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_VLAN_ETH_TYPE, htons(ETH_P_IP));
	mnl_attr_nest_end(nlh, options);
	assert_true(tc_parse_filter(nlh, &e));
	assert_int_equal(e.vlan, 20);
	assert_int_equal(e.vlan_mask, 0xfff);
	assert_int_equal(e.inner_protocol, ETH_P_IP);
	assert_int_equal(e.flags, 0);
	assert_int_equal(e.dport[1], 0xffff);
	nlh = begin(ETH_P_IP, "flower");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u8(nlh, TCA_FLOWER_KEY_IP_TTL, 1);
	mnl_attr_nest_end(nlh, options);
	assert_true(tc_parse_filter(nlh, &e));
	assert_int_equal(e.flags, CRUMB_FILTER_MORE);
	e.flags = 0;
	nlh = begin(ETH_P_IP, "flower");
	options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u16(nlh, TCA_FLOWER_KEY_TCP_DST_MASK, htons(0xfff0));
	mnl_attr_nest_end(nlh, options);
	assert_true(tc_parse_filter(nlh, &e));
	assert_int_equal(e.flags, CRUMB_FILTER_MORE);
	assert_false(tc_parse_filter(begin(ETH_P_IP, "flower"), &e)); /* the classifier itself */
}

/* What is told must not hang on the bytes behind the message. No sanitizer would see it: libmnl reads them. */
static void parse_alone(const struct nlmsghdr *nlh)
{
	struct crumb_ev_filter told[2];
	bool is_one[2];

	memset(told, 0, sizeof(told));
	for (int i = 0; i < 2; i++) {
		char *exact = malloc(nlh->nlmsg_len + 8);

		assert_non_null(exact);
		memcpy(exact, nlh, nlh->nlmsg_len);
		memset(exact + nlh->nlmsg_len, i ? 0xff : 0, 8);
		is_one[i] = tc_parse_filter((void *)exact, &told[i]);
		free(exact);
	}
	assert_int_equal(is_one[0], is_one[1]);
	assert_memory_equal(&told[0], &told[1], sizeof(told[0]));
}

static const uint8_t bytes[24] = { 1 };

static void key_of_length(uint16_t type, size_t n)
{
	struct nlmsghdr *nlh = begin(ETH_P_IP, "flower");
	struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);

	mnl_attr_put(nlh, type, n, bytes);
	mnl_attr_nest_end(nlh, options);
	parse_alone(nlh);
	nlh = begin(ETH_P_IP, "matchall");
	mnl_attr_put(nlh, type, n, bytes);
	parse_alone(nlh);
}

static void action_of_length(uint16_t type, size_t n)
{
	struct nlmsghdr *nlh = begin(ETH_P_IP, "matchall");
	struct nlattr *options = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	struct nlattr *acts = mnl_attr_nest_start(nlh, TCA_MATCHALL_ACT);
	struct nlattr *one = mnl_attr_nest_start(nlh, 1);

	mnl_attr_put_strz(nlh, TCA_ACT_KIND, "gact");
	mnl_attr_put(nlh, type, n, bytes);
	mnl_attr_nest_end(nlh, one);
	mnl_attr_nest_end(nlh, acts);
	mnl_attr_nest_end(nlh, options);
	parse_alone(nlh);
}

/* Each attribute as the last one of the message, shorter and longer than it should be; and messages that are cut short. */
static void any_length(void **state)
{
	(void)state;
	for (uint16_t type = 1; type <= TCA_FLOWER_MAX; type++)
		for (size_t n = 0; n <= sizeof(bytes); n++) {
			key_of_length(type, n);
			action_of_length(type, n);
		}
	for (uint32_t n = 0; n <= sizeof(struct tcmsg); n++) {
		struct nlmsghdr *nlh = begin(ETH_P_IP, "flower");

		nlh->nlmsg_len = MNL_NLMSG_HDRLEN + n;
		parse_alone(nlh);
	}
}

struct told {
	unsigned int readings, cut;
};

static int note(void *ctx, const struct crumb_event *ev)
{
	const struct crumb_ev_filter *e = (const void *)ev;
	struct told *told = ctx;

	assert_int_equal(ev->type, CRUMB_EV_FILTER);
	assert_int_equal(ev->time_ns, 77);
	told->readings += !!(e->flags & CRUMB_FILTER_READING);
	told->cut += !!(e->flags & CRUMB_FILTER_CUT);
	return 0;
}

/* The kernel takes the requests; the loopback device has no filter, and that is told. */
static void this_kernel(void **state)
{
	const struct tc_side lo = { .ifindex = 1 };
	struct told told = { 0 };

	(void)state;
	assert_int_equal(tc_look(netns_of_process(0), &lo, 77, note, &told), 0);
	assert_int_equal(told.readings, 1 + told.cut);
	assert_int_equal(tc_look(netns_of_process(0), NULL, 77, note, &told), 0);
}

/* Programs of BPF are told to whom has CAP_NET_ADMIN: without it the reading is not whole, however few filters there are. */
static void not_allowed(void **state)
{
	const struct tc_side lo = { .ifindex = 1 };
	struct told told = { 0 };
	uid_t user = geteuid();
	int err;

	(void)state;
	if (!user)
		assert_int_equal(seteuid(65534), 0);
	err = tc_look(netns_of_process(0), &lo, 77, note, &told);
	if (!user)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(err, 0);
	assert_int_equal(told.readings, 2);
	assert_int_equal(told.cut, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flower),      cmocka_unit_test(actions),
		cmocka_unit_test(mirred),      cmocka_unit_test(not_understood),
		cmocka_unit_test(any_length),  cmocka_unit_test(this_kernel),
		cmocka_unit_test(not_allowed),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
