/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bridge did with a frame, from its ports' state, its VLANs and its forwarding table: why it dropped it, where the kernel gives no
 * reason (net/bridge: most frees have none up to Linux 6.18); that it flooded it. Private to journey/.
 */
#ifndef CRUMB_JOURNEY_BRIDGE_H
#define CRUMB_JOURNEY_BRIDGE_H

#include "assembly.h"
#include "path.h"

struct bridges;

struct bridges *bridges_new(void); /* NULL: no memory */
void bridges_free(struct bridges *b);

/* What user space read of them. 0 or -ENOMEM. */
int bridges_port(struct bridges *b, const struct crumb_ev_port *ev);
int bridges_fdb(struct bridges *b, const struct crumb_ev_fdb *ev);
size_t bridges_entries(const struct bridges *b); /* of forwarding tables, as are kept */

/*
 * A drop at a bridge's port gets its reason, with what proves it: @ev->reason is then a number of our own, whose name facts_reason()
 * knows. By the ports as they were last told. 0 or -ENOMEM.
 */
int bridge_name_drop(struct assembler *a, struct crumb_ev_drop *ev);

/* "port forwarding, VLAN 10 by its PVID", of a frame that came in. */
void bridge_say_in(struct assembler *a, struct words *w, const struct path_step *s);

/* "FDB: swp2 (learned, 3.0 s old) for ...", "flooded to 2 ports". */
void bridge_say_forward(struct assembler *a, const struct message *m, struct words *w,
			const struct path_step *s);

#endif
