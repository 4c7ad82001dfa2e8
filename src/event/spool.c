// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file holds chunks, each behind a struct record; a mark travels in front of the next chunk,
 * or, while there is none, in memory. Holes are punched behind the reader (fallocate(2)); whenever
 * the reader has caught up, writing begins at the file's start again, so that a reader which keeps
 * pace costs neither disk nor fresh pages.
 *
 *	0        punched      read_off              write_off
 *	| hole ... | read ...  | to be read ...      |
 *
 * write_off is moved by the recorder, read_off by the reader, both under the lock; the system calls
 * run outside of it.
 */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PUNCH_BYTES (4u << 20)	 /* given back at a time, and kept when writing begins anew */
#define READ_BYTES  (256u << 10) /* read at a time: stays in the CPU's cache */

struct record {
	uint32_t kind; /* enum spool_kind */
	uint32_t cpu;
	uint64_t value; /* bytes that follow (padded to 8 bytes); or the mark */
};

struct spool {
	int fd;
	pthread_mutex_t lock;
	pthread_cond_t more;
	bool waiting, closed; /* under the lock, from here ... */
	bool has_mark;	      /* not in the file yet */
	uint64_t mark_ns;
	uint64_t write_off, read_off; /* ... to here */
	uint64_t file_end; /* the recorder's: how far it ever wrote since the file was cut */
	uint64_t punched;  /* the reader's; the recorder's while nothing is unread */
	bool cannot_punch;
	uint64_t left; /* bytes and padding of the chunk being handed out */
	uint32_t padding, cpu;
	size_t at, len;	 /* in buf: not handed out yet */
	uint64_t unread; /* len - at, for spool_lag_bytes(); under the lock */
	_Alignas(8) char buf[SPOOL_CHUNK_MAX + 2 * sizeof(struct record)];
};

