// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workload of the benchmark: messages of fixed size over TCP with TCP_NODELAY.
 *   pingpong server [-p PORT] [-k] [-c CPU]                    echo every byte; -k: read and keep silent
 *   pingpong client HOST [-p PORT] [-s BYTES] [-n CONNECTIONS] [-c CPU] [-i INTERVAL_US] [-k]
 * The client connects, then reads lines from standard input, each a number of seconds: it works so long and
 * prints one JSON line. The connections stay open between lines (so a tracer that starts later finds them
 * old), and end with the input. Several connections take turns. -k: write only, do not wait for the echo.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BYTES_MAX	(1 << 16)
#define CONNECTIONS_MAX 1024
#define SAMPLES_MAX	(1 << 24) /* later round trips count but have no place in the percentiles */

struct options {
	const char *host;
	int port, connections, cpu;
	size_t bytes;
	long interval_us;
	bool one_way;
};

static uint32_t samples[SAMPLES_MAX]; /* ns */
static char buffer[BYTES_MAX];

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "pingpong: %s: %s\n", what, strerror(errno));
	return 1;
}

static int pin(int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return 0;
	CPU_ZERO(&set);
	CPU_SET((unsigned int)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

static int send_all(int fd, const char *p, size_t bytes)
{
	while (bytes) {
		ssize_t n = write(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int recv_all(int fd, char *p, size_t bytes)
{
	while (bytes) {
		ssize_t n = read(fd, p, bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		bytes -= (size_t)n;
	}
	return 0;
}

static int set_nodelay(int fd)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

/* One process a connection, so that each side of a round trip is one read and one write and nothing else. */
static int serve_one(int fd, bool one_way)
{
	ssize_t n;

	set_nodelay(fd);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		if (!one_way && send_all(fd, buffer, (size_t)n))
			return 1;
	return n < 0;
}

static int serve(const struct options *o)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)o->port) };
	int listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (listener < 0)
		return fail("socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &(int){ 0 }, sizeof(int));
	if (bind(listener, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener, 128))
		return fail("listen");
	signal(SIGCHLD, SIG_IGN);
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		pid_t parent = getpid();

		if (fd < 0)
			return fail("accept");
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			if (getppid() != parent)
				_exit(1);
			close(listener);
			_exit(serve_one(fd, o->one_way));
		}
		close(fd);
	}
}

static int connect_one(const struct options *o)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list, *a;
	char port[16];
	int fd = -1, rc;

	snprintf(port, sizeof(port), "%d", o->port);
	rc = getaddrinfo(o->host, port, &hints, &list);
	if (rc) {
		fprintf(stderr, "pingpong: %s: %s\n", o->host, gai_strerror(rc));
		return -1;
	}
	for (a = list; a; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && !connect(fd, a->ai_addr, a->ai_addrlen) && !set_nodelay(fd))
			break;
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	return fd;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_result(uint64_t count, uint64_t elapsed_ns)
{
	size_t n = count < SAMPLES_MAX ? (size_t)count : SAMPLES_MAX;

	qsort(samples, n, sizeof(samples[0]), compare_u32);
	printf("{\"count\":%llu,\"seconds\":%.6f,\"rate\":%.1f,\"mean_ns\":%.1f,\"p50_ns\":%u,\"p99_ns\":%u}\n",
	       (unsigned long long)count, (double)elapsed_ns / 1e9,
	       (double)count * 1e9 / (double)elapsed_ns, (double)elapsed_ns / (double)count,
	       samples[n / 2], samples[n * 99 / 100]);
	fflush(stdout);
}

static void sleep_until(uint64_t ns)
{
	struct timespec t = { .tv_sec = (time_t)(ns / 1000000000u),
			      .tv_nsec = (long)(ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static int work(const struct options *o, const int *fds, double seconds)
{
	uint64_t start = now_ns(), end = start + (uint64_t)(seconds * 1e9), t = start, before,
		 count = 0;
	int rc;

	do {
		int fd = fds[count % (uint64_t)o->connections];

		before = t;
		if (o->interval_us) {
			sleep_until(start + count * (uint64_t)o->interval_us * 1000);
			before = now_ns();
		}
		rc = send_all(fd, "muffin: sixty-four bytes of it, so that the rest is left alone...",
			      o->bytes);
		if (!rc && !o->one_way)
			rc = recv_all(fd, buffer, o->bytes);
		if (rc) {
			fprintf(stderr, "pingpong: connection: %s\n", strerror(-rc));
			return rc;
		}
		t = now_ns();
		if (count < SAMPLES_MAX)
			samples[count] = (uint32_t)(t - before);
		count++;
	} while (t < end);
	print_result(count, t - start);
	return 0;
}

static int run_client(const struct options *o)
{
	int fds[CONNECTIONS_MAX];
	char line[64];

	for (int i = 0; i < o->connections; i++) {
		fds[i] = connect_one(o);
		if (fds[i] < 0)
			return fail("connect");
	}
	memset(samples, 0, sizeof(samples)); /* page faults now, not in the measure */
	printf("connected\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin))
		if (work(o, fds, atof(line)))
			return 1;
	for (int i = 0; i < o->connections; i++)
		close(fds[i]);
	return 0;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: pingpong server [-p PORT] [-c CPU] [-k]\n"
		"       pingpong client HOST [-p PORT] [-s BYTES] [-n CONNECTIONS] [-c CPU] [-i INTERVAL_US] [-k]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = { .port = 4747, .bytes = 64, .connections = 1, .cpu = -1 };
	bool client = argc > 1 && !strcmp(argv[1], "client");
	int opt;

	if (argc < 2 + client || (!client && strcmp(argv[1], "server")))
		return usage();
	o.host = client ? argv[2] : NULL;
	optind = 2 + client;
	while ((opt = getopt(argc, argv, "p:s:n:c:i:k")) != -1) {
		switch (opt) {
		case 'p':
			o.port = atoi(optarg);
			break;
		case 's':
			o.bytes = (size_t)atoi(optarg);
			break;
		case 'n':
			o.connections = atoi(optarg);
			break;
		case 'c':
			o.cpu = atoi(optarg);
			break;
		case 'i':
			o.interval_us = atol(optarg);
			break;
		case 'k':
			o.one_way = true;
			break;
		default:
			return usage();
		}
	}
	if (o.bytes < 1 || o.bytes > 64 || o.connections < 1 || o.connections > CONNECTIONS_MAX)
		return usage();
	signal(SIGPIPE, SIG_IGN);
	if (pin(o.cpu))
		return fail("pin");
	return client ? run_client(&o) : serve(&o);
}
