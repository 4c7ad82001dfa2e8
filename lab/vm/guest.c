// SPDX-License-Identifier: GPL-2.0-only
/*
 * crumb-guest: the first process of a guest of `crumb lab up --vm`, after the init script. One child for each port of
 * guest_wire.h serves it: a command at a time, its input, output, signals and status. When the other side goes away,
 * the command is ended. No network is used, so that nothing of this shows in what is traced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest_wire.h"

#define WORDS_MAX     256
#define PORT_TRIES    500
#define PORT_PAUSE_US 20000
#define HUPS_MAX      100
#define HUP_PAUSE_US  5000
#define REAP_MS	      20 /* the command's end is looked for that often once its output is at its end */

struct session {
	int port;
	pid_t pid;
	int in, out, err; /* of the command; -1 closed */
	size_t n, at;	  /* of data: what came from the client and is not used up */
	char data[GUEST_DATA_BYTES_MAX];
};

enum turn { TURN_ON, TURN_ENDED, TURN_GONE, TURN_OTHER };

/*
 * A client's first bytes may be here before the kernel's worker has heard that it came: for that long a port
 * that looks hung up is not.
 */
static bool is_gone(int *hups)
{
	usleep(HUP_PAUSE_US);
	return ++*hups > HUPS_MAX;
}

