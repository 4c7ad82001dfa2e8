// SPDX-License-Identifier: GPL-2.0-only
/* Device-level points: queue, qdisc, driver, backlog, GRO, receive (net/core/dev.c, net/sched/sch_generic.c). */
#include "body/packet.h"

/* Big endian, as the skb has it. */
static __always_inline bool proto_is_ip(__u16 proto)
{
	return proto == bpf_htons(ETH_P_IP) || proto == bpf_htons(ETH_P_IPV6);
}

/* IP packets only; the cheapest test comes first. */
static __always_inline bool is_ip(const struct sk_buff *skb)
{
	return proto_is_ip(K(skb, protocol));
}

/* ... or a frame with a tag before it, as a bridge makes of one whose tag is of the other protocol. */
static __always_inline bool is_ip_or_tagged(const struct sk_buff *skb)
{
	__u16 proto = K(skb, protocol);

	return proto_is_ip(proto) || proto == bpf_htons(ETH_P_8021Q) ||
	       proto == bpf_htons(ETH_P_8021AD);
}

/* On the way out K(skb, data) may stand before the link-layer header: the network header says where IP begins. */
static __always_inline int on_the_way_out(void *ctx, const struct sk_buff *skb,
					  const struct net_device *dev, __u8 point,
					  const struct Qdisc *q, const struct netdev_queue *txq)
{
	struct sighting s = { .skb = skb, .dev = dev, .q = q, .txq = txq, .point = point };

	if (!is_ip(skb) || !dev)
		return 0;
	/* Where it leaves the socket and where fq may keep it; elsewhere only who chooses by tasks asks. */
	if (point == CRUMB_PT_DEV_QUEUE || txq || tasks_asked())
		s.sk = FOLLOW(struct sk_buff, skb, sk);
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	s.l3_at = K(skb, network_header);
	return packet_seen(ctx, &s);
}

/* On the way in K(skb, data) stands at the IP header, or at a VLAN tag that is still in the frame. */
static __always_inline int on_the_way_in(void *ctx, const struct sk_buff *skb, __u8 point)
{
	struct sighting s = { .skb = skb, .dev = FOLLOW(struct sk_buff, skb, dev), .point = point };

	if (!s.dev)
		return 0;
	if (tasks_asked()) /* what else is known of the socket was seen on the way out */
		s.sk = FOLLOW(struct sk_buff, skb, sk);
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	s.l3_at = s.data_at;
	if (K(skb, protocol) == bpf_htons(ETH_P_8021Q) || K(skb, protocol) == bpf_htons(ETH_P_8021AD))
		s.l3_at += VLAN_TAG_BYTES;
	else if (!is_ip(skb))
		return 0;
	return packet_seen(ctx, &s);
}

TRACEPOINT(net_dev_queue, struct sk_buff *skb)
{
	return on_the_way_out(ctx, skb, FOLLOW(struct sk_buff, skb, dev), CRUMB_PT_DEV_QUEUE, NULL,
			      NULL);
}

TRACEPOINT(net_dev_start_xmit, const struct sk_buff *skb, const struct net_device *dev)
{
	return on_the_way_out(ctx, skb, dev, CRUMB_PT_DEV_XMIT, NULL, NULL);
}

TRACEPOINT(qdisc_enqueue, struct Qdisc *q, const struct netdev_queue *txq, struct sk_buff *skb)
{
	return on_the_way_out(ctx, skb, FOLLOW(struct sk_buff, skb, dev), CRUMB_PT_QDISC_ENQUEUE, q,
			      txq);
}

TRACEPOINT(qdisc_dequeue, struct Qdisc *q, const void *txq, int packets, struct sk_buff *skb)
{
	if (!skb || packets <= 0)
		return 0;
	return on_the_way_out(ctx, skb, FOLLOW(struct sk_buff, skb, dev), CRUMB_PT_QDISC_DEQUEUE, q,
			      NULL);
}

TRACEPOINT(netif_rx, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_DEV_BACKLOG);
}

TRACEPOINT(napi_gro_receive_entry, const struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_DEV_GRO);
}

TRACEPOINT(netif_receive_skb, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_DEV_RECEIVE);
}

#define DEVCONF_RP_FILTER \
	8 /* IPV4_DEVCONF_RP_FILTER, include/uapi/linux/ip.h; data[] begins with number 1 */

