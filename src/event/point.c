// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rows of the table in point.h. A hook without `prog` is a place where the point could be seen
 * but for which no program is written yet; crumb doctor shows it. Places of the tracepoints: Linux
 * 6.18 (net/, kernel/sched/, kernel/entry/), checked against the BTF and the symbols of a running
 * 6.18; what older kernels lack is noted at the row.
 */
#include "point.h"

#include <asm/unistd.h>
#include <stddef.h>
#include <string.h>

/* clang-format off */
#define TRACEPOINT(name)	{ HOOK_TP_BTF, #name, #name }, { HOOK_RAW_TP, #name, #name }
#define EVENT(group, name)	TRACEPOINT(name), { HOOK_TRACEPOINT, #group ":" #name, #name "_event" }
#define FUNCTION(func, set)	{ HOOK_FENTRY, #func, set }, { HOOK_KPROBE_MULTI, #func, set }, { HOOK_KPROBE, #func, set }
#define MODULE_FUNCTION(func, set)	{ HOOK_KPROBE_MULTI, #func, set }, { HOOK_KPROBE, #func, set }
#define FENTRY(func)		{ HOOK_FENTRY, #func, NULL }
#define LIBC(prog)		{ HOOK_UPROBE, "libc", prog }
#define DERIVED(point, prog)	{ HOOK_DERIVED, point, prog }
/* clang-format on */

