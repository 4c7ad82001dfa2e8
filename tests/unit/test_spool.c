// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spool: what one thread appends the other reads, once and in order, marks in their place, through
 * memory and files; a full disk loses only what was refused; what it takes follows the lag, not the
 * amount that went through; the appending thread does not wait for a reader that gets no CPU.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "spool.h"

struct random {
	uint64_t x;
};

static uint64_t rnd(struct random *r)
{
	r->x ^= r->x << 13;
	r->x ^= r->x >> 7;
	r->x ^= r->x << 17;
	return r->x;
}

/* Byte @at of everything that was ever appended, so that a reader can tell any loss or shift. */
static uint8_t byte_at(uint64_t at)
{
	return (at * 0x9e3779b97f4a7c15u) >> 56;
}

static void pattern(uint8_t *to, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		to[i] = byte_at(at + i);
}

static void assert_pattern(const uint8_t *bytes, size_t n, uint64_t at)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != byte_at(at + i))
			fail_msg("byte %llu is wrong", (unsigned long long)(at + i));
}

static struct spool *new_spool(void)
{
	struct error e = { "" };
	struct spool *s = NULL;

	assert_int_equal(spool_new(&s, &e), 0);
	return s;
}

static uint64_t file_bytes(struct spool *s)
{
	return spool_disk_bytes(s) + spool_memory_bytes(s) - SPOOL_POOL_BYTES;
}

/* The kernel's word for it: what this process's files without a name take. */
static uint64_t nameless_bytes(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t bytes = 0;
	struct dirent *d;
	struct stat st;

	assert_non_null(dir);
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.' && !fstatat(dirfd(dir), d->d_name, &st, 0) &&
		    S_ISREG(st.st_mode) && !st.st_nlink)
			bytes += (uint64_t)st.st_blocks * 512;
	closedir(dir);
	return bytes;
}

/* ThreadSanitizer's own memory grows with what is touched. */
#ifdef __SANITIZE_THREAD__
#define ANONYMOUS_SPARE_KIB (1u << 20)
#else
#define ANONYMOUS_SPARE_KIB 4096
#endif

static uint64_t proc_kib(const char *path, const char *name)
{
	FILE *f = fopen(path, "re");
	unsigned long long kib = 0;
	char line[256];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			sscanf(line + strlen(name), ": %llu", &kib);
	fclose(f);
	return kib;
}

static void test_order_and_marks(void **state)
{
	struct spool *s = new_spool();
	struct spool_chunk c;

	(void)state;
	assert_int_equal(spool_read_chunk(s, 0, &c), -EAGAIN);
	assert_int_equal(spool_append(s, 3, "abc", 3, "defgh", 5), 0);
	assert_int_equal(spool_append(s, 4, "", 0, NULL, 0), 0); /* nothing: no chunk */
	spool_mark(s, 100);
	assert_int_equal(spool_append(s, 5, "x", 1, NULL, 0), 0);
	spool_mark(s, 200);
	spool_mark(s, 300);
	assert_true(spool_lag_bytes(s) >= 9);

	assert_int_equal(spool_read_chunk(s, 0, &c), 0);
	assert_int_equal(c.kind, SPOOL_BYTES);
	assert_int_equal(c.cpu, 3);
	assert_int_equal(c.n, 8);
	assert_memory_equal(c.bytes, "abcdefgh", 8);
	assert_int_equal(spool_read_chunk(s, 0, &c), 0);
	assert_int_equal(c.kind, SPOOL_MARK);
	assert_int_equal(c.mark_ns, 100);
	assert_int_equal(spool_read_chunk(s, 0, &c), 0);
	assert_int_equal(c.n, 1);
	assert_int_equal(spool_read_chunk(s, -1, &c), 0);
	assert_int_equal(c.kind, SPOOL_MARK);
	assert_int_equal(c.mark_ns, 300); /* says more than 200 did */
	assert_int_equal(spool_lag_bytes(s), 0);
	assert_int_equal(spool_read_chunk(s, 1, &c), -EAGAIN);
	spool_close_write(s);
	assert_int_equal(spool_read_chunk(s, -1, &c), -ENODATA);
	assert_int_equal(spool_read_chunk(s, -1, &c), -ENODATA);
	spool_free(s);
}

