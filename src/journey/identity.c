// SPDX-License-Identifier: GPL-2.0-only
/*
 * A message's name: a hash of what both ends know of it alone, so that each host computes the same
 * one. Bytes of the hashed record are in network order.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <endian.h>
#include <string.h>

#include "assembly.h"

struct name {
	char domain[8];
	uint8_t proto, offset_known;
	uint16_t ports[2];
	uint8_t pad0[2];
	uint8_t addr[2][16];
	uint64_t start; /* 64-bit offset; the 32-bit sequence number if the SYN was not seen; UDP: ordinal and digest */
	uint64_t bytes;
};

_Static_assert(sizeof(struct name) == 64, "no padding the compiler chose");

void journey_identify(struct journey *j, uint64_t seq)
{
	struct name n = {
		.domain = "crumb/1",
		.proto = j->proto,
		.offset_known = j->offset_known,
		.ports = { htobe16(j->src.port), htobe16(j->dst.port) },
		.start = htobe64(j->proto != IPPROTO_UDP && j->offset_known ? j->offset : seq),
		.bytes = htobe64(j->bytes),
	};
	XXH128_canonical_t id;

	memcpy(n.addr[0], j->src.addr, 16);
	memcpy(n.addr[1], j->dst.addr, 16);
	XXH128_canonicalFromHash(&id, XXH3_128bits(&n, sizeof(n)));
	memcpy(j->id, id.digest, sizeof(j->id));
}
