/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes an event stream as a trace file: pcapng that Wireshark opens as it is and that
 * trace_reader.h gives back event for event (docs/TRACE-FORMAT.md). The file is a pure function of
 * the events.
 */
#ifndef CRUMB_EVENT_TRACE_WRITER_H
#define CRUMB_EVENT_TRACE_WRITER_H

#include <stdint.h>

#include "error.h"
#include "stream.h"

struct trace_writer;

/*
 * @fd is borrowed, may be a pipe, and must block or be pollable. Nothing is written yet. 0 or
 * -ENOMEM.
 */
int trace_writer_new(int fd, struct trace_writer **ret_writer, struct error *e);

/*
 * An event_fn; @writer is the struct trace_writer. @ev must have passed event_check(). The first
 * failure (-ENOSPC ...) is final: it is returned from then on, and a regular file has been cut back
 * to its last whole block.
 */
int trace_writer_event(void *writer, const struct crumb_event *ev);

/* Everything taken so far reaches the file: for a pipe that somebody reads live. */
int trace_writer_flush(struct trace_writer *w, struct error *e);

/* Ends the file. Returns the first failure, this one's or an earlier one's. No event may follow. */
int trace_writer_finish(struct trace_writer *w, struct error *e);

uint64_t trace_writer_bytes(const struct trace_writer *w); /* in whole blocks, flushed or not */

void trace_writer_free(struct trace_writer *w); /* drops what was not flushed */

#endif
