// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes of random size by many threads, each noted down: what a traced connection ought to show. All connections
 * are opened first and closed last, so they are open together. A thread's bytes all have the value of its number on
 * the connection, so that the reader can tell whose they are.
 *
 * The log: "w PORT TID LENGTH RETURNED BEFORE_NS CALL NUMBER" a write, in each thread's order; "skip PORT BYTES" those
 * before the pause.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/program.h"

#define STACK_BYTES (128 << 10)
#define CORK_EVERY  10

struct note {
	uint32_t len;
	int64_t ret;
	uint64_t ns;
	const char *call;
};

struct settings {
	int conns, threads, writes, pause_after, sndbuf;
	double min, max;
	const char *kind, *log;
	unsigned int seed;
};

struct writer {
	pthread_t thread;
	const struct settings *s;
	int fd, file, index;
	unsigned int seed;
	uint8_t *buf;
	struct note *notes;
	uint16_t port;
	pid_t tid;
};

static pthread_barrier_t pause_begins, pause_ends;

/* All orders of magnitude alike: small ones are as likely as large ones. */
static uint32_t random_size(struct writer *w)
{
	double u = (double)rand_r(&w->seed) / RAND_MAX;

	return lround(w->s->min * pow(w->s->max / w->s->min, u));
}

static ssize_t send_vector(struct writer *w, uint32_t len, bool as_message)
{
	struct iovec iov[2] = {
		{ .iov_base = w->buf, .iov_len = len / 3 },
		{ .iov_base = w->buf + len / 3, .iov_len = len - len / 3 },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	return as_message ? sendmsg(w->fd, &m, MSG_NOSIGNAL) : writev(w->fd, iov, 2);
}

static ssize_t send_random(struct writer *w, uint32_t len, const char **ret_call)
{
	off_t from = 0;

	switch (rand_r(&w->seed) % 5) {
	case 0:
		*ret_call = "write";
		return write(w->fd, w->buf, len);
	case 1:
		*ret_call = "writev";
		return send_vector(w, len, false);
	case 2:
		*ret_call = "sendmsg";
		return send_vector(w, len, true);
	case 3:
		*ret_call = "sendfile";
		return sendfile(w->fd, w->file, &from, len);
	default:
		*ret_call = "sendto";
		return send(w->fd, w->buf, len, MSG_NOSIGNAL);
	}
}

static ssize_t send_one(struct writer *w, int i, uint32_t len, const char **ret_call)
{
	int cork = i / CORK_EVERY % 2 == 0;

	*ret_call = "write";
	if (!strcmp(w->s->kind, "mix"))
		return send_random(w, len, ret_call);
	if (!strcmp(w->s->kind, "more")) {
		*ret_call = "sendto";
		return send(w->fd, w->buf, len,
			    i % CORK_EVERY && i + 1 < w->s->writes ? MSG_MORE : 0);
	}
	if (!strcmp(w->s->kind, "cork") && i % CORK_EVERY == 0)
		setsockopt(w->fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof(cork));
	return write(w->fd, w->buf, len);
}

static void *writer_main(void *ctx)
{
	struct writer *w = ctx;
	int i, off = 0;

	w->tid = syscall(SYS_gettid);
	for (i = 0; i < w->s->writes; i++) {
		struct note *n = &w->notes[i];

		if (w->s->pause_after && i == w->s->pause_after) {
			pthread_barrier_wait(&pause_begins);
			pthread_barrier_wait(&pause_ends);
		}
		n->len = random_size(w);
		n->ns = now_ns();
		n->ret = send_one(w, i, n->len, &n->call);
		if (n->ret < 0)
			die(n->call);
	}
	setsockopt(w->fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off));
	return NULL;
}

static int connect_to(const char *host, const char *service, const struct settings *s,
		      uint16_t *ret_port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	struct sockaddr_in6 self;
	socklen_t len = sizeof(self);
	int fd = -1;

	if (getaddrinfo(host, service, &hints, &list))
		die(host);
	for (a = list; a; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM, 0);
		if (s->sndbuf)
			setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &s->sndbuf, sizeof(s->sndbuf));
		if (!connect(fd, a->ai_addr, a->ai_addrlen))
			break;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd < 0)
		die("connect");
	getsockname(fd, (struct sockaddr *)&self, &len);
	*ret_port = ntohs(self.sin6_port); /* at the same place in sockaddr_in */
	return fd;
}

