/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The traces of several hosts as one stream of events on one axis of time: that of the first host's clock. What is stored
 * stays as it is; clocks are aligned at reading, from the packets that two hosts saw (docs/CLOCKS.md).
 */
#ifndef CRUMB_JOIN_JOIN_H
#define CRUMB_JOIN_JOIN_H

#include "clocks.h"
#include "error.h"
#include "stream.h"

#define JOIN_SOURCES CLOCK_HOSTS

struct join_sink {
	void *ctx;
	/* Each event in order, with the number of its host; the last is CRUMB_EV_END if any trace was ended in order. */
	int (*event)(void *ctx, unsigned int host, const struct crumb_event *ev);
	/* Before it matters: that host was not recorded within that time. May be NULL. */
	int (*absent)(void *ctx, unsigned int host, uint64_t from_ns, uint64_t to_ns);
};

struct join_files;

/*
 * Reads the files once, and once more for the clocks if they are of several hosts. @names are borrowed. 0; or negative and
 * a sentence: no files, none of crumb's, too many. A file that is damaged or cut off counts up to there: join_files_complaint().
 */
int join_files_open(char *const *names, unsigned int n, struct join_files **ret, struct error *e);
void join_files_free(struct join_files *j);

/* All events. 0, or what @sink returned, -ENOMEM, an error of reading with a sentence. */
int join_files_run(struct join_files *j, const struct join_sink *sink, struct error *e);

unsigned int join_files_hosts(const struct join_files *j);
const char *join_files_host(const struct join_files *j, unsigned int host); /* the kernel's host name */
const uint8_t *join_files_boot_id(const struct join_files *j, unsigned int host); /* 16 bytes */
const struct clocks *join_files_clocks(const struct join_files *j);
bool join_files_guessed(const struct join_files *j,
			unsigned int host); /* only its wall clock says when it was */

/* The @i-th sentence about a file that was not whole; NULL: no more. */
const char *join_files_complaint(const struct join_files *j, unsigned int i);

#endif
