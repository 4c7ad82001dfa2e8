/* SPDX-License-Identifier: GPL-2.0-only */
/* An skb at a device-level point: which bytes does it carry, and does anyone follow them? */
#ifndef CRUMB_BODY_PACKET_FIND_H
#define CRUMB_BODY_PACKET_FIND_H

#include "body/head.h"
#include "body/nat.h"
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

	h->skb = 0;
	h->kept = 0;
	h->cut = 0;
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
 * Most hops are the next one of the skb that was the last to pass on this CPU: its head is the same, byte for byte, so what was read and found then
 * still holds, if the connection has one name in both namespaces and its cell is still its own. As flow_at(); 0: look.
 */
static __always_inline __u32 packet_again(struct packet_head *h, struct sighting *s)
{
	const struct crumb_flow *f;
	__u32 i, at, mac;
	__u64 differs = 0;

	if (h->skb != (__u64)s->skb || h->bytes != K(s->skb, len) + s->data_at - s->l3_at ||
	    nat_word(s->skb))
		return 0;
	mac = mac_bytes(s);
	if (mac != h->mac || bpf_probe_read_kernel(h->now, sizeof(h->now), s->head + s->l3_at - mac))
		return 0;
#pragma unroll
	for (i = 0; i < sizeof(h->now) / 8; i++)
		differs |= h->was[i] ^ h->now[i];
	if (differs)
		return 0;
	if (!s->netns)
		s->netns = device_netns(s->dev);
	at = (h->found & 0x7fffffff) - 1;
	f = bpf_map_lookup_elem(&flow_cells, &at);
	if (!f || f->id != h->flow || zone_of(&h->p.t, s->netns) != h->p.t.zone)
		return 0;
	h->at = (__u64)s->head + s->l3_at;
	return h->found;
}

#define LINK_BYTES_MAX                         \
	(CRUMB_SNAP_SHORT - IP6_HEADER_BYTES - \
	 20) /* with IPv6's header and TCP's behind it all is compared */

/*
 * What packet_again() compares with: of packets with bytes, whose headers up to where TCP's options begin, or UDP's bytes, all lie in what it
 * compares. What stands behind IPv4's options or IPv6's extension headers may not.
 */
static __always_inline void packet_remember(struct packet_head *h, const struct sighting *s,
					    __u32 found, const struct crumb_flow *f)
{
	__u32 mac = mac_bytes(s);

	if (!h->p.payload || mac > LINK_BYTES_MAX || h->cut ||
	    (h->p.ip_version == 4 && h->fp.bytes[0] != 0x45))
		return;
	if (bpf_probe_read_kernel(h->was, sizeof(h->was), s->head + s->l3_at - mac))
		return;
	h->mac = mac;
	h->found = found;
	h->flow = f->id;
	h->kept = 0;
	h->skb = (__u64)s->skb;
}

/*
 * FIND_KEEP: in the room what was read of the packet may be left for the next hop. Not where this program has interrupted another one: where programs can be
 * preempted, two of them may have one such room. FIND_TOLD: nobody asks for a packet of which nothing is told, if its connection is followed.
 */
enum find { FIND_KEEP = 1, FIND_TOLD = 2 }; /* bits */

/* A bare acknowledgement. */
static __always_inline bool tells_nothing(const struct packet *p)
{
	return p->t.proto == IPPROTO_TCP && !p->payload && !crumb_cfg.acks &&
	       !(p->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* As flow_at(). @ret_nat: its word, 0 none. */
static __always_inline __u32 packet_find(struct sighting *s, struct packet_head *h, __u32 how,
					 __u64 *ret_nat)
{
	__u32 found = 0;
	__u64 nat;
	bool known;

	*ret_nat = 0;
	known = packet_read(h, s, crumb_cfg.filter_bytes & (CRUMB_FILTER_BYTES | CRUMB_HEAD_BYTES));
	if (wireguard_used() && sealed_enter(h, s->skb, leaves_here(s)))
		return flow_at(&h->p.t);
	if (!known)
		return 0;
	nat = h->p.tunnel ? 0 : nat_word(s->skb); /* in a tunnel that of the outer packet */
	if (nat) { /* before it is looked for: its name may be that of an older one */
		if (!s->netns)
			s->netns = device_netns(s->dev);
		nat_link(&h->p.t, nat, s->netns, false);
		*ret_nat = nat;
	}
	if (flow_marked(&h->p.t)) {
		/* It may be another connection's place. Then this one is taken with its first bytes. */
		if ((how & FIND_TOLD) && !nat && tells_nothing(&h->p))
			return 0;
		set_zone(s, &h->p.t);
		found = flow_at(&h->p.t);
	}
	if (!found && packet_select(s, h, nat))
		found = flow_at(&h->p.t);
	return found;
}

/* The flow of the skb and what it carries, NULL if nobody asked for it. @how: enum find. */
static __always_inline struct crumb_flow *packet_flow(struct sighting *s, struct packet_head *h,
						      __u8 *dir, __u32 how)
{
	__u32 found = packet_again(h, s);
	struct crumb_flow *f;
	bool fresh = !found;
	__u64 nat = 0;

	if (fresh)
		found = packet_find(s, h, how, &nat);
	f = flow_found(found, dir);
	if ((how & FIND_KEEP) && f && fresh && !nat && !h->p.tunnel && !wireguard_used())
		packet_remember(h, s, found, f);
	return f;
}

#endif