static void writer_prepare(struct writer *w, const struct settings *s, int number)
{
	size_t len = s->max + 1;

	w->s = s;
	w->seed = s->seed + number;
	w->index = number % s->threads;
	w->notes = calloc(s->writes, sizeof(*w->notes));
	w->buf = malloc(len);
	w->file = memfd_create("bytes", 0);
	if (!w->notes || !w->buf || w->file < 0)
		die("memory");
	memset(w->buf, w->index, len);
	if (write(w->file, w->buf, len) != (ssize_t)len)
		die("memfd");
}

static void log_all(const struct writer *writers, int n, const struct settings *s)
{
	FILE *f = fopen(s->log, "w");
	int i, j;

	if (!f)
		die(s->log);
	for (i = 0; i < n; i++) {
		const struct writer *w = &writers[i];
		int64_t skipped = 0;

		for (j = 0; j < s->writes; j++) {
			const struct note *e = &w->notes[j];

			fprintf(f, "w %u %d %u %lld %llu %s %d\n", w->port, w->tid, e->len,
				(long long)e->ret, (unsigned long long)e->ns, e->call, w->index);
			if (j < s->pause_after)
				skipped += e->ret;
		}
		fprintf(f, "skip %u %lld\n", w->port, (long long)skipped);
	}
	if (fclose(f))
		die(s->log);
}

static void usage(void)
{
	fprintf(stderr,
		"usage: writers [-c CONNECTIONS] [-t THREADS] [-n WRITES] [-m MIN] [-M MAX] [-b SNDBUF]\n"
		"       [-k write|mix|more|cork] [-p PAUSE-AFTER] [-r SEED] -l LOG HOST PORT\n");
	exit(2);
}

static void parse(int argc, char **argv, struct settings *s)
{
	int c;

	while ((c = getopt(argc, argv, "c:t:n:m:M:b:k:p:r:l:")) != -1)
		switch (c) {
		case 'c':
			s->conns = atoi(optarg);
			break;
		case 't':
			s->threads = atoi(optarg);
			break;
		case 'n':
			s->writes = atoi(optarg);
			break;
		case 'm':
			s->min = atof(optarg);
			break;
		case 'M':
			s->max = atof(optarg);
			break;
		case 'b':
			s->sndbuf = atoi(optarg);
			break;
		case 'k':
			s->kind = optarg;
			break;
		case 'p':
			s->pause_after = atoi(optarg);
			break;
		case 'r':
			s->seed = atoi(optarg);
			break;
		case 'l':
			s->log = optarg;
			break;
		default:
			usage();
		}
	if (argc - optind != 2 || !s->log || s->conns < 1 || s->threads < 1)
		usage();
}

static void pause_here(void)
{
	pthread_barrier_wait(&pause_begins);
	printf("paused\n");
	fflush(stdout);
	if (getchar() == EOF)
		die("nobody ended the pause");
	pthread_barrier_wait(&pause_ends);
}

int main(int argc, char **argv)
{
	struct settings s = { .conns = 1,
			      .threads = 1,
			      .writes = 100,
			      .min = 1,
			      .max = 1 << 20,
			      .kind = "write",
			      .seed = 1 };
	struct writer *writers;
	pthread_attr_t attr;
	int n, i;

	parse(argc, argv, &s);
	n = s.conns * s.threads;
	writers = calloc(n, sizeof(*writers));
	if (!writers)
		die("memory");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	pthread_barrier_init(&pause_begins, NULL, n + 1);
	pthread_barrier_init(&pause_ends, NULL, n + 1);
	for (i = 0; i < n; i++) {
		writer_prepare(&writers[i], &s, i);
		if (i % s.threads == 0) {
			writers[i].fd =
				connect_to(argv[optind], argv[optind + 1], &s, &writers[i].port);
		} else {
			writers[i].fd = writers[i - 1].fd;
			writers[i].port = writers[i - 1].port;
		}
	}
	for (i = 0; i < n; i++)
		if (pthread_create(&writers[i].thread, &attr, writer_main, &writers[i]))
			die("thread");
	if (s.pause_after)
		pause_here();
	for (i = 0; i < n; i++)
		pthread_join(writers[i].thread, NULL);
	for (i = 0; i < n; i += s.threads)
		close(writers[i].fd);
	log_all(writers, n, &s);
	return 0;
}
