/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which connections are followed. A small table of marks answers "certainly not" with one load; only then
 * comes the hash look-up. A connection is taken by its addresses (the expression) or by the task that uses it.
 */
#ifndef CRUMB_BODY_FLOW_H
#define CRUMB_BODY_FLOW_H

#include "body/task.h"
#include "filter.bpf.h"

#define TAKEN_BY_SYN 0x80 /* with an enum crumb_flow_why: the connection begins here */

struct tuple {		    /* as one packet or socket sees it: from a to b */
	__u32 a[4], b[4];   /* network order */
	__u16 sport, dport; /* host order */
	__u32 zone;	    /* crumb_flow_key.zone */
	__u8 family;
};

static __always_inline void v4_mapped(__u32 *to, __u32 addr)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = bpf_htonl(0xffff);
	to[3] = addr;
}

static __always_inline __u32 flow_slot(const struct tuple *t)
{
	return crumb_flow_slot(t->a[3], t->b[3], t->sport, t->dport);
}

static __always_inline bool address_less(const __u32 *a, const __u32 *b)
{
	int i;

	for (i = 0; i < 4; i++)
		if (a[i] != b[i])
			return bpf_ntohl(a[i]) < bpf_ntohl(b[i]);
	return false;
}

/* The key; returns the direction of bytes that go from a to b. */
static __always_inline __u8 flow_key(const struct tuple *t, struct crumb_flow_key *k)
{
	bool a_is_0 = t->sport < t->dport || (t->sport == t->dport && address_less(t->a, t->b));

	if (a_is_0) {
		__builtin_memcpy(k->addr[0], t->a, 16);
		__builtin_memcpy(k->addr[1], t->b, 16);
		k->port[0] = t->sport;
		k->port[1] = t->dport;
	} else {
		__builtin_memcpy(k->addr[0], t->b, 16);
		__builtin_memcpy(k->addr[1], t->a, 16);
		k->port[0] = t->dport;
		k->port[1] = t->sport;
	}
	k->proto = IPPROTO_TCP;
	k->pad0[0] = 0;
	k->pad0[1] = 0;
	k->pad0[2] = 0;
	k->zone = t->zone;
	return !a_is_0;
}

/* One load: certainly nobody follows it. */
static __always_inline bool flow_marked(const struct tuple *t)
{
	return crumb_bloom[flow_slot(t)];
}

/* Only if it is marked, and with its zone filled in. */
static __always_inline struct crumb_flow *flow_find(const struct tuple *t, __u8 *ret_dir)
{
	struct crumb_flow_key k;

	*ret_dir = flow_key(t, &k);
	return bpf_map_lookup_elem(&flows, &k);
}

/* False: there was no room for the record, and without it no one can know of the flow. */
static __always_inline bool flow_announce(const struct crumb_flow_key *k, __u32 id, __u8 family,
					  __u8 why, __u32 netns)
{
	struct crumb_ev_flow *e = ring_reserve(sizeof(*e), CRUMB_PT_FLOW);

	if (!e)
		return false;
	event_head(&e->h, CRUMB_EV_FLOW, sizeof(*e), bpf_ktime_get_ns());
	e->flow = id;
	e->proto = IPPROTO_TCP;
	e->family = family;
	e->why = why;
	e->pad0 = 0;
	__builtin_memcpy(e->addr, k->addr, sizeof(e->addr));
	e->port[0] = k->port[0];
	e->port[1] = k->port[1];
	e->netns = netns;
	ring_submit(e);
	return true;
}

/*
 * The next number of a connection. An atomic that returns the old value would do, but those came with 5.12; a map entry
 * with BPF_NOEXIST is made by one only, on every kernel.
 */
static __always_inline __u32 flow_number(void)
{
	volatile __u32 *next = &crumb_counters.next_flow;
	const void *any = (const void *)crumb_zeroes; /* the stack is short where this is called */
	__u32 i, id = *next - CRUMB_FLOW_IDS_KEPT;

	bpf_map_delete_elem(&flow_ids, &id);
	id = *next;
	for (i = 0; i < 16; i++) {
		id++;
		if (bpf_map_update_elem(&flow_ids, &id, any, BPF_NOEXIST))
			continue;
		*next = id;
		break;
	}
	return id;
}