/* False: the other side is gone. */
static bool port_write(int port, const void *data, size_t n)
{
	int hups = 0;
	const char *at = data;
	struct pollfd p = { .fd = port, .events = POLLOUT };
	ssize_t done;

	while (n) {
		done = write(port, at, n);
		if (done > 0) {
			at += done;
			n -= done;
			continue;
		}
		if (done < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (poll(&p, 1, -1) > 0 && (p.revents & POLLHUP) && is_gone(&hups))
			return false;
	}
	return true;
}

static bool port_read(int port, void *data, size_t n)
{
	char *at = data;
	struct pollfd p = { .fd = port, .events = POLLIN };
	ssize_t got;

	while (n) {
		got = read(port, at, n);
		if (got > 0) {
			at += got;
			n -= got;
			continue;
		}
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			return false;
		poll(&p, 1, -1);
	}
	return true;
}

static bool send_frame(struct session *s, enum guest_frame_type type, const void *data, uint32_t n)
{
	struct guest_frame f = { .type = type, .n = n };

	return port_write(s->port, &f, sizeof(f)) && port_write(s->port, data, n);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void become(const int *fds, char *const *words)
{
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	signal(SIGPIPE, SIG_DFL);
	if (chdir("/root") < 0)
		perror("crumb: /root");
	execvp(words[0], words);
	fprintf(stderr, "crumb: cannot run %s: %s\n", words[0], strerror(errno));
	_exit(errno == ENOENT ? GUEST_NOT_FOUND : GUEST_NOT_EXECUTABLE);
}

static bool start(struct session *s, char *text, uint32_t n)
{
	char *words[WORDS_MAX + 1];
	int in[2], out[2], err[2], n_words = 0;

	for (char *w = text; w < text + n && n_words < WORDS_MAX; w += strlen(w) + 1)
		words[n_words++] = w;
	words[n_words] = NULL;
	if (!n_words || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return false;
	s->pid = fork();
	if (s->pid == 0)
		become((int[]){ in[0], out[1], err[1] }, words);
	close(in[0]);
	close(out[1]);
	close(err[1]);
	s->in = in[1];
	fcntl(s->in, F_SETFL, O_NONBLOCK);
	s->out = out[0];
	s->err = err[0];
	return s->pid > 0;
}

/* Wait for a command; whatever else comes is left over from a client that died. */
static bool begin(struct session *s)
{
	struct guest_frame f;

	do {
		if (!port_read(s->port, &f, sizeof(f)) || f.n > sizeof(s->data) ||
		    !port_read(s->port, s->data, f.n))
			return false;
	} while (f.type != GUEST_EXEC);
	s->n = f.n;
	return true;
}

/* The EXEC frame lies in s->data. */
static bool answer(struct session *s)
{
	static char text[GUEST_DATA_BYTES_MAX + 1];
	struct guest_start start_frame = { .magic = GUEST_START_MAGIC };
	size_t n = sizeof(start_frame.token);

	if (s->n < n)
		return false;
	memcpy(text, s->data, s->n);
	text[s->n] = '\0';
	memcpy(&start_frame.token, text, n);
	n = s->n - n;
	s->n = 0;
	return port_write(s->port, &start_frame, sizeof(start_frame)) &&
	       start(s, text + sizeof(start_frame.token), n);
}

/* What the command did not take yet waits in s->data, and the port with it. */
static void feed(struct session *s)
{
	ssize_t done = write(s->in, s->data + s->at, s->n - s->at);

	if (done > 0)
		s->at += done;
	else if (errno != EAGAIN && errno != EINTR)
		close_fd(&s->in);
	if (s->at == s->n || s->in < 0)
		s->n = s->at = 0;
}

static enum turn from_client(struct session *s)
{
	struct guest_frame f;

	if (!port_read(s->port, &f, sizeof(f)) || f.n > sizeof(s->data) ||
	    !port_read(s->port, s->data, f.n))
		return TURN_GONE;
	if (f.type == GUEST_EXEC) {
		s->n = f.n;
		return TURN_OTHER;
	}
	if (f.type == GUEST_IN && f.n && s->in >= 0)
		s->n = f.n;
	else if (f.type == GUEST_IN)
		close_fd(&s->in);
	else if (f.type == GUEST_SIGNAL && f.n == 1)
		kill(-s->pid, s->data[0]);
	return TURN_ON;
}

static bool from_command(struct session *s, int *fd, enum guest_frame_type type)
{
	static char data[GUEST_DATA_BYTES_MAX];
	ssize_t n = read(*fd, data, sizeof(data));

	if (n <= 0) {
		close_fd(fd);
		return true;
	}
	return send_frame(s, type, data, n);
}

/*
 * Until the command has ended and what it wrote is read; a process that it left in the background keeps the pipes open and is not
 * waited for.
 */
static enum turn carry(struct session *s, int *ret_status)
{
	bool ended = false;
	enum turn turn;
	int hups = 0;

	for (;;) {
		struct pollfd p[4] = { { s->port, s->n ? 0 : POLLIN, 0 },
				       { s->out, POLLIN, 0 },
				       { s->err, POLLIN, 0 },
				       { s->n ? s->in : -1, POLLOUT, 0 } };
		int n = poll(p, 4, REAP_MS);

		if (p[0].revents & POLLHUP && !(p[0].revents & POLLIN)) {
			if (is_gone(&hups))
				return TURN_GONE;
		} else {
			hups = 0;
		}
		turn = p[0].revents & POLLIN ? from_client(s) : TURN_ON;
		if (turn != TURN_ON)
			return turn;
		if (p[1].revents && !from_command(s, &s->out, GUEST_OUT))
			return TURN_GONE;
		if (p[2].revents && !from_command(s, &s->err, GUEST_ERR))
			return TURN_GONE;
		if (p[3].revents && s->n)
			feed(s);
		if (ended && (n == 0 || (s->out < 0 && s->err < 0)))
			return TURN_ENDED;
		if (!ended)
			ended = waitpid(s->pid, ret_status, WNOHANG) == s->pid;
	}
}

/* One command; TURN_OTHER: the next one lies in s->data. */
static enum turn serve(struct session *s)
{
	int32_t status = 0;
	enum turn turn = TURN_GONE;

	s->in = s->out = s->err = -1;
	s->pid = 0;
	if (answer(s))
		turn = carry(s, &status);
	if (turn == TURN_ENDED) {
		send_frame(s, GUEST_EXIT, &status, sizeof(status));
	} else if (s->pid > 0) {
		kill(-s->pid, SIGKILL);
		waitpid(s->pid, &status, 0);
	}
	close_fd(&s->in);
	close_fd(&s->out);
	close_fd(&s->err);
	return turn;
}

static bool is_named(const char *entry, const char *want)
{
	char path[300], name[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(name, sizeof(name), f))
		name[0] = '\0';
	fclose(f);
	return !strcmp(name, want);
}

/* The kernel numbers ports by their devices; QEMU's names are what is known of them. */
static int open_port(int number)
{
	char path[300], want[32];
	struct dirent *entry;
	DIR *d;
	int fd = -1;

	snprintf(want, sizeof(want), GUEST_PORT_NAME "\n", number);
	for (int try = 0; try < PORT_TRIES && fd < 0; try++) {
		if (try)
			usleep(PORT_PAUSE_US);
		d = opendir("/sys/class/virtio-ports");
		while (d && fd < 0 && (entry = readdir(d))) {
			if (!is_named(entry->d_name, want))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		}
		if (d)
			closedir(d);
	}
	return fd;
}

static void serve_port(int number)
{
	static struct session s;
	enum turn turn;

	s.port = open_port(number);
	signal(SIGPIPE, SIG_IGN);
	if (s.port < 0) {
		fprintf(stderr, "crumb-guest: no port " GUEST_PORT_NAME "\n", number);
		_exit(1);
	}
	for (;;) {
		/* Nobody there is no reason to spin: reading then ends at once. */
		if (!begin(&s)) {
			usleep(PORT_PAUSE_US);
			continue;
		}
		do
			turn = serve(&s);
		while (turn == TURN_OTHER);
		s.n = s.at = 0;
	}
}

int main(void)
{
	for (int i = 0; i < GUEST_PORTS; i++)
		if (fork() == 0)
			serve_port(i);
	/* The first process inherits what others leave behind. */
	for (;;)
		if (wait(NULL) < 0)
			pause();
}
