// SPDX-License-Identifier: GPL-2.0-only
/*
 * Classic BPF to eBPF, and its place in the ELF image. Semantics: libpcap's bpf_filter() and the kernel's
 * net/core/filter.c (bpf_convert_filter); instruction set: Documentation/bpf/standardization.
 *
 * Registers: r0 = A, r1 = the packet, r2 = X, r3 = caplen, r4 scratch; M[] lies on the stack. A and X
 * keep their upper 32 bits zero: every write to them is a 32-bit operation. No callee-saved register is
 * used, so the JIT saves none. Jumps go forward only, so the verifier sees no loop.
 */
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "filter.h"
#include "filter_packet.h"

#define MAX_CLASSIC	3600 /* somewhat under BPF_MAXINSNS */
#define MAX_PER_CLASSIC 9    /* eBPF instructions of the longest one, an indexed load */
#define MAX_EXTRA	24   /* first and last ones */

/* Jump offsets are 16 bits, also while they still hold the classic target. */
_Static_assert(MAX_CLASSIC *MAX_PER_CLASSIC + MAX_EXTRA <= INT16_MAX, "every jump fits");

enum {
	A = BPF_REG_0,
	PKT = BPF_REG_1,
	X = BPF_REG_2,
	CAPLEN = BPF_REG_3,
	T = BPF_REG_4, /* scratch */
	FP = BPF_REG_10,
};

#define SHORTER "write it shorter, for example with net or portrange instead of many host or port"

#define UNREACHED 0xff
_Static_assert(CRUMB_FILTER_BYTES < UNREACHED, "known caplen fits a byte");

struct translation {
	const struct sock_filter *in;
	size_t n_in;
	struct bpf_insn *out;
	size_t n_out;
	/*
	 * Per classic instruction and one for "leave": where it begins in out[]; and the caplen that every
	 * way to it has already proved, UNREACHED if there is none (the verifier refuses unreachable code).
	 */
	uint16_t start[MAX_CLASSIC + 1];
	uint8_t proved[MAX_CLASSIC + 1];
};

static void emit(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, int32_t imm)
{
	t->out[t->n_out++] =
		(struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .imm = imm };
}

static void emit_memory(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, int16_t off)
{
	emit(t, code, dst, src, 0);
	t->out[t->n_out - 1].off = off;
}

/* @target is a classic instruction, resolve_jumps() makes an offset of it. n_in is "leave". */
static void emit_jump(struct translation *t, uint8_t code, uint8_t dst, uint8_t src, int32_t imm,
		      size_t target)
{
	emit(t, code, dst, src, imm);
	t->out[t->n_out - 1].off = target;
}

/* Control reaches @target with @proved bytes of the packet known to be there. */
static void flow_to(struct translation *t, size_t target, uint8_t proved)
{
	if (proved < t->proved[target])
		t->proved[target] = proved;
}

static void emit_leave(struct translation *t)
{
	emit_jump(t, BPF_JMP | BPF_JA, 0, 0, 0, t->n_in);
}

static void emit_return(struct translation *t, int32_t value)
{
	emit(t, BPF_ALU | BPF_MOV | BPF_K, A, 0, value);
	emit(t, BPF_JMP | BPF_EXIT, 0, 0, 0);
}

static int16_t scratch_off(uint32_t k)
{
	return -4 * ((int)k + 1);
}

static unsigned int size_bytes(uint16_t code)
{
	return BPF_SIZE(code) == BPF_W ? 4 : BPF_SIZE(code) == BPF_H ? 2 : 1;
}

/* Packet bytes at @base + @off into @dst, in host order. */
static void emit_fetch(struct translation *t, uint16_t code, uint8_t dst, uint8_t base, int off)
{
	unsigned int bytes = size_bytes(code);

	emit_memory(t, BPF_LDX | BPF_SIZE(code) | BPF_MEM, dst, base,
		    offsetof(struct crumb_filter_packet, bytes) + off);
	if (bytes > 1)
		emit(t, BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 8 * bytes);
}

