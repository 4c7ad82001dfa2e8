/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the head of a packet says: is it TCP (RFC 9293 over RFC 791 or RFC 8200) or UDP (RFC 768), which bytes does it carry. One
 * read serves parsing and the filter expression. Of a packet within a tunnel's (VXLAN RFC 7348, Geneve RFC 8926, GRE RFC 2784 and
 * 2890, IP in IP RFC 2003 and 2473) it is what the inner one says.
 */
#ifndef CRUMB_BODY_HEAD_H
#define CRUMB_BODY_HEAD_H

#include "body/dgram.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

#define IP6_HEADER_BYTES  40
#define IP6_EXTENSIONS	  8 /* of one packet that are stepped over */
#define PROTO_HOPOPTS	  0 /* include/uapi/linux/in6.h */
#define PROTO_IPIP	  4
#define PROTO_IPV6	  41
#define PROTO_ROUTING	  43
#define PROTO_FRAGMENT	  44
#define PROTO_GRE	  47
#define PROTO_AH	  51
#define PROTO_DSTOPTS	  60
#define ETH_P_TEB	  0x6558 /* an Ethernet frame */
#define GRE_HAS_CHECKSUM  0x8000
#define GRE_HAS_KEY	  0x2000
#define GRE_HAS_NUMBER	  0x1000
#define GRE_NOT_PLAIN	  0x4007 /* a route, or another version */
#define VXLAN_HAS_VNI	  0x08
#define VXLAN_HAS_PROTO	  0x04 /* VXLAN-GPE */
#define TUNNEL_LEAD_BYTES 16   /* read behind the outer IP header */

struct packet {
	struct tuple t;
	__u32 seq, ack, payload;
	__u32 payload_at; /* UDP: from the (outer) IP header on */
	__u16 ip_id;
	__u16 tunnel; /* 0: in none; else what tells its tunnel from others, see crumb_ev_tunnel */
	__u8 tcp_flags, ttl, ip_version;
	__u8 sealed; /* encrypted here: what is said of it was read before (wireguard.h) */
};

struct packet_head { /* what is read of a packet, and what it says */
	struct crumb_filter_packet fp;
	struct packet p;
	__u64 at;     /* where its IP header lies in memory */
	__u32 bytes;  /* from there to its end */
	__u32 inside; /* that header is an inner one, so far behind the outer one; else 0 */
	__u32 cut;    /* IPv6: bytes of extension headers that were cut out of what was read */
	struct crumb_tunnel tunnel;
	/* Left for the next hop of the same skb on this CPU (packet_again()). */
	__u64 skb;   /* all of the above is of that one's packet; 0: of none */
	__u32 found; /* what flow_at() said of it */
	__u32 flow;  /* ... that flow's number */
	__u32 mac;   /* how long the link-layer header before it is */
	__u32 kept; /* a record with `kept` was written of it, with so many bytes of its head, and one; 0: none was */
	__u64 was[CRUMB_SNAP_SHORT / 8]; /* from that header on */
	__u64 now[CRUMB_SNAP_SHORT / 8];
};

_Static_assert(sizeof(struct packet_head) <= CRUMB_HEAD_ROOM, "head_room holds one");

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
static __always_inline bool read_ip4(struct packet_head *head)
{
	const __u8 *h = head->fp.bytes;
	__u32 ihl = (h[0] & 15) * 4, total = (__u32)h[2] << 8 | h[3];
	struct packet *p = &head->p;
	__u8 th[20];

	if (!is_followed_kind(h[9]) || (h[6] & 0x1f) || h[7])
		return false;
	p->t.proto = h[9];
	if (!total) /* BIG TCP: longer than the field can say */
		total = head->bytes;
	head->fp.len = total;
	p->ip_version = 4;
	p->ip_id = (__u16)h[4] << 8 | h[5];
	p->ttl = h[8];
	p->t.family = AF_INET;
	v4_mapped(p->t.a, *(__u32 *)(h + 12));
	v4_mapped(p->t.b, *(__u32 *)(h + 16));
	if (total < ihl)
		return false;
	if (ihl == 20) {
		read_l4(p, h + 20, 20, total - 20);
		return true;
	}
	if (bpf_probe_read_kernel(th, sizeof(th), (const void *)(head->at + ihl)))
		return false;
	read_l4(p, th, ihl, total - ihl);
	return true;
}

static __always_inline bool ip6_is_extension(__u8 next)
{
	return next == PROTO_HOPOPTS || next == PROTO_ROUTING || next == PROTO_FRAGMENT ||
	       next == PROTO_AH || next == PROTO_DSTOPTS;
}

