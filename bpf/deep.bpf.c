// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --deep shows of a packet on its way: verdicts of netfilter, routes, neighbours, a bridge's forwarding database
 * (net/netfilter/core.c, nf_tables_core.c, net/ipv4/ip_input.c, net/core/neighbour.c, net/bridge/br_forward.c). Only
 * connections that are followed already, and TCP.
 */
#include "body/packet.h"

/* As packet_flow(), and selects nothing. What is recorded of TCP has bytes. */
static __always_inline struct crumb_flow *packet_known(struct sighting *s, struct packet_head *h,
						       __u8 *dir)
{
	const struct packet *p = &h->p;
	struct crumb_flow *f;

	s->head = K(s->skb, head);
	s->data_at = skb_data_at(s->skb);
	s->l3_at = K(s->skb, network_header);
	if (!packet_read(h, s, CRUMB_HEAD_BYTES))
		return NULL;
	/* A datagram is found again by where it was not seen yet, and here one place may be passed several times. */
	if (p->t.proto != IPPROTO_TCP || !p->payload || !flow_marked(&p->t))
		return NULL;
	set_zone(s, &h->p.t);
	f = flow_find(&p->t, dir);
	return f && flow_wants(f, *dir, p->seq, p->payload) ? f : NULL;
}

/* All but the sighting, which is filled in. */
static __always_inline void no_decision(struct crumb_ev_decision *e)
{
	__builtin_memset(&e->enter_ns, 0, sizeof(*e) - offsetof(struct crumb_ev_decision, enter_ns));
}

/* What is particular to a decision. @about: what the hook knows of it beside the sighting. */
typedef void (*fill_fn)(struct crumb_ev_decision *e, const struct sighting *s, const void *about);

/*
 * The record of a decision about the skb of @s. It is filled in here and not by the callers: older verifiers do not see that what was
 * reserved and is handed out is not NULL.
 */
static __always_inline void decided(struct sighting *s, struct packet_head *h, fill_fn fill,
				    const void *about)
{
	struct crumb_ev_decision *e;
	struct crumb_flow *f;
	__u8 dir;

	f = packet_known(s, h, &dir);
	if (!f)
		return;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	e = ring_reserve(sizeof(*e), s->point);
	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_DECISION, sizeof(*e), bpf_ktime_get_ns());
	fill_sighting(&e->s, s, &h->p, f, dir);
	read_macs(&e->s, s);
	no_decision(e);
	fill(e, s, about);
	ring_submit(e);
}

static __always_inline int decision(struct sighting *s, fill_fn fill, const void *about)
{
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h;

	h = s->dev ? room_enter(&head_room, cpu) : NULL;
	if (!h)
		return 0;
	decided(s, h, fill, about);
	room_leave(cpu);
	return 0;
}

/* ------------------------------------------------------------------------------------- IP and neighbour */

static __always_inline void fill_local(struct crumb_ev_decision *e, const struct sighting *s,
				       const void *about)
{
	e->what = CRUMB_DECIDED_LOCAL;
}

static __always_inline void fill_route(struct crumb_ev_decision *e, const struct sighting *s,
				       const void *about)
{
	const struct rtable *rt = (const void *)(K(s->skb, _skb_refdst) & ~1ul);

	e->what = CRUMB_DECIDED_OUT;
	if (!rt)
		return;
	e->out = BPF_CORE_READ((const struct dst_entry *)rt, dev, ifindex);
	if (e->s.ip_version == 4 && BPF_CORE_READ(rt, rt_gw_family) == AF_INET) {
		__u32 gateway[4];

		v4_mapped(gateway, BPF_CORE_READ(rt, rt_gw4));
		__builtin_memcpy(e->addr, gateway, sizeof(e->addr));
		e->family = AF_INET;
	}
}

static __always_inline int routed(const struct sk_buff *skb, fill_fn fill)
{
	struct sighting s = { .skb = skb, .dev = K(skb, dev), .point = CRUMB_PT_IP_ROUTE };

	return decision(&s, fill, NULL);
}

ENTRY(ip_route_local, ip_local_deliver, struct sk_buff *skb)
{
	return routed(skb, fill_local);
}

ENTRY(ip_route_forward, ip_forward, struct sk_buff *skb)
{
	return routed(skb, fill_route);
}

ENTRY(ip6_route_local, ip6_input, struct sk_buff *skb)
{
	return routed(skb, fill_local);
}

ENTRY(ip6_route_forward, ip6_forward, struct sk_buff *skb)
{
	return routed(skb, fill_route);
}

