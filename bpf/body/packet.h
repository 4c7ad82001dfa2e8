/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An skb at a device-level point: is it TCP (RFC 9293 over RFC 791 or RFC 8200) or UDP (RFC 768), which bytes does it
 * carry, does anyone follow them. One read of the head of the packet serves parsing and the filter expression.
 */
#ifndef CRUMB_BODY_PACKET_H
#define CRUMB_BODY_PACKET_H

#include "body/dgram.h"
#include "body/stack.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct packet {
	struct tuple t;
	__u32 seq, ack, payload;
	__u32 payload_at; /* UDP: from the IP header on */
	__u16 ip_id;
	__u8 tcp_flags, ttl, ip_version;
};

struct sighting { /* the skb and what the hook knows about it */
	const struct sk_buff *skb;
	const struct net_device *dev;
	const unsigned char *head; /* skb->head; the two below are offsets from it */
	__u32 data_at, l3_at;	   /* skb->data, IP header */
	const struct Qdisc *q;	   /* NULL: not at a queueing discipline */
	__u32 netns;		   /* of dev: filled in when the packet turns out to matter */
	__u32 ifindex;		   /* of the device, where IP knows it and skb->dev does not yet */
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

static __always_inline void read_tcp(struct packet *p, const __u8 *th, __u32 l4_bytes)
{
	__u32 doff = (th[12] >> 4) * 4;

	p->t.sport = (__u16)th[0] << 8 | th[1];
	p->t.dport = (__u16)th[2] << 8 | th[3];
	p->seq = bpf_ntohl(*(__u32 *)(th + 4));
	p->ack = bpf_ntohl(*(__u32 *)(th + 8));
	p->tcp_flags = th[13];
	p->payload = l4_bytes > doff ? l4_bytes - doff : 0;
	p->payload_at = 0;
}

static __always_inline void read_udp(struct packet *p, const __u8 *h, __u32 at, __u32 l4_bytes)
{
	__u32 len = (__u32)h[4] << 8 | h[5];

	p->t.sport = (__u16)h[0] << 8 | h[1];
	p->t.dport = (__u16)h[2] << 8 | h[3];
	if (!len) /* longer than the field can say */
		len = l4_bytes;
	p->payload = len > UDP_HEADER_BYTES ? len - UDP_HEADER_BYTES : 0;
	p->payload_at = at + UDP_HEADER_BYTES;
	p->tcp_flags = 0;
}

static __always_inline bool is_followed_kind(__u8 proto)
{
	return proto == IPPROTO_TCP || (crumb_cfg.udp && proto == IPPROTO_UDP);
}

static __always_inline void read_l4(struct packet *p, const __u8 *h, __u32 at, __u32 l4_bytes)
{
	if (p->t.proto == IPPROTO_UDP)
		read_udp(p, h, at, l4_bytes);
	else
		read_tcp(p, h, l4_bytes);
}

/* IPv4; false: neither TCP nor UDP, or a later fragment (which has no such header). */
static __always_inline bool read_ip4(struct packet *p, const __u8 *h, const struct sighting *s)
{
	__u32 ihl = (h[0] & 15) * 4, total = (__u32)h[2] << 8 | h[3];
	__u8 th[20];

	if (!is_followed_kind(h[9]) || (h[6] & 0x1f) || h[7])
		return false;
	p->t.proto = h[9];
	if (!total) /* BIG TCP: longer than the field can say */
		total = K(s->skb, len) + s->data_at - s->l3_at;
	p->ip_version = 4;
	p->ip_id = (__u16)h[4] << 8 | h[5];
	p->ttl = h[8];
	p->t.family = AF_INET;
	v4_mapped(p->t.a, *(__u32 *)(h + 12));
	v4_mapped(p->t.b, *(__u32 *)(h + 16));
	if (ihl == 20) {
		read_l4(p, h + 20, 20, total - 20);
		return true;
	}
	if (bpf_probe_read_kernel(th, sizeof(th), s->head + s->l3_at + ihl))
		return false;
	read_l4(p, th, ihl, total - ihl);
	return true;
}

/* IPv6 without extension headers. */
static __always_inline bool read_ip6(struct packet *p, const __u8 *h, const struct sighting *s)
{
	__u32 total = (__u32)h[4] << 8 | h[5];

	if (!is_followed_kind(h[6]))
		return false;
	p->t.proto = h[6];
	if (!total)
		total = K(s->skb, len) + s->data_at - s->l3_at - 40;
	p->ip_version = 6;
	p->ip_id = 0;
	p->ttl = h[7];
	p->t.family = AF_INET6;
	__builtin_memcpy(p->t.a, h + 8, 16);
	__builtin_memcpy(p->t.b, h + 24, 16);
	read_l4(p, h + 40, 40, total);
	return true;
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
	t->zone = zone_of(t->b, s->netns);
}

static __always_inline bool sent_by_selected(const struct sk_buff *skb, bool udp)
{
	const struct sock *sk = K(skb, sk);

	if (K(skb, skb_iif) || !sk)
		return false;
	return task_selected(task_now()) || (udp && (*sock_mark(sk) & SOCK_MARK_SENDS));
}

/*
 * A packet of a connection that nobody follows yet. With tasks asked for, a connection begins with a SYN sent
 * by a selected task, or with one that arrives in a namespace where a selected task listens on its port; UDP with any
 * datagram so sent or received.
 */
static __always_inline struct crumb_flow *packet_select(struct sighting *s, struct packet *p,
							struct crumb_filter_packet *fp, __u8 *dir)
{
	__u8 why = CRUMB_WHY_FILTER;

