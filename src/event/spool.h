/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unbounded queue between the thread that empties the rings and the thread that
 * analyses: analysis may lag by gigabytes without slowing the recorder. What it lags by lies in a
 * pool of memory, above that in files without a name; what has been read is given back. One thread
 * appends, one thread reads, and the first never waits for the second.
 */
#ifndef CRUMB_EVENT_SPOOL_H
#define CRUMB_EVENT_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * An append of at most this many bytes comes back as one chunk; a larger one as several, in order.
 */
#define SPOOL_CHUNK_MAX (1u << 20)

/* Up to about this lag an append is a copy, without a system call. */
#define SPOOL_POOL_SEGMENTS 8
#define SPOOL_POOL_BYTES    (SPOOL_POOL_SEGMENTS * (SPOOL_CHUNK_MAX + 4096u))

enum spool_kind {
	SPOOL_BYTES,
	SPOOL_MARK,
};

struct spool_chunk {
	enum spool_kind kind;
	uint32_t cpu;	   /* SPOOL_BYTES */
	const void *bytes; /* 8-byte aligned; borrowed until the next spool_read_chunk() */
	size_t n;
	uint64_t mark_ns; /* SPOOL_MARK */
};

struct spool;

/*
 * The files come into a tmpfs, /dev/shm, while that leaves plenty of memory free, else into
 * $TMPDIR, /var/tmp or /tmp, whichever can first.
 */
int spool_new(struct spool **ret_spool, struct error *e);
void spool_free(struct spool *s);

/* ---- the recorder's thread */

/*
 * Appends @a followed by @b (a ring's wrap; either may be empty) as one chunk of @cpu. All or
 * nothing: -ENOSPC, -EDQUOT, -EFBIG, -EMFILE or -EIO leave the spool as it was, and the caller
 * counts what it could not keep.
 */
int spool_append(struct spool *s, uint32_t cpu, const void *a, size_t na, const void *b, size_t nb);

/*
 * All events of all CPUs older than @ns have been appended. Cannot fail; a mark not read yet may be
 * replaced by a later one.
 */
void spool_mark(struct spool *s, uint64_t ns);

/* No append or mark follows. */
void spool_close_write(struct spool *s);

/* ---- the reader's thread */

/*
 * The next chunk or mark. Waits up to @timeout_ms (0 not at all, negative for ever), but for an
 * append that is under way in the file to be read. Returns 0; -EAGAIN: nothing came in that time;
 * -ENODATA: the end, all was read; or an error of pread(2).
 */
int spool_read_chunk(struct spool *s, int timeout_ms, struct spool_chunk *ret_chunk);

/* ---- either */

uint64_t spool_lag_bytes(struct spool *s);    /* appended and not read yet */
uint64_t spool_disk_bytes(struct spool *s);   /* what the files on disks take now */
uint64_t spool_memory_bytes(struct spool *s); /* the pool, and what the files in a tmpfs take */

#endif
