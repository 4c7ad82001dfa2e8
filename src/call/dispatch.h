/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From a system call's number to its handler, as the kernel's own code goes: x64_sys_call() is a switch (Linux 6.9 and
 * later), compiled to comparisons and jumps, the last of which leads to the handler.
 */
#ifndef CRUMB_CALL_DISPATCH_H
#define CRUMB_CALL_DISPATCH_H

#include "disasm.h"

/*
 * Follow the @n bytes of code at @addr for number @nr. Returns the address to which it jumps in the end, and how many
 * comparisons led there; 0 if an instruction occurs that is neither comparison nor jump.
 */
uint64_t dispatch_follow(struct disasm *d, const uint8_t *bytes, size_t n, uint64_t addr,
			 uint32_t nr, uint32_t *ret_compares);

#endif
