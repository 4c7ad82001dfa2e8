// SPDX-License-Identifier: GPL-2.0-only
#include "disasm.h"

#include <capstone/capstone.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct disasm {
	csh handle;
	cs_insn *insn;
	enum story_architecture arch;
};

int disasm_new(enum story_architecture arch, struct disasm **ret)
{
	struct disasm *d = calloc(1, sizeof(*d));
	cs_err err;

	if (!d)
		return -ENOMEM;
	d->arch = arch;
	err = arch == STORY_AARCH64 ? cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &d->handle) :
				      cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle);
	if (err == CS_ERR_OK)
		err = cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON);
	d->insn = err == CS_ERR_OK ? cs_malloc(d->handle) : NULL;
	if (!d->insn) {
		disasm_free(d);
		return -ENOTSUP;
	}
	*ret = d;
	return 0;
}

void disasm_free(struct disasm *d)
{
	if (!d)
		return;
	if (d->insn)
		cs_free(d->insn, 1);
	if (d->handle)
		cs_close(&d->handle);
	free(d);
}

/* ------------------------------------------------------------------------------------------- x86-64 */

static int x86_number(unsigned int reg)
{
	static const struct {
		uint16_t reg;
		int number;
	} rows[] = {
		{ X86_REG_RAX, 0 }, { X86_REG_EAX, 0 },	 { X86_REG_RDI, 1 }, { X86_REG_EDI, 1 },
		{ X86_REG_RSI, 2 }, { X86_REG_ESI, 2 },	 { X86_REG_RDX, 3 }, { X86_REG_EDX, 3 },
		{ X86_REG_R10, 4 }, { X86_REG_R10D, 4 }, { X86_REG_R8, 5 },  { X86_REG_R8D, 5 },
		{ X86_REG_R9, 6 },  { X86_REG_R9D, 6 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].reg == reg)
			return rows[i].number;
	return -1;
}

static void x86_tls(const struct disasm *d, const cs_x86_op *op, struct disasm_insn *r)
{
	const char *base = op->mem.base ? cs_reg_name(d->handle, op->mem.base) : NULL;

	r->stores_tls = true;
	snprintf(r->tls[0], sizeof(r->tls[0]), "fs");
	snprintf(r->tls[1], sizeof(r->tls[1]), "%s", base ? base : "");
}

static void x86_operands(const struct disasm *d, const cs_insn *in, struct disasm_insn *r)
{
	const cs_x86 *x = &in->detail->x86;

	for (unsigned int k = 0; k < x->op_count; k++) {
		const cs_x86_op *op = &x->operands[k];

		if (op->type == X86_OP_IMM) {
			r->has_imm = true;
			r->imm = op->imm;
		} else if (op->type == X86_OP_MEM) {
			r->touches_memory = true;
			if (op->mem.base == X86_REG_RIP) {
				r->has_memory = true;
				r->memory = in->address + in->size + op->mem.disp;
			}
			if (op->mem.segment == X86_REG_FS && (op->access & CS_AC_WRITE))
				x86_tls(d, op, r);
		} else if (op->type == X86_OP_REG && (op->access & CS_AC_WRITE)) {
			r->writes = x86_number(op->reg);
		}
	}
	/* xor r, r says 0; capstone calls the destination of some moves read */
	if (x->op_count && x->operands[0].type == X86_OP_REG &&
	    (in->id == X86_INS_MOV || in->id == X86_INS_XOR || in->id == X86_INS_MOVABS ||
	     in->id == X86_INS_LEA || in->id == X86_INS_MOVSXD))
		r->writes = x86_number(x->operands[0].reg);
}

static void read_x86(const struct disasm *d, const cs_insn *in, struct disasm_insn *r)
{
	x86_operands(d, in, r);
	r->is_syscall = in->id == X86_INS_SYSCALL;
	r->is_negate = in->id == X86_INS_NEG;
	r->is_compare = in->id == X86_INS_CMP;
	r->is_minus_one = (in->id == X86_INS_MOV || in->id == X86_INS_OR) && r->has_imm &&
			  (uint32_t)r->imm == UINT32_MAX;
}

/* -------------------------------------------------------------------------------------------- arm64 */

static int arm64_number(unsigned int reg)
{
	if (reg == ARM64_REG_X8 || reg == ARM64_REG_W8)
		return 0;
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X5)
		return 1 + reg - ARM64_REG_X0;
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W5)
		return 1 + reg - ARM64_REG_W0;
	return -1;
}

