/* SPDX-License-Identifier: GPL-2.0-only */
/* The record of a packet at a device-level point. */
#ifndef CRUMB_BODY_PACKET_RECORD_H
#define CRUMB_BODY_PACKET_RECORD_H

#include "body/packet_find.h"
#include "body/ring.h"

static __always_inline bool is_bridge_port(const struct net_device *dev)
{
	const struct net_device___fast *fast = (const void *)dev;

	if (bpf_core_field_exists(((struct net_device___fast *)0)->priv_flags))
		return KBITS(fast, priv_flags) & IFF_BRIDGE_PORT;
	return false;
}

static __always_inline __u32 sighting_ifindex(const struct sighting *s)
{
	return s->dev ? K(s->dev, ifindex) : s->ifindex;
}

/*
 * Offset of K(skb, data). Both are kernel pointers that newer verifiers type as memory: the difference must be
 * taken in 64 bits.
 */
static __always_inline __u32 skb_data_at(const struct sk_buff *skb)
{
	__u64 diff = (__u64)K(skb, data) - (__u64)K(skb, head);

	asm volatile("" : "+r"(diff));
	return diff;
}

static __always_inline __u8 seen_flags(const struct sighting *s)
{
	return (s->dev && is_bridge_port(s->dev) ? CRUMB_SKB_PORT : 0) |
	       (K(s->skb, skb_iif) ? CRUMB_SKB_FORWARDED : 0);
}

/* There is no hook in the bridge: what is received from a port of it, or sent out of one by it, is there. */
static __always_inline __u8 seen_point(const struct sighting *s, __u8 flags)
{
	if ((flags & CRUMB_SKB_PORT) && s->point == CRUMB_PT_DEV_RECEIVE)
		return CRUMB_PT_BRIDGE_IN;
	if ((flags & CRUMB_SKB_PORT) && (flags & CRUMB_SKB_FORWARDED) &&
	    s->point == CRUMB_PT_DEV_QUEUE)
		return CRUMB_PT_BRIDGE_FORWARD;
	return s->point;
}

#define QUEUE_DRIVER_XOFF 1 /* __QUEUE_STATE_DRV_XOFF, include/linux/netdevice.h, as a mask */
#define QUEUE_STACK_XOFF  2

/*
 * Has the skb a time before which fq does not let it go (net/sched/sch_fq.c)? TCP sets it (tcp_wstamp_ns); for a socket of UDP, fq counts
 * by the socket's rate.
 */
static __always_inline bool is_paced(const struct sighting *s, const struct packet *p)
{
	const struct Qdisc_ops *ops = FOLLOW(struct Qdisc, s->q, ops);
	__u32 name = 0;

	bpf_core_read(&name, sizeof(name), &ops->id);
	if ((name & 0xffffff) != ('f' | 'q' << 8))
		return false;
	if (K(s->skb, skb_mstamp_ns) > bpf_ktime_get_ns())
		return true;
	return s->sk && p->t.proto == IPPROTO_UDP && K(s->sk, sk_pacing_rate) != ~0ul;
}

/* What the packet finds when it is put into a queueing discipline. */
static __always_inline __u8 queue_flags(const struct sighting *s, const struct packet *p)
{
	unsigned long state;

	if (!s->txq)
		return 0;
	state = K(s->txq, state);
	return (state & QUEUE_DRIVER_XOFF ? CRUMB_SKB_DRIVER_XOFF : 0) |
	       (state & QUEUE_STACK_XOFF ? CRUMB_SKB_STACK_XOFF : 0) |
	       (is_paced(s, p) ? CRUMB_SKB_PACED : 0);
}

static __always_inline void fill_sighting(struct crumb_ev_skb *e, const struct sighting *s,
					  const struct packet *p, const struct crumb_flow *f,
					  __u8 dir)
{
	const struct sk_buff *skb = s->skb;
	struct skb_shared_info *shared = (void *)(s->head + K(skb, end));

	e->flow = f->id;
	e->dir = dir;
	e->tcp_flags = p->tcp_flags;
	e->flags = seen_flags(s) | (p->tunnel ? CRUMB_SKB_TUNNEL : 0) | queue_flags(s, p);
	e->netns = s->netns;
	e->ifindex = sighting_ifindex(s);
	e->seq = p->seq;
	e->payload = p->payload;
	e->ack = p->ack;
	e->skb_len = K(skb, len);
	e->skb = (__u64)skb;
	e->gso_segs = 0;
	bpf_core_read(&e->gso_segs, sizeof(e->gso_segs), &shared->gso_segs);
	e->queue = K(skb, queue_mapping);
	e->qdisc_handle = s->q ? K(s->q, handle) : 0;
	e->qlen = s->q ? K(s->q, q.qlen) : 0;
	e->ip_id = p->ip_id;
	e->ttl = p->ttl;
	e->ip_version = p->ip_version;
	e->vlan = K(skb, vlan_tci);
	if (e->vlan && K(skb, vlan_proto) == bpf_htons(ETH_P_8021AD))
		e->flags |= CRUMB_SKB_STAG;
	e->snap_len = 0;
	e->iif = K(skb, skb_iif);
	/* Before the link-layer header is written (IP still above the device) there is nothing to read. */
	e->wire_len = K(skb, len) + s->data_at - s->l3_at + mac_bytes(s);
	e->point = seen_point(s, e->flags);
}

