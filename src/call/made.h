/* SPDX-License-Identifier: GPL-2.0-only */
/* What a call left behind, as /proc and the socket itself (getsockopt, sock_diag) tell: facts of the story. */
#ifndef CRUMB_CALL_MADE_H
#define CRUMB_CALL_MADE_H

#include <sys/types.h>

#include "story.h"

/* Descriptor @fd of process @pid. */
void made_facts(struct story *s, pid_t pid, int fd);

#endif