/* The state that goes with the usual reasons: buffer full, queue full, too long, wrong way in. Drops are rare: read all. */
static __always_inline void fill_proof(struct crumb_ev_drop *e, const struct sk_buff *skb,
				       const struct sighting *s, const struct sock *sk)
{
	const struct dst_entry *dst = (const void *)(K(skb, _skb_refdst) & ~1ul);
	const struct net_device *dev = s->dev;
	const struct in_device *in;
	const struct Qdisc *q;

	__builtin_memset(&e->rp_filter, 0, sizeof(*e) - offsetof(struct crumb_ev_drop, rp_filter));
	if (sk) {
		e->rmem_alloc = BPF_CORE_READ(sk, sk_backlog.rmem_alloc.counter);
		e->rcvbuf = BPF_CORE_READ(sk, sk_rcvbuf);
	}
	if (dst)
		e->mtu = BPF_CORE_READ(dst, dev, mtu);
	if (!dev)
		return;
	if (!e->mtu)
		e->mtu = BPF_CORE_READ(dev, mtu);
	in = BPF_CORE_READ(dev, ip_ptr);
	if (in)
		e->rp_filter = BPF_CORE_READ(in, cnf.data[DEVCONF_RP_FILTER - 1]) + 1;
	q = BPF_CORE_READ(dev, qdisc);
	if (!q)
		return;
	e->qlen = BPF_CORE_READ(q, q.qlen);
	e->qlimit = BPF_CORE_READ(q, limit);
	e->qbacklog = BPF_CORE_READ(q, qstats.backlog);
	BPF_CORE_READ_STR_INTO(&e->qdisc, q, ops, id);
}

#define NAMESPACES_FROM \
	0xe0000000 /* below all of PROC_DYNAMIC_FIRST (fs/proc/generic.c) and enum init_ns_ino */
#define IFINDEX_SANE (1 << 20)

/* Is it, for sure, the port by which a bridge was about to send? What is no device will not look like one in all three ways. */
static __always_inline bool is_way_out(const struct net_device *dev)
{
	__u32 ifindex = dev ? BPF_CORE_READ(dev, ifindex) - 1 : IFINDEX_SANE;

	return ifindex < IFINDEX_SANE && is_bridge_port(dev) && device_netns(dev) >= NAMESPACES_FROM;
}

/* The tag in the frame, before IP. */
static __always_inline void tag_within(struct crumb_ev_skb *e, const struct sighting *s)
{
	__u16 tci = 0;

	bpf_probe_read_kernel(&tci, sizeof(tci), s->head + s->l3_at - VLAN_TAG_BYTES);
	e->vlan = bpf_ntohs(tci);
	if (K(s->skb, protocol) == bpf_htons(ETH_P_8021AD))
		e->flags |= CRUMB_SKB_STAG;
}

/*
 * Only frees that are drops carry a reason above NOT_SPECIFIED's neighbours; the analysis decides whether the
 * bytes were lost (another copy may have arrived).
 */
static __always_inline int dropped(__u64 *ctx, struct sk_buff *skb, void *location,
				   struct packet_head *h)
{
	struct sighting s = { .skb = skb,
			      .dev = FOLLOW(struct sk_buff, skb, dev),
			      .sk = FOLLOW(struct sk_buff, skb, sk),
			      .point = CRUMB_PT_SKB_DROP };
	struct crumb_ev_drop *e;
	struct packet *p = &h->p;
	struct crumb_flow *f;
	__u64 dev = 0;
	int iif;
	__u8 dir;

	const struct sock *sk = s.sk, *for_sk = NULL;