/*
 * Past one extension header (RFC 8200, section 4) of type @next at @at: what comes behind it, and from the eighth bit on where. 0: it does not
 * lie there as a whole, or it is that of a later fragment. Global functions, these: verified once, not at each turn and each caller.
 */
__weak __noinline __u32 ip6_step(const struct packet_head *h, __u32 at, __u32 next)
{
	__u8 b[4];

	if (!h || at + 8 > h->fp.caplen ||
	    bpf_probe_read_kernel(b, sizeof(b), (const void *)(h->at + at)))
		return 0;
	if (next == PROTO_FRAGMENT && (b[2] || (b[3] & 0xf8)))
		return 0;
	if (next == PROTO_FRAGMENT)
		at += 8;
	else if (next == PROTO_AH)
		at += (b[1] + 2) * 4;
	else
		at += (b[1] + 1) * 8;
	return at << 8 | b[0];
}

/*
 * What comes behind the extension headers of the packet, and from the eighth bit on where it begins. 0: a later fragment, or more
 * headers than are looked at, or they do not lie there as a whole.
 */
__weak __noinline __u32 ip6_behind(const struct packet_head *h)
{
	__u32 behind, i;

	if (!h)
		return 0;
	behind = IP6_HEADER_BYTES << 8 | h->fp.bytes[6];
	for (i = 0; i < IP6_EXTENSIONS && behind && ip6_is_extension(behind); i++)
		behind = ip6_step(h, behind >> 8, behind & 0xff);
	return ip6_is_extension(behind) || behind >> 8 > h->fp.caplen ? 0 : behind;
}

/*
 * The extension headers are cut out of what was read, so that the expression sees what libpcap's can see: TCP or UDP right behind
 * the IPv6 header. How many bytes they have; 0: they hide what is behind them.
 */
__weak __noinline __u32 ip6_cut(struct packet_head *h)
{
	__u32 behind = h ? ip6_behind(h) : 0, at = behind >> 8;
	const void *from;

	if (!behind || !is_followed_kind(behind))
		return 0;
	from = (const void *)(h->at + at);
	if (bpf_probe_read_kernel(h->fp.bytes + IP6_HEADER_BYTES,
				  CRUMB_HEAD_BYTES - IP6_HEADER_BYTES, from))
		return 0;
	if (crumb_cfg.filter_bytes > CRUMB_HEAD_BYTES &&
	    bpf_probe_read_kernel(h->fp.bytes + CRUMB_HEAD_BYTES,
				  CRUMB_FILTER_BYTES - CRUMB_HEAD_BYTES,
				  from + CRUMB_HEAD_BYTES - IP6_HEADER_BYTES))
		return 0;
	h->fp.bytes[6] = behind;
	return at - IP6_HEADER_BYTES;
}

/* Word by word: of bytes the compiler would copy each by itself. */
static __always_inline void copy_address(__u32 *to, const __u8 *from)
{
	const __u32 *words = (const void *)from;
	__u32 i;

#pragma unroll
	for (i = 0; i < 4; i++)
		to[i] = words[i];
}

static __always_inline bool read_ip6(struct packet_head *head)
{
	const __u8 *h = head->fp.bytes;
	__u32 payload = (__u32)h[4] << 8 | h[5], cut = 0;
	struct packet *p = &head->p;

	if (!is_followed_kind(h[6])) {
		cut = ip6_is_extension(h[6]) ? ip6_cut(head) : 0;
		if (!cut)
			return false;
	}
	if (!payload) /* BIG TCP: longer than the field can say */
		payload = head->bytes < IP6_HEADER_BYTES ? 0 : head->bytes - IP6_HEADER_BYTES;
	if (payload < cut || head->fp.caplen < cut)
		return false;
	payload -= cut;
	head->cut = cut;
	head->fp.caplen -= cut;
	p->t.proto = h[6];
	head->fp.len = IP6_HEADER_BYTES + payload;
	p->ip_version = 6;
	p->ip_id = 0;
	p->ttl = h[7];
	p->t.family = AF_INET6;
	copy_address(p->t.a, h + 8);
	copy_address(p->t.b, h + 24);
	read_l4(p, h + IP6_HEADER_BYTES, IP6_HEADER_BYTES, payload);
	if (p->payload_at)
		p->payload_at += cut;
	return true;
}

/* ------------------------------------------------------------------------------------------------ tunnels */

/* What lies where in a tunnel's packet: the bytes from the IP header on, and what is there. */
struct inside {
	__u32 at;
	__u32 proto; /* as an EtherType; 0: nothing that is known */
};

static __always_inline bool tunnels_of(__u8 kind)
{
	return crumb_cfg.tunnels & (1u << kind);
}

