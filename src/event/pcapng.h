/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of pcapng (draft-ietf-opsawg-pcapng) that a trace file uses, and what crumb adds to it:
 * one local-use block and one custom option. docs/TRACE-FORMAT.md describes the whole file.
 */
#ifndef CRUMB_EVENT_PCAPNG_H
#define CRUMB_EVENT_PCAPNG_H

#include <stdint.h>

#define PCAPNG_SHB	  0x0A0D0D0Au /* section header: the same in both byte orders */
#define PCAPNG_IDB	  0x00000001u /* interface description */
#define PCAPNG_ISB	  0x00000005u /* interface statistics */
#define PCAPNG_EPB	  0x00000006u /* enhanced packet */
#define PCAPNG_CUSTOM	  0x00000BADu /* custom, to be copied */
#define PCAPNG_BYTE_ORDER 0x1A2B3C4Du

#define PCAPNG_OPT_END	      0
#define PCAPNG_OPT_COMMENT    1
#define PCAPNG_OPT_CUSTOM     2989 /* binary, to be copied; begins with a PEN */
#define PCAPNG_SHB_HARDWARE   2
#define PCAPNG_SHB_OS	      3
#define PCAPNG_SHB_USERAPPL   4
#define PCAPNG_IF_NAME	      2
#define PCAPNG_IF_DESCRIPTION 3
#define PCAPNG_IF_TSRESOL     9
#define PCAPNG_EPB_FLAGS      2
#define PCAPNG_EPB_DROPCOUNT  4
#define PCAPNG_EPB_PACKETID   5
#define PCAPNG_EPB_QUEUE      6
#define PCAPNG_ISB_IFRECV     4
#define PCAPNG_ISB_IFDROP     5

#define PCAPNG_INBOUND	1 /* bits 0-1 of epb_flags */
#define PCAPNG_OUTBOUND 2

#define PCAPNG_LINK_ETHERNET 1	 /* LINKTYPE_ETHERNET */
#define PCAPNG_LINK_RAW	     101 /* LINKTYPE_RAW: begins with the IP header */

/* Wireshark's own bound on a block (wiretap/pcapng.c); a longer one is taken for damage. */
#define PCAPNG_BLOCK_MAX (16u << 20)

/* "crmb". Not registered with IANA: it only has to differ from others in the same file. */
#define TRACE_PEN 0x63726d62u
/*
 * Events without a packet. A local-use type (bit 31) and not PCAPNG_CUSTOM, because Wireshark 4.0
 * lists each custom block as if it were a packet; the body is that of a custom block, and a reader
 * takes either.
 */
#define TRACE_BLOCK	0x8063726du
#define TRACE_BLOCK_MAX (256u << 10) /* no block of a trace is longer */
#define TRACE_FORMAT	1	     /* in the section header */

enum trace_kind {
	TRACE_KIND_SECTION = 1, /* option of the section header: number = TRACE_FORMAT */
	TRACE_KIND_EVENTS,	/* block: number = events in the section before it */
	TRACE_KIND_PACKET,	/* option of a packet: the same; its event, packet bytes left out */
};

/* Begins the body of every block and option of crumb. */
struct trace_head {
	uint32_t pen;  /* TRACE_PEN */
	uint16_t kind; /* enum trace_kind */
	uint16_t pad0;
	uint64_t number;
} __attribute__((packed, aligned(4)));

struct pcapng_block {
	uint32_t type;
	uint32_t len; /* whole block, both lengths included; a multiple of 4 */
};

struct pcapng_shb {
	uint32_t byte_order;
	uint16_t major, minor;
	uint64_t section_len; /* all ones: unknown */
} __attribute__((packed, aligned(4)));

struct pcapng_idb {
	uint16_t link_type, pad0;
	uint32_t snap_len;
};

struct pcapng_epb {
	uint32_t iface;
	uint32_t time_hi, time_lo;
	uint32_t captured, original;
};

struct pcapng_isb {
	uint32_t iface;
	uint32_t time_hi, time_lo;
};

struct pcapng_opt {
	uint16_t code, len; /* padded to a multiple of 4, which `len` does not count */
};

#define PCAPNG_PAD(n) (((n) + 3u) & ~3u)

#endif