static __always_inline void fill_neigh(struct crumb_ev_decision *e, const struct sighting *s,
				       const void *about)
{
	const struct neighbour *n = about;

	e->nud_state = K(n, nud_state);
	e->out = e->s.ifindex;
	e->family = BPF_CORE_READ(n, tbl, family);
	if (e->family == AF_INET) {
		*(__u16 *)(e->addr + 10) = 0xffff;
		bpf_core_read(e->addr + 12, 4, &n->primary_key);
	} else {
		bpf_core_read(e->addr, 16, &n->primary_key);
	}
}

/* Called unless the address is known and fresh; where it is known, the packet goes on at once. */
ENTRY(neigh_wait_enter, neigh_resolve_output, struct neighbour *n, struct sk_buff *skb)
{
	struct sighting s = { .skb = skb, .point = CRUMB_PT_NEIGH_WAIT };

	if (K(n, nud_state) & NUD_VALID)
		return 0;
	s.dev = K(n, dev);
	return decision(&s, fill_neigh, n);
}

#ifndef CRUMB_UNTYPED

/* ------------------------------------------------------------------------------ netfilter, as hooks of it */

/*
 * Programs of the type netfilter (net/netfilter/nf_bpf_link.c): one before all others at a hook and one behind them. Both accept,
 * always. The context is the kernel's struct bpf_nf_ctx.
 */
struct nf_ctx {
	const struct nf_hook_state *state;
	const struct sk_buff *skb;
};

#define NF_ACCEPT 1

/*
 * One place for many packets: one is between the two programs for as long as the rules take, and what was dropped there is written
 * over. Of two that meet the first has no step.
 */
static __always_inline struct crumb_asked *nf_slot(const struct nf_ctx *ctx)
{
	__u32 h = pointer_low(ctx->skb);

	h = (h >> 6) + (h >> 18) + K(ctx->state, hook);
	return &crumb_nf_asked[h & (CRUMB_NF_SLOTS - 1)];
}

static __always_inline void set_hook_device(struct sighting *s, const struct nf_hook_state *state)
{
	s->dev = K(state, in);
	if (!s->dev)
		s->dev = K(state, out);
}

SEC("?netfilter") int netfilter_first(struct nf_ctx *ctx)
{
	struct sighting s = { .skb = ctx->skb, .point = CRUMB_PT_NETFILTER };
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h;
	struct crumb_asked *slot;
	bool known;
	__u8 dir;

	set_hook_device(&s, ctx->state);
	h = s.dev ? room_enter(&head_room, cpu) : NULL;
	if (!h)
		return NF_ACCEPT;
	known = packet_known(&s, h, &dir);
	room_leave(cpu);
	if (!known)
		return NF_ACCEPT;
	slot = nf_slot(ctx);
	slot->skb = 0;
	barrier();
	slot->ns = bpf_ktime_get_ns();
	barrier();
	slot->skb = (__u64)ctx->skb;
	return NF_ACCEPT;
}

struct nf_passed {
	const struct nf_hook_state *state;
	__u64 enter_ns;
};

static __always_inline void fill_passed(struct crumb_ev_decision *e, const struct sighting *s,
					const void *about)
{
	const struct nf_passed *passed = about;

	e->enter_ns = passed->enter_ns;
	e->what = NF_ACCEPT;
	e->hook = K(passed->state, hook);
	e->family = K(passed->state, pf);
}

/* What a rule drops does not come here: the drop tells of it. */
SEC("?netfilter") int netfilter_last(struct nf_ctx *ctx)
{
	struct sighting s = { .skb = ctx->skb, .point = CRUMB_PT_NETFILTER };
	struct nf_passed passed = { .state = ctx->state };
	struct crumb_asked *slot = nf_slot(ctx);

	if (slot->skb != (__u64)ctx->skb)
		return NF_ACCEPT;
	passed.enter_ns = slot->ns;
	barrier();
	if (slot->skb != (__u64)ctx->skb)
		return NF_ACCEPT;
	slot->skb = 0;
	set_hook_device(&s, ctx->state);
	decision(&s, fill_passed, &passed);
	return NF_ACCEPT;
}

#endif

#ifdef CRUMB_UNTYPED

/* ---------------------------------------------------------------------------------------------- bridge */

static __always_inline void fill_port(struct crumb_ev_decision *e, const struct sighting *s,
				      const void *about)
{
	const struct net_device *dev = about;

	e->what = CRUMB_DECIDED_OUT;
	e->out = BPF_CORE_READ(dev, ifindex);
}