/* The kind of the tunnels that use that port; 0 none. */
static __always_inline __u8 tunnel_port(__u16 port)
{
	__u32 i;

#pragma unroll
	for (i = 0; i < CRUMB_TUNNEL_PORTS; i++)
		if (crumb_cfg.tunnel_ports[i].port && crumb_cfg.tunnel_ports[i].port == port)
			return crumb_cfg.tunnel_ports[i].kind;
	return 0;
}

static __always_inline struct inside in_datagram(struct crumb_tunnel *t, const __u8 *b, __u32 at)
{
	__u8 kind = tunnel_port((__u16)b[2] << 8 | b[3]);
	struct inside in = { .at = at + 16, .proto = ETH_P_TEB };

	t->key = (__u32)b[12] << 16 | (__u32)b[13] << 8 | b[14];
	t->kind = kind;
	t->has_key = 1;
	if (kind == CRUMB_TUNNEL_VXLAN) {
		if (b[8] & VXLAN_HAS_PROTO)
			in.proto = b[11] == 1 ? ETH_P_IP :
				   b[11] == 2 ? ETH_P_IPV6 :
				   b[11] == 3 ? ETH_P_TEB :
						0;
		if (!(b[8] & VXLAN_HAS_VNI))
			in.proto = 0;
	} else if (kind == CRUMB_TUNNEL_GENEVE) {
		in.at += (b[8] & 0x3f) * 4;
		in.proto = b[8] >> 6 ? 0 : (__u16)b[10] << 8 | b[11];
	} else {
		in.proto = 0;
	}
	return in;
}

static __always_inline struct inside in_gre(struct crumb_tunnel *t, const __u8 *b, __u32 at)
{
	__u16 flags = (__u16)b[0] << 8 | b[1];
	struct inside in = { .at = at + 4, .proto = (__u16)b[2] << 8 | b[3] };

	t->kind = CRUMB_TUNNEL_GRE;
	t->has_key = !!(flags & GRE_HAS_KEY);
	t->key = 0;
	if (t->has_key && (flags & GRE_HAS_CHECKSUM))
		t->key = (__u32)b[8] << 24 | (__u32)b[9] << 16 | (__u32)b[10] << 8 | b[11];
	else if (t->has_key)
		t->key = (__u32)b[4] << 24 | (__u32)b[5] << 16 | (__u32)b[6] << 8 | b[7];
	in.at += (flags & GRE_HAS_CHECKSUM ? 4 : 0) + (flags & GRE_HAS_KEY ? 4 : 0) +
		 (flags & GRE_HAS_NUMBER ? 4 : 0);
	if (flags & GRE_NOT_PLAIN)
		in.proto = 0;
	return in;
}

/* Where the packet that is behind @at in this one begins. */
static __always_inline struct inside tunnel_look(struct packet_head *h, __u8 proto, __u32 at)
{
	struct inside in = { .at = at, .proto = 0 };
	__u8 b[TUNNEL_LEAD_BYTES];

	if (bpf_probe_read_kernel(b, sizeof(b), (const void *)(h->at + at)))
		return in;
	h->tunnel.has_key = 0;
	h->tunnel.key = 0;
	if (proto == IPPROTO_UDP)
		return in_datagram(&h->tunnel, b, at);
	if (proto == PROTO_GRE)
		return in_gre(&h->tunnel, b, at);
	h->tunnel.kind = CRUMB_TUNNEL_IP;
	in.proto = proto == PROTO_IPIP ? ETH_P_IP : ETH_P_IPV6;
	return in;
}

/* Past the header of an Ethernet frame, a tag of 802.1Q included. */
static __always_inline struct inside frame_look(const struct packet_head *h, struct inside in)
{
	__u8 b[ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES];

	if (in.proto != ETH_P_TEB)
		return in;
	in.proto = 0;
	if (bpf_probe_read_kernel(b, sizeof(b), (const void *)(h->at + in.at)))
		return in;
	in.proto = (__u16)b[12] << 8 | b[13];
	in.at += ETHERNET_HEADER_BYTES;
	if (in.proto == ETH_P_8021Q || in.proto == ETH_P_8021AD) {
		in.proto = (__u16)b[16] << 8 | b[17];
		in.at += VLAN_TAG_BYTES;
	}
	return in;
}

