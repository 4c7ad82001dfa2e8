/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a function stands in the source: file and line out of debug information if there is some on this machine (a
 * vmlinux with debug information, debuginfod's cache), else a link by identifier to a public cross-reference of that
 * version. Nothing is fetched.
 */
#ifndef CRUMB_SOURCE_SOURCE_H
#define CRUMB_SOURCE_SOURCE_H

#include <stdbool.h>

struct source;

int source_new(struct source **ret);
void source_free(struct source *s);

/* The kernel that is meant: "6.18.44-fc-v657", as uname -r; the running one until this was said. */
void source_set_kernel(struct source *s, const char *release);

/* "net/ipv4/tcp.c:1423" or "https://..."; NULL without memory. Borrowed, lives as long as @s. */
const char *source_find(struct source *s, const char *function, bool libc);

#endif
