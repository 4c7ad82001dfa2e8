crumb-call	1
story	wanted=connect	arch=0	kind=0	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-9+deb12u14	host=vm	emulator=	tid=2037	is_static=0	return_addr=0x561acbee2835	got=0x561acbee50d0	tail_call=0	function_bytes=0x9b	insns_cut=0	cancel_point=1	cancel_taken=0	steps=11	vdso=0x7f6ad83c4000	arg_count=3	out_text=	watched=1	watch_why=	handler=__x64_sys_connect	handler_in_table=0	handler_compares=9	header=#define __NR_connect 42\t/usr/include/x86_64-linux-gnu/asm/unistd_64.h	seen_lost=0x0	kernel_ns=0x16270	watch_ns=0x378b2	result=4294967295	errno_addr=0x7f6ad81cb6c0	errno_value=111	calls_lost=0	several_ns=0x0	several_text=
call-site	addr=0x561acbee2830	offset=0x2830	symbol=do_connect	into=0x10	file=/tmp/call/call-once	build_id=7de5597e1e5c9238d1c8118ed884a404b71343b4
got-before	addr=0x561acbee21d6	offset=0x21d6	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=7de5597e1e5c9238d1c8118ed884a404b71343b4
got-now	addr=0x7f6ad82d87b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
function	addr=0x7f6ad82d87b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=1	ip=0x7f6ad82d87be	sp=0x7ffd2ac48268	nr=0x2a	ret=0x2a	arg=0x4,0x7ffd2ac4829c,0x10,0x7f6ad81e5a08,0x0,0x7f6ad83ca6d0
regs-after	known=1	ip=0x7f6ad82d87c0	sp=0x7ffd2ac48268	nr=0xffffffffffffff91	ret=0xffffffffffffff91	arg=0x4,0x7ffd2ac4829c,0x10,0x7f6ad81e5a08,0x0,0x7f6ad83ca6d0
regs-kernel	known=1	ip=0x7f6ad82d87c0	sp=0x0	nr=0x2a	ret=0xffffffffffffffda	arg=0x4,0x7ffd2ac4829c,0x10,0x7f6ad81e5a08,0x0,0x7f6ad83ca6d0
arg	index=0	text=4
arg	index=1	text=0x7ffd2ac4829c {AF_INET, 127.0.0.1:58087}
arg	index=2	text=16
site	addr=0x561acbee2830	text=call 0x561acbee21d0	size=5	mark=1	executed=1	note=
site	addr=0x561acbee21d0	text=jmp qword ptr [rip + 0x2efa]	size=6	mark=2	executed=1	note=
insn	addr=0x7f6ad82d87b0	text=cmp byte ptr [rip + 0xd0e21], 0	size=7	mark=3	executed=1	note=
insn	addr=0x7f6ad82d87b7	text=je 0x7f6ad82d87d0	size=2	mark=4	executed=1	note=not taken
insn	addr=0x7f6ad82d87b9	text=mov eax, 0x2a	size=5	mark=5	executed=1	note=
insn	addr=0x7f6ad82d87be	text=syscall	size=2	mark=7	executed=1	note=
insn	addr=0x7f6ad82d87c0	text=cmp rax, -0x1000	size=6	mark=8	executed=1	note=
insn	addr=0x7f6ad82d87c6	text=ja 0x7f6ad82d8820	size=2	mark=4	executed=1	note=taken
insn	addr=0x7f6ad82d87c8	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7f6ad82d87c9	text=nop dword ptr [rax]	size=7	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87d0	text=sub rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87d4	text=mov dword ptr [rsp + 0xc], edx	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87d8	text=mov qword ptr [rsp], rsi	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87dc	text=mov dword ptr [rsp + 8], edi	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87e0	text=call 0x7f6ad8253820	size=5	mark=13	executed=0	note=pthread_cancel() may strike from here on
insn	addr=0x7f6ad82d87e5	text=mov edx, dword ptr [rsp + 0xc]	size=4	mark=6	executed=0	note=argument 3 of the system call
insn	addr=0x7f6ad82d87e9	text=mov rsi, qword ptr [rsp]	size=4	mark=6	executed=0	note=argument 2 of the system call
insn	addr=0x7f6ad82d87ed	text=mov r8d, eax	size=3	mark=0	executed=0	note=
insn	addr=0x7f6ad82d87f0	text=mov edi, dword ptr [rsp + 8]	size=4	mark=6	executed=0	note=argument 1 of the system call
insn	addr=0x7f6ad82d87f4	text=mov eax, 0x2a	size=5	mark=5	executed=0	note=
insn	addr=0x7f6ad82d87f9	text=syscall	size=2	mark=7	executed=0	note=
insn	addr=0x7f6ad82d87fb	text=cmp rax, -0x1000	size=6	mark=8	executed=0	note=
insn	addr=0x7f6ad82d8801	text=ja 0x7f6ad82d8838	size=2	mark=4	executed=0	note=
insn	addr=0x7f6ad82d8803	text=mov edi, r8d	size=3	mark=0	executed=0	note=
insn	addr=0x7f6ad82d8806	text=mov dword ptr [rsp + 8], eax	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d880a	text=call 0x7f6ad82538a0	size=5	mark=13	executed=0	note=and no more from here on
insn	addr=0x7f6ad82d880f	text=mov eax, dword ptr [rsp + 8]	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d8813	text=add rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7f6ad82d8817	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7f6ad82d8818	text=nop dword ptr [rax + rax]	size=8	mark=0	executed=0	note=
insn	addr=0x7f6ad82d8820	text=mov rdx, qword ptr [rip + 0xc85b9]	size=7	mark=10	executed=1	note=
insn	addr=0x7f6ad82d8827	text=neg eax	size=2	mark=9	executed=1	note=
insn	addr=0x7f6ad82d8829	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=1	note=
insn	addr=0x7f6ad82d882c	text=mov eax, 0xffffffff	size=5	mark=12	executed=1	note=
insn	addr=0x7f6ad82d8831	text=ret	size=1	mark=14	executed=1	note=
insn	addr=0x7f6ad82d8832	text=nop word ptr [rax + rax]	size=6	mark=0	executed=0	note=
insn	addr=0x7f6ad82d8838	text=mov rdx, qword ptr [rip + 0xc85a1]	size=7	mark=10	executed=0	note=
insn	addr=0x7f6ad82d883f	text=neg eax	size=2	mark=9	executed=0	note=
insn	addr=0x7f6ad82d8841	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=0	note=
insn	addr=0x7f6ad82d8844	text=mov eax, 0xffffffff	size=5	mark=12	executed=0	note=
insn	addr=0x7f6ad82d8849	text=jmp 0x7f6ad82d8803	size=2	mark=0	executed=0	note=
seen	ns=0x0	point=sys_enter	value=42	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_trace_enter
seen	ns=0x22b3	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_key_hash>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x2fb0	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x3c2b	point=inet_sock_set_state	value=1794	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>inet_sk_state_store
seen	ns=0x4964	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>kmem_cache_alloc_noprof
seen	ns=0x4e8e	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>inet_bind2_bucket_create>kmem_cache_alloc_noprof
seen	ns=0x564d	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x703d	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0x764e	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0x9a55	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0xa34b	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xb0de	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0xb838	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xbc90	point=softirq_entry	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0xc8ce	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0xe141	point=tcp_send_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset
seen	ns=0xe84c	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0xf160	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0xf250	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0xf9e7	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>__ip_make_skb>kfree
seen	ns=0xfbc8	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0xfcea	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xfec0	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0x10000	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0x1066b	point=kfree_skb	value=3	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>sk_skb_reason_drop
seen	ns=0x10bb3	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0x11e52	point=napi_poll	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll
seen	ns=0x121d8	point=softirq_exit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0x132dc	point=tcp_receive_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_reset
seen	ns=0x13751	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>__kfree_skb>skb_release_data>kfree
seen	ns=0x13aeb	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>kmem_cache_free
seen	ns=0x13e03	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>tcp_set_state>inet_put_port>kmem_cache_free
seen	ns=0x1464e	point=inet_sock_set_state	value=519	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>inet_sk_state_store
seen	ns=0x15142	point=inet_sk_error_report	value=111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>sk_error_report
seen	ns=0x152d3	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>__kfree_skb>skb_release_data>kfree
seen	ns=0x154e6	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>kmem_cache_free
seen	ns=0x15f9f	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>kfree
seen	ns=0x160cb	point=inet_sk_error_report	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>sk_error_report
seen	ns=0x16270	point=sys_exit	value=-111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_exit_work
fact	source=/proc/2037/fd/4	text=socket:[436160]
fact	source=/proc/2037/fdinfo/4	text=flags 02 (O_RDWR), ino 436160
fact	source=getsockopt(SO_DOMAIN, SO_TYPE, SO_PROTOCOL)	text=AF_INET, SOCK_STREAM, IPPROTO_TCP
fact	source=getsockname	text=0.0.0.0:35884
fact	source=getpeername	text=ENOTCONN
fact	source=sock_diag (what ss shows)	text=not listed: sockets are found there by the port that they hold, and this one holds none
end
