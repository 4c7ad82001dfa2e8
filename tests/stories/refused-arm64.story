crumb-call	1
story	wanted=connect	arch=1	kind=0	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-8	host=vm	emulator=qemu-aarch64	tid=2027	is_static=0	return_addr=0x5500001cac	got=0x55000200c0	tail_call=0	function_bytes=0xd0	insns_cut=0	cancel_point=1	cancel_taken=0	steps=25	vdso=0x0	arg_count=3	out_text=	watched=0	watch_why=qemu-aarch64 takes the arm64 system call and makes one of this machine's kernel out of it, with another number: what that kernel sees is not the program's call.	handler=	handler_in_table=0	handler_compares=0	header=#define __NR_connect 203\t/usr/include/asm-generic/unistd.h	seen_lost=0x0	kernel_ns=0x0	watch_ns=0x0	result=4294967295	errno_addr=0x5502872420	errno_value=111	calls_lost=0	several_ns=0x0	several_text=
call-site	addr=0x5500001ca8	offset=0x1ca8	symbol=do_connect	into=0x14	file=/tmp/call/call-once	build_id=5c7eca1c1710c63d16642f53bbd6592e874148ba
got-before	addr=0x55000013b0	offset=0x13b0	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=5c7eca1c1710c63d16642f53bbd6592e874148ba
got-now	addr=0x5502969f20	offset=0xe9f20	symbol=connect	into=0x0	file=/usr/aarch64-linux-gnu/lib/libc.so.6	build_id=67adfea574cc9357d858bf79acc700c660126c81
function	addr=0x5502969f20	offset=0xe9f20	symbol=connect	into=0x0	file=/usr/aarch64-linux-gnu/lib/libc.so.6	build_id=67adfea574cc9357d858bf79acc700c660126c81
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=1	ip=0x5502969f4c	sp=0x55028215a0	nr=0xcb	ret=0x6	arg=0x6,0x550282163c,0x10,0x1,0x8000000000,0x0
regs-after	known=1	ip=0x5502969f54	sp=0x55028215a0	nr=0xcb	ret=0xffffffffffffff91	arg=0xffffffffffffff91,0x550282163c,0x10,0x1,0x8000000000,0x0
regs-kernel	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
arg	index=0	text=6
arg	index=1	text=0x550282163c {AF_INET, 127.0.0.1:55833}
arg	index=2	text=16
site	addr=0x5500001ca8	text=bl #0x5500001550	size=4	mark=1	executed=1	note=
site	addr=0x5500001550	text=adrp x16, #0x5500020000	size=4	mark=0	executed=1	note=
site	addr=0x5500001554	text=ldr x17, [x16, #0xc0]	size=4	mark=0	executed=1	note=
site	addr=0x5500001558	text=add x16, x16, #0xc0	size=4	mark=0	executed=1	note=
site	addr=0x550000155c	text=br x17	size=4	mark=2	executed=1	note=
insn	addr=0x5502969f20	text=stp x29, x30, [sp, #-0x30]!	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f24	text=adrp x3, #0x5502a27000	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f28	text=mov x29, sp	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f2c	text=ldrb w3, [x3, #0x9d8]	size=4	mark=3	executed=1	note=
insn	addr=0x5502969f30	text=stp x19, x20, [sp, #0x10]	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f34	text=sxtw x20, w0	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f38	text=mov w19, w2	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f3c	text=cbz w3, #0x5502969f6c	size=4	mark=4	executed=1	note=not taken
insn	addr=0x5502969f40	text=mov x0, x20	size=4	mark=6	executed=1	note=argument 1 of the system call
insn	addr=0x5502969f44	text=mov x2, x19	size=4	mark=6	executed=1	note=argument 3 of the system call
insn	addr=0x5502969f48	text=movz x8, #0xcb	size=4	mark=5	executed=1	note=
insn	addr=0x5502969f4c	text=svc #0	size=4	mark=7	executed=1	note=
insn	addr=0x5502969f50	text=cmn x0, #1, lsl #12	size=4	mark=8	executed=1	note=
insn	addr=0x5502969f54	text=b.hi #0x5502969fb8	size=4	mark=4	executed=1	note=taken
insn	addr=0x5502969f58	text=mov w19, w0	size=4	mark=0	executed=0	note=
insn	addr=0x5502969f5c	text=mov w0, w19	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f60	text=ldp x19, x20, [sp, #0x10]	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f64	text=ldp x29, x30, [sp], #0x30	size=4	mark=0	executed=1	note=
insn	addr=0x5502969f68	text=ret	size=4	mark=14	executed=1	note=
insn	addr=0x5502969f6c	text=str x21, [sp, #0x20]	size=4	mark=0	executed=0	note=
insn	addr=0x5502969f70	text=mov x21, x1	size=4	mark=0	executed=0	note=
insn	addr=0x5502969f74	text=bl #0x55028fb1a0	size=4	mark=13	executed=0	note=pthread_cancel() may strike from here on
insn	addr=0x5502969f78	text=mov w3, w0	size=4	mark=0	executed=0	note=
insn	addr=0x5502969f7c	text=mov x1, x21	size=4	mark=6	executed=0	note=argument 2 of the system call
insn	addr=0x5502969f80	text=mov x0, x20	size=4	mark=6	executed=0	note=argument 1 of the system call
insn	addr=0x5502969f84	text=mov x2, x19	size=4	mark=6	executed=0	note=argument 3 of the system call
insn	addr=0x5502969f88	text=movz x8, #0xcb	size=4	mark=5	executed=0	note=
insn	addr=0x5502969f8c	text=svc #0	size=4	mark=7	executed=0	note=
insn	addr=0x5502969f90	text=cmn x0, #1, lsl #12	size=4	mark=8	executed=0	note=
insn	addr=0x5502969f94	text=b.hi #0x5502969fd4	size=4	mark=4	executed=0	note=
insn	addr=0x5502969f98	text=mov w19, w0	size=4	mark=0	executed=0	note=
insn	addr=0x5502969f9c	text=mov w0, w3	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fa0	text=bl #0x55028fb244	size=4	mark=13	executed=0	note=and no more from here on
insn	addr=0x5502969fa4	text=ldr x21, [sp, #0x20]	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fa8	text=mov w0, w19	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fac	text=ldp x19, x20, [sp, #0x10]	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fb0	text=ldp x29, x30, [sp], #0x30	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fb4	text=ret	size=4	mark=14	executed=0	note=
insn	addr=0x5502969fb8	text=adrp x1, #0x5502a1f000	size=4	mark=0	executed=1	note=
insn	addr=0x5502969fbc	text=ldr x1, [x1, #0xdc0]	size=4	mark=0	executed=1	note=
insn	addr=0x5502969fc0	text=mrs x2, tpidr_el0	size=4	mark=10	executed=1	note=
insn	addr=0x5502969fc4	text=neg w0, w0	size=4	mark=9	executed=1	note=
insn	addr=0x5502969fc8	text=movn w19, #0	size=4	mark=12	executed=1	note=
insn	addr=0x5502969fcc	text=str w0, [x2, x1]	size=4	mark=11	executed=1	note=
insn	addr=0x5502969fd0	text=b #0x5502969f5c	size=4	mark=0	executed=1	note=
insn	addr=0x5502969fd4	text=adrp x1, #0x5502a1f000	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fd8	text=ldr x1, [x1, #0xdc0]	size=4	mark=0	executed=0	note=
insn	addr=0x5502969fdc	text=mrs x2, tpidr_el0	size=4	mark=10	executed=0	note=
insn	addr=0x5502969fe0	text=neg w0, w0	size=4	mark=9	executed=0	note=
insn	addr=0x5502969fe4	text=movn w19, #0	size=4	mark=12	executed=0	note=
insn	addr=0x5502969fe8	text=str w0, [x2, x1]	size=4	mark=11	executed=0	note=
insn	addr=0x5502969fec	text=b #0x5502969f9c	size=4	mark=0	executed=0	note=
end
