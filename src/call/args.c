// SPDX-License-Identifier: GPL-2.0-only
#include "args.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

enum arg_kind {
	A_NONE,
	A_INT,
	A_HEX,
	A_FD,
	A_FAMILY,
	A_TYPE,
	A_PROTOCOL,
	A_SOCKADDR,	/* its length is the next argument */
	A_SOCKADDR_OUT, /* the next argument points to its length */
	A_BUFFER,	/* its length is the next argument */
	A_BUFFER_OUT,
	A_SIZE,
	A_MSG_FLAGS,
	A_SOCK_FLAGS,
	A_PATH,
	A_IOV, /* its count is the next argument */
	A_IOV_OUT,
	A_MSGHDR,
	A_MSGHDR_OUT,
	A_LEVEL,
	A_OPTION, /* of the level before it */
	A_HOW,
	A_DIRFD,
};

struct call_args {
	const char *name;
	uint8_t count;
	enum arg_kind kind[STORY_ARGS];
};

/* clang-format off */
static const struct call_args calls[] = {
	{ "socket", 3, { A_FAMILY, A_TYPE, A_PROTOCOL } },
	{ "bind", 3, { A_FD, A_SOCKADDR, A_SIZE } },
	{ "listen", 2, { A_FD, A_INT } },
	{ "accept", 3, { A_FD, A_SOCKADDR_OUT, A_HEX } },
	{ "accept4", 4, { A_FD, A_SOCKADDR_OUT, A_HEX, A_SOCK_FLAGS } },
	{ "connect", 3, { A_FD, A_SOCKADDR, A_SIZE } },
	{ "sendto", 6, { A_FD, A_BUFFER, A_SIZE, A_MSG_FLAGS, A_SOCKADDR, A_SIZE } },
	{ "recvfrom", 6, { A_FD, A_BUFFER_OUT, A_SIZE, A_MSG_FLAGS, A_SOCKADDR_OUT, A_HEX } },
	{ "sendmsg", 3, { A_FD, A_MSGHDR, A_MSG_FLAGS } },
	{ "recvmsg", 3, { A_FD, A_MSGHDR_OUT, A_MSG_FLAGS } },
	{ "sendmmsg", 4, { A_FD, A_HEX, A_INT, A_MSG_FLAGS } },
	{ "recvmmsg", 5, { A_FD, A_HEX, A_INT, A_MSG_FLAGS, A_HEX } },
	{ "write", 3, { A_FD, A_BUFFER, A_SIZE } },
	{ "read", 3, { A_FD, A_BUFFER_OUT, A_SIZE } },
	{ "writev", 3, { A_FD, A_IOV, A_INT } },
	{ "readv", 3, { A_FD, A_IOV_OUT, A_INT } },
	{ "close", 1, { A_FD } },
	{ "shutdown", 2, { A_FD, A_HOW } },
	{ "getsockname", 3, { A_FD, A_SOCKADDR_OUT, A_HEX } },
	{ "getpeername", 3, { A_FD, A_SOCKADDR_OUT, A_HEX } },
	{ "setsockopt", 5, { A_FD, A_LEVEL, A_OPTION, A_HEX, A_SIZE } },
	{ "getsockopt", 5, { A_FD, A_LEVEL, A_OPTION, A_HEX, A_HEX } },
	{ "openat", 3, { A_DIRFD, A_PATH, A_HEX } },
	{ "open", 2, { A_PATH, A_HEX } },
	{ "newfstatat", 4, { A_DIRFD, A_PATH, A_HEX, A_HEX } },
	{ "fstat", 2, { A_FD, A_HEX } },
	{ "stat", 2, { A_PATH, A_HEX } },
	{ "access", 2, { A_PATH, A_INT } },
	{ "poll", 3, { A_HEX, A_INT, A_INT } },
	{ "ppoll", 4, { A_HEX, A_INT, A_HEX, A_HEX } },
	{ "mmap", 6, { A_HEX, A_SIZE, A_HEX, A_HEX, A_FD, A_HEX } },
	{ "munmap", 2, { A_HEX, A_SIZE } },
	{ "mprotect", 3, { A_HEX, A_SIZE, A_HEX } },
	{ "brk", 1, { A_HEX } },
	{ "lseek", 3, { A_FD, A_INT, A_INT } },
	{ "pread64", 4, { A_FD, A_BUFFER_OUT, A_SIZE, A_INT } },
	{ "ioctl", 3, { A_FD, A_HEX, A_HEX } },
	{ "fcntl", 3, { A_FD, A_INT, A_HEX } },
	{ "uname", 1, { A_HEX } },
	{ "getrandom", 3, { A_HEX, A_SIZE, A_HEX } },
	{ "getpid", 0, { A_NONE } },
	{ "futex", 6, { A_HEX, A_HEX, A_HEX, A_HEX, A_HEX, A_HEX } },
};
/* clang-format on */