/*
 * Up to SPOOL_CHUNK_MAX a chunk stays whole wherever it lies; a larger one comes in pieces. With
 * @fill in the pool it lies in a file.
 */
static void large_chunks(unsigned int fill)
{
	static uint8_t bytes[3 * SPOOL_CHUNK_MAX];
	static const size_t sizes[] = { SPOOL_CHUNK_MAX,     1,
					SPOOL_CHUNK_MAX - 1, 300000,
					SPOOL_CHUNK_MAX,     SPOOL_CHUNK_MAX + 1,
					3 * SPOOL_CHUNK_MAX, 7 };
	struct spool *s = new_spool();
	struct spool_chunk c;
	size_t n;

	pattern(bytes, sizeof(bytes), 0);
	for (unsigned int i = 0; i < fill; i++)
		assert_int_equal(spool_append(s, 9, bytes, SPOOL_CHUNK_MAX, NULL, 0), 0);
	assert_int_equal(file_bytes(s), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(spool_append(s, i, bytes, sizes[i] / 3, bytes + sizes[i] / 3,
					      sizes[i] - sizes[i] / 3),
				 0);
	spool_close_write(s);
	assert_int_equal(file_bytes(s) > 0, fill > 0);
	for (unsigned int i = 0; i < fill; i++) {
		assert_int_equal(spool_read_chunk(s, -1, &c), 0);
		assert_int_equal(c.cpu, 9);
		assert_int_equal(c.n, SPOOL_CHUNK_MAX);
		assert_pattern(c.bytes, c.n, 0);
	}
	for (size_t i = 0; i < 8; i++) {
		for (n = 0; n < sizes[i]; n += c.n) {
			assert_int_equal(spool_read_chunk(s, -1, &c), 0);
			assert_int_equal(c.cpu, i);
			assert_true(c.n && c.n <= SPOOL_CHUNK_MAX && (uintptr_t)c.bytes % 8 == 0);
			assert_pattern(c.bytes, c.n, n);
			if (sizes[i] <= SPOOL_CHUNK_MAX)
				assert_int_equal(c.n, sizes[i]);
		}
		assert_int_equal(n, sizes[i]);
	}
	assert_int_equal(spool_read_chunk(s, 0, &c), -ENODATA);
	spool_free(s);
}

static void test_large_chunks(void **state)
{
	(void)state;
	large_chunks(0);
}

static void test_large_chunks_in_files(void **state)
{
	(void)state;
	large_chunks(SPOOL_POOL_SEGMENTS);
}

/* ------------------------------------------------------------------ two threads */

struct plan {
	struct spool *s;
	uint64_t bytes; /* to send */
	size_t largest;
	bool marks; /* a mark after each append: bytes sent until then */
};

static void *produce(void *arg)
{
	static uint8_t buf[2 * SPOOL_CHUNK_MAX];
	struct plan *p = arg;
	struct random r = { 77 };
	uint64_t sent = 0;
	size_t n, split;

	while (sent < p->bytes) {
		n = 1 + rnd(&r) % p->largest;
		if (n > p->bytes - sent)
			n = p->bytes - sent;
		split = rnd(&r) % (n + 1);
		pattern(buf, n, sent);
		assert_int_equal(spool_append(p->s, 1, buf, split, buf + split, n - split), 0);
		sent += n;
		if (p->marks)
			spool_mark(p->s, sent);
		if (rnd(&r) % 512 == 0) /* let the reader catch up and wait */
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	spool_close_write(p->s);
	return NULL;
}

static void consume(struct plan *p, bool lazy)
{
	uint64_t got = 0, marked = 0, most = 0;
	struct random r = { 99 };
	struct spool_chunk c;
	int err;

	while (lazy && !file_bytes(p->s))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	while ((err = spool_read_chunk(p->s, rnd(&r) % 4 ? -1 : (int)(rnd(&r) % 2), &c)) != -ENODATA) {
		if (err == -EAGAIN)
			continue;
		assert_int_equal(err, 0);
		if (c.kind == SPOOL_MARK) {
			assert_true(c.mark_ns > marked && c.mark_ns <= got);
			marked = c.mark_ns;
			continue;
		}
		assert_pattern(c.bytes, c.n, got);
		got += c.n;
		if (lazy && rnd(&r) % 64 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		if (spool_lag_bytes(p->s) > most)
			most = spool_lag_bytes(p->s);
	}
	assert_int_equal(got, p->bytes);
	assert_int_equal(spool_lag_bytes(p->s), 0);
	if (p->marks)
		assert_int_equal(marked, p->bytes);
	if (lazy)
		assert_true(most > SPOOL_POOL_BYTES / 2);
}

static void two_threads(uint64_t bytes, size_t largest, bool lazy)
{
	struct plan p = { .s = new_spool(), .bytes = bytes, .largest = largest, .marks = true };
	pthread_t t;

	assert_int_equal(pthread_create(&t, NULL, produce, &p), 0);
	consume(&p, lazy);
	pthread_join(t, NULL);
	spool_free(p.s);
}

static void test_threads_tiny_chunks(void **state)
{
	(void)state;
	two_threads(2 << 20, 40, false);
}

static void test_threads_large_chunks(void **state)
{
	(void)state;
	two_threads(48 << 20, 2 * SPOOL_CHUNK_MAX, false);
}

static void test_threads_lagging_reader(void **state)
{
	(void)state;
	two_threads(128 << 20, 100000, true);
}

/* ------------------------------------------------------------------ space */

#define BEHIND 48

static void test_space_follows_lag(void **state)
{
	static uint8_t bytes[1 << 20];
	const uint64_t nameless = nameless_bytes();
	uint64_t at = 0, most = 0, anonymous;
	struct spool *s = new_spool();
	struct spool_chunk c;

	(void)state;
	anonymous = proc_kib("/proc/self/status", "RssAnon");
	/* The reader stays 48 MiB behind while 512 MiB pass. */
	for (int i = 0; i < 512; i++) {
		memset(bytes, i, sizeof(bytes));
		assert_int_equal(spool_append(s, 0, bytes, sizeof(bytes), NULL, 0), 0);
		if (i < BEHIND)
			continue;
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
		assert_int_equal(c.n, sizeof(bytes));
		assert_int_equal(((const uint8_t *)c.bytes)[at % sizeof(bytes)], (i - BEHIND) % 256);
		at++;
		if (file_bytes(s) > most)
			most = file_bytes(s);
		if (i % 32 == 0)
			assert_in_range(nameless_bytes() - nameless, file_bytes(s),
					file_bytes(s) + (1 << 20));
	}
	assert_in_range(most, (BEHIND - 16) << 20, (BEHIND + 16) << 20);
	/* Its own buffer for what is in files; the pool was there before. */
	assert_true(proc_kib("/proc/self/status", "RssAnon") < anonymous + ANONYMOUS_SPARE_KIB);
	/* Caught up: all given back, and who keeps up needs no file. */
	for (int i = 0; i < BEHIND; i++)
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
	assert_int_equal(spool_read_chunk(s, 0, &c), -EAGAIN);
	assert_int_equal(file_bytes(s), 0);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(spool_append(s, 0, bytes, 100000, NULL, 0), 0);
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
		assert_int_equal(c.n, 100000);
		assert_int_equal(file_bytes(s), 0);
	}
	assert_int_equal(nameless_bytes(), nameless);
	assert_true(proc_kib("/proc/self/status", "RssAnon") < anonymous + ANONYMOUS_SPARE_KIB);
	spool_free(s);
}

/* A pool that is in memory as soon as it is there: the kernel's count of it. */
static void test_pool_is_resident(void **state)
{
	uint64_t before = proc_kib("/proc/self/status", "RssAnon"), after;
	struct spool *s = new_spool();

	(void)state;
	after = proc_kib("/proc/self/status", "RssAnon");
	assert_in_range((after - before) << 10, SPOOL_POOL_BYTES - (1 << 20),
			SPOOL_POOL_BYTES + (1 << 20));
	spool_free(s);
}

/*
 * Three times: appends until it is full, which is @why and takes nothing of what is refused; then
 * reads all that was taken, and the mark that found no place. Returns the bytes that went through.
 */
static uint64_t fill_and_empty(int why)
{
	static uint8_t bytes[3 * SPOOL_CHUNK_MAX];
	struct spool *s = new_spool();
	struct spool_chunk c;
	uint64_t at = 0, read = 0, lag;
	const size_t n = 30000;
	int r = 0;

	for (int round = 0; round < 3; round++) {
		do {
			pattern(bytes, n, at);
			spool_mark(s, at);
			r = spool_append(s, 0, bytes, 10001, bytes + 10001, n - 10001);
			at += r ? 0 : n;
		} while (!r);
		assert_int_equal(r, why);
		lag = spool_lag_bytes(s);
		assert_int_equal(spool_append(s, 0, bytes, n, NULL, 0), why);
		assert_int_equal(spool_append(s, 0, bytes, sizeof(bytes), NULL, 0), why);
		assert_int_equal(spool_lag_bytes(s), lag);
		for (uint64_t mark = 0; mark < at;) {
			assert_int_equal(spool_read_chunk(s, 0, &c), 0);
			if (c.kind == SPOOL_MARK) {
				mark = c.mark_ns;
				assert_true(mark <= read);
				continue;
			}
			assert_int_equal(c.n, n);
			assert_pattern(c.bytes, c.n, read);
			read += c.n;
		}
		assert_int_equal(read, at);
		assert_int_equal(spool_read_chunk(s, 0, &c), -EAGAIN);
		assert_int_equal(spool_lag_bytes(s), 0);
		assert_int_equal(file_bytes(s), 0);
	}
	spool_free(s);
	return at;
}

static void limit(int what, rlim_t most, struct rlimit *ret_old)
{
	struct rlimit low;

	getrlimit(what, ret_old);
	low = *ret_old;
	low.rlim_cur = most;
	assert_int_equal(setrlimit(what, &low), 0);
}

/* No append fits into a file: memory serves, in turns. */
static void test_files_too_small(void **state)
{
	struct rlimit old;
	uint64_t through;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 20000, &old);
	through = fill_and_empty(-EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_in_range(through, 3 * ((SPOOL_POOL_SEGMENTS - 1) << 20), 3 * SPOOL_POOL_BYTES);
}

/* A limit in the middle of an append, and few descriptors. */
static void test_files_small_and_few(void **state)
{
	struct rlimit size, files;
	uint64_t through;
	int next = dup(0);

	(void)state;
	close(next);
	signal(SIGXFSZ, SIG_IGN);
	limit(RLIMIT_FSIZE, 1000000, &size);
	limit(RLIMIT_NOFILE, next + 5, &files);
	through = fill_and_empty(-EMFILE);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_FSIZE, &size);
	/* Four files at least: looking at how much memory there is takes one as well. */
	assert_in_range(through, 3 * (((SPOOL_POOL_SEGMENTS - 1) << 20) + 4 * 900000ull),
			3 * (SPOOL_POOL_BYTES + 5 * 1000000ull));
}

/* Real file systems, full ones; a namespace of mounts of our own, for the rest of the process. */
static void test_disk_full(void **state)
{
	uint64_t through;

	(void)state;
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		print_message("no namespace of mounts (%s): test of a full disk skipped\n",
			      strerror(errno));
		skip();
	}
	assert_int_equal(mount("crumb", "/dev/shm", "tmpfs", 0, "size=36m"), 0);
	assert_int_equal(mount("crumb", "/var/tmp", "tmpfs", 0, "size=10m"), 0);
	assert_int_equal(mount("crumb", "/tmp", "tmpfs", 0, "size=3m"), 0);
	through = fill_and_empty(-ENOSPC);
	assert_int_equal(umount("/tmp"), 0);
	assert_int_equal(umount("/var/tmp"), 0);
	assert_int_equal(umount("/dev/shm"), 0);
	/* In /dev/shm one file, the quarter of what is free. */
	assert_in_range(through, 3 * (uint64_t)((SPOOL_POOL_SEGMENTS - 1 + 8 + 10 + 3 - 1) << 20),
			3 * (SPOOL_POOL_BYTES + (uint64_t)((8 + 10 + 3) << 20)));
}

