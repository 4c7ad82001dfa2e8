/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A live trace: three threads. The recorder empties the rings into the spool and does nothing else; the analyst, at the
 * lowest priority, merges, annotates, writes the trace file and assembles journeys; the caller's thread waits for
 * the traced program, signals and limits. So printing can never slow recording: analysis lags, and says so.
 */
#ifndef CRUMB_CMD_LIVE_H
#define CRUMB_CMD_LIVE_H

#include "options.h"
#include "session.h"
#include "show.h"

struct live;

/* Load everything; nothing is attached yet. @show NULL: record only. @selection: as typed, for the trace. */
int live_new(const struct options *o, struct show *show, const char *selection, struct live **ret,
	     struct error *e);
void live_free(struct live *l);

struct session *live_session(struct live *l);

/* Attach and start the threads. */
int live_start(struct live *l, struct error *e);

/* Until a signal, a limit, or the end of child @pid (0: no child). *@ret_status: its wait status. */
int live_wait(struct live *l, pid_t pid, int *ret_status, struct error *e);

/* Until no event came for @quiet_ms, at most @most_ms. */
void live_settle(struct live *l, int quiet_ms, int most_ms);

/* Stop recording, let the analysis finish, close the trace. The first failure of any thread. */
int live_stop(struct live *l, struct error *e);

struct live_counts {
	uint64_t events, lost, late;
	uint64_t max_lag_bytes;
};

struct live_counts live_counts(const struct live *l);

/* Block the signals that live_wait() takes; before anything is started. */
void live_block_signals(void);

#endif
