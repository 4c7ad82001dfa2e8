// SPDX-License-Identifier: GPL-2.0-only
/*
 * Socket-level points: bytes entering the stream and leaving it, TCP's receive and retransmit, readiness, state
 * (net/ipv4/tcp.c, tcp_input.c, tcp_output.c, net/core/sock.c).
 *
 * Byte ranges are exact because they are read under the socket lock: tcp_sendmsg_locked's tracepoint fires on
 * each turn of its copy loop, so write_seq and what is left tell where the previous turn's bytes went, even
 * when the call slept for buffer space and another thread wrote in between.
 */
#include "body/call.h"
#include "body/dgram_call.h"
#include "body/failed.h"
#include "body/held.h"
#include "body/ktls.h"
#include "body/reader.h"
#include "body/sock.h"

static __always_inline bool iter_is_ubuf(const struct msghdr *msg)
{
	if (!bpf_core_enum_value_exists(enum iter_type, ITER_UBUF)) /* since 6.0 */
		return false;
	return K(msg, msg_iter.iter_type) == bpf_core_enum_value(enum iter_type, ITER_UBUF);
}

static __always_inline bool iter_is_iovec(const struct msghdr *msg)
{
	const struct msghdr___510 *old = (const void *)msg;

	if (bpf_core_field_exists(old->msg_iter.type)) /* until 5.13, with the direction in bit 0 */
		return (K(old, msg_iter.type) & ~1u) ==
		       bpf_core_enum_value(enum iter_type, ITER_IOVEC);
	return K(msg, msg_iter.iter_type) == bpf_core_enum_value(enum iter_type, ITER_IOVEC);
}

static __always_inline const struct iovec *iter_iovec(const struct msghdr *msg)
{
	const struct msghdr___63 *old = (const void *)msg;

	if (bpf_core_field_exists(old->msg_iter.iov)) /* until 6.3 */
		return K(old, msg_iter.iov);
	return K(msg, msg_iter.__iov);
}

/* Does the text asked for occur in the first bytes that the caller offers? */
static __noinline bool payload_matches(const struct msghdr *msg)
{
	const void *from = NULL;
	__u32 n;

	if (!msg)
		return false;
	n = K(msg, msg_iter.count);
	if (iter_is_ubuf(msg)) {
		bpf_core_read(&from, sizeof(from),
			      &msg->msg_iter.ubuf); /* a number, see dgram_wanted() */
	} else if (iter_is_iovec(msg)) {
		struct iovec first = {};

		bpf_core_read(&first, sizeof(first), iter_iovec(msg));
		from = first.iov_base;
		if (first.iov_len <= K(msg, msg_iter.iov_offset))
			return false;
		if (first.iov_len - K(msg, msg_iter.iov_offset) < n)
			n = first.iov_len - K(msg, msg_iter.iov_offset);
	} else {
		return false;
	}
	return pattern_at((__u64)from + K(msg, msg_iter.iov_offset), n, true);
}

/* Widen the range of bytes that are asked for; a range that was acknowledged whole starts anew. */
static __always_inline void flow_want(struct crumb_flow *f, __u8 dir, __u32 seq, __u32 bytes,
				      __u32 una)
{
	dir &= 1;
	if (f->want_start[dir] == f->want_end[dir] || (__s32)(una - f->want_end[dir]) >= 0)
		f->want_start[dir] = seq;
	f->want_end[dir] = seq + bytes;
}

static __always_inline void flow_sample(struct crumb_flow *f, __u8 dir, __u32 seq, __u32 bytes)
{
	dir &= 1;
	if (crumb_cfg.stacks != CRUMB_STACKS_SAMPLE)
		return;
	if ((f->messages[dir]++ & crumb_cfg.sample_mask) != crumb_cfg.sample_mask)
		return;
	f->sample_start[dir] = seq;
	f->sample_end[dir] = seq + bytes;
}

/*
 * The stack at a sighting of @payload bytes from @seq in a socket, when one is due; what it needs is
 * looked up only then. @now 0: take the time here.
 */
