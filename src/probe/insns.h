/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of the small programs by which abilities are tried (Documentation/bpf/standardization). */
#ifndef CRUMB_PROBE_INSNS_H
#define CRUMB_PROBE_INSNS_H

#include <linux/bpf.h>

/* clang-format off */
#define INSN_SET(reg, value)	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (reg), .imm = (value) }
#define INSN_MOV(to, from)	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) }
#define INSN_CALL(helper)	{ .code = BPF_JMP | BPF_CALL, .imm = (helper) }
#define INSN_EXIT		{ .code = BPF_JMP | BPF_EXIT }
#define INSN_LD_MAP(reg, fd) \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (reg), .src_reg = BPF_PSEUDO_MAP_FD, .imm = (fd) }, { 0 }
/* clang-format on */

#endif
