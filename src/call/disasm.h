/* SPDX-License-Identifier: GPL-2.0-only */
/* One instruction at a time, in words and in what it does for a system call. The only place that knows capstone. */
#ifndef CRUMB_CALL_DISASM_H
#define CRUMB_CALL_DISASM_H

#include "story.h"

struct disasm;

struct disasm_insn {
	char text[STORY_TEXT_BYTES]; /* "mov eax, 0x29" */
	unsigned int size;
	bool is_call, is_jump, is_conditional, is_return, is_syscall;
	bool is_negate, is_compare, is_minus_one;
	bool is_thread_pointer; /* reads it (arm64) */
	bool stores_tls;	/* writes to memory relative to the thread pointer */
	char tls[2][8];		/* registers whose sum is that address, "" none */
	bool has_target;	/* of a direct call or jump */
	bool has_memory;	/* memory at a known address: relative to the instruction */
	bool has_imm;
	bool touches_memory;
	uint64_t target, memory, imm;
	int writes; /* number of the register of a system call that it writes: as story_register(); -1 none */
};

int disasm_new(enum story_architecture arch, struct disasm **ret);
void disasm_free(struct disasm *d);

/* The instruction at the start of @bytes, which lie at @addr. False if it is none. */
bool disasm_one(struct disasm *d, const uint8_t *bytes, size_t n, uint64_t addr,
		struct disasm_insn *ret);

#define DISASM_BYTES_MAX 16 /* of one instruction */

#endif