static __always_inline void sock_stack(void *ctx, const struct sock *sk, const struct crumb_flow *f,
				       __u8 dir, __u32 seq, __u32 payload, __u8 point, __u64 now)
{
	struct stack_where w = { .seq = seq, .payload = payload, .dir = dir, .point = point };

	if (!stack_due(f, dir, seq, payload))
		return;
	w.now = now ? now : bpf_ktime_get_ns();
	w.netns = sock_netns(sk);
	stack_record(ctx, f->id, &w);
}

static __always_inline void send_begin(void *ctx, struct task_state *ts, const struct sock *sk,
				       struct crumb_flow *f, __u8 dir, const struct msghdr *msg,
				       __u32 left)
{
	struct task_struct *task = task_now();
	const struct tcp_sock *tp = sock_tcp(sk);
	__u64 now, lock_ns, lock_until_ns;
	struct crumb_ev_send_begin *e;
	__u32 netns;

	if (!tp)
		return;
	lock_ns = lock_waited(ts, &lock_until_ns);
	ts->send_sk = (__u64)sk;
	ts->send_flow = f->id;
	if (crumb_cfg.pattern_len) {
		if (!payload_matches(msg)) {
			ts->send_active = SEND_IGNORED;
			return;
		}
		flow_want(f, dir, K(tp, write_seq), left, K(tp, snd_una));
	}
	flow_sample(f, dir, K(tp, write_seq), left);
	now = bpf_ktime_get_ns();
	process_tell(ts, now);
	ts->send_active = SEND_RECORDED;
	ts->send_dir = dir;
	ts->send_seq = K(tp, write_seq);
	ts->send_bytes = 0;
	ts->part_left = left;
	ts->last_left = left;
	ts->part_done = 0;
	ts->append_open = 0;
	ts->append_exact = 0;
	ts->turn_ns = now;
	ts->turn_nvcsw = K(task, nvcsw);
	ts->slept_ns = 0;
	ts->sleeps = 0;
	ts->turn_full = K(sk, sk_wmem_queued) >= K(sk, sk_sndbuf);
	reader_expect(K(task, pid));
	netns = sock_netns(sk);
	ts->send_flags = call_flags(ts, task, netns);
	libc_carries(ts, f->id, dir);

	e = ring_reserve(sizeof(*e), CRUMB_PT_TCP_APPEND);
	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_SEND_BEGIN, sizeof(*e), now);
	e->flow = f->id;
	e->dir = dir;
	e->flags = ts->send_flags;
	e->nr = ts->in_call ? ts->nr : CRUMB_CALL_NO_NR;
	e->tgid = K(task, tgid);
	e->pid = K(task, pid);
	e->enter_ns = ts->in_call ? ts->enter_ns : 0;
	e->libc_ns = in_libc(ts) ? ts->libc_ns : 0;
	if (ts->in_call)
		call_args(ts, task, e->args);
	else
		no_args(e->args);
	e->seq = ts->send_seq;
	e->left = left;
	e->netns = netns;
	e->snd_una = K(tp, snd_una);
	e->snd_nxt = K(tp, snd_nxt);
	e->snd_cwnd = K(tp, snd_cwnd);
	e->packets_out = K(tp, packets_out);
	e->snd_wnd = K(tp, snd_wnd);
	e->wmem_queued = K(sk, sk_wmem_queued);
	e->sndbuf = K(sk, sk_sndbuf);
	task_comm(e->comm, task);
	e->sock_ns = in_this_call(ts, ts->sock_send_ns);
	e->lock_ns = lock_ns;
	e->lock_until_ns = lock_until_ns;
	ring_submit(e);
	sock_stack(ctx, sk, f, dir, ts->send_seq, left, CRUMB_PT_TCP_APPEND, now);
}

/*
 * Did the task sleep for buffer space since the copy loop's last turn? It may sleep for other things: for a page of the
 * caller's memory, between the parts of a sendfile.
 */
static __always_inline void send_slept(struct task_state *ts, const struct sock *sk)
{
	__u64 now = bpf_ktime_get_ns(), nvcsw = K(task_now(), nvcsw);

	if (nvcsw != ts->turn_nvcsw && ts->turn_full && !ts->part_done) {
		ts->slept_ns += now - ts->turn_ns;
		ts->sleeps++;
	}
	ts->turn_nvcsw = nvcsw;
	ts->turn_ns = now;
	ts->turn_full = K(sk, sk_wmem_queued) >= K(sk, sk_sndbuf);
}

