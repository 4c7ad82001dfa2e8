/* SPDX-License-Identifier: GPL-2.0-only */
/* An skb at a device-level point: which bytes does it carry, does anyone follow them, the record of it. */
#ifndef CRUMB_BODY_PACKET_H
#define CRUMB_BODY_PACKET_H

#include "body/head.h"
#include "body/nat.h"
#include "body/poll.h"
#include "body/qdisc.h"
#include "body/stack.h"
#include "body/tunnel.h"
#include "body/wireguard.h"

struct sighting { /* the skb and what the hook knows about it */
	const struct sk_buff *skb;
	const struct net_device *dev;
	const struct sock *sk;		/* skb->sk: read once, as device_netns() says why */
	const unsigned char *head;	/* skb->head; the two below are offsets from it */
	__u32 data_at, l3_at;		/* skb->data, IP header */
	const struct Qdisc *q;		/* NULL: not at a queueing discipline */
	const struct netdev_queue *txq; /* NULL: it is not being put into one */
	__u32 netns;			/* of dev: filled in when the packet turns out to matter */
	__u32 ifindex; /* of the device, where IP knows it and skb->dev does not yet */
	__u8 point;
};

/*
 * One place for this walk: for each pointer that a program follows the verifier searches the kernel's whole BTF by
 * name (btf_nested_type_is_trusted), which was half of the time it took to load.
 */
static __always_inline __u32 device_netns(const struct net_device *dev)
{
	return BPF_CORE_READ(dev, nd_net.net, ns.inum);
}

/* Read @n bytes, a constant, of the packet of @s, and what they say. */
static __always_inline bool packet_read(struct packet_head *h, const struct sighting *s, __u32 n)
{
	__u32 len = K(s->skb, len) + s->data_at - s->l3_at;

	h->at = (__u64)s->head + s->l3_at;
	h->bytes = len;
	/* The payload of a sent skb lies in page fragments: only the linear part is read. */
	h->fp.caplen = len - K(s->skb, data_len);
	h->fp.len = 0;
	h->p.t.proto = 0;
	h->p.tunnel = 0;
	h->p.sealed = 0;
	return !bpf_probe_read_kernel(h->fp.bytes, n, s->head + s->l3_at) && packet_parse(h);
}

static __always_inline bool listened(__u32 netns, __u16 port, __u32 kind)
{
	struct crumb_listener l = { .netns = netns, .port = port | kind };

	return crumb_listen[port] && bpf_map_lookup_elem(&listeners, &l);
}

static __always_inline void set_zone(struct sighting *s, struct tuple *t)
{
	if (!s->netns)
		s->netns = device_netns(s->dev);
	t->zone = zone_of(t, s->netns);
}

static __always_inline bool sent_by_selected(const struct sighting *s, bool udp)
{
	if (K(s->skb, skb_iif) || !s->sk)
		return false;
	return task_selected(task_now()) || (udp && (*sock_mark(s->sk) & SOCK_MARK_SENDS));
}

/*
 * A packet of a connection that nobody follows yet. With tasks asked for, a connection begins with a SYN sent
 * by a selected task, or with one that arrives in a namespace where a selected task listens on its port; UDP with any
 * datagram so sent or received.
 */
static __always_inline bool packet_select(struct sighting *s, struct packet_head *h, __u64 nat)
{
	__u8 why = CRUMB_WHY_FILTER;
	struct packet *p = &h->p;

	if (tasks_asked()) {
		bool udp = p->t.proto == IPPROTO_UDP;

		if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
			return false;
		if (!s->netns)
			s->netns = device_netns(s->dev);
		if (sent_by_selected(s, udp))
			why = CRUMB_WHY_TASK;
		else if (listened(s->netns, p->t.dport, udp ? CRUMB_LISTEN_UDP : 0))
			why = CRUMB_WHY_LISTEN;
		else
			return false;
	}
	if (crumb_cfg.select & CRUMB_SELECT_NETNS) {
		if (!s->netns)
			s->netns = device_netns(s->dev);
		if (!netns_selected(s->netns))
			return false;
	}
	if ((crumb_cfg.select & CRUMB_SELECT_FILTER) && !filter_takes(&h->fp))
		return false;
	set_zone(s, &p->t);
	if (p->tcp_flags & TCP_SYN)
		why |= TAKEN_BY_SYN;
	if (nat)
		nat_link(&p->t, nat, s->netns, true);
	if (!flow_take(&p->t, why, s->netns))
		return false;
	if (nat)
		nat_link(&p->t, nat, s->netns, false);
	return true;
}

