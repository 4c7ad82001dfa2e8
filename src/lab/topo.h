/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A topology: hosts and switches, the links between them, bridges and addresses. A pure
 * description, realised as namespaces by lab.c. The file format is documented in crumb-lab(1).
 */
#ifndef CRUMB_LAB_TOPO_H
#define CRUMB_LAB_TOPO_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define TOPO_HOSTS_MAX	     64
#define TOPO_IFACES_MAX	     512
#define TOPO_HOST_IFACES_MAX 250
#define TOPO_ADDRS_MAX	     1024
#define TOPO_TEXT_BYTES_MAX  65536
#define TOPO_NAME_BYTES	     16	    /* of hosts and interfaces alike: IFNAMSIZ */
#define TOPO_KERNEL_DEFAULT  "6.12" /* of lab/vm/kernels */
#define TOPO_IMPAIR_BYTES    96
#define TOPO_ROUTES_MAX	     64
#define TOPO_VLAN_MAX	     4094
#define TOPO_NONE	     (-1)

enum topo_role { TOPO_HOST, TOPO_SWITCH };
enum topo_kind { TOPO_LINK_END, TOPO_BRIDGE, TOPO_SVI };

/* Debian's programs that a machine runs; bits of struct topo_host's services. */
enum topo_service { TOPO_IFUPDOWN2 = 1, TOPO_LLDPD = 2, TOPO_FRR = 4, TOPO_CHRONY = 8 };

struct topo_host {
	char name[TOPO_NAME_BYTES];
	enum topo_role role;
	char kernel[TOPO_NAME_BYTES]; /* of a machine: a name of lab/vm/kernels */
	char nic[TOPO_NAME_BYTES];    /* of a machine: QEMU's model; "" is virtio-net-pci */
	unsigned int services;
};

/* Indices are into the arrays of struct topo; TOPO_NONE where there is none. */
struct topo_iface {
	char name[TOPO_NAME_BYTES];
	enum topo_kind kind;
	int host;
	int peer;      /* the interface at the other end of the link */
	int bridge;    /* the bridge interface this one is a port of */
	int over;      /* of an SVI: its bridge */
	uint16_t vlan; /* of a port: that of frames without a tag; of an SVI; 0: not told */
	int ordinal;   /* 1, 2, ... among the interfaces of its host, in file order */
	char impair[TOPO_IMPAIR_BYTES]; /* words for netem (tc-netem(8)); "" none */
};

struct topo_addr {
	int iface;
	int family; /* AF_INET or AF_INET6 */
	uint8_t prefix_bits;
	uint8_t bytes[16]; /* network order; the first 4 for AF_INET */
};

struct topo_route {
	int host;
	int family;
	uint8_t prefix_bits; /* 0: default */
	uint8_t bytes[16], via[16];
};

struct topo {
	struct topo_host hosts[TOPO_HOSTS_MAX];
	struct topo_iface ifaces[TOPO_IFACES_MAX];
	struct topo_addr addrs[TOPO_ADDRS_MAX];
	struct topo_route routes[TOPO_ROUTES_MAX];
	int n_hosts, n_ifaces, n_addrs, n_routes;
	int machines_line; /* where the first statement stands that only virtual machines can follow; 0: there is none */
};

/*
 * Parse @n bytes of @text; @name stands for the file in messages ("FILE:LINE: cause; remedy"). On
 * success *ret_topo is the caller's, to be freed with topo_free(). -EINVAL for a bad text, -ENOMEM.
 */
int topo_parse(const char *text, size_t n, const char *name, struct topo **ret_topo, struct error *e);
void topo_free(struct topo *t);
void topo_freep(struct topo **t);

/* The text of the topology built into crumb (lab/topo/default.topo). */
const char *topo_default_text(void);

#endif
