// SPDX-License-Identifier: GPL-2.0-only
#include "hook_set.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define AT_ENTRY(prog, func)	 { prog, func, false, false, HOOKS_ANY }
#define AT_RETURN(prog, func)	 { prog, func, true, false, HOOKS_ANY }
#define AT_ENTRY_IF(prog, func)	 { prog, func, false, true, HOOKS_ANY } /* where there is such a function */
#define AT_RETURN_OF(prog, func) { prog, func, true, false, HOOKS_FRAMED } /* of just this call */
#define AT_RETURN_OF_IF(prog, func) { prog, func, true, true, HOOKS_FRAMED }
/* The second program, where the first can be interrupted, or preempted. */
#define AGAIN_AT_ENTRY(prog, func)  { prog "_again", func, false, true, HOOKS_SKIPPED }
#define AT_RETURN_IF(prog, func) { prog, func, true, true, HOOKS_ANY }

static const struct hook_set sets[] = {
	{ "append", NULL, {
		AT_ENTRY("append_enter", "tcp_sendmsg_locked"),
		AT_ENTRY("append_wait_enter", "sk_stream_wait_memory"),
		AT_ENTRY_IF("append_connect_enter", "sk_stream_wait_connect"),
		AT_ENTRY_IF("append_page_enter", "do_tcp_sendpages"), /* sendfile, splice; gone with 6.5 */
		{ "append_return", "tcp_sendmsg_locked", true, false, HOOKS_TYPED },
		{ "append_wait_return", "sk_stream_wait_memory", true, false, HOOKS_TYPED },
		{ "append_connect_return", "sk_stream_wait_connect", true, true, HOOKS_TYPED },
		{ "append_page_return", "do_tcp_sendpages", true, true, HOOKS_TYPED },
		{ "append_release", "release_sock", false, false, HOOKS_UNTYPED },
		{ "append_unqueue", "remove_wait_queue", false, false, HOOKS_UNTYPED } } },
	{ "sent", NULL, {
		AT_RETURN("sent_return", "inet_sendmsg"),
		AT_RETURN_IF("sent6_return", "inet6_sendmsg"),
		AT_RETURN_IF("sent_page_return", "inet_sendpage") } },
	{ "received", NULL, {
		AT_RETURN("received_return", "inet_recvmsg"),
		AT_RETURN_IF("received6_return", "inet6_recvmsg"),
		{ "received_enter", "inet_recvmsg", false, false, HOOKS_UNTYPED },
		{ "received6_enter", "inet6_recvmsg", false, true, HOOKS_UNTYPED } } },
	{ "tcp.xmit", NULL, {
		AT_ENTRY("tcp_xmit_enter", "__tcp_transmit_skb"),
		AGAIN_AT_ENTRY("tcp_xmit_enter", "__tcp_transmit_skb") } },
	{ "ip.output", NULL, {
		AT_ENTRY("ip_output_enter", "ip_output"),
		AGAIN_AT_ENTRY("ip_output_enter", "ip_output"),
		AT_ENTRY_IF("ip6_output_enter", "ip6_output"),
		AGAIN_AT_ENTRY("ip6_output_enter", "ip6_output") } },
	{ "ip.receive.core", NULL, {
		AT_ENTRY("ip_receive_core", "ip_rcv_core"),
		AT_ENTRY("ip6_receive_core", "ip6_rcv_core") } },
	{ "ip.receive", NULL, {
		AT_ENTRY("ip_receive_enter", "ip_rcv"),
		AT_ENTRY_IF("ip6_receive_enter", "ipv6_rcv") } },
	{ "ready", NULL, {
		AT_ENTRY("ready_enter", "sock_def_readable"),
		AT_ENTRY_IF("ready_enter_nested", "sock_def_readable") } },
	{ "dev.irq", NULL, {
		AT_ENTRY("irq_handler_entry", "irq_handler_entry"),
		AT_ENTRY("irq_handler_exit", "irq_handler_exit"),
		AT_ENTRY("softirq_raise", "softirq_raise") } },
	{ "softirq.run", NULL, {
		AT_ENTRY("softirq_entry", "softirq_entry"),
		AT_ENTRY("softirq_exit", "softirq_exit") } },
	{ "sock.send", NULL, {
		AT_ENTRY("sock_send_enter", "security_socket_sendmsg") } },
	{ "tcp.recv", NULL, {
		AT_ENTRY("tcp_recv_enter", "tcp_recvmsg") } },
	{ "tcp.write", NULL, {
		AT_ENTRY("tcp_write_enter", "tcp_write_xmit"),
		AT_ENTRY("tcp_wakeup_enter", "tcp_write_wakeup") } },
	{ "ip.queue", NULL, {
		AT_ENTRY("ip_queue_enter", "__ip_queue_xmit"),
		AT_ENTRY_IF("ip6_queue_enter", "inet6_csk_xmit") } },
	{ "tcp.backlog", NULL, {
		AT_ENTRY("tcp_backlog_enter", "tcp_add_backlog") } },
	{ "tcp.ofo", NULL, {
		AT_ENTRY("tcp_ofo_enter", "tcp_data_queue") } },
	{ "tcp.queue", NULL, {
		AT_ENTRY("tcp_queue_enter", "tcp_queue_rcv") } },
	{ "ip.route", NULL, {
		AT_ENTRY("ip_route_local", "ip_local_deliver"),
		AT_ENTRY("ip_route_forward", "ip_forward"),
		AT_ENTRY_IF("ip6_route_local", "ip6_input"),
		AT_ENTRY_IF("ip6_route_forward", "ip6_forward") } },
	{ "neigh.wait", NULL, {
		AT_ENTRY("neigh_wait_enter", "neigh_resolve_output") } },
	{ "netfilter.chain", "nf_tables", {
		AT_ENTRY("nft_enter", "nft_do_chain"),
		AT_RETURN_OF("nft_return", "nft_do_chain"),
		AT_ENTRY_IF("ipt_enter", "ipt_do_table"), /* both may be in use */
		AT_RETURN_OF_IF("ipt_return", "ipt_do_table"),
		AT_ENTRY_IF("ip6t_enter", "ip6t_do_table"),
		AT_RETURN_OF_IF("ip6t_return", "ip6t_do_table") } },
	{ "netfilter.table", "ip_tables", {
		AT_ENTRY("ipt_enter", "ipt_do_table"),
		AT_RETURN_OF("ipt_return", "ipt_do_table"),
		AT_ENTRY_IF("ip6t_enter", "ip6t_do_table"),
		AT_RETURN_OF_IF("ip6t_return", "ip6t_do_table") } },
	{ "netfilter.hook", NULL, {
		AT_ENTRY("nf_hook_enter", "nf_hook_slow"),
		AT_RETURN_OF("nf_hook_return", "nf_hook_slow") } },
	{ "gso", NULL, {
		AT_RETURN("gso_return", "__skb_gso_segment") } },
	{ "netfilter.link", NULL, {
		AT_ENTRY("netfilter_first", "nf_hook_slow"),
		AT_RETURN("netfilter_last", "nf_hook_slow") } },
	{ "bridge.fdb", NULL, {
		AT_ENTRY("bridge_to_port", "br_forward"),
		AT_ENTRY("bridge_to_all", "br_flood"),
		AT_ENTRY_IF("bridge_to_self", "br_pass_frame_up") } },
};
/* clang-format on */

const struct hook_set *hook_set_find(const char *name)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcmp(sets[i].name, name))
			return &sets[i];
	return NULL;
}
