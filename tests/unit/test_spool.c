// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spool: what one thread appends the other reads, once and in order, marks in their place; a full
 * disk loses only what was refused; disk use follows the lag, not the amount that went through.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

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
 * Up to SPOOL_CHUNK_MAX a chunk stays whole wherever it lies in the file; a larger one comes in
 * pieces.
 */
static void test_large_chunks(void **state)
{
	static uint8_t bytes[3 * SPOOL_CHUNK_MAX];
	static const size_t sizes[] = { SPOOL_CHUNK_MAX,     1,
					SPOOL_CHUNK_MAX - 1, 300000,
					SPOOL_CHUNK_MAX,     SPOOL_CHUNK_MAX + 1,
					3 * SPOOL_CHUNK_MAX, 7 };
	struct spool *s = new_spool();
	struct spool_chunk c;
	size_t n;

	(void)state;
	pattern(bytes, sizeof(bytes), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(spool_append(s, i, bytes, sizes[i] / 3, bytes + sizes[i] / 3,
					      sizes[i] - sizes[i] / 3),
				 0);
	spool_close_write(s);
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
		assert_true(most > 0);
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
	two_threads(32 << 20, 100000, true);
}

/* ------------------------------------------------------------------ disk */

static void test_disk_follows_lag(void **state)
{
	static uint8_t bytes[1 << 20];
	struct spool *s = new_spool();
	struct spool_chunk c;
	uint64_t at = 0, most = 0;

	(void)state;
	/* The reader stays 16 MiB behind while 256 MiB pass. */
	for (int i = 0; i < 256; i++) {
		memset(bytes, i, sizeof(bytes));
		assert_int_equal(spool_append(s, 0, bytes, sizeof(bytes), NULL, 0), 0);
		if (i < 16)
			continue;
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
		assert_int_equal(c.n, sizeof(bytes));
		assert_int_equal(((const uint8_t *)c.bytes)[at % sizeof(bytes)], i - 16);
		at++;
		if (spool_disk_bytes(s) > most)
			most = spool_disk_bytes(s);
	}
	assert_in_range(most, 16 << 20, 32 << 20);
	/* Caught up: writing begins at the start again, and only a little stays. */
	for (int i = 0; i < 16; i++)
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
	assert_int_equal(spool_read_chunk(s, 0, &c), -EAGAIN);
	for (int i = 0; i < 300; i++) {
		assert_int_equal(spool_append(s, 0, bytes, 100000, NULL, 0), 0);
		assert_int_equal(spool_read_chunk(s, 0, &c), 0);
		assert_int_equal(c.n, 100000);
	}
	assert_true(spool_disk_bytes(s) <= 5 << 20);
	spool_free(s);
}

static void test_disk_full(void **state)
{
	static uint8_t bytes[30000];
	struct spool *s = new_spool();
	struct rlimit old, low;
	struct spool_chunk c;
	uint64_t at = 0, read = 0;
	int r = 0;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = 1000000;
	setrlimit(RLIMIT_FSIZE, &low);
	for (int round = 0; round < 3; round++) {
		do {
			pattern(bytes, sizeof(bytes), at);
			spool_mark(s, at);
			r = spool_append(s, 0, bytes, 10001, bytes + 10001, sizeof(bytes) - 10001);
			at += r ? 0 : sizeof(bytes);
		} while (!r);
		assert_int_equal(r, -EFBIG);
		assert_int_equal(spool_append(s, 0, bytes, 30000, NULL, 0), -EFBIG);
		/* All that was taken comes back, and the mark that found no place in the file. */
		for (uint64_t mark = 0; mark < at;) {
			assert_int_equal(spool_read_chunk(s, 0, &c), 0);
			if (c.kind == SPOOL_MARK) {
				mark = c.mark_ns;
				assert_true(mark <= read);
				continue;
			}
			assert_int_equal(c.n, sizeof(bytes));
			assert_pattern(c.bytes, c.n, read);
			read += c.n;
		}
		assert_int_equal(read, at);
		assert_int_equal(spool_read_chunk(s, 0, &c), -EAGAIN);
	}
	assert_true(at > 2000000); /* more than the limit went through, in turns */
	setrlimit(RLIMIT_FSIZE, &old);
	spool_free(s);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_and_marks),
		cmocka_unit_test(test_large_chunks),
		cmocka_unit_test(test_threads_tiny_chunks),
		cmocka_unit_test(test_threads_large_chunks),
		cmocka_unit_test(test_threads_lagging_reader),
		cmocka_unit_test(test_disk_follows_lag),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_nowhere_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
