// SPDX-License-Identifier: GPL-2.0-only
#include "hook_set.h"

#include <stddef.h>
#include <string.h>

/* clang-format off */
#define AT_ENTRY(prog, func)	 { prog, func, false, false, HOOKS_ANY }
#define AT_RETURN(prog, func)	 { prog, func, true, false, HOOKS_ANY }
#define AT_ENTRY_IF(prog, func)	 { prog, func, false, true, HOOKS_ANY } /* where there is such a function */
#define AT_RETURN_IF(prog, func) { prog, func, true, true, HOOKS_ANY }

static const struct hook_set sets[] = {
	{ "sys_enter", {
		AT_ENTRY("sys_enter", "sys_enter"),
		{ "sys_enter_again", "sys_enter", false, true, HOOKS_PREEMPTED } } },
	{ "sys_exit", {
		AT_ENTRY("sys_exit", "sys_exit"),
		{ "sys_exit_again", "sys_exit", false, true, HOOKS_PREEMPTED } } },
	{ "append", {
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
	{ "sent", {
		AT_RETURN("sent_return", "inet_sendmsg"),
		AT_RETURN_IF("sent6_return", "inet6_sendmsg"),
		AT_RETURN_IF("sent_page_return", "inet_sendpage") } },
	{ "received", {
		AT_RETURN("received_return", "inet_recvmsg"),
		AT_RETURN_IF("received6_return", "inet6_recvmsg"),
		{ "received_enter", "inet_recvmsg", false, false, HOOKS_UNTYPED },
		{ "received6_enter", "inet6_recvmsg", false, true, HOOKS_UNTYPED } } },
	{ "tcp.xmit", {
		AT_ENTRY("tcp_xmit_enter", "__tcp_transmit_skb") } },
	{ "ip.output", {
		AT_ENTRY("ip_output_enter", "ip_output"),
		AT_ENTRY_IF("ip6_output_enter", "ip6_output") } },
	{ "ip.receive.core", {
		AT_ENTRY("ip_receive_core", "ip_rcv_core"),
		AT_ENTRY("ip6_receive_core", "ip6_rcv_core") } },
	{ "ip.receive", {
		AT_ENTRY("ip_receive_enter", "ip_rcv"),
		AT_ENTRY_IF("ip6_receive_enter", "ipv6_rcv") } },
	{ "ready", {
		AT_ENTRY("ready_enter", "sock_def_readable"),
		AT_ENTRY_IF("ready_enter_nested", "sock_def_readable") } },
};
/* clang-format on */

const struct hook_set *hook_set_find(const char *name)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcmp(sets[i].name, name))
			return &sets[i];
	return NULL;
}