/* Into the table, if it is not there: made in a map, the stack is short where this is called. 0: no room. */
static __always_inline __u32 flow_make(const struct crumb_flow_key *k, bool midstream)
{
	struct crumb_cpu *cpu = this_cpu();
	struct crumb_flow *fresh;
	__u32 at, id = 0;

	if (!cpu)
		return 0;
	at = cpu->level & (CRUMB_LEVELS - 1);
	fresh = bpf_map_lookup_elem(&flow_room, &at);
	if (!fresh)
		return 0;
	cpu->level++;
	barrier();
	__builtin_memset(fresh, 0, sizeof(*fresh));
	fresh->midstream = midstream;
	fresh->id = flow_number();
	if (bpf_map_update_elem(&flows, k, fresh, BPF_NOEXIST) == 0)
		id = fresh->id;
	barrier();
	cpu->level--;
	return id;
}

/* From now on this connection is followed. NULL when the table is full (counted). */
static __noinline struct crumb_flow *flow_take(const struct tuple *t, __u8 *ret_dir, __u8 why,
					       __u32 netns)
{
	struct crumb_flow_key k;
	struct crumb_flow *f;
	__u32 id;

	if (!t || !ret_dir)
		return NULL;
	*ret_dir = flow_key(t, &k);
	f = bpf_map_lookup_elem(&flows, &k);
	if (f)
		return f;
	id = flow_make(&k, !(why & TAKEN_BY_SYN));
	if (id) {
		crumb_bloom[flow_slot(t)] = 1;
		if (!flow_announce(&k, id, t->family, why & ~TAKEN_BY_SYN, netns)) {
			bpf_map_delete_elem(&flows, &k); /* the next packet tries again */
			return NULL;
		}
	}
	f = bpf_map_lookup_elem(&flows, &k); /* ours, or that of a CPU that was quicker */
	if (!f) {
		__sync_fetch_and_add(&crumb_counters.flows_full, 1);
		__sync_fetch_and_add(&crumb_counters.lost_total, 1);
	}
	return f;
}

static __always_inline bool is_loopback(const __u32 *addr)
{
	if (addr[0] || addr[1])
		return false;
	if (addr[2] == bpf_htonl(0xffff))
		return (addr[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !addr[2] && addr[3] == bpf_htonl(1);
}

/* crumb_flow_key.zone of a connection from or to @addr, seen in @netns. */
static __always_inline __u32 zone_of(const __u32 *addr, __u32 netns)
{
	__u32 *zone;

	if (is_loopback(addr))
		return netns;
	if (!crumb_counters.zones)
		return 0;
	zone = bpf_map_lookup_elem(&zones, &netns);
	return zone ? *zone : 0;
}

static __always_inline __u32 sock_netns(const struct sock *sk)
{
	return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum); /* see device_netns() */
}

/* NULL: @sk is no TCP socket, where the kernel can say so. */
static __always_inline struct tcp_sock *sock_tcp(const struct sock *sk)
{
#ifdef CRUMB_UNTYPED
	return (void *)sk;
#else
	return (void *)bpf_skc_to_tcp_sock((void *)sk);
#endif
}

/* Addresses and ports of @sk as from (local) to (remote). False: not TCP over IP. */
static __always_inline bool sock_tuple(const struct sock *sk, struct tuple *t)
{
	t->family = K(sk, __sk_common.skc_family);
	if (t->family == AF_INET) {
		v4_mapped(t->a, K(sk, __sk_common.skc_rcv_saddr));
		v4_mapped(t->b, K(sk, __sk_common.skc_daddr));
	} else if (t->family == AF_INET6) {
		t->a[0] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0]);
		t->a[1] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1]);
		t->a[2] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2]);
		t->a[3] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
		t->b[0] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[0]);
		t->b[1] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[1]);
		t->b[2] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]);
		t->b[3] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	} else {
		return false;
	}
	if (K(sk, sk_protocol) != IPPROTO_TCP)
		return false;
	t->sport = K(sk, __sk_common.skc_num);
	t->dport = bpf_ntohs(K(sk, __sk_common.skc_dport));
	/* After the last FIN (CLOSE, and a timewait socket in its place) the port is given back; bytes are still read. */
	if (!t->sport)
		t->sport = bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
	return true;
}

