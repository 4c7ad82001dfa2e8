/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datagrams in sockets (net/ipv4/udp.c): the calls that send and take them, and the receive queue. No hook tells which
 * datagram a recv call takes: its first bytes are read from the program's memory, where the kernel has just put them.
 */
#ifndef CRUMB_BODY_DGRAM_CALL_H
#define CRUMB_BODY_DGRAM_CALL_H

#include "body/call.h"
#include "body/dgram.h"

#define MSG_MORE 0x8000

/* struct user_msghdr and mmsghdr of the 64-bit ABI, include/linux/socket.h */
#define USER_MSG_IOV	16
#define USER_MMSG_BYTES 64

struct user_buffer {
	const void *base;
	__u64 len;
};

/* Where the @index-th message of the running call lies, or its first piece. False: the call does not say. */
static __always_inline bool user_buffer(const struct task_state *ts, const __u64 *args,
					struct user_buffer *b)
{
	const void *iov = NULL;

	switch (ts->nr) {
	case __NR_sendto:
	case __NR_recvfrom:
	case __NR_write:
	case __NR_read:
		b->base = (const void *)args[1];
		b->len = args[2];
		return true;
	case __NR_writev:
	case __NR_readv:
		iov = (const void *)args[1];
		break;
	case __NR_sendmsg:
	case __NR_recvmsg:
		bpf_probe_read_user(&iov, sizeof(iov), (const void *)(args[1] + USER_MSG_IOV));
		break;
	case __NR_sendmmsg:
	case __NR_recvmmsg:
		bpf_probe_read_user(&iov, sizeof(iov),
				    (const void *)(args[1] + USER_MSG_IOV +
						   (__u64)ts->dgram_index * USER_MMSG_BYTES));
		break;
	}
	return iov && !bpf_probe_read_user(b, sizeof(*b), iov);
}

/* Of the @bytes that the running call has sent or taken, from the program's memory. */
static __always_inline void digest_user(const struct task_state *ts, struct task_struct *task,
					__u32 bytes, struct crumb_digest *d)
{
	__u64 w[CRUMB_DIGEST_BYTES / 8] = {}, args[6];
	struct user_buffer b = {};
	__u32 n = bytes;

	d->whole = 0;
	d->head = 0;
	if (!ts->in_call)
		return;
	call_args(ts, task, args);
	if (!user_buffer(ts, args, &b))
		return;
	if (n > b.len)
		n = b.len;
	if (n > CRUMB_DIGEST_BYTES)
		n = CRUMB_DIGEST_BYTES;
	asm volatile("" : "+r"(n));
	if (n && n <= CRUMB_DIGEST_BYTES && bpf_probe_read_user(w, n, b.base))
		return;
	crumb_digest_of(w, n, bytes, d);
}

static __always_inline __u32 call_msg_flags(const struct task_state *ts, struct task_struct *task)
{
	__u64 args[6];

	if (!ts->in_call)
		return 0;
	call_args(ts, task, args);
	if (ts->nr == __NR_sendto || ts->nr == __NR_sendmmsg)
		return args[3];
	return ts->nr == __NR_sendmsg ? args[2] : 0;
}

/* The first datagram of a call counts as number 0. */
static __always_inline void dgram_count(struct task_state *ts)
{
	if (ts->dgram_call == ts->enter_ns)
		return;
	ts->dgram_call = ts->enter_ns;
	ts->dgram_index = 0;
}

/* @now 0: take the time here. */
static __always_inline void dgram_finish(struct task_state *ts, __u64 now, __s64 ret)
{
	bool sent = ts->dgram_active == DGRAM_SENT;
	const struct sock *sk = (const void *)ts->dgram_sk;
	struct task_struct *task = task_now();
	struct crumb_ev_dgram *e;

	ts->dgram_active = 0;
	if (!now)
		now = bpf_ktime_get_ns();
	process_tell(ts, now);
	e = ring_reserve(sizeof(*e), sent ? CRUMB_PT_SYS_SEND_RETURN : CRUMB_PT_SYS_RECV_RETURN);
	if (!e)
		return;
	event_head(&e->h, sent ? CRUMB_EV_DGRAM_SEND : CRUMB_EV_DGRAM_RECV, sizeof(*e), now);
	e->flow = ts->dgram_flow;
	e->dir = ts->dgram_dir & 1;
	e->flags = ts->dgram_flags;
	e->nr = ts->in_call ? ts->nr : CRUMB_CALL_NO_NR;
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	e->enter_ns = ts->in_call ? ts->enter_ns : 0;
	e->libc_ns = in_libc(ts) ? ts->libc_ns : 0;
	e->sock_ns = ts->dgram_sock_ns;
	if (ts->in_call)
		call_args(ts, task, e->args);
	else
		no_args(e->args);
	e->ret = ret;
	e->sk = ts->dgram_sk;
	e->skb = ts->dgram_skb;
	e->bytes = ts->dgram_bytes;
	e->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	e->digest = ts->dgram_digest;
	e->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->index = ts->dgram_index;
	e->pad0 = 0;
	task_comm(e->comm, task);
	ring_submit(e);
}

