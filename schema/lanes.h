/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way of records from the programs of one CPU to user space, as one value of an array map that both have mapped: for each lane a buffer that is
 * written round and round. A record is a word of its length and the event; it begins at a multiple of 8, and may run over its lane's end, behind which is room
 * for one. The last lane is the one in use; another one is taken only by a program that interrupts the few instructions in which a part of a lane
 * is handed out. Beside bpf/ringbuf.c's, which it replaces: no lock, no call, and two pages touched for a record instead of six.
 */
#ifndef CRUMB_LANES_H
#define CRUMB_LANES_H

#include <linux/types.h>

#include "crumb_limits.h"

#define CRUMB_LANES	  4
#define CRUMB_LANE_MAIN	  (CRUMB_LANES - 1)
#define CRUMB_RECORD_MAX  1024 /* with its length */
#define CRUMB_RECORD_HEAD 8
#define CRUMB_RECORD_BUSY 0x80000000u /* in its length: it is still being written */
#define CRUMB_LANE_BYTES  65536	      /* of each but the main one; a power of two */
#define CRUMB_LANE_SLACK  4096	      /* behind each: room for what runs over its end */
#define CRUMB_LANE_STRIDE (CRUMB_LANE_BYTES + CRUMB_LANE_SLACK)
/* Of the value: pages, also where those are of 64 KiB. @main: bytes of the main lane, a power of two, CRUMB_LANE_BYTES or more. */
#define CRUMB_LANES_BYTES(main) ((CRUMB_LANE_MAIN + 1) * CRUMB_LANE_BYTES + (main))

struct crumb_lane {   /* a line of the cache, written by the programs */
	__u64 handed; /* bytes handed out since the beginning */
	__u32 busy;   /* a part is being handed out */
	__u32 pad0;
	__u64 pad1[6];
};

struct crumb_taken { /* a line of the cache, written by user space */
	__u64 bytes; /* since the beginning */
	__u64 pad0[7];
};

struct crumb_lanes { /* a page; the lanes' data follow in their order */
	struct crumb_lane lane[CRUMB_LANES];
	struct crumb_taken taken[CRUMB_LANES];
	__u64 pad0[(4096 - 512) / 8];
};

_Static_assert(sizeof(struct crumb_lanes) + CRUMB_LANES * CRUMB_LANE_SLACK <= CRUMB_LANE_BYTES,
	       "the value has room for the head and what is behind each lane");
_Static_assert(CRUMB_RECORD_MAX <= CRUMB_LANE_SLACK, "a record runs over the end by less than that");

#endif
