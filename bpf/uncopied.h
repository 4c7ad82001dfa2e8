/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that a reader takes out of the receive queue without a copy: splice(), TCP_ZEROCOPY_RECEIVE, readers in the kernel. Whoever moves
 * copied_seq calls tcp_rcv_space_adjust() then, under the socket's lock; so what it was before is known from the last look at it, at
 * each packet that came and each copy, and the range is exact.
 */
#ifndef CRUMB_BPF_UNCOPIED_H
#define CRUMB_BPF_UNCOPIED_H

/* These bytes were copied just before: that has told them. */
static __always_inline bool were_copied(const struct sock *sk)
{
	struct crumb_cpu *cpu = this_cpu();

	if (!cpu || cpu->copied_sk != (__u64)sk)
		return false;
	cpu->copied_sk = 0;
	return true;
}

static __always_inline void uncopied_read(struct task_state *ts, const struct sock *sk,
					  struct crumb_flow *f, __u8 dir, __u32 from, __u32 len)
{
	if (ts->recv_active && (ts->recv_sk != (__u64)sk || ts->recv_done))
		recv_finish(ts, 0, 0);
	if (ts->recv_active) {
		if (from != ts->recv_seq + ts->recv_bytes) {
			extent_record(ts, CRUMB_EV_RECV_EXTENT);
			ts->recv_seq = from;
			ts->recv_bytes = 0;
		}
		ts->recv_bytes += len;
		ts->recv_total += len;
		return;
	}
	recv_begin(ts, sk, f, dir, from, len, 0);
	ts->recv_flags |= CRUMB_CALL_NO_COPY;
	reader_reads(f->id, dir, f->ready_ns[dir & 1],
		     ts->in_call ? ts->enter_ns : bpf_ktime_get_ns());
	all_read(f, dir, sk, from + len);
	if (!ts->in_call)
		recv_finish(ts, 0, len);
}

static __always_inline int space_adjusted(const struct sock *sk)
{
	struct task_state *ts;
	struct crumb_flow *f;
	struct tcp_sock *tp;
	__u32 from, to;
	bool known;
	__u8 dir;

	if (were_copied(sk))
		return 0;
	f = sock_flow(sk, false, &dir);
	tp = f ? sock_tcp(sk) : NULL;
	if (!tp || crumb_cfg.pattern_len || flow_is_ktls(f, sk, dir))
		return 0;
	dir ^= 1;
	known = f->read_known[dir & 1];
	from = f->read_to[dir & 1];
	to = read_end(sk, tp);
	read_reached(f, dir, to);
	/* What a softirq takes is a reader's in the kernel, and not the running task's. */
	if (!known || (__s32)(to - from) <= 0 || !K(sk, sk_lock.owned))
		return 0;
	ts = task_state_now();
	if (!ts ||
	    (ts->in_call && call_kind(ts->nr) == CALL_RECV)) /* MSG_TRUNC: see read_without_copy() */
		return 0;
	uncopied_read(ts, sk, f, dir, from, to - from);
	return 0;
}

TRACEPOINT(tcp_rcv_space_adjust, struct sock *sk)
{
	return space_adjusted(sk);
}

EVENT(tcp, tcp_rcv_space_adjust, tcp_event_sk)
{
	return space_adjusted(ctx->skaddr);
}

#endif
