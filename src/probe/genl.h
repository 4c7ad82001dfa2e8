/* SPDX-License-Identifier: GPL-2.0-only */
/* Families of generic netlink (include/uapi/linux/genetlink.h): their numbers are given out as they come. */
#ifndef CRUMB_PROBE_GENL_H
#define CRUMB_PROBE_GENL_H

#include <stdint.h>

struct mnl_socket;
struct nlmsghdr;

struct genl_family {
	uint16_t id;
	uint32_t group; /* number of the multicast group that was asked for; 0: it has none of that name */
};

/*
 * The family @name, and its multicast group @group (NULL: none is asked for). -ENOENT: the kernel has no such family now. All are listed: to a
 * question for one by its name the kernel might load a module.
 */
int genl_find(struct mnl_socket *nl, const char *name, const char *group, struct genl_family *ret);

/* A dump request for @cmd of the family in @buf, of NETLINK_REQUEST_BYTES. */
struct nlmsghdr *genl_request(void *buf, uint16_t family, uint8_t cmd);

#endif