/* The copy loop turns: what went in since the last look, and did it go where the extent ends? */
static __always_inline void send_goes_on(struct task_state *ts, __u32 write_seq, __u32 left)
{
	if (ts->part_done) { /* the next sock_sendmsg of one call: sendfile, splice */
		ts->part_done = 0;
		ts->part_left = left;
		ts->last_left = left;
	}
	ts->send_bytes += ts->last_left - left;
	ts->last_left = left;
	if (write_seq == ts->send_seq + ts->send_bytes)
		return;
	if (ts->send_bytes)
		extent_record(ts, CRUMB_EV_SEND_EXTENT);
	ts->send_seq = write_seq;
	ts->send_bytes = 0;
}

/*
 * The copy loop of a call that is recorded turns once more, and the task has not slept since: it has had the socket's lock, so the connection is the same,
 * and is not looked for. Sockets that nobody follows have gone by then. NULL: it may be the first turn.
 */
static __always_inline struct task_state *append_goes_on(const struct sock *sk)
{
	struct task_state *ts;
	struct tuple t;

	if (!sock_tuple(sk, &t) || !flow_marked(&t))
		return NULL;
	ts = task_state_get(task_now());
	if (!ts || ts->send_active != SEND_RECORDED || ts->send_sk != (__u64)sk || ts->part_done ||
	    !ts->in_call || ts->turn_ns < ts->enter_ns || K(task_now(), nvcsw) != ts->turn_nvcsw)
		return NULL;
	return ts;
}

static __always_inline struct task_state *append_turned(struct task_state *ts,
							const struct sock *sk, __u32 left)
{
	struct tcp_sock *tp = sock_tcp(sk);

	send_slept(ts, sk);
	if (tp)
		send_goes_on(ts, K(tp, write_seq), left);
	return ts;
}

/* @left: what the caller offers from here on. Returns the caller's state if the call is recorded. */
static __always_inline struct task_state *append_turn(void *ctx, const struct sock *sk,
						      const struct msghdr *msg, __u32 left)
{
	struct task_state *ts = append_goes_on(sk);
	struct crumb_flow *f;
	__u8 dir;

	if (ts)
		return append_turned(ts, sk, left);
	f = sock_flow(sk, true, &dir);
	if (!f || (flow_is_ktls(f, sk, dir) &&
		   flow_left(f, dir, BPF_CORE_READ((const struct tcp_sock *)sk, write_seq))))
		return NULL;
	ts = task_state_now();
	if (!ts)
		return NULL;
	if (ts->send_active && (ts->send_sk != (__u64)sk || ts->send_flow != f->id))
		send_finish(ts, 0, 0);
	if (ts->send_active == SEND_IGNORED)
		return NULL;
	if (ts->send_active)
		return append_turned(ts, sk, left);
	send_begin(ctx, ts, sk, f, dir, msg, left);
	return ts->send_active == SEND_RECORDED ? ts : NULL;
}

TRACEPOINT(tcp_sendmsg_locked, const struct sock *sk, const struct msghdr *msg)
{
	append_turn(ctx, sk, msg, K(msg, msg_iter.count));
	first_ran(CRUMB_TWIN_APPEND);
	return 0;
}

TRACEPOINT_AGAIN(tcp_sendmsg_locked, tcp_sendmsg_locked_again, const struct sock *sk,
		 const struct msghdr *msg)
{
	if (first_skipped(CRUMB_TWIN_APPEND))
		append_turn(ctx, sk, msg, K(msg, msg_iter.count));
	return 0;
}

/* Certainly not followed. A socket that was closed meanwhile has lost a port, and may be. */
static __always_inline bool sock_ignored(const struct sock *sk)
{
	struct tuple t;

	return !sock_tuple(sk, &t) || (t.sport && t.dport && !flow_marked(&t));
}

/*
 * Does the sender's TCP keep bytes of a followed flow? Before an ACK only a queue that is not empty matters; after a
 * send call also that nothing is kept, so that an old reason does not stand. @now 0: take the time here.
 */
static __always_inline void sender_looked_at(const struct sock *sk, bool after, __u64 now)
{
	struct tcp_sock *tp = sock_tcp(sk);
	struct crumb_flow *f;
	struct tuple t;
	__u8 dir;

	if (!tp || (!after && !held_any(tp)) || !sock_tuple(sk, &t))
		return;
	f = known_flow(sk, &t, &dir);
	if (f)
		held_look(sk, tp, f, dir, after, now ? now : bpf_ktime_get_ns());
}