static const struct call_args *find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return &calls[i];
	return NULL;
}

unsigned int args_count(const char *name)
{
	const struct call_args *c = find(name);

	return c ? c->count : STORY_ARGS;
}

/* ---------------------------------------------------------------------------------------------- names */

struct flag {
	uint64_t value;
	const char *name;
};

static const char *name_of(const struct flag *rows, size_t n, uint64_t value)
{
	for (size_t i = 0; i < n; i++)
		if (rows[i].value == value)
			return rows[i].name;
	return NULL;
}

#define NAME_OF(rows, value) name_of(rows, sizeof(rows) / sizeof((rows)[0]), value)

const char *args_family(int family)
{
	static const struct flag rows[] = {
		{ AF_UNSPEC, "AF_UNSPEC" },   { AF_UNIX, "AF_UNIX" },
		{ AF_INET, "AF_INET" },	      { AF_INET6, "AF_INET6" },
		{ AF_NETLINK, "AF_NETLINK" }, { AF_PACKET, "AF_PACKET" },
		{ AF_VSOCK, "AF_VSOCK" },
	};

	return NAME_OF(rows, (uint64_t)family);
}

const char *args_socket_type(int type)
{
	static const struct flag rows[] = {
		{ SOCK_STREAM, "SOCK_STREAM" }, { SOCK_DGRAM, "SOCK_DGRAM" },
		{ SOCK_RAW, "SOCK_RAW" },	{ SOCK_SEQPACKET, "SOCK_SEQPACKET" },
		{ SOCK_RDM, "SOCK_RDM" },	{ SOCK_PACKET, "SOCK_PACKET" },
	};

	return NAME_OF(rows, (uint64_t)type);
}

const char *args_protocol(int family, int protocol)
{
	static const struct flag rows[] = {
		{ IPPROTO_TCP, "IPPROTO_TCP" },	  { IPPROTO_UDP, "IPPROTO_UDP" },
		{ IPPROTO_ICMP, "IPPROTO_ICMP" }, { IPPROTO_ICMPV6, "IPPROTO_ICMPV6" },
		{ IPPROTO_SCTP, "IPPROTO_SCTP" }, { IPPROTO_RAW, "IPPROTO_RAW" },
		{ 262, "IPPROTO_MPTCP" },
	};

	return family == AF_INET || family == AF_INET6 ? NAME_OF(rows, (uint64_t)protocol) : NULL;
}

static const char *level_name(int level)
{
	static const struct flag rows[] = {
		{ SOL_SOCKET, "SOL_SOCKET" },	  { IPPROTO_IP, "IPPROTO_IP" },
		{ IPPROTO_TCP, "IPPROTO_TCP" },	  { IPPROTO_UDP, "IPPROTO_UDP" },
		{ IPPROTO_IPV6, "IPPROTO_IPV6" },
	};

	return NAME_OF(rows, (uint64_t)level);
}

