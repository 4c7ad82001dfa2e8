/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections whose addresses are translated on their way (NAT): conntrack knows both names of each, and a packet carries
 * its entry while it is in the namespace that translates it (net/netfilter/nf_conntrack_core.c). A followed connection is
 * linked with its other names there, once; everybody else finds it by any of them.
 */
#ifndef CRUMB_BODY_NAT_H
#define CRUMB_BODY_NAT_H

#include "body/flow.h"

#define NFCT_PTRMASK	7ul /* include/linux/skbuff.h */
#define NAT_IS_REPLY	3 /* enum ip_conntrack_info from there on: the packet goes to the initiator */
#define NAT_STATUS_SRC	0x10 /* IPS_SRC_NAT, include/uapi/linux/netfilter/nf_conntrack_common.h */
#define NAT_STATUS_DST	0x20 /* IPS_DST_NAT */
#define NAT_STATUS_MASK (NAT_STATUS_SRC | NAT_STATUS_DST)
#define NAT_CHANGED	0xffffffff

/* A packet of a connection that the kernel translates: how it is called, from the packet's sender to its receiver. */
enum { NAT_HERE, NAT_ORIG, NAT_REPLY, NAT_NAMES };

struct nat_tuple { /* struct nf_conntrack_tuple, the same since 2.6.20: include/net/netfilter/nf_conntrack_tuple.h */
	__u32 src[4];
	__u16 sport, l3num;
	__u32 dst[4];
	__u16 dport;
	__u8 protonum, dir;
};

struct nat_names {
	struct tuple name[NAT_NAMES]; /* in this packet; as the initiator has it; as the responder has it */
	struct nat_tuple raw;
	__u8 reply; /* the packet goes from the responder to the initiator */
	__u8 how;   /* CRUMB_NAT_* */
	__u8 pad0[2];
	__u32 netns;
	__u32 main; /* its flow, as flow_at() calls it */
	__u32 changed, others[2];
	struct crumb_alias alias;
	struct crumb_flow_key key;
};

_Static_assert(sizeof(struct nat_names) <= CRUMB_NAT_ROOM, "nat_room holds one");

/* The word with the conntrack entry of @skb, if that entry translates; else 0. */
static __always_inline __u64 nat_word(const struct sk_buff *skb)
{
	const struct nf_conn *ct = NULL;
	__u64 word;

	if (!crumb_cfg.nat || !bpf_core_field_exists(skb->_nfct) ||
	    !bpf_core_field_exists(ct->status))
		return 0;
	word = K(skb, _nfct);
	ct = (const void *)(word & ~NFCT_PTRMASK);
	if (!ct)
		return 0;
	return BPF_CORE_READ(ct, status) & NAT_STATUS_MASK ? word : 0;
}

static __always_inline void nat_address(const struct tuple *t, __u32 *to, const __u32 *raw)
{
	if (t->family == AF_INET)
		v4_mapped(to, raw[0]);
	else
		__builtin_memcpy(to, raw, 16);
}

/* The entry's name in n->raw as that of the packet: @back, if its ends are in the other order. */
static __always_inline void nat_name(struct nat_names *n, __u32 i, bool back)
{
	struct tuple *t = &n->name[i];

	*t = n->name[NAT_HERE];
	nat_address(t, t->a, back ? n->raw.dst : n->raw.src);
	nat_address(t, t->b, back ? n->raw.src : n->raw.dst);
	t->sport = bpf_ntohs(back ? n->raw.dport : n->raw.sport);
	t->dport = bpf_ntohs(back ? n->raw.sport : n->raw.dport);
	t->zone = zone_of(t, n->netns);
}

/* This and two more are not inline: what they spill is not on the stack when flows are looked for. */
static __noinline bool nat_read(struct nat_names *n, const struct tuple *t, __u64 word, __u32 netns)
{
	const struct nf_conn *ct = (const void *)(word & ~NFCT_PTRMASK);

	if (!n || !t || !bpf_core_field_exists(ct->status))
		return false;
	n->netns = netns;
	n->reply = (word & NFCT_PTRMASK) >= NAT_IS_REPLY;
	n->how = (BPF_CORE_READ(ct, status) & NAT_STATUS_MASK) / NAT_STATUS_SRC;
	n->name[NAT_HERE] = *t;
	n->name[NAT_HERE].zone = zone_of(t, netns);
	if (bpf_core_read(&n->raw, sizeof(n->raw), &ct->tuplehash[0].tuple))
		return false;
	nat_name(n, NAT_ORIG, n->reply);
	if (bpf_core_read(&n->raw, sizeof(n->raw), &ct->tuplehash[1].tuple))
		return false;
	nat_name(n, NAT_REPLY, !n->reply);
	return true;
}

