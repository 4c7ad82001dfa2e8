// SPDX-License-Identifier: GPL-2.0-only
/* Files and behaviour as in Linux 6.18; where older kernels differ the sentence stays true of both. */
#include "functions.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct function_doc docs[] = {
	/* the way in and out */
	{ "entry_SYSCALL_64_after_hwframe", "arch/x86/entry/entry_64.S",
	  "the entry: from here on the task's kernel stack is in use, and the user's registers are saved on it as struct pt_regs" },
	{ "do_syscall_64", "arch/x86/entry/syscall_64.c",
	  "calls the handler of the number; if the call is traced, tells the tracers first" },
	{ "el0t_64_sync", "arch/arm64/kernel/entry.S", "the svc instruction lands here: the user's registers are saved as struct pt_regs" },
	{ "invoke_syscall", "arch/arm64/kernel/syscall.c", "calls the handler of the number in x8" },
	{ "syscall_trace_enter", "kernel/entry/syscall-common.c", "the call is being traced: tells the tracers before the handler runs" },
	{ "syscall_exit_work", "kernel/entry/syscall-common.c", "the call is being traced: tells the tracers what it returns" },

	/* making a socket */
	{ "__x64_sys_socket", "net/socket.c", "the handler: takes its three arguments out of pt_regs" },
	{ "__sys_socket", "net/socket.c", "splits SOCK_CLOEXEC and SOCK_NONBLOCK off the type, makes the socket, then a descriptor for it" },
	{ "__sock_create", "net/socket.c", "checks family and type, asks the security module, finds the family's own create function" },
	{ "sock_alloc", "net/socket.c", "makes struct socket together with its inode in the sockfs file system" },
	{ "alloc_inode", "fs/inode.c", "asks the file system (here sockfs) for a new inode" },
	{ "sock_alloc_inode", "net/socket.c", "takes struct socket_alloc, a socket and an inode in one, from its slab cache" },
	{ "security_inode_alloc", "security/security.c", "room for what security modules note about the inode" },
	{ "inet_create", "net/ipv4/af_inet.c", "finds the protocol for family, type and protocol number (TCP for SOCK_STREAM, 0) and makes its sock" },
	{ "inet6_create", "net/ipv6/af_inet6.c", "finds the protocol for family, type and protocol number (TCP for SOCK_STREAM, 0) and makes its sock" },
	{ "unix_create", "net/unix/af_unix.c", "makes the sock of a Unix domain socket" },
	{ "sk_alloc", "net/core/sock.c", "makes struct sock, the protocol's side of a socket, and ties it to the network namespace" },
	{ "sk_prot_alloc", "net/core/sock.c", "takes it from the protocol's slab cache: for TCP it is a whole struct tcp_sock" },
	{ "tcp_v4_init_sock", "net/ipv4/tcp_ipv4.c", "sets TCP's first state: CLOSE, initial window, congestion control" },
	{ "tcp_init_sock", "net/ipv4/tcp.c", "sets TCP's first values: timers, initial congestion window, congestion control" },
	{ "sock_alloc_file", "net/socket.c", "makes struct file for the socket, so that read() and write() work on it" },
	{ "alloc_file_pseudo", "fs/file_table.c", "a file that has no name in any directory" },
	{ "d_alloc_pseudo", "fs/dcache.c", "its directory entry: the socket:[inode] that /proc/PID/fd shows" },
	{ "alloc_empty_file", "fs/file_table.c", "struct file itself" },
	{ "security_file_alloc", "security/security.c", "room for what security modules note about the file" },
	{ "security_sk_alloc", "security/security.c", "room for what security modules note about the sock" },

	/* names, states */
	{ "__x64_sys_bind", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_bind", "net/socket.c", "finds the socket of the descriptor, copies the address from the program's memory" },
	{ "inet_bind", "net/ipv4/af_inet.c", "may this address be used here, is the port free?" },
	{ "__inet_bind", "net/ipv4/af_inet.c", "is the address one of this host's, may the program have this port?" },
	{ "inet_csk_get_port", "net/ipv4/inet_connection_sock.c", "finds a free port, or checks that the wanted one may be shared" },
	{ "inet_bind_bucket_create", "net/ipv4/inet_hashtables.c", "the port's first user: an entry in the table of bound ports" },
	{ "inet_bind2_bucket_create", "net/ipv4/inet_hashtables.c", "the same in the table by port and address" },
	{ "__x64_sys_listen", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_listen", "net/socket.c", "limits the backlog to net.core.somaxconn and calls the protocol" },
	{ "__sys_listen_socket", "net/socket.c", "limits the backlog to net.core.somaxconn and calls the protocol" },
	{ "inet_listen", "net/ipv4/af_inet.c", "only a stream socket that is not connected may listen" },
	{ "__inet_listen_sk", "net/ipv4/af_inet.c", "sets the backlog and starts listening" },
	{ "inet_csk_listen_start", "net/ipv4/inet_connection_sock.c", "makes the accept queue, puts the sock in LISTEN and among the listening ones" },
	{ "inet_sk_state_store", "net/ipv4/af_inet.c", "the sock changes its TCP state" },
	{ "tcp_set_state", "net/ipv4/tcp.c", "changes the TCP state, with what hangs on it (hash tables, counters)" },
	{ "inet_hash", "net/ipv4/inet_hashtables.c", "puts the sock where incoming packets look for it" },

	/* accept */
	{ "__x64_sys_accept", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__x64_sys_accept4", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_accept4", "net/socket.c", "finds the listening socket, makes a descriptor for the new one" },
	{ "do_accept", "net/socket.c", "makes a new socket and file, and asks the protocol for a connection that is ready" },
	{ "inet_accept", "net/ipv4/af_inet.c", "takes the sock of a finished handshake and grafts it onto the new socket" },
	{ "inet_csk_accept", "net/ipv4/inet_connection_sock.c", "takes the first connection of the accept queue, or sleeps until there is one" },
	{ "reqsk_queue_remove", "include/net/request_sock.h", "takes the head of the accept queue" },

	/* connect */
	{ "__x64_sys_connect", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_connect", "net/socket.c", "finds the socket, copies the address from the program's memory" },
	{ "inet_stream_connect", "net/ipv4/af_inet.c", "locks the socket; while it has to wait, the lock is given up" },
	{ "__inet_stream_connect", "net/ipv4/af_inet.c", "starts the handshake and, unless the socket is non-blocking, sleeps until it is over" },
	{ "tcp_v4_connect", "net/ipv4/tcp_ipv4.c", "finds the route, so the source address; takes a port; SYN_SENT" },
	{ "tcp_v6_connect", "net/ipv6/tcp_ipv6.c", "finds the route, so the source address; takes a port; SYN_SENT" },
	{ "ip_route_output_key_hash", "net/ipv4/route.c", "which way out for this destination?" },
	{ "ip_route_output_flow", "net/ipv4/route.c", "which way out for this flow (policy included)?" },
	{ "ip_route_output_key_hash_rcu", "net/ipv4/route.c", "source address and device are chosen here" },
	{ "fib_table_lookup", "net/ipv4/fib_trie.c", "longest prefix match in one routing table" },
	{ "fib6_table_lookup", "net/ipv6/route.c", "longest prefix match in one routing table" },
	{ "__inet_hash_connect", "net/ipv4/inet_hashtables.c", "finds a local port such that the four numbers of the connection are unique" },
	{ "tcp_connect", "net/ipv4/tcp_output.c", "builds the SYN, sends it and starts the timer that would repeat it" },
	{ "inet_wait_for_connect", "net/ipv4/af_inet.c", "sleeps until the handshake is over, or has failed" },
	{ "tcp_stream_alloc_skb", "net/ipv4/tcp.c", "an skb with room for TCP's headers" },
	{ "tcp_rcv_state_process", "net/ipv4/tcp_input.c", "a packet for a sock that is not ESTABLISHED: the state machine of RFC 9293" },
	{ "tcp_conn_request", "net/ipv4/tcp_input.c", "a SYN for a listening sock: a request is noted, the SYN-ACK sent" },
	{ "tcp_v4_conn_request", "net/ipv4/tcp_ipv4.c", "a SYN for a listening sock" },
	{ "tcp_check_req", "net/ipv4/tcp_minisocks.c", "the ACK that ends the handshake: is it right?" },
	{ "tcp_v4_syn_recv_sock", "net/ipv4/tcp_ipv4.c", "the handshake is over: makes the sock that accept() will return" },
	{ "tcp_create_openreq_child", "net/ipv4/tcp_minisocks.c", "the new connection's sock, copied from the listening one" },
	{ "tcp_child_process", "net/ipv4/tcp_minisocks.c", "the new sock gets its first packet" },
	{ "tcp_finish_connect", "net/ipv4/tcp_input.c", "the SYN-ACK was right: ESTABLISHED" },
	{ "tcp_rcv_synsent_state_process", "net/ipv4/tcp_input.c", "an answer to our SYN: SYN-ACK, or a reset" },

	/* refused */
	{ "tcp_v4_send_reset", "net/ipv4/tcp_ipv4.c", "no socket wants this packet: answers with RST" },
	{ "tcp_v6_send_reset", "net/ipv6/tcp_ipv6.c", "no socket wants this packet: answers with RST" },
	{ "ip_send_unicast_reply", "net/ipv4/ip_output.c", "sends an answer that belongs to no socket of a program" },
	{ "tcp_reset", "net/ipv4/tcp_input.c", "a valid RST came: in SYN_SENT the error is ECONNREFUSED, later ECONNRESET (EPIPE in CLOSE_WAIT)" },
	{ "tcp_done_with_error", "net/ipv4/tcp_input.c", "notes the error in sk->sk_err and ends the connection" },
	{ "tcp_done", "net/ipv4/tcp.c", "the connection is over: CLOSE, the waiters are told" },
	{ "sk_error_report", "net/core/sock.c", "wakes whoever waits for the socket, so that it looks at sk->sk_err" },
	{ "tcp_disconnect", "net/ipv4/tcp.c", "puts the sock back to its first state, so that it could connect again" },
	{ "tcp_write_queue_purge", "net/ipv4/tcp.c", "drops what was not sent or not acknowledged" },

	/* sending */
	{ "__x64_sys_write", "fs/read_write.c", "the handler: takes its arguments out of pt_regs" },
	{ "ksys_write", "fs/read_write.c", "finds the file of the descriptor, and its position if it has one (a socket has none)" },
	{ "vfs_write", "fs/read_write.c", "is the file open for writing? then its own write function" },
	{ "sock_write_iter", "net/socket.c", "a write() on a socket becomes a message without address" },
	{ "__x64_sys_sendto", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_sendto", "net/socket.c", "finds the socket, describes the program's buffer, copies the address if there is one" },
	{ "____sys_sendmsg", "net/socket.c", "flags, control data and buffers of sendmsg()" },
	{ "__sock_sendmsg", "net/socket.c", "asks the security module, then the protocol's sendmsg" },
	{ "inet_sendmsg", "net/ipv4/af_inet.c", "takes a port if the socket has none, then TCP or UDP" },
	{ "inet6_sendmsg", "net/ipv6/af_inet6.c", "takes a port if the socket has none, then TCP or UDP" },
	{ "tcp_sendmsg", "net/ipv4/tcp.c", "locks the socket: one writer at a time" },
	{ "tcp_sendmsg_locked", "net/ipv4/tcp.c", "copies the bytes into skbs at the end of the stream, then tries to send" },
	{ "udp_sendmsg", "net/ipv4/udp.c", "one call, one datagram: route, header, send" },
	{ "__alloc_skb", "net/core/skbuff.c", "an skb: a descriptor and a buffer for one packet" },
	{ "kmalloc_reserve", "net/core/skbuff.c", "the skb's buffer" },
	{ "tcp_push", "net/ipv4/tcp.c", "decides whether what was written is worth sending now" },
	{ "__tcp_push_pending_frames", "net/ipv4/tcp_output.c", "sends what the windows allow" },
	{ "tcp_write_xmit", "net/ipv4/tcp_output.c", "the gate: congestion window, receiver's window, Nagle, pacing, small queues; what passes is cut and sent" },
	{ "__tcp_transmit_skb", "net/ipv4/tcp_output.c", "writes the TCP header of a clone; the original stays for a retransmission until it is acknowledged" },
	{ "inet6_csk_xmit", "net/ipv6/inet6_connection_sock.c", "finds the route that the socket keeps, or looks it up again" },
	{ "__ip_queue_xmit", "net/ipv4/ip_output.c", "finds the route that the socket keeps, writes the IPv4 header" },
	{ "ip_queue_xmit", "net/ipv4/ip_output.c", "finds the route that the socket keeps, writes the IPv4 header" },
	{ "ip6_xmit", "net/ipv6/ip6_output.c", "writes the IPv6 header; netfilter's LOCAL_OUT" },
	{ "ip_local_out", "net/ipv4/ip_output.c", "length and checksum of the IPv4 header; netfilter's LOCAL_OUT" },
	{ "ip_output", "net/ipv4/ip_output.c", "netfilter's POST_ROUTING" },
	{ "ip6_output", "net/ipv6/ip6_output.c", "netfilter's POST_ROUTING" },
	{ "ip_finish_output", "net/ipv4/ip_output.c", "fragments if the packet is larger than the device takes" },
	{ "ip6_finish_output", "net/ipv6/ip6_output.c", "fragments if the packet is larger than the device takes" },
	{ "ip_finish_output2", "net/ipv4/ip_output.c", "finds the next hop's neighbour entry, which knows its link-layer address" },
	{ "ip6_finish_output2", "net/ipv6/ip6_output.c", "finds the next hop's neighbour entry, which knows its link-layer address" },
	{ "neigh_resolve_output", "net/core/neighbour.c", "writes the Ethernet header if the address is known, else the packet waits for ARP or ND" },
	{ "neigh_hh_output", "include/net/neighbour.h", "copies the ready-made Ethernet header in front of the packet" },
	{ "nf_hook_slow", "net/netfilter/core.c", "calls what is registered at a netfilter hook: iptables, nftables, conntrack" },
	{ "nf_hook", "include/linux/netfilter.h", "calls what is registered at a netfilter hook: iptables, nftables, conntrack" },
	{ "__dev_queue_xmit", "net/core/dev.c", "chooses the transmit queue; through its queueing discipline, or straight on where there is none" },
	{ "sch_direct_xmit", "net/sched/sch_generic.c", "sends without queueing, if the driver takes it" },
	{ "__qdisc_run", "net/sched/sch_generic.c", "empties the queueing discipline as far as the driver takes packets" },
	{ "dev_hard_start_xmit", "net/core/dev.c", "a copy for packet sockets (tcpdump), then the driver's transmit function" },
	{ "loopback_xmit", "drivers/net/loopback.c", "the driver of lo: what is sent is received" },
	{ "veth_xmit", "drivers/net/veth.c", "the driver of a veth: hands the packet to the device at the other end" },

	/* receiving */
	{ "__netif_rx", "net/core/dev.c", "the packet comes in: to a CPU's backlog" },
	{ "netif_rx_internal", "net/core/dev.c", "chooses the CPU (RPS) and appends the packet to its backlog" },
	{ "enqueue_to_backlog", "net/core/dev.c", "appends the packet to a CPU's backlog and raises its receive softirq" },
	{ "__local_bh_enable_ip", "kernel/softirq.c", "softirqs may run again: those that wait do so now, on this stack" },
	{ "do_softirq", "kernel/softirq.c", "runs what waits, before the interrupted code goes on" },
	{ "handle_softirqs", "kernel/softirq.c", "calls each softirq that was raised on this CPU" },
	{ "net_rx_action", "net/core/dev.c", "the receive softirq: polls the devices that have packets" },
	{ "__napi_poll", "net/core/dev.c", "asks one of them for up to its weight, usually 64, of packets" },
	{ "process_backlog", "net/core/dev.c", "takes packets from the CPU's backlog" },
	{ "__netif_receive_skb_one_core", "net/core/dev.c", "one packet to the protocol it is for" },
	{ "__netif_receive_skb_core", "net/core/dev.c", "packet sockets, tc ingress, then the device's master (a bridge, a bond), else the protocol" },
	{ "br_handle_frame", "net/bridge/br_input.c", "the device is a bridge port: the frame is the bridge's" },
	{ "br_handle_frame_finish", "net/bridge/br_input.c", "learns where the source is, looks up where the destination is (FDB)" },
	{ "br_nf_pre_routing", "net/bridge/br_netfilter_hooks.c", "br_netfilter: the IP rules see the bridged packet" },
	{ "br_nf_pre_routing_ipv6", "net/bridge/br_netfilter_ipv6.c", "br_netfilter: the IPv6 rules see the bridged packet" },
	{ "br_nf_hook_thresh", "net/bridge/br_netfilter_hooks.c", "goes on with the bridge's own hooks" },
	{ "br_nf_forward_ip", "net/bridge/br_netfilter_hooks.c", "br_netfilter: the FORWARD rules see the bridged packet" },
	{ "br_nf_post_routing", "net/bridge/br_netfilter_hooks.c", "br_netfilter: the POST_ROUTING rules see the bridged packet" },
	{ "br_forward", "net/bridge/br_forward.c", "may it leave by that port?" },
	{ "__br_forward", "net/bridge/br_forward.c", "sets the port out and runs the bridge's FORWARD hook" },
	{ "br_forward_finish", "net/bridge/br_forward.c", "the bridge's POST_ROUTING hook" },
	{ "br_dev_queue_push_xmit", "net/bridge/br_forward.c", "puts the Ethernet header back and hands the frame to the port" },
	{ "ip_rcv", "net/ipv4/ip_input.c", "checks the IPv4 header; netfilter's PRE_ROUTING" },
	{ "ipv6_rcv", "net/ipv6/ip6_input.c", "checks the IPv6 header; netfilter's PRE_ROUTING" },
	{ "ip_rcv_finish", "net/ipv4/ip_input.c", "for this host, or to be forwarded?" },
	{ "ip_local_deliver", "net/ipv4/ip_input.c", "for this host: puts fragments together; netfilter's LOCAL_IN" },
	{ "ip_local_deliver_finish", "net/ipv4/ip_input.c", "takes the IPv4 header off" },
	{ "ip_protocol_deliver_rcu", "net/ipv4/ip_input.c", "to the protocol that the header names" },
	{ "ip6_input", "net/ipv6/ip6_input.c", "for this host: netfilter's LOCAL_IN" },
	{ "ip6_input_finish", "net/ipv6/ip6_input.c", "takes the IPv6 header off" },
	{ "ip6_protocol_deliver_rcu", "net/ipv6/ip6_input.c", "walks the extension headers, then to the protocol" },
	{ "tcp_v4_rcv", "net/ipv4/tcp_ipv4.c", "checks the TCP header, finds the socket by the four numbers of the connection" },
	{ "tcp_v6_rcv", "net/ipv6/tcp_ipv6.c", "checks the TCP header, finds the socket by the four numbers of the connection" },
	{ "tcp_v4_do_rcv", "net/ipv4/tcp_ipv4.c", "processes the packet by the socket's state, under its lock (a listening socket's without)" },
	{ "tcp_v6_do_rcv", "net/ipv6/tcp_ipv6.c", "processes the packet by the socket's state, under its lock (a listening socket's without)" },
	{ "tcp_rcv_established", "net/ipv4/tcp_input.c", "the packet of a running connection: in order and nothing special takes the fast path" },
	{ "tcp_data_queue", "net/ipv4/tcp_input.c", "in order: to the receive queue; ahead of a gap: to the out-of-order queue" },
	{ "tcp_queue_rcv", "net/ipv4/tcp_input.c", "appends to the receive queue, into the last skb if there is room" },
	{ "tcp_ack", "net/ipv4/tcp_input.c", "takes what is acknowledged off the retransmit queue, adapts windows and timers" },
	{ "tcp_data_ready", "net/ipv4/tcp_input.c", "enough bytes for the reader (SO_RCVLOWAT)? then tell it" },
	{ "sock_def_readable", "net/core/sock.c", "wakes whoever waits for the socket: recv(), poll(), epoll" },
	{ "sk_skb_reason_drop", "net/core/skbuff.c", "frees the packet with the reason why" },
	{ "release_sock", "net/core/sock.c", "unlocks the socket; first the packets that came meanwhile (its backlog)" },
	{ "__release_sock", "net/core/sock.c", "processes the backlog: packets that came while the socket was locked" },
	{ "try_to_wake_up", "kernel/sched/core.c", "makes the task runnable on a CPU" },
	{ "__schedule", "kernel/sched/core.c", "the CPU goes from one task to another" },
	{ "schedule_timeout", "kernel/time/sleep_timeout.c", "sleeps, at most so long" },

	/* reading */
	{ "__x64_sys_read", "fs/read_write.c", "the handler: takes its arguments out of pt_regs" },
	{ "ksys_read", "fs/read_write.c", "finds the file of the descriptor" },
	{ "vfs_read", "fs/read_write.c", "is the file open for reading? then its own read function" },
	{ "sock_read_iter", "net/socket.c", "a read() on a socket becomes a recvmsg without address" },
	{ "__x64_sys_recvfrom", "net/socket.c", "the handler: takes its arguments out of pt_regs" },
	{ "__sys_recvfrom", "net/socket.c", "finds the socket, describes the program's buffer" },
	{ "sock_recvmsg", "net/socket.c", "asks the security module, then the protocol's recvmsg" },
	{ "inet_recvmsg", "net/ipv4/af_inet.c", "to TCP or UDP" },
	{ "inet6_recvmsg", "net/ipv6/af_inet6.c", "to TCP or UDP" },
	{ "tcp_recvmsg", "net/ipv4/tcp.c", "locks the socket: one reader at a time" },
	{ "tcp_recvmsg_locked", "net/ipv4/tcp.c", "takes bytes from the receive queue, or sleeps until there are some" },
	{ "udp_recvmsg", "net/ipv4/udp.c", "takes one datagram" },
	{ "skb_copy_datagram_iter", "net/core/datagram.c", "copies from the skb to the program's memory" },
	{ "__skb_datagram_iter", "net/core/datagram.c", "its linear part, then its pages" },
	{ "tcp_cleanup_rbuf", "net/ipv4/tcp.c", "room in the buffer again: does the sender have to be told?" },
	{ "tcp_rcv_space_adjust", "net/ipv4/tcp_input.c", "adapts the receive buffer to how fast the program reads" },
	{ "__kfree_skb", "net/core/skbuff.c", "gives the skb back" },
	{ "skb_release_data", "net/core/skbuff.c", "gives its buffer back" },

	/* closing */
	{ "__x64_sys_close", "fs/open.c", "the handler: takes the descriptor out of the table" },
	{ "fput_close_sync", "fs/file_table.c", "the last user of the file is gone: it is released now" },
	{ "__fput", "fs/file_table.c", "the file's own release function, then struct file is freed" },
	{ "____fput", "fs/file_table.c", "the deferred release, on the way back to the program" },
	{ "task_work_run", "kernel/task_work.c", "what was put off until the way back to the program" },
	{ "sock_close", "net/socket.c", "the release function of a socket's file" },
	{ "__sock_release", "net/socket.c", "tells the protocol" },
	{ "inet_release", "net/ipv4/af_inet.c", "tells TCP or UDP, with how long to linger" },
	{ "tcp_close", "net/ipv4/tcp.c", "locks the socket and closes the connection" },
	{ "__tcp_close", "net/ipv4/tcp.c", "unread bytes, or SO_LINGER with 0: RST; else FIN, and the kernel keeps the connection until the other side has closed too or a timer ends it" },
	{ "tcp_close_state", "net/ipv4/tcp.c", "from ESTABLISHED to FIN_WAIT1, from CLOSE_WAIT to LAST_ACK" },
	{ "tcp_send_fin", "net/ipv4/tcp_output.c", "the FIN, on the last packet in the queue if there is one" },
	{ "tcp_shutdown", "net/ipv4/tcp.c", "closes the sending direction: FIN" },
	{ "inet_shutdown", "net/ipv4/af_inet.c", "which directions? then the protocol" },
	{ "inet_csk_destroy_sock", "net/ipv4/inet_connection_sock.c", "the sock is nobody's any more" },
	{ "sk_destruct", "net/core/sock.c", "frees the sock" },
	{ "tcp_send_active_reset", "net/ipv4/tcp_output.c", "sends a RST" },
	{ "tcp_send_ack", "net/ipv4/tcp_output.c", "sends an acknowledgement by itself" },
};

static const struct {
	const char *name, *words;
	bool memory;
} tracepoints[] = {
	{ "sys_enter", "the entry", false }, { "sys_exit", "the exit", false },
	{ "kmem_cache_alloc", "an object from a slab cache", true },
	{ "kmem_cache_free", "an object back to its slab cache", true },
	{ "kmalloc", "memory", true }, { "kfree", "memory given back", true },
	{ "mm_page_alloc", "a page of memory", true },
	{ "percpu_alloc_percpu", "memory for each CPU", true },
	{ "inet_sock_set_state", "TCP state", false },
	{ "inet_sk_error_report", "sk->sk_err", false },
	{ "sock_send_length", "bytes taken", false }, { "sock_recv_length", "bytes handed over", false },
	{ "sk_data_ready", "waiters are told", false },
	{ "tcp_sendmsg_locked", "a turn of the copy loop", false },
	{ "tcp_probe", "a packet for an established connection", false },
	{ "tcp_send_reset", "a RST is sent", false }, { "tcp_receive_reset", "a RST was received", false },
	{ "tcp_destroy_sock", "the sock ends", false },
	{ "tcp_rcv_space_adjust", "buffer size reconsidered", false },
	{ "fib_table_lookup", "route look-up", false }, { "fib6_table_lookup", "route look-up", false },
	{ "neigh_create", "a new neighbour entry", false },
	{ "neigh_event_send_done", "a neighbour is asked for", false },
	{ "net_dev_queue", "a packet at the device", false },
	{ "net_dev_start_xmit", "a packet at the driver", false },
	{ "net_dev_xmit", "the driver has it", false },
	{ "netif_rx", "a packet comes in", false },
	{ "netif_receive_skb", "a packet goes up the stack", false },
	{ "napi_poll", "a poll is done", false },
	{ "skb_copy_datagram_iovec", "bytes to the program's memory", false },
	{ "consume_skb", "a packet is done with", true },
	{ "kfree_skb", "a packet is dropped", false },
	{ "softirq_entry", "a softirq begins", false }, { "softirq_exit", "it is over", false },
	{ "sched_waking", "a task is woken", false },
	{ "sched_switch", "the task sleeps or lost its CPU", false },
};
/* clang-format on */

void function_source_name(const char *symbol, char *buf, size_t size)
{
	static const char *const tails[] = { "_noprof", ".cold" };
	size_t n;

	n = strcspn(symbol, "."); /* .constprop.0, .part.0, .isra.0, .cold */
	snprintf(buf, size, "%.*s", (int)n, symbol);
	n = strlen(buf);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		size_t len = strlen(tails[i]);

		if (n > len && !strcmp(buf + n - len, tails[i]))
			buf[n - len] = '\0';
	}
}

const struct function_doc *function_find(const char *symbol)
{
	char name[128];

	function_source_name(symbol, name, sizeof(name));
	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++)
		if (!strcmp(docs[i].name, name))
			return &docs[i];
	return NULL;
}

const struct function_doc *function_at(unsigned int i)
{
	return i < sizeof(docs) / sizeof(docs[0]) ? &docs[i] : NULL;
}

const char *function_tracepoint_words(const char *tracepoint)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++)
		if (!strcmp(tracepoints[i].name, tracepoint))
			return tracepoints[i].words;
	return NULL;
}

bool function_is_memory(const char *tracepoint)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(tracepoints[0]); i++)
		if (!strcmp(tracepoints[i].name, tracepoint))
			return tracepoints[i].memory;
	return false;
}