/* Bytes that went out with the SYN never came through tcp_sendmsg_locked()'s loop (tcp_sendmsg_fastopen()). */
static __always_inline int part_sent_unseen(const struct sock *sk, int ret)
{
	struct tcp_sock *tp = sock_tcp(sk);
	struct tuple t;
	__u8 dir;

	struct task_state *ts;
	struct crumb_flow *f;

	if (ret <= 0 || !tp || !sock_tuple(sk, &t))
		return 0;
	f = known_flow(sk, &t, &dir);
	ts = task_state_get(task_now());
	if (!f || flow_is_ktls(f, sk, dir) || crumb_cfg.pattern_len ||
	    (!KBITS(tp, syn_data) && !(ts && in_this_call(ts, ts->early_ns))))
		return 0;
	count_aside(CRUMB_ASIDE_FASTOPEN);
	return 0;
}

/* @again: a second program's, which does not count what is not followed. */
static __always_inline int part_sent(const struct sock *sk, int ret, bool again)
{
	struct task_state *ts;
	__u64 now;

	if (tasks_asked())
		send_fails(sk, ret);
	if (sock_is_udp(sk))
		return dgram_sent(sk, ret);
	if (sock_ignored(sk)) {
		if (!again && tasks_asked() && ret > 0 &&
		    K(sk, __sk_common.skc_family) == AF_UNIX && task_selected(task_now()))
			count_aside(CRUMB_ASIDE_UNIX);
		return 0;
	}
	ts = task_state_get(task_now());
	if (!ts || !ts->send_active)
		return again ? 0 : part_sent_unseen(sk, ret);
	if (ts->send_sk != (__u64)sk)
		return 0;
	now = bpf_ktime_get_ns();
	sender_looked_at(sk, true, now);
	if (ts->turn_full && K(task_now(), nvcsw) != ts->turn_nvcsw)
		send_slept(ts, sk); /* and gave up: a time-out, a signal */
	ts->send_sock_ns = now;
	if (ret > 0 && !ts->part_done && !ts->append_exact)
		ts->send_bytes += ret - (ts->part_left - ts->last_left);
	ts->part_done = 1;
	if (!ts->in_call || call_is_multi(ts->nr))
		send_finish(ts, 0, ret);
	return 0;
}

TRACEPOINT(sock_send_length, struct sock *sk, int ret)
{
	part_sent(sk, ret, false);
	first_ran(CRUMB_TWIN_SENT);
	return 0;
}

TRACEPOINT_AGAIN(sock_send_length, sock_send_length_again, struct sock *sk, int ret)
{
	return first_skipped(CRUMB_TWIN_SENT) ? part_sent(sk, ret, true) : 0;
}

EVENT(sock, sock_send_length, sock_msg_length)
{
	part_sent(ctx->sk, ctx->ret, false);
	return 0;
}

EVENT_AGAIN(sock, sock_send_length, sock_msg_length)
{
	if (first_skipped(CRUMB_TWIN_SENT))
		part_sent(ctx->sk, ctx->ret, true);
	return 0;
}

/* ------------------------------------------------------------------------------------------- receiver */

/* Up to there the bytes are read: see uncopied.h. */
static __always_inline void read_reached(struct crumb_flow *f, __u8 dir, __u32 seq)
{
	f->read_to[dir & 1] = seq;
	f->read_known[dir & 1] = 1;
}

static __always_inline bool fin_received(__u8 state)
{
	return state == 6 || state == 7 || state == 8 || state == 9 ||
	       state == 11; /* net/tcp_states.h */
}

/* copied_seq, without a FIN, which takes a number and is consumed with the bytes before it. */
static __always_inline __u32 read_end(const struct sock *sk, const struct tcp_sock *tp)
{
	__u32 end = K(tp, copied_seq);

	return end == K(tp, rcv_nxt) && fin_received(K(sk, __sk_common.skc_state)) ? end - 1 : end;
}

