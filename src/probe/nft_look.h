/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rule of nftables dropped a packet: named only if it is the only one that can have. */
#ifndef CRUMB_PROBE_NFT_LOOK_H
#define CRUMB_PROBE_NFT_LOOK_H

#include "event.h"

/*
 * Read the rules of the drop's namespace, as they are now. The rule has no table where they cannot be read, or where none or several
 * can have dropped it. Rules that count and have counted nothing cannot, nor those of hooks and families where the packet does not pass.
 */
void nft_look(const struct crumb_ev_drop *drop, struct crumb_ev_rule *ret_rule);

#endif
