/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which connections are followed. A small table answers "certainly not" with one load, or names the cell of the newest
 * flow that has this place; only if that is another one comes the hash look-up. A connection is taken by its addresses
 * (the expression) or by the task that uses it.
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
	__u8 proto;
	__u16 pad0; /* global functions want all bytes of what they are given set */
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
	k->proto = t->proto;
	k->pad0[0] = 0;
	k->pad0[1] = 0;
	k->pad0[2] = 0;
	k->zone = t->zone;
	return !a_is_0;
}

/* One load: certainly nobody follows it. */
static __always_inline bool flow_marked(const struct tuple *t)
{
	return crumb_slots[flow_slot(t)];
}

static __always_inline bool flow_is(const struct crumb_flow *f, const struct crumb_flow_key *k)
{
	const __u32 *a = (const void *)&f->key, *b = (const void *)k;
	__u32 differs = 0;
	__u32 i;

#pragma unroll
	for (i = 0; i < sizeof(*k) / sizeof(*a); i++)
		differs |= a[i] ^ b[i];
	return f->id && !differs;
}

/* As flow_at() says it, of a connection that is translated on its way (nat.h): @k is another name of it. */
static __always_inline __u32 flow_by_alias(const struct crumb_flow_key *k, __u8 dir)
{
	const struct crumb_alias *a = bpf_map_lookup_elem(&aliases, k);
	const struct crumb_flow *f;
	__u32 at;

	if (!a)
		return 0;
	at = a->at;
	f = bpf_map_lookup_elem(&flow_cells, &at);
	if (!f || f->id != a->flow)
		return 0;
	return (at + 1) | ((dir ^ a->flip) & 1) << 31;
}

/*
 * The flow's cell and one, and in the highest bit the direction of bytes that go from a to b; 0: it is not followed. A
 * global function: verified once, and what follows a look-up is verified for one way out of it.
 */
__weak __noinline __u32 flow_at(const struct tuple *t)
{
	struct crumb_flow_key k;
	struct crumb_flow *f;
	__u32 at, *known;
	__u8 dir;

	if (!t)
		return 0;
	dir = flow_key(t, &k);
	at = crumb_slots[flow_slot(t)] - 1;
	f = bpf_map_lookup_elem(&flow_cells, &at);
	if (f && flow_is(f, &k))
		return (at + 1) | (__u32)dir << 31;
	known = bpf_map_lookup_elem(&flows, &k);
	if (known)
		return (*known + 1) | (__u32)dir << 31;
	return crumb_cfg.nat ? flow_by_alias(&k, dir) : 0;
}

/* What flow_at() found. */
static __always_inline struct crumb_flow *flow_found(__u32 found, __u8 *ret_dir)
{
	__u32 at = (found & 0x7fffffff) - 1;

	*ret_dir = found >> 31;
	if (!found) /* or the verifier goes on with a flow whose number is -1 */
		return NULL;
	return bpf_map_lookup_elem(&flow_cells, &at);
}

