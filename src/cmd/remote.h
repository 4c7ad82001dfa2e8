/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorder on another machine: `crumb record -w - --until-eof` behind ssh or another command, whose standard output is read by a thread of
 * its own. It ends when its standard input does, so nothing of it stays behind if we go away.
 */
#ifndef CRUMB_CMD_REMOTE_H
#define CRUMB_CMD_REMOTE_H

#include "error.h"
#include "options.h"
#include "queue.h"

struct remote;

/* @host: NAME or NAME=COMMAND. Borrows @host and @o. */
int remote_start(const struct options *o, const char *host, struct remote **ret, struct error *e);

const char *remote_name(const struct remote *r);

/* What has come since the last time, exchanged for @queue (empty). True: it has ended, and that was all. */
bool remote_take(struct remote *r, struct queue *queue);

/* Ask it to end. */
void remote_stop(struct remote *r);

/*
 * Its stream has ended. True: it itself has, too; what it said at last is a sentence in @why ("" if it ended well). Else ask again: it is
 * given seconds, then ended by force. Does not wait.
 */
bool remote_reap(struct remote *r, struct error *why);

/* What still runs is ended, by force if need be, within seconds of remote_stop(). */
void remote_free(struct remote *r);

#endif
