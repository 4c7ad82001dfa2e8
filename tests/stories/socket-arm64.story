crumb-call	1
story	wanted=socket	arch=1	kind=0	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-8	host=vm	emulator=qemu-aarch64	tid=2004	is_static=0	return_addr=0x5500001db4	got=0x55000200d8	tail_call=0	function_bytes=0x1c	insns_cut=0	cancel_point=0	cancel_taken=0	steps=6	vdso=0x0	arg_count=3	out_text=	watched=0	watch_why=qemu-aarch64 takes the arm64 system call and makes one of this machine's kernel out of it, with another number: what that kernel sees is not the program's call.	handler=	handler_in_table=0	handler_compares=0	header=#define __NR_socket 198\t/usr/include/asm-generic/unistd.h	seen_lost=0x0	kernel_ns=0x0	watch_ns=0x0	result=5	errno_addr=0x0	errno_value=0	calls_lost=0	several_ns=0x0	several_text=
call-site	addr=0x5500001db0	offset=0x1db0	symbol=do_socket	into=0x20	file=/tmp/call/call-once	build_id=5c7eca1c1710c63d16642f53bbd6592e874148ba
got-before	addr=0x55000013b0	offset=0x13b0	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=5c7eca1c1710c63d16642f53bbd6592e874148ba
got-now	addr=0x550296a700	offset=0xea700	symbol=socket	into=0x0	file=/usr/aarch64-linux-gnu/lib/libc.so.6	build_id=67adfea574cc9357d858bf79acc700c660126c81
function	addr=0x550296a700	offset=0xea700	symbol=socket	into=0x0	file=/usr/aarch64-linux-gnu/lib/libc.so.6	build_id=67adfea574cc9357d858bf79acc700c660126c81
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=1	ip=0x550296a708	sp=0x55028215e0	nr=0xc6	ret=0x2	arg=0x2,0x1,0x0,0x2,0x8000,0x5f00000000000000
regs-after	known=1	ip=0x550296a710	sp=0x55028215e0	nr=0xc6	ret=0x5	arg=0x5,0x1,0x0,0x2,0x8000,0x5f00000000000000
regs-kernel	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
arg	index=0	text=AF_INET
arg	index=1	text=SOCK_STREAM
arg	index=2	text=0
site	addr=0x5500001db0	text=bl #0x5500001580	size=4	mark=1	executed=1	note=
site	addr=0x5500001580	text=adrp x16, #0x5500020000	size=4	mark=0	executed=1	note=
site	addr=0x5500001584	text=ldr x17, [x16, #0xd8]	size=4	mark=0	executed=1	note=
site	addr=0x5500001588	text=add x16, x16, #0xd8	size=4	mark=0	executed=1	note=
site	addr=0x550000158c	text=br x17	size=4	mark=2	executed=1	note=
insn	addr=0x550296a700	text=nop	size=4	mark=0	executed=1	note=
insn	addr=0x550296a704	text=movz x8, #0xc6	size=4	mark=5	executed=1	note=
insn	addr=0x550296a708	text=svc #0	size=4	mark=7	executed=1	note=
insn	addr=0x550296a70c	text=cmn x0, #0xfff	size=4	mark=8	executed=1	note=
insn	addr=0x550296a710	text=b.hs #0x550296a718	size=4	mark=4	executed=1	note=not taken
insn	addr=0x550296a714	text=ret	size=4	mark=14	executed=1	note=
insn	addr=0x550296a718	text=b #0x55028a7920	size=4	mark=0	executed=0	note=
end
