/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of tracefs (Documentation/trace/ftrace.rst), which nobody needs to have mounted. */
#ifndef CRUMB_PROBE_TRACEFS_H
#define CRUMB_PROBE_TRACEFS_H

#include <stdio.h>

/* @path below tracefs, for reading; through a mount of our own that has no place in the tree if there is no other. NULL with errno set. */
FILE *tracefs_open(const char *path);

#endif
