// SPDX-License-Identifier: GPL-2.0-only
/* The ruleset over netlink, as libnftnl reads it (include/uapi/linux/netfilter/nf_tables.h). */
#include "nft_look.h"

#include <arpa/inet.h>
#include <endian.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "netlink_dump.h"
#include "netns_look.h"

#define CHAINS_MAX 512 /* with a hook; more of them, and nothing is named */

struct base_chain {
	uint8_t family, hook;
	char table[CRUMB_NETFILTER_NAME], chain[CRUMB_NETFILTER_NAME];
};

struct look {
	const struct crumb_ev_drop *drop;
	struct base_chain base[CHAINS_MAX];
	unsigned int bases;
	unsigned int candidates; /* that can have dropped it */
	unsigned int uncounted; /* and that had counted nothing when they were read: only what is dropped later */
	bool doubtful; /* one of them is not understood, or there are too many chains */
	struct crumb_ev_rule *rule; /* the newest */
};

/* Does a packet of that kind pass there? A hook's number depends on the family. */
static bool passes(const struct look *l, uint8_t family, uint8_t hook)
{
	bool made_here = !l->drop->s.iif;

	if (family == NFPROTO_ARP)
		return false;
	if (family == NFPROTO_NETDEV)
		return made_here ? hook == NF_NETDEV_EGRESS : true;
	if (family == NFPROTO_IPV4 && l->drop->s.ip_version != 4)
		return false;
	if (family == NFPROTO_IPV6 && l->drop->s.ip_version != 6)
		return false;
	if (made_here)
		return hook == NF_INET_LOCAL_OUT || hook == NF_INET_POST_ROUTING;
	return hook != NF_INET_LOCAL_OUT;
}

static void candidate(struct look *l, const struct crumb_ev_rule *r)
{
	l->candidates++;
	*l->rule = *r;
}

static const char *text_of(const struct nlattr *a, char *to)
{
	snprintf(to, CRUMB_NETFILTER_NAME, "%s", mnl_attr_get_str(a));
	return to;
}

static int on_chain(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct crumb_ev_rule r = { .family = nfg->nfgen_family };
	bool based = false, drops = false;
	const struct nlattr *a, *b;
	struct look *l = ctx;

	mnl_attr_for_each(a, nlh, sizeof(*nfg))
	{
		switch (mnl_attr_get_type(a)) {
		case NFTA_CHAIN_TABLE:
			text_of(a, r.table);
			break;
		case NFTA_CHAIN_NAME:
			text_of(a, r.chain);
			break;
		case NFTA_CHAIN_POLICY:
			drops = ntohl(mnl_attr_get_u32(a)) == NF_DROP;
			break;
		case NFTA_CHAIN_HOOK:
			based = true;
			mnl_attr_for_each_nested(b, a) if (mnl_attr_get_type(b) == NFTA_HOOK_HOOKNUM)
				r.hook = ntohl(mnl_attr_get_u32(b));
			break;
		}
	}
	if (!based)
		return MNL_CB_OK;
	if (l->bases == CHAINS_MAX) {
		l->doubtful = true;
		return MNL_CB_OK;
	}
	l->base[l->bases] = (struct base_chain){ .family = r.family, .hook = r.hook };
	memcpy(l->base[l->bases].table, r.table, sizeof(r.table));
	memcpy(l->base[l->bases++].chain, r.chain, sizeof(r.chain));
	r.packets = CRUMB_RULE_UNCOUNTED;
	if (drops && passes(l, r.family, r.hook))
		candidate(l, &r);
	return MNL_CB_OK;
}

enum effect { LETS_PASS, DROPS, UNKNOWN };

static enum effect immediate_effect(const struct nlattr *data)
{
	const struct nlattr *a, *b, *c;

	mnl_attr_for_each_nested(a, data)
	{
		if (mnl_attr_get_type(a) != NFTA_IMMEDIATE_DATA)
			continue;
		mnl_attr_for_each_nested(b, a)
		{
			if (mnl_attr_get_type(b) != NFTA_DATA_VERDICT)
				continue;
			mnl_attr_for_each_nested(
				c, b) if (mnl_attr_get_type(c) ==
					  NFTA_VERDICT_CODE) return ntohl(mnl_attr_get_u32(c)) ==
					NF_DROP ?
				DROPS :
				LETS_PASS;
		}
	}
	return LETS_PASS;
}

/* A look-up in a map of verdicts may give any. */
static enum effect lookup_effect(const struct nlattr *data)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, data) if (mnl_attr_get_type(a) == NFTA_LOOKUP_DREG &&
					      !ntohl(mnl_attr_get_u32(a))) return UNKNOWN;
	return LETS_PASS;
}