static __noinline int nat_record(const struct nat_names *n)
{
	struct crumb_ev_nat *e = ring_reserve(sizeof(*e), CRUMB_PT_FLOW);
	const struct tuple *orig = &n->name[NAT_ORIG], *reply = &n->name[NAT_REPLY];
	__u32 from = n->reply & 1;

	if (!e)
		return 0;
	event_head(&e->h, CRUMB_EV_NAT, sizeof(*e), bpf_ktime_get_ns());
	e->flow = n->alias.flow;
	e->dir = ((n->main >> 31) ^ n->reply) & 1;
	e->how = n->how;
	e->pad0 = 0;
	e->netns = n->netns;
	e->other[0] = n->others[0];
	e->other[1] = n->others[1];
	e->pad1 = 0;
	__builtin_memcpy(e->before[0], from ? orig->b : orig->a, 16);
	__builtin_memcpy(e->before[1], from ? orig->a : orig->b, 16);
	__builtin_memcpy(e->after[0], from ? reply->b : reply->a, 16);
	__builtin_memcpy(e->after[1], from ? reply->a : reply->b, 16);
	e->port_before[0] = from ? orig->dport : orig->sport;
	e->port_before[1] = from ? orig->sport : orig->dport;
	e->port_after[0] = from ? reply->dport : reply->sport;
	e->port_after[1] = from ? reply->sport : reply->dport;
	ring_submit(e);
	return 0;
}

/*
 * The flow that flow_at() calls n->main is found by this name from now on. 0: it was; NAT_CHANGED: now it is; else likewise, and
 * this is the number of a flow that had the name, which is no more.
 */
static __noinline __u32 nat_alias(struct nat_names *n, const struct tuple *t)
{
	__u32 other = 0, *known;
	struct crumb_flow *g;

	if (!n || !t || flow_at(t) == n->main)
		return 0;
	n->alias.flip = flow_key(t, &n->key) ^ n->main >> 31;
	known = bpf_map_lookup_elem(&flows, &n->key);
	if (known) {
		if (*known == n->alias.at) /* with itself, by the other end's name */
			return 0;
		g = bpf_map_lookup_elem(&flow_cells, known);
		other = g ? g->id : 0;
		flow_unmake(&n->key);
	}
	if (bpf_map_update_elem(&aliases, &n->key, &n->alias, BPF_ANY))
		return other;
	if (!crumb_slots[flow_slot(t)])
		crumb_slots[flow_slot(t)] = n->alias.at + 1;
	return other ? other : NAT_CHANGED;
}

/* Of several flows that were taken before it was known that they are one the sender's is kept: it has seen what is on its way. */
static __always_inline __u32 nat_main(struct nat_names *n)
{
	/* Translated traffic that nobody follows ends at a mark. */
	n->main = 0;
	if (n->reply && flow_marked(&n->name[NAT_REPLY]))
		n->main = flow_at(&n->name[NAT_REPLY]);
	if (!n->main && flow_marked(&n->name[NAT_ORIG]))
		n->main = flow_at(&n->name[NAT_ORIG]);
	if (!n->main && !n->reply && flow_marked(&n->name[NAT_REPLY]))
		n->main = flow_at(&n->name[NAT_REPLY]);
	return n->main;
}

static __always_inline void nat_other(struct nat_names *n, __u32 other)
{
	n->changed |= other;
	if (!other || other == NAT_CHANGED)
		return;
	/* Three names, and by one of them it was found. */
	n->others[n->others[0] != 0] = other;
}

static __always_inline void nat_join(struct nat_names *n)
{
	struct crumb_flow *f;

	if (!nat_main(n))
		return;
	n->alias.at = (n->main & 0x7fffffff) - 1;
	f = bpf_map_lookup_elem(&flow_cells, &n->alias.at);
	if (!f)
		return;
	n->alias.flow = f->id;
	n->changed = n->others[0] = n->others[1] = 0;
	nat_other(n, nat_alias(n, &n->name[NAT_ORIG]));
	nat_other(n, nat_alias(n, &n->name[NAT_REPLY]));
	/* Between the two translations of one packet it has a third name. */
	nat_other(n, nat_alias(n, &n->name[NAT_HERE]));
	if (n->changed)
		nat_record(n);
}

/*
 * A packet with @t and that conntrack entry is in @netns. If it is followed by any of its names, it is found by all of them from
 * now on. @rename: instead, @t becomes the name that its initiator has for it. A global function: verified once; the stack is
 * short where it is called, so that everything is in its room.
 */
__weak __noinline int nat_link(struct tuple *t, __u64 word, __u32 netns, __u32 rename)
{
	struct crumb_cpu *cpu;
	struct nat_names *n;

	if (!crumb_cfg.nat || !t)
		return 0;
	cpu = this_cpu();
	n = room_enter(&nat_room, cpu);
	if (!n)
		return 0;
	if (nat_read(n, t, word, netns)) {
		if (rename)
			*t = n->name[NAT_ORIG];
		else
			nat_join(n);
	}
	room_leave(cpu);
	return 0;
}

#endif
