/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rest of sock.bpf.c: what --deep shows of a socket. Functions as in 5.10 to 7.3 (net/core/sock.c, net/ipv4/tcp.c,
 * tcp_input.c, tcp_ipv4.c); only their first arguments are used, later ones differ.
 */
#ifndef CRUMB_BPF_SOCK_DEEP_H
#define CRUMB_BPF_SOCK_DEEP_H

/* The running task's call has come so far, on a socket that is followed: told with the call. */
static __always_inline struct task_state *calling_on(const struct sock *sk)
{
	return !sk || sock_ignored(sk) ? NULL : task_state_now();
}

ENTRY(sock_send_enter, security_socket_sendmsg, struct socket *sock)
{
	struct task_state *ts = calling_on(K(sock, sk));

	if (ts)
		ts->sock_send_ns = bpf_ktime_get_ns();
	return 0;
}

ENTRY(tcp_recv_enter, tcp_recvmsg, struct sock *sk)
{
	struct task_state *ts = calling_on(sk);

	if (ts)
		ts->tcp_recv_ns = bpf_ktime_get_ns();
	return 0;
}

/* When TCP began to go through the send queue of @sk; not @begins: something else sends. Told with what it sends (tcp.xmit). */
static __always_inline int note_write(const struct sock *sk, bool begins)
{
	struct crumb_flow *f;
	__u8 dir;

	f = sock_flow(sk, false, &dir);
	if (f)
		f->write_ns[dir & 1] = begins ? bpf_ktime_get_ns() : 0;
	return 0;
}

ENTRY(tcp_write_enter, tcp_write_xmit, struct sock *sk)
{
	return note_write(sk, true);
}

/* A probe of a window that is shut, or of a connection (keep-alive): it may send new bytes without tcp_write_xmit(). */
ENTRY(tcp_wakeup_enter, tcp_write_wakeup, struct sock *sk)
{
	return note_write(sk, false);
}

/* Of the TCP header (RFC 9293, 3.1), which TCP has just written, the words up to the data offset; TCP_SKB_CB(skb) is empty by now. */
static __always_inline int ip_gets(const struct sock *sk, const struct sk_buff *skb)
{
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	__u32 words[4];
	__s32 bytes;
	__u8 dir;

	if (bpf_probe_read_kernel(words, sizeof(words), K(skb, data)))
		return 0;
	bytes = K(skb, len) - (bpf_ntohl(words[3]) >> 28) * 4;
	if (bytes <= 0)
		return 0;
	e = bytes_record(sk, skb, CRUMB_PT_IP_QUEUE, false, bpf_ntohl(words[1]), bytes, &f, &dir);
	if (e)
		ring_submit(e);
	return 0;
}

ENTRY(ip_queue_enter, __ip_queue_xmit, struct sock *sk, struct sk_buff *skb)
{
	return ip_gets(sk, skb);
}

ENTRY(ip6_queue_enter, inet6_csk_xmit, struct sock *sk, struct sk_buff *skb)
{
	return ip_gets(sk, skb);
}

/* TCP_SKB_CB(skb) is filled (tcp_v4_fill_cb()). */
static __always_inline int bytes_come_to(const struct sock *sk, const struct sk_buff *skb, __u8 point)
{
	struct crumb_ev_sock *e;
	struct crumb_flow *f;
	__u8 dir;

	e = bytes_arrive(sk, skb, point, &f, &dir);
	if (e)
		ring_submit(e);
	return 0;
}

/* Behind what is missing? */
static __always_inline bool comes_early(const struct sock *sk, const struct sk_buff *skb)
{
	const struct tcp_sock *tp = sock_tcp(sk);

	return tp && (__s32)(skb_cb_word(skb, 0) - K(tp, rcv_nxt)) > 0;
}

ENTRY(tcp_backlog_enter, tcp_add_backlog, struct sock *sk, struct sk_buff *skb)
{
	return bytes_come_to(sk, skb, CRUMB_PT_TCP_BACKLOG);
}

ENTRY(tcp_ofo_enter, tcp_data_queue, struct sock *sk, struct sk_buff *skb)
{
	return comes_early(sk, skb) ? bytes_come_to(sk, skb, CRUMB_PT_TCP_OFO) : 0;
}

ENTRY(tcp_queue_enter, tcp_queue_rcv, struct sock *sk, struct sk_buff *skb)
{
	return bytes_come_to(sk, skb, CRUMB_PT_TCP_QUEUE);
}

#endif