static const struct point points[CRUMB_PT_MAX] = {
	[CRUMB_PT_NONE] = {
		"?", LAYER_NOTE, "", "not a point of the path", { { 0 } }, false, false },

	/* the sender's call, down to the stream */
	[CRUMB_PT_LIBC_SEND] = {
		"libc.send", LAYER_LIBC, "",
		"the program calls a send-family function of the C library",
		{ LIBC("libc_enter") }, false, false },
	[CRUMB_PT_SYS_SEND] = {
		"sys.send", LAYER_SYSCALL, "",
		"the send-family syscall enters the kernel",
		{ EVENT(raw_syscalls, sys_enter) }, false, true },
	/* Which function calls the protocol, and whether it is inlined, differs; all ages call the security hook. */
	[CRUMB_PT_SOCK_SEND] = {
		"sock.send", LAYER_SOCKET, "security_socket_sendmsg",
		"the socket layer takes the message from the syscall",
		{ FUNCTION(security_socket_sendmsg, "sock.send") }, true, true },
	[CRUMB_PT_SOCK_LOCK] = {	/* told by the stack of who goes to sleep */
		"sock.lock", LAYER_SOCKET, "__lock_sock",
		"a softirq or another thread has the socket: the call waits for its lock",
		{ TRACEPOINT(sched_switch) }, false, false },
	[CRUMB_PT_SOCK_CONNECTED] = {
		"sock.connected", LAYER_TCP, "tcp_finish_connect",
		"the answer to the SYN is here: the call that waits for its connection can go on",
		{ EVENT(sock, inet_sock_set_state) }, false, true },
	[CRUMB_PT_TCP_APPEND] = {	/* the tracepoint came with 6.16 */
		"tcp.append", LAYER_TCP, "tcp_sendmsg_locked",
		"the socket is locked and the bytes enter the TCP stream",
		{ TRACEPOINT(tcp_sendmsg_locked), FUNCTION(tcp_sendmsg_locked, "append") }, false, true },
	[CRUMB_PT_SOCK_SEND_RETURN] = {	/* 6.3 */
		"sock.send.return", LAYER_SOCKET, "sock_sendmsg_nosec",
		"the socket layer has taken the bytes and returns",
		{ EVENT(sock, sock_send_length), FUNCTION(inet_sendmsg, "sent") }, false, true },
	[CRUMB_PT_SYS_SEND_RETURN] = {
		"sys.send.return", LAYER_SYSCALL, "",
		"the send-family syscall returns to the program",
		{ EVENT(raw_syscalls, sys_exit) }, false, true },
	[CRUMB_PT_LIBC_SEND_RETURN] = {
		"libc.send.return", LAYER_LIBC, "",
		"the C library returns to the sender",
		{ LIBC("libc_return") }, false, false },

	/* from the stream to the wire */
	[CRUMB_PT_TCP_HELD] = {		/* the tracepoint fires before an ACK is processed */
		"tcp.held", LAYER_TCP, "tcp_rcv_established",
		"TCP looks at its send queue and keeps the bytes: what holds them changes here",
		{ TRACEPOINT(tcp_probe) }, false, false },
	[CRUMB_PT_TCP_WRITE] = {
		"tcp.write", LAYER_TCP, "tcp_write_xmit",
		"TCP looks at its send queue, and finds that it may send the bytes",
		{ FUNCTION(tcp_write_xmit, "tcp.write") }, true, true },
	[CRUMB_PT_TCP_XMIT] = {
		"tcp.xmit", LAYER_TCP, "__tcp_transmit_skb",
		"TCP builds the header of an skb that carries the bytes and hands it to IP",
		{ FUNCTION(__tcp_transmit_skb, "tcp.xmit") }, false, true },
	[CRUMB_PT_TCP_RETRANSMIT] = {
		"tcp.retransmit", LAYER_TCP, "__tcp_retransmit_skb",
		"TCP sends the bytes again: loss, or a timer that ran out",
		{ TRACEPOINT(tcp_retransmit_skb) }, false, false },
	[CRUMB_PT_IP_QUEUE] = {		/* ip_queue_xmit() does nothing else, and is inlined before 5.14 */
		"ip.queue", LAYER_IP, "__ip_queue_xmit",
		"IP gets TCP's skb: the socket's route, the header, netfilter",
		{ FUNCTION(__ip_queue_xmit, "ip.queue") }, true, true },
	[CRUMB_PT_IP_OUTPUT] = {
		"ip.output", LAYER_IP, "ip_output",
		"IP has routed the packet and passes it to netfilter and the neighbour",
		{ FUNCTION(ip_output, "ip.output") }, false, true },
	/*
	 * Base chains of nftables give their names, tables of the old iptables theirs; without the modules' types (before
	 * 5.11) there is only the hook as a whole.
	 * Functions of modules: fentry would need the module's types as a descriptor, which takes CAP_SYS_ADMIN.
	 */
	[CRUMB_PT_NETFILTER] = {
		"netfilter", LAYER_IP, "nft_do_chain",
		"a chain of netfilter has its verdict: table, chain, hook",
		{ MODULE_FUNCTION(nft_do_chain, "netfilter.chain"),
		  MODULE_FUNCTION(ipt_do_table, "netfilter.table"),
		  MODULE_FUNCTION(nf_hook_slow, "netfilter.hook"),
		  { HOOK_NETFILTER, "nf_hook_slow", "netfilter.link" } }, true, false },	/* 6.4 */
	[CRUMB_PT_NEIGH_WAIT] = {
		"neigh.wait", LAYER_NEIGH, "neigh_resolve_output",
		"the packet waits until the next hop's link-layer address is known",
		{ FUNCTION(neigh_resolve_output, "neigh.wait") }, true, false },
	[CRUMB_PT_NEIGH_RESOLVE] = {
		"neigh.resolve", LAYER_NEIGH, "__neigh_event_send",
		"no valid link-layer address yet: ARP or neighbour discovery is asked",
		{ TRACEPOINT(neigh_event_send_done) }, false, false },
	[CRUMB_PT_NEIGH_UPDATE] = {
		"neigh.update", LAYER_NEIGH, "__neigh_update",
		"a neighbour entry changes: the link-layer address is known, stale or gone",
		{ TRACEPOINT(neigh_update) }, false, false },
	[CRUMB_PT_DEV_QUEUE] = {
		"dev.queue", LAYER_DEVICE, "__dev_queue_xmit",
		"the packet is handed to the device for sending",
		{ TRACEPOINT(net_dev_queue) }, false, false },
	[CRUMB_PT_QDISC_ENQUEUE] = {
		"qdisc.enqueue", LAYER_QDISC, "dev_qdisc_enqueue",
		"the packet is put into the queueing discipline",
		{ TRACEPOINT(qdisc_enqueue) }, false, false },
	[CRUMB_PT_QDISC_DEQUEUE] = {
		"qdisc.dequeue", LAYER_QDISC, "dequeue_skb",
		"the queueing discipline lets the packet go (one sighting per bulk)",
		{ TRACEPOINT(qdisc_dequeue) }, false, false },
	[CRUMB_PT_DEV_XMIT] = {
		"dev.xmit", LAYER_DEVICE, "dev_hard_start_xmit",
		"the driver gets the packet",
		{ TRACEPOINT(net_dev_start_xmit) }, false, false },

	/* from the wire to the receiver's socket */
	[CRUMB_PT_DEV_IRQ] = {
		"dev.irq", LAYER_DEVICE, "__handle_irq_event_percpu",
		"an interrupt asks for the poll of the device: the receive softirq is due on that CPU",
		{ { HOOK_TP_BTF, "irq_handler_entry", "dev.irq" }, { HOOK_RAW_TP, "irq_handler_entry", "dev.irq" } },
		false, false },
	[CRUMB_PT_SOFTIRQ_RUN] = {
		"softirq.run", LAYER_DEVICE, "net_rx_action",
		"the receive softirq begins, which polls the devices that have asked",
		{ { HOOK_TP_BTF, "softirq_entry", "softirq.run" }, { HOOK_RAW_TP, "softirq_entry", "softirq.run" } },
		false, false },
	[CRUMB_PT_DEV_BACKLOG] = {
		"dev.backlog", LAYER_DEVICE, "netif_rx_internal",
		"the packet waits in a CPU's backlog for the receive softirq",
		{ TRACEPOINT(netif_rx) }, false, false },
	[CRUMB_PT_DEV_GRO] = {		/* gro_receive_skb() was napi_gro_receive() before 6.15 */
		"dev.gro", LAYER_DEVICE, "gro_receive_skb",
		"the driver's poll offers the packet for merging (GRO)",
		{ TRACEPOINT(napi_gro_receive_entry) }, false, false },
	[CRUMB_PT_DEV_RECEIVE] = {
		"dev.receive", LAYER_DEVICE, "__netif_receive_skb_core",
		"the stack takes the packet from the device",
		{ TRACEPOINT(netif_receive_skb) }, false, false },
	[CRUMB_PT_BRIDGE_IN] = {
		"bridge.in", LAYER_BRIDGE, "br_handle_frame",
		"a bridge port takes the frame: learn, look up, decide",
		{ DERIVED("dev.receive", "netif_receive_skb"), FENTRY(br_handle_frame) }, false, false },
	[CRUMB_PT_BRIDGE_FORWARD] = {
		"bridge.forward", LAYER_BRIDGE, "__br_forward",
		"the bridge sends the frame out of the port that it chose",
		{ DERIVED("dev.queue", "net_dev_queue"), FENTRY(__br_forward) }, false, false },
	[CRUMB_PT_BRIDGE_FDB] = {
		"bridge.fdb", LAYER_BRIDGE, "br_handle_frame_finish",
		"the bridge has looked up the destination: one port, all of them, or itself",
		{ MODULE_FUNCTION(br_forward, "bridge.fdb") }, true, false },
	[CRUMB_PT_IP_RECEIVE] = {
		"ip.receive", LAYER_IP, "ip_rcv",
		"IP takes the packet: header check, netfilter, route",
		{ FUNCTION(ip_rcv_core, "ip.receive.core"), FUNCTION(ip_rcv, "ip.receive") }, false, false },
	[CRUMB_PT_IP_ROUTE] = {		/* what the route's decision calls: the look-up itself may be a cache's */
		"ip.route", LAYER_IP, "ip_rcv_finish",
		"the route is known: up to a socket of this machine, or on through a device",
		{ FUNCTION(ip_local_deliver, "ip.route") }, true, false },
	[CRUMB_PT_TCP_RECEIVE] = {
		"tcp.receive", LAYER_TCP, "tcp_rcv_established",
		"TCP processes the packet for the receiver's socket",
		{ TRACEPOINT(tcp_probe) }, false, false },
	[CRUMB_PT_TCP_BACKLOG] = {
		"tcp.backlog", LAYER_TCP, "tcp_add_backlog",
		"a thread is using the socket: the packet waits in the socket's backlog",
		{ FUNCTION(tcp_add_backlog, "tcp.backlog") }, true, false },
	[CRUMB_PT_TCP_OFO] = {		/* tcp_data_queue_ofo() is inlined wherever we looked */
		"tcp.ofo", LAYER_TCP, "tcp_data_queue",
		"bytes before these are missing: they wait in the out-of-order queue",
		{ FUNCTION(tcp_data_queue, "tcp.ofo") }, true, false },
	[CRUMB_PT_TCP_QUEUE] = {
		"tcp.queue", LAYER_TCP, "tcp_queue_rcv",
		"the bytes are in order and join the receive queue",
		{ FUNCTION(tcp_queue_rcv, "tcp.queue") }, true, false },
	[CRUMB_PT_SOCK_READY] = {	/* 6.3 */
		"sock.ready", LAYER_SOCKET, "sock_def_readable",
		"the socket tells its waiters that there is something to read",
		{ TRACEPOINT(sk_data_ready), FUNCTION(sock_def_readable, "ready") }, false, false },
	[CRUMB_PT_SCHED_WAKE] = {
		"sched.wake", LAYER_SCHED, "try_to_wake_up",
		"the reader is made runnable",
		{ TRACEPOINT(sched_waking) }, false, false },
	[CRUMB_PT_SCHED_RUN] = {
		"sched.run", LAYER_SCHED, "__schedule",
		"the reader gets a CPU",
		{ TRACEPOINT(sched_switch) }, false, false },
	[CRUMB_PT_SCHED_OFF] = {
		"sched.off", LAYER_SCHED, "__schedule",
		"the reader leaves its CPU while bytes wait for it",
		{ TRACEPOINT(sched_switch) }, false, false },

	/* the receiver's call */
	[CRUMB_PT_SYS_RECV] = {
		"sys.recv", LAYER_SYSCALL, "",
		"the receive-family syscall enters the kernel",
		{ EVENT(raw_syscalls, sys_enter) }, false, true },
	[CRUMB_PT_TCP_RECV] = {
		"tcp.recv", LAYER_TCP, "tcp_recvmsg",
		"the reader's call has come to TCP, which locks the socket and looks at the queue",
		{ FUNCTION(tcp_recvmsg, "tcp.recv") }, true, true },
	[CRUMB_PT_SOCK_COPY] = {
		"sock.copy", LAYER_SOCKET, "skb_copy_datagram_iter",
		"the bytes are copied to the reader's memory",
		{ EVENT(skb, skb_copy_datagram_iovec) }, false, true },
	[CRUMB_PT_SOCK_RECV_RETURN] = {	/* 6.3 */
		"sock.recv.return", LAYER_SOCKET, "sock_recvmsg_nosec",
		"the socket layer has handed the bytes over and returns",
		{ EVENT(sock, sock_recv_length), FUNCTION(inet_recvmsg, "received") }, false, true },
	[CRUMB_PT_SYS_RECV_RETURN] = {
		"sys.recv.return", LAYER_SYSCALL, "",
		"the receive-family syscall returns to the program",
		{ EVENT(raw_syscalls, sys_exit) }, false, true },
	[CRUMB_PT_LIBC_RECV] = {
		"libc.recv", LAYER_LIBC, "",
		"the program calls a receive-family function of the C library",
		{ LIBC("libc_enter") }, false, false },
	[CRUMB_PT_LIBC_RECV_RETURN] = {
		"libc.recv.return", LAYER_LIBC, "",
		"the C library returns to the reader, with the bytes",
		{ LIBC("libc_return") }, false, false },

	/* beside the path */
	[CRUMB_PT_SKB_DROP] = {		/* kfree_skb_reason() before 6.11; reasons since 5.17 */
		"skb.drop", LAYER_DEVICE, "sk_skb_reason_drop",
		"the kernel frees the packet as a drop, with a reason and the place",
		{ TRACEPOINT(kfree_skb) }, false, false },
	/* planned only where a device has such traps (src/probe/devlink_look.h) */
	[CRUMB_PT_HW_TRAP] = {
		"hw.trap", LAYER_DEVICE, "devlink_trap_report",
		"the switch's hardware gives the packet to the CPU: it does not forward it by itself",
		{ TRACEPOINT(devlink_trap_report) }, false, false },
	[CRUMB_PT_HW_DROP] = {
		"hw.drop", LAYER_DEVICE, "devlink_trap_report",
		"the switch's hardware has dropped the packet, and tells the CPU by which trap",
		{ TRACEPOINT(devlink_trap_report) }, false, false },
	[CRUMB_PT_CALL] = {
		"call", LAYER_NOTE, "",
		"a call that carries no bytes: getaddrinfo, socket, connect, close",
		{ LIBC("libc_return"), EVENT(raw_syscalls, sys_exit) }, false, true },
	[CRUMB_PT_STATE] = {
		"state", LAYER_NOTE, "inet_sk_state_store",
		"a socket of the connection changes its TCP state",
		{ EVENT(sock, inet_sock_set_state) }, false, true },
	[CRUMB_PT_RESET_SEND] = {	/* why: since 6.10 */
		"reset.send", LAYER_NOTE, "tcp_send_active_reset",
		"TCP ends the connection at once, by an RST, or answers a packet with one",
		{ TRACEPOINT(tcp_send_reset) }, false, false },
	[CRUMB_PT_RESET_RECV] = {
		"reset.receive", LAYER_NOTE, "tcp_reset",
		"a socket of the connection gets an RST",
		{ TRACEPOINT(tcp_receive_reset) }, false, false },
	[CRUMB_PT_SOCK_GONE] = {
		"sock.gone", LAYER_NOTE, "inet_csk_destroy_sock",
		"a socket of the connection is destroyed, with what lies in it",
		{ EVENT(tcp, tcp_destroy_sock) }, false, true },
	[CRUMB_PT_FLOW] = {
		"flow", LAYER_NOTE, "",
		"a connection is followed from now on",
		{ DERIVED("state", "inet_sock_set_state"),
		  DERIVED("tcp.append", "tcp_sendmsg_locked"),
		  DERIVED("dev.queue", "net_dev_queue") }, false, false },
	[CRUMB_PT_TASK] = {
		"task", LAYER_NOTE, "kernel_clone",
		"a selected process starts a child, which is followed too",
		{ TRACEPOINT(sched_process_fork) }, false, false },
};

