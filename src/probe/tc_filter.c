// SPDX-License-Identifier: GPL-2.0-only
/*
 * One filter as tc_dump_tfilter() writes it (net/sched/cls_api.c), its keys as fl_dump() does (cls_flower.c), its actions as tcf_action_dump()
 * (act_api.c). Of other classifiers than flower and matchall only the action is understood.
 */
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_connmark.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_mpls.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_sample.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_skbmod.h>
#include <linux/tc_act/tc_tunnel_key.h>
#include <linux/tc_act/tc_vlan.h>
#include <stdio.h>
#include <string.h>

#include "netlink_dump.h"
#include "tc_look.h"

#define PIPE	 0xff /* goes on with the next action */
#define NO_ATTR	 0xffff
#define ALL_BITS 0xffff

/* ------------------------------------------------------------------------------------------------ actions */

static const struct nlattr *within(const struct nlattr *nest, uint16_t type)
{
	const struct nlattr *a;

	if (nest)
		mnl_attr_for_each_nested(a, nest) if (mnl_attr_get_type(a) == type) return a;
	return NULL;
}

static uint8_t verdict_of(int action)
{
	if (TC_ACT_EXT_CMP(action, TC_ACT_GOTO_CHAIN))
		return CRUMB_FILTER_GOTO;
	switch (action) {
	case TC_ACT_UNSPEC: /* tc: continue */
		return CRUMB_FILTER_NEXT;
	case TC_ACT_PIPE:
		return PIPE;
	case TC_ACT_SHOT:
		return CRUMB_FILTER_DROP;
	case TC_ACT_OK:
	case TC_ACT_STOLEN:
	case TC_ACT_QUEUED:
	case TC_ACT_REDIRECT:
	case TC_ACT_TRAP:
		return CRUMB_FILTER_PASS;
	default:
		return CRUMB_FILTER_OTHER;
	}
}

/* All of the usual ones have a struct that begins alike (tc_gen in linux/pkt_cls.h). */
static bool generic(const struct nlattr *options, uint16_t type, int *ret_action, bool *ret_shared)
{
	struct tc_gact g;
	const struct nlattr *a = within(options, type);

	if (!a || mnl_attr_get_payload_len(a) < sizeof(g))
		return false;
	memcpy(&g, mnl_attr_get_payload(a), sizeof(g));
	*ret_action = g.action;
	*ret_shared |= g.bindcnt > 1;
	return true;
}

/* Actions that drop nothing but by what they are told to go on with; @changes: a filter behind them sees another packet. */
static const struct harmless {
	const char *kind;
	uint16_t parms;
	bool changes;
} harmless[] = {
	{ "vlan", TCA_VLAN_PARMS, true },
	{ "pedit", TCA_PEDIT_PARMS, true },
	{ "skbmod", TCA_SKBMOD_PARMS, true },
	{ "mpls", TCA_MPLS_PARMS, true },
	{ "tunnel_key", TCA_TUNNEL_KEY_PARMS, true },
	{ "skbedit", TCA_SKBEDIT_PARMS, true },
	{ "connmark", TCA_CONNMARK_PARMS, true },
	{ "csum", TCA_CSUM_PARMS, false },
	{ "sample", TCA_SAMPLE_PARMS, false },
};

static const struct harmless *harmless_of(const struct nlattr *kind)
{
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (netlink_is_text(kind, harmless[i].kind))
			return &harmless[i];
	return NULL;
}

/* What comes of it: an enum crumb_filter_action, or PIPE. */
static uint8_t effect_of(const struct nlattr *kind, const struct nlattr *options, bool *ret_shared)
{
	const struct harmless *h = harmless_of(kind);
	int action;

	if (netlink_is_text(kind, "gact")) {
		if (within(options, TCA_GACT_PROB) ||
		    !generic(options, TCA_GACT_PARMS, &action, ret_shared))
			return CRUMB_FILTER_OTHER;
		return verdict_of(action);
	}
	if (netlink_is_text(kind, "mirred")) {
		const struct nlattr *a = within(options, TCA_MIRRED_PARMS);
		struct tc_mirred m;

		if (!a || mnl_attr_get_payload_len(a) < sizeof(m))
			return CRUMB_FILTER_OTHER;
		memcpy(&m, mnl_attr_get_payload(a), sizeof(m));
		*ret_shared |= m.bindcnt > 1;
		return m.eaction == TCA_EGRESS_REDIR || m.eaction == TCA_INGRESS_REDIR ?
			       CRUMB_FILTER_PASS :
			       verdict_of(m.action);
	}
	return h && generic(options, h->parms, &action, ret_shared) ? verdict_of(action) :
								      CRUMB_FILTER_OTHER;
}

static uint64_t packets_in(const struct nlattr *a)
{
	uint32_t packets = 0;

	if (a && mnl_attr_get_payload_len(a) >= offsetof(struct gnet_stats_basic, packets) + 4)
		memcpy(&packets,
		       (const char *)mnl_attr_get_payload(a) +
			       offsetof(struct gnet_stats_basic, packets),
		       sizeof(packets));
	return packets;
}