/* Bytes of @skb have come to the receiving socket: the record, to be submitted. NULL: there are none, or nobody asked. */
static __always_inline struct crumb_ev_sock *bytes_arrive(const struct sock *sk,
							  const struct sk_buff *skb, __u8 point,
							  struct crumb_flow **ret_f, __u8 *ret_dir)
{
	__u32 seq = skb_cb_word(skb, 0), end_seq = skb_cb_word(skb, 1);

	if (seq == end_seq) /* a bare ACK */
		return NULL;
	return bytes_record(sk, skb, point, true, seq, end_seq - seq, ret_f, ret_dir);
}

/* tcp_rcv_established(): TCP_SKB_CB(skb) is filled by then (tcp_v4_fill_cb). */
static __always_inline int tcp_received(void *ctx, struct sock *sk, const struct sk_buff *skb)
{
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	__u32 seq, bytes;
	__u64 now;
	__u8 dir;

	sender_looked_at(sk, false, 0);
	e = bytes_arrive(sk, skb, CRUMB_PT_TCP_RECEIVE, &f, &dir);
	if (!e)
		return 0;
	if (K(sk, sk_lock.owned)) /* only release_sock() calls TCP for a packet of a socket that is owned */
		e->flags = CRUMB_SOCK_BACKLOG;
	now = e->h.time_ns;
	read_reached(f, dir, e->copied_seq);
	seq = e->seq;
	bytes = e->bytes;
	ring_submit(e);
	sock_stack(ctx, sk, f, dir, seq, bytes, CRUMB_PT_TCP_RECEIVE, now);
	return 0;
}

TRACEPOINT(tcp_probe, struct sock *sk, const struct sk_buff *skb)
{
	twin_first(CRUMB_TWIN_PROBE, skb);
	return tcp_received(ctx, sk, skb);
}

TRACEPOINT_AGAIN(tcp_probe, tcp_probe_nested, struct sock *sk, const struct sk_buff *skb)
{
	return twin_second(CRUMB_TWIN_PROBE, skb) ? tcp_received(ctx, sk, skb) : 0;
}

static __always_inline int became_ready(void *ctx, const struct sock *sk)
{
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	struct tcp_sock *tp;
	struct crumb_cpu *cpu;
	__u64 now;
	__u8 dir;

	if (sock_is_udp(sk))
		return dgram_ready(sk);
	if (K(sk, __sk_common.skc_state) == TCP_LISTEN)
		return 0;
	f = sock_flow(sk, false, &dir);
	if (!f)
		return 0;
	dir ^= 1;
	tp = sock_tcp(sk);
	if (!tp)
		return 0;
	if (crumb_cfg.pattern_len && f->want_start[dir & 1] == f->want_end[dir & 1])
		return 0;
	now = bpf_ktime_get_ns();
	e = sock_record(sk, tp, f, dir, CRUMB_PT_SOCK_READY, now);
	if (e)
		ring_submit(e);
	if (!f->ready_ns[dir & 1])
		f->ready_ns[dir & 1] = now;
	cpu = this_cpu();
	if (cpu) {
		cpu->armed.flow = f->id;
		cpu->armed.dir = dir;
		cpu->armed.ns = now;
	}
	sock_stack(ctx, sk, f, dir, K(tp, rcv_nxt) - 1, 1, CRUMB_PT_SOCK_READY, now);
	return 0;
}

TRACEPOINT(sk_data_ready, const struct sock *sk)
{
	twin_first(CRUMB_TWIN_READY, sk);
	return became_ready(ctx, sk);
}

TRACEPOINT_AGAIN(sk_data_ready, sk_data_ready_nested, const struct sock *sk)
{
	return twin_second(CRUMB_TWIN_READY, sk) ? became_ready(ctx, sk) : 0;
}

static __always_inline void recv_begin(struct task_state *ts, const struct sock *sk,
				       struct crumb_flow *f, __u8 dir, __u32 seq, __u32 len,
				       __u64 now)
{
	struct task_struct *task = task_now();

	ts->recv_active = 1;
	ts->recv_sk = (__u64)sk;
	ts->recv_flow = f->id;
	ts->recv_dir = dir;
	ts->recv_netns = sock_netns(sk);
	ts->recv_flags = call_flags(ts, task, ts->recv_netns);
	if (call_peeks(ts, task))
		ts->recv_flags |= CRUMB_CALL_PEEK;
	ts->recv_seq = seq;
	ts->recv_bytes = len;
	ts->recv_total = len;
	ts->recv_first = len;
	ts->recv_copy_ns = now;
	ts->recv_done = 0;
	ts->recv_lock_ns = lock_waited(ts, &ts->recv_lock_until_ns);
	libc_carries(ts, f->id, dir);
}