/* The protocol above IP, and from the eighth bit on where it begins, if it may be that of a tunnel; else 0. */
static __always_inline __u32 tunnel_carrier(struct packet_head *h)
{
	const __u8 *b = h->fp.bytes;
	__u32 behind;

	if (b[0] >> 4 == 4) {
		if ((b[6] & 0x1f) || b[7])
			return 0;
		behind = (__u32)(b[0] & 15) * 4 << 8 | b[9];
	} else if (b[0] >> 4 == 6) {
		behind = ip6_is_extension(b[6]) ? ip6_behind(h) : IP6_HEADER_BYTES << 8 | b[6];
	} else {
		return 0;
	}
	switch (behind & 0xff) {
	case IPPROTO_UDP:
		return tunnels_of(CRUMB_TUNNEL_VXLAN) || tunnels_of(CRUMB_TUNNEL_GENEVE) ? behind : 0;
	case PROTO_GRE:
		return tunnels_of(CRUMB_TUNNEL_GRE) ? behind : 0;
	case PROTO_IPIP:
	case PROTO_IPV6:
		return tunnels_of(CRUMB_TUNNEL_IP) ? behind : 0;
	default:
		return 0;
	}
}

static __always_inline void tunnel_ends(struct packet_head *h)
{
	const __u8 *b = h->fp.bytes;

	if (b[0] >> 4 == 4) {
		v4_mapped(h->tunnel.from, *(__u32 *)(b + 12));
		v4_mapped(h->tunnel.to, *(__u32 *)(b + 16));
	} else {
		__builtin_memcpy(h->tunnel.from, b + 8, 16);
		__builtin_memcpy(h->tunnel.to, b + 24, 16);
	}
}

/* So many tunnels are told apart by it that two of one connection in one namespace will not be alike; where they are, it is seen. */
__weak __noinline __u32 tunnel_number(const struct crumb_tunnel *t)
{
	__u32 v, i;

	if (!t)
		return 0;
	v = (t->key ^ t->kind) * 0x9e3779b1u;

#pragma unroll
	for (i = 0; i < 4; i++)
		v = ((v ^ t->from[i]) * 0x85ebca6bu ^ t->to[i]) * 0xc2b2ae35u;
	v ^= v >> 16;
	return v & 0xffff ? v : 1;
}

/* If there is a packet inside this one, @h is about that from now on. */
__weak __noinline __u32 tunnel_enter(struct packet_head *h)
{
	struct inside in = {};
	__u32 carrier;
	__u8 ttl;

	if (!h)
		return 0;
	carrier = tunnel_carrier(h);
	if (!carrier)
		return 0;
	in = frame_look(h, tunnel_look(h, carrier, carrier >> 8));
	if ((in.proto != ETH_P_IP && in.proto != ETH_P_IPV6) || in.at + 28 > h->fp.caplen ||
	    in.at > h->bytes)
		return 0;
	ttl = h->fp.bytes[0] >> 4 == 4 ? h->fp.bytes[8] : h->fp.bytes[7];
	h->p.ip_version = h->fp.bytes[0] >> 4;
	tunnel_ends(h);
	if (bpf_probe_read_kernel(h->fp.bytes,
				  crumb_cfg.filter_bytes & (CRUMB_FILTER_BYTES | CRUMB_HEAD_BYTES),
				  (const void *)(h->at + in.at)))
		return 0;
	h->inside = in.at;
	h->at += in.at;
	h->bytes -= in.at;
	h->fp.caplen -= in.at;
	return 1 | (__u32)ttl << 8 | (__u32)h->p.ip_version << 16;
}

/* What a record says of the packet that is on the wire is the outer one's. */
static __always_inline void tunnel_entered(struct packet_head *h, __u32 outer)
{
	struct packet *p = &h->p;

	p->ttl = outer >> 8;
	p->ip_version = outer >> 16;
	p->tunnel = tunnel_number(&h->tunnel);
	p->ip_id = p->tunnel;
	if (p->payload_at)
		p->payload_at += h->inside;
}

/*
 * What the head of a packet says. A global function: its many ways are verified once, and what follows at each hook is
 * verified for one state, not for each of them. False: not a packet that could be followed.
 */
__weak __noinline int packet_parse(struct packet_head *h)
{
	__u32 version, outer = 0;

	if (!h)
		return false;
	if (crumb_cfg.tunnels)
		outer = tunnel_enter(h);
	version = h->fp.bytes[0] >> 4;
	if (version == 4) {
		if (!read_ip4(h))
			return false;
	} else if (version != 6 || !read_ip6(h)) {
		return false;
	}
	if (h->fp.caplen > h->fp.len)
		h->fp.caplen = h->fp.len;
	if (h->fp.caplen > crumb_cfg.filter_bytes)
		h->fp.caplen = crumb_cfg.filter_bytes;
	if (outer)
		tunnel_entered(h, outer);
	return true;
}

#endif
