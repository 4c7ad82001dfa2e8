// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --deep shows of a packet on its way: verdicts of netfilter, routes, neighbours, a bridge's forwarding database
 * (net/netfilter/core.c, nf_tables_core.c, net/ipv4/ip_input.c, net/core/neighbour.c, net/bridge/br_forward.c). Only
 * connections that are followed already, and TCP.
 */
#include "body/packet.h"

/* As packet_flow(), and selects nothing. What is recorded of TCP has bytes. */
static __always_inline struct crumb_flow *packet_known(struct sighting *s, struct packet *p, __u8 *dir)
{
	__u8 bytes[CRUMB_HEAD_BYTES];
	struct crumb_flow *f;

	s->head = K(s->skb, head);
	s->data_at = skb_data_at(s->skb);
	s->l3_at = K(s->skb, network_header);
	if (bpf_probe_read_kernel(bytes, sizeof(bytes), s->head + s->l3_at))
		return NULL;
	if (bytes[0] >> 4 == 4) {
		if (!read_ip4(p, bytes, s))
			return NULL;
	} else if (bytes[0] >> 4 == 6) {
		if (!read_ip6(p, bytes, s))
			return NULL;
	} else {
		return NULL;
	}
	/* A datagram is found again by where it was not seen yet, and here one place may be passed several times. */
	if (p->t.proto != IPPROTO_TCP || !p->payload || !flow_marked(&p->t))
		return NULL;
	set_zone(s, &p->t);
	f = flow_find(&p->t, dir);
	return f && flow_wants(f, *dir, p->seq, p->payload) ? f : NULL;
}

/* All but the sighting, which is filled in. */
static __always_inline void no_decision(struct crumb_ev_decision *e)
{
	__builtin_memset(&e->enter_ns, 0, sizeof(*e) - offsetof(struct crumb_ev_decision, enter_ns));
}

/* The record of a decision about the skb of @s, to be submitted; NULL: nobody follows it, or there is no room. */
static __always_inline struct crumb_ev_decision *decision(struct sighting *s)
{
	struct crumb_ev_decision *e;
	struct crumb_flow *f;
	struct packet p;
	__u8 dir;

	if (!s->dev)
		return NULL;
	f = packet_known(s, &p, &dir);
	e = f ? ring_reserve(sizeof(*e), s->point) : NULL;
	if (!e)
		return NULL;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	event_head(&e->s.h, CRUMB_EV_DECISION, sizeof(*e), bpf_ktime_get_ns());
	fill_sighting(&e->s, s, &p, f, dir);
	no_decision(e);
	return e;
}

/* ------------------------------------------------------------------------------------- IP and neighbour */

static __always_inline int routed(const struct sk_buff *skb, __u8 what)
{
	struct sighting s = { .skb = skb, .dev = K(skb, dev), .point = CRUMB_PT_IP_ROUTE };
	struct crumb_ev_decision *e = decision(&s);
	const struct rtable *rt;

	if (!e)
		return 0;
	e->what = what;
	rt = (const void *)(K(skb, _skb_refdst) & ~1ul);
	if (what == CRUMB_DECIDED_OUT && rt) {
		e->out = BPF_CORE_READ((const struct dst_entry *)rt, dev, ifindex);
		if (e->s.ip_version == 4 && BPF_CORE_READ(rt, rt_gw_family) == AF_INET) {
			__u32 gateway[4];

			v4_mapped(gateway, BPF_CORE_READ(rt, rt_gw4));
			__builtin_memcpy(e->addr, gateway, sizeof(e->addr));
			e->family = AF_INET;
		}
	}
	ring_submit(e);
	return 0;
}

ENTRY(ip_route_local, ip_local_deliver, struct sk_buff *skb)
{
	return routed(skb, CRUMB_DECIDED_LOCAL);
}

ENTRY(ip_route_forward, ip_forward, struct sk_buff *skb)
{
	return routed(skb, CRUMB_DECIDED_OUT);
}

ENTRY(ip6_route_local, ip6_input, struct sk_buff *skb)
{
	return routed(skb, CRUMB_DECIDED_LOCAL);
}

ENTRY(ip6_route_forward, ip6_forward, struct sk_buff *skb)
{
	return routed(skb, CRUMB_DECIDED_OUT);
}

/* Called unless the address is known and fresh; where it is known, the packet goes on at once. */
ENTRY(neigh_wait_enter, neigh_resolve_output, struct neighbour *n, struct sk_buff *skb)
{
	struct sighting s = { .skb = skb, .point = CRUMB_PT_NEIGH_WAIT };
	struct crumb_ev_decision *e;
	__u32 state = K(n, nud_state);

	if (state & NUD_VALID)
		return 0;
	s.dev = K(n, dev);
	e = decision(&s);
	if (!e)
		return 0;
	e->nud_state = state;
	e->out = e->s.ifindex;
	e->family = BPF_CORE_READ(n, tbl, family);
	if (e->family == AF_INET) {
		*(__u16 *)(e->addr + 10) = 0xffff;
		bpf_core_read(e->addr + 12, 4, &n->primary_key);
	} else {
		bpf_core_read(e->addr, 16, &n->primary_key);
	}
	ring_submit(e);
	return 0;
}

#ifdef CRUMB_UNTYPED

/* ---------------------------------------------------------------------------------------------- bridge */

