/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of sock.bpf.c: the same points where the kernel has no tracepoint for them, through functions. Signatures
 * are those of 5.10 to 6.18 (net/ipv4/tcp.c, af_inet.c, net/core/stream.c, sock.c).
 *
 * tcp_sendmsg_locked() runs under the socket lock and gives it up in sk_stream_wait_memory() and sk_stream_wait_connect()
 * only. write_seq at its entry, around each sleep and at its return tells exactly which bytes it appended.
 */
#ifndef CRUMB_BPF_SOCK_FUNC_H
#define CRUMB_BPF_SOCK_FUNC_H

/* The running task's call that is appending to @sk through these hooks; @sk NULL: to any. */
static __always_inline struct task_state *appending(const struct sock *sk)
{
	struct task_state *ts = task_state_get(task_now());

	if (!ts || !ts->append_open || ts->send_active != SEND_RECORDED)
		return NULL;
	return !sk || ts->send_sk == (__u64)sk ? ts : NULL;
}

static __always_inline __u32 write_seq_of(const struct task_state *ts)
{
	const struct tcp_sock *tp = (const void *)ts->send_sk;

	return BPF_CORE_READ(tp, write_seq);
}

/*
 * The socket is not connected yet (connect() did not wait; Fast Open): no byte enters the stream before it is. Not with --payload, which looks
 * at the caller's memory at the entry.
 */
static __always_inline bool append_early(const struct sock *sk, __u32 left)
{
	__u8 state = K(sk, __sk_common.skc_state);
	struct task_state *ts;

	if ((state != TCP_SYN_SENT && state != TCP_CLOSE) || crumb_cfg.pattern_len)
		return false;
	ts = task_state_now();
	if (!ts || !ts->in_call)
		return false;
	ts->early_ns = bpf_ktime_get_ns();
	ts->early_sk = (__u64)sk;
	ts->early_left = left;
	return true;
}

static __always_inline int append_begins(void *ctx, struct sock *sk, const struct msghdr *msg,
					 __u32 left)
{
	struct task_state *ts;

	if (append_early(sk, left))
		return 0;
	ts = task_state_get(task_now());
	if (ts)
		ts->early_sk = 0;
	if (ts && ts->append_exact) { /* sendfile: the part before this one is accounted for */
		ts->append_exact = 0;
		ts->part_done = 1;
	}
	ts = append_turn(ctx, sk, msg, left);
	if (ts)
		ts->append_open = APPEND_AWAKE;
	return 0;
}

ENTRY(append_enter, tcp_sendmsg_locked, struct sock *sk, struct msghdr *msg)
{
	return append_begins(ctx, sk, msg, K(msg, msg_iter.count));
}

/* Until 6.4 sendfile and splice append whole pages. */
ENTRY(append_page_enter, do_tcp_sendpages, struct sock *sk, void *page, int offset, unsigned long size)
{
	return append_begins(ctx, sk, NULL, size);
}

/* All bytes of this call are in the stream, and the lock is still ours. */
static __always_inline int append_left(const struct sock *sk)
{
	struct task_state *ts = appending(sk);

	if (!ts)
		return 0;
	ts->append_open = 0;
	ts->append_exact = 1;
	ts->send_bytes = write_seq_of(ts) - ts->send_seq;
	return 0;
}

/* About to give up the lock: all since the extent began is ours. */
static __always_inline int append_sleeps(const struct sock *sk, __u8 how)
{
	struct task_state *ts = appending(sk);

	if (!ts)
		return 0;
	ts->send_bytes = write_seq_of(ts) - ts->send_seq;
	ts->append_open = how;
	ts->turn_ns = bpf_ktime_get_ns();
	return 0;
}

/* The lock is ours again: did another writer come between? */
static __always_inline int append_wakes(const struct sock *sk)
{
	struct task_state *ts = appending(sk);
	__u32 write_seq;
	__u64 now;

	if (!ts || ts->append_open < APPEND_ASLEEP)
		return 0;
	now = bpf_ktime_get_ns(); /* not before: all tasks come by here (remove_wait_queue()) */
	if (ts->append_open == APPEND_ASLEEP) {
		ts->slept_ns += now - ts->turn_ns;
		ts->sleeps++;
	}
	ts->append_open = APPEND_AWAKE;
	ts->turn_ns = now; /* the last bytes come behind this, not behind the last sleep's begin */
	ts->turn_nvcsw = K(task_now(), nvcsw);
	write_seq = write_seq_of(ts);
	if (write_seq == ts->send_seq + ts->send_bytes)
		return 0;
	if (ts->send_bytes)
		extent_record(ts, CRUMB_EV_SEND_EXTENT);
	ts->send_seq = write_seq;
	ts->send_bytes = 0;
	return 0;
}

