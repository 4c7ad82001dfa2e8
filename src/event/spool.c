// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue of segments. Each holds chunks, each behind a struct record; a mark travels in front of
 * the next chunk, or, while there is none, in struct spool.
 *
 *	head (read_off)                                              tail (filled)
 *	[memory 1 MiB] -> [memory] -> ... -> [file 8 MiB] -> [file] -> [file ... ]
 *
 * The recorder must not wait for the reader, which any busy program may keep from running for a
 * second. So they share no lock but one that inherits priority, held for a few instructions; no
 * inode either: a file is written until the reader comes to it, and read from then on. In memory,
 * the recorder neither allocates nor faults nor calls the kernel, except to wake a waiting reader.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "spool_file.h"

#define SEGMENT_BYTES (SPOOL_POOL_BYTES / SPOOL_POOL_SEGMENTS)
#define FILE_BYTES    (8u << 20)
#define FILES_MAX     256	   /* descriptors in use at a time; and so that few files do ... */
#define FILES_DOUBLE  32	   /* ... each so many files their size doubles: 64 GiB in all */
#define READ_BYTES    (256u << 10) /* of a file at a time: stays in the CPU's cache */

struct record {
	uint32_t kind; /* enum spool_kind */
	uint32_t cpu;
	uint64_t value; /* bytes that follow (padded to 8 bytes); or the mark */
};

struct segment {
	struct segment *next;
	char *memory;	 /* or, if NULL, ... */
	int fd;		 /* ... a file */
	bool tmpfs;	 /* the file lies in memory */
	bool sealed;	 /* nothing is appended any more */
	uint64_t bytes;	 /* how many it may hold */
	uint64_t filled; /* the recorder's */
	uint64_t end;	 /* up to here the reader may read: filled, once an append is complete */
};

struct spool {
	pthread_mutex_t lock;
	sem_t more;	      /* posted when what the reader waits for has come */
	bool waiting, closed; /* under the lock, from here ... */
	bool appending;	      /* the recorder is between begin_append() and end_append() */
	bool has_mark;	      /* not in a segment yet */
	uint64_t mark_ns;
	struct segment *head, *tail;
	struct segment *free_memory, *free_files;
	unsigned int n_files;
	uint64_t read_off;	   /* in head */
	uint64_t lag, disk, tmpfs; /* bytes; ... to here */
	char *pool;
	struct segment memory[SPOOL_POOL_SEGMENTS], files[FILES_MAX];
	uint64_t buf_off; /* the reader's: what part of the file at the head is in buf */
	size_t buf_len;
	_Alignas(8) char buf[SPOOL_CHUNK_MAX + 2 * sizeof(struct record)];
};

/* An append: the bytes, and what it has put where. Nobody sees it before end_append(). */
struct append {
	uint32_t cpu;
	const char *a, *b;
	size_t na, nb;
	bool marked;
	struct record mark;
	struct segment *at;	      /* goes on here; NULL: nowhere yet */
	struct segment *first, *last; /* new segments */
};

static struct segment *pop(struct segment **list)
{
	struct segment *g = *list;

	if (g)
		*list = g->next;
	return g;
}

static void push(struct segment **list, struct segment *g)
{
	g->next = *list;
	*list = g;
}

/* ---- segments */

/* The reader's and, after a failure, the recorder's. Closes outside of the lock. */
static void give_back(struct spool *s, struct segment *g)
{
	if (!g->memory)
		close(g->fd);
	pthread_mutex_lock(&s->lock);
	if (g->memory) {
		push(&s->free_memory, g);
	} else {
		*(g->tmpfs ? &s->tmpfs : &s->disk) -= g->end;
		push(&s->free_files, g);
		s->n_files--;
	}
	pthread_mutex_unlock(&s->lock);
}

static struct segment *fresh(struct segment *g)
{
	if (g) {
		g->next = NULL;
		g->sealed = false;
		g->filled = g->end = 0;
	}
	return g;
}

static struct segment *new_memory(struct spool *s)
{
	struct segment *g;

	pthread_mutex_lock(&s->lock);
	g = pop(&s->free_memory); /* given back last: most likely in the CPU's cache */
	pthread_mutex_unlock(&s->lock);
	return fresh(g);
}