	if (tasks_asked()) {
		bool udp = p->t.proto == IPPROTO_UDP;

		if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
			return NULL;
		if (!s->netns)
			s->netns = device_netns(s->dev);
		if (sent_by_selected(s->skb, udp))
			why = CRUMB_WHY_TASK;
		else if (listened(s->netns, p->t.dport, udp ? CRUMB_LISTEN_UDP : 0))
			why = CRUMB_WHY_LISTEN;
		else
			return NULL;
	}
	if (crumb_cfg.select & CRUMB_SELECT_NETNS) {
		if (!s->netns)
			s->netns = device_netns(s->dev);
		if (!netns_selected(s->netns))
			return NULL;
	}
	if (crumb_cfg.select & CRUMB_SELECT_FILTER) {
		fp->len = p->ip_version == 4 ? (__u32)fp->bytes[2] << 8 | fp->bytes[3] :
					       40 + ((__u32)fp->bytes[4] << 8 | fp->bytes[5]);
		/* The payload of a sent skb lies in page fragments: only the linear part was read. */
		fp->caplen = s->data_at + K(s->skb, len) - K(s->skb, data_len) - s->l3_at;
		if (fp->caplen > fp->len)
			fp->caplen = fp->len;
		if (fp->caplen > crumb_cfg.filter_bytes)
			fp->caplen = crumb_cfg.filter_bytes;
		if (!filter_takes(fp))
			return NULL;
	}
	if (!s->netns)
		s->netns = device_netns(s->dev);
	set_zone(s, &p->t);
	return flow_take(&p->t, dir, p->tcp_flags & TCP_SYN ? why | TAKEN_BY_SYN : why, s->netns);
}

/* The flow of the skb and what it carries, NULL if nobody asked for it. */
static __always_inline struct crumb_flow *packet_flow(struct sighting *s, struct packet *p, __u8 *dir)
{
	struct crumb_filter_packet fp;
	struct crumb_flow *f;

	if (bpf_probe_read_kernel(fp.bytes, crumb_cfg.filter_bytes & (CRUMB_FILTER_BYTES | 64),
				  s->head + s->l3_at))
		return NULL;
	if ((fp.bytes[0] >> 4) == 4) {
		if (!read_ip4(p, fp.bytes, s))
			return NULL;
	} else if ((fp.bytes[0] >> 4) == 6) {
		if (!read_ip6(p, fp.bytes, s))
			return NULL;
	} else {
		return NULL;
	}
	f = NULL;
	if (flow_marked(&p->t)) {
		set_zone(s, &p->t);
		f = flow_find(&p->t, dir);
	}
	if (!f)
		f = packet_select(s, p, &fp, dir);
	return f;
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

/* Is a link-layer header in the skb? Above the device it is not written yet. */
static __always_inline bool has_mac(const struct sighting *s)
{
	__u32 mac_at = K(s->skb, mac_header);

	return mac_at != 0xffff && mac_at + 14 <= s->l3_at;
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

static __always_inline void fill_sighting(struct crumb_ev_skb *e, const struct sighting *s,
					  const struct packet *p, const struct crumb_flow *f,
					  __u8 dir)
{
	const struct sk_buff *skb = s->skb;
	struct skb_shared_info *shared = (void *)(s->head + K(skb, end));

	e->flow = f->id;
	e->dir = dir;
	e->tcp_flags = p->tcp_flags;
	e->flags = seen_flags(s);
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
	e->snap_len = 0;
	e->iif = K(skb, skb_iif);
	/* Before the link-layer header is written (IP still above the device) there is nothing to read. */
	e->wire_len = K(skb, len) + s->data_at - s->l3_at;
	__builtin_memset(e->dst_mac, 0, 6);
	__builtin_memset(e->src_mac, 0, 6);
	if (has_mac(s)) {
		__u8 mac[12];

		if (!bpf_probe_read_kernel(mac, sizeof(mac), s->head + K(skb, mac_header))) {
			__builtin_memcpy(e->dst_mac, mac, 6);
			__builtin_memcpy(e->src_mac, mac + 6, 6);
		}
		e->wire_len += s->l3_at - K(skb, mac_header);
	}
	e->point = seen_point(s, e->flags);
}

/* Where the head of the packet begins, and how much of it lies in the skb's linear part. */
struct snap {
	__u32 from, bytes;
	bool l2;
};

static __always_inline struct snap snap_of(const struct sighting *s)
{
	__u32 tail = s->data_at + K(s->skb, len) - K(s->skb, data_len);
	struct snap n = { .from = s->l3_at };

	if (has_mac(s)) {
		n.from = K(s->skb, mac_header);
		n.l2 = true;
	}
	n.bytes = tail > n.from ? tail - n.from : 0;
	if (n.bytes > crumb_cfg.snap_bytes)
		n.bytes = crumb_cfg.snap_bytes;
	return n;
}

/* @cap: a constant, the size of @to. How many bytes there are now. */
static __always_inline __u32 read_snap(__u8 *to, __u32 cap, const struct sighting *s,
				       const struct snap *snap)
{
	__u32 n = snap->bytes;

	__builtin_memset(to, 0, cap);
	if (n > cap)
		n = cap;
	if (n && bpf_probe_read_kernel(to, n, s->head + snap->from))
		return 0;
	return n;
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
	e->s.snap_len = read_snap(e->bytes, sizeof(e->bytes), s, snap);
	e->snap_l2 = snap->l2;
	__builtin_memset(e->pad0, 0, sizeof(e->pad0));
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
	e->s.snap_len = read_snap(e->bytes, sizeof(e->bytes), s, snap);
	e->snap_l2 = snap->l2;
	__builtin_memset(e->pad0, 0, sizeof(e->pad0));
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
	ring_submit(e);
}

/* A SYN with another sequence number on a known pair of ports: the old connection is over, this is a new one. */
static __always_inline void flow_begin(struct crumb_flow *f, const struct sighting *s,
				       const struct packet *p)
{
	struct crumb_flow_key k;

	if (f->midstream || (f->syn_seen && f->syn_seq != p->seq)) {
		f->id = flow_number();
		f->messages[0] = 0;
		f->messages[1] = 0;
		f->sample_start[0] = f->sample_end[0] = 0;
		f->sample_start[1] = f->sample_end[1] = 0;
		f->want_start[0] = f->want_end[0] = 0;
		f->want_start[1] = f->want_end[1] = 0;
		f->sent_ns[0] = f->held_ns[0] = f->held_why[0] = 0;
		f->sent_ns[1] = f->held_ns[1] = f->held_why[1] = 0;
		f->midstream = 0;
		flow_key(&p->t, &k);
		flow_announce(&k, f->id, p->t.family, CRUMB_WHY_FILTER, s->netns);
	}
	f->syn_seq = p->seq;
	f->syn_seen = 1;
}

/* Where the datagram's payload lies in memory, and how much of it in one piece. */
static __always_inline const unsigned char *dgram_at(const struct sighting *s,
						     const struct packet *p, __u32 *ret_linear)
{
	__u32 at = s->l3_at + p->payload_at;
	__u32 end = s->data_at + K(s->skb, len) - K(s->skb, data_len);

	*ret_linear = end > at ? end - at : 0;
	return s->head + at;
}

/* A datagram of a followed flow: its digest goes where TCP has its numbers. False: --payload does not want it. */
static __always_inline bool dgram_read(const struct sighting *s, struct packet *p)
{
	struct crumb_digest d;
	__u32 linear;
	const unsigned char *at = dgram_at(s, p, &linear);

	if (crumb_cfg.pattern_len && !dgram_wanted(s->skb, s->l3_at + p->payload_at,
						   p->payload < linear ? p->payload : linear))
		return false;
	digest_kernel(at, linear, p->payload, &d);
	p->seq = d.whole;
	p->ack = d.head;
	return true;
}

/* It is on its way out of the socket that made it. */
static __always_inline void dgram_leaves(const struct sighting *s, const struct packet *p,
					 struct crumb_flow *f, __u8 dir)
{
	struct crumb_digest d = { .whole = p->seq, .head = p->ack };
	const struct sock *sk = K(s->skb, sk);

	if (K(s->skb, skb_iif) || !sk || K(sk, sk_protocol) != IPPROTO_UDP)
		return;
	if (s->point == CRUMB_PT_DEV_QUEUE)
		f->messages[dir & 1]++;
	dgram_note(s->skb, sk, f->id, dir, &d, p->payload);
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

static __always_inline int dgram_seen(void *ctx, struct sighting *s, struct packet *p,
				      struct crumb_flow *f, __u8 dir)
{
	__u64 now;

	if (!dgram_read(s, p))
		return 0;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	if (s->point == CRUMB_PT_DEV_QUEUE)
		dgram_leaves(s, p, f, dir);
	if (s->point == CRUMB_PT_DEV_RECEIVE)
		dgram_arrives(s, p, f, dir);
	now = bpf_ktime_get_ns();
	record_packet(s, p, f, dir, now);
	if (dgram_stack_due(f, dir)) {
		struct stack_where w = {
			.now = now,
			.netns = s->netns,
			.ifindex = sighting_ifindex(s),
			.seq = p->seq,
			.payload = p->payload ? p->payload : 1,
			.dir = dir,
			.point = seen_point(s, seen_flags(s)),
		};

		stack_record(ctx, f->id, &w);
	}
	return 0;
}

/* Everything that a device-level hook does. */
static __always_inline int packet_seen(void *ctx, struct sighting *s)
{
	struct crumb_flow *f;
	struct packet p;
	__u64 now;
	__u8 dir;

	p.t.proto = 0;
	f = packet_flow(s, &p, &dir);
	if (!f) {
		if (p.t.proto == IPPROTO_UDP && s->point == CRUMB_PT_DEV_QUEUE && !K(s->skb, skb_iif))
			dgram_ignore(K(s->skb, sk));
		return 0;
	}
	if (p.t.proto == IPPROTO_UDP)
		return dgram_seen(ctx, s, &p, f, dir);
	if (!p.payload && !(p.tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) && !crumb_cfg.acks)
		return 0;
	if (p.payload && !flow_wants(f, dir, p.seq, p.payload))
		return 0;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	if ((p.tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		flow_begin(f, s, &p);
	now = bpf_ktime_get_ns();
	if (s->point == CRUMB_PT_DEV_QUEUE && p.payload && !K(s->skb, skb_iif))
		f->sent_ns[dir & 1] = now;
	record_packet(s, &p, f, dir, now);
	if (stack_due(f, dir, p.seq, p.payload)) {
		struct stack_where w = {
			.now = now,
			.netns = s->netns,
			.ifindex = sighting_ifindex(s),
			.seq = p.seq,
			.payload = p.payload,
			.dir = dir,
			.point = seen_point(s, seen_flags(s)),
		};

		stack_record(ctx, f->id, &w);
	}
	return 0;
}

#endif