static void read_stats(const struct nlattr *act, struct crumb_ev_filter *ret)
{
	const struct nlattr *stats = within(act, TCA_ACT_STATS);
	const struct nlattr *used = within(act, TCA_ACT_USED_HW_STATS);
	const struct nlattr *cookie = within(act, TCA_ACT_COOKIE);
	struct nla_bitfield32 bits;

	ret->cookie_len = 0; /* of an action before it */
	ret->packets = packets_in(within(stats, TCA_STATS_BASIC));
	ret->hw_packets = packets_in(within(stats, TCA_STATS_BASIC_HW));
	if (used && mnl_attr_get_payload_len(used) >= sizeof(bits)) {
		memcpy(&bits, mnl_attr_get_payload(used), sizeof(bits));
		if (bits.value & TCA_ACT_HW_STATS_DELAYED)
			ret->flags |= CRUMB_FILTER_DELAYED;
	}
	if (cookie && mnl_attr_get_payload_len(cookie) <= sizeof(ret->cookie)) {
		ret->cookie_len = mnl_attr_get_payload_len(cookie);
		memcpy(ret->cookie, mnl_attr_get_payload(cookie), ret->cookie_len);
	}
}

/* In order, up to the one that decides; a filter without any lets pass. */
static void read_actions(const struct nlattr *acts, struct crumb_ev_filter *ret)
{
	const struct nlattr *a;
	bool shared = false, changed = false;

	ret->action = CRUMB_FILTER_PASS;
	if (!acts)
		return;
	mnl_attr_for_each_nested(a, acts)
	{
		const struct nlattr *kind = within(a, TCA_ACT_KIND);
		const struct harmless *h = harmless_of(kind);
		uint8_t effect = effect_of(kind, within(a, TCA_ACT_OPTIONS), &shared);

		changed |= h && h->changes;
		read_stats(a, ret);
		ret->action = effect == PIPE			     ? CRUMB_FILTER_PASS :
			      effect == CRUMB_FILTER_NEXT && changed ? CRUMB_FILTER_OTHER :
								       effect;
		if (effect != PIPE)
			break;
	}
	if (shared)
		ret->flags |= CRUMB_FILTER_SHARED;
}

/* --------------------------------------------------------------------------------------------------- keys */

static uint16_t be16(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == 2 ? ntohs(mnl_attr_get_u16(a)) : 0;
}

static uint32_t u32_of(const struct nlattr *a)
{
	return a && mnl_attr_get_payload_len(a) == 4 ? mnl_attr_get_u32(a) : 0;
}

static void copy(const struct nlattr *a, uint8_t *to, size_t room)
{
	size_t n = mnl_attr_get_payload_len(a);

	if (n <= room) /* IPv4: the last four of sixteen */
		memcpy(to + room - n, mnl_attr_get_payload(a), n);
}

/* Where keys that are copied as they are go to; NULL: it is none of those. */
static uint8_t *bytes_of(uint16_t type, struct crumb_ev_filter *e, size_t *ret_room)
{
	*ret_room = 16;
	switch (type) {
	case TCA_FLOWER_KEY_IPV4_SRC:
	case TCA_FLOWER_KEY_IPV6_SRC:
		return e->src;
	case TCA_FLOWER_KEY_IPV4_SRC_MASK:
	case TCA_FLOWER_KEY_IPV6_SRC_MASK:
		return e->src_mask;
	case TCA_FLOWER_KEY_IPV4_DST:
	case TCA_FLOWER_KEY_IPV6_DST:
		return e->dst;
	case TCA_FLOWER_KEY_IPV4_DST_MASK:
	case TCA_FLOWER_KEY_IPV6_DST_MASK:
		return e->dst_mask;
	}
	*ret_room = 6;
	switch (type) {
	case TCA_FLOWER_KEY_ETH_SRC:
		return e->src_mac;
	case TCA_FLOWER_KEY_ETH_SRC_MASK:
		return e->src_mac_mask;
	case TCA_FLOWER_KEY_ETH_DST:
		return e->dst_mac;
	case TCA_FLOWER_KEY_ETH_DST_MASK:
		return e->dst_mac_mask;
	}
	return NULL;
}

static void one_port(uint16_t to[2], uint16_t port)
{
	to[0] = to[1] = port;
}