static void read_arm64(const struct disasm *d, const cs_insn *in, struct disasm_insn *r)
{
	const cs_arm64 *a = &in->detail->arm64;

	for (unsigned int k = 0; k < a->op_count; k++) {
		if (a->operands[k].type == ARM64_OP_IMM) {
			r->has_imm = true;
			r->imm = a->operands[k].imm;
			if (a->operands[k].shift.type == ARM64_SFT_LSL)
				r->imm <<= a->operands[k].shift.value;
		} else if (a->operands[k].type == ARM64_OP_MEM) {
			r->touches_memory = true;
		}
	}
	if (a->op_count && a->operands[0].type == ARM64_OP_REG &&
	    (in->id == ARM64_INS_MOV || in->id == ARM64_INS_MOVZ || in->id == ARM64_INS_MOVN ||
	     in->id == ARM64_INS_ORR || in->id == ARM64_INS_SXTW || in->id == ARM64_INS_LDR))
		r->writes = arm64_number(a->operands[0].reg);
	r->is_syscall = in->id == ARM64_INS_SVC;
	r->is_negate = in->id == ARM64_INS_NEG;
	r->is_compare = in->id == ARM64_INS_CMN || in->id == ARM64_INS_CMP;
	r->is_minus_one = (in->id == ARM64_INS_MOVN && r->has_imm && r->imm == 0) ||
			  (in->id == ARM64_INS_MOV && r->has_imm &&
			   (r->imm == UINT64_MAX || r->imm == UINT32_MAX));
	r->is_thread_pointer = in->id == ARM64_INS_MRS;
	/* the comparison with 0 is in the jump (cbz): the load of the byte stands for it */
	if (in->id == ARM64_INS_LDRB) {
		r->is_compare = r->has_imm = true;
		r->imm = 0;
	}
	if (in->id == ARM64_INS_CBZ || in->id == ARM64_INS_CBNZ || in->id == ARM64_INS_TBZ ||
	    in->id == ARM64_INS_TBNZ ||
	    (in->id == ARM64_INS_B && a->cc != ARM64_CC_INVALID && a->cc != ARM64_CC_AL &&
	     a->cc != ARM64_CC_NV))
		r->is_jump = r->is_conditional = true;
	if (in->id == ARM64_INS_BL || in->id == ARM64_INS_BLR)
		r->is_call = true;
	/* the thread's errno: str wN, [xM, xK] with the thread pointer in one of them */
	r->stores_tls = in->id == ARM64_INS_STR && a->op_count == 2 &&
			a->operands[1].type == ARM64_OP_MEM && a->operands[1].mem.index &&
			a->operands[0].reg >= ARM64_REG_W0 && a->operands[0].reg <= ARM64_REG_W30;
	if (!r->stores_tls)
		return;
	snprintf(r->tls[0], sizeof(r->tls[0]), "%s", cs_reg_name(d->handle, a->operands[1].mem.base));
	snprintf(r->tls[1], sizeof(r->tls[1]), "%s",
		 cs_reg_name(d->handle, a->operands[1].mem.index));
}

/* --------------------------------------------------------------------------------------------- both */

bool disasm_one(struct disasm *d, const uint8_t *bytes, size_t n, uint64_t addr,
		struct disasm_insn *ret)
{
	struct disasm_insn r = { .writes = -1 };
	cs_insn *in = d->insn;

	if (!cs_disasm_iter(d->handle, &bytes, &n, &addr, in))
		return false;
	r.size = in->size;
	snprintf(r.text, sizeof(r.text), "%.24s%s%.90s", in->mnemonic, in->op_str[0] ? " " : "",
		 in->op_str);
	r.is_call = cs_insn_group(d->handle, in, CS_GRP_CALL);
	r.is_jump = cs_insn_group(d->handle, in, CS_GRP_JUMP);
	r.is_return = cs_insn_group(d->handle, in, CS_GRP_RET);
	if (d->arch == STORY_X86_64)
		read_x86(d, in, &r);
	else
		read_arm64(d, in, &r);
	if (d->arch == STORY_X86_64)
		r.is_conditional = r.is_jump && in->id != X86_INS_JMP;
	if ((r.is_call || r.is_jump) && r.has_imm && !r.touches_memory) {
		r.has_target = true;
		r.target = r.imm;
		r.has_imm = false;
	}
	*ret = r;
	return true;
}
