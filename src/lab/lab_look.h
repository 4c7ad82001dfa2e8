/* SPDX-License-Identifier: GPL-2.0-only */
/* What the interfaces of a lab host look like now: for `crumb lab status`. */
#ifndef CRUMB_LAB_LAB_LOOK_H
#define CRUMB_LAB_LAB_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab.h"

struct lab_addr {
	char text[56]; /* "fd47:c0de::1/64" */
	bool link_local;
};

struct lab_iface {
	char name[16];
	char kind[16];	 /* "veth", "bridge", "loopback" */
	char bridge[16]; /* "" for no port */
	int ifindex;
	bool up; /* carries packets */
	bool is_port;
	uint8_t port_state; /* BR_STATE_*, of a port */
	uint32_t mtu_bytes;
	uint32_t n_learned; /* FDB entries that frames received on this port made */
	uint8_t mac[6];
	struct lab_addr *addrs;
	size_t n_addrs;
};

struct lab_look {
	struct lab_iface *ifaces;
	size_t n_ifaces;
	int err; /* of a callback */
};

/* Needs root. lab_look_done() frees *ret_look. */
int lab_look(const struct lab_host *h, struct lab_look *ret_look, struct error *e);
void lab_look_done(struct lab_look *l);

/* "forwarding" for BR_STATE_FORWARDING. */
const char *lab_port_state_name(unsigned int state);

#endif