static void read_key(const struct nlattr *a, struct crumb_ev_filter *e)
{
	uint16_t type = mnl_attr_get_type(a);
	size_t room;
	uint8_t *to = bytes_of(type, e, &room);

	if (to) {
		copy(a, to, room);
		return;
	}
	switch (type) {
	case TCA_FLOWER_ACT:
	case TCA_FLOWER_FLAGS:
	case TCA_FLOWER_CLASSID:
	case TCA_FLOWER_IN_HW_COUNT:
	case TCA_FLOWER_KEY_ETH_TYPE: /* is its protocol */
		return;
	case TCA_FLOWER_KEY_IP_PROTO:
		e->ip_proto = mnl_attr_get_payload_len(a) == 1 ? mnl_attr_get_u8(a) : 0;
		return;
	case TCA_FLOWER_KEY_TCP_SRC:
	case TCA_FLOWER_KEY_UDP_SRC:
		one_port(e->sport, be16(a));
		return;
	case TCA_FLOWER_KEY_TCP_DST:
	case TCA_FLOWER_KEY_UDP_DST:
		one_port(e->dport, be16(a));
		return;
	case TCA_FLOWER_KEY_TCP_SRC_MASK:
	case TCA_FLOWER_KEY_UDP_SRC_MASK:
	case TCA_FLOWER_KEY_TCP_DST_MASK:
	case TCA_FLOWER_KEY_UDP_DST_MASK:
		e->flags |= be16(a) == ALL_BITS ? 0 : CRUMB_FILTER_MORE;
		return;
	case TCA_FLOWER_KEY_PORT_SRC_MIN:
		e->sport[0] = be16(a);
		return;
	case TCA_FLOWER_KEY_PORT_SRC_MAX:
		e->sport[1] = be16(a);
		return;
	case TCA_FLOWER_KEY_PORT_DST_MIN:
		e->dport[0] = be16(a);
		return;
	case TCA_FLOWER_KEY_PORT_DST_MAX:
		e->dport[1] = be16(a);
		return;
	case TCA_FLOWER_KEY_VLAN_ID: /* in the machine's order */
		e->vlan = mnl_attr_get_payload_len(a) == 2 ? mnl_attr_get_u16(a) : 0;
		e->vlan_mask = 0xfff;
		return;
	case TCA_FLOWER_KEY_VLAN_ETH_TYPE:
		e->inner_protocol = be16(a);
		return;
	default:
		e->flags |= CRUMB_FILTER_MORE;
	}
}

/* -------------------------------------------------------------------------------------------------- filters */

static const struct classifier {
	const char *kind;
	uint16_t act, flags;
	bool keys, all; /* flower's; every packet */
} classifiers[] = {
	{ "flower", TCA_FLOWER_ACT, TCA_FLOWER_FLAGS, true, false },
	{ "matchall", TCA_MATCHALL_ACT, TCA_MATCHALL_FLAGS, false, true },
	{ "u32", TCA_U32_ACT, TCA_U32_FLAGS, false, false },
	{ "basic", TCA_BASIC_ACT, NO_ATTR, false, false },
	{ "fw", TCA_FW_ACT, NO_ATTR, false, false },
};

static void read_flags(const struct nlattr *a, struct crumb_ev_filter *ret)
{
	uint32_t flags = u32_of(a);

	if (flags & TCA_CLS_FLAGS_IN_HW)
		ret->flags |= CRUMB_FILTER_IN_HW;
	if (flags & TCA_CLS_FLAGS_SKIP_SW)
		ret->flags |= CRUMB_FILTER_SKIP_SW;
}

static void read_options(const struct nlattr *kind, const struct nlattr *options,
			 struct crumb_ev_filter *ret)
{
	const struct nlattr *a;

	ret->sport[1] = ret->dport[1] = 0xffff;
	for (size_t i = 0; i < sizeof(classifiers) / sizeof(classifiers[0]); i++) {
		const struct classifier *c = &classifiers[i];

		if (!netlink_is_text(kind, c->kind))
			continue;
		read_actions(within(options, c->act), ret);
		read_flags(within(options, c->flags), ret);
		if (c->keys)
			mnl_attr_for_each_nested(a, options) read_key(a, ret);
		else if (!c->all)
			ret->flags |= CRUMB_FILTER_MORE;
		return;
	}
	/* A BPF program, and what is not known here: it may say anything. */
	ret->action = CRUMB_FILTER_OTHER;
	ret->flags |= CRUMB_FILTER_MORE;
	if (netlink_is_text(kind, "bpf"))
		read_flags(within(options, TCA_BPF_FLAGS_GEN), ret);
}

/* Of each classifier there is a message for itself, without options; u32 has its hash tables in the list, too. */
bool tc_parse_filter(const struct nlmsghdr *nlh, struct crumb_ev_filter *ret)
{
	const struct tcmsg *t = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a, *kind = NULL, *options = NULL;

	if (nlh->nlmsg_type != RTM_NEWTFILTER || mnl_nlmsg_get_payload_len(nlh) < sizeof(*t))
		return false;
	mnl_attr_for_each(a, nlh, sizeof(*t))
	{
		switch (mnl_attr_get_type(a)) {
		case TCA_KIND:
			kind = a;
			break;
		case TCA_OPTIONS:
			options = a;
			break;
		case TCA_CHAIN:
			ret->chain = u32_of(a);
			break;
		}
	}
	if (!kind || !options || (netlink_is_text(kind, "u32") && within(options, TCA_U32_DIVISOR)))
		return false;
	ret->handle = t->tcm_handle;
	ret->pref = TC_H_MAJ(t->tcm_info) >> 16;
	ret->protocol = ntohs(TC_H_MIN(t->tcm_info));
	snprintf(ret->kind, sizeof(ret->kind), "%.*s", (int)mnl_attr_get_payload_len(kind),
		 mnl_attr_get_str(kind));
	read_options(kind, options, ret);
	return true;
}