const struct point *point_get(unsigned int pt)
{
	return &points[pt < CRUMB_PT_MAX ? pt : CRUMB_PT_NONE];
}

enum crumb_point point_by_name(const char *name)
{
	for (unsigned int pt = CRUMB_PT_NONE + 1; pt < CRUMB_PT_MAX; pt++)
		if (!strcmp(points[pt].name, name))
			return pt;
	return CRUMB_PT_NONE;
}

/* The string at @i of a sparse table, or @none. */
static const char *name_at(const char *const *names, size_t count, size_t i, const char *none)
{
	return i < count && names[i] ? names[i] : none;
}

#define NAME_AT(names, i, none) name_at(names, sizeof(names) / sizeof((names)[0]), i, none)

const char *point_layer_name(enum point_layer layer)
{
	static const char *const names[LAYER_MAX] = {
		[LAYER_LIBC] = "libc",	 [LAYER_SYSCALL] = "syscall", [LAYER_SOCKET] = "socket",
		[LAYER_TCP] = "TCP",	 [LAYER_IP] = "IP",	      [LAYER_NEIGH] = "neigh",
		[LAYER_QDISC] = "qdisc", [LAYER_DEVICE] = "device",   [LAYER_BRIDGE] = "bridge",
		[LAYER_SCHED] = "sched", [LAYER_NOTE] = "note",
	};

	return NAME_AT(names, layer, "?");
}