/* The flow of a connected socket, if it is followed. */
static __always_inline struct crumb_flow *dgram_flow(const struct sock *sk, __u8 *ret_dir)
{
	struct tuple t;

	if (!sock_tuple_of(sk, &t, IPPROTO_UDP) || !t.dport)
		return NULL;
	return known_flow(sk, &t, ret_dir);
}

/*
 * A datagram was handed down, and its packet was not seen: it waits for its neighbour's address, or for more bytes. A
 * call that a selected task made is told; of others, all, since the expression cannot be asked without addresses.
 */
static __always_inline struct task_state *dgram_unseen(const struct sock *sk, int ret)
{
	struct crumb_cpu *cpu = this_cpu();
	struct task_state *ts;
	struct crumb_flow *f;
	__u8 dir = 0;

	if (cpu && cpu->udp_ignored == (__u64)sk) {
		cpu->udp_ignored = 0;
		return NULL;
	}
	if (ret < 0 || !netns_selected(sock_netns(sk)))
		return NULL;
	if (tasks_asked()) {
		if (!task_selected(task_now()))
			return NULL;
		*sock_mark(sk) |= SOCK_MARK_SENDS;
	}
	ts = task_state_now();
	if (!ts || (call_msg_flags(ts, task_now()) & MSG_MORE))
		return NULL;
	f = dgram_flow(sk, &dir);
	ts->dgram_sk = (__u64)sk;
	ts->dgram_skb = 0;
	ts->dgram_flow = f ? f->id : 0;
	ts->dgram_dir = dir;
	ts->dgram_bytes = ret;
	dgram_count(ts);
	digest_user(ts, task_now(), ret, &ts->dgram_digest);
	return ts;
}

static __always_inline int dgram_sent(const struct sock *sk, int ret)
{
	struct task_struct *task = task_now();
	struct task_state *ts = task_state_get(task);

	if (!ts || ts->dgram_active != DGRAM_SEEN || ts->dgram_sk != (__u64)sk)
		ts = dgram_unseen(sk, ret);
	else
		dgram_count(ts);
	if (!ts)
		return 0;
	ts->dgram_active = DGRAM_SENT;
	ts->dgram_sock_ns = bpf_ktime_get_ns();
	ts->dgram_flags = call_flags(ts, task, sock_netns(sk));
	libc_carries(ts, ts->dgram_flow, ts->dgram_dir);
	if (!ts->in_call || call_is_multi(ts->nr)) {
		dgram_finish(ts, ts->dgram_sock_ns, ret);
		ts->dgram_index++;
	}
	return 0;
}

static __always_inline int dgram_taken(const struct sock *sk, int ret, int flags)
{
	struct task_struct *task = task_now();
	struct task_state *ts;
	struct crumb_flow *f;
	__u8 dir = 0;

	if (ret < 0 || !(*sock_mark(sk) & SOCK_MARK_READ))
		return 0;
	ts = task_state_now();
	if (!ts)
		return 0;
	f = dgram_flow(sk, &dir);
	dgram_count(ts);
	ts->dgram_active = DGRAM_TAKEN;
	ts->dgram_sk = (__u64)sk;
	ts->dgram_skb = 0;
	ts->dgram_flow = f ? f->id : 0;
	ts->dgram_dir = dir ^ 1;
	ts->dgram_bytes = ret;
	ts->dgram_sock_ns = bpf_ktime_get_ns();
	ts->dgram_flags = call_flags(ts, task, sock_netns(sk));
	if ((flags & MSG_PEEK) || call_peeks(ts, task))
		ts->dgram_flags |= CRUMB_CALL_PEEK;
	digest_user(ts, task, ret, &ts->dgram_digest);
	libc_carries(ts, f ? f->id : CRUMB_FLOW_ANY, dir ^ 1);
	if (!ts->in_call || ts->nr == __NR_recvmmsg) {
		dgram_finish(ts, ts->dgram_sock_ns, ret);
		ts->dgram_index++;
	}
	return 0;
}

/* The newest skb in a receive queue: headers and payload lie in it, its device is forgotten. */
struct queued {
	const unsigned char *head; /* to the verifier a number */
	__u32 l3_at, l4_at, end;
	__u32 payload;
	struct tuple t;
};

