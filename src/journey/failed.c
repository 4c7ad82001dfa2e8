// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that failed: a connect() without a route, a datagram that is too long (EMSGSIZE), a send after the other end has closed
 * (EPIPE). Equal ones are counted. What getaddrinfo() tries on its way is its own business: it connects UDP sockets to
 * learn which addresses can be reached (RFC 6724), and its return, which tells so, comes after them. So the newest are held back.
 */
#include "failed.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#define AT_PORT	 2 /* struct sockaddr_in and sockaddr_in6 (net/uapi/linux/in.h, in6.h) */
#define AT_ADDR4 4
#define AT_ADDR6 8

bool failed_address(const struct crumb_ev_call *ev, struct journey_address *ret)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	const uint8_t *name = (const void *)ev->text;
	uint16_t family;

	if (ev->layer == CRUMB_CALLED_LIBC)
		return false;
	memcpy(&family, name, sizeof(family));
	ret->port = (uint16_t)(name[AT_PORT] << 8 | name[AT_PORT + 1]);
	if (family == AF_INET) {
		memcpy(ret->addr, mapped, sizeof(mapped));
		memcpy(ret->addr + sizeof(mapped), name + AT_ADDR4, 4);
		return true;
	}
	if (family != AF_INET6)
		return false;
	memcpy(ret->addr, name + AT_ADDR6, sizeof(ret->addr));
	return true;
}

/* Only what an application would call a failure: not "later" and not "again". */
static bool is_failure(const struct crumb_ev_call *ev)
{
	static const int fine[] = { EAGAIN, EINTR, EINPROGRESS, EALREADY, EISCONN };

	if (ev->layer == CRUMB_CALLED_LIBC)
		return ev->nr == CRUMB_LIBC_GETADDRINFO && (int32_t)ev->ret != 0; /* an int */
	if (ev->ret >= 0 || ev->ret <= -512) /* ERESTARTSYS and its like: the kernel begins it again */
		return false;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		if (ev->ret == -fine[i])
			return false;
	return true;
}

/* With an address, where it must be one of IP: a connect() to a daemon that is not there (AF_UNIX) is not ours. */
static bool is_ours(const char *name, bool has_to)
{
	static const struct {
		const char *name;
		bool needs_to;
	} calls[] = {
		{ "connect", true },
		{ "bind", true },
		{ "sendto", false },
		{ "sendmsg", false },
		{ "socket", false },
		{ "accept", false },
		{ "accept4", false },
		{ "listen", false },
		{ "sendmmsg", false },
		/* told only of sockets of IP */
		{ "write", false },
		{ "writev", false },
		{ "pwritev2", false },
		{ "sendfile", false },
		{ "splice", false },
		{ "io_uring_enter", false },
	};

	for (size_t i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(name, calls[i].name))
			return has_to || !calls[i].needs_to;
	return false;
}

static bool same(const struct trace_failed *x, const struct trace_failed *y)
{
	return x->tgid == y->tgid && x->call == y->call && x->ret == y->ret &&
	       x->later == y->later && x->has_to == y->has_to &&
	       (!x->has_to || !memcmp(&x->to, &y->to, sizeof(x->to))) && !strcmp(x->text, y->text);
}

static void list(struct assembler *a, const struct trace_failed *f)
{
	struct trace_summary *s = &a->sum;

	s->failed_count++;
	for (uint32_t i = 0; i < s->failed_listed; i++) {
		if (same(&s->failed[i], f)) {
			s->failed[i].count++;
			return;
		}
	}
	if (s->failed_listed == TRACE_FAILED_MAX)
		return;
	s->failed[s->failed_listed] = *f;
	s->failed[s->failed_listed++].count = 1;
}

/* The oldest of those held back. */
static void release_one(struct assembler *a)
{
	struct failed *f = &a->failed;

	list(a, &f->late[0].call);
	memmove(&f->late[0], &f->late[1], --f->count * sizeof(f->late[0]));
}

/* What thread @pid tried since @since_ns was a part of a libc call. */
static void forget(struct failed *f, uint32_t pid, uint64_t since_ns)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->count; i++)
		if (f->late[i].pid != pid || f->late[i].ns < since_ns)
			f->late[n++] = f->late[i];
	f->count = n;
}

/*
 * A connect() that waited returns what became of it, and that is told once: its thread asked the socket to connect within the call. Its
 * address need not be the socket's: 0.0.0.0 is this machine, and a program at the cgroup (BPF) may have chosen another one. One that did not
 * wait and is asked again (connect() a second time) says so then.
 */
static bool is_same_connect(const struct failed_late *l, const struct failed_late *told)
{
	if (!l->call.later || l->call.tgid != told->call.tgid || l->call.ret != told->call.ret ||
	    l->ns > told->ns)
		return false;
	if (l->pid == told->pid && l->since_ns >= told->since_ns)
		return true;
	return told->call.has_to && !memcmp(&l->call.to, &told->call.to, sizeof(l->call.to));
}

static void learn(struct failed *f, const struct failed_late *told)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < f->count; i++) {
		if (!is_same_connect(&f->late[i], told))
			f->late[n++] = f->late[i];
	}
	f->count = n;
}

void failed_call(struct assembler *a, const struct crumb_ev_call *ev)
{
	bool libc = ev->layer == CRUMB_CALLED_LIBC;
	struct failed *f = &a->failed;
	struct failed_late late;

	if (libc && ev->nr == CRUMB_LIBC_GETADDRINFO)
		forget(f, ev->pid, ev->enter_ns);
	if (!is_failure(ev))
		return;
	late = (struct failed_late){
		.since_ns = ev->enter_ns,
		.ns = ev->h.time_ns,
		.pid = ev->pid,
		.call = { .tgid = HOST_TAG_PID(ev->tgid),
			  .call = libc ? libc_func_name(ev->nr) : syscall_name(ev->nr),
			  .libc = libc,
			  .ret = libc ? (int32_t)ev->ret : ev->ret },
	};
	if (!late.call.call)
		return;
	memcpy(late.call.comm, ev->comm, sizeof(late.call.comm));
	if (libc)
		memcpy(late.call.text, ev->text, sizeof(late.call.text) - 1);
	else
		late.call.has_to = failed_address(ev, &late.call.to);
	if (!libc && !is_ours(late.call.call, late.call.has_to))
		return;
	if (!strcmp(late.call.call, "connect")) {
		late.call.later = ev->layer == CRUMB_CALLED_SOCKET;
		if (!late.call.later)
			learn(f, &late);
	}
	if (f->count == FAILED_LATE)
		release_one(a);
	f->late[f->count++] = late;
}

void failed_finish(struct assembler *a)
{
	while (a->failed.count)
		release_one(a);
}
