/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What floor.bpf.c and floor.c both must know: the sizes of the records measured.
 */
#ifndef CRUMB_BENCH_FLOOR_H
#define CRUMB_BENCH_FLOOR_H

#define FLOOR_SMALL_BYTES  64
#define FLOOR_MEDIUM_BYTES 96
#define FLOOR_LARGE_BYTES  152

#endif
