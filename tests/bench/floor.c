// SPDX-License-Identifier: GPL-2.0-only
/*
 * floor [-t SECONDS] [-r ROUNDS] [-m RING_BYTES]: attaches each program of floor.bpf.c alone for SECONDS/ROUNDS,
 * round after round, while somebody else makes packets, and prints one JSON object: median ns per run as the
 * kernel accounts it (bpf_enable_stats(2): accounting lasts only while the descriptor is open, so no sysctl is
 * left changed).
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "floor.h"
#include "floor.skel.h"

#define ROUNDS_MAX 32
#define PROGS_MAX  16
#define CPUS_MAX   64

struct sample {
	double ns[ROUNDS_MAX];
	unsigned long long runs;
};

static volatile sig_atomic_t stop;
static atomic_ullong records;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int on_record(void *arg, void *data, size_t size)
{
	(void)arg;
	(void)data;
	(void)size;
	atomic_fetch_add(&records, 1);
	return 0;
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* A reader that polls: nobody wakes it, so the programs pay for the record alone. */
static void *drain(void *arg)
{
	struct ring_buffer *rb = arg;

	while (!stop) {
		ring_buffer__consume(rb);
		sleep_ms(1);
	}
	return NULL;
}

static int add_cpu_rings(struct floor_bpf *skel, struct ring_buffer *rb, unsigned int bytes)
{
	int cpus = libbpf_num_possible_cpus();

	for (int cpu = 0; cpu < cpus && cpu < CPUS_MAX; cpu++) {
		int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "cpu_ring", 0, 0, bytes, NULL);

		if (fd < 0 ||
		    bpf_map_update_elem(bpf_map__fd(skel->maps.cpu_rings), &cpu, &fd, BPF_ANY) ||
		    ring_buffer__add(rb, fd, on_record, NULL))
			return -errno;
	}
	return 0;
}

static int read_stats(int fd, unsigned long long *ret_ns, unsigned long long *ret_runs)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int rc = bpf_obj_get_info_by_fd(fd, &info, &len);

	if (rc)
		return rc;
	*ret_ns = info.run_time_ns;
	*ret_runs = info.run_cnt;
	return 0;
}

static int measure(struct bpf_program *p, long ms, double *ret_ns, unsigned long long *ret_runs)
{
	unsigned long long ns0, runs0, ns1, runs1;
	struct bpf_link *link;
	int fd = bpf_program__fd(p);

	if (read_stats(fd, &ns0, &runs0))
		return -EIO;
	link = bpf_program__attach(p);
	if (!link)
		return -errno;
	sleep_ms(ms);
	bpf_link__destroy(link);
	if (read_stats(fd, &ns1, &runs1))
		return -EIO;
	*ret_runs = runs1 - runs0;
	if (runs1 == runs0)
		return -ENODATA;
	*ret_ns = (double)(ns1 - ns0) / (double)(runs1 - runs0);
	return 0;
}

static int compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_result(struct floor_bpf *skel, struct sample *s, int rounds)
{
	struct bpf_program *p;
	int i = 0;

	printf("{\"records\":%llu,\"failed\":%llu,\"programs\":{", (unsigned long long)records,
	       (unsigned long long)skel->bss->failed);
	bpf_object__for_each_program(p, skel->obj)
	{
		qsort(s[i].ns, (size_t)rounds, sizeof(double), compare_double);
		printf("%s\"%s\":{\"ns\":%.1f,\"min_ns\":%.1f,\"max_ns\":%.1f,\"runs\":%llu}",
		       i ? "," : "", bpf_program__name(p) + strlen("floor_"), s[i].ns[rounds / 2],
		       s[i].ns[0], s[i].ns[rounds - 1], s[i].runs);
		i++;
	}
	printf("}}\n");
}

static int run_rounds(struct floor_bpf *skel, struct sample *s, double seconds, int rounds)
{
	struct bpf_program *p;
	int progs = 0, i;
	long ms;

	bpf_object__for_each_program(p, skel->obj) progs++;
	if (progs > PROGS_MAX)
		return -E2BIG;
	if (!progs)
		return -ENOENT;
	ms = (long)(seconds * 1000 / rounds / progs);
	for (int r = 0; r < rounds && !stop; r++) {
		i = 0;
		bpf_object__for_each_program(p, skel->obj)
		{
			unsigned long long runs = 0;
			int rc = measure(p, ms < 20 ? 20 : ms, &s[i].ns[r], &runs);

			if (rc)
				return rc;
			s[i++].runs += runs;
		}
	}
	return stop ? -EINTR : 0;
}

static int bench(double seconds, int rounds, unsigned int ring_bytes)
{
	static struct sample samples[PROGS_MAX];
	struct floor_bpf *skel = floor_bpf__open();
	struct ring_buffer *rb = NULL;
	pthread_t reader;
	int stats = -1, rc;

	if (!skel)
		return -errno;
	bpf_map__set_max_entries(skel->maps.ring, ring_bytes);
	rc = floor_bpf__load(skel);
	if (rc)
		goto out;
	rb = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, NULL, NULL);
	rc = rb ? add_cpu_rings(skel, rb, ring_bytes) : -errno;
	if (rc)
		goto out;
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	rc = stats < 0 ? -errno : -pthread_create(&reader, NULL, drain, rb);
	if (rc)
		goto out;
	rc = run_rounds(skel, samples, seconds, rounds);
	stop = 1;
	pthread_join(reader, NULL);
	ring_buffer__consume(rb);
	if (!rc)
		print_result(skel, samples, rounds);
out:
	if (stats >= 0)
		close(stats);
	ring_buffer__free(rb);
	floor_bpf__destroy(skel);
	return rc;
}

int main(int argc, char **argv)
{
	unsigned int ring_bytes = 1 << 24;
	double seconds = 3;
	int rounds = 5, opt, rc;

	while ((opt = getopt(argc, argv, "t:r:m:")) != -1) {
		if (opt == 't')
			seconds = atof(optarg);
		else if (opt == 'r')
			rounds = atoi(optarg);
		else if (opt == 'm')
			ring_bytes = (unsigned int)strtoul(optarg, NULL, 0);
		else
			return 2;
	}
	if (seconds <= 0 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "floor: -t SECONDS > 0, -r ROUNDS 1..%d\n", ROUNDS_MAX);
		return 2;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rc = bench(seconds, rounds, ring_bytes);
	if (rc)
		fprintf(stderr, "floor: %s\n", rc == -ENODATA ? "no packet was sent" : strerror(-rc));
	return rc ? 1 : 0;
}
