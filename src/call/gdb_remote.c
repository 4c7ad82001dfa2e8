// SPDX-License-Identifier: GPL-2.0-only
#include "gdb_remote.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"

#define EMULATOR      "qemu-aarch64"
#define LIBRARIES     "/usr/aarch64-linux-gnu" /* where Debian's cross packages put arm64's C library */
#define PACKET_BYTES  4096
#define READ_MAX      1024 /* bytes of memory asked for at once */
#define CONNECT_TRIES 500
#define CONNECT_NS    10000000
#define ANSWER_MS     30000

struct gdb_remote {
	int fd;
	pid_t pid;
	bool ended;
	int status;
	char packet[PACKET_BYTES];
};

/* -------------------------------------------------------------------------------------------- packets */

static int put_packet(struct gdb_remote *r, const char *text)
{
	char frame[PACKET_BYTES + 8];
	uint8_t sum = 0;
	int n;

	for (const char *c = text; *c; c++)
		sum += (uint8_t)*c;
	n = snprintf(frame, sizeof(frame), "$%s#%02x", text, sum);
	return send(r->fd, frame, n, MSG_NOSIGNAL) == n ? 0 : -EPIPE;
}

static int get_char(struct gdb_remote *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	uint8_t c;

	if (poll(&p, 1, ANSWER_MS) != 1 || recv(r->fd, &c, 1, 0) != 1)
		return -1;
	return c;
}

/* The next packet's text in r->packet, acknowledged. */
static int get_packet(struct gdb_remote *r)
{
	size_t n = 0;
	int c;

	do {
		c = get_char(r);
	} while (c >= 0 && c != '$');
	while (c >= 0 && (c = get_char(r)) >= 0 && c != '#' && n + 1 < sizeof(r->packet))
		r->packet[n++] = (char)c;
	r->packet[n] = '\0';
	if (c < 0 || get_char(r) < 0 || get_char(r) < 0)
		return -EPIPE;
	return send(r->fd, "+", 1, MSG_NOSIGNAL) == 1 ? 0 : -EPIPE;
}

static int ask(struct gdb_remote *r, const char *text)
{
	int err = put_packet(r, text);

	return err ? err : get_packet(r);
}

/* Until it stops. -ESRCH: it ended. */
static int wait_stop(struct gdb_remote *r, const char *text)
{
	int err = ask(r, text);

	while (!err && r->packet[0] == 'O') /* output, not for us */
		err = get_packet(r);
	if (err)
		return err;
	return r->packet[0] == 'W' || r->packet[0] == 'X' ? -ESRCH : 0;
}

static unsigned int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 32) - 'a' + 10;
}

static size_t from_hex(const char *text, uint8_t *buf, size_t n)
{
	size_t i;

	for (i = 0; i < n && text[2 * i] && text[2 * i + 1]; i++)
		buf[i] = hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]);
	return i;
}

/* --------------------------------------------------------------------------------------------- its life */

static void child_main(char *const *argv, const char *path, int out)
{
	char *full[64] = { (char *)EMULATOR, (char *)"-L", (char *)LIBRARIES, (char *)"-g",
			   (char *)path };
	size_t n = 5;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (out >= 0)
		dup2(out, STDOUT_FILENO);
	while (*argv && n + 1 < sizeof(full) / sizeof(full[0]))
		full[n++] = *argv++;
	execvp(EMULATOR, full);
	_exit(errno == ENOENT ? 127 : 126);
}

static int connect_to(struct gdb_remote *r, const char *path)
{
	const struct timespec pause = { .tv_nsec = CONNECT_NS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	for (int i = 0; i < CONNECT_TRIES; i++) {
		r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (r->fd >= 0 && !connect(r->fd, (struct sockaddr *)&address, sizeof(address)))
			return 0;
		if (r->fd >= 0)
			close(r->fd);
		r->fd = -1;
		if (waitpid(r->pid, &r->status, WNOHANG) == r->pid) {
			r->ended = true;
			return -ENOTSUP;
		}
		nanosleep(&pause, NULL);
	}
	return -ETIMEDOUT;
}

int gdb_remote_start(char *const *argv, int out, struct gdb_remote **ret, struct error *e)
{
	char directory[] = "/tmp/crumb-gdb.XXXXXX", path[64];
	struct gdb_remote *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	if (!mkdtemp(directory)) {
		err = -errno;
		free(r);
		return error_set(e, err, "cannot make a directory in /tmp: %s", strerror(-err));
	}
	snprintf(path, sizeof(path), "%s/stub", directory);
	r->pid = fork();
	if (r->pid == 0)
		child_main(argv, path, out);
	err = r->pid < 0 ? -errno : connect_to(r, path);
	unlink(path);
	rmdir(directory);
	if (!err)
		err = ask(r, "?"); /* why it stands still: it waits for us */
	if (err) {
		gdb_remote_free(r);
		return error_set(e, err,
				 "an arm64 program needs " EMULATOR
				 " here, and it could not be started: "
				 "apt-get install qemu-user");
	}
	*ret = r;
	return 0;
}

void gdb_remote_free(struct gdb_remote *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->pid > 0 && !r->ended) {
		kill(r->pid, SIGKILL);
		waitpid(r->pid, NULL, 0);
	}
	free(r);
}

pid_t gdb_remote_pid(const struct gdb_remote *r)
{
	return r->pid;
}

int gdb_remote_regs(struct gdb_remote *r, uint64_t regs[GDB_REMOTE_REGS])
{
	int err = ask(r, "g");

	if (err)
		return err;
	/* little-endian, eight bytes each, as arm64's target description has them */
	return from_hex(r->packet, (uint8_t *)regs, GDB_REMOTE_REGS * 8) == GDB_REMOTE_REGS * 8 ?
		       0 :
		       -EPROTO;
}

size_t gdb_remote_read(struct gdb_remote *r, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t part = n - done < READ_MAX ? n - done : READ_MAX, got;
		char text[64];

		snprintf(text, sizeof(text), "m%llx,%zx", (unsigned long long)(addr + done), part);
		if (ask(r, text) || r->packet[0] == 'E')
			break;
		got = from_hex(r->packet, (uint8_t *)buf + done, part);
		done += got;
		if (got < part)
			break;
	}
	return done;
}

int gdb_remote_break(struct gdb_remote *r, uint64_t addr, bool set)
{
	char text[64];
	int err;

	snprintf(text, sizeof(text), "%c0,%llx,4", set ? 'Z' : 'z', (unsigned long long)addr);
	err = ask(r, text);
	return err ? err : strcmp(r->packet, "OK") ? -EIO : 0;
}

int gdb_remote_step(struct gdb_remote *r)
{
	return wait_stop(r, "s");
}

int gdb_remote_continue(struct gdb_remote *r)
{
	return wait_stop(r, "c");
}

int gdb_remote_let_go(struct gdb_remote *r, int *ret_status)
{
	ask(r, "D");
	close(r->fd);
	r->fd = -1;
	while (!r->ended) {
		if (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
			continue;
		r->ended = true;
	}
	*ret_status = r->status;
	return 0;
}
