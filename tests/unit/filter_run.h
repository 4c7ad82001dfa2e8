/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/unit/filter_run.bpf.c and tests/unit/test_filter.c share: the .bss of the former. */
#ifndef CRUMB_TEST_FILTER_RUN_H
#define CRUMB_TEST_FILTER_RUN_H

#include "filter_packet.h"

#define FILTER_RUN_PACKETS 1024 /* a power of two */
#define FILTER_RUN_ROUNDS  16384

struct filter_run {
	__u64 ns;
	__u64 taken;
	__u32 count;
	__s32 null_verdict;
	__s32 verdict[FILTER_RUN_PACKETS];
	struct crumb_filter_packet packet[FILTER_RUN_PACKETS];
};

#endif
