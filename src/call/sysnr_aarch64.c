// SPDX-License-Identifier: GPL-2.0-only
/* The table of arm64, which is the generic one: <asm-generic/unistd.h>, as arch/arm64/include/uapi/asm/unistd.h says. */
#include "sysnr.h"

#include <asm/bitsperlong.h>

#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_TIME32_SYSCALLS
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>

const struct sysnr_row sysnr_aarch64[] = {
#define ROW(name) { #name, __NR_##name },
#include "sysnr_generic.inc"
	{ NULL, 0 }
};