/* Is this the first place where a packet that the kernel has made may be seen? */
static __always_inline bool leaves_here(const struct sighting *s)
{
	return (s->point == CRUMB_PT_DEV_QUEUE || s->point == CRUMB_PT_IP_OUTPUT) &&
	       !K(s->skb, skb_iif);
}

/* The flow of the skb and what it carries, NULL if nobody asked for it. */
static __always_inline struct crumb_flow *packet_flow(struct sighting *s, struct packet_head *h,
						      __u8 *dir)
{
	__u32 found = 0;
	__u64 nat;
	bool known;

	known = packet_read(h, s, crumb_cfg.filter_bytes & (CRUMB_FILTER_BYTES | CRUMB_HEAD_BYTES));
	if (wireguard_used() && sealed_enter(h, s->skb, leaves_here(s)))
		return flow_find(&h->p.t, dir);
	if (!known)
		return NULL;
	nat = h->p.tunnel ? 0 : nat_word(s->skb); /* in a tunnel that of the outer packet */
	if (nat) { /* before it is looked for: its name may be that of an older one */
		if (!s->netns)
			s->netns = device_netns(s->dev);
		nat_link(&h->p.t, nat, s->netns, false);
	}
	if (flow_marked(&h->p.t)) {
		set_zone(s, &h->p.t);
		found = flow_at(&h->p.t);
	}
	if (!found && packet_select(s, h, nat))
		found = flow_at(&h->p.t);
	return flow_found(found, dir);
}

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
 * How long the link-layer header is that stands before IP's; 0: above the device it is not written yet, and then its offset is 0xffff,
 * behind IP's. No branch, here and in what is made of it: the verifier would follow each way through all that comes after.
 */
