/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a pcap-filter expression is evaluated over, shared by the kernel side (bpf/filter.bpf.h) and by the
 * compiler of expressions (src/probe/filter_ebpf.c): one packet from its IP header on, as libpcap's DLT_RAW.
 */
#ifndef CRUMB_SCHEMA_FILTER_PACKET_H
#define CRUMB_SCHEMA_FILTER_PACKET_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "crumb_limits.h"

/* eBPF instructions reserved for the expression; those it does not need are cut off before loading. */
#define CRUMB_FILTER_INSNS 4096

struct crumb_filter_packet {
	__u32 len;    /* of the whole packet: what `len`, `less` and `greater` compare */
	__u32 caplen; /* valid in bytes[], <= CRUMB_FILTER_BYTES; never read beyond */
	__u8 bytes[CRUMB_FILTER_BYTES];
};

_Static_assert(sizeof(struct crumb_filter_packet) == 8 + CRUMB_FILTER_BYTES, "packed by nature");

#endif