static __always_inline int bridge_decides(const struct sk_buff *skb, __u8 what, __u32 out)
{
	struct sighting s = { .skb = skb, .dev = K(skb, dev), .point = CRUMB_PT_BRIDGE_FDB };
	struct crumb_ev_decision *e = decision(&s);

	if (!e)
		return 0;
	e->what = what;
	e->out = out;
	ring_submit(e);
	return 0;
}

/*
 * struct net_bridge_port begins with its bridge and its device, from 5.10 to 7.3; before 5.11 no module tells its types.
 */
struct bridge_port {
	void *bridge;
	struct net_device *dev;
};

ENTRY(bridge_to_port, br_forward, const struct bridge_port *to, struct sk_buff *skb)
{
	const struct net_device *dev;
	struct bridge_port port = {};

	if (!to || bpf_probe_read_kernel(&port, sizeof(port), to))
		return 0;
	dev = port.dev;
	return bridge_decides(skb, CRUMB_DECIDED_OUT, BPF_CORE_READ(dev, ifindex));
}

ENTRY(bridge_to_all, br_flood, const void *bridge, struct sk_buff *skb)
{
	return bridge_decides(skb, CRUMB_DECIDED_FLOOD, 0);
}

ENTRY(bridge_to_self, br_pass_frame_up, struct sk_buff *skb)
{
	return bridge_decides(skb, CRUMB_DECIDED_LOCAL, 0);
}

/* ------------------------------------------------------------------------------------------- netfilter */

/* How far the stack pointer is above the frame when a function has returned. */
#ifdef __TARGET_ARCH_x86
#define FRAME_POPPED 8
#else
#define FRAME_POPPED 0
#endif

/*
 * All is noted at the entry, since a packet that is dropped is gone at the return; there the verdict and the time are added.
 * NULL: nobody follows it.
 */
static __always_inline struct crumb_ev_decision *asked(struct pt_regs *ctx, const struct sk_buff *skb,
						       const struct nf_hook_state *state)
{
	struct sighting s = { .skb = skb, .point = CRUMB_PT_NETFILTER };
	__u64 key = PT_REGS_SP(ctx);
	struct crumb_ev_decision *e;
	struct crumb_flow *f;
	struct packet p;
	__u8 dir;

	s.dev = BPF_CORE_READ(state, in);
	if (!s.dev)
		s.dev = BPF_CORE_READ(state, out);
	if (!s.dev)
		return NULL;
	f = packet_known(&s, &p, &dir);
	if (!f)
		return NULL;
	if (!s.netns)
		s.netns = device_netns(s.dev);
	bpf_map_update_elem(&verdicts, &key, (const void *)&crumb_zeroes, BPF_ANY);
	e = bpf_map_lookup_elem(&verdicts, &key);
	if (!e) {
		count_lost(CRUMB_PT_NETFILTER);
		return NULL;
	}
	fill_sighting(&e->s, &s, &p, f, dir);
	no_decision(e);
	e->hook = BPF_CORE_READ(state, hook);
	e->family = BPF_CORE_READ(state, pf);
	e->enter_ns = bpf_ktime_get_ns();
	return e;
}

static __always_inline int answered(struct pt_regs *ctx, __u8 verdict)
{
	__u64 key = PT_REGS_SP(ctx) - FRAME_POPPED;
	struct crumb_ev_decision *noted = bpf_map_lookup_elem(&verdicts, &key), *e;

	if (!noted)
		return 0;
	e = ring_reserve(sizeof(*e), CRUMB_PT_NETFILTER);
	if (e) {
		__builtin_memcpy(e, noted, sizeof(*e));
		event_head(&e->s.h, CRUMB_EV_DECISION, sizeof(*e), bpf_ktime_get_ns());
		e->what = verdict;
		ring_submit(e);
	}
	bpf_map_delete_elem(&verdicts, &key);
	return 0;
}

static __always_inline const void *pointer_at(const void *object, __u32 offset)
{
	const void *to = NULL;

	bpf_probe_read_kernel(&to, sizeof(to), object + offset);
	return to;
}

ENTRY(nft_enter, nft_do_chain, const void *pktinfo, const void *chain)
{
	const void *table = pointer_at(chain, crumb_cfg.nft.chain_table);
	struct crumb_ev_decision *e;

	e = asked(ctx, pointer_at(pktinfo, 0), pointer_at(pktinfo, crumb_cfg.nft.pktinfo_state));
	if (!e)
		return 0;
	bpf_probe_read_kernel_str(e->chain, sizeof(e->chain),
				  pointer_at(chain, crumb_cfg.nft.chain_name));
	bpf_probe_read_kernel_str(e->table, sizeof(e->table),
				  pointer_at(table, crumb_cfg.nft.table_name));
	return 0;
}

/*
 * Since 6.7 a rule that drops frees the packet itself, and returns NF_STOLEN with an error number above it
 * (NF_DROP_REASON(), net/netfilter/core.c).
 */
RETURN(nft_return, nft_do_chain, __u32 verdict)
{
	return answered(ctx, (verdict & 0xff) == 2 && verdict >> 16 ? 0 : verdict);
}

ENTRY(nf_hook_enter, nf_hook_slow, struct sk_buff *skb, const struct nf_hook_state *state)
{
	asked(ctx, skb, state);
	return 0;
}

/* 1: go on; else it is gone, dropped or kept by somebody (net/netfilter/core.c). */
RETURN(nf_hook_return, nf_hook_slow, int ret)
{
	return answered(ctx, ret == 1 ? 1 : ret < 0 ? 0 : 2); /* NF_ACCEPT, NF_DROP, NF_STOLEN */
}

#endif
