crumb-call	1
story	wanted=connect	arch=0	kind=0	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-9+deb12u14	host=vm	emulator=	tid=13139	is_static=0	return_addr=0x5557a74e3835	got=0x5557a74e60d0	function_bytes=0x9b	insns_cut=0	cancel_point=1	cancel_taken=0	steps=11	vdso=0x7f6e46062000	arg_count=3	out_text=	watched=1	watch_why=	handler=__x64_sys_connect	handler_in_table=0	handler_compares=9	header=#define __NR_connect 42\t/usr/include/x86_64-linux-gnu/asm/unistd_64.h	seen_lost=0x0	kernel_ns=0x10816	watch_ns=0x25a6f	result=4294967295	errno_addr=0x7f6e45e696c0	errno_value=111	calls_lost=0	several_ns=0x0	several_text=
call-site	addr=0x5557a74e3830	offset=0x2830	symbol=do_connect	into=0x10	file=/tmp/call/call-once	build_id=9b704d61f91c433f58a47174bf7df809e4eaa5d6
got-before	addr=0x5557a74e31d6	offset=0x21d6	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=9b704d61f91c433f58a47174bf7df809e4eaa5d6
got-now	addr=0x7f6e45f767b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
function	addr=0x7f6e45f767b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=1	ip=0x7f6e45f767be	sp=0x7ffe09ffa538	nr=0x2a	ret=0x2a	arg=0x4,0x7ffe09ffa56c,0x10,0x7f6e45e83a08,0x0,0x7f6e460686d0
regs-after	known=1	ip=0x7f6e45f767c0	sp=0x7ffe09ffa538	nr=0xffffffffffffff91	ret=0xffffffffffffff91	arg=0x4,0x7ffe09ffa56c,0x10,0x7f6e45e83a08,0x0,0x7f6e460686d0
regs-kernel	known=1	ip=0x7f6e45f767c0	sp=0x0	nr=0x2a	ret=0xffffffffffffffda	arg=0x4,0x7ffe09ffa56c,0x10,0x7f6e45e83a08,0x0,0x7f6e460686d0
arg	index=0	text=4
arg	index=1	text=0x7ffe09ffa56c {AF_INET, 127.0.0.1:32831}
arg	index=2	text=16
site	addr=0x5557a74e3830	text=call 0x5557a74e31d0	size=5	mark=1	executed=1	note=
site	addr=0x5557a74e31d0	text=jmp qword ptr [rip + 0x2efa]	size=6	mark=2	executed=1	note=
insn	addr=0x7f6e45f767b0	text=cmp byte ptr [rip + 0xd0e21], 0	size=7	mark=3	executed=1	note=
insn	addr=0x7f6e45f767b7	text=je 0x7f6e45f767d0	size=2	mark=4	executed=1	note=not taken
insn	addr=0x7f6e45f767b9	text=mov eax, 0x2a	size=5	mark=5	executed=1	note=
insn	addr=0x7f6e45f767be	text=syscall	size=2	mark=7	executed=1	note=
insn	addr=0x7f6e45f767c0	text=cmp rax, -0x1000	size=6	mark=8	executed=1	note=
insn	addr=0x7f6e45f767c6	text=ja 0x7f6e45f76820	size=2	mark=4	executed=1	note=taken
insn	addr=0x7f6e45f767c8	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7f6e45f767c9	text=nop dword ptr [rax]	size=7	mark=0	executed=0	note=
insn	addr=0x7f6e45f767d0	text=sub rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f767d4	text=mov dword ptr [rsp + 0xc], edx	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f767d8	text=mov qword ptr [rsp], rsi	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f767dc	text=mov dword ptr [rsp + 8], edi	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f767e0	text=call 0x7f6e45ef1820	size=5	mark=13	executed=0	note=pthread_cancel() may strike from here on
insn	addr=0x7f6e45f767e5	text=mov edx, dword ptr [rsp + 0xc]	size=4	mark=6	executed=0	note=argument 3 of the system call
insn	addr=0x7f6e45f767e9	text=mov rsi, qword ptr [rsp]	size=4	mark=6	executed=0	note=argument 2 of the system call
insn	addr=0x7f6e45f767ed	text=mov r8d, eax	size=3	mark=0	executed=0	note=
insn	addr=0x7f6e45f767f0	text=mov edi, dword ptr [rsp + 8]	size=4	mark=6	executed=0	note=argument 1 of the system call
insn	addr=0x7f6e45f767f4	text=mov eax, 0x2a	size=5	mark=5	executed=0	note=
insn	addr=0x7f6e45f767f9	text=syscall	size=2	mark=7	executed=0	note=
insn	addr=0x7f6e45f767fb	text=cmp rax, -0x1000	size=6	mark=8	executed=0	note=
insn	addr=0x7f6e45f76801	text=ja 0x7f6e45f76838	size=2	mark=4	executed=0	note=
insn	addr=0x7f6e45f76803	text=mov edi, r8d	size=3	mark=0	executed=0	note=
insn	addr=0x7f6e45f76806	text=mov dword ptr [rsp + 8], eax	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f7680a	text=call 0x7f6e45ef18a0	size=5	mark=13	executed=0	note=and no more from here on
insn	addr=0x7f6e45f7680f	text=mov eax, dword ptr [rsp + 8]	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f76813	text=add rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7f6e45f76817	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7f6e45f76818	text=nop dword ptr [rax + rax]	size=8	mark=0	executed=0	note=
insn	addr=0x7f6e45f76820	text=mov rdx, qword ptr [rip + 0xc85b9]	size=7	mark=10	executed=1	note=
insn	addr=0x7f6e45f76827	text=neg eax	size=2	mark=9	executed=1	note=
insn	addr=0x7f6e45f76829	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=1	note=
insn	addr=0x7f6e45f7682c	text=mov eax, 0xffffffff	size=5	mark=12	executed=1	note=
insn	addr=0x7f6e45f76831	text=ret	size=1	mark=14	executed=1	note=
insn	addr=0x7f6e45f76832	text=nop word ptr [rax + rax]	size=6	mark=0	executed=0	note=
insn	addr=0x7f6e45f76838	text=mov rdx, qword ptr [rip + 0xc85a1]	size=7	mark=10	executed=0	note=
insn	addr=0x7f6e45f7683f	text=neg eax	size=2	mark=9	executed=0	note=
insn	addr=0x7f6e45f76841	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=0	note=
insn	addr=0x7f6e45f76844	text=mov eax, 0xffffffff	size=5	mark=12	executed=0	note=
insn	addr=0x7f6e45f76849	text=jmp 0x7f6e45f76803	size=2	mark=0	executed=0	note=
seen	ns=0x0	point=sys_enter	value=42	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_trace_enter
seen	ns=0x110f	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_key_hash>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x1a7d	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x234a	point=inet_sock_set_state	value=1794	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>inet_sk_state_store
seen	ns=0x2e34	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>kmem_cache_alloc_noprof
seen	ns=0x3047	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>inet_bind2_bucket_create>kmem_cache_alloc_noprof
seen	ns=0x34c7	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x4bdc	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0x4f07	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0x6d6d	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0x7568	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0x7efe	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0x83ec	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0x87d6	point=softirq_entry	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0x9180	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0xa7ea	point=tcp_send_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset
seen	ns=0xad00	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0xb343	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0xb3d0	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0xbb35	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>__ip_make_skb>kfree
seen	ns=0xbc9e	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0xbd70	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xbf6f	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0xc056	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xc5ef	point=kfree_skb	value=3	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>sk_skb_reason_drop
seen	ns=0xc8b6	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0xd6b7	point=napi_poll	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll
seen	ns=0xd92e	point=softirq_exit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0xe816	point=tcp_receive_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_reset
seen	ns=0xed68	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>__kfree_skb>skb_release_data>kfree
seen	ns=0xee58	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>kmem_cache_free
seen	ns=0xf0d9	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>tcp_set_state>inet_put_port>kmem_cache_free
seen	ns=0xf4d7	point=inet_sock_set_state	value=519	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>inet_sk_state_store
seen	ns=0xfb37	point=inet_sk_error_report	value=111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>sk_error_report
seen	ns=0xfc77	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>__kfree_skb>skb_release_data>kfree
seen	ns=0xfe9e	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>kmem_cache_free
seen	ns=0x1060d	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>kfree
seen	ns=0x106e0	point=inet_sk_error_report	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>sk_error_report
seen	ns=0x10816	point=sys_exit	value=-111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_exit_work
fact	source=/proc/13139/fd/4	text=socket:[378712]
fact	source=/proc/13139/fdinfo/4	text=flags 02 (O_RDWR), ino 378712
fact	source=getsockopt(SO_DOMAIN, SO_TYPE, SO_PROTOCOL)	text=AF_INET, SOCK_STREAM, IPPROTO_TCP
fact	source=getsockname	text=0.0.0.0:55260
fact	source=getpeername	text=ENOTCONN
fact	source=sock_diag (what ss shows)	text=not listed: sockets are found there by the port that they hold, and this one holds none