/* Only if it is marked, and with its zone filled in. */
static __always_inline struct crumb_flow *flow_find(const struct tuple *t, __u8 *ret_dir)
{
	return flow_found(flow_at(t), ret_dir);
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
	e->proto = k->proto;
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
__weak __noinline __u32 flow_number(void)
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

/* The next number, if nobody has its cell; else 0. A global function, verified once, not at each turn of the loop below. */
__weak __noinline __u32 flow_number_try(void)
{
	__u32 id = flow_number(), at = id & crumb_cfg.cell_mask;
	const struct crumb_flow *f = bpf_map_lookup_elem(&flow_cells, &at);

	return f && !f->id ? id : 0;
}

/*
 * The number of a new flow whose cell nobody has; 0: there is none near. A global function, too, as the verifier would follow the
 * making of a flow behind each turn.
 */
__weak __noinline __u32 flow_number_with_cell(void)
{
	__u32 i, id = 0;

	for (i = 0; i < CRUMB_CELL_TRIES && !id; i++)
		id = flow_number_try();
	return id;
}

/* Into the table, if it is not there. 0: it is, or there is no room. */
static __always_inline __u32 flow_make(const struct tuple *t, const struct crumb_flow_key *k,
				       bool midstream)
{
	struct crumb_flow *fresh;
	__u32 at, id;

	id = flow_number_with_cell();
	at = id & crumb_cfg.cell_mask;
	fresh = id ? bpf_map_lookup_elem(&flow_cells, &at) : NULL;
	if (!fresh)
		return 0;
	__builtin_memset(fresh, 0, sizeof(*fresh));
	fresh->key = *k;
	fresh->midstream = midstream;
	fresh->id = id;
	if (bpf_map_update_elem(&flows, k, &at, BPF_NOEXIST)) {
		fresh->id = 0;
		return 0;
	}
	crumb_slots[flow_slot(t)] = at + 1;
	return id;
}

/* Out of it again. */
static __always_inline void flow_unmake(const struct crumb_flow_key *k)
{
	__u32 *at = bpf_map_lookup_elem(&flows, k);
	struct crumb_flow *f = at ? bpf_map_lookup_elem(&flow_cells, at) : NULL;

	bpf_map_delete_elem(&flows, k);
	if (f)
		f->id = 0;
}

/*
 * From now on this connection is followed: it is in the table, or not for want of room (counted). A global function, and
 * so verified once, not at each place that calls it; it happens once in a connection.
 */
__weak __noinline int flow_take(const struct tuple *t, __u32 why, __u32 netns)
{
	struct crumb_flow_key k;
	__u32 id;

	if (!t)
		return false;
	flow_key(t, &k);
	id = flow_make(t, &k, !(why & TAKEN_BY_SYN));
	if (id) {
		if (t->proto == IPPROTO_UDP)
			crumb_counters.udp_flows = 1; /* from now on sockets are asked */
		if (!flow_announce(&k, id, t->family, why & ~TAKEN_BY_SYN, netns)) {
			flow_unmake(&k); /* the next packet tries again */
			return false;
		}
		return true;
	}
	if (bpf_map_lookup_elem(&flows, &k)) /* of a CPU that was quicker */
		return true;
	__sync_fetch_and_add(&crumb_counters.flows_full, 1);
	__sync_fetch_and_add(&crumb_counters.lost_total, 1);
	return false;
}

/* ~0: it is 0; else 0. */
static __always_inline __u32 zero_mask(__u32 v)
{
	return ~sign_mask(v | -v);
}

/* ~0: a loopback address; else 0. */
static __always_inline __u32 loopback_mask(const __u32 *addr)
{
	__u32 v4 = addr[2] ^ bpf_htonl(0xffff), v6 = addr[2];

	v4 |= (addr[3] ^ bpf_htonl(0x7f000000)) & bpf_htonl(0xff000000);
	v6 |= addr[3] ^ bpf_htonl(1);
	return zero_mask(addr[0] | addr[1]) & (zero_mask(v4) | zero_mask(v6));
}

/*
 * crumb_flow_key.zone of a connection seen in @netns. With a redirection only one of its ends may be a loopback address. Few branches: the
 * verifier would follow each way through all that comes after.
 */
static __always_inline __u32 zone_of(const struct tuple *t, __u32 netns)
{
	const struct crumb_zone *z = &crumb_zones[netns & (CRUMB_ZONE_SLOTS - 1)];
	__u32 zone = z->zone, local = loopback_mask(t->b);

	if (crumb_cfg.nat)
		local |= loopback_mask(t->a);
	if (z->netns && z->netns != netns) { /* another one has its place */
		__u32 *apart = bpf_map_lookup_elem(&zones, &netns);

		zone = apart ? *apart : 0;
	}
	return (netns & local) | (zone & ~local);
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

/* Addresses and ports of @sk as from (local) to (remote). False: not @proto over IP. */
static __always_inline bool sock_tuple_of(const struct sock *sk, struct tuple *t, __u8 proto)
{
	t->family = K(sk, __sk_common.skc_family);
	/* The version of which less is known first: what the verifier finds of it holds for the other. */
	if (t->family == AF_INET6) {
		t->a[0] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[0]);
		t->a[1] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[1]);
		t->a[2] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[2]);
		t->a[3] = K(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[3]);
		t->b[0] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[0]);
		t->b[1] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[1]);
		t->b[2] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]);
		t->b[3] = K(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[3]);
	} else if (t->family == AF_INET) {
		v4_mapped(t->a, K(sk, __sk_common.skc_rcv_saddr));
		v4_mapped(t->b, K(sk, __sk_common.skc_daddr));
	} else {
		return false;
	}
	if (K(sk, sk_protocol) != proto)
		return false;
	t->proto = proto;
	t->pad0 = 0;
	t->zone = 0;
	t->sport = K(sk, __sk_common.skc_num);
	t->dport = bpf_ntohs(K(sk, __sk_common.skc_dport));
	/* After the last FIN (CLOSE, and a timewait socket in its place) the port is given back; bytes are still read. */
	if (!t->sport)
		t->sport = bpf_ntohs(BPF_CORE_READ((const struct inet_sock *)sk, inet_sport));
	return true;
}

