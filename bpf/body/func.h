/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A call of a kernel function that got an skb or a socket: does it concern a connection that is followed, and which of
 * its bytes? Nothing is selected here that was not selected before: other traffic costs the look at its addresses.
 */
#ifndef CRUMB_BODY_FUNC_H
#define CRUMB_BODY_FUNC_H

#include "body/packet.h"

struct func_object { /* what a call is about */
	const struct sk_buff *skb;
	const struct sock *sk;
	__u32 flow, netns;
	__u32 seq, bytes; /* 0 bytes: the socket as a whole */
	__u8 dir;
};

/*
 * The socket of the call, else the skb's owner. Listening sockets have no peer; what stands in for one (a request, a
 * connection in TIME_WAIT) begins with the same struct and has no protocol to ask for.
 */
static __always_inline bool func_sock(const struct func_object *o, struct tuple *t)
{
	__u8 state;

	if (!o->sk)
		return false;
	state = K(o->sk, __sk_common.skc_state);
	if (state == TCP_LISTEN || state == TCP_CLOSE || state == TCP_TIME_WAIT ||
	    state > TCP_CLOSING || !state)
		return false;
	return sock_tuple(o->sk, t) && t->dport;
}

/*
 * Where it is: at its device, which may be in another namespace than the socket that sent it. In TCP's queues the field
 * holds part of a tree node; numbers of namespaces are high (PROC_DYNAMIC_FIRST, fs/proc/generic.c).
 */
static __always_inline void func_place(struct func_object *o, bool packet)
{
	const struct net_device *dev = packet ? K(o->skb, dev) : NULL;

	if (dev)
		o->netns = device_netns(dev);
	if (o->netns < 0xf0000000 && o->sk)
		o->netns = sock_netns(o->sk);
}

static __always_inline bool func_known(struct func_object *o, struct tuple *t, bool packet)
{
	struct crumb_flow *f;

	if (!flow_marked(t))
		return false;
	func_place(o, packet);
	t->zone = zone_of(t, o->netns);
	f = flow_find(t, &o->dir);
	if (!f)
		return false;
	o->flow = f->id;
	return !o->bytes || flow_wants(f, o->dir, o->seq, o->bytes);
}

static __always_inline bool func_read_packet(struct func_object *o, const unsigned char *head,
					     __u32 l3_at, struct packet_head *h)
{
	struct sighting s = { .skb = o->skb, .head = head, .l3_at = l3_at };

	s.data_at = skb_data_at(o->skb);
	if (!packet_read(h, &s, CRUMB_HEAD_BYTES) || !h->p.payload)
		return false;
	o->seq = h->p.seq;
	o->bytes = h->p.payload;
	return func_known(o, &h->p.t, true);
}

/* Is there an IP header at @l3_at, and behind it bytes of a followed connection? */
static __always_inline bool func_packet_at(struct func_object *o, const unsigned char *head,
					   __u32 l3_at)
{
	struct crumb_cpu *cpu = this_cpu();
	struct packet_head *h = room_enter(&head_room, cpu);
	bool known;

	if (!h)
		return false;
	known = func_read_packet(o, head, l3_at, h);
	room_leave(cpu);
	return known;
}

/*
 * The bytes of an skb, wherever on its way it is: with an IP header where the skb says that there is one, or at its data
 * (a driver hands it over before anyone has said so), or in TCP's queues, where the control block has the numbers.
 */
static __always_inline bool func_skb(struct func_object *o)
{
	const struct sk_buff *skb = o->skb;
	const unsigned char *head = K(skb, head);
	__u32 l3_at = K(skb, network_header), data_at = skb_data_at(skb);
	struct tuple t;
	__u32 cb[2];

	if (!o->sk)
		o->sk = K(skb, sk);
	if (!head)
		return false;
	if (l3_at && l3_at != 0xffff && func_packet_at(o, head, l3_at))
		return true;
	if (data_at != l3_at && K(skb, protocol) && func_packet_at(o, head, data_at))
		return true;
	if (l3_at && l3_at != 0xffff)
		return false;
	if (bpf_core_read(cb, sizeof(cb), &skb->cb) || !func_sock(o, &t))
		return false;
	o->seq = cb[0];
	o->bytes = cb[1] - cb[0];
	/* Not filled in yet, or a SYN's: TCP has no skb longer than a window. */
	return o->bytes && o->bytes < 1u << 30 && func_known(o, &t, false);
}

static __always_inline bool func_about(struct func_object *o)
{
	struct tuple t;

	if (o->skb)
		return func_skb(o);
	o->bytes = 0;
	return func_sock(o, &t) && func_known(o, &t, false);
}

#endif