static const char *option_name(int level, int option)
{
	static const struct flag of_socket[] = {
		{ SO_REUSEADDR, "SO_REUSEADDR" }, { SO_TYPE, "SO_TYPE" },
		{ SO_ERROR, "SO_ERROR" },	  { SO_BROADCAST, "SO_BROADCAST" },
		{ SO_SNDBUF, "SO_SNDBUF" },	  { SO_RCVBUF, "SO_RCVBUF" },
		{ SO_KEEPALIVE, "SO_KEEPALIVE" }, { SO_LINGER, "SO_LINGER" },
		{ SO_REUSEPORT, "SO_REUSEPORT" }, { SO_RCVTIMEO, "SO_RCVTIMEO" },
		{ SO_SNDTIMEO, "SO_SNDTIMEO" },	  { SO_TIMESTAMPING, "SO_TIMESTAMPING" },
		{ SO_MARK, "SO_MARK" },		  { SO_BINDTODEVICE, "SO_BINDTODEVICE" },
	};
	static const struct flag of_tcp[] = {
		{ TCP_NODELAY, "TCP_NODELAY" },	    { TCP_MAXSEG, "TCP_MAXSEG" },
		{ TCP_CORK, "TCP_CORK" },	    { TCP_KEEPIDLE, "TCP_KEEPIDLE" },
		{ TCP_KEEPINTVL, "TCP_KEEPINTVL" }, { TCP_KEEPCNT, "TCP_KEEPCNT" },
		{ TCP_QUICKACK, "TCP_QUICKACK" },   { TCP_CONGESTION, "TCP_CONGESTION" },
		{ TCP_INFO, "TCP_INFO" },	    { TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT" },
		{ TCP_FASTOPEN, "TCP_FASTOPEN" },
	};

	if (level == SOL_SOCKET)
		return NAME_OF(of_socket, (uint64_t)option);
	return level == IPPROTO_TCP ? NAME_OF(of_tcp, (uint64_t)option) : NULL;
}

static const char *how_name(int how)
{
	static const struct flag rows[] = {
		{ SHUT_RD, "SHUT_RD" },
		{ SHUT_WR, "SHUT_WR" },
		{ SHUT_RDWR, "SHUT_RDWR" },
	};

	return NAME_OF(rows, (uint64_t)how);
}

/* The names of the bits of @value, what is left in hexadecimal; "" for 0. */
static void put_flags(const struct flag *rows, size_t n, uint64_t value, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < n && at < size; i++)
		if (value & rows[i].value) {
			at += snprintf(buf + at, size - at, "%s%s", at ? "|" : "", rows[i].name);
			value &= ~rows[i].value;
		}
	if (value && at < size)
		snprintf(buf + at, size - at, "%s0x%llx", at ? "|" : "", (unsigned long long)value);
}

static const struct flag sock_flags[] = {
	{ SOCK_CLOEXEC, "SOCK_CLOEXEC" },
	{ SOCK_NONBLOCK, "SOCK_NONBLOCK" },
};

static const struct flag msg_flags[] = {
	{ MSG_OOB, "MSG_OOB" },
	{ MSG_PEEK, "MSG_PEEK" },
	{ MSG_DONTROUTE, "MSG_DONTROUTE" },
	{ MSG_TRUNC, "MSG_TRUNC" },
	{ MSG_DONTWAIT, "MSG_DONTWAIT" },
	{ MSG_WAITALL, "MSG_WAITALL" },
	{ MSG_NOSIGNAL, "MSG_NOSIGNAL" },
	{ MSG_MORE, "MSG_MORE" },
	{ MSG_ZEROCOPY, "MSG_ZEROCOPY" },
};

#define PUT_FLAGS(rows, value, buf, size) \
	put_flags(rows, sizeof(rows) / sizeof((rows)[0]), value, buf, size)

/* --------------------------------------------------------------------------------------------- memory */