static __always_inline bool sock_tuple(const struct sock *sk, struct tuple *t)
{
	return sock_tuple_of(sk, t, IPPROTO_TCP);
}

static __always_inline bool sock_is_udp(const struct sock *sk)
{
	return crumb_cfg.udp && K(sk, sk_protocol) == IPPROTO_UDP;
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
	bool takes;

	if (!p)
		return false;
	if (!crumb_cfg.filter_in_map)
		return crumb_filter(p);
	cpu = this_cpu();
	room = room_enter(&filter_room, cpu);
	if (!room)
		return false;
	*room = *p;
	takes = crumb_filter(room);
	room_leave(cpu);
	return takes;
}

/* The expression asked of a packet that the socket might send: an IP and a TCP header without payload. */
__weak __noinline int filter_takes_tuple(const struct tuple *t)
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

/* The flow of @sk's connection @t, if it is followed already: everybody's sockets come by here. NULL: not; @t->zone is then not set. */
static __always_inline struct crumb_flow *known_flow(const struct sock *sk, struct tuple *t,
						     __u8 *ret_dir)
{
	if (!flow_marked(t))
		return NULL;
	t->zone = zone_of(t, sock_netns(sk));
	return flow_find(t, ret_dir);
}

/* Its connection @t is followed from now on, if the selection takes it; @why: TAKEN_BY_SYN and an enum crumb_flow_why. */
static __always_inline bool sock_take(const struct sock *sk, struct tuple *t, __u32 why)
{
	__u32 netns;

	/* The namespace last: two cold cache lines, and most sockets are refused without them. */
	if ((crumb_cfg.select & CRUMB_SELECT_FILTER) && !filter_takes_tuple(t))
		return false;
	netns = sock_netns(sk);
	if (!netns_selected(netns))
		return false;
	t->zone = zone_of(t, netns);
	return flow_take(t, why, netns);
}

/*
 * The flow of a socket at which the running task just sends or receives (@mine), or at which data arrives.
 * Taken now if it is asked for and was not seen before. @ret_dir: direction of the bytes the socket SENDS.
 */
static __always_inline struct crumb_flow *sock_flow(const struct sock *sk, bool mine, __u8 *ret_dir)
{
	struct crumb_flow *f;
	struct tuple t;

	if (!sock_tuple(sk, &t))
		return NULL;
	f = known_flow(sk, &t, ret_dir);
	if (f)
		return f;
	if (tasks_asked() && (!mine || !task_selected(task_now())))
		return NULL;
	if (!sock_take(sk, &t, tasks_asked() ? CRUMB_WHY_TASK : CRUMB_WHY_FILTER))
		return NULL;
	return flow_find(&t, ret_dir);
}

/* A selected task waits for packets to @port; @kind: 0 TCP, CRUMB_LISTEN_UDP. */
static __always_inline void listen_to(__u32 netns, __u32 port, __u32 kind)
{
	struct crumb_listener l = { .netns = netns, .port = port | kind };
	__u8 one = 1;

	if (bpf_map_update_elem(&listeners, &l, &one, BPF_ANY))
		count_tasks_full();
	asm volatile("" : "+r"(port)); /* or the bound is not seen to hold for the index */
	crumb_listen[port & 0xffff] = 1;
}

/* Do [seq, seq + bytes) and [start, end) share a byte? Sequence space, both shorter than 2^31. */
static __always_inline bool seq_overlap(__u32 seq, __u32 bytes, __u32 start, __u32 end)
{
	return start != end && (__s32)(seq - end) < 0 && (__s32)(start - (seq + bytes)) < 0;
}

/* Is the byte one of those that are not followed any more (struct crumb_ev_unfollowed)? */
static __always_inline bool flow_left(const struct crumb_flow *f, __u8 dir, __u32 seq)
{
	return f->aside == CRUMB_ASIDE_KTLS && (__s32)(seq - f->aside_from[dir & 1]) >= 0;
}

/* With --payload only bytes of the messages that were asked for count. */
static __always_inline bool flow_wants(const struct crumb_flow *f, __u8 dir, __u32 seq, __u32 bytes)
{
	if (flow_left(f, dir, seq))
		return false;
	if (!crumb_cfg.pattern_len)
		return true;
	return seq_overlap(seq, bytes, f->want_start[dir & 1], f->want_end[dir & 1]);
}

#endif