/* False: the bytes can never be there, the packet is left. */
static bool emit_load_abs(struct translation *t, size_t pc, uint8_t dst)
{
	const struct sock_filter *in = &t->in[pc];
	uint64_t end = (uint64_t)in->k + size_bytes(in->code);

	if (end > CRUMB_FILTER_BYTES) {
		emit_leave(t);
		return false;
	}
	if (end > t->proved[pc]) {
		emit_jump(t, BPF_JMP | BPF_JLT | BPF_K, CAPLEN, 0, end, t->n_in);
		t->proved[pc] = end;
	}
	emit_fetch(t, in->code, dst, PKT, in->k);
	return true;
}

static bool emit_load_ind(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];
	uint64_t end = (uint64_t)in->k + size_bytes(in->code);

	if (end > CRUMB_FILTER_BYTES) {
		emit_leave(t);
		return false;
	}
	/*
	 * 64-bit sum of two 32-bit numbers: cannot wrap. The second test is for the verifier. It may by then
	 * believe contradictory things of X (a multiple of 128, and between 1 and 124) on a path that it does
	 * not see to be impossible, and refuse the load there; xor with a number unknown to it, twice, makes
	 * it forget.
	 */
	emit(t, BPF_ALU64 | BPF_MOV | BPF_X, T, X, 0);
	emit(t, BPF_ALU64 | BPF_ADD | BPF_K, T, 0, end);
	emit_jump(t, BPF_JMP | BPF_JGT | BPF_X, T, CAPLEN, 0, t->n_in);
	emit(t, BPF_ALU64 | BPF_XOR | BPF_X, T, CAPLEN, 0);
	emit(t, BPF_ALU64 | BPF_XOR | BPF_X, T, CAPLEN, 0);
	emit_jump(t, BPF_JMP | BPF_JGT | BPF_K, T, 0, CRUMB_FILTER_BYTES, t->n_in);
	emit(t, BPF_ALU64 | BPF_ADD | BPF_X, T, PKT, 0);
	emit_fetch(t, in->code, A, T, -(int)size_bytes(in->code));
	return true;
}

static bool emit_load(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];
	uint8_t dst = BPF_CLASS(in->code) == BPF_LD ? A : X;

	switch (BPF_MODE(in->code)) {
	case BPF_ABS:
		return emit_load_abs(t, pc, dst);
	case BPF_IND:
		return emit_load_ind(t, pc);
	case BPF_MSH:
		if (!emit_load_abs(t, pc, X))
			return false;
		emit(t, BPF_ALU | BPF_AND | BPF_K, X, 0, 0xf);
		emit(t, BPF_ALU | BPF_LSH | BPF_K, X, 0, 2);
		return true;
	case BPF_LEN:
		emit_memory(t, BPF_LDX | BPF_W | BPF_MEM, dst, PKT,
			    offsetof(struct crumb_filter_packet, len));
		return true;
	case BPF_MEM:
		emit_memory(t, BPF_LDX | BPF_W | BPF_MEM, dst, FP, scratch_off(in->k));
		return true;
	default:
		emit(t, BPF_ALU | BPF_MOV | BPF_K, dst, 0, in->k);
		return true;
	}
}

/* False: division by a constant zero, the packet is left. */
static bool emit_alu(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];
	uint8_t op = BPF_OP(in->code);
	bool divides = op == BPF_DIV || op == BPF_MOD, shifts = op == BPF_LSH || op == BPF_RSH;

	if (op == BPF_NEG) {
		emit(t, BPF_ALU | BPF_NEG, A, 0, 0);
	} else if (BPF_SRC(in->code) == BPF_K) {
		if (divides && in->k == 0) {
			emit_leave(t);
			return false;
		}
		if (shifts && in->k > 31)
			emit(t, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0);
		else
			emit(t, BPF_ALU | op | BPF_K, A, 0, in->k);
	} else {
		if (divides)
			emit_jump(t, BPF_JMP | BPF_JEQ | BPF_K, X, 0, 0, t->n_in);
		emit(t, BPF_ALU | op | BPF_X, A, X, 0);
		if (shifts) { /* eBPF takes the count modulo 32, classic BPF shifts everything out */
			emit_jump(t, BPF_JMP | BPF_JLT | BPF_K, X, 0, 32, pc + 1);
			emit(t, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0);
		}
	}
	return true;
}

