// SPDX-License-Identifier: GPL-2.0-only
/* Neighbours: the link-layer address that a packet waits for (net/core/neighbour.c). All of them, they are few. */
#define CRUMB_PROBED /* the socket whose SYN waits is known by its address only */
#include "body/flow.h"
#include "body/process.h"

static __always_inline int neigh_record(const struct neighbour *n, __u8 point, __u8 created)
{
	struct crumb_ev_neigh *e = ring_reserve(sizeof(*e), point);
	__u32 len;

	if (!e)
		return 0;
	len = BPF_CORE_READ(n, tbl, key_len);
	event_head(&e->h, CRUMB_EV_NEIGH, sizeof(*e), bpf_ktime_get_ns());
	e->netns = BPF_CORE_READ(n, dev, nd_net.net, ns.inum);
	e->ifindex = BPF_CORE_READ(n, dev, ifindex);
	e->point = point;
	e->family = BPF_CORE_READ(n, tbl, family);
	e->nud_state = K(n, nud_state);
	e->created = created;
	e->pad0 = 0;
	__builtin_memset(e->addr, 0, sizeof(e->addr));
	if (len == 4) {
		*(__u32 *)(e->addr + 8) = bpf_htonl(0xffff);
		bpf_core_read(e->addr + 12, 4, &n->primary_key);
	} else {
		bpf_core_read(e->addr, 16, &n->primary_key);
	}
	__builtin_memset(e->lladdr, 0, sizeof(e->lladdr));
	bpf_core_read(e->lladdr, 6, &n->ha);
	ring_submit(e);
	return 0;
}

/*
 * A selected task's SYN waits for its neighbour, and may never be seen at a device: its connection is followed from here on. The
 * task is still in connect(), and the socket has its port by now.
 */
static __always_inline void connect_waits(void)
{
	struct task_state *ts = tasks_asked() ? task_state_get(task_now()) : NULL;
	const struct sock *sk;
	struct tuple t;

	if (!ts || !ts->in_call || !ts->connect_sk)
		return;
	sk = (const struct sock *)ts->connect_sk;
	if (sock_tuple(sk, &t) && t.sport)
		sock_take(sk, &t, CRUMB_WHY_TASK | TAKEN_BY_SYN);
	ts->connect_sk = 0;
}

TRACEPOINT(neigh_event_send_done, struct neighbour *n, int rc)
{
	if (!rc)
		return 0;
	connect_waits();
	return neigh_record(n, CRUMB_PT_NEIGH_RESOLVE, 0);
}

TRACEPOINT(neigh_update, struct neighbour *n)
{
	return neigh_record(n, CRUMB_PT_NEIGH_UPDATE, 0);
}
