// SPDX-License-Identifier: GPL-2.0-only
#include "wrapper.h"

#include <stdio.h>
#include <string.h>

#define ERROR_PATHS 4 /* one for each syscall instruction of a wrapper */

struct reading {
	struct story *s;
	const struct wrapper_source *from;
	bool after_syscall; /* in the order of the code, since the last syscall instruction */
	bool after_check;   /* since the last comparison with -4095 */
	bool compared;	    /* the line before set the flags that a jump depends on */
	bool returned;	    /* a path ended since the last syscall instruction */
	uint32_t syscalls;
	bool asked_threads;
	bool in_error; /* where a jump after the check leads, up to where that path ends */
	uint64_t error_at[ERROR_PATHS];
	uint32_t n_errors;
};

static bool is_error_limit(uint64_t imm)
{
	/* -4095 (jae), -4096 (ja), on arm64 cmn with 4095 or 4096 */
	return imm == -(uint64_t)4095 || imm == -(uint64_t)4096 || imm == 4095 || imm == 4096 ||
	       imm == (uint32_t)-4095 || imm == (uint32_t)-4096;
}

/*
 * glibc makes a system call that blocks in two ways: at once, or between two calls of its own that let other threads
 * cancel this one. Those have no name in a stripped library; where they stand tells what they are.
 */
static enum story_mark mark_call(struct reading *r, const struct disasm_insn *in,
				 struct story_insn *out)
{
	const char *name = in->has_target ? r->from->callee(r->from->ctx, in->target) : NULL;

	if (name)
		snprintf(out->note, sizeof(out->note), "%s", name);
	if (!r->asked_threads && !(name && strstr(name, "cancel")))
		return MARK_NONE;
	r->s->cancel_point = true;
	r->s->cancel_taken |= out->executed;
	if (!name)
		snprintf(out->note, sizeof(out->note),
			 r->returned || !r->syscalls ? "pthread_cancel() may strike from here on" :
						       "and no more from here on");
	return MARK_CANCEL;
}

static enum story_mark mark_before(struct reading *r, const struct disasm_insn *in)
{
	if (in->is_compare && in->touches_memory && in->has_imm && in->imm == 0) {
		r->asked_threads = true;
		return MARK_THREADS;
	}
	if (in->writes == 0 && in->has_imm && in->imm == r->s->at.nr)
		return MARK_NUMBER;
	if (in->writes > 0 && (uint32_t)in->writes <= r->s->arg_count && !in->is_compare)
		return MARK_ARGUMENT;
	return MARK_NONE;
}

static enum story_mark mark_error(const struct disasm_insn *in)
{
	if (in->is_negate)
		return MARK_NEGATE;
	if (in->stores_tls)
		return MARK_ERRNO;
	if (in->is_minus_one)
		return MARK_MINUS_ONE;
	if (in->is_thread_pointer || (in->has_memory && in->touches_memory && !in->is_compare))
		return MARK_ERRNO_AT;
	return MARK_NONE;
}

static enum story_mark mark_rest(struct reading *r, const struct disasm_insn *in,
				 struct story_insn *out)
{
	enum story_mark mark;

	if (r->after_syscall && in->is_compare && in->has_imm && is_error_limit(in->imm)) {
		r->after_check = true;
		return MARK_CHECK;
	}
	if (r->in_error)
		return mark_error(in);
	mark = mark_before(r, in);
	if (mark == MARK_NUMBER)
		r->after_syscall = false; /* the second path begins */
	else if (r->after_syscall && !(r->returned && mark == MARK_ARGUMENT))
		return MARK_NONE;
	if (mark == MARK_ARGUMENT)
		snprintf(out->note, sizeof(out->note), "argument %d of the system call", in->writes);
	return mark;
}

static enum story_mark mark_branch(struct reading *r, const struct disasm_insn *in)
{
	if (!r->compared)
		return MARK_NONE;
	if (r->after_check && in->has_target && r->n_errors < ERROR_PATHS)
		r->error_at[r->n_errors++] = in->target;
	r->after_check = false;
	return MARK_BRANCH;
}

static enum story_mark mark_one(struct reading *r, const struct disasm_insn *in,
				struct story_insn *out)
{
	for (uint32_t i = 0; i < r->n_errors; i++)
		r->in_error |= r->error_at[i] == out->addr;
	if (in->is_syscall) {
		r->after_syscall = true;
		r->after_check = r->returned = false;
		r->syscalls++;
		return MARK_SYSCALL;
	}
	if (in->is_return) {
		r->returned = true;
		r->in_error = false;
		return MARK_RETURN;
	}
	if (in->is_call)
		return mark_call(r, in, out);
	if (in->is_conditional)
		return mark_branch(r, in);
	if (in->is_jump) {
		r->returned = true; /* as good as one */
		r->in_error = false;
		return MARK_NONE;
	}
	return mark_rest(r, in, out);
}

/* A conditional jump was taken if what follows it was not executed, and its target was. */
static void note_branches(struct story *s, const struct wrapper_source *from)
{
	for (uint32_t i = 0; i + 1 < s->insn_count; i++) {
		struct story_insn *in = &s->insns[i];

		if (in->mark != MARK_BRANCH || !in->executed)
			continue;
		snprintf(in->note, sizeof(in->note), "%s",
			 s->insns[i + 1].executed ? "not taken" : "taken");
	}
	(void)from;
}

void wrapper_read(struct story *s, struct disasm *d, const struct wrapper_source *from)
{
	struct reading r = { .s = s, .from = from };
	struct disasm_insn in;
	size_t at = 0;

	s->insn_count = 0;
	while (at < from->n && disasm_one(d, from->bytes + at, from->n - at, from->addr + at, &in)) {
		struct story_insn *out;
		bool compares;

		if (s->insn_count == STORY_INSNS_MAX) {
			s->insns_cut = true;
			break;
		}
		out = &s->insns[s->insn_count++];
		*out = (struct story_insn){ .addr = from->addr + at, .size = in.size };
		snprintf(out->text, sizeof(out->text), "%s", in.text);
		out->executed = from->executed(from->ctx, out->addr);
		out->mark = mark_one(&r, &in, out);
		compares = out->mark == MARK_THREADS || out->mark == MARK_CHECK;
		/* moves leave the flags alone: send() has one between comparison and jump */
		if (compares || out->mark == MARK_BRANCH || in.is_compare)
			r.compared = compares;
		at += in.size;
	}
	note_branches(s, from);
}
