// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end of writers.c: accepts connections, one thread each, reads to the end with calls and sizes at random,
 * some of which only peek, and notes each read down.
 *
 * The log: "r PORT TID LENGTH RETURNED AFTER_NS CALL PEEK" a read in order, PORT that of the other side;
 * "run PORT VALUE BYTES" bytes in a row of one value (with -R).
 */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/program.h"

#define STACK_BYTES (128 << 10)
#define BACKLOG	    4096

struct settings {
	int conns, peek_every, rcvbuf;
	uint32_t max;
	bool runs;
	const char *log;
};

struct note {
	uint32_t len;
	int64_t ret;
	uint64_t ns;
	const char *call;
	bool peek;
};

struct run {
	uint8_t value;
	uint64_t bytes;
};

struct reader {
	pthread_t thread;
	const struct settings *s;
	int fd;
	uint16_t port;
	pid_t tid;
	unsigned int seed;
	uint8_t *buf;
	struct note *notes;
	struct run *runs;
	size_t count, cap, run_count, run_cap;
};

/* One more element: doubles when full. */
static void *grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 256;
	array = realloc(array, *cap * size);
	if (!array)
		die("memory");
	return array;
}

static ssize_t receive(struct reader *r, uint32_t len, struct note *n)
{
	struct iovec iov[2] = {
		{ .iov_base = r->buf, .iov_len = len / 2 },
		{ .iov_base = r->buf + len / 2, .iov_len = len - len / 2 },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	n->peek = r->s->peek_every && rand_r(&r->seed) % r->s->peek_every == 0;
	n->call = "recvfrom";
	if (n->peek)
		return recv(r->fd, r->buf, len, MSG_PEEK);
	switch (rand_r(&r->seed) % 5) {
	case 0:
		n->call = "read";
		return read(r->fd, r->buf, len);
	case 1:
		n->call = "readv";
		return readv(r->fd, iov, 2);
	case 2:
		n->call = "recvmsg";
		return recvmsg(r->fd, &m, 0);
	case 3:
		return recv(r->fd, r->buf, len, MSG_WAITALL);
	default:
		return recv(r->fd, r->buf, len, 0);
	}
}

static void note_runs(struct reader *r, ssize_t len)
{
	ssize_t i;

	for (i = 0; i < len; i++) {
		if (!r->run_count || r->runs[r->run_count - 1].value != r->buf[i]) {
			r->runs = grow(r->runs, r->run_count, &r->run_cap, sizeof(*r->runs));
			r->runs[r->run_count++] = (struct run){ .value = r->buf[i] };
		}
		r->runs[r->run_count - 1].bytes++;
	}
}

static void *reader_main(void *ctx)
{
	struct reader *r = ctx;
	ssize_t got;

	r->tid = syscall(SYS_gettid);
	do {
		struct note n = { .len = 1 + rand_r(&r->seed) % r->s->max };

		got = receive(r, n.len, &n);
		n.ns = now_ns();
		n.ret = got;
		if (got < 0)
			die(n.call);
		if (r->s->runs && !n.peek)
			note_runs(r, got);
		r->notes = grow(r->notes, r->count, &r->cap, sizeof(*r->notes));
		r->notes[r->count++] = n;
	} while (got);
	close(r->fd);
	return NULL;
}

static int listen_on(const struct settings *s, int port)
{
	struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (s->rcvbuf)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &s->rcvbuf, sizeof(s->rcvbuf));
	if (bind(fd, (struct sockaddr *)&any, sizeof(any)) || listen(fd, BACKLOG))
		die("listen");
	printf("listening\n");
	fflush(stdout);
	return fd;
}

static void reader_start(struct reader *r, const struct settings *s, int listener, int number)
{
	struct sockaddr_in6 peer;
	socklen_t len = sizeof(peer);
	pthread_attr_t attr;

	r->s = s;
	r->seed = number;
	r->buf = malloc(s->max);
	r->fd = accept(listener, (struct sockaddr *)&peer, &len);
	if (r->fd < 0 || !r->buf)
		die("accept");
	r->port = ntohs(peer.sin6_port);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (pthread_create(&r->thread, &attr, reader_main, r))
		die("thread");
	pthread_attr_destroy(&attr);
}

static void log_all(const struct reader *readers, const struct settings *s)
{
	FILE *f = fopen(s->log, "w");
	size_t j;
	int i;

	if (!f)
		die(s->log);
	for (i = 0; i < s->conns; i++) {
		const struct reader *r = &readers[i];

		for (j = 0; j < r->count; j++)
			fprintf(f, "r %u %d %u %lld %llu %s %d\n", r->port, r->tid, r->notes[j].len,
				(long long)r->notes[j].ret, (unsigned long long)r->notes[j].ns,
				r->notes[j].call, r->notes[j].peek);
		for (j = 0; j < r->run_count; j++)
			fprintf(f, "run %u %u %llu\n", r->port, r->runs[j].value,
				(unsigned long long)r->runs[j].bytes);
	}
	if (fclose(f))
		die(s->log);
}

int main(int argc, char **argv)
{
	struct settings s = { .conns = 1, .max = 64 << 10 };
	struct reader *readers;
	int c, i, listener;

	while ((c = getopt(argc, argv, "c:p:b:M:Rl:")) != -1)
		switch (c) {
		case 'c':
			s.conns = atoi(optarg);
			break;
		case 'p':
			s.peek_every = atoi(optarg);
			break;
		case 'b':
			s.rcvbuf = atoi(optarg);
			break;
		case 'M':
			s.max = atoi(optarg);
			break;
		case 'R':
			s.runs = true;
			break;
		case 'l':
			s.log = optarg;
			break;
		default:
			optind = argc;
		}
	if (argc - optind != 1 || !s.log || s.conns < 1 || !s.max) {
		fprintf(stderr,
			"usage: readers [-c CONNECTIONS] [-p PEEK-EVERY] [-b RCVBUF] [-M MAX] [-R] -l LOG PORT\n");
		return 2;
	}
	readers = calloc(s.conns, sizeof(*readers));
	if (!readers)
		die("memory");
	listener = listen_on(&s, atoi(argv[optind]));
	for (i = 0; i < s.conns; i++)
		reader_start(&readers[i], &s, listener, i);
	for (i = 0; i < s.conns; i++)
		pthread_join(readers[i].thread, NULL);
	log_all(readers, &s);
	return 0;
}