/* The opposite of a comparison, so that "else" can be the jump; 0 for jset, which has none. */
static uint8_t invert(uint8_t op)
{
	return op == BPF_JEQ ? BPF_JNE : op == BPF_JGT ? BPF_JLE : op == BPF_JGE ? BPF_JLT : 0;
}

static void emit_branch(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];
	size_t yes = pc + 1 + in->jt, no = pc + 1 + in->jf;
	uint8_t op = BPF_OP(in->code), src = BPF_SRC(in->code);
	uint8_t x = src == BPF_X ? X : 0;
	int32_t k = src == BPF_X ? 0 : in->k;

	if (op == BPF_JA) {
		flow_to(t, pc + 1 + in->k, t->proved[pc]);
		emit_jump(t, BPF_JMP | BPF_JA, 0, 0, 0, pc + 1 + in->k);
		return;
	}
	flow_to(t, yes, t->proved[pc]);
	flow_to(t, no, t->proved[pc]);
	if (yes == pc + 1 && invert(op)) {
		emit_jump(t, BPF_JMP32 | invert(op) | src, A, x, k, no);
		return;
	}
	emit_jump(t, BPF_JMP32 | op | src, A, x, k, yes);
	if (no != pc + 1)
		emit_jump(t, BPF_JMP | BPF_JA, 0, 0, 0, no);
}

static void emit_ret(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];

	if (BPF_RVAL(in->code) == BPF_A) {
		emit_jump(t, BPF_JMP | BPF_JEQ | BPF_K, A, 0, 0, t->n_in);
		emit_return(t, 1);
	} else {
		emit_return(t, in->k != 0);
	}
}

static void translate_insn(struct translation *t, size_t pc)
{
	const struct sock_filter *in = &t->in[pc];
	bool goes_on = true;

	switch (BPF_CLASS(in->code)) {
	case BPF_LD:
	case BPF_LDX:
		goes_on = emit_load(t, pc);
		break;
	case BPF_ST:
	case BPF_STX:
		emit_memory(t, BPF_STX | BPF_W | BPF_MEM, FP, BPF_CLASS(in->code) == BPF_ST ? A : X,
			    scratch_off(in->k));
		break;
	case BPF_ALU:
		goes_on = emit_alu(t, pc);
		break;
	case BPF_MISC:
		if (BPF_MISCOP(in->code) == BPF_TAX)
			emit(t, BPF_ALU | BPF_MOV | BPF_X, X, A, 0);
		else
			emit(t, BPF_ALU | BPF_MOV | BPF_X, A, X, 0);
		break;
	case BPF_JMP:
		emit_branch(t, pc);
		return;
	default:
		emit_ret(t, pc);
		return;
	}
	if (goes_on)
		flow_to(t, pc + 1, t->proved[pc]);
}

/* Scratch words that are read begin as zero: the verifier wants to know what is there. */
static void emit_prologue(struct translation *t)
{
	uint32_t cleared = 0;

	emit_jump(t, BPF_JMP | BPF_JEQ | BPF_K, PKT, 0, 0, t->n_in);
	emit_memory(t, BPF_LDX | BPF_W | BPF_MEM, CAPLEN, PKT,
		    offsetof(struct crumb_filter_packet, caplen));
	emit(t, BPF_ALU | BPF_MOV | BPF_K, A, 0, 0);
	emit(t, BPF_ALU | BPF_MOV | BPF_K, X, 0, 0);
	for (size_t pc = 0; pc < t->n_in; pc++) {
		uint16_t code = t->in[pc].code;
		uint32_t k = t->in[pc].k;

		if ((code != (BPF_LD | BPF_MEM) && code != (BPF_LDX | BPF_MEM)) || cleared & 1u << k)
			continue;
		cleared |= 1u << k;
		emit_memory(t, BPF_ST | BPF_W | BPF_MEM, FP, 0, scratch_off(k));
	}
}

static void resolve_jumps(struct translation *t)
{
	for (size_t i = 0; i < t->n_out; i++) {
		struct bpf_insn *out = &t->out[i];
		uint8_t class = BPF_CLASS(out->code);

		if ((class == BPF_JMP || class == BPF_JMP32) && BPF_OP(out->code) != BPF_EXIT)
			out->off = t->start[out->off] - (i + 1);
	}
}

