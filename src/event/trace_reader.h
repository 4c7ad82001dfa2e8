/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads a trace file (docs/TRACE-FORMAT.md) and hands over its events in the order in which they
 * were written. Memory is bounded, whatever the file holds; a file that cannot be trusted to be
 * whole is never passed off as if it were.
 */
#ifndef CRUMB_EVENT_TRACE_READER_H
#define CRUMB_EVENT_TRACE_READER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "stream.h"

struct trace_reader;

/* "-" is standard input. */
int trace_reader_open(const char *path, struct trace_reader **ret_reader, struct error *e);

/* @fd is borrowed; @name stands in errors and is copied. */
int trace_reader_open_fd(int fd, const char *name, struct trace_reader **ret_reader, struct error *e);

/* A file that is in memory; @bytes are borrowed. */
int trace_reader_open_bytes(const void *bytes, size_t n, struct trace_reader **ret_reader,
			    struct error *e);

/* What is read ends as well when @stop_fd becomes readable, though who writes it goes on, or never does. */
void trace_reader_until(struct trace_reader *r, int stop_fd);

#define TRACE_TRUNCATED 1

/*
 * Calls @fn for each event; each has passed event_check(). Once for each reader. Returns 0;
 * TRACE_TRUNCATED when the file ends within a block (all before was delivered, @e says where); what
 * @fn returned, if that was not 0; -EINVAL no pcapng file, or none of crumb's; -EPROTONOSUPPORT a
 * newer format; -ENOTSUP big endian; -EBADMSG damaged; -EUCLEAN events were taken out by another
 * program; or an error of read(2).
 */
int trace_reader_run(struct trace_reader *r, event_fn fn, void *ctx, struct error *e);

#define TRACE_MORE 2

/* As trace_reader_run(), for one block: its events, none perhaps. TRACE_MORE: call again; 0: that was all. */
int trace_reader_next(struct trace_reader *r, event_fn fn, void *ctx, struct error *e);

uint64_t trace_reader_events(const struct trace_reader *r); /* delivered */
uint64_t trace_reader_bytes(const struct trace_reader *r);  /* of the file, read */

void trace_reader_free(struct trace_reader *r);

#endif