const char *hook_kind_name(enum hook_kind kind)
{
	static const char *const names[HOOK_KIND_MAX] = {
		[HOOK_NONE] = "none",	  [HOOK_TP_BTF] = "tp_btf",
		[HOOK_RAW_TP] = "raw_tp", [HOOK_TRACEPOINT] = "tracepoint",
		[HOOK_FENTRY] = "fentry", [HOOK_KPROBE_MULTI] = "kprobe.multi",
		[HOOK_KPROBE] = "kprobe", [HOOK_NETFILTER] = "netfilter",
		[HOOK_UPROBE] = "uprobe", [HOOK_DERIVED] = "derived",
	};

	return NAME_AT(names, kind, "?");
}

enum hook_kind hook_kind_by_name(const char *name)
{
	for (int k = HOOK_NONE + 1; k < HOOK_KIND_MAX; k++)
		if (!strcmp(name, hook_kind_name(k)))
			return k;
	return HOOK_NONE;
}

const char *libc_func_name(unsigned int func)
{
	static const char *const names[CRUMB_LIBC_MAX] = {
		[CRUMB_LIBC_GETADDRINFO] = "getaddrinfo",
		[CRUMB_LIBC_SOCKET] = "socket",
		[CRUMB_LIBC_CONNECT] = "connect",
		[CRUMB_LIBC_ACCEPT] = "accept",
		[CRUMB_LIBC_ACCEPT4] = "accept4",
		[CRUMB_LIBC_SEND] = "send",
		[CRUMB_LIBC_SENDTO] = "sendto",
		[CRUMB_LIBC_SENDMSG] = "sendmsg",
		[CRUMB_LIBC_SENDMMSG] = "sendmmsg",
		[CRUMB_LIBC_WRITE] = "write",
		[CRUMB_LIBC_WRITEV] = "writev",
		[CRUMB_LIBC_SENDFILE] = "sendfile",
		[CRUMB_LIBC_RECV] = "recv",
		[CRUMB_LIBC_RECVFROM] = "recvfrom",
		[CRUMB_LIBC_RECVMSG] = "recvmsg",
		[CRUMB_LIBC_RECVMMSG] = "recvmmsg",
		[CRUMB_LIBC_READ] = "read",
		[CRUMB_LIBC_READV] = "readv",
		[CRUMB_LIBC_CLOSE] = "close",
	};

	return NAME_AT(names, func, "?");
}

