/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * WireGuard (drivers/net/wireguard): its device gives the packet to a worker, which encrypts it in place and sends it as a UDP datagram in the
 * same skb; at the other end it is decrypted in the same skb, too. So what is in a datagram is known by its skb when it leaves, and from
 * then on by what no other datagram has: the receiver's index and the counter in its header (struct message_data, messages.h).
 */
#ifndef CRUMB_BODY_WIREGUARD_H
#define CRUMB_BODY_WIREGUARD_H

#include "body/head.h"

#define ARPHRD_NONE	0xfffe /* include/uapi/linux/if_arp.h */
#define WG_DATA		4      /* MESSAGE_DATA; little endian, three reserved bytes behind it */
#define WG_HEADER_BYTES 16
#define WG_TAG_BYTES	16
#define WG_PADDED_TO	16

struct sealed { /* what was put into an skb that a WireGuard device got */
	struct packet p;
	__u32 bytes; /* of the packet, from its IP header on */
	__u32 receiver;
	__u64 counter;
	__u64 bound; /* the two above are known: it has left */
};

_Static_assert(sizeof(struct sealed) <= CRUMB_SEALED_BYTES, "the map `seals` holds one");

static __always_inline bool wireguard_used(void)
{
	return tunnels_of(CRUMB_TUNNEL_WIREGUARD);
}

static __always_inline bool is_wireguard(const struct net_device *dev)
{
	char kind[8] = {};

	if (!dev || K(dev, type) != ARPHRD_NONE)
		return false;
	bpf_probe_read_kernel(kind, sizeof(kind), BPF_CORE_READ(dev, rtnl_link_ops, kind));
	return kind[0] == 'w' && kind[1] == 'i' && kind[2] == 'r' && kind[3] == 'e' &&
	       kind[4] == 'g' && kind[5] == 'u' && kind[6] == 'a' && kind[7] == 'r';
}

static __always_inline void seal_forget(const struct sk_buff *skb)
{
	__u64 key = (__u64)skb;

	bpf_map_delete_elem(&seals, &key);
}

/* The device is about to get @skb with @h. One that it cuts into several (GSO) goes on in others: see wireguard.bpf.c. */
static __noinline int seal_note(const struct sk_buff *skb, const struct packet_head *h)
{
	__u64 key = (__u64)skb;
	struct sealed *e;

	if (!h || bpf_map_update_elem(&seals, &key, (const void *)crumb_zeroes, BPF_ANY))
		return 0;
	e = bpf_map_lookup_elem(&seals, &key);
	if (!e)
		return 0;
	e->p = h->p;
	e->bytes = h->bytes;
	return 0;
}

/* Where WireGuard's header is in a datagram with data, from the IP header on; 0: it is none. */
static __always_inline __u32 sealed_at(const struct packet_head *h)
{
	const __u8 *b = h->fp.bytes;

	if (b[0] == 0x45 && b[9] == IPPROTO_UDP)
		return *(const __u32 *)(b + 28) == WG_DATA ? 28 : 0;
	if (b[0] >> 4 == 6 && b[6] == IPPROTO_UDP)
		return *(const __u32 *)(b + 48) == WG_DATA ? 48 : 0;
	return 0;
}

/* Is @h, with its header at @at, the datagram that has @e in it? */
static __always_inline bool seal_holds(struct sealed *e, const struct packet_head *h, __u32 at,
				       bool leaves)
{
	__u32 receiver, low, high, bytes = h->bytes - at - WG_HEADER_BYTES - WG_TAG_BYTES;
	__u64 counter;

	if (at == 28) { /* constants, for the verifier */
		receiver = *(const __u32 *)(h->fp.bytes + 32);
		low = *(const __u32 *)(h->fp.bytes + 36);
		high = *(const __u32 *)(h->fp.bytes + 40);
	} else {
		receiver = *(const __u32 *)(h->fp.bytes + 52);
		low = *(const __u32 *)(h->fp.bytes + 56);
		high = *(const __u32 *)(h->fp.bytes + 60);
	}
	counter = (__u64)high << 32 | low;
	if (e->bound)
		return e->receiver == receiver && e->counter == counter;
	if (!leaves || bytes - e->bytes >= WG_PADDED_TO)
		return false;
	e->receiver = receiver;
	e->counter = counter;
	e->bound = 1;
	return true;
}

/* If what is in this datagram of WireGuard's is known, @h is about that from now on. @leaves: here it may be seen first. */
static __noinline int sealed_enter(struct packet_head *h, const struct sk_buff *skb, bool leaves)
{
	__u64 key = (__u64)skb;
	struct sealed *e;
	__u8 ttl, version;
	__u32 at;

	if (!h)
		return false;
	at = sealed_at(h);
	e = at ? bpf_map_lookup_elem(&seals, &key) : NULL;
	if (!e || !seal_holds(e, h, at, leaves))
		return false;
	version = h->fp.bytes[0] >> 4;
	ttl = version == 4 ? h->fp.bytes[8] : h->fp.bytes[7];
	h->p = e->p;
	h->p.ttl = ttl;
	h->p.ip_version = version;
	h->p.sealed = 1;
	h->tunnel.kind = CRUMB_TUNNEL_WIREGUARD;
	h->tunnel.has_key = 0;
	h->tunnel.key = 0;
	tunnel_ends(h);
	h->p.tunnel = tunnel_number(&h->tunnel);
	h->p.ip_id = h->p.tunnel;
	return true;
}

#endif