static size_t read_from(const struct args_source *from, uint64_t addr, void *buf, size_t n)
{
	return from && from->read && addr ? from->read(from->ctx, addr, buf, n) : 0;
}

void args_sockaddr(const uint8_t *bytes, size_t n, char *buf, size_t size)
{
	char text[INET6_ADDRSTRLEN];
	uint16_t family;

	if (n < sizeof(family)) {
		snprintf(buf, size, "(no address)");
		return;
	}
	memcpy(&family, bytes, sizeof(family));
	if (family == AF_INET && n >= sizeof(struct sockaddr_in)) {
		struct sockaddr_in in;

		memcpy(&in, bytes, sizeof(in));
		snprintf(buf, size, "%s:%u", inet_ntop(AF_INET, &in.sin_addr, text, sizeof(text)),
			 ntohs(in.sin_port));
	} else if (family == AF_INET6 && n >= sizeof(struct sockaddr_in6)) {
		struct sockaddr_in6 in;

		memcpy(&in, bytes, sizeof(in));
		snprintf(buf, size, "[%s]:%u",
			 inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof(text)), ntohs(in.sin6_port));
	} else if (family == AF_UNIX) {
		const char *path = (const char *)bytes + 2;
		bool hidden = n > 3 && !path[0];

		snprintf(buf, size, "%s%.*s", hidden ? "@" : "", (int)(n - 2 - hidden),
			 path + hidden);
	} else {
		snprintf(buf, size, "%s, %zu bytes",
			 args_family(family) ? args_family(family) : "an address", n);
	}
}

static void put_sockaddr(const struct args_source *from, uint64_t addr, uint64_t len, char *buf,
			 size_t size)
{
	uint8_t bytes[sizeof(struct sockaddr_un)];
	char text[160];
	uint16_t family;
	size_t n;

	if (!addr) {
		snprintf(buf, size, "NULL");
		return;
	}
	n = read_from(from, addr, bytes, len < sizeof(bytes) ? len : sizeof(bytes));
	if (n < sizeof(family)) {
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
		return;
	}
	memcpy(&family, bytes, sizeof(family));
	args_sockaddr(bytes, n, text, sizeof(text));
	snprintf(buf, size, "0x%llx {%s, %s}", (unsigned long long)addr,
		 args_family(family) ? args_family(family) : "?", text);
}

#define SHOWN_BYTES 24

/* "muffin\n"... as C would write it */
static void put_bytes(const uint8_t *bytes, size_t n, bool more, char *buf, size_t size)
{
	size_t at = snprintf(buf, size, "\"");

	for (size_t i = 0; i < n && at + 8 < size; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')
			at += snprintf(buf + at, size - at, "\\%c",
				       bytes[i] == '\n' ? 'n' :
				       bytes[i] == '\r' ? 'r' :
							  't');
		else if (bytes[i] == '"' || bytes[i] == '\\')
			at += snprintf(buf + at, size - at, "\\%c", bytes[i]);
		else if (isascii(bytes[i]) && isprint(bytes[i]))
			buf[at++] = bytes[i];
		else
			at += snprintf(buf + at, size - at, "\\x%02x", bytes[i]);
	}
	snprintf(buf + at, size - at, "\"%s", more ? "..." : "");
}

static void put_buffer(const struct args_source *from, uint64_t addr, uint64_t len, char *buf,
		       size_t size)
{
	uint8_t bytes[SHOWN_BYTES];
	size_t n = read_from(from, addr, bytes, len < SHOWN_BYTES ? len : SHOWN_BYTES);
	char text[4 * SHOWN_BYTES + 8];

	if (!n) {
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
		return;
	}
	put_bytes(bytes, n, n < len, text, sizeof(text));
	snprintf(buf, size, "0x%llx %s", (unsigned long long)addr, text);
}

#define SHOWN_PARTS 4

