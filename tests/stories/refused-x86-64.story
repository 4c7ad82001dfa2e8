crumb-call	1
story	wanted=connect	arch=0	kind=0	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-9+deb12u14	host=vm	emulator=	tid=18091	is_static=0	return_addr=0x5630982444a5	got=0x563098247088	function_bytes=0x9b	insns_cut=0	cancel_point=1	cancel_taken=0	steps=11	vdso=0x7fdfbb5e1000	arg_count=3	out_text=	watched=1	watch_why=	handler=__x64_sys_connect	handler_in_table=0	header=#define __NR_connect 42\t/usr/include/x86_64-linux-gnu/asm/unistd_64.h	seen_lost=0x0	kernel_ns=0x10732	watch_ns=0x2627c	result=4294967295	errno_addr=0x7fdfbb3e86c0	errno_value=111	calls_lost=0	several_ns=0x0	several_text=
call-site	addr=0x5630982444a0	offset=0x14a0	symbol=do_connect	into=0x10	file=/tmp/call/call-once	build_id=864f2a3157fabf9df8b60b2aa89a418dc21124af
got-before	addr=0x563098244146	offset=0x1146	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=864f2a3157fabf9df8b60b2aa89a418dc21124af
got-now	addr=0x7fdfbb4f57b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
function	addr=0x7fdfbb4f57b0	offset=0x10a7b0	symbol=connect	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=1	ip=0x7fdfbb4f57be	sp=0x7ffd29536648	nr=0x2a	ret=0x2a	arg=0x4,0x7ffd2953667c,0x10,0x7fdfbb402a08,0x0,0x7fdfbb5e76d0
regs-after	known=1	ip=0x7fdfbb4f57c0	sp=0x7ffd29536648	nr=0xffffffffffffff91	ret=0xffffffffffffff91	arg=0x4,0x7ffd2953667c,0x10,0x7fdfbb402a08,0x0,0x7fdfbb5e76d0
regs-kernel	known=1	ip=0x7fdfbb4f57c0	sp=0x0	nr=0x2a	ret=0xffffffffffffffda	arg=0x4,0x7ffd2953667c,0x10,0x7fdfbb402a08,0x0,0x7fdfbb5e76d0
arg	index=0	text=4
arg	index=1	text=0x7ffd2953667c {AF_INET, 127.0.0.1:38119}
arg	index=2	text=16
site	addr=0x5630982444a0	text=call 0x563098244140	size=5	mark=1	executed=1	note=
site	addr=0x563098244140	text=jmp qword ptr [rip + 0x2f42]	size=6	mark=2	executed=1	note=
insn	addr=0x7fdfbb4f57b0	text=cmp byte ptr [rip + 0xd0e21], 0	size=7	mark=3	executed=1	note=
insn	addr=0x7fdfbb4f57b7	text=je 0x7fdfbb4f57d0	size=2	mark=4	executed=1	note=not taken
insn	addr=0x7fdfbb4f57b9	text=mov eax, 0x2a	size=5	mark=5	executed=1	note=
insn	addr=0x7fdfbb4f57be	text=syscall	size=2	mark=7	executed=1	note=
insn	addr=0x7fdfbb4f57c0	text=cmp rax, -0x1000	size=6	mark=8	executed=1	note=
insn	addr=0x7fdfbb4f57c6	text=ja 0x7fdfbb4f5820	size=2	mark=4	executed=1	note=taken
insn	addr=0x7fdfbb4f57c8	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7fdfbb4f57c9	text=nop dword ptr [rax]	size=7	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57d0	text=sub rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57d4	text=mov dword ptr [rsp + 0xc], edx	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57d8	text=mov qword ptr [rsp], rsi	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57dc	text=mov dword ptr [rsp + 8], edi	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57e0	text=call 0x7fdfbb470820	size=5	mark=13	executed=0	note=pthread_cancel() may strike from here on
insn	addr=0x7fdfbb4f57e5	text=mov edx, dword ptr [rsp + 0xc]	size=4	mark=6	executed=0	note=argument 3 of the system call
insn	addr=0x7fdfbb4f57e9	text=mov rsi, qword ptr [rsp]	size=4	mark=6	executed=0	note=argument 2 of the system call
insn	addr=0x7fdfbb4f57ed	text=mov r8d, eax	size=3	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f57f0	text=mov edi, dword ptr [rsp + 8]	size=4	mark=6	executed=0	note=argument 1 of the system call
insn	addr=0x7fdfbb4f57f4	text=mov eax, 0x2a	size=5	mark=5	executed=0	note=
insn	addr=0x7fdfbb4f57f9	text=syscall	size=2	mark=7	executed=0	note=
insn	addr=0x7fdfbb4f57fb	text=cmp rax, -0x1000	size=6	mark=8	executed=0	note=
insn	addr=0x7fdfbb4f5801	text=ja 0x7fdfbb4f5838	size=2	mark=4	executed=0	note=
insn	addr=0x7fdfbb4f5803	text=mov edi, r8d	size=3	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f5806	text=mov dword ptr [rsp + 8], eax	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f580a	text=call 0x7fdfbb4708a0	size=5	mark=13	executed=0	note=and no more from here on
insn	addr=0x7fdfbb4f580f	text=mov eax, dword ptr [rsp + 8]	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f5813	text=add rsp, 0x18	size=4	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f5817	text=ret	size=1	mark=14	executed=0	note=
insn	addr=0x7fdfbb4f5818	text=nop dword ptr [rax + rax]	size=8	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f5820	text=mov rdx, qword ptr [rip + 0xc85b9]	size=7	mark=10	executed=1	note=
insn	addr=0x7fdfbb4f5827	text=neg eax	size=2	mark=9	executed=1	note=
insn	addr=0x7fdfbb4f5829	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=1	note=
insn	addr=0x7fdfbb4f582c	text=mov eax, 0xffffffff	size=5	mark=12	executed=1	note=
insn	addr=0x7fdfbb4f5831	text=ret	size=1	mark=14	executed=1	note=
insn	addr=0x7fdfbb4f5832	text=nop word ptr [rax + rax]	size=6	mark=0	executed=0	note=
insn	addr=0x7fdfbb4f5838	text=mov rdx, qword ptr [rip + 0xc85a1]	size=7	mark=10	executed=0	note=
insn	addr=0x7fdfbb4f583f	text=neg eax	size=2	mark=9	executed=0	note=
insn	addr=0x7fdfbb4f5841	text=mov dword ptr fs:[rdx], eax	size=3	mark=11	executed=0	note=
insn	addr=0x7fdfbb4f5844	text=mov eax, 0xffffffff	size=5	mark=12	executed=0	note=
insn	addr=0x7fdfbb4f5849	text=jmp 0x7fdfbb4f5803	size=2	mark=0	executed=0	note=
seen	ns=0x0	point=sys_enter	value=42	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_trace_enter
seen	ns=0x1140	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_key_hash>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x1b9e	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x2399	point=inet_sock_set_state	value=1794	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>inet_sk_state_store
seen	ns=0x3028	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>kmem_cache_alloc_noprof
seen	ns=0x3281	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>__inet_hash_connect>inet_bind2_bucket_create>kmem_cache_alloc_noprof
seen	ns=0x37a1	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0x4c49	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0x4f92	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>tcp_stream_alloc_skb>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0x6d61	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0x76ce	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0x80b3	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0x85dd	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0x88a4	point=softirq_entry	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0x9199	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0xa980	point=tcp_send_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset
seen	ns=0xae46	point=fib_table_lookup	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_route_output_flow>ip_route_output_key_hash_rcu>fib_table_lookup
seen	ns=0xb551	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmem_cache_alloc_node_noprof
seen	ns=0xb5dd	point=kmem_cache_alloc	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>__ip_append_data>__alloc_skb>kmalloc_reserve>kmem_cache_alloc_node_noprof
seen	ns=0xbc7a	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>__ip_make_skb>kfree
seen	ns=0xbdf7	point=net_dev_queue	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit
seen	ns=0xbebf	point=net_dev_start_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xc03b	point=netif_rx	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit>loopback_xmit>__netif_rx>netif_rx_internal
seen	ns=0xc117	point=net_dev_xmit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>tcp_v4_send_reset>ip_send_unicast_reply>ip_push_pending_frames>ip_output>ip_finish_output2>__dev_queue_xmit>dev_hard_start_xmit
seen	ns=0xc6af	point=kfree_skb	value=3	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>ip_local_deliver_finish>ip_protocol_deliver_rcu>tcp_v4_rcv>sk_skb_reason_drop
seen	ns=0xc962	point=netif_receive_skb	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll>process_backlog>__netif_receive_skb_one_core>__netif_receive_skb_core.constprop.0
seen	ns=0xd60f	point=napi_poll	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs>net_rx_action>__napi_poll
seen	ns=0xd890	point=softirq_exit	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_v4_connect>tcp_connect>__tcp_transmit_skb>__ip_queue_xmit>ip_output>ip_finish_output2>__dev_queue_xmit>__local_bh_enable_ip>do_softirq.part.0>handle_softirqs
seen	ns=0xe44d	point=tcp_receive_reset	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_reset
seen	ns=0xe927	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>__kfree_skb>skb_release_data>kfree
seen	ns=0xea72	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_write_queue_purge>kmem_cache_free
seen	ns=0xecfd	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>tcp_set_state>inet_put_port>kmem_cache_free
seen	ns=0xf119	point=inet_sock_set_state	value=519	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>tcp_done_with_error>tcp_done>inet_sk_state_store
seen	ns=0xf950	point=inet_sk_error_report	value=111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>sk_error_report
seen	ns=0xfaae	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>__kfree_skb>skb_release_data>kfree
seen	ns=0xfc5d	point=kmem_cache_free	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>release_sock>__release_sock>tcp_v4_do_rcv>tcp_rcv_state_process>kmem_cache_free
seen	ns=0x10502	point=kfree	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>kfree
seen	ns=0x105d4	point=inet_sk_error_report	value=0	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>__x64_sys_connect>__sys_connect>inet_stream_connect>__inet_stream_connect>tcp_disconnect>sk_error_report
seen	ns=0x10732	point=sys_exit	value=-111	stack=entry_SYSCALL_64_after_hwframe>do_syscall_64>syscall_exit_work
fact	source=/proc/18091/fd/4	text=socket:[294051]
fact	source=/proc/18091/fdinfo/4	text=flags 02 (O_RDWR), ino 294051
fact	source=getsockopt(SO_DOMAIN, SO_TYPE, SO_PROTOCOL)	text=AF_INET, SOCK_STREAM, IPPROTO_TCP
fact	source=getsockname	text=0.0.0.0:55386
fact	source=getpeername	text=ENOTCONN
fact	source=sock_diag (what ss shows)	text=not listed: sockets are found there by the port that they hold, and this one holds none