static int open_nameless(const char *dir)
{
	char path[4096];
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system knows O_TMPFILE (overlayfs learnt it with 6.3). */
	if ((size_t)snprintf(path, sizeof(path), "%s/crumb-XXXXXX", dir) >= sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

static int open_somewhere(struct error *e)
{
	const char *dirs[] = { getenv("TMPDIR"), "/var/tmp", "/tmp" };
	int fd = -ENOENT;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (!dirs[i] || !dirs[i][0])
			continue;
		fd = open_nameless(dirs[i]);
		if (fd >= 0)
			return fd;
	}
	return error_set(e, fd,
			 "no temporary file for events: %s; set TMPDIR to a writable directory",
			 strerror(-fd));
}

static int init_locks(struct spool *s)
{
	pthread_condattr_t attr;
	int r = pthread_mutex_init(&s->lock, NULL);

	if (r)
		return -r;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	r = pthread_cond_init(&s->more, &attr);
	pthread_condattr_destroy(&attr);
	if (r)
		pthread_mutex_destroy(&s->lock);
	return -r;
}

int spool_new(struct spool **ret_spool, struct error *e)
{
	struct spool *s = malloc(sizeof(*s));
	int r;

	if (!s)
		return error_set(e, -ENOMEM, "out of memory for the spool");
	memset(s, 0, offsetof(struct spool, buf));
	s->fd = open_somewhere(e);
	r = s->fd < 0 ? s->fd : init_locks(s);
	if (r) {
		if (s->fd >= 0)
			close(s->fd);
		free(s);
		return error_set(e, r, "cannot set up the spool: %s", strerror(-r));
	}
	*ret_spool = s;
	return 0;
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	close(s->fd);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

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

/* Under the lock: nothing is unread, so the file may be used from its start again. */
static void rewind_file(struct spool *s)
{
	s->write_off = s->read_off = 0;
	s->punched = 0;
	if (s->file_end > PUNCH_BYTES && ftruncate(s->fd, PUNCH_BYTES) == 0)
		s->file_end = PUNCH_BYTES;
}

static void wake_reader(struct spool *s)
{
	if (s->waiting)
		pthread_cond_signal(&s->more);
}

/* Takes the mark that travels with an append; true if there is one. */
static bool begin_append(struct spool *s, struct record *ret_mark, uint64_t *ret_off)
{
	bool marked;

	pthread_mutex_lock(&s->lock);
	if (s->write_off == s->read_off && s->write_off)
		rewind_file(s);
	marked = s->has_mark;
	*ret_mark = (struct record){ .kind = SPOOL_MARK, .value = s->mark_ns };
	s->has_mark = false;
	*ret_off = s->write_off;
	pthread_mutex_unlock(&s->lock);
	return marked;
}

static void end_append(struct spool *s, uint64_t off, bool restore_mark)
{
	pthread_mutex_lock(&s->lock);
	s->write_off = off;
	if (restore_mark)
		s->has_mark = true;
	wake_reader(s);
	pthread_mutex_unlock(&s->lock);
}

int spool_append(struct spool *s, uint32_t cpu, const void *a, size_t na, const void *b, size_t nb)
{
	static const char zeros[8];
	struct record mark, chunk = { .kind = SPOOL_BYTES, .cpu = cpu, .value = na + nb };
	uint64_t off, need = sizeof(chunk) + na + nb, padding = -need % 8;
	bool marked;
	int r;

	if (!chunk.value)
		return 0;
	marked = begin_append(s, &mark, &off);
	struct iovec iov[] = {
		{ &mark, marked ? sizeof(mark) : 0 },
		{ &chunk, sizeof(chunk) },
		{ (void *)a, na },
		{ (void *)b, nb },
		{ (void *)zeros, padding },
	};

	need += padding + iov[0].iov_len;
	r = write_all(s->fd, iov, iov + 5, off);
	if (off + need > s->file_end)
		s->file_end = off + need;
	if (r && ftruncate(s->fd, off) == 0) /* what was written in part must not hold space */
		s->file_end = off;
	end_append(s, r ? off : off + need, r && marked);
	return r;
}

void spool_mark(struct spool *s, uint64_t ns)
{
	pthread_mutex_lock(&s->lock);
	s->mark_ns = ns;
	s->has_mark = true;
	wake_reader(s);
	pthread_mutex_unlock(&s->lock);
}

void spool_close_write(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	wake_reader(s);
	pthread_mutex_unlock(&s->lock);
}

/* Gives whole steps behind @off back to the file system. */
static void punch(struct spool *s, uint64_t off)
{
	const int how = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	uint64_t to = off - off % PUNCH_BYTES;

	if (s->cannot_punch || off < s->punched + PUNCH_BYTES || to <= s->punched)
		return;
	if (fallocate(s->fd, how, s->punched, to - s->punched))
		s->cannot_punch = errno == EOPNOTSUPP || errno == ENOSYS;
	else
		s->punched = to;
}

static void deadline(int timeout_ms, struct timespec *ret_at)
{
	clock_gettime(CLOCK_MONOTONIC, ret_at);
	ret_at->tv_sec += timeout_ms / 1000;
	ret_at->tv_nsec += timeout_ms % 1000 * 1000000l;
	if (ret_at->tv_nsec >= 1000000000l) {
		ret_at->tv_sec++;
		ret_at->tv_nsec -= 1000000000l;
	}
}

/* Under the lock. Waits until the file holds more, or a mark stands alone, or the end came. */
static int wait_more(struct spool *s, int timeout_ms)
{
	struct timespec until;
	int r = 0;

	if (timeout_ms > 0)
		deadline(timeout_ms, &until);
	s->waiting = true;
	while (s->read_off == s->write_off && !s->has_mark && !s->closed && !r) {
		if (timeout_ms < 0)
			pthread_cond_wait(&s->more, &s->lock);
		else if (timeout_ms == 0 || pthread_cond_timedwait(&s->more, &s->lock, &until))
			r = -EAGAIN;
	}
	s->waiting = false;
	if (s->read_off != s->write_off || s->has_mark)
		return 0;
	return s->closed ? -ENODATA : -EAGAIN;
}

/*
 * What the next step needs to have in the buffer at once: a record's head, its chunk if that is to
 * stay whole.
 */
static size_t wanted(const struct spool *s)
{
	size_t have = s->len - s->at;
	struct record rec;

	if (s->left)
		return s->left < SPOOL_CHUNK_MAX ? s->left : SPOOL_CHUNK_MAX;
	if (have < sizeof(rec))
		return sizeof(rec);
	memcpy(&rec, s->buf + s->at, sizeof(rec));
	if (rec.kind == SPOOL_MARK)
		return sizeof(rec);
	return sizeof(rec) +
	       (rec.value < SPOOL_CHUNK_MAX ? (rec.value + 7) / 8 * 8 : SPOOL_CHUNK_MAX);
}

/*
 * Reads on from the file until @need bytes stand at s->at. The file holds them: chunks are
 * published whole.
 */
static int fill(struct spool *s, size_t need, uint64_t avail)
{
	size_t have = s->len - s->at, most;
	ssize_t n;

	memmove(s->buf, s->buf + s->at, have);
	s->at = 0;
	s->len = have;
	most = need > READ_BYTES ? need : READ_BYTES;
	while (s->len < need) {
		n = pread(s->fd, s->buf + s->len, most - s->len < avail ? most - s->len : avail,
			  s->read_off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		s->len += n;
		avail -= n;
		/*
		 * Before read_off tells the recorder, who may then begin at the file's start again.
		 */
		punch(s, s->read_off + n);
		pthread_mutex_lock(&s->lock);
		s->read_off += n;
		s->unread = s->len;
		pthread_mutex_unlock(&s->lock);
	}
	return 0;
}

/* Makes the buffer hold what the next step needs. 1: there is only a mark, put into @ret_chunk. */
static int refill(struct spool *s, int timeout_ms, struct spool_chunk *ret_chunk)
{
	uint64_t avail;
	size_t need;
	int r;

	while (s->len - s->at < (need = wanted(s))) {
		pthread_mutex_lock(&s->lock);
		r = wait_more(s, timeout_ms);
		avail = s->write_off - s->read_off;
		if (!r && !avail) {
			*ret_chunk =
				(struct spool_chunk){ .kind = SPOOL_MARK, .mark_ns = s->mark_ns };
			s->has_mark = false;
			r = 1;
		}
		pthread_mutex_unlock(&s->lock);
		if (r)
			return r;
		r = fill(s, need, avail);
		if (r)
			return r;
	}
	return 0;
}

static void hand_out(struct spool *s, struct spool_chunk *ret_chunk)
{
	size_t n = s->len - s->at, padding = 0;

	n = n < s->left ? n : s->left;
	if (n > SPOOL_CHUNK_MAX)
		n = SPOOL_CHUNK_MAX;
	if (n == s->left)
		padding = s->padding;
	else
		n -= n % 8;
	*ret_chunk = (struct spool_chunk){
		.kind = SPOOL_BYTES,
		.cpu = s->cpu,
		.bytes = s->buf + s->at,
		.n = n - padding,
	};
	s->at += n;
	s->left -= n;
}

static void set_unread(struct spool *s)
{
	pthread_mutex_lock(&s->lock);
	s->unread = s->len - s->at;
	pthread_mutex_unlock(&s->lock);
}

int spool_read_chunk(struct spool *s, int timeout_ms, struct spool_chunk *ret_chunk)
{
	struct spool_chunk chunk;
	struct record rec;
	int r = refill(s, timeout_ms, &chunk);

	if (r < 0)
		return r;
	if (r > 0) {
		*ret_chunk = chunk;
		return 0;
	}
	if (!s->left) {
		memcpy(&rec, s->buf + s->at, sizeof(rec));
		s->at += sizeof(rec);
		if (rec.kind == SPOOL_MARK) {
			*ret_chunk = (struct spool_chunk){ .kind = SPOOL_MARK, .mark_ns = rec.value };
			set_unread(s);
			return 0;
		}
		s->cpu = rec.cpu;
		s->padding = -rec.value % 8;
		s->left = rec.value + s->padding;
	}
	hand_out(s, ret_chunk);
	set_unread(s);
	return 0;
}

uint64_t spool_lag_bytes(struct spool *s)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	n = s->write_off - s->read_off + s->unread;
	pthread_mutex_unlock(&s->lock);
	return n;
}

uint64_t spool_disk_bytes(struct spool *s)
{
	struct stat st;

	return fstat(s->fd, &st) ? 0 : (uint64_t)st.st_blocks * 512;
}