static __always_inline void copy_record(const struct task_state *ts, __u32 seq, __u32 len, __u64 now)
{
	struct crumb_ev_copy *e = ring_reserve(sizeof(*e), CRUMB_PT_SOCK_COPY);
	__u64 id = bpf_get_current_pid_tgid();

	if (!e)
		return;
	event_head(&e->h, CRUMB_EV_COPY, sizeof(*e), now);
	e->flow = ts->recv_flow;
	e->dir = ts->recv_dir;
	e->pad0[0] = 0;
	e->pad0[1] = 0;
	e->pad0[2] = 0;
	e->tgid = id >> 32;
	e->pid = id;
	e->seq = seq;
	e->bytes = len;
	ring_submit(e);
}

/* A further copy of one call: does it go on where the last one ended, or did another reader come between? */
static __always_inline void recv_goes_on(struct task_state *ts, __u32 copied_seq, __u32 len)
{
	__u64 now = bpf_ktime_get_ns();

	if ((ts->recv_flags & CRUMB_CALL_PEEK) || !ts->in_call) {
		ts->recv_bytes += len; /* copied_seq stands still when peeking */
		ts->recv_total += len;
		return;
	}
	if (copied_seq != ts->recv_seq + ts->recv_bytes) {
		extent_record(ts, CRUMB_EV_RECV_EXTENT);
		ts->recv_seq = copied_seq;
		ts->recv_bytes = 0;
	}
	ts->recv_bytes += len;
	ts->recv_total += len;
	copy_record(ts, copied_seq, len, now);
}

/* Bytes up to @seq are read: does the queue hold no more? */
static __always_inline void all_read(struct crumb_flow *f, __u8 dir, const struct sock *sk, __u32 seq)
{
	if (BPF_CORE_READ((const struct tcp_sock *)sk, rcv_nxt) == seq)
		f->ready_ns[dir & 1] = 0;
}

/* Under the socket lock, before copied_seq moves on; skb->sk is the socket in whose queue the skb lies. */
static __always_inline int copied(void *ctx, const struct sk_buff *skb, int len)
{
	struct sock *sk = K(skb, sk);
	struct crumb_cpu *cpu = this_cpu();
	struct task_state *ts;
	struct crumb_flow *f;
	__u32 copied_seq;
	__u64 now;
	__u8 dir;

	if (!sk || len <= 0)
		return 0;
	if (cpu)
		cpu->copied_sk = (__u64)sk;
	f = sock_flow(sk, true, &dir);
	if (!f)
		return 0;
	copied_seq = BPF_CORE_READ((struct tcp_sock *)sk, copied_seq);
	if (flow_is_ktls(f, sk, dir) && flow_left(f, dir ^ 1, copied_seq))
		return 0;
	dir ^= 1;
	if (crumb_cfg.pattern_len && f->want_start[dir & 1] == f->want_end[dir & 1])
		return 0;
	ts = task_state_now();
	if (!ts)
		return 0;
	if (ts->recv_active && (ts->recv_sk != (__u64)sk || ts->recv_done))
		recv_finish(ts, 0, 0);
	if (ts->recv_active) {
		recv_goes_on(ts, copied_seq, len);
		if (!(ts->recv_flags & CRUMB_CALL_PEEK))
			read_reached(f, dir, copied_seq + len);
		all_read(f, dir, sk, copied_seq + len);
		return 0;
	}
	now = bpf_ktime_get_ns();
	recv_begin(ts, sk, f, dir, copied_seq, len, now);
	reader_reads(f->id, dir, f->ready_ns[dir & 1], ts->in_call ? ts->enter_ns : now);
	if (!(ts->recv_flags & CRUMB_CALL_PEEK))
		read_reached(f, dir, copied_seq + len);
	all_read(f, dir, sk, copied_seq + len);
	sock_stack(ctx, sk, f, dir, ts->recv_seq, len, CRUMB_PT_SOCK_COPY, now);
	return 0;
}