/* clang-format off */
static const uint16_t valid_codes[] = {
	BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS, BPF_LD | BPF_B | BPF_ABS,
	BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND, BPF_LD | BPF_B | BPF_IND,
	BPF_LD | BPF_IMM, BPF_LD | BPF_MEM, BPF_LD | BPF_LEN,
	BPF_LDX | BPF_IMM, BPF_LDX | BPF_MEM, BPF_LDX | BPF_LEN, BPF_LDX | BPF_B | BPF_MSH,
	BPF_ST, BPF_STX,
	BPF_ALU | BPF_ADD, BPF_ALU | BPF_SUB, BPF_ALU | BPF_MUL, BPF_ALU | BPF_DIV, BPF_ALU | BPF_MOD,
	BPF_ALU | BPF_AND, BPF_ALU | BPF_OR, BPF_ALU | BPF_XOR, BPF_ALU | BPF_LSH, BPF_ALU | BPF_RSH,
	BPF_ALU | BPF_NEG,
	BPF_JMP | BPF_JA,
	BPF_JMP | BPF_JEQ, BPF_JMP | BPF_JGT, BPF_JMP | BPF_JGE, BPF_JMP | BPF_JSET,
	BPF_RET | BPF_K, BPF_RET | BPF_A,
	BPF_MISC | BPF_TAX, BPF_MISC | BPF_TXA,
};
/* clang-format on */

static bool code_is_valid(uint16_t code)
{
	bool may_take_x = (BPF_CLASS(code) == BPF_ALU && BPF_OP(code) != BPF_NEG) ||
			  (BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA);

	if (may_take_x)
		code &= ~BPF_X;
	for (size_t i = 0; i < sizeof(valid_codes) / sizeof(valid_codes[0]); i++)
		if (valid_codes[i] == code)
			return true;
	return false;
}

static bool insn_is_valid(const struct filter *f, size_t pc)
{
	const struct sock_filter *in = &f->insns[pc];
	size_t after = f->n_insns - pc - 1;
	bool scratch = in->code == (BPF_LD | BPF_MEM) || in->code == (BPF_LDX | BPF_MEM) ||
		       in->code == BPF_ST || in->code == BPF_STX;

	if (!code_is_valid(in->code) || (scratch && in->k >= BPF_MEMWORDS))
		return false;
	if (BPF_CLASS(in->code) == BPF_JMP)
		return BPF_OP(in->code) == BPF_JA ? in->k < after : in->jt < after && in->jf < after;
	return after || BPF_CLASS(in->code) == BPF_RET;
}

static int check_classic(const struct filter *f, struct error *e)
{
	if (f->n_insns == 0)
		return error_set(e, -EINVAL, "the filter has no instructions");
	if (f->n_insns > MAX_CLASSIC)
		return error_set(e, -E2BIG,
				 "the filter expression compiles to %zu classic BPF instructions, "
				 "crumb takes %d: " SHORTER,
				 f->n_insns, MAX_CLASSIC);
	for (size_t pc = 0; pc < f->n_insns; pc++)
		if (!insn_is_valid(f, pc))
			return error_set(e, -EINVAL,
					 "instruction %zu of the filter (code 0x%x, k 0x%x) is "
					 "not forward-only classic BPF",
					 pc, f->insns[pc].code, f->insns[pc].k);
	return 0;
}

static const struct sock_filter take_all[] = { { .code = BPF_RET | BPF_K, .k = 1 } };

static int translate(struct translation *t)
{
	t->out = calloc(t->n_in * MAX_PER_CLASSIC + MAX_EXTRA, sizeof(*t->out));
	if (!t->out)
		return -ENOMEM;
	memset(t->proved, UNREACHED, sizeof(t->proved));
	emit_prologue(t);
	flow_to(t, 0, 0);
	for (size_t pc = 0; pc < t->n_in; pc++) {
		t->start[pc] = t->n_out;
		if (t->proved[pc] != UNREACHED)
			translate_insn(t, pc);
	}
	t->start[t->n_in] = t->n_out;
	emit_return(t, 0);
	resolve_jumps(t);
	return 0;
}

