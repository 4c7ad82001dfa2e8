/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of several streams of one host: the first to tell about a connection in a namespace, or about one end's socket, is believed until it
 * ends. Private to join/.
 */
#ifndef CRUMB_JOIN_OWNER_H
#define CRUMB_JOIN_OWNER_H

#include "remap.h"

struct owner; /* all of them: NULL at first */

/* 1: @from tells about @ev, which has its new numbers; 0: another one does. -ENOMEM. */
int owner_tells(struct owner **all, const struct remap_from *from, const struct crumb_event *ev);

/* A stream has ended: what it alone told may now be told by others. */
void owners_release(struct owner **all, uint32_t source);
void owners_free(struct owner **all);

#endif