static __always_inline void fill_flood(struct crumb_ev_decision *e, const struct sighting *s,
				       const void *about)
{
	e->what = CRUMB_DECIDED_FLOOD;
}

static __always_inline int bridge_decides(const struct sk_buff *skb, fill_fn fill, const void *about)
{
	struct sighting s = { .skb = skb, .dev = K(skb, dev), .point = CRUMB_PT_BRIDGE_FDB };

	return decision(&s, fill, about);
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
	struct bridge_port port = {};

	if (!to || bpf_probe_read_kernel(&port, sizeof(port), to))
		return 0;
	return bridge_decides(skb, fill_port, port.dev);
}

ENTRY(bridge_to_all, br_flood, const void *bridge, struct sk_buff *skb)
{
	return bridge_decides(skb, fill_flood, NULL);
}

ENTRY(bridge_to_self, br_pass_frame_up, struct sk_buff *skb)
{
	return bridge_decides(skb, fill_local, NULL);
}

/* ------------------------------------------------------------------------------------------- netfilter */

/*
 * All is noted at the entry, since a packet that is dropped is gone at the return; there the verdict and the time are added.
 * NULL: nobody follows it.
 */
static __always_inline struct crumb_ev_decision *asked_in(__u64 key, struct sighting *s,
							  struct packet_head *h)
{
	struct crumb_ev_decision *e;
	struct crumb_flow *f;
	__u8 dir;

	f = packet_known(s, h, &dir);
	if (!f)
		return NULL;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	bpf_map_update_elem(&verdicts, &key, (const void *)&crumb_zeroes, BPF_ANY);
	e = bpf_map_lookup_elem(&verdicts, &key);
	if (!e) {
		count_lost(CRUMB_PT_NETFILTER);
		return NULL;
	}
	fill_sighting(&e->s, s, &h->p, f, dir);
	read_macs(&e->s, s);
	no_decision(e);
	return e;
}

static __always_inline struct crumb_ev_decision *asked(struct pt_regs *ctx, const struct sk_buff *skb,
						       const struct nf_hook_state *state)
{
	struct sighting s = { .skb = skb, .point = CRUMB_PT_NETFILTER };
	struct crumb_cpu *cpu = this_cpu();
	struct crumb_ev_decision *e;
	struct packet_head *h;

	s.dev = BPF_CORE_READ(state, in);
	if (!s.dev)
		s.dev = BPF_CORE_READ(state, out);
	h = s.dev ? room_enter(&head_room, cpu) : NULL;
	if (!h)
		return NULL;
	e = asked_in(PT_REGS_SP(ctx), &s, h);
	room_leave(cpu);
	if (!e)
		return NULL;
	e->hook = BPF_CORE_READ(state, hook);
	e->family = BPF_CORE_READ(state, pf);
	e->enter_ns = bpf_ktime_get_ns();
	return e;
}

static __always_inline int answered(struct pt_regs *ctx, __u8 verdict)
{
	__u64 key = PT_REGS_SP(ctx) - crumb_cfg.verdict_pop;
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

/* The table is the first argument since 5.16, and was the last before. */
static __always_inline int old_table_asked(struct pt_regs *ctx)
{
	__u64 a1 = PT_REGS_PARM1(ctx), a2 = PT_REGS_PARM2(ctx), a3 = PT_REGS_PARM3(ctx);
	struct crumb_ev_decision *e;
	const void *table;

	/* Each is read at an offset that is a constant. */
	asm volatile("" : "+r"(a1), "+r"(a2), "+r"(a3));
	if (crumb_cfg.ipt.table_first)
		e = asked(ctx, (const void *)a2, (const void *)a3);
	else
		e = asked(ctx, (const void *)a1, (const void *)a2);
	table = (const void *)(crumb_cfg.ipt.table_first ? a1 : a3);
	if (e && crumb_cfg.ipt.table_name)
		bpf_probe_read_kernel_str(e->table, sizeof(e->table),
					  table + crumb_cfg.ipt.table_name);
	return 0;
}

ENTRY(ipt_enter, ipt_do_table)
{
	return old_table_asked(ctx);
}

RETURN(ipt_return, ipt_do_table, __u32 verdict)
{
	return answered(ctx, verdict);
}

ENTRY(ip6t_enter, ip6t_do_table)
{
	return old_table_asked(ctx);
}

RETURN(ip6t_return, ip6t_do_table, __u32 verdict)
{
	return answered(ctx, verdict);
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
