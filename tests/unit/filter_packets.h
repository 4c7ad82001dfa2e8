/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets for tests/unit/test_filter.c: IPv4 and IPv6, TCP, UDP, ICMP and others, options, fragments, cut short,
 * and rubbish, with the addresses and ports that its expressions name.
 */
#ifndef CRUMB_TEST_FILTER_PACKETS_H
#define CRUMB_TEST_FILTER_PACKETS_H

#include <stdint.h>
#include <string.h>

#include "filter_packet.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t random_state = 1;

static inline uint32_t rnd(void)
{
	random_state ^= random_state << 13; /* xorshift64: the same packets on every machine */
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state >> 16;
}

static inline uint32_t below(uint32_t n)
{
	return rnd() % n;
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void fill_l4(uint8_t *p, size_t room, uint8_t proto)
{
	static const uint16_t ports[] = { 4747, 80, 53, 22, 1024, 4789, 65535, 6081 };
	static const char payload[] = "GET /muffin HTTP/1.1\r\n";
	uint8_t header[60 + sizeof(payload)];
	size_t n;

	for (size_t i = 0; i < sizeof(header); i++)
		header[i] = rnd();
	put16(header, below(4) ? ports[below(COUNT_OF(ports))] : rnd());
	put16(header + 2, below(4) ? ports[below(COUNT_OF(ports))] : rnd());
	if (proto == 6) {
		n = 5 + below(11);
		header[12] = n << 4 | (header[12] & 0xf);
		header[13] = below(2) ? 1u << below(6) : header[13];
		memcpy(header + 4 * n, payload, sizeof(payload));
	} else if (proto == 1 || proto == 58) {
		header[0] = below(2) ? 8 * below(2) : 128 + below(10);
		header[1] = below(3);
	}
	memcpy(p, header, room < sizeof(header) ? room : sizeof(header));
}

static inline uint8_t some_proto(void)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 1, 58, 132, 47, 50, 51, 4, 41 };

	return below(16) ? protos[below(COUNT_OF(protos))] : rnd();
}

static inline size_t fill_v4(uint8_t *p)
{
	static const uint8_t addrs[][4] = { { 10, 47, 0, 1 },	    { 10, 47, 0, 2 },
					    { 192, 168, 1, 9 },	    { 224, 0, 0, 5 },
					    { 255, 255, 255, 255 }, { 10, 48, 0, 2 } };
	size_t ihl = below(3) ? 5 : 5 + below(11);
	uint8_t proto = some_proto();

	p[0] = 0x40 | ihl;
	p[1] = below(2) ? 0 : rnd();
	put16(p + 2, 20 + below(1500));
	put16(p + 6, below(4) ? 0x4000 : below(2) ? 0x2000 | below(8192) : rnd());
	p[8] = below(2) ? 64 : rnd();
	p[9] = proto;
	memcpy(p + 12, addrs[below(COUNT_OF(addrs))], 4);
	memcpy(p + 16, addrs[below(COUNT_OF(addrs))], 4);
	fill_l4(p + 4 * ihl, CRUMB_FILTER_BYTES - 4 * ihl, proto);
	return 4 * ihl;
}

static inline size_t fill_v6(uint8_t *p)
{
	static const uint8_t addrs[][16] = {
		{ 0xfd, 0x47, 0xc0, 0xde, [15] = 1 },
		{ 0xfd, 0x47, 0xc0, 0xde, [15] = 2 },
		{ 0xff, 2, [15] = 1 },
		{ 0xfe, 0x80, [15] = 9 },
		{ [15] = 1 },
	};
	uint8_t proto = some_proto();
	size_t at = 40;

	p[0] = 0x60 | below(16);
	put16(p + 4, below(1500));
	p[6] = proto;
	memcpy(p + 8, addrs[below(COUNT_OF(addrs))], 16);
	memcpy(p + 24, addrs[below(COUNT_OF(addrs))], 16);
	if (below(4) == 0) { /* hop-by-hop options or a fragment header between */
		p[6] = below(2) ? 0 : 44;
		p[40] = proto;
		p[41] = 0;
		at = 48;
	}
	fill_l4(p + at, CRUMB_FILTER_BYTES - at, proto);
	return at;
}

/* Bytes beyond caplen are rubbish on purpose: a program that reads them disagrees. */
static inline void make_packet(struct crumb_filter_packet *p)
{
	uint32_t kind = below(16);

	for (size_t i = 0; i < sizeof(p->bytes); i++)
		p->bytes[i] = rnd();
	if (kind < 8)
		fill_v4(p->bytes);
	else if (kind < 14)
		fill_v6(p->bytes);
	p->caplen = below(4) ? CRUMB_FILTER_BYTES : below(CRUMB_FILTER_BYTES + 1);
	p->len = p->caplen + (below(2) ? 0 : below(below(2) ? 100 : 65536));
}

#endif
