/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few rtnetlink requests the lab needs, bound to one network namespace each. See rtnetlink(7).
 */
#ifndef CRUMB_LAB_RTNL_H
#define CRUMB_LAB_RTNL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define RTNL_NAME_BYTES 16
#define RTNL_NO_PORT	(-1)

struct rtnl;

/* What is wanted of a link to be created. */
struct rtnl_new_link {
	const char *name;
	int ifindex;
	const uint8_t *mac; /* 6 bytes */
};

struct rtnl_link {
	char name[RTNL_NAME_BYTES];
	char kind[RTNL_NAME_BYTES]; /* "veth", "bridge", "" for lo */
	int ifindex;
	int bridge_ifindex; /* 0: no port */
	int port_state;	    /* BR_STATE_*, RTNL_NO_PORT */
	uint32_t mtu_bytes;
	uint32_t flags;	   /* IFF_* */
	uint8_t operstate; /* IF_OPER_*, linux/if.h */
	uint8_t mac[6];
};

struct rtnl_addr {
	int ifindex;
	int family;
	uint8_t prefix_bits;
	uint8_t bytes[16];
};

struct rtnl_fdb {
	int port_ifindex;
	uint8_t mac[6];
	bool learned; /* from a frame, not set up by a port or by hand */
};

typedef void (*rtnl_link_fn)(const struct rtnl_link *l, void *arg);
typedef void (*rtnl_addr_fn)(const struct rtnl_addr *a, void *arg);
typedef void (*rtnl_fdb_fn)(const struct rtnl_fdb *f, void *arg);

/*
 * Sockets in the namespace @netns_fd, which may be closed afterwards. The caller's thread stays
 * where it is.
 */
int rtnl_open(int netns_fd, struct rtnl **ret_rtnl, struct error *e);
void rtnl_close(struct rtnl *r);
void rtnl_closep(struct rtnl **r);

/* Both ends are created in place: @peer in the namespace @peer_netns_fd, nothing anywhere else. */
int rtnl_add_veth(struct rtnl *r, const struct rtnl_new_link *link, int peer_netns_fd,
		  const struct rtnl_new_link *peer, struct error *e);
int rtnl_add_bridge(struct rtnl *r, const struct rtnl_new_link *link, struct error *e);
int rtnl_set_up(struct rtnl *r, int ifindex, struct error *e);
int rtnl_set_bridge(struct rtnl *r, int ifindex, int bridge_ifindex, struct error *e);
int rtnl_add_addr(struct rtnl *r, const struct rtnl_addr *a, struct error *e);

int rtnl_for_each_link(struct rtnl *r, rtnl_link_fn fn, void *arg);
int rtnl_for_each_addr(struct rtnl *r, rtnl_addr_fn fn, void *arg);
int rtnl_for_each_fdb(struct rtnl *r, rtnl_fdb_fn fn, void *arg);

/* Wait until a link of the namespace changes, @timeout_ms at most. */
void rtnl_wait_link(struct rtnl *r, int timeout_ms);

#endif
