/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Looking into network namespaces that the kernel side only knows by inode number: their names, devices and
 * bridge tables, over rtnetlink. Reads only. Works on the calling thread, which is back in its own namespace on return.
 */
#ifndef CRUMB_PROBE_NETNS_LOOK_H
#define CRUMB_PROBE_NETNS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream.h"

struct mnl_socket;

/* Name under /run/netns of that namespace, "" if it has none. */
void netns_name(uint32_t inum, char *name, size_t size);

/* Every device of the namespace as CRUMB_EV_DEV at @time_ns. -ENOENT: nobody holds that namespace any more. */
int netns_dump_devices(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/* The forwarding tables (FDB) of its bridges as CRUMB_EV_FDB. */
int netns_dump_fdb(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/* The ports of its bridges as CRUMB_EV_PORT. */
int netns_dump_ports(uint32_t inum, uint64_t time_ns, event_fn fn, void *ctx);

/*
 * Each device of the namespace by its kind ("vxlan"), with the UDP port that it uses if it says one (0). 0 or a negative errno.
 */
int netns_dump_kinds(uint32_t inum, void (*fn)(void *ctx, const char *kind, uint16_t port),
		     void *ctx);

/* A netlink socket to rtnetlink there, to be closed. NULL: not to be had. */
struct mnl_socket *netns_rtnetlink(uint32_t inum);

/* A netlink socket to netfilter there, to be closed. NULL: not to be had, or (EEXIST) tables of the old iptables are there, too. */
struct mnl_socket *netns_netfilter(uint32_t inum);

/* A generic netlink socket there, to be closed. NULL: not to be had. */
struct mnl_socket *netns_generic(uint32_t inum);

/* Has it a name or a process? Else only who holds a descriptor or a socket of it keeps it. */
bool netns_exists(uint32_t inum);

/* Call @fn with the calling thread in that namespace. 0, or a negative errno: @fn was not called, or the thread is not back. */
int netns_within(uint32_t inum, void (*fn)(uint32_t inum, void *ctx), void *ctx);

/* Inode number of the namespace of @pid (0: the caller's); 0 on failure. */
uint32_t netns_of_process(int pid);

#endif
