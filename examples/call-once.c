// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes one network call, so that `crumb explain` has something to take apart: call-once socket, call-once connect ...
 * What a call needs (a socket, a peer, bytes to read) is made first, on the loopback interface, with other calls than
 * the one asked for. With `fail` the call is made so that it fails. Plain C and libc only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* accept4() */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static const char muffin[] = "muffin";

struct pair {
	int listener, near, far;    /* near is connected to far; -1: not made */
	struct sockaddr_in address; /* of the listener */
};

static void die(const char *what)
{
	fprintf(stderr, "call-once: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int tcp_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

/* A port of the kernel's choice on 127.0.0.1. */
static void take_port(struct pair *p)
{
	socklen_t len = sizeof(p->address);

	p->listener = tcp_socket();
	p->address.sin_family = AF_INET;
	p->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(p->listener, (struct sockaddr *)&p->address, sizeof(p->address)) ||
	    getsockname(p->listener, (struct sockaddr *)&p->address, &len))
		die("bind");
}

static void open_port(struct pair *p)
{
	take_port(p);
	if (listen(p->listener, 8))
		die("listen");
}

static void connect_near(struct pair *p)
{
	open_port(p);
	p->near = tcp_socket();
	if (connect(p->near, (struct sockaddr *)&p->address, sizeof(p->address)))
		die("connect");
}

static void connect_both(struct pair *p)
{
	connect_near(p);
	p->far = accept(p->listener, NULL, NULL);
	if (p->far < 0)
		die("accept");
}

/* ------------------------------------------------------------------------ the calls, one function each */

#ifndef CALL_ONCE_STATIC /* a static program's getaddrinfo() would load libraries all the same */
static long do_getaddrinfo(struct pair *p, int fail)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int err = getaddrinfo(fail ? "no such name" : "localhost", "80", &hints, &list);

	(void)p;
	if (!err)
		freeaddrinfo(list);
	return err;
}
#endif

static long do_socket(struct pair *p, int fail)
{
	(void)p;
	return socket(fail ? AF_MAX : AF_INET, SOCK_STREAM, 0);
}

static long do_bind(struct pair *p, int fail)
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	/* 192.0.2.1 is for documentation (RFC 5737): no interface has it */
	address.sin_addr.s_addr = htonl(fail ? 0xc0000201 : INADDR_LOOPBACK);
	return bind(p->near, (struct sockaddr *)&address, sizeof(address));
}

static long do_listen(struct pair *p, int fail)
{
	return listen(fail ? p->near : p->listener, 8);
}

static long do_accept(struct pair *p, int fail)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	return accept(fail ? p->near : p->listener, (struct sockaddr *)&address, &len);
}

static long do_connect(struct pair *p, int fail)
{
	(void)fail; /* the port is open, or nobody listens there */
	return connect(p->near, (struct sockaddr *)&p->address, sizeof(p->address));
}

static long do_send(struct pair *p, int fail)
{
	return send(p->near, muffin, strlen(muffin), fail ? MSG_NOSIGNAL : 0);
}

static long do_write(struct pair *p, int fail)
{
	return write(fail ? 1000 : p->near, muffin, strlen(muffin));
}

static long do_recv(struct pair *p, int fail)
{
	char buf[64];

	return recv(p->far, buf, sizeof(buf), fail ? MSG_DONTWAIT : 0);
}

static long do_read(struct pair *p, int fail)
{
	char buf[64];

	return read(fail ? 1000 : p->far, buf, sizeof(buf));
}

static long do_close(struct pair *p, int fail)
{
	return close(fail ? 1000 : p->near);
}

static long do_shutdown(struct pair *p, int fail)
{
	return shutdown(fail ? p->listener : p->near, SHUT_WR);
}

static long do_accept4(struct pair *p, int fail)
{
	return accept4(fail ? p->near : p->listener, NULL, NULL, SOCK_CLOEXEC);
}

static long do_sendto(struct pair *p, int fail)
{
	return sendto(fail ? 1000 : p->near, muffin, strlen(muffin), 0, NULL, 0);
}