/* What stands in a rule and drops nothing; everything else is not understood. */
static bool harmless(const char *name)
{
	static const char *const names[] = {
		"bitwise", "byteorder", "cmp",	   "connlimit",	  "counter", "ct",	"dup",
		"dynset",  "exthdr",	"fib",	   "hash",	  "inner",   "last",	"limit",
		"log",	   "masq",	"match",   "meta",	  "nat",     "notrack", "numgen",
		"objref",  "osf",	"payload", "quota",	  "range",   "redir",	"rt",
		"socket",  "tunnel",	"xfrm",	   "flow_offload"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

struct rule_read {
	enum effect effect;
	bool counts;
	uint64_t packets;
};

static void read_expression(const struct nlattr *expr, struct rule_read *r)
{
	const struct nlattr *a, *data = NULL;
	enum effect effect = LETS_PASS;
	const char *name = "";

	mnl_attr_for_each_nested(a, expr)
	{
		if (mnl_attr_get_type(a) == NFTA_EXPR_NAME)
			name = mnl_attr_get_str(a);
		if (mnl_attr_get_type(a) == NFTA_EXPR_DATA)
			data = a;
	}
	if (!strcmp(name, "reject"))
		effect = DROPS;
	else if (data && !strcmp(name, "immediate"))
		effect = immediate_effect(data);
	else if (data && !strcmp(name, "lookup"))
		effect = lookup_effect(data);
	else if (!harmless(name))
		effect = UNKNOWN;
	if (effect > r->effect)
		r->effect = effect;
	if (!data || strcmp(name, "counter") != 0)
		return;
	r->counts = true;
	mnl_attr_for_each_nested(a, data) if (mnl_attr_get_type(a) == NFTA_COUNTER_PACKETS)
		r->packets = be64toh(mnl_attr_get_u64(a));
}

/* A chain without a hook is jumped to, from wherever. */
static bool chain_passes(const struct look *l, struct crumb_ev_rule *r)
{
	for (unsigned int i = 0; i < l->bases; i++) {
		const struct base_chain *b = &l->base[i];

		if (b->family != r->family || strcmp(b->table, r->table) != 0 ||
		    strcmp(b->chain, r->chain) != 0)
			continue;
		r->hook = b->hook;
		return passes(l, b->family, b->hook);
	}
	r->hook = 0xff;
	return r->family != NFPROTO_ARP;
}

static int on_rule(const struct nlmsghdr *nlh, void *ctx)
{
	const struct nfgenmsg *nfg = mnl_nlmsg_get_payload(nlh);
	struct crumb_ev_rule r = { .family = nfg->nfgen_family };
	struct rule_read read = { .effect = LETS_PASS };
	const struct nlattr *a, *b;
	struct look *l = ctx;

	mnl_attr_for_each(a, nlh, sizeof(*nfg))
	{
		switch (mnl_attr_get_type(a)) {
		case NFTA_RULE_TABLE:
			text_of(a, r.table);
			break;
		case NFTA_RULE_CHAIN:
			text_of(a, r.chain);
			break;
		case NFTA_RULE_HANDLE:
			r.handle = be64toh(mnl_attr_get_u64(a));
			break;
		case NFTA_RULE_EXPRESSIONS:
			mnl_attr_for_each_nested(b, a) read_expression(b, &read);
			break;
		}
	}
	if (read.effect == LETS_PASS || !chain_passes(l, &r))
		return MNL_CB_OK;
	if (read.counts && !read.packets) {
		l->uncounted++;
		return MNL_CB_OK;
	}
	r.packets = read.counts ? read.packets : CRUMB_RULE_UNCOUNTED;
	l->doubtful |= read.effect == UNKNOWN;
	candidate(l, &r);
	return MNL_CB_OK;
}

static int on_generation(const struct nlmsghdr *nlh, void *ctx)
{
	uint32_t *generation = ctx;
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(a) == NFTA_GEN_ID &&
		    mnl_attr_get_payload_len(a) == sizeof(*generation))
			*generation = ntohl(mnl_attr_get_u32(a));
	}
	return MNL_CB_STOP;
}

bool nft_generation(struct mnl_socket *nl, uint32_t *ret_generation)
{
	uint32_t generation = 0; /* the kernel's begin at 1 */

	if (nft_ask(nl, NFT_MSG_GETGEN, on_generation, &generation) || !generation)
		return false;
	*ret_generation = generation;
	return true;
}

/* All of one generation. False: a dump breaks off, since the rules change meanwhile, or worse. */
static bool read_all(struct mnl_socket *nl, struct look *l, uint32_t *ret_generation)
{
	uint32_t before, after;

	if (!nft_generation(nl, &before) || nft_dump(nl, NFT_MSG_GETCHAIN, on_chain, l) ||
	    nft_dump(nl, NFT_MSG_GETRULE, on_rule, l) || !nft_generation(nl, &after) ||
	    before != after)
		return false;
	*ret_generation = after;
	return true;
}

bool nft_look(const struct crumb_ev_drop *drop, struct crumb_ev_rule *ret_rule,
	      uint32_t *ret_generation)
{
	struct crumb_ev_rule rule = { 0 };
	struct look *l = calloc(1, sizeof(*l));
	struct mnl_socket *nl = l ? netns_netfilter(drop->s.netns) : NULL;
	uint64_t read_ns = clock_ns(CLOCK_MONOTONIC);
	bool whole = false, sure = false;

	if (nl) {
		l->drop = drop;
		l->rule = &rule;
		whole = read_all(nl, l, ret_generation);
		sure = whole && l->candidates == 1 && !l->doubtful;
		mnl_socket_close(nl);
	}
	if (!sure)
		rule = (struct crumb_ev_rule){ 0 };
	rule.h = (struct crumb_event){ .time_ns = drop->s.h.time_ns,
				       .type = CRUMB_EV_RULE,
				       .size = sizeof(rule) };
	rule.netns = drop->s.netns;
	rule.made_here = !drop->s.iif;
	rule.ip_version = drop->s.ip_version;
	rule.read_ns = read_ns;
	rule.others = sure ? l->uncounted : 0;
	free(l);
	*ret_rule = rule;
	return whole;
}