const char *event_type_name(unsigned int type)
{
	static const char *const names[] = {
		[CRUMB_EV_FLOW] = "flow",
		[CRUMB_EV_STATE] = "state",
		[CRUMB_EV_SEND_BEGIN] = "send_begin",
		[CRUMB_EV_SEND_EXTENT] = "send_extent",
		[CRUMB_EV_SEND_END] = "send_end",
		[CRUMB_EV_SKB] = "skb",
		[CRUMB_EV_SOCK] = "sock",
		[CRUMB_EV_WAKE] = "wake",
		[CRUMB_EV_RUN] = "run",
		[CRUMB_EV_COPY] = "copy",
		[CRUMB_EV_HELD] = "held",
		[CRUMB_EV_FUNC] = "func",
		[CRUMB_EV_DGRAM_SEND] = "dgram_send",
		[CRUMB_EV_DGRAM_RECV] = "dgram_recv",
		[CRUMB_EV_AWAY] = "away",
		[CRUMB_EV_DECISION] = "decision",
		[CRUMB_EV_PROCESS] = "process",
		[CRUMB_EV_RESET] = "reset",
		[CRUMB_EV_NAT] = "nat",
		[CRUMB_EV_POLL] = "poll",
		[CRUMB_EV_TUNNEL] = "tunnel",
		[CRUMB_EV_UNFOLLOWED] = "unfollowed",
		[CRUMB_EV_QDISC] = "qdisc",
		[CRUMB_EV_TRAP] = "trap",
		[CRUMB_EV_RECV_EXTENT] = "recv_extent",
		[CRUMB_EV_RECV] = "recv",
		[CRUMB_EV_CALL] = "call",
		[CRUMB_EV_DROP] = "drop",
		[CRUMB_EV_NEIGH] = "neigh",
		[CRUMB_EV_STACK] = "stack",
		[CRUMB_EV_TRACE] = "trace",
		[CRUMB_EV_HOST] = "host",
		[CRUMB_EV_NETNS] = "netns",
		[CRUMB_EV_DEV] = "dev",
		[CRUMB_EV_FDB] = "fdb",
		[CRUMB_EV_PORT] = "port",
		[CRUMB_EV_RULE] = "rule",
		[CRUMB_EV_OFFLOAD] = "offload",
		[CRUMB_EV_COUNT] = "count",
		[CRUMB_EV_FILTER] = "filter",
		[CRUMB_EV_TRAP_SET] = "trap_set",
		[CRUMB_EV_SYNC] = "sync",
		[CRUMB_EV_ROUTE] = "route",
		[CRUMB_EV_SAMPLE] = "sample",
		[CRUMB_EV_HOOK] = "hook",
		[CRUMB_EV_SYMBOL] = "symbol",
		[CRUMB_EV_REASON] = "reason",
		[CRUMB_EV_LOSS] = "loss",
		[CRUMB_EV_END] = "end",
		[CRUMB_EV_ASIDE] = "aside",
		[CRUMB_EV_TICK] = "tick",
	};

	return NAME_AT(names, type, "?");
}

