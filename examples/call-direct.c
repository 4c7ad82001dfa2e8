// SPDX-License-Identifier: GPL-2.0-only
/* Calls the kernel without the C library's help: the instruction stands in the program itself. For crumb explain. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's calling convention: number and arguments in registers, see syscall(2). */
static __attribute__((noinline)) long direct_call(long nr, long a, long b, long c)
{
#if defined(__x86_64__)
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#else
	return syscall(nr, a, b, c);
#endif
}

int main(int argc, char **argv)
{
	const char *call = argc > 1 ? argv[1] : "socket";
	int pair[2];
	long ret = -1;

	if (!strcmp(call, "socket")) {
		ret = direct_call(SYS_socket, AF_INET, SOCK_STREAM, 0);
	} else if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair)) {
		perror("call-direct: socketpair");
		return 1;
	} else if (!strcmp(call, "write")) {
		ret = direct_call(SYS_write, pair[0], (long)"muffin", 6);
	} else if (!strcmp(call, "close")) {
		ret = direct_call(SYS_close, pair[0], 0, 0);
	} else {
		fprintf(stderr, "Usage: call-direct socket|write|close\n");
		return 2;
	}
	printf("%s = %ld\n", call, ret);
	return 0;
}
