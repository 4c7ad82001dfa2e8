/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking into network namespaces that the kernel side only knows by inode number: their names, devices and
 * bridge tables, over rtnetlink. Reads only. Works on the calling thread, which is back in its own namespace on return.
 */
#ifndef CRUMB_PROBE_NETNS_LOOK_H
#define CRUMB_PROBE_NETNS_LOOK_H

#include <stddef.h>
#include <stdint.h>

#include "stream.h"

/* Name under /run/netns of that namespace, "" if it has none. */
void netns_name(uint32_t inum, char *name, size_t size);

/* Every device of the namespace as CRUMB_EV_DEV at @time_ns. -ENOENT: nobody holds that namespace any more. */
int netns_dump_devices(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/* The forwarding tables (FDB) of its bridges as CRUMB_EV_FDB. */
int netns_dump_fdb(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/* The ports of its bridges as CRUMB_EV_PORT. */
int netns_dump_ports(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/* Inode number of the namespace of @pid (0: the caller's); 0 on failure. */
uint32_t netns_of_process(int pid);

#endif