/* The wait for the connection is over: the call's bytes enter the stream from here on. */
static __always_inline int append_connected(void *ctx, const struct sock *sk)
{
	struct task_state *ts = task_state_get(task_now());
	__u8 state;

	if (!ts || !ts->early_sk || ts->early_sk != (__u64)sk || !in_this_call(ts, ts->early_ns))
		return 0;
	state = K(sk, __sk_common.skc_state);
	if (state != BPF_TCP_ESTABLISHED && state != BPF_TCP_CLOSE_WAIT)
		return 0;
	ts->early_sk = 0;
	ts = append_turn(ctx, sk, NULL, ts->early_left);
	if (ts)
		ts->append_open = APPEND_AWAKE;
	return 0;
}

ENTRY(append_wait_enter, sk_stream_wait_memory, struct sock *sk)
{
	return append_sleeps(sk, APPEND_ASLEEP);
}

ENTRY(append_connect_enter, sk_stream_wait_connect, struct sock *sk)
{
	return append_sleeps(sk, APPEND_EARLY);
}

/*
 * What had not been sent before, it sends from within tcp_write_xmit(); the socket is locked, and has one such call at a time. That is known
 * with --deep only. The function begins by reading the clock (tcp_mstamp_refresh()): that holds, too, where the kernel skipped our program at
 * its entry, and what is noted is of an earlier call.
 */
static __always_inline __u32 writes_for(const struct crumb_flow *f, __u8 dir, const struct sock *sk,
					__u32 seq, __u64 now)
{
	const struct tcp_sock *tp = (const void *)sk;
	__u64 since = f->write_ns[dir & 1], read;

	if (!since || seq != BPF_CORE_READ(tp, snd_nxt))
		return 0;
	read = BPF_CORE_READ(tp, tcp_clock_cache);
	if (read > since)
		since = read;
	return now - since > 0xffffffff ? 0 : now - since;
}

/* TCP hands an skb of the send queue to IP; its header is not there yet, so skb->len is what it carries. */
static __always_inline int tcp_sends(void *ctx, const struct sock *sk, const struct sk_buff *skb)
{
	__u32 seq = skb_cb_word(skb, 0), bytes = K(skb, len);
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	__u8 dir;

	if (!bytes)
		return 0;
	e = bytes_record(sk, skb, CRUMB_PT_TCP_XMIT, false, seq, bytes, &f, &dir);
	if (!e)
		return 0;
	e->write_ns = writes_for(f, dir, sk, seq, e->h.time_ns);
	ring_submit(e);
	sock_stack(ctx, sk, f, dir, seq, bytes, CRUMB_PT_TCP_XMIT, 0);
	return 0;
}

ENTRY(tcp_xmit_enter, __tcp_transmit_skb, struct sock *sk, struct sk_buff *skb)
{
	entry_first(ctx, CRUMB_TWIN_XMIT, skb);
	return tcp_sends(ctx, sk, skb);
}

ENTRY(tcp_xmit_enter_again, __tcp_transmit_skb, struct sock *sk, struct sk_buff *skb)
{
	return entry_second(ctx, CRUMB_TWIN_XMIT, skb) ? tcp_sends(ctx, sk, skb) : 0;
}

ENTRY(ready_enter, sock_def_readable, struct sock *sk)
{
	twin_first(CRUMB_TWIN_READY, sk);
	return became_ready(ctx, sk);
}

ENTRY(ready_enter_nested, sock_def_readable, struct sock *sk)
{
	return twin_second(CRUMB_TWIN_READY, sk) ? became_ready(ctx, sk) : 0;
}

#ifdef CRUMB_UNTYPED

/*
 * No kretprobes where the function may sleep: there are few instances (one for each CPU on kernels without preemption
 * before 6.1), and what finds none is skipped. The caller gives up the lock in release_sock(); both sleeps end, with the
 * lock taken again, in remove_wait_queue().
 */
ENTRY(append_release, release_sock, struct sock *sk)
{
	struct task_state *ts = appending(sk);

	return ts && ts->append_open == APPEND_AWAKE ? append_left(sk) : 0;
}