/* What a filter looks at in the TCP header of an acknowledgement: ports, data offset, flags. */
static __always_inline void tcp_header(__u8 *h, const struct tuple *t)
{
	h[0] = t->sport >> 8;
	h[1] = t->sport;
	h[2] = t->dport >> 8;
	h[3] = t->dport;
	h[12] = 0x50;
	h[13] = 0x10;
}

/*
 * Does the expression take the packet? Before 5.12 a function may not look into its caller's stack at an offset that it
 * computes: then the packet lies in a map, in a place that no interrupt on this CPU uses.
 */
static __noinline bool filter_takes(struct crumb_filter_packet *p)
{
	struct crumb_filter_packet *room;
	struct crumb_cpu *cpu;
	__u32 at;
	bool takes;

	if (!p)
		return false;
	if (!crumb_cfg.filter_in_map)
		return crumb_filter(p);
	cpu = this_cpu();
	if (!cpu)
		return false;
	at = cpu->level & (CRUMB_LEVELS - 1);
	room = bpf_map_lookup_elem(&filter_room, &at);
	if (!room)
		return false;
	cpu->level++;
	barrier();
	*room = *p;
	takes = crumb_filter(room);
	barrier();
	cpu->level--;
	return takes;
}

/* The expression asked of a packet that the socket might send: an IP and a TCP header without payload. */
static __noinline bool filter_takes_tuple(const struct tuple *t)
{
	struct crumb_filter_packet p = {};
	__u32 at;

	if (!t)
		return false;
	if (t->a[0] == 0 && t->a[1] == 0 && t->a[2] == bpf_htonl(0xffff)) {
		p.bytes[0] = 0x45;
		p.bytes[3] = 40;
		p.bytes[8] = 64;
		p.bytes[9] = IPPROTO_TCP;
		__builtin_memcpy(p.bytes + 12, &t->a[3], 4);
		__builtin_memcpy(p.bytes + 16, &t->b[3], 4);
		at = 20;
		tcp_header(p.bytes + at, t);
	} else {
		p.bytes[0] = 0x60;
		p.bytes[5] = 20;
		p.bytes[6] = IPPROTO_TCP;
		p.bytes[7] = 64;
		__builtin_memcpy(p.bytes + 8, t->a, 16);
		__builtin_memcpy(p.bytes + 24, t->b, 16);
		at = 40;
		tcp_header(p.bytes + at, t);
	}
	p.len = at + 20;
	p.caplen = at + 20;
	return filter_takes(&p);
}

/*
 * The flow of a socket at which the running task just sends or receives (@mine), or at which data arrives.
 * Taken now if it is asked for and was not seen before. @ret_dir: direction of the bytes the socket SENDS.
 */
static __always_inline struct crumb_flow *sock_flow(const struct sock *sk, bool mine, __u8 *ret_dir)
{
	struct crumb_flow *f;
	struct tuple t;
	__u32 netns;

	if (!sock_tuple(sk, &t))
		return NULL;
	if (flow_marked(&t)) {
		t.zone = zone_of(t.b, sock_netns(sk));
		f = flow_find(&t, ret_dir);
		if (f)
			return f;
	}
	if (tasks_asked() && (!mine || !task_selected(task_now())))
		return NULL;
	/* The namespace last: two cold cache lines, and most sockets are refused without them. */
	if ((crumb_cfg.select & CRUMB_SELECT_FILTER) && !filter_takes_tuple(&t))
		return NULL;
	netns = sock_netns(sk);
	if (!netns_selected(netns))
		return NULL;
	t.zone = zone_of(t.b, netns);
	return flow_take(&t, ret_dir, tasks_asked() ? CRUMB_WHY_TASK : CRUMB_WHY_FILTER, netns);
}

/* Do [seq, seq + bytes) and [start, end) share a byte? Sequence space, both shorter than 2^31. */
static __always_inline bool seq_overlap(__u32 seq, __u32 bytes, __u32 start, __u32 end)
{
	return start != end && (__s32)(seq - end) < 0 && (__s32)(start - (seq + bytes)) < 0;
}

/* With --payload only bytes of the messages that were asked for count. */
static __always_inline bool flow_wants(const struct crumb_flow *f, __u8 dir, __u32 seq, __u32 bytes)
{
	if (!crumb_cfg.pattern_len)
		return true;
	return seq_overlap(seq, bytes, f->want_start[dir & 1], f->want_end[dir & 1]);
}

#endif
