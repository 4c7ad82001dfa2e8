/* SPDX-License-Identifier: GPL-2.0-only */
/* Every network namespace of this machine that has a name or a process. */
#ifndef CRUMB_PROBE_NETNS_EACH_H
#define CRUMB_PROBE_NETNS_EACH_H

#include <stdbool.h>
#include <stdint.h>

/* @fn of each, by inode number and once, until it returns true: then true. True, too, if there are more than are looked into. */
bool netns_each(bool (*fn)(uint32_t inum, void *ctx), void *ctx);

#endif
