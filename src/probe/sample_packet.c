// SPDX-License-Identifier: GPL-2.0-only
/* Ethernet (IEEE 802.3, 802.1Q), IPv4 (RFC 791) and IPv6 (RFC 8200) without tunnels, TCP (RFC 9293), UDP (RFC 768). */
#include "sample_packet.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "digest.h"
#include "flow_cells.h"
#include "psample.h"

#define TAG_BYTES 4

struct at { /* what is left of the frame */
	const uint8_t *p;
	size_t n;
};

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)be16(p) << 16 | be16(p + 2);
}

static bool step(struct at *at, size_t n)
{
	if (at->n < n)
		return false;
	at->p += n;
	at->n -= n;
	return true;
}

/* The EtherType behind the header and its tags; 0: cut off. */
static uint16_t ethernet(struct at *at, struct crumb_ev_skb *s)
{
	uint16_t type;

	if (at->n < ETH_HLEN)
		return 0;
	memcpy(s->dst_mac, at->p, 6);
	memcpy(s->src_mac, at->p + 6, 6);
	type = be16(at->p + 12);
	step(at, ETH_HLEN);
	while (type == ETHERTYPE_VLAN || type == ETH_P_8021AD) {
		if (at->n < TAG_BYTES)
			return 0;
		if (!s->vlan)
			s->vlan = be16(at->p);
		type = be16(at->p + 2);
		step(at, TAG_BYTES);
	}
	return type;
}

static bool ipv4(struct at *at, struct sampled *r, uint32_t *ret_len)
{
	const uint8_t *h = at->p;
	uint32_t ihl = at->n >= 20 ? (h[0] & 15) * 4 : 0, total;

	if (ihl < 20 || h[0] >> 4 != 4 || (be16(h + 6) & 0x1fff))
		return false;
	total = be16(h + 2);
	if (total < ihl)
		return false;
	r->flow.family = AF_INET;
	r->flow.proto = h[9];
	r->ev.s.ip_version = 4;
	r->ev.s.ip_id = be16(h + 4);
	r->ev.s.ttl = h[8];
	for (int i = 0; i < 2; i++) {
		memset(r->flow.addr[i], 0, 10);
		memset(r->flow.addr[i] + 10, 0xff, 2);
		memcpy(r->flow.addr[i] + 12, h + 12 + i * 4, 4);
	}
	r->l3_len = total;
	*ret_len = total - ihl;
	return step(at, ihl);
}

static bool ipv6(struct at *at, struct sampled *r, uint32_t *ret_len)
{
	const uint8_t *h = at->p;

	if (at->n < 40 || h[0] >> 4 != 6)
		return false;
	r->flow.family = AF_INET6;
	r->flow.proto = h[6];
	r->ev.s.ip_version = 6;
	r->ev.s.ttl = h[7];
	memcpy(r->flow.addr, h + 8, sizeof(r->flow.addr));
	*ret_len = be16(h + 4);
	r->l3_len = *ret_len + 40;
	return step(at, 40);
}

static bool tcp(const struct at *at, uint32_t len, struct crumb_ev_skb *s)
{
	uint32_t doff = at->n >= 20 ? (at->p[12] >> 4) * 4 : 0;

	if (doff < 20 || len <= doff)
		return false;
	s->seq = be32(at->p + 4);
	s->ack = be32(at->p + 8);
	s->tcp_flags = at->p[13];
	s->payload = len - doff;
	return true;
}

static struct crumb_digest digest(const uint8_t *p, uint32_t n, uint32_t bytes)
{
	__u64 w[CRUMB_DIGEST_WORDS] = { 0 };
	struct crumb_digest d;

	if (n > CRUMB_DIGEST_BYTES)
		n = CRUMB_DIGEST_BYTES;
	memcpy(w, p, n);
	crumb_digest_of(w, n, bytes, &d);
	return d;
}

static bool udp(struct at *at, uint32_t len, struct crumb_ev_skb *s)
{
	struct crumb_digest d;

	if (at->n < 8)
		return false;
	if (be16(at->p + 4))
		len = be16(at->p + 4);
	if (len < 8)
		return false;
	s->payload = len - 8;
	step(at, 8);
	d = digest(at->p, at->n < s->payload ? at->n : s->payload, s->payload);
	s->seq = d.whole;
	s->ack = d.head;
	return true;
}

bool sample_packet(const uint8_t *frame, size_t n, struct sampled *r)
{
	struct at at = { frame, n };
	uint16_t type = ethernet(&at, &r->ev.s);
	uint32_t len;
	bool known;

	r->l3 = at.p;
	r->l3_bytes = at.n;
	if (type == ETHERTYPE_IP)
		known = ipv4(&at, r, &len);
	else
		known = type == ETHERTYPE_IPV6 && ipv6(&at, r, &len);
	if (!known || at.n < 4)
		return false;
	r->flow.port[0] = be16(at.p);
	r->flow.port[1] = be16(at.p + 2);
	if (r->flow.proto == IPPROTO_TCP)
		known = tcp(&at, len, &r->ev.s);
	else
		known = r->flow.proto == IPPROTO_UDP && udp(&at, len, &r->ev.s);
	if (known)
		r->ev.s.dir = flow_order_ends(&r->flow);
	return known;
}