static __always_inline bool queued_read(const struct sk_buff *skb, struct queued *q)
{
	__u8 ip[40], udp[UDP_HEADER_BYTES];
	const unsigned char *data;

	q->head = BPF_CORE_READ(skb, head);
	q->l3_at = BPF_CORE_READ(skb, network_header);
	q->l4_at = BPF_CORE_READ(skb, transport_header);
	data = BPF_CORE_READ(skb, data);
	q->payload = BPF_CORE_READ(skb, len);
	q->end = (__u32)(data - q->head) + q->payload - BPF_CORE_READ(skb, data_len);
	if (bpf_probe_read_kernel(ip, sizeof(ip), q->head + q->l3_at) ||
	    bpf_probe_read_kernel(udp, sizeof(udp), q->head + q->l4_at))
		return false;
	q->t.proto = IPPROTO_UDP;
	q->t.sport = (__u16)udp[0] << 8 | udp[1];
	q->t.dport = (__u16)udp[2] << 8 | udp[3];
	if (ip[0] >> 4 == 4) {
		q->t.family = AF_INET;
		v4_mapped(q->t.a, *(__u32 *)(ip + 12));
		v4_mapped(q->t.b, *(__u32 *)(ip + 16));
		return true;
	}
	q->t.family = AF_INET6;
	__builtin_memcpy(q->t.a, ip + 8, 16);
	__builtin_memcpy(q->t.b, ip + 24, 16);
	return ip[0] >> 4 == 6;
}

static __always_inline void dgram_queued_record(const struct sock *sk,
						const struct crumb_arrived *q, __u64 now)
{
	struct crumb_ev_sock *e;

	e = ring_reserve(sizeof(*e), CRUMB_PT_SOCK_READY);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_SOCK, sizeof(*e), now);
	e->flow = q->flow;
	e->dir = q->dir;
	e->point = CRUMB_PT_SOCK_READY;
	e->state = 0;
	e->flags = 0;
	e->netns = sock_netns(sk);
	e->seq = q->digest[0];
	e->bytes = q->bytes;
	e->rcv_nxt = q->digest[1];
	e->copied_seq = 0;
	e->rmem_alloc = K(sk, sk_backlog.rmem_alloc.counter);
	e->rcvbuf = K(sk, sk_rcvbuf);
	e->tgid = bpf_get_current_pid_tgid() >> 32;
	e->skb = q->skb;
	e->sk = (__u64)sk;
	ring_submit(e);
}

/* The newest in the queue is the one that came up on this CPU: of the same bytes, if they could be read then. An address alone may be another one's by now. */
static __always_inline bool dgram_is_arrived(const struct crumb_arrived *q,
					     const struct crumb_arrived *arrived)
{
	return arrived->flow && q->skb == arrived->skb && q->bytes == arrived->bytes &&
	       (!arrived->digest[0] || q->digest[0] == arrived->digest[0]);
}

/*
 * The newest in the queue, if it is of a followed flow and --payload wants it. It may not be known by the name that it has there: the first
 * datagram that this machine redirects to itself is linked with that name when its answer leaves (nat.h).
 */
static __always_inline bool dgram_at_tail(const struct sock *sk, const struct crumb_arrived *arrived,
					  struct crumb_arrived *ret)
{
	const struct sk_buff *skb = BPF_CORE_READ(sk, sk_receive_queue.prev);
	struct crumb_flow *f = NULL;
	struct crumb_digest d;
	__u32 at, linear;
	struct queued q;

	if (!queued_read(skb, &q))
		return false;
	if (flow_marked(&q.t)) {
		q.t.zone = zone_of(&q.t, sock_netns(sk));
		f = flow_find(&q.t, &ret->dir);
	}
	if (!f && (!arrived->flow || (__u64)skb != arrived->skb))
		return false;
	at = q.l4_at + UDP_HEADER_BYTES;
	linear = q.end > at ? q.end - at : 0;
	if (f && !dgram_wanted((__u64)q.head + at, linear, q.payload))
		return false;
	digest_kernel((__u64)q.head + at, linear, q.payload, &d);
	ret->skb = (__u64)skb;
	ret->flow = f ? f->id : arrived->flow;
	ret->bytes = q.payload;
	ret->digest[0] = d.whole;
	ret->digest[1] = d.head;
	if (f)
		return true;
	ret->dir = arrived->dir;
	return dgram_is_arrived(ret, arrived);
}

/*
 * A datagram has joined the receive queue, as its last. If a reader on another CPU was so quick that the queue is empty
 * again, it is the one that came up on this CPU. Where several joined at once (Linux 6.18 keeps a list for each node) the
 * last is told.
 */
static __always_inline int dgram_ready(const struct sock *sk)
{
	struct crumb_arrived *arrived = dgram_arrived(), q = {};
	struct crumb_cpu *cpu = this_cpu();
	__u64 now;

	if (!crumb_counters.udp_flows || !cpu || !arrived)
		return 0;
	if (BPF_CORE_READ(sk, sk_receive_queue.qlen)) {
		if (!dgram_at_tail(sk, arrived, &q))
			return 0;
	} else {
		if (!arrived->flow || arrived->port != K(sk, __sk_common.skc_num))
			return 0;
		q = *arrived;
	}
	arrived->flow = 0;
	*sock_mark(sk) |= SOCK_MARK_READ;
	now = bpf_ktime_get_ns();
	dgram_queued_record(sk, &q, now);
	cpu->armed.flow = q.flow;
	cpu->armed.dir = q.dir;
	cpu->armed.ns = now;
	return 0;
}

#endif
