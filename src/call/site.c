// SPDX-License-Identifier: GPL-2.0-only
#include "site.h"

#include <stdio.h>
#include <string.h>

#define CALL_BYTES_MAX 7 /* of an x86 call instruction that compilers make */

static struct story_insn *add_insn(struct story *s, uint64_t addr, const struct disasm_insn *in,
				   enum story_mark mark)
{
	struct story_insn *out;

	if (s->site_count == STORY_SITE_MAX)
		return NULL;
	out = &s->site[s->site_count++];
	*out = (struct story_insn){ .addr = addr, .size = in->size, .mark = mark, .executed = true };
	snprintf(out->text, sizeof(out->text), "%s", in->text);
	return out;
}

static size_t read_memory(const struct site_source *from, uint64_t addr, void *buf, size_t n)
{
	return from->memory.read(from->memory.ctx, addr, buf, n);
}

/* x86 instructions cannot be read backwards: a call of which length ends at the return address? */
static bool call_before(struct story *s, const struct site_source *from, struct disasm_insn *ret,
			uint64_t *ret_addr)
{
	static const unsigned int lengths[] = { 5, 6, 2, 3, 7, 4 };
	uint8_t bytes[CALL_BYTES_MAX];

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint64_t addr = s->return_addr - lengths[i];

		if (s->arch == STORY_AARCH64 && lengths[i] != 4)
			continue;
		if (read_memory(from, addr, bytes, lengths[i]) == lengths[i] &&
		    disasm_one(from->d, bytes, lengths[i], addr, ret) && ret->is_call &&
		    ret->size == lengths[i]) {
			*ret_addr = addr;
			return true;
		}
	}
	return false;
}

static void read_slot(struct story *s, const struct site_source *from, uint64_t slot)
{
	uint64_t value;

	if (s->got && s->got != slot)
		s->got_before = (struct story_place){ 0 }; /* another module's slot */
	s->got = slot;
	if (read_memory(from, slot, &value, sizeof(value)) == sizeof(value))
		modules_place(from->m, value, &s->got_now);
}

/* The PLT entry: a landing mark perhaps, the slot's address on arm64, and a jump through the slot. */
static void read_plt(struct story *s, const struct site_source *from, uint64_t addr)
{
	for (int i = 0; i < 5; i++) {
		uint8_t bytes[DISASM_BYTES_MAX];
		struct disasm_insn in;
		size_t n = read_memory(from, addr, bytes, sizeof(bytes));
		bool through;

		if (!disasm_one(from->d, bytes, n, addr, &in))
			return;
		/* arm64 has the slot's address in a register by then: the file says which slot it is */
		through = in.is_jump && (in.has_memory || (s->arch == STORY_AARCH64 && s->got));
		add_insn(s, addr, &in, through ? MARK_PLT_JUMP : MARK_NONE);
		if (through)
			read_slot(s, from, in.has_memory ? in.memory : s->got);
		if (in.is_jump)
			return;
		addr += in.size;
	}
}

/*
 * A call through a register: to the function, or to one that jumped there? If the slot of the GOT was filled in only now,
 * somebody went through the PLT, which this instruction did not.
 */
static void check_pointer(struct story *s, const struct site_source *from)
{
	if (!s->got)
		return;
	read_slot(s, from, s->got);
	s->tail_call = s->got_now.addr == s->function.addr && s->got_before.addr != s->function.addr;
	if (!s->tail_call)
		s->got_now = (struct story_place){ 0 };
}

void site_read(struct story *s, const struct site_source *from)
{
	struct disasm_insn in;
	uint64_t addr;

	if (!call_before(s, from, &in, &addr)) {
		modules_place(from->m, s->return_addr, &s->site_place);
		return; /* reached by a jump: the caller of the caller will get the result */
	}
	modules_place(from->m, addr, &s->site_place);
	add_insn(s, addr, &in, MARK_CALL);
	if (in.has_target && in.target == s->function.addr) {
		s->got = 0;
	} else if (in.has_target) {
		read_plt(s, from, in.target);
		s->tail_call = s->got_now.addr != s->function.addr;
	} else if (in.has_memory) {
		read_slot(s, from, in.memory);
		s->tail_call = s->got_now.addr != s->function.addr;
	} else {
		check_pointer(s, from);
	}
	if (s->tail_call)
		s->site_count = 1; /* what was read behind it is another function */
	if (s->got_now.addr != s->function.addr)
		s->got = 0; /* the call did not go through it */
}

void site_keep_around(struct story *s, uint64_t addr, uint64_t before)
{
	uint32_t first = 0;

	while (first < s->insn_count && s->insns[first].addr + before < addr)
		first++;
	memmove(s->insns, s->insns + first, (s->insn_count - first) * sizeof(s->insns[0]));
	s->insn_count -= first;
}
