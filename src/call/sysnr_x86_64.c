// SPDX-License-Identifier: GPL-2.0-only
/* The table of x86-64, out of <asm/unistd.h>; a file of its own because the headers share their names. */
#include "sysnr.h"

#if defined(__x86_64__)
#include <asm/unistd.h>
const struct sysnr_row sysnr_x86_64[] = {
#define ROW(name) { #name, __NR_##name },
#include "sysnr_native.inc"
	{ NULL, 0 }
};
#else
const struct sysnr_row sysnr_x86_64[] = { { NULL, 0 } };
#endif
