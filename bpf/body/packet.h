/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device-level hook does with the skb that it is given. */
#ifndef CRUMB_BODY_PACKET_H
#define CRUMB_BODY_PACKET_H

#include "body/packet_find.h"
#include "body/packet_record.h"
#include "body/poll.h"
#include "body/qdisc.h"
#include "body/stack.h"
#include "body/tunnel.h"

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
		return !tells_nothing(p);
	return flow_wants(f, dir, p->seq, p->payload);
}

static __always_inline bool packet_stack_due(const struct crumb_flow *f, __u8 dir,
					     const struct packet *p)
{
	return p->t.proto == IPPROTO_UDP ? dgram_stack_due(f, dir) :
					   stack_due(f, dir, p->seq, p->payload);
}

/* @keep: see FIND_KEEP and record_packet(). */
static __always_inline int packet_look(void *ctx, struct sighting *s, struct packet_head *h, bool keep)
{
	struct packet *p = &h->p;
	struct crumb_flow *f;
	bool udp;
	__u64 now;
	__u8 dir;

	bool seals = wireguard_used() && s->point == CRUMB_PT_DEV_XMIT && is_wireguard(s->dev);

	if (seals)
		seal_forget(s->skb);
	f = packet_flow(s, h, &dir, FIND_TOLD | (keep ? FIND_KEEP : 0));
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
	if (!udp && (p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		flow_begin(f, &p->t, p->seq, s->netns);
		h->skb = 0; /* another number perhaps */
	}
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
	record_packet(s, h, f, dir, now, keep);
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
	packet_look(ctx, s, h, cpu->level == 1);
	room_leave(cpu);
	return 0;
}

#endif