static __always_inline __u32 mac_bytes(const struct sighting *s)
{
	__s32 bytes = s->l3_at - K(s->skb, mac_header);

	return bytes & ~sign_mask(bytes - ETHERNET_HEADER_BYTES);
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

static __always_inline void record_short(const struct sighting *s, const struct packet *p,
					 const struct crumb_flow *f, __u8 dir, __u64 now,
					 const struct snap *snap)
{
	struct crumb_ev_packet_short *e = ring_reserve(sizeof(*e), s->point);

	if (!e)
		return;
	event_head(&e->s.h, CRUMB_EV_SKB, sizeof(*e), now);
	fill_sighting(&e->s, s, p, f, dir);
	fill_snap(&e->s, e->bytes, sizeof(e->bytes), s, snap);
	ring_submit(e);
}

/* The record, in the smallest form that holds it. */
static __always_inline void record_packet(const struct sighting *s, const struct packet *p,
					  const struct crumb_flow *f, __u8 dir, __u64 now)
{
	struct crumb_ev_skb *e;
	struct snap snap;

	if (crumb_cfg.snap_bytes) {
		snap = snap_of(s);
		if (snap.bytes > CRUMB_SNAP_SHORT)
			record_long(s, p, f, dir, now, &snap);
		else
			record_short(s, p, f, dir, now, &snap);
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

/* A SYN with another sequence number on a known pair of ports: the old connection is over, this is a new one. */
__weak __noinline int flow_begin(struct crumb_flow *f, const struct tuple *t, __u32 seq, __u32 netns)
{
	if (!f || !t)
		return 0;
	if (f->midstream || (f->syn_seen && f->syn_seq != seq)) {
		f->id = flow_number();
		f->messages[0] = 0;
		f->messages[1] = 0;
		f->sample_start[0] = f->sample_end[0] = 0;
		f->sample_start[1] = f->sample_end[1] = 0;
		f->want_start[0] = f->want_end[0] = 0;
		f->want_start[1] = f->want_end[1] = 0;
		f->sent_ns[0] = f->held_ns[0] = f->held_why[0] = 0;
		f->sent_ns[1] = f->held_ns[1] = f->held_why[1] = 0;
		f->write_ns[0] = f->write_ns[1] = 0;
		f->midstream = 0;
		f->read_known[0] = f->read_known[1] = 0;
		flow_announce(&f->key, f->id, t->family, CRUMB_WHY_FILTER, netns);
	}
	f->syn_seq = seq;
	f->syn_seen = 1;
	return 0;
}

/* Where the datagram's payload lies in memory, and how much of it in one piece. */
static __always_inline __u64 dgram_at(const struct sighting *s, const struct packet_head *h,
				      __u32 *ret_linear)
{
	__u32 at = s->l3_at + h->p.payload_at;
	__u32 end = s->data_at + K(s->skb, len) - K(s->skb, data_len);

	*ret_linear = end > at ? end - at : 0;
	return h->at - (h->p.tunnel ? h->inside : 0) + h->p.payload_at;
}

/* A datagram of a followed flow: its digest goes where TCP has its numbers. False: --payload does not want it. */
static __always_inline bool dgram_read(const struct sighting *s, struct packet_head *h)
{
	struct packet *p = &h->p;
	struct crumb_digest d;
	__u32 linear;
	__u64 at = dgram_at(s, h, &linear);

	if (!dgram_wanted(at, linear, p->payload))
		return false;
	digest_kernel(at, linear, p->payload, &d);
	p->seq = d.whole;
	p->ack = d.head;
	return true;
}

/* It goes on to another machine, or is dropped: no socket of this one gets it. */
static __always_inline void dgram_passes(const struct sk_buff *skb)
{
	struct crumb_arrived *a = dgram_arrived();

	if (a && a->skb == (__u64)skb)
		a->flow = 0;
}

/* It is on its way out: of the socket that made it, or forwarded. */
static __always_inline void dgram_leaves(const struct sighting *s, const struct packet *p,
					 struct crumb_flow *f, __u8 dir)
{
	struct crumb_digest d = { .whole = p->seq, .head = p->ack };

	if (K(s->skb, skb_iif)) {
		dgram_passes(s->skb);
		return;
	}
	if (!s->sk || K(s->sk, sk_protocol) != IPPROTO_UDP)
		return;
	if (s->point == CRUMB_PT_DEV_QUEUE)
		f->messages[dir & 1]++;
	dgram_note(s->skb, s->sk, f->id, dir, &d, p->payload);
}

/* It comes up, and what follows on this CPU until it is queued or dropped is about it. */
static __always_inline void dgram_arrives(const struct sighting *s, const struct packet *p,
					  const struct crumb_flow *f, __u8 dir)
{
	struct crumb_arrived *a = dgram_arrived();

	if (!a)
		return;
	a->skb = (__u64)s->skb;
	a->flow = f->id;
	a->bytes = p->payload;
	a->digest[0] = p->seq;
	a->digest[1] = p->ack;
	a->port = p->t.dport;
	a->dir = dir;
}

/* One in sample_mask + 1: its number is the same at each hop, until the next one is sent. */
static __always_inline bool dgram_stack_due(const struct crumb_flow *f, __u8 dir)
{
	if (crumb_cfg.stacks == CRUMB_STACKS_SAMPLE)
		return (f->messages[dir & 1] & crumb_cfg.sample_mask) == crumb_cfg.sample_mask;
	return stack_due(f, dir, 0, 1);
}

/* Does the packet carry something that is told? */
static __always_inline bool packet_tells(const struct sighting *s, struct packet_head *h,
					 const struct crumb_flow *f, __u8 dir)
{
	const struct packet *p = &h->p;

	if (p->t.proto == IPPROTO_UDP)
		return p->sealed || dgram_read(s, h);
	if (!p->payload)
		return crumb_cfg.acks || (p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
	return flow_wants(f, dir, p->seq, p->payload);
}

static __always_inline bool packet_stack_due(const struct crumb_flow *f, __u8 dir,
					     const struct packet *p)
{
	return p->t.proto == IPPROTO_UDP ? dgram_stack_due(f, dir) :
					   stack_due(f, dir, p->seq, p->payload);
}

static __always_inline int packet_look(void *ctx, struct sighting *s, struct packet_head *h)
{
	struct packet *p = &h->p;
	struct crumb_flow *f;
	bool udp;
	__u64 now;
	__u8 dir;

	bool seals = wireguard_used() && s->point == CRUMB_PT_DEV_XMIT && is_wireguard(s->dev);

	if (seals)
		seal_forget(s->skb);
	f = packet_flow(s, h, &dir);
	udp = p->t.proto == IPPROTO_UDP;
	if (!f) {
		if (udp && s->point == CRUMB_PT_DEV_QUEUE && !K(s->skb, skb_iif))
			dgram_ignore(s->sk);
		return 0;
	}
	if (!packet_tells(s, h, f, dir))
		return 0;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	if (p->tunnel)
		tunnel_tell(h, f->id, dir, s->netns);
	if (s->q) {
		const struct Qdisc *q = s->q;
		struct qdisc_key k = { .flow = f->id,
				       .netns = s->netns,
				       .ifindex = sighting_ifindex(s),
				       .handle = K(q, handle) };
		__u64 ops = 0; /* a number: a global function is not given pointers of the kernel's */

		bpf_core_read(&ops, sizeof(ops), &q->ops);
		qdisc_tell(&k, ops, dir);
	}
	if (udp && s->point == CRUMB_PT_DEV_QUEUE && !p->tunnel)
		dgram_leaves(s, p, f, dir);
	if (udp && s->point == CRUMB_PT_DEV_RECEIVE && !p->tunnel)
		dgram_arrives(s, p, f, dir);
	if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		flow_begin(f, &p->t, p->seq, s->netns);
	if (seals && !p->sealed)
		seal_note(s->skb, h);
	now = bpf_ktime_get_ns();
	/* From the map again: what follows is to be verified once, not for each way that leads here. */
	udp = *(volatile __u8 *)&p->t.proto == IPPROTO_UDP;
	if (!udp && s->point == CRUMB_PT_DEV_QUEUE && p->payload && !p->tunnel && !K(s->skb, skb_iif))
		f->sent_ns[dir & 1] = now;
	if (s->point == CRUMB_PT_DEV_GRO || s->point == CRUMB_PT_DEV_RECEIVE)
		poll_tell(s->skb, f->id, dir, s->netns, sighting_ifindex(s), now,
			  s->point == CRUMB_PT_DEV_RECEIVE);
	record_packet(s, p, f, dir, now);
	if (packet_stack_due(f, dir, p)) {
		struct stack_where w = {
			.now = now,
			.netns = s->netns,
			.ifindex = sighting_ifindex(s),
			.seq = p->seq,
			.payload = udp && !p->payload ? 1 : p->payload,
			.dir = dir,
			.point = seen_point(s, seen_flags(s)),
		};

		stack_record(ctx, f->id, &w);
	}
	return 0;
}

/* Everything that a device-level hook does. What it reads of the packet lies in a room, since the stack is short here. */
static __always_inline int packet_seen(void *ctx, struct sighting *s)
{
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h = room_enter(&head_room, cpu);

	if (!h) {
		count_lost(s->point);
		return 0;
	}
	packet_look(ctx, s, h);
	room_leave(cpu);
	return 0;
}

#endif
