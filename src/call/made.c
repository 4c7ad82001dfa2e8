// SPDX-License-Identifier: GPL-2.0-only
#include "made.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "args.h"
#include "cleanup.h"

/* Debian 12's C library has no wrapper for them. */
static int copy_fd(pid_t pid, int fd)
{
	_cleanup_close_ int pidfd = syscall(SYS_pidfd_open, pid, 0);

	return pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

static void link_fact(struct story *s, pid_t pid, int fd)
{
	char path[64], target[STORY_PATH_BYTES];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (n > 0)
		story_add_fact(s, path, "%s", target);
	else
		story_add_fact(s, path, "does not exist (%s): the descriptor is free",
			       strerror(errno));
}

static void info_fact(struct story *s, pid_t pid, int fd)
{
	static const char *const access_modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "?" };
	_cleanup_fclose_ FILE *f = NULL;
	char path[64], line[128], text[200] = "";
	size_t at = 0;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", pid, fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f) && at < sizeof(text)) {
		char key[32], value[64];

		if (sscanf(line, "%31[^:]: %63s", key, value) != 2 ||
		    (strcmp(key, "flags") && strcmp(key, "ino")))
			continue;
		at += snprintf(text + at, sizeof(text) - at, "%s%s %s", at ? ", " : "", key, value);
		if (!strcmp(key, "flags") && at < sizeof(text)) {
			unsigned int flags = 0;

			if (sscanf(value, "%o", &flags) == 1)
				at += snprintf(text + at, sizeof(text) - at, " (%s%s%s%s)",
					       access_modes[flags & O_ACCMODE],
					       flags & 02000 ? "|O_APPEND" : "",
					       flags & 02000000 ? "|O_CLOEXEC" : "",
					       flags & 04000 ? "|O_NONBLOCK" : "");
		}
	}
	if (at)
		story_add_fact(s, path, "%s", text);
}

static int get_int(int fd, int option)
{
	int v = -1;
	socklen_t len = sizeof(v);

	return getsockopt(fd, SOL_SOCKET, option, &v, &len) ? -1 : v;
}

static void socket_facts(struct story *s, int fd, int family, int type, int protocol)
{
	const char *names[] = { args_family(family), args_socket_type(type),
				args_protocol(family, protocol) };
	char words[3][32];
	const int numbers[] = { family, type, protocol };

	for (int i = 0; i < 3; i++)
		if (names[i])
			snprintf(words[i], sizeof(words[i]), "%s", names[i]);
		else
			snprintf(words[i], sizeof(words[i]), "%d", numbers[i]);
	story_add_fact(s, "getsockopt(SO_DOMAIN, SO_TYPE, SO_PROTOCOL)", "%s, %s, %s", words[0],
		       words[1], words[2]);
	(void)fd;
}

static void address_fact(struct story *s, int fd, bool peer)
{
	uint8_t bytes[sizeof(struct sockaddr_storage)];
	socklen_t len = sizeof(bytes);
	char text[128];
	int err = peer ? getpeername(fd, (struct sockaddr *)bytes, &len) :
			 getsockname(fd, (struct sockaddr *)bytes, &len);

	if (err)
		snprintf(text, sizeof(text), "%s", strerrorname_np(errno));
	else
		args_sockaddr(bytes, len, text, sizeof(text));
	story_add_fact(s, peer ? "getpeername" : "getsockname", "%s", text);
}

/* --------------------------------------------------------------------------------------------- sock_diag */

static const char *tcp_state_name(unsigned int state)
{
	static const char *const names[] = {
		[TCP_ESTABLISHED] = "ESTABLISHED",
		[TCP_SYN_SENT] = "SYN_SENT",
		[TCP_SYN_RECV] = "SYN_RECV",
		[TCP_FIN_WAIT1] = "FIN_WAIT1",
		[TCP_FIN_WAIT2] = "FIN_WAIT2",
		[TCP_TIME_WAIT] = "TIME_WAIT",
		[TCP_CLOSE] = "CLOSE",
		[TCP_CLOSE_WAIT] = "CLOSE_WAIT",
		[TCP_LAST_ACK] = "LAST_ACK",
		[TCP_LISTEN] = "LISTEN",
		[TCP_CLOSING] = "CLOSING",
	};

	return state < sizeof(names) / sizeof(names[0]) && names[state] ? names[state] : "?";
}

/* One message of the answer; true when the answer is at its end. */
static bool diag_message(struct story *s, const struct nlmsghdr *h, uint64_t inode, bool *found)
{
	const struct inet_diag_msg *m = NLMSG_DATA(h);

	if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR)
		return true;
	if (m->idiag_inode != inode)
		return false;
	*found = true;
	story_add_fact(s, "sock_diag (what ss shows)",
		       "inode %u, state %s, send queue %u, receive queue %u, uid %u",
		       m->idiag_inode, tcp_state_name(m->idiag_state), m->idiag_wqueue,
		       m->idiag_rqueue, m->idiag_uid);
	return false;
}

static void diag_fact(struct story *s, int family, int protocol, uint64_t inode)
{
	struct {
		struct nlmsghdr h;
		struct inet_diag_req_v2 r;
	} ask = {
		.h = { .nlmsg_len = sizeof(ask),
		       .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		       .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.r = { .sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = -1 },
	};
	_cleanup_close_ int nl = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	char buf[16384] __attribute__((aligned(8)));
	bool found = false, end = false;

	if (nl < 0 || send(nl, &ask, sizeof(ask), 0) != (ssize_t)sizeof(ask))
		return;
	while (!end) {
		ssize_t n = recv(nl, buf, sizeof(buf), 0);
		struct nlmsghdr *h = (struct nlmsghdr *)buf;

		if (n <= 0)
			break;
		for (; !end && NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			end = diag_message(s, h, inode, &found);
	}
	if (!found)
		story_add_fact(s, "sock_diag (what ss shows)",
			       "not listed: sockets are found there by the port that they hold, and "
			       "this one holds none (any more: getsockname may still tell the old one)");
}

void made_facts(struct story *s, pid_t pid, int fd)
{
	_cleanup_close_ int copy = copy_fd(pid, fd);
	int family, type, protocol;
	char path[64], target[128];
	unsigned long long inode = 0;
	ssize_t n;

	link_fact(s, pid, fd);
	if (copy < 0)
		return;
	info_fact(s, pid, fd);
	family = get_int(copy, SO_DOMAIN);
	if (family < 0)
		return;
	type = get_int(copy, SO_TYPE);
	protocol = get_int(copy, SO_PROTOCOL);
	socket_facts(s, copy, family, type, protocol);
	if (family != AF_INET && family != AF_INET6)
		return;
	address_fact(s, copy, false);
	address_fact(s, copy, true);
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	if (sscanf(target, "socket:[%llu]", &inode) == 1 &&
	    (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP))
		diag_fact(s, family, protocol, inode);
}
