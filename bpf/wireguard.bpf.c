// SPDX-License-Identifier: GPL-2.0-only
/*
 * What WireGuard's device cuts (wg_xmit(), drivers/net/wireguard/device.c): of an skb with several segments it makes skbs of one segment each
 * (GSO), and those are encrypted. No tracepoint tells of them; the function that makes them returns the list. See body/wireguard.h.
 */
#define CRUMB_PROBED
#include "body/packet.h"

/* One of them: remember what is in it if it is followed. Returns the next one's address. A global function: verified once, not at each turn. */
__weak __noinline __u64 seal_segment(__u64 address)
{
	const struct sk_buff *skb = (const void *)address;
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h = room_enter(&head_room, cpu);
	struct sighting s = { .skb = skb };

	seal_forget(skb); /* of an earlier skb that was there */
	if (!h)
		return (__u64)K(skb, next);
	s.dev = K(skb, dev);
	s.head = K(skb, head);
	s.data_at = skb_data_at(skb);
	s.l3_at = K(skb, network_header);
	if (packet_read(h, &s, CRUMB_HEAD_BYTES) && flow_marked(&h->p.t)) {
		set_zone(&s, &h->p.t);
		if (flow_at(&h->p.t) && (h->p.t.proto != IPPROTO_UDP || dgram_read(&s, h)))
			seal_note(skb, h);
	}
	room_leave(cpu);
	return (__u64)K(skb, next);
}

static __always_inline int was_cut(const struct sk_buff *segments)
{
	__u64 at = (__u64)segments;
	__u32 i;

	if (!at || at >= (__u64)-4095 || !is_wireguard(K(segments, dev))) /* IS_ERR() */
		return 0;
	for (i = 0; i < CRUMB_MAX_SEGMENTS && at; i++)
		at = seal_segment(at);
	return 0;
}

RETURN_VALUE(gso_return, __skb_gso_segment, const struct sk_buff *, segments, struct sk_buff *skb,
	     __u64 features, bool tx_path)
{
	return was_cut(segments);
}