/* @frame: the beginning of one (IEEE 802.3), or not, with a @mask of 0. */
static __always_inline void set_macs(struct crumb_ev_skb *e, const __u16 *frame, __u16 mask)
{
	__u16 *dst = (void *)e->dst_mac, *src = (void *)e->src_mac;
	__u32 i;

#pragma unroll
	for (i = 0; i < 3; i++) {
		dst[i] = frame[i] & mask;
		src[i] = frame[3 + i] & mask;
	}
}

static __always_inline void read_macs(struct crumb_ev_skb *e, const struct sighting *s)
{
	__u32 mac = mac_bytes(s);
	__u16 frame[6] = {};

	if (mac)
		bpf_probe_read_kernel(frame, sizeof(frame), s->head + s->l3_at - mac);
	set_macs(e, frame, 0xffff);
}

/* Where the head of the packet begins, and how much of it lies in the skb's linear part. */
struct snap {
	__u32 from, bytes;
	__u32 mac; /* so many of them are the link-layer header */
};

static __always_inline struct snap snap_of(const struct sighting *s)
{
	__u32 tail = s->data_at + K(s->skb, len) - K(s->skb, data_len);
	struct snap n = { .mac = mac_bytes(s) };
	__s32 bytes;

	n.from = s->l3_at - n.mac;
	bytes = tail - n.from;
	n.bytes = bytes & ~sign_mask(bytes);
	if (n.bytes > crumb_cfg.snap_bytes)
		n.bytes = crumb_cfg.snap_bytes;
	return n;
}

/* @to: @cap bytes, a constant, at a multiple of 8. How many of them there are now. */
static __always_inline __u32 read_snap(__u8 *to, __u32 cap, const struct sighting *s,
				       const struct snap *snap)
{
	__u32 n = snap->bytes;

	__builtin_memset(__builtin_assume_aligned(to, 8), 0, cap);
	/* Here, and on this register: what the caller has found of it older verifiers do not see to hold for a copy of it. */
	asm volatile("" : "+r"(n));
	if (n > cap)
		n = cap;
	return bpf_probe_read_kernel(to, n, s->head + snap->from) ? 0 : n;
}

/* The first bytes of the packet, and what a record of it has of them besides. */
static __always_inline void fill_snap(struct crumb_ev_skb *e, __u8 *bytes, __u32 cap,
				      const struct sighting *s, const struct snap *snap)
{
	__u32 n = read_snap(bytes, cap, s, snap), l2 = ~sign_mask(snap->mac - 1);

	e->snap_len = n;
	set_macs(e, __builtin_assume_aligned(bytes, 8), l2 & ~sign_mask(n - 12));
	*(__u64 *)(bytes + cap) = 0; /* snap_l2 and what fills up its word */
	bytes[cap] = l2 & 1;
}

static __always_inline void record_long(const struct sighting *s, const struct packet *p,
					const struct crumb_flow *f, __u8 dir, __u64 now,
					const struct snap *snap)
{
	struct crumb_ev_packet *e = ring_reserve(sizeof(*e), s->point);

	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_SKB, sizeof(*e), now);
	fill_sighting(&e->s, s, p, f, dir);
	fill_snap(&e->s, e->bytes, sizeof(e->bytes), s, snap);
	ring_submit(e);
}

static __always_inline void record_short(const struct sighting *s, struct packet_head *h,
					 const struct crumb_flow *f, __u8 dir, __u64 now,
					 const struct snap *snap, bool keep)
{
	struct crumb_ev_packet_short *e = ring_reserve(sizeof(*e), s->point);

	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_SKB, sizeof(*e), now);
	fill_sighting(&e->s, s, &h->p, f, dir);
	fill_snap(&e->s, e->bytes, sizeof(e->bytes), s, snap);
	keep = keep && h->skb;
	e->kept = keep;
	h->kept = keep ? snap->bytes + 1 : 0;
	ring_submit(e);
}

/* The head of the packet is that of the last record. */
static __always_inline void record_again(const struct sighting *s, const struct packet *p,
					 const struct crumb_flow *f, __u8 dir, __u64 now)
{
	struct crumb_ev_packet_again *e = ring_reserve(sizeof(*e), s->point);

	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_SKB, sizeof(*e), now);
	fill_sighting(&e->s, s, p, f, dir);
	e->again = 1;
	__builtin_memset(e->s.src_mac, 0, sizeof(e->s.src_mac) + sizeof(e->s.dst_mac));
	ring_submit(e);
}

/*
 * The record, in the smallest form that holds it. @keep: this program has interrupted no other one, so that such records with `kept` come in the
 * order of time.
 */
static __always_inline void record_packet(const struct sighting *s, struct packet_head *h,
					  const struct crumb_flow *f, __u8 dir, __u64 now, bool keep)
{
	const struct packet *p = &h->p;
	struct crumb_ev_skb *e;
	struct snap snap;

	if (crumb_cfg.snap_bytes) {
		snap = snap_of(s);
		if (h->skb && h->kept == snap.bytes + 1)
			record_again(s, p, f, dir, now);
		else if (snap.bytes > CRUMB_SNAP_SHORT)
			record_long(s, p, f, dir, now, &snap);
		else
			record_short(s, h, f, dir, now, &snap, keep);
		return;
	}
	e = ring_reserve(sizeof(*e), s->point);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_SKB, sizeof(*e), now);
	fill_sighting(e, s, p, f, dir);
	read_macs(e, s);
	ring_submit(e);
}

#endif
