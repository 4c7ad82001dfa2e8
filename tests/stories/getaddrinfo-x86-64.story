crumb-call	1
story	wanted=getaddrinfo	arch=0	kind=2	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-9+deb12u14	host=vm	emulator=	tid=2069	is_static=0	return_addr=0x55da94abfa53	got=0x55da94ac20e0	tail_call=0	function_bytes=0x21b0	insns_cut=0	cancel_point=0	cancel_taken=0	steps=0	vdso=0x7fa8d1116000	arg_count=0	out_text=	watched=0	watch_why=	handler=	handler_in_table=0	handler_compares=0	header=	seen_lost=0x0	kernel_ns=0x0	watch_ns=0x0	result=0	errno_addr=0x0	errno_value=0	calls_lost=0	several_ns=0x13afd3	several_text=getaddrinfo("localhost", "80", ...)
call-site	addr=0x55da94abfa4e	offset=0x2a4e	symbol=do_getaddrinfo	into=0x4e	file=/tmp/call/call-once	build_id=7de5597e1e5c9238d1c8118ed884a404b71343b4
got-before	addr=0x55da94abf1f6	offset=0x21f6	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=7de5597e1e5c9238d1c8118ed884a404b71343b4
got-now	addr=0x7fa8d100fc70	offset=0xefc70	symbol=getaddrinfo	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
function	addr=0x7fa8d100fc70	offset=0xefc70	symbol=getaddrinfo	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
regs-after	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
regs-kernel	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
site	addr=0x55da94abfa4e	text=call 0x55da94abf1f0	size=5	mark=1	executed=1	note=
site	addr=0x55da94abf1f0	text=jmp qword ptr [rip + 0x2eea]	size=6	mark=2	executed=1	note=
call	tid=2069	nr=0x29	ret=3	ns=0x903d	text=socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0)	from=socket
call	tid=2069	nr=0x2a	ret=-2	ns=0x9805	text=connect(3, {AF_UNIX, /var/run/nscd/socket}, 110)	from=connect
call	tid=2069	nr=0x3	ret=0	ns=0x555c	text=close(3)	from=__close_nocancel
call	tid=2069	nr=0x29	ret=3	ns=0x467f	text=socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0)	from=socket
call	tid=2069	nr=0x2a	ret=-2	ns=0x60f1	text=connect(3, {AF_UNIX, /var/run/nscd/socket}, 110)	from=connect
call	tid=2069	nr=0x3	ret=0	ns=0x426e	text=close(3)	from=__close_nocancel
call	tid=2069	nr=0x13e	ret=8	ns=0x4a18	text=getrandom(0x7fa8d10fa478, 8, 1)	from=getrandom
call	tid=2069	nr=0xc	ret=94397735821312	ns=0x3b77	text=brk(0)	from=brk
call	tid=2069	nr=0xc	ret=94397735956480	ns=0x4715	text=brk(0x55daaf84f000)	from=brk
call	tid=2069	nr=0x106	ret=0	ns=0x67b5	text=newfstatat(AT_FDCWD, "/etc/nsswitch.conf", 0x7ffd3cee8ef0, 0)	from=fstatat
call	tid=2069	nr=0x106	ret=0	ns=0x1637d	text=newfstatat(AT_FDCWD, "/", 0x7ffd3cee9010, 0)	from=fstatat
call	tid=2069	nr=0x101	ret=3	ns=0x6aeb	text=openat(AT_FDCWD, "/etc/nsswitch.conf", 524288)	from=__open64_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x5837	text=newfstatat(3, "", 0x7ffd3cee8e10, 4096)	from=fstatat
call	tid=2069	nr=0x0	ret=526	ns=0x40dd	text=read(3, 0x55daaf82e5e0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x0	ret=0	ns=0x3c85	text=read(3, 0x55daaf82e5e0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x5520	text=newfstatat(3, "", 0x7ffd3cee8ef0, 4096)	from=fstatat
call	tid=2069	nr=0x3	ret=0	ns=0x47d3	text=close(3)	from=__close_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x5cd5	text=newfstatat(AT_FDCWD, "/etc/resolv.conf", 0x7ffd3cee8fd0, 0)	from=fstatat
call	tid=2069	nr=0x101	ret=3	ns=0x5ede	text=openat(AT_FDCWD, "/etc/host.conf", 524288)	from=__open64_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x5367	text=newfstatat(3, "", 0x7ffd3cee8a40, 4096)	from=fstatat
call	tid=2069	nr=0x0	ret=9	ns=0x3c99	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x0	ret=0	ns=0x3bb2	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x3	ret=0	ns=0x3a54	text=close(3)	from=__close_nocancel
call	tid=2069	nr=0xca	ret=0	ns=0x4b76	text=futex(0x7fa8d10fc42c, 129, 0x7fffffff, 0, 7, 0)	from=
call	tid=2069	nr=0x101	ret=3	ns=0x5b30	text=openat(AT_FDCWD, "/etc/resolv.conf", 524288)	from=__open64_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x54a8	text=newfstatat(3, "", 0x7ffd3cee8c60, 4096)	from=fstatat
call	tid=2069	nr=0x0	ret=25	ns=0x3e02	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x0	ret=0	ns=0x3a4a	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x3f	ret=0	ns=0x429f	text=uname(0x7ffd3cee8c30)	from=uname
call	tid=2069	nr=0x106	ret=0	ns=0x54d0	text=newfstatat(3, "", 0x7ffd3cee8d40, 4096)	from=fstatat
call	tid=2069	nr=0x3	ret=0	ns=0x3ad6	text=close(3)	from=__close_nocancel
call	tid=2069	nr=0x101	ret=3	ns=0x5ab8	text=openat(AT_FDCWD, "/etc/hosts", 524288)	from=__open64_nocancel
call	tid=2069	nr=0x106	ret=0	ns=0x5426	text=newfstatat(3, "", 0x7ffd3cee8ed0, 4096)	from=fstatat
call	tid=2069	nr=0x8	ret=0	ns=0x4c85	text=lseek(3, 0, 0)	from=lseek64
call	tid=2069	nr=0x0	ret=49	ns=0x3ba8	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x0	ret=0	ns=0x396d	text=read(3, 0x55daaf8304d0, 4096)	from=__read_nocancel
call	tid=2069	nr=0x3	ret=0	ns=0x3d1b	text=close(3)	from=__close_nocancel
end