static void test_nowhere_to_write(void **state)
{
	struct error e = { "" };
	struct rlimit old, none;
	struct spool *s = NULL;

	(void)state;
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(spool_new(&s, &e), -EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	assert_null(s);
	assert_non_null(strstr(e.text, "TMPDIR"));
	setenv("TMPDIR", "/does/not/exist", 1);
	s = new_spool();
	spool_free(s);
	unsetenv("TMPDIR");
}

/* ------------------------------------------------------------------ time */

#define HOGS_MAX 16

static atomic_bool hogs_stop;

static void *hog(void *arg)
{
	while (!atomic_load_explicit(&hogs_stop, memory_order_relaxed))
		;
	return arg;
}

struct pressed {
	struct spool *s;
	uint64_t bytes, longest_ns, total_ns;
	unsigned int appends;
	bool first; /* the producer's priority was granted */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + t.tv_nsec;
}

static void *produce_first(void *arg)
{
	const struct sched_param first = { .sched_priority = 1 };
	static uint8_t bytes[65536];
	struct pressed *p = arg;
	uint64_t start, took;

	p->first = !pthread_setschedparam(pthread_self(), SCHED_RR, &first);
	for (uint64_t sent = 0; sent < p->bytes; sent += sizeof(bytes)) {
		pattern(bytes, sizeof(bytes), sent);
		start = now_ns();
		if (spool_append(p->s, 0, bytes, sizeof(bytes), NULL, 0))
			break;
		spool_mark(p->s, start);
		took = now_ns() - start;
		p->total_ns += took;
		p->appends++;
		if (took > p->longest_ns)
			p->longest_ns = took;
		nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
	}
	spool_close_write(p->s);
	atomic_store(&hogs_stop, true);
	return NULL;
}

/* As the recorder and the analyst while every CPU is busy: 256 MiB at about 200 MB/s. */
static void test_reader_without_cpu(void **state)
{
	struct pressed p = { .s = new_spool(), .bytes = 256 << 20 };
	long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t got = 0, most = 0;
	pthread_t producer, hogs[HOGS_MAX];
	struct spool_chunk c;

	(void)state;
	n = n < HOGS_MAX ? n : HOGS_MAX;
	for (long i = 0; i < n; i++)
		assert_int_equal(pthread_create(&hogs[i], NULL, hog, NULL), 0);
	assert_int_equal(pthread_create(&producer, NULL, produce_first, &p), 0);
	setpriority(PRIO_PROCESS, syscall(SYS_gettid), 19);
	while (spool_read_chunk(p.s, -1, &c) != -ENODATA) {
		if (c.kind == SPOOL_MARK)
			continue;
		assert_pattern(c.bytes, c.n, got);
		got += c.n;
		if (spool_lag_bytes(p.s) > most)
			most = spool_lag_bytes(p.s);
	}
	setpriority(PRIO_PROCESS, syscall(SYS_gettid), 0);
	pthread_join(producer, NULL);
	for (long i = 0; i < n; i++)
		pthread_join(hogs[i], NULL);
	assert_int_equal(got, p.bytes);
	spool_free(p.s);
	print_message("%u appends of 64 KiB: mean %.3f ms, longest %.3f ms; lag up to %.1f MiB%s\n",
		      p.appends, p.total_ns / 1e6 / p.appends, p.longest_ns / 1e6, most / 1048576.0,
		      p.first ? "" : "; without real-time priority");
	if (p.first)
		assert_true(p.longest_ns < 50000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_marks),
		cmocka_unit_test(test_large_chunks),
		cmocka_unit_test(test_large_chunks_in_files),
		cmocka_unit_test(test_threads_tiny_chunks),
		cmocka_unit_test(test_threads_large_chunks),
		cmocka_unit_test(test_threads_lagging_reader),
		cmocka_unit_test(test_space_follows_lag),
		cmocka_unit_test(test_pool_is_resident),
		cmocka_unit_test(test_files_too_small),
		cmocka_unit_test(test_files_small_and_few),
		cmocka_unit_test(test_nowhere_to_write),
		cmocka_unit_test(test_reader_without_cpu),
		cmocka_unit_test(test_disk_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