TRACEPOINT(skb_copy_datagram_iovec, const struct sk_buff *skb, int len)
{
	copied(ctx, skb, len);
	first_ran(CRUMB_TWIN_COPY);
	return 0;
}

TRACEPOINT_AGAIN(skb_copy_datagram_iovec, skb_copy_datagram_iovec_again, const struct sk_buff *skb,
		 int len)
{
	return first_skipped(CRUMB_TWIN_COPY) ? copied(ctx, skb, len) : 0;
}

EVENT(skb, skb_copy_datagram_iovec, skb_copy_datagram_iovec)
{
	copied((void *)ctx, ctx->skbaddr, ctx->len);
	return 0;
}

EVENT_AGAIN(skb, skb_copy_datagram_iovec, skb_copy_datagram_iovec)
{
	if (first_skipped(CRUMB_TWIN_COPY))
		copied((void *)ctx, ctx->skbaddr, ctx->len);
	return 0;
}

/*
 * Bytes that came without a copy that we could see. MSG_TRUNC: they left the queue and went nowhere. MSG_OOB: the urgent
 * byte, which is copied from the socket. Neither is under the lock any more: inferred.
 */
static __always_inline int read_without_copy(struct sock *sk, __u32 bytes, bool urgent)
{
	struct task_state *ts;
	struct crumb_flow *f;
	struct tcp_sock *tp;
	struct tuple t;
	__u32 end;
	__u8 dir;

	if (crumb_cfg.pattern_len || !sock_tuple(sk, &t))
		return 0;
	f = known_flow(sk, &t, &dir);
	if (!f || flow_is_ktls(f, sk, dir))
		return 0;
	tp = sock_tcp(sk);
	ts = task_state_now();
	if (!tp || !ts)
		return 0;
	end = urgent ? K(tp, urg_seq) + 1 : read_end(sk, tp);
	if (!urgent)
		read_reached(f, dir ^ 1, end);
	recv_begin(ts, sk, f, dir ^ 1, end - bytes, bytes, 0);
	ts->recv_flags |= CRUMB_CALL_NO_COPY | CRUMB_CALL_INFERRED | (urgent ? CRUMB_CALL_URGENT : 0);
	ts->recv_sock_ns = bpf_ktime_get_ns();
	ts->recv_done = 1;
	if (!ts->in_call)
		recv_finish(ts, 0, bytes);
	return 0;
}

static __always_inline int part_received(struct sock *sk, int ret, int flags)
{
	struct task_state *ts;

	if (sock_is_udp(sk))
		return dgram_taken(sk, ret, flags);
	if (sock_ignored(sk))
		return 0;
	ts = task_state_get(task_now());
	if (ret > 0 && !(flags & MSG_PEEK) && (!ts || !ts->recv_active))
		return read_without_copy(sk, ret, flags & MSG_OOB);
	if (!ts || !ts->recv_active || ts->recv_sk != (__u64)sk)
		return 0;
	ts->recv_sock_ns = bpf_ktime_get_ns();
	ts->recv_done = 1;
	if (flags & MSG_PEEK)
		ts->recv_flags |= CRUMB_CALL_PEEK;
	else if (ret >= 0 && (__u32)ret != ts->recv_total)
		ts->recv_flags |= CRUMB_CALL_INFERRED;
	if (!ts->in_call)
		recv_finish(ts, 0, ret);
	return 0;
}

TRACEPOINT(sock_recv_length, struct sock *sk, int ret, int flags)
{
	part_received(sk, ret, flags);
	first_ran(CRUMB_TWIN_RECEIVED);
	return 0;
}

TRACEPOINT_AGAIN(sock_recv_length, sock_recv_length_again, struct sock *sk, int ret, int flags)
{
	return first_skipped(CRUMB_TWIN_RECEIVED) ? part_received(sk, ret, flags) : 0;
}

EVENT(sock, sock_recv_length, sock_msg_length)
{
	part_received(ctx->sk, ctx->ret, ctx->flags);
	return 0;
}

EVENT_AGAIN(sock, sock_recv_length, sock_msg_length)
{
	if (first_skipped(CRUMB_TWIN_RECEIVED))
		part_received(ctx->sk, ctx->ret, ctx->flags);
	return 0;
}

#include "uncopied.h"
#include "sock_func.h"
#include "sock_deep.h"