/* A file at the first place from *@i on that lets us have one; *@i becomes the place after it. */
static int new_file(struct spool *s, int *i, struct segment **ret_segment)
{
	struct segment *g;
	uint64_t tmpfs;
	int fd;

	pthread_mutex_lock(&s->lock);
	g = pop(&s->free_files);
	tmpfs = s->tmpfs;
	if (g)
		g->bytes = (uint64_t)FILE_BYTES << (s->n_files++ / FILES_DOUBLE);
	pthread_mutex_unlock(&s->lock);
	if (!g)
		return -ENOSPC;
	fd = spool_file_open(i, tmpfs, g->bytes, &g->tmpfs);
	if (fd < 0) {
		pthread_mutex_lock(&s->lock);
		push(&s->free_files, g);
		s->n_files--;
		pthread_mutex_unlock(&s->lock);
		return fd;
	}
	g->fd = fd;
	*ret_segment = fresh(g);
	return 0;
}

/* ---- beginning and end */

static int init_lock(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;
	int r;

	pthread_mutexattr_init(&attr);
	r = pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (!r)
		r = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	if (r) /* a sandbox's kernel may not know it */
		r = pthread_mutex_init(lock, NULL);
	return -r;
}

static int init_pool(struct spool *s)
{
	/* All pages now: the recorder must not fault, nor wait for who changes the mappings. */
	s->pool = mmap(NULL, SPOOL_POOL_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (s->pool == MAP_FAILED)
		return -errno;
	(void)mlock(s->pool, SPOOL_POOL_BYTES); /* against swapping; where that is allowed */
	for (size_t i = SPOOL_POOL_SEGMENTS; i-- > 0;) {
		s->memory[i].memory = s->pool + i * SEGMENT_BYTES;
		s->memory[i].bytes = SEGMENT_BYTES;
		push(&s->free_memory, &s->memory[i]);
	}
	for (size_t i = FILES_MAX; i-- > 0;)
		push(&s->free_files, &s->files[i]);
	return 0;
}

/*
 * The kernel enlarges a process's table of descriptors when one needs it, and if threads share the
 * table that waits for a grace period of RCU, tens of ms. Better now than in spool_append().
 */
static void reserve_descriptors(int fd)
{
	struct rlimit most;
	int high = fd + FILES_MAX;

	if (!getrlimit(RLIMIT_NOFILE, &most) && most.rlim_cur <= (rlim_t)high)
		high = (int)most.rlim_cur - 1;
	high = fcntl(fd, F_DUPFD_CLOEXEC, high);
	if (high >= 0)
		close(high);
}

/* Whoever has no place for files shall know it now. */
static int try_file(struct spool *s, struct error *e)
{
	struct segment *g;
	int i = 0, r = new_file(s, &i, &g);

	if (r)
		return error_set(e, r,
				 "no temporary file for events: %s; set TMPDIR to a writable directory",
				 strerror(-r));
	reserve_descriptors(g->fd);
	give_back(s, g);
	return 0;
}

int spool_new(struct spool **ret_spool, struct error *e)
{
	struct spool *s = malloc(sizeof(*s));
	int r;

	if (!s)
		return error_set(e, -ENOMEM, "out of memory for the spool");
	memset(s, 0, offsetof(struct spool, buf));
	r = init_lock(&s->lock);
	if (r) {
		free(s);
		return error_set(e, r, "cannot set up the spool: %s", strerror(-r));
	}
	sem_init(&s->more, 0, 0);
	r = init_pool(s);
	if (r)
		s->pool = NULL;
	else
		r = try_file(s, e);
	if (r) {
		spool_free(s);
		return error_set(e, r, "cannot set up the spool: %s", strerror(-r));
	}
	*ret_spool = s;
	return 0;
}

void spool_free(struct spool *s)
{
	struct segment *g;

	if (!s)
		return;
	while ((g = pop(&s->head)))
		if (!g->memory)
			close(g->fd);
	if (s->pool)
		munmap(s->pool, SPOOL_POOL_BYTES);
	sem_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- the recorder's thread */

/* Drops the first @n bytes of the vector; returns what is left of it. */
static struct iovec *iov_skip(struct iovec *iov, struct iovec *end, size_t n)
{
	for (; iov < end && n >= iov->iov_len; iov++)
		n -= iov->iov_len;
	if (iov < end) {
		iov->iov_base = (char *)iov->iov_base + n;
		iov->iov_len -= n;
	}
	return iov;
}

static int write_all(int fd, struct iovec *iov, struct iovec *end, uint64_t off)
{
	ssize_t n;

	iov = iov_skip(iov, end, 0);
	while (iov < end) {
		n = pwritev(fd, iov, end - iov, off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		off += n;
		iov = iov_skip(iov, end, n);
	}
	return 0;
}

/* What was written in vain must not hold space; if it cannot be cut off it is written over. */
static void cut(struct segment *g, uint64_t end)
{
	int r = g->memory ? 0 : ftruncate(g->fd, end);

	(void)r;
	g->filled = end;
}

/* Puts the vector behind what @g holds, if it has the room. */
static int put(struct segment *g, struct iovec *iov, struct iovec *end, uint64_t need)
{
	int r;

	if (g->filled + need > g->bytes)
		return -ENOBUFS;
	if (g->memory) {
		char *to = g->memory + g->filled;

		for (; iov < end; to += iov->iov_len, iov++)
			if (iov->iov_len)
				memcpy(to, iov->iov_base, iov->iov_len);
	} else {
		r = write_all(g->fd, iov, end, g->filled);
		if (r) {
			cut(g, g->filled);
			return r;
		}
	}
	g->filled += need;
	return 0;
}

static void go_on_in(struct append *p, struct segment *g)
{
	if (p->last)
		p->last->next = g;
	else
		p->first = g;
	p->at = p->last = g;
}

/* The vector's first place: where the last one went, else in memory, else in a new file. */
static int put_somewhere(struct spool *s, struct append *p, const struct iovec *iov, uint64_t need)
{
	struct segment *g = p->at;
	struct iovec copy[5];
	int place_at = 0, r = -ENOBUFS, failed = 0;

	memcpy(copy, iov, sizeof(copy));
	if (g)
		r = put(g, copy, copy + 5, need);
	if (!r)
		return 0;
	g = new_memory(s);
	for (;;) {
		if (!g && (r = new_file(s, &place_at, &g)))
			return failed ? failed : r;
		memcpy(copy, iov, sizeof(copy));
		r = put(g, copy, copy + 5, need);
		if (!r)
			break;
		failed = r;
		give_back(s, g);
		g = NULL;
	}
	go_on_in(p, g);
	return 0;
}

/* The @n bytes of @p from @from on, behind a record. */
static int put_piece(struct spool *s, struct append *p, size_t from, size_t n)
{
	static const char zeros[8];
	struct record chunk = { .kind = SPOOL_BYTES, .cpu = p->cpu, .value = n };
	size_t padding = -n % 8, left = from < p->na ? p->na - from : 0;
	size_t of_a = n < left ? n : left, of_b = n - of_a, b_from = from > p->na ? from - p->na : 0;
	struct iovec iov[5] = {
		{ &p->mark, p->marked && !from ? sizeof(p->mark) : 0 },
		{ &chunk, sizeof(chunk) },
		{ of_a ? (void *)(p->a + from) : NULL, of_a },
		{ of_b ? (void *)(p->b + b_from) : NULL, of_b },
		{ (void *)zeros, padding },
	};

	return put_somewhere(s, p, iov, iov[0].iov_len + sizeof(chunk) + n + padding);
}

/* Ends what was done under the lock; wakes the reader if it waits. */
static void unlock_and_wake(struct spool *s)
{
	bool wake = s->waiting;

	s->waiting = false;
	pthread_mutex_unlock(&s->lock);
	if (wake)
		sem_post(&s->more);
}

static void begin_append(struct spool *s, struct append *p)
{
	struct segment *g;

	pthread_mutex_lock(&s->lock);
	s->appending = true;
	p->marked = s->has_mark;
	p->mark = (struct record){ .kind = SPOOL_MARK, .value = s->mark_ns };
	s->has_mark = false;
	g = s->tail;
	/* A reader that waits has borrowed nothing: the same cache lines again. */
	if (g && g->memory && s->waiting && g == s->head && s->read_off == g->end)
		g->filled = g->end = s->read_off = 0;
	p->at = g && !g->sealed ? g : NULL;
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock. */
static void publish(struct spool *s, struct segment *g)
{
	uint64_t n = g->filled - g->end;

	if (!n) /* it may be sealed, and the reader in it */
		return;
	s->lag += n;
	if (!g->memory)
		*(g->tmpfs ? &s->tmpfs : &s->disk) += n;
	g->end = g->filled;
}

static void end_append(struct spool *s, struct append *p)
{
	pthread_mutex_lock(&s->lock);
	s->appending = false;
	if (s->tail)
		publish(s, s->tail);
	for (struct segment *g = p->first; g; g = g->next) {
		publish(s, g);
		g->sealed = g->next;
	}
	if (p->first && s->tail) {
		s->tail->sealed = true;
		s->tail->next = p->first;
	} else if (p->first) {
		s->head = p->first;
		s->read_off = 0;
	}
	if (p->last)
		s->tail = p->last;
	unlock_and_wake(s);
}

static void undo_append(struct spool *s, struct append *p)
{
	struct segment *g, *tail;

	while ((g = pop(&p->first)))
		give_back(s, g);
	pthread_mutex_lock(&s->lock);
	tail = s->tail; /* stays: the reader takes no tail away during an append */
	pthread_mutex_unlock(&s->lock);
	if (tail && tail->filled != tail->end)
		cut(tail, tail->end);
	pthread_mutex_lock(&s->lock);
	s->appending = false;
	if (p->marked)
		s->has_mark = true;
	unlock_and_wake(s);
}

int spool_append(struct spool *s, uint32_t cpu, const void *a, size_t na, const void *b, size_t nb)
{
	struct append p = { .cpu = cpu, .a = a, .na = na, .b = b, .nb = nb };
	size_t all = na + nb, n;
	int r = 0;

	if (!all)
		return 0;
	begin_append(s, &p);
	for (size_t from = 0; !r && from < all; from += n) {
		n = all - from < SPOOL_CHUNK_MAX ? all - from : SPOOL_CHUNK_MAX;
		r = put_piece(s, &p, from, n);
	}
	if (r)
		undo_append(s, &p);
	else
		end_append(s, &p);
	return r;
}

void spool_mark(struct spool *s, uint64_t ns)
{
	pthread_mutex_lock(&s->lock);
	s->mark_ns = ns;
	s->has_mark = true;
	unlock_and_wake(s);
}

void spool_close_write(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	unlock_and_wake(s);
}

/* ---- the reader's thread */

static struct timespec deadline(int timeout_ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += timeout_ms / 1000;
	at.tv_nsec += timeout_ms % 1000 * 1000000l;
	if (at.tv_nsec >= 1000000000l) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000l;
	}
	return at;
}

/*
 * Under the lock, and not while waiting. A semaphore and no condition: pthread_cond_signal() takes
 * a lock that does not inherit priority. -EAGAIN when @until has passed; NULL: never.
 */
static int wait_more(struct spool *s, const struct timespec *until)
{
	int r;

	s->waiting = true;
	pthread_mutex_unlock(&s->lock);
	if (until)
		r = sem_clockwait(&s->more, CLOCK_MONOTONIC, until);
	else
		r = sem_wait(&s->more);
	r = r && errno == ETIMEDOUT ? -EAGAIN : 0;
	pthread_mutex_lock(&s->lock);
	s->waiting = false;
	return r;
}

/* Under the lock. Gives segments back that were read; true if the one at the head holds more. */
static bool advance(struct spool *s)
{
	struct segment *g;

	while ((g = s->head)) {
		/* To be read it must not be written: file systems let one of both wait. */
		while (!g->memory && !g->sealed && s->appending)
			wait_more(s, NULL);
		if (!g->memory)
			g->sealed = true;
		if (s->read_off < g->end)
			return true;
		if (!g->sealed || (!g->next && s->appending))
			return false;
		s->head = g->next;
		if (!s->head)
			s->tail = NULL;
		s->read_off = 0;
		s->buf_len = 0;
		pthread_mutex_unlock(&s->lock);
		give_back(s, g);
		pthread_mutex_lock(&s->lock);
	}
	return false;
}

/* Under the lock. 0: the head holds more; 1: a mark stands alone; -ENODATA, -EAGAIN. */
static int find_more(struct spool *s, int timeout_ms, const struct timespec *until)
{
	int r = 0;

	for (;;) {
		if (advance(s))
			return 0;
		if (s->has_mark)
			return 1;
		if (s->closed)
			return -ENODATA;
		if (timeout_ms == 0 || r)
			return -EAGAIN;
		r = wait_more(s, timeout_ms > 0 ? until : NULL);
	}
}

/* The @n bytes at @off of the segment at the head, which holds them. */
static int look(struct spool *s, const struct segment *g, uint64_t off, size_t n, const char **ret)
{
	uint64_t buf_end = s->buf_off + s->buf_len, left;
	size_t most = n > READ_BYTES ? n : READ_BYTES;
	ssize_t got;

	if (g->memory) {
		*ret = g->memory + off;
		return 0;
	}
	if (!s->buf_len || off + n > buf_end) {
		s->buf_len = s->buf_len && off < buf_end ? buf_end - off : 0;
		memmove(s->buf, s->buf + (off - s->buf_off), s->buf_len);
		s->buf_off = off;
	}
	left = g->end - off; /* a file that is read is sealed */
	most = most < left ? most : left;
	while (s->buf_off + s->buf_len < off + n) {
		got = pread(g->fd, s->buf + s->buf_len, most - s->buf_len, off + s->buf_len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		s->buf_len += got;
	}
	*ret = s->buf + (off - s->buf_off);
	return 0;
}

/* What stands at @off of the segment at the head, and how long it is with its bytes. */
static int look_record(struct spool *s, const struct segment *g, uint64_t off,
		       struct spool_chunk *ret_chunk, size_t *ret_n)
{
	struct record rec;
	const char *at;
	int r = look(s, g, off, sizeof(rec), &at);

	if (r)
		return r;
	memcpy(&rec, at, sizeof(rec));
	*ret_n = sizeof(rec);
	if (rec.kind == SPOOL_MARK) {
		*ret_chunk = (struct spool_chunk){ .kind = SPOOL_MARK, .mark_ns = rec.value };
		return 0;
	}
	*ret_n += (rec.value + 7) / 8 * 8;
	r = look(s, g, off, *ret_n, &at);
	if (r)
		return r;
	*ret_chunk = (struct spool_chunk){
		.kind = SPOOL_BYTES,
		.cpu = rec.cpu,
		.bytes = at + sizeof(rec),
		.n = rec.value,
	};
	return 0;
}

int spool_read_chunk(struct spool *s, int timeout_ms, struct spool_chunk *ret_chunk)
{
	struct timespec until = timeout_ms > 0 ? deadline(timeout_ms) : (struct timespec){ 0 };
	struct segment *g;
	uint64_t off;
	size_t n;
	int r;

	pthread_mutex_lock(&s->lock);
	r = find_more(s, timeout_ms, &until);
	if (r > 0) {
		*ret_chunk = (struct spool_chunk){ .kind = SPOOL_MARK, .mark_ns = s->mark_ns };
		s->has_mark = false;
	}
	g = s->head;
	off = s->read_off;
	pthread_mutex_unlock(&s->lock);
	if (r)
		return r < 0 ? r : 0;
	r = look_record(s, g, off, ret_chunk, &n);
	if (r)
		return r;
	pthread_mutex_lock(&s->lock);
	s->read_off += n;
	s->lag -= n;
	pthread_mutex_unlock(&s->lock);
	return 0;
}

/* ---- either */

static uint64_t read_count(struct spool *s, const uint64_t *count)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = *count;
	pthread_mutex_unlock(&s->lock);
	return n;
}

uint64_t spool_lag_bytes(struct spool *s)
{
	return read_count(s, &s->lag);
}

uint64_t spool_disk_bytes(struct spool *s)
{
	return read_count(s, &s->disk);
}

uint64_t spool_memory_bytes(struct spool *s)
{
	return SPOOL_POOL_BYTES + read_count(s, &s->tmpfs);
}
