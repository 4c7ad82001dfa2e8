// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cables of a lab of machines (`crumb lab up --vm --relay`), and their witness: each frame is stamped with this machine's
 * CLOCK_MONOTONIC where it comes and where it goes, on a clock that none of the guests has. On request some are lost or overtaken.
 *
 * usage: relay [-s SEED] LOG DIRECTORY END=PEER...    DIRECTORY/END.relay is read, DIRECTORY/PEER gets what it says
 *
 * "ready" on standard output when all ends are bound. Lines "LOSS OVERTAKEN" on standard input, as fractions of 1, hold from then on,
 * acknowledged by the same line; "hold END": that end's frames are not taken any more, as by a switch that sends pause frames, until a line
 * "go". It ends with its standard input, the log complete.
 *
 * The log: "END IN_NS OUT_NS FATE BYTES HEX" a frame, FATE passed, overtaken, lost (OUT_NS 0), HEX its first bytes. IN_NS is read after the
 * frame came, OUT_NS before it goes: it was sent before the one and arrives after the other.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

#define ENDS_MAX    16
#define FRAME_BYTES (66 << 10)
#define LOGGED_BYTES \
	94 /* Ethernet, IPv4 and TCP, both with all options that occur; or IPv6 and TCP */
#define HELD_FRAMES \
	3 /* as many overtake one: the third makes TCP send it again, if it knows nothing better */
#define HELD_MS 20
#define ONE	(1u << 24)

struct frame {
	uint64_t in_ns;
	size_t n;
	uint8_t bytes[FRAME_BYTES];
};

struct end {
	pthread_t thread;
	char name[64];
	struct sockaddr_un here, there;
	int fd;
	unsigned int seed;
	struct frame now, held;
	int overtaken_by; /* of the one that is held, if there is one */
	uint64_t until_ns;
	volatile bool paused;
};

static FILE *log_file;
static volatile uint32_t loss, overtaking; /* of ONE */

static bool happens(struct end *e, uint32_t share)
{
	return (uint32_t)rand_r(&e->seed) % ONE < share;
}

static void note(const struct end *e, const struct frame *f, uint64_t out_ns, const char *fate)
{
	char hex[2 * LOGGED_BYTES + 1] = "";

	for (size_t i = 0; i < f->n && i < LOGGED_BYTES; i++)
		snprintf(hex + 2 * i, 3, "%02x", f->bytes[i]);
	fprintf(log_file, "%s %llu %llu %s %zu %s\n", e->name, (unsigned long long)f->in_ns,
		(unsigned long long)out_ns, fate, f->n, hex);
}

/* Waits while the guest's queue is full, as a cable whose other end sends a pause frame. */
static void pass(struct end *e, const struct frame *f, const char *fate)
{
	uint64_t out_ns = now_ns();

	if (sendto(e->fd, f->bytes, f->n, 0, (struct sockaddr *)&e->there, sizeof(e->there)) < 0)
		note(e, f, 0, "lost");
	else
		note(e, f, out_ns, fate);
}

static void release(struct end *e)
{
	pass(e, &e->held, "overtaken");
	e->held.n = 0;
}

static void take(struct end *e)
{
	if (happens(e, loss)) {
		note(e, &e->now, 0, "lost");
	} else if (!e->held.n && happens(e, overtaking)) {
		memcpy(&e->held, &e->now, sizeof(e->held));
		e->overtaken_by = 0;
		e->until_ns = e->now.in_ns + HELD_MS * 1000000ull;
	} else {
		pass(e, &e->now, "passed");
		if (e->held.n && ++e->overtaken_by == HELD_FRAMES)
			release(e);
	}
}

static int wait_ms(const struct end *e)
{
	int64_t ms = (int64_t)(e->until_ns - now_ns()) / 1000000 + 1;

	if (!e->held.n)
		return -1;
	return ms > 0 ? ms : 0;
}

static void *end_main(void *ctx)
{
	struct end *e = ctx;
	struct pollfd p = { .fd = e->fd, .events = POLLIN };
	ssize_t n;

	for (;;) {
		if (e->paused) {
			usleep(1000);
			continue;
		}
		if (poll(&p, 1, wait_ms(e)) == 0)
			release(e);
		n = recv(e->fd, e->now.bytes, sizeof(e->now.bytes), MSG_DONTWAIT);
		if (n <= 0)
			continue;
		e->now.in_ns = now_ns();
		e->now.n = n;
		take(e);
	}
	return NULL;
}

static void end_open(struct end *e, const char *directory, char *words, unsigned int seed)
{
	char *peer = strchr(words, '=');

	if (!peer)
		die(words);
	*peer++ = '\0';
	snprintf(e->name, sizeof(e->name), "%s", words);
	e->seed = seed;
	e->here.sun_family = e->there.sun_family = AF_UNIX;
	snprintf(e->here.sun_path, sizeof(e->here.sun_path), "%s/%s.relay", directory, words);
	snprintf(e->there.sun_path, sizeof(e->there.sun_path), "%s/%s", directory, peer);
	e->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unlink(e->here.sun_path);
	if (e->fd < 0 || bind(e->fd, (struct sockaddr *)&e->here, sizeof(e->here)))
		die(e->here.sun_path);
}

/* A line of standard input; false: nothing that is known. */
static bool obey(const char *line, struct end *ends, int n)
{
	double lost, overtaken;
	char name[64];

	if (sscanf(line, "hold %63s", name) == 1) {
		for (int i = 0; i < n; i++)
			ends[i].paused |= !strcmp(ends[i].name, name);
		return true;
	}
	if (!strcmp(line, "go\n")) {
		for (int i = 0; i < n; i++)
			ends[i].paused = false;
		return true;
	}
	if (sscanf(line, "%lf %lf", &lost, &overtaken) != 2)
		return false;
	loss = lost * ONE;
	overtaking = overtaken * ONE;
	return true;
}

int main(int argc, char **argv)
{
	static struct end ends[ENDS_MAX];
	unsigned int seed = 1;
	char line[128];
	int c, n;

	while ((c = getopt(argc, argv, "s:")) == 's')
		seed = atoi(optarg);
	n = argc - optind - 2;
	if (c != -1 || n < 1 || n > ENDS_MAX) {
		fprintf(stderr, "usage: relay [-s SEED] LOG DIRECTORY END=PEER...\n");
		return 2;
	}
	log_file = fopen(argv[optind], "w");
	if (!log_file)
		die(argv[optind]);
	for (int i = 0; i < n; i++)
		end_open(&ends[i], argv[optind + 1], argv[optind + 2 + i], seed * ENDS_MAX + i);
	for (int i = 0; i < n; i++)
		if (pthread_create(&ends[i].thread, NULL, end_main, &ends[i]))
			die("thread");
	setlinebuf(stdout);
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin))
		if (obey(line, ends, n))
			printf("%s", line);
	/* Whoever writes has the lock: the log ends with a whole line. */
	flockfile(log_file);
	if (fflush(log_file))
		die(argv[optind]);
	_exit(0);
}
