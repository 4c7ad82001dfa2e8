/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of the small programs by which abilities are tried (Documentation/bpf/standardization). */
#ifndef CRUMB_PROBE_INSNS_H
#define CRUMB_PROBE_INSNS_H

#include <linux/bpf.h>

/* clang-format off */
#define INSN_SET(reg, value)	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define INSN_MOV(to, from)	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) }
#define INSN_ADD(reg, value)	{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (reg), .imm = (value) }
#define INSN_LOAD(to, from, at)	{ .code = BPF_LDX | BPF_DW | BPF_MEM, .dst_reg = (to), .src_reg = (from), .off = (at) }
#define INSN_STORE(to, reg, at)	{ .code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = (to), .src_reg = (reg), .off = (at) }
#define INSN_CALL(helper)	{ .code = BPF_JMP | BPF_CALL, .imm = (helper) }
#define INSN_EXIT		{ .code = BPF_JMP | BPF_EXIT }
#define INSN_LD_MAP(reg, fd) \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (reg), .src_reg = BPF_PSEUDO_MAP_FD, .imm = (fd) }, { 0 }
/* The start of an array's first value. */
#define INSN_LD_VALUE(reg, fd) \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (reg), .src_reg = BPF_PSEUDO_MAP_VALUE, .imm = (fd) }, { 0 }
/* Over the next n instructions (a load of 64 bits is two). */
#define INSN_SKIP_UNLESS(reg, value, n)	{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (reg), .off = (n), .imm = (value) }
#define INSN_SKIP_UNLESS_SAME(a, b, n)	{ .code = BPF_JMP | BPF_JNE | BPF_X, .dst_reg = (a), .src_reg = (b), .off = (n) }
/* clang-format on */

#endif