static long do_sendmsg(struct pair *p, int fail)
{
	struct iovec parts[] = { { (void *)muffin, 3 }, { (void *)(muffin + 3), 3 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	return sendmsg(fail ? 1000 : p->near, &message, 0);
}

static long do_writev(struct pair *p, int fail)
{
	struct iovec parts[] = { { (void *)muffin, 3 }, { (void *)(muffin + 3), 3 } };

	return writev(fail ? 1000 : p->near, parts, 2);
}

static long do_recvfrom(struct pair *p, int fail)
{
	char buf[64];

	return recvfrom(p->far, buf, sizeof(buf), fail ? MSG_DONTWAIT : 0, NULL, NULL);
}

static long do_recvmsg(struct pair *p, int fail)
{
	char buf[64];
	struct iovec part = { buf, sizeof(buf) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	return recvmsg(p->far, &message, fail ? MSG_DONTWAIT : 0);
}

static long do_readv(struct pair *p, int fail)
{
	char buf[64];
	struct iovec part = { buf, sizeof(buf) };

	return readv(fail ? 1000 : p->far, &part, 1);
}

static long do_getsockname(struct pair *p, int fail)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	return getsockname(fail ? 1000 : p->near, (struct sockaddr *)&address, &len);
}

static long do_getpeername(struct pair *p, int fail)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	return getpeername(fail ? p->listener : p->near, (struct sockaddr *)&address, &len);
}

static long do_setsockopt(struct pair *p, int fail)
{
	int on = 1;

	return setsockopt(p->near, IPPROTO_TCP, fail ? 1000 : TCP_NODELAY, &on, sizeof(on));
}

static long do_getsockopt(struct pair *p, int fail)
{
	int value = 0;
	socklen_t len = sizeof(value);

	return getsockopt(p->near, SOL_SOCKET, fail ? 1000 : SO_RCVBUF, &value, &len);
}

/* ------------------------------------------------------------------------------------- what they need */

static void nothing(struct pair *p, int fail)
{
	(void)p;
	(void)fail;
}

static void just_a_socket(struct pair *p, int fail)
{
	(void)fail;
	p->near = tcp_socket();
}

static void a_port(struct pair *p, int fail)
{
	take_port(p);
	p->near = fail ? socket(AF_INET, SOCK_DGRAM, 0) : -1;
}

static void a_client(struct pair *p, int fail)
{
	connect_near(p);
	if (fail)
		p->near = socket(AF_INET, SOCK_DGRAM, 0);
}

static void a_target(struct pair *p, int fail)
{
	if (fail)
		take_port(p); /* bound, not listening: the kernel answers a SYN with RST */
	else
		open_port(p);
	p->near = tcp_socket();
}

static void a_pair(struct pair *p, int fail)
{
	if (fail)
		p->near = tcp_socket(); /* not connected */
	else
		connect_both(p);
}

static void a_peer(struct pair *p, int fail)
{
	if (!fail)
		connect_both(p);
}

static void with_bytes(struct pair *p, int fail)
{
	connect_both(p);
	if (!fail && sendto(p->near, muffin, strlen(muffin), 0, NULL, 0) < 0)
		die("sendto");
}

static void unconnected(struct pair *p, int fail)
{
	connect_both(p);
	if (fail)
		p->listener = tcp_socket();
}

static const struct row {
	const char *name;
	void (*prepare)(struct pair *p, int fail);
	long (*call)(struct pair *p, int fail);
} rows[] = {
#ifndef CALL_ONCE_STATIC
	{ "getaddrinfo", nothing, do_getaddrinfo },
#endif
	{ "socket", nothing, do_socket },
	{ "bind", just_a_socket, do_bind },
	{ "listen", a_port, do_listen },
	{ "accept", a_client, do_accept },
	{ "connect", a_target, do_connect },
	{ "send", a_pair, do_send },
	{ "write", a_peer, do_write },
	{ "recv", with_bytes, do_recv },
	{ "read", with_bytes, do_read },
	{ "close", a_peer, do_close },
	{ "shutdown", unconnected, do_shutdown },
	{ "accept4", a_client, do_accept4 },
	{ "sendto", a_peer, do_sendto },
	{ "sendmsg", a_peer, do_sendmsg },
	{ "writev", a_peer, do_writev },
	{ "recvfrom", with_bytes, do_recvfrom },
	{ "recvmsg", with_bytes, do_recvmsg },
	{ "readv", with_bytes, do_readv },
	{ "getsockname", just_a_socket, do_getsockname },
	{ "getpeername", a_client, do_getpeername },
	{ "setsockopt", just_a_socket, do_setsockopt },
	{ "getsockopt", just_a_socket, do_getsockopt },
};

int main(int argc, char **argv)
{
	struct pair p = { -1, -1, -1, { 0 } };
	int fail = argc > 2 && !strcmp(argv[2], "fail");

	for (size_t i = 0; argc > 1 && i < sizeof(rows) / sizeof(rows[0]); i++) {
		long ret;

		if (strcmp(rows[i].name, argv[1]) != 0)
			continue;
		rows[i].prepare(&p, fail);
		errno = 0;
		ret = rows[i].call(&p, fail);
		if (ret == -1)
			printf("%s = %ld, errno %d\n", rows[i].name, ret, errno);
		else
			printf("%s = %ld\n", rows[i].name, ret);
		return 0;
	}
	fprintf(stderr, "Usage: call-once CALL [fail]\nCalls:");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(stderr, " %s", rows[i].name);
	fprintf(stderr, "\n");
	return 2;
}
