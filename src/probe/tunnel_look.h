/* SPDX-License-Identifier: GPL-2.0-only */
/* Which tunnels are there on this machine? What is not in use need not be verified and looked for in each packet. */
#ifndef CRUMB_PROBE_TUNNEL_LOOK_H
#define CRUMB_PROBE_TUNNEL_LOOK_H

#include <stdint.h>

#include "settings.h"

struct tunnel_look {
	uint8_t kinds; /* 1 << enum crumb_tunnel_kind, of devices in namespaces that have a name or a process */
	unsigned int ports,
		more; /* used by devices of VXLAN and Geneve; those that there was no room for */
	struct crumb_tunnel_port port[CRUMB_TUNNEL_PORTS];
};

void tunnel_look(struct tunnel_look *ret);

#endif
