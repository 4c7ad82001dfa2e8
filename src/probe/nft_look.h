/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rule of nftables dropped a packet: named only if it is the only one that can have. */
#ifndef CRUMB_PROBE_NFT_LOOK_H
#define CRUMB_PROBE_NFT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"

struct mnl_socket;

/* That of the rules there are, which changes with them. @nl: netns_netfilter(). False: it cannot be read. */
bool nft_generation(struct mnl_socket *nl, uint32_t *ret_generation);

/*
 * Read the rules of the drop's namespace, as they are now. The rule has no table where they cannot be read, or where none or several
 * can have dropped it. Rules that count and have counted nothing cannot, nor those of hooks and families where the packet does not pass.
 * `read_ns` is when that began: whoever had counted by then had. False: they changed meanwhile, or cannot be read.
 */
bool nft_look(const struct crumb_ev_drop *drop, struct crumb_ev_rule *ret_rule,
	      uint32_t *ret_generation);

#endif