/* arm64 has only the newer half of the calls: <asm/unistd.h> tells what there is */
static const char *const syscall_names[] = {
#define CALL(name) [__NR_##name] = #name
	CALL(read),
	CALL(write),
	CALL(readv),
	CALL(writev),
	CALL(pread64),
	CALL(pwrite64),
	CALL(preadv),
	CALL(pwritev),
#ifdef __NR_preadv2
	CALL(preadv2),
	CALL(pwritev2),
#endif
	CALL(sendto),
	CALL(recvfrom),
	CALL(sendmsg),
	CALL(recvmsg),
	CALL(sendmmsg),
	CALL(recvmmsg),
	CALL(sendfile),
	CALL(splice),
	CALL(tee),
	CALL(vmsplice),
	CALL(copy_file_range),
	CALL(socket),
	CALL(socketpair),
	CALL(bind),
	CALL(listen),
	CALL(accept),
	CALL(accept4),
	CALL(connect),
	CALL(shutdown),
	CALL(close),
	CALL(getsockname),
	CALL(getpeername),
	CALL(setsockopt),
	CALL(getsockopt),
	CALL(ppoll),
	CALL(pselect6),
	CALL(epoll_create1),
	CALL(epoll_ctl),
	CALL(epoll_pwait),
#ifdef __NR_poll
	CALL(poll),
	CALL(select),
	CALL(epoll_create),
	CALL(epoll_wait),
#endif
#ifdef __NR_epoll_pwait2
	CALL(epoll_pwait2),
#endif
	CALL(dup),
	CALL(dup3),
#ifdef __NR_dup2
	CALL(dup2),
#endif
	CALL(fcntl),
	CALL(ioctl),
#ifdef __NR_close_range
	CALL(close_range),
#endif
	CALL(io_setup),
	CALL(io_submit),
	CALL(io_getevents),
#ifdef __NR_io_uring_setup
	CALL(io_uring_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
#endif
	/* where a reader may sleep */
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(futex),
	CALL(wait4),
	CALL(waitid),
	CALL(rt_sigtimedwait),
	CALL(rt_sigsuspend),
	CALL(flock),
	CALL(fsync),
	CALL(fdatasync),
	CALL(sync_file_range),
	CALL(msync),
	CALL(openat),
	CALL(unlinkat),
	CALL(renameat2),
	CALL(getdents64),
	CALL(newfstatat),
	CALL(fstat),
	CALL(mmap),
	CALL(munmap),
	CALL(madvise),
	CALL(sched_yield),
	CALL(msgrcv),
	CALL(msgsnd),
	CALL(semop),
	CALL(semtimedop),
	CALL(mq_timedreceive),
	CALL(execve),
	CALL(ftruncate),
	CALL(fallocate),
	CALL(restart_syscall),
#ifdef __NR_open
	CALL(open),
	CALL(pause),
	CALL(stat),
	CALL(lstat),
	CALL(unlink),
	CALL(rename),
#endif
#ifdef __NR_futex_waitv
	CALL(futex_waitv),
#endif
#undef CALL
};

const char *syscall_name(unsigned int nr)
{
	return NAME_AT(syscall_names, nr, NULL);
}
