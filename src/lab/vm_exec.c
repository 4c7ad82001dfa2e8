// SPDX-License-Identifier: GPL-2.0-only
/* The client of guest_wire.h: one command in a guest, as if it ran here. */
#include "vm_state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "guest_wire.h"

#define CONNECT_TRIES	 500
#define CONNECT_PAUSE_US 10000

struct client {
	int port, signals;
	int in, out, err; /* -1: nobody is there */
	bool in_ended;
	int32_t status;
	size_t n, at; /* of what waits for the port */
	char pending[sizeof(struct guest_frame) + GUEST_DATA_BYTES_MAX];
	char data[GUEST_DATA_BYTES_MAX];
};

/* Between bind and listen QEMU's socket is there and refuses. */
static int connect_port(const char *lab, const char *host, int port, const struct sockaddr_un *a)
{
	for (int tries = 0; connect(port, (const struct sockaddr *)a, sizeof(*a)) < 0; tries++) {
		if (errno != ECONNREFUSED || tries == CONNECT_TRIES || !vm_guest_pid(lab, host))
			return -1;
		usleep(CONNECT_PAUSE_US);
	}
	return 0;
}

/* A port of one's own, until both descriptors are closed. */
static int claim(const char *lab, const char *host, int *ret_port, int *ret_lock, struct error *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char path[VM_PATH_BYTES];

	for (int i = 0; i < GUEST_PORTS; i++) {
		_cleanup_close_ int lock = -1, port = -1;

		vm_path(path, lab, "/%s.lock%d", host, i);
		lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (lock < 0)
			return error_set(e, -errno, "cannot open %s: %m; run as root (sudo)", path);
		if (flock(lock, LOCK_EX | LOCK_NB))
			continue;
		vm_path(a.sun_path, lab, "/%s.port%d", host, i);
		port = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (port < 0 || connect_port(lab, host, port, &a))
			return error_set(e,
					 errno == ENOENT || errno == ECONNREFUSED ? -EPIPE : -errno,
					 "host %s does not answer (%m): its machine ended; crumb lab down --lab %s",
					 host, lab);
		*ret_port = steal_fd(port);
		*ret_lock = steal_fd(lock);
		return 0;
	}
	return error_set(e, -EBUSY, "%d commands run on host %s, as many as can", GUEST_PORTS, host);
}

static void queue_frame(struct client *c, enum guest_frame_type type, const void *data, uint32_t n)
{
	struct guest_frame f = { .type = type, .n = n };

	memcpy(c->pending + c->n, &f, sizeof(f));
	memcpy(c->pending + c->n + sizeof(f), data, n);
	c->n += sizeof(f) + n;
}

static int write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno != EINTR)
			return -errno;
		if (done > 0) {
			data += done;
			n -= done;
		}
	}
	return 0;
}

static bool read_all(int fd, void *data, size_t n)
{
	char *at = data;

	while (n) {
		ssize_t got = read(fd, at, n);

		if (got == 0 || (got < 0 && errno != EINTR))
			return false;
		if (got > 0) {
			at += got;
			n -= got;
		}
	}
	return true;
}

/* What stands before our own token was meant for somebody else. */
static bool find_start(int port, uint64_t token)
{
	struct guest_start want = { .magic = GUEST_START_MAGIC, .token = token }, got = { 0 };
	char *at = (char *)&got;

	if (!read_all(port, &got, sizeof(got)))
		return false;
	while (memcmp(&got, &want, sizeof(got))) {
		memmove(at, at + 1, sizeof(got) - 1);
		if (!read_all(port, at + sizeof(got) - 1, 1))
			return false;
	}
	return true;
}

static int begin(struct client *c, char *const *words, struct error *e)
{
	char text[GUEST_DATA_BYTES_MAX];
	uint64_t token;
	size_t n = sizeof(token);

	if (getrandom(&token, sizeof(token), 0) != sizeof(token))
		return error_set(e, -errno, "no random numbers: %m");
	memcpy(text, &token, sizeof(token));
	for (; *words; words++) {
		size_t word = strlen(*words) + 1;

		if (n + word > sizeof(text))
			return error_set(e, -E2BIG, "the command is longer than %zu bytes",
					 sizeof(text));
		memcpy(text + n, *words, word);
		n += word;
	}
	queue_frame(c, GUEST_EXEC, text, n);
	if (write_all(c->port, c->pending, c->n) || !find_start(c->port, token))
		return -EPIPE;
	c->n = 0;
	return 0;
}

/* 1: the command has ended, 0: go on. What nobody reads any more is passed over. */
static int from_guest(struct client *c)
{
	struct guest_frame f;

	if (!read_all(c->port, &f, sizeof(f)) || f.n > sizeof(c->data) ||
	    !read_all(c->port, c->data, f.n))
		return -EPIPE;
	if (f.type == GUEST_OUT && write_all(c->out, c->data, f.n) == -EPIPE)
		queue_frame(c, GUEST_SIGNAL, (char[]){ SIGPIPE }, 1);
	else if (f.type == GUEST_ERR)
		write_all(c->err, c->data, f.n);
	if (f.type != GUEST_EXIT || f.n != sizeof(c->status))
		return 0;
	memcpy(&c->status, c->data, sizeof(c->status));
	return 1;
}

static void from_input(struct client *c)
{
	ssize_t n = c->in < 0 ? 0 : read(c->in, c->data, sizeof(c->data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	c->in_ended = n <= 0;
	queue_frame(c, GUEST_IN, c->data, n > 0 ? n : 0);
}

static int carry(struct client *c)
{
	if (c->in < 0)
		from_input(c);
	for (;;) {
		struct pollfd p[3] = { { c->port, POLLIN | (c->n ? POLLOUT : 0), 0 },
				       { c->n || c->in_ended ? -1 : c->in, POLLIN, 0 },
				       { c->n ? -1 : c->signals, POLLIN, 0 } };
		struct signalfd_siginfo si;
		ssize_t done;
		int ret;

		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return -errno;
		if (p[0].revents & (POLLIN | POLLHUP | POLLERR)) {
			/* Frames are taken whole: a short wait for the rest of one. */
			ret = from_guest(c);
			if (ret)
				return ret;
			continue;
		}
		if (p[0].revents & POLLOUT) {
			done = send(c->port, c->pending + c->at, c->n - c->at,
				    MSG_DONTWAIT | MSG_NOSIGNAL);
			if (done > 0)
				c->at += done;
			if (c->at == c->n)
				c->n = c->at = 0;
		}
		if (p[1].revents)
			from_input(c);
		if (p[2].revents && read(c->signals, &si, sizeof(si)) == sizeof(si) && !c->n)
			queue_frame(c, GUEST_SIGNAL, (char[]){ si.ssi_signo }, 1);
	}
}

int vm_exec(const char *lab, const char *host, char *const *words, const int fds[3],
	    int *ret_status, struct error *e)
{
	static struct client c;
	_cleanup_close_ int port = -1, lock = -1, signals = -1;
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0)
		return error_set(e, -errno, "cannot wait for signals: %m");
	err = claim(lab, host, &port, &lock, e);
	if (err)
		return err;
	memset(&c, 0, sizeof(c));
	c.port = port;
	c.signals = signals;
	c.in = fds[0];
	c.out = fds[1];
	c.err = fds[2];
	err = begin(&c, words, e);
	if (!err)
		err = carry(&c);
	if (err < 0)
		return error_set(e, err,
				 "the machine of host %s ended; its console: " VM_STATE_DIR
				 "/%s/%s.console",
				 host, lab, host);
	*ret_status = c.status;
	return 0;
}

int vm_exec_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