int filter_translate(const struct filter *f, struct bpf_insn **ret_insns, size_t *ret_n,
		     struct error *e)
{
	const struct filter all = { .insns = (struct sock_filter *)take_all, .n_insns = 1 };
	_cleanup_free_ struct translation *t = NULL;
	int r;

	if (!f)
		f = &all;
	r = check_classic(f, e);
	if (r < 0)
		return r;
	t = calloc(1, sizeof(*t));
	if (!t)
		return error_set(e, -ENOMEM, "out of memory for the filter expression");
	t->in = f->insns;
	t->n_in = f->n_insns;
	r = translate(t);
	if (r < 0)
		return error_set(e, r, "out of memory for the filter expression");
	*ret_n = t->n_out;
	*ret_insns = t->out;
	return 0;
}

/* [off, off + len) of the image, or NULL when it does not lie within or is not aligned. */
static void *elf_at(void *elf, size_t size, uint64_t off, uint64_t len)
{
	return off > size || len > size - off || off % 8 ? NULL : (char *)elf + off;
}

static Elf64_Shdr *elf_section(void *elf, size_t size, size_t i)
{
	Elf64_Ehdr *h = elf;
	Elf64_Shdr *s = elf_at(elf, size, h->e_shoff, (uint64_t)h->e_shnum * sizeof(*s));

	return s && i < h->e_shnum ? s + i : NULL;
}

static bool elf_is_bpf(void *elf, size_t size)
{
	const Elf64_Ehdr *h = elf;

	return elf && size >= sizeof(*h) && (uintptr_t)elf % 8 == 0 &&
	       memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_machine == EM_BPF && h->e_shentsize == sizeof(Elf64_Shdr);
}

static Elf64_Sym *elf_find_function(void *elf, size_t size, const char *name)
{
	size_t want = strlen(name) + 1;
	Elf64_Shdr *s;

	for (size_t i = 0; (s = elf_section(elf, size, i)); i++) {
		Elf64_Sym *syms = elf_at(elf, size, s->sh_offset, s->sh_size);
		Elf64_Shdr *strtab = elf_section(elf, size, s->sh_link);
		const char *names;

		if (s->sh_type != SHT_SYMTAB || !syms || !strtab)
			continue;
		if (strtab->sh_offset > size || strtab->sh_size > size - strtab->sh_offset)
			continue;
		names = (const char *)elf + strtab->sh_offset;
		for (size_t j = 0; j < s->sh_size / sizeof(*syms); j++)
			if (ELF64_ST_TYPE(syms[j].st_info) == STT_FUNC &&
			    syms[j].st_name < strtab->sh_size &&
			    want <= strtab->sh_size - syms[j].st_name &&
			    memcmp(names + syms[j].st_name, name, want) == 0)
				return &syms[j];
	}
	return NULL;
}

int filter_patch_elf(void *elf, size_t size, const struct filter *f, struct error *e)
{
	_cleanup_free_ struct bpf_insn *insns = NULL;
	Elf64_Sym *sym = elf_is_bpf(elf, size) ? elf_find_function(elf, size, "crumb_filter") : NULL;
	Elf64_Shdr *text = sym ? elf_section(elf, size, sym->st_shndx) : NULL;
	char *body = NULL;
	size_t n;
	int r;

	if (text && sym->st_value <= text->sh_size && sym->st_size <= text->sh_size - sym->st_value)
		body = elf_at(elf, size, text->sh_offset + sym->st_value, sym->st_size);
	if (!body)
		return error_set(e, -EINVAL,
				 "crumb's BPF object has no function crumb_filter: it was not "
				 "built from this source");
	r = filter_translate(f, &insns, &n, e);
	if (r < 0)
		return r;
	if (n * sizeof(*insns) > sym->st_size)
		return error_set(e, -E2BIG,
				 "the filter expression needs %zu instructions in the kernel, "
				 "%zu are reserved for it: " SHORTER,
				 n, (size_t)sym->st_size / sizeof(*insns));
	memcpy(body, insns, n * sizeof(*insns));
	sym->st_size = n * sizeof(*insns);
	return 0;
}