/* {"muf", "fin"}: @count of struct iovec at @addr, as a 64-bit program has them, with at most @bytes in them */
static void put_parts(const struct args_source *from, uint64_t addr, uint64_t count, uint64_t bytes,
		      char *buf, size_t size)
{
	size_t at = snprintf(buf, size, "{");

	for (uint64_t i = 0; i < count && i < SHOWN_PARTS && bytes && at < size; i++) {
		char text[4 * SHOWN_BYTES + 32];
		uint64_t part[2];
		const char *blank;

		if (read_from(from, addr + i * sizeof(part), part, sizeof(part)) != sizeof(part))
			break;
		if (part[1] > bytes)
			part[1] = bytes;
		bytes -= part[1];
		put_buffer(from, part[0], part[1], text, sizeof(text));
		blank = strchr(text, ' ');
		at += snprintf(buf + at, size - at, "%s%s", i ? ", " : "", blank ? blank + 1 : text);
	}
	if (at < size)
		snprintf(buf + at, size - at, count > SHOWN_PARTS ? ", ...}" : "}");
}

static void put_iov(const struct args_source *from, uint64_t addr, uint64_t count, uint64_t bytes,
		    char *buf, size_t size)
{
	size_t at = snprintf(buf, size, "0x%llx ", (unsigned long long)addr);

	if (at < size)
		put_parts(from, addr, count, bytes, buf + at, size - at);
}

/* struct msghdr: name and its length, then the parts and how many. */
static void put_msghdr(const struct args_source *from, uint64_t addr, uint64_t bytes, char *buf,
		       size_t size)
{
	size_t at = snprintf(buf, size, "0x%llx ", (unsigned long long)addr);
	uint64_t words[4];

	if (read_from(from, addr, words, sizeof(words)) == sizeof(words) && at < size)
		put_parts(from, words[2], words[3], bytes, buf + at, size - at);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
}

static void put_path(const struct args_source *from, uint64_t addr, char *buf, size_t size)
{
	char path[128];
	size_t n = read_from(from, addr, path, sizeof(path) - 1);

	path[n] = '\0';
	if (n)
		snprintf(buf, size, "\"%s\"", path);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)addr);
}

/* ----------------------------------------------------------------------------------------------- text */

static void put_type(uint64_t v, char *buf, size_t size)
{
	const char *name = args_socket_type(v & 0xf);
	char flags[80];

	PUT_FLAGS(sock_flags, v & ~0xfull & UINT32_MAX, flags, sizeof(flags));
	if (name)
		snprintf(buf, size, "%s%s%s", name, flags[0] ? "|" : "", flags);
	else
		snprintf(buf, size, "%d", (int)v);
}

static void put_number(uint64_t v, char *buf, size_t size)
{
	if (v < 10000000 || v > -(uint64_t)4096)
		snprintf(buf, size, "%lld", (long long)v);
	else
		snprintf(buf, size, "0x%llx", (unsigned long long)v);
}

static void put_words(const char *word, uint64_t v, char *buf, size_t size)
{
	if (word)
		snprintf(buf, size, "%s", word);
	else
		snprintf(buf, size, "%d", (int)v);
}

static void put_flag_words(const struct flag *rows, size_t n, uint64_t v, char *buf, size_t size)
{
	put_flags(rows, n, v & UINT32_MAX, buf, size);
	if (!buf[0])
		snprintf(buf, size, "0");
}