ENTRY(append_unqueue, remove_wait_queue)
{
	struct task_state *ts = task_state_get(task_now());

	if (ts && ts->early_sk) {
		if (in_this_call(ts, ts->early_ns))
			return append_connected(ctx, (const void *)ts->early_sk);
		ts->early_sk = 0; /* of a call that failed, or did not wait */
	}
	return append_wakes(NULL);
}

/* These may miss a return: then a step is missing. A kretprobe knows no arguments: the socket is the one in use. */
static __always_inline int sent_raw(int ret)
{
	struct task_state *ts = task_state_get(task_now());

	if (ts && ts->dgram_active == DGRAM_SEEN)
		return dgram_sent((void *)ts->dgram_sk, ret);
	if (ts && ts->send_active)
		return part_sent((void *)ts->send_sk, ret, false);
	if (ts && ts->in_call && call_kind(ts->nr) == CALL_SEND &&
	    is_failure(ret)) /* which socket's is not told here */
		ts->failed_sk = SOCK_UNKNOWN;
	return 0;
}

/* A reader that has its bytes thrown away makes no copy, and the return does not know the socket: the entry notes it. */
static __always_inline int trunc_enters(const struct socket *sock, int flags)
{
	const struct sock *sk = flags & MSG_TRUNC ? K(sock, sk) : NULL;
	struct task_state *ts = sk && !sock_ignored(sk) ? task_state_now() : NULL;

	if (ts)
		ts->trunc_sk = (__u64)sk;
	return 0;
}

static __always_inline int received_raw(int ret)
{
	struct task_state *ts = task_state_get(task_now());
	__u64 sk;

	if (!ts)
		return 0;
	sk = ts->trunc_sk;
	ts->trunc_sk = 0;
	if (!ts->recv_active)
		return sk ? part_received((void *)sk, ret, MSG_TRUNC) : 0;
	return part_received((void *)ts->recv_sk, ret,
			     ts->recv_flags & CRUMB_CALL_PEEK ? MSG_PEEK : 0);
}

RETURN(sent_return, inet_sendmsg, int ret)
{
	return sent_raw(ret);
}

RETURN(sent6_return, inet6_sendmsg, int ret)
{
	return sent_raw(ret);
}

RETURN(sent_page_return, inet_sendpage, int ret)
{
	return sent_raw(ret);
}

ENTRY(received_enter, inet_recvmsg, struct socket *sock, void *msg, unsigned long size, int flags)
{
	return trunc_enters(sock, flags);
}

ENTRY(received6_enter, inet6_recvmsg, struct socket *sock, void *msg, unsigned long size, int flags)
{
	return trunc_enters(sock, flags);
}

RETURN(received_return, inet_recvmsg, int ret)
{
	return received_raw(ret);
}

RETURN(received6_return, inet6_recvmsg, int ret)
{
	return received_raw(ret);
}

#else

RETURN(append_return, tcp_sendmsg_locked, struct sock *sk, struct msghdr *msg, unsigned long size,
       int ret)
{
	return append_left(sk);
}

RETURN(append_page_return, do_tcp_sendpages, struct sock *sk, void *page, int offset,
       unsigned long size, int flags, int ret)
{
	return append_left(sk);
}

RETURN(append_wait_return, sk_stream_wait_memory, struct sock *sk)
{
	return append_wakes(sk);
}

RETURN(append_connect_return, sk_stream_wait_connect, struct sock *sk)
{
	append_connected(ctx, sk);
	return append_wakes(sk);
}

RETURN(sent_return, inet_sendmsg, struct socket *sock, struct msghdr *msg, unsigned long size, int ret)
{
	return part_sent(sock->sk, ret, false);
}

RETURN(sent6_return, inet6_sendmsg, struct socket *sock, struct msghdr *msg, unsigned long size,
       int ret)
{
	return part_sent(sock->sk, ret, false);
}

RETURN(sent_page_return, inet_sendpage, struct socket *sock, void *page, int offset,
       unsigned long size, int flags, int ret)
{
	return part_sent(sock->sk, ret, false);
}

RETURN(received_return, inet_recvmsg, struct socket *sock, struct msghdr *msg, unsigned long size,
       int flags, int ret)
{
	return part_received(sock->sk, ret, flags);
}

RETURN(received6_return, inet6_recvmsg, struct socket *sock, struct msghdr *msg, unsigned long size,
       int flags, int ret)
{
	return part_received(sock->sk, ret, flags);
}

#endif

#endif
