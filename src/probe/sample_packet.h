/* SPDX-License-Identifier: GPL-2.0-only */
/* The beginning of a frame in user space: which connection, which bytes. As bpf/body/head.h reads it in the kernel. */
#ifndef CRUMB_PROBE_SAMPLE_PACKET_H
#define CRUMB_PROBE_SAMPLE_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sampled;

/* Of @n bytes from the Ethernet header on. False: neither TCP nor UDP over IP, a later fragment, no bytes, or cut off before that is known. */
bool sample_packet(const uint8_t *frame, size_t n, struct sampled *ret);

#endif