void args_text(const char *name, const struct story_regs *r, unsigned int i,
	       const struct args_source *from, char *buf, size_t size)
{
	const struct call_args *c = find(name);
	uint64_t v = r->arg[i], next = i + 1 < STORY_ARGS ? r->arg[i + 1] : 0;

	switch (c ? c->kind[i] : A_HEX) {
	case A_FD:
	case A_INT:
		snprintf(buf, size, "%d", (int)v);
		break;
	case A_FAMILY:
		put_words(args_family((int)v), v, buf, size);
		break;
	case A_TYPE:
		put_type(v, buf, size);
		break;
	case A_PROTOCOL:
		put_words(v ? args_protocol((int)r->arg[0], (int)v) : "0", v, buf, size);
		break;
	case A_SOCKADDR:
		put_sockaddr(from, v, next, buf, size);
		break;
	case A_BUFFER:
		put_buffer(from, v, next, buf, size);
		break;
	case A_SIZE:
		snprintf(buf, size, "%llu", (unsigned long long)v);
		break;
	case A_MSG_FLAGS:
		put_flag_words(msg_flags, sizeof(msg_flags) / sizeof(msg_flags[0]), v, buf, size);
		break;
	case A_SOCK_FLAGS:
		put_flag_words(sock_flags, 2, v, buf, size);
		break;
	case A_IOV:
		put_iov(from, v, next, UINT64_MAX, buf, size);
		break;
	case A_MSGHDR:
		put_msghdr(from, v, UINT64_MAX, buf, size);
		break;
	case A_LEVEL:
		put_words(level_name((int)v), v, buf, size);
		break;
	case A_OPTION:
		put_words(option_name((int)r->arg[i - 1], (int)v), v, buf, size);
		break;
	case A_HOW:
		put_words(how_name((int)v), v, buf, size);
		break;
	case A_PATH:
		put_path(from, v, buf, size);
		break;
	case A_DIRFD:
		put_words((int)v == AT_FDCWD ? "AT_FDCWD" : NULL, v, buf, size);
		break;
	case A_BUFFER_OUT:
	case A_SOCKADDR_OUT:
	case A_IOV_OUT:
	case A_MSGHDR_OUT:
	case A_HEX:
	case A_NONE:
		if (!v && c && (c->kind[i] == A_BUFFER_OUT || c->kind[i] == A_SOCKADDR_OUT))
			snprintf(buf, size, "NULL");
		else
			put_number(v, buf, size);
		break;
	}
}

void args_call(const char *name, const struct story_regs *r, const struct args_source *from,
	       char *buf, size_t size)
{
	unsigned int n = args_count(name);
	size_t at = snprintf(buf, size, "%s(", name);

	for (unsigned int i = 0; i < n && at < size; i++) {
		char text[STORY_PATH_BYTES];
		const char *value = text, *blank;

		args_text(name, r, i, from, text, sizeof(text));
		blank = strchr(text, ' ');
		if (blank && !strncmp(text, "0x", 2))
			value = blank + 1; /* what is there says more than the address */
		at += snprintf(buf + at, size - at, "%s%.*s", i ? ", " : "",
			       (int)(size - at > 8 ? size - at - 8 : 0), value);
	}
	if (at < size)
		snprintf(buf + at, size - at, ")");
}

void args_written(const char *name, const struct story_regs *r, int64_t ret,
		  const struct args_source *from, char *buf, size_t size)
{
	const struct call_args *c = find(name);

	buf[0] = '\0';
	if (!c || ret < 0)
		return;
	for (unsigned int i = 0; i < c->count; i++) {
		if (c->kind[i] == A_BUFFER_OUT && ret > 0) {
			put_buffer(from, r->arg[i], ret, buf, size);
			return;
		}
		if (c->kind[i] == A_IOV_OUT && ret > 0) {
			put_iov(from, r->arg[i], r->arg[i + 1], ret, buf, size);
			return;
		}
		if (c->kind[i] == A_MSGHDR_OUT && ret > 0) {
			put_msghdr(from, r->arg[i], ret, buf, size);
			return;
		}
		if (c->kind[i] == A_SOCKADDR_OUT && r->arg[i]) {
			uint32_t len = 0;

			if (read_from(from, r->arg[i + 1], &len, sizeof(len)) == sizeof(len))
				put_sockaddr(from, r->arg[i], len, buf, size);
			return;
		}
	}
}
