crumb-call	1
story	wanted=getaddrinfo	arch=0	kind=2	program=/tmp/call/call-once	release=Linux 6.18.44-fc-v657	libc=Debian GLIBC 2.36-9+deb12u14	host=vm	emulator=	tid=18093	is_static=0	return_addr=0x55aae1e2f6a3	got=0x55aae1e32098	function_bytes=0x21b0	insns_cut=0	cancel_point=0	cancel_taken=0	steps=0	vdso=0x7fbb83cde000	arg_count=0	out_text=	watched=0	watch_why=	handler=	handler_in_table=0	header=	seen_lost=0x0	kernel_ns=0x0	watch_ns=0x0	result=0	errno_addr=0x0	errno_value=0	calls_lost=0	several_ns=0x382064	several_text=getaddrinfo("localhost", "80", ...)
call-site	addr=0x55aae1e2f69e	offset=0x169e	symbol=do_getaddrinfo	into=0x4e	file=/tmp/call/call-once	build_id=864f2a3157fabf9df8b60b2aa89a418dc21124af
got-before	addr=0x55aae1e2f166	offset=0x1166	symbol=.plt	into=0x0	file=/tmp/call/call-once	build_id=864f2a3157fabf9df8b60b2aa89a418dc21124af
got-now	addr=0x7fbb83bd7c70	offset=0xefc70	symbol=getaddrinfo	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
function	addr=0x7fbb83bd7c70	offset=0xefc70	symbol=getaddrinfo	into=0x0	file=/usr/lib/x86_64-linux-gnu/libc.so.6	build_id=93ac61ec5a8eb1396f9fbd350e3169a558528a40
inner	addr=0x0	offset=0x0	symbol=	into=0x0	file=	build_id=
regs-at	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
regs-after	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
regs-kernel	known=0	ip=0x0	sp=0x0	nr=0x0	ret=0x0	arg=0x0,0x0,0x0,0x0,0x0,0x0
site	addr=0x55aae1e2f69e	text=call 0x55aae1e2f160	size=5	mark=1	executed=1	note=
site	addr=0x55aae1e2f160	text=jmp qword ptr [rip + 0x2f32]	size=6	mark=2	executed=1	note=
call	tid=18093	nr=0x29	ret=3	ns=0x111e2	text=socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0)	from=socket
call	tid=18093	nr=0x2a	ret=-2	ns=0x12369	text=connect(3, {AF_UNIX, /var/run/nscd/socket}, 110)	from=connect
call	tid=18093	nr=0x3	ret=0	ns=0xc689	text=close(3)	from=__close_nocancel
call	tid=18093	nr=0x29	ret=3	ns=0xaee9	text=socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, 0)	from=socket
call	tid=18093	nr=0x2a	ret=-2	ns=0xe98c	text=connect(3, {AF_UNIX, /var/run/nscd/socket}, 110)	from=connect
call	tid=18093	nr=0x3	ret=0	ns=0xa9bf	text=close(3)	from=__close_nocancel
call	tid=18093	nr=0x13e	ret=8	ns=0xbb31	text=getrandom(0x7fbb83cc2478, 8, 1, 0x55aae1e30024, 0xffffffff, 0x7fff0d5083a0)	from=getrandom
call	tid=18093	nr=0xc	ret=94193103695872	ns=0x9f75	text=brk(0)	from=brk
call	tid=18093	nr=0xc	ret=94193103831040	ns=0xaed4	text=brk(0x55ab0a7e8000)	from=brk
call	tid=18093	nr=0x106	ret=0	ns=0xd296	text=newfstatat(AT_FDCWD, "/etc/nsswitch.conf", 0x7fff0d508130, 0)	from=fstatat
call	tid=18093	nr=0x106	ret=0	ns=0xc2aa	text=newfstatat(AT_FDCWD, "/", 0x7fff0d508250, 0)	from=fstatat
call	tid=18093	nr=0x101	ret=3	ns=0x1134b	text=openat(AT_FDCWD, "/etc/nsswitch.conf", 524288)	from=__open64_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0xe2e6	text=newfstatat(3, "", 0x7fff0d508050, 4096)	from=fstatat
call	tid=18093	nr=0x0	ret=526	ns=0xc6e3	text=read(3, 0x55ab0a7c75e0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x0	ret=0	ns=0xbe52	text=read(3, 0x55ab0a7c75e0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0xdfa7	text=newfstatat(3, "", 0x7fff0d508130, 4096)	from=fstatat
call	tid=18093	nr=0x3	ret=0	ns=0xbb13	text=close(3)	from=__close_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0x10297	text=newfstatat(AT_FDCWD, "/etc/resolv.conf", 0x7fff0d508210, 0)	from=fstatat
call	tid=18093	nr=0x101	ret=3	ns=0xeb82	text=openat(AT_FDCWD, "/etc/host.conf", 524288)	from=__open64_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0xd639	text=newfstatat(3, "", 0x7fff0d507c80, 4096)	from=fstatat
call	tid=18093	nr=0x0	ret=9	ns=0xbac3	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x0	ret=0	ns=0xe3fe	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x3	ret=0	ns=0xb66b	text=close(3)	from=__close_nocancel
call	tid=18093	nr=0xca	ret=0	ns=0xc304	text=futex(0x7fbb83cc442c, 129, 0x7fffffff, 0, 7, 0)	from=
call	tid=18093	nr=0x101	ret=3	ns=0xf20a	text=openat(AT_FDCWD, "/etc/resolv.conf", 524288)	from=__open64_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0xd8f7	text=newfstatat(3, "", 0x7fff0d507ea0, 4096)	from=fstatat
call	tid=18093	nr=0x0	ret=25	ns=0xc3f4	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x0	ret=0	ns=0xc0bf	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x3f	ret=0	ns=0xc5a3	text=uname(0x7fff0d507e70)	from=uname
call	tid=18093	nr=0x106	ret=0	ns=0x10387	text=newfstatat(3, "", 0x7fff0d507f80, 4096)	from=fstatat
call	tid=18093	nr=0x3	ret=0	ns=0xc14b	text=close(3)	from=__close_nocancel
call	tid=18093	nr=0x101	ret=3	ns=0xf32d	text=openat(AT_FDCWD, "/etc/hosts", 524288)	from=__open64_nocancel
call	tid=18093	nr=0x106	ret=0	ns=0x1b6bc	text=newfstatat(3, "", 0x7fff0d508110, 4096)	from=fstatat
call	tid=18093	nr=0x8	ret=0	ns=0xe4ef	text=lseek(3, 0, 0)	from=lseek64
call	tid=18093	nr=0x0	ret=49	ns=0xad08	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x0	ret=0	ns=0xa715	text=read(3, 0x55ab0a7c94d0, 4096)	from=__read_nocancel
call	tid=18093	nr=0x3	ret=0	ns=0xa67f	text=close(3)	from=__close_nocancel
