/* SPDX-License-Identifier: GPL-2.0-only */
/* Does anybody on this machine translate addresses (NAT)? What is not in use need not be verified and asked at each packet. */
#ifndef CRUMB_PROBE_NAT_LOOK_H
#define CRUMB_PROBE_NAT_LOOK_H

#include <stdbool.h>

/*
 * Is there a chain of type nat in a network namespace that has a name or a process? Also where that cannot be known: the old
 * iptables has tables there.
 */
bool nat_in_use(void);

#endif
