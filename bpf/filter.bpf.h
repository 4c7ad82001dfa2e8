/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user's pcap-filter expression as one function. src/probe/filter_ebpf.c writes its body into the ELF
 * image before the kernel loads it, so the expression runs as compiled code and needs no map.
 */
#ifndef CRUMB_BPF_FILTER_H
#define CRUMB_BPF_FILTER_H

#include "filter_packet.h"

/* 1: take the packet, 0: leave it (also for NULL). The packet is only read. */
int crumb_filter(struct crumb_filter_packet *p);

#endif