	if (!is_ip_or_tagged(skb) || !K(skb, network_header))
		return 0;
	/* In UDP's queue the field holds sizes (udp_set_dev_scratch). */
	bpf_core_read(&dev, sizeof(dev), &skb->dev);
	if (dev >> 48 != 0xffff)
		s.dev = NULL;
	/*
	 * Where the socket owns it, the device is forgotten: none above IP, and in TCP's queues the field holds part of a
	 * tree node (sk_buff.rbnode). Below TCP, where early demux found the socket, it is still the one it came in by; so it is
	 * below IP on a veth's other end, where the socket is still the sender's (veth_xmit() does not orphan). A bridge has set the one
	 * to go out by.
	 */
	if (sk) {
		s.netns = sock_netns(sk);
		iif = K(skb, skb_iif);
		if (iif && !is_way_out(s.dev) &&
		    (!s.dev || BPF_CORE_READ((struct net_device *)dev, ifindex) != iif))
			s.dev = NULL;
		else if (iif && device_netns(s.dev))
			s.netns = device_netns(s.dev);
	}
	/* Since 6.11 the fourth argument is the socket that it was for. */
	if (crumb_cfg.drop_has_sock)
		for_sk = (const struct sock *)ctx[3];
	if (for_sk && !s.netns)
		s.netns = BPF_CORE_READ(for_sk, __sk_common.skc_net.net, ns.inum);
	if (!s.netns && !s.dev)
		return 0;
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	s.l3_at = K(skb, network_header);
	f = packet_flow(&s, h, &dir, 0);
	if (!f || (p->t.proto == IPPROTO_TCP && !p->payload && !(p->tcp_flags & TCP_SYN)))
		return 0;
	if (!packet_tells(&s, h, f, dir))
		return 0;
	if (!s.netns)
		s.netns = device_netns(s.dev);
	if (p->tunnel)
		tunnel_tell(h, f->id, dir, s.netns);
	else if (p->t.proto == IPPROTO_UDP)
		dgram_leaves(&s, p, f, dir);
	e = ring_reserve(sizeof(*e), CRUMB_PT_SKB_DROP);
	if (!e)
		return 0;
	event_head(&e->s.h, CRUMB_EV_DROP, sizeof(*e), bpf_ktime_get_ns());
	fill_sighting(&e->s, &s, p, f, dir);
	if (!e->s.vlan && !is_ip(skb))
		tag_within(&e->s, &s);
	read_macs(&e->s, &s);
	e->location = (__u64)location;
	e->reason = crumb_cfg.drop_has_reason ? (__u32)ctx[2] : 0; /* the third argument, since 5.17 */
	fill_proof(e, skb, &s, for_sk ? for_sk : sk);
	ring_submit(e);
	return 0;
}

TRACEPOINT(kfree_skb, struct sk_buff *skb, void *location)
{
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h = room_enter(&head_room, cpu);

	if (!h)
		return 0;
	dropped(ctx, skb, location, h);
	room_leave(cpu);
	return 0;
}

/* ------------------------------------------------------------------------------------ IP, through functions */

/* Routed, with its IP header, before netfilter's last hook and the neighbour: the device is the route's. */
static __always_inline int ip_sends(void *ctx, const struct sk_buff *skb)
{
	struct sighting s = { .skb = skb,
			      .sk = FOLLOW(struct sk_buff, skb, sk),
			      .point = CRUMB_PT_IP_OUTPUT };
	const struct net_device *dev;
	const struct dst_entry *dst;

	dst = (const void *)(K(skb, _skb_refdst) & ~1ul);
	dev = BPF_CORE_READ(dst, dev);
	s.netns = device_netns(dev);
	s.ifindex = BPF_CORE_READ(dev, ifindex);
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	s.l3_at = K(skb, network_header);
	return packet_seen(ctx, &s);
}

ENTRY(ip_output_enter, ip_output, void *net, void *sk, struct sk_buff *skb)
{
	entry_first(ctx, CRUMB_TWIN_OUTPUT, skb);
	return ip_sends(ctx, skb);
}

ENTRY(ip_output_enter_again, ip_output, void *net, void *sk, struct sk_buff *skb)
{
	return entry_second(ctx, CRUMB_TWIN_OUTPUT, skb) ? ip_sends(ctx, skb) : 0;
}

ENTRY(ip6_output_enter, ip6_output, void *net, void *sk, struct sk_buff *skb)
{
	entry_first(ctx, CRUMB_TWIN_OUTPUT, skb);
	return ip_sends(ctx, skb);
}

ENTRY(ip6_output_enter_again, ip6_output, void *net, void *sk, struct sk_buff *skb)
{
	return entry_second(ctx, CRUMB_TWIN_OUTPUT, skb) ? ip_sends(ctx, skb) : 0;
}

/* Both the single packet and the list come by here. */
ENTRY(ip_receive_core, ip_rcv_core, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_IP_RECEIVE);
}

ENTRY(ip6_receive_core, ip6_rcv_core, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_IP_RECEIVE);
}

/* Where the compiler has taken the above apart. */
ENTRY(ip_receive_enter, ip_rcv, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_IP_RECEIVE);
}

ENTRY(ip6_receive_enter, ipv6_rcv, struct sk_buff *skb)
{
	return on_the_way_in(ctx, skb, CRUMB_PT_IP_RECEIVE);
}
