// SPDX-License-Identifier: GPL-2.0-only
/* Every number here was seen in this call; what could not be seen is said to be so. */
#include "call_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "links.h"
#include "sysnr.h"
#include "units.h"

#define ADDR_COLUMNS 14 /* "7f36d2f0adc0", as wide as user addresses get, and two blanks */
#define MARK_COLUMN  (CALL_INDENT + 2 + ADDR_COLUMNS)

void call_heading(struct page *p, const char *title, const char *right)
{
	unsigned int room = page_columns(p, right);

	page_newline(p);
	page_put(p, STYLE_BOLD, title);
	page_skip(p, 1);
	page_rule(p, p->width > room + 1 ? p->width - room - (room ? 1 : 0) : p->width);
	if (room)
		page_right(p, STYLE_DIM, right);
	page_newline(p);
}

void call_paragraph(struct page *p, const char *text)
{
	page_tab(p, CALL_INDENT);
	page_wrap(p, STYLE_PLAIN, text);
}

/* 0: @ret is no error. strerrorname_np() knows a name for that too: ask first. */
static int errno_of(uint64_t ret)
{
	return ret >= (uint64_t)-4095 ? (int)-ret : 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "do_socket+0x1f in call-once" */
static char *place_words(const struct story_place *at, char *buf, size_t size)
{
	if (!at->addr)
		snprintf(buf, size, "nowhere known");
	else if (!strncmp(at->symbol, ".plt", 4))
		snprintf(buf, size, "the PLT of %s", base_name(at->file));
	else if (!at->file[0])
		snprintf(buf, size, "0x%" PRIx64, at->addr);
	else if (!at->symbol[0])
		snprintf(buf, size, "%s+0x%" PRIx64, base_name(at->file), at->offset);
	else if (at->into)
		snprintf(buf, size, "%s+0x%" PRIx64 " in %s", at->symbol, at->into,
			 base_name(at->file));
	else
		snprintf(buf, size, "%s in %s", at->symbol, base_name(at->file));
	return buf;
}

/* ---------------------------------------------------------------------------------------- instructions */

static void mark_words(const struct story *s, const struct story_insn *in, char *buf, size_t size)
{
	static const char *const words[MARK_MAX] = {
		[MARK_CALL] = "the call",
		[MARK_PLT_JUMP] = "PLT: jumps to where the GOT slot points",
		[MARK_THREADS] = "has this process one thread only?",
		[MARK_SYSCALL] = "into the kernel",
		[MARK_CHECK] = "-4095 to -1: an error",
		[MARK_NEGATE] = "-errno becomes errno",
		[MARK_ERRNO_AT] = "errno's distance from the thread pointer",
		[MARK_ERRNO] = "the store to errno",
		[MARK_MINUS_ONE] = "the result for the program is -1",
		[MARK_RETURN] = "back",
	};
	const char *name = sysnr_name(s->arch, s->at.nr);

	buf[0] = '\0';
	if (in->mark == MARK_NUMBER)
		snprintf(buf, size, "the number: %" PRIu64 " is %s", s->at.nr,
			 name ? name : "unknown");
	else if (in->mark == MARK_BRANCH)
		snprintf(buf, size, "%s", in->note);
	else if (in->mark == MARK_ERRNO_AT && s->arch == STORY_AARCH64)
		snprintf(buf, size, "the thread pointer: errno is in the thread's own memory");
	else if (in->mark == MARK_ERRNO && in->executed)
		snprintf(buf, size, "errno = %d, at 0x%" PRIx64, s->errno_value, s->errno_addr);
	else if (in->mark < MARK_MAX && words[in->mark])
		snprintf(buf, size, "%s", words[in->mark]);
	else if (in->note[0])
		snprintf(buf, size, "%s", in->note);
}

static enum style insn_style(const struct story *s, const struct story_insn *in)
{
	if (!in->executed && s->kind != STORY_DIRECT)
		return STYLE_DIM;
	switch (in->mark) {
	case MARK_SYSCALL:
		return STYLE_GOOD;
	case MARK_ERRNO:
	case MARK_MINUS_ONE:
	case MARK_NEGATE:
		return STYLE_WARN;
	case MARK_NONE:
		return STYLE_PLAIN;
	default:
		return STYLE_BOLD;
	}
}

static void put_insn(struct page *p, const struct story *s, const struct story_insn *in)
{
	unsigned int words = p->width >= 90 ? 54 : 46;
	char text[STORY_TEXT_BYTES + 64];

	page_tab(p, CALL_INDENT);
	page_put(p, STYLE_DIM, in->executed ? (p->utf8 ? "●" : "*") : " ");
	page_tab(p, CALL_INDENT + 2);
	page_printf(p, STYLE_DIM, "%12" PRIx64, in->addr);
	page_tab(p, MARK_COLUMN);
	page_put(p, insn_style(s, in), in->text);
	mark_words(s, in, text, sizeof(text));
	/* an instruction that needs the room of its words pushes them to the next line */
	if (text[0] && p->column + 1 > words)
		page_newline(p);
	if (text[0])
		page_tab(p, words);
	if (text[0])
		page_wrap(p, in->executed ? STYLE_PLAIN : STYLE_DIM, text);
	else
		page_newline(p);
}

/* ------------------------------------------------------------------------------------------ first part */

static void put_first_line(struct page *p, const struct story *s)
{
	const char *name = sysnr_name(s->arch, s->at.nr);
	char text[1024], result[32];
	size_t at;

	if (s->kind == STORY_SEVERAL) {
		page_printf(p, STYLE_BOLD, "%s = %" PRId64,
			    s->several_text[0] ? s->several_text : s->wanted, s->result);
		page_newline(p);
		return;
	}
	at = snprintf(text, sizeof(text), "%s(", name ? name : s->wanted);
	for (unsigned int i = 0; i < s->arg_count; i++) {
		const char *value = s->arg_text[i], *blank = strchr(value, ' ');

		if (blank && !strncmp(value, "0x", 2))
			value = blank + 1;
		at += snprintf(text + at, sizeof(text) - at, "%s%.60s", i ? ", " : "", value);
	}
	snprintf(result, sizeof(result), ") = %" PRId64, (int64_t)s->after.ret);
	page_text(p, STYLE_BOLD, text, p->width - page_columns(p, result));
	page_put(p, STYLE_BOLD, result);
	if (errno_of(s->after.ret) && strerrorname_np(errno_of(s->after.ret)))
		page_printf(p, STYLE_BAD, " %s (%s)", strerrorname_np(errno_of(s->after.ret)),
			    strerrordesc_np(errno_of(s->after.ret)));
	page_newline(p);
}

static void put_head(struct page *p, const struct story *s)
{
	char text[1024];

	put_first_line(p, s);
	snprintf(text, sizeof(text), "%s[%u] on %s, %s%s%s%s%s%s%s", base_name(s->program), s->tid,
		 s->host[0] ? s->host : "?", s->release[0] ? s->release : "kernel unknown",
		 s->emulator[0] ? "" : " ", s->emulator[0] ? "" : story_arch_name(s->arch),
		 s->libc[0] ? ", C library: " : "", s->libc,
		 s->emulator[0] ? ", an arm64 program run by " : "", s->emulator);
	page_tab(p, CALL_INDENT);
	page_wrap(p, STYLE_DIM, text);
}

static void put_got(struct page *p, const struct story *s)
{
	char before[400], now[400], text[1200];

	if (!s->got)
		return;
	place_words(&s->got_before, before, sizeof(before));
	place_words(&s->got_now, now, sizeof(now));
	if (s->got_before.addr == s->got_now.addr)
		snprintf(text, sizeof(text),
			 "GOT slot 0x%" PRIx64 ": %s. The dynamic linker had filled it in before the "
			 "program's first instruction.",
			 s->got, now);
	else if (!s->got_before.addr)
		snprintf(text, sizeof(text), "GOT slot 0x%" PRIx64 ": %s.", s->got, now);
	else
		snprintf(text, sizeof(text),
			 "GOT slot 0x%" PRIx64
			 ": before the program's first instruction it pointed back into "
			 "%s, from where the dynamic linker is called; at this call it points "
			 "to %s. The function is looked up when it is first called (lazy binding).",
			 s->got, before, now);
	call_paragraph(p, text);
}

static void put_function(struct page *p, const struct story *s)
{
	char text[900];

	snprintf(text, sizeof(text),
		 "%s is 0x%" PRIx64 " here: offset 0x%" PRIx64 " of %s, %" PRIu64 " bytes%s%s.",
		 s->wanted, s->function.addr, s->function.offset, s->function.file, s->function_bytes,
		 s->function.build_id[0] ? ", build id " : "", s->function.build_id);
	call_paragraph(p, text);
}

/* "call 0x1234", "bl #0x1234": not through memory or a register. */
static bool calls_directly(const struct story_insn *in)
{
	return !strchr(in->text, '[') && (strstr(in->text, " 0x") || strstr(in->text, " #0x"));
}

static void put_site(struct page *p, const struct story *s)
{
	char text[400];

	call_heading(p, "1  The program's call", place_words(&s->site_place, text, sizeof(text)));
	if (s->kind == STORY_DIRECT) {
		if (s->site_place.symbol[0])
			snprintf(text, sizeof(text),
				 "No function of the C library stands between: the program executes the "
				 "instruction itself, in %s.",
				 s->site_place.symbol);
		else
			snprintf(text, sizeof(text),
				 "The instruction stands in the program itself, in code without a symbol: a C "
				 "library that was linked in and stripped cannot be told from the program's own "
				 "code.");
		call_paragraph(p, text);
		return;
	}
	for (uint32_t i = 0; i < s->site_count; i++)
		put_insn(p, s, &s->site[i]);
	if (!s->site_count)
		call_paragraph(p, "No call instruction stands before the return address: the function was "
				  "reached by a jump (a tail call).");
	if (s->tail_call)
		call_paragraph(p, "This instruction called another function, which then jumped to this one (a tail "
				  "call): the result goes back to here.");
	if (s->is_static)
		call_paragraph(p, "A static program: the C library is part of it, at an address known when it was "
				  "linked; there is no PLT and no GOT.");
	else if (!s->got && s->site_count && !s->tail_call && !calls_directly(&s->site[0]))
		call_paragraph(p,
			       "The call goes through a pointer that the program keeps, not through its GOT.");
	else if (!s->got && s->site_count && !s->tail_call)
		call_paragraph(p, "The call goes straight to the function, without PLT and GOT: caller and "
				  "function are in the same file.");
	put_got(p, s);
	put_function(p, s);
}

/* ----------------------------------------------------------------------------------------- the wrapper */

static void put_wrapper_kind(struct page *p, const struct story *s)
{
	char text[700];

	if (s->kind == STORY_DIRECT)
		return;
	if (s->cancel_point)
		snprintf(text, sizeof(text),
			 "Not a plain wrapper: %s is a cancellation point (pthreads(7)). In a process with one "
			 "thread the system call is made at once; with several, the thread first becomes "
			 "cancellable at any moment and stops being so afterwards. This process took the %s path.",
			 s->wanted, s->cancel_taken ? "second" : "first");
	else
		snprintf(text, sizeof(text),
			 "A plain wrapper: number into the register, the instruction, the check. C's calling "
			 "convention and the kernel's agree on the first three argument registers, so that "
			 "they need not be moved%s.",
			 s->arch == STORY_X86_64 ?
				 "; the fourth is rcx for C and r10 for the kernel, because "
				 "the syscall instruction overwrites rcx" :
				 "");
	call_paragraph(p, text);
	snprintf(text, sizeof(text),
		 "%u instructions were executed between entry and return, not counting the "
		 "kernel's.",
		 s->steps);
	call_paragraph(p, text);
}

static void put_wrapper(struct page *p, const struct story *s)
{
	char text[400], right[512];
	const char *name = sysnr_name(s->arch, s->at.nr);

	if (s->kind == STORY_DIRECT)
		snprintf(right, sizeof(right), "as it stands in memory");
	else
		snprintf(right, sizeof(right), "%s, as it stands in memory",
			 place_words(s->inner.addr ? &s->inner : &s->function, text, sizeof(text)));
	call_heading(p,
		     s->kind == STORY_DIRECT ? "2  Around the instruction" :
					       "2  The wrapper in the C library",
		     right);
	for (uint32_t i = 0; i < s->insn_count; i++)
		put_insn(p, s, &s->insns[i]);
	if (s->insns_cut)
		call_paragraph(p, "(the function is longer: the rest is not shown)");
	put_wrapper_kind(p, s);
	if (s->kind == STORY_WRAPPER && name && strcmp(name, s->wanted) != 0) {
		snprintf(right, sizeof(right),
			 "The C function %s makes the system call %s: the kernel has no %s of its own here.",
			 s->wanted, name, s->wanted);
		call_paragraph(p, right);
	}
}

/* --------------------------------------------------------------------------------------- the registers */

static void put_register(struct page *p, const struct story *s, unsigned int i)
{
	uint64_t at = i ? s->at.arg[i - 1] : s->at.nr;
	uint64_t kernel = i ? s->kernel.arg[i - 1] : s->kernel.nr;
	const char *name = sysnr_name(s->arch, s->at.nr);
	bool used = i <= s->arg_count;
	char text[300];

	page_tab(p, CALL_INDENT);
	page_put(p, used ? STYLE_BOLD : STYLE_DIM, story_register(s->arch, i));
	page_tab(p, 8);
	page_printf(p, used ? STYLE_PLAIN : STYLE_DIM, "0x%" PRIx64, at);
	page_tab(p, 28);
	if (s->kernel.known) {
		snprintf(text, sizeof(text), "0x%" PRIx64, kernel);
		page_put(p, !used ? STYLE_DIM : kernel == at ? STYLE_PLAIN : STYLE_BAD, text);
	} else {
		page_put(p, STYLE_DIM, "not watched");
	}
	page_tab(p, 50);
	if (i == 0)
		page_printf(p, STYLE_PLAIN, "%s", name ? name : "?");
	else if (used)
		page_put(p, STYLE_PLAIN, s->arg_text[i - 1]);
	else
		page_put(p, STYLE_DIM, "not an argument of this call");
	page_newline(p);
}

static bool registers_agree(const struct story *s)
{
	if (s->kernel.nr != s->at.nr)
		return false;
	for (unsigned int i = 0; i < STORY_ARGS; i++)
		if (s->kernel.arg[i] != s->at.arg[i])
			return false;
	return true;
}

static void put_numbers(struct page *p, const struct story *s)
{
	char text[600], line[200];
	const char *name = sysnr_name(s->arch, s->at.nr), *tab = strchr(s->header, '\t');

	if (tab) {
		snprintf(line, sizeof(line), "%.*s", (int)(tab - s->header), s->header);
		snprintf(text, sizeof(text),
			 "The number's name is from the system's own header: \"%s\" in %s.", line,
			 tab + 1);
	} else {
		snprintf(text, sizeof(text),
			 "The number's name, %s, is from the header that crumb was built with; this machine "
			 "has none installed.",
			 name ? name : "unknown");
	}
	call_paragraph(p, text);
	if (!s->kernel.known)
		return;
	if (s->handler_in_table)
		snprintf(text, sizeof(text),
			 "The kernel's entry found number %" PRIu64
			 " in the saved registers, and its own table "
			 "says the same of it: sys_call_table[%" PRIu64 "] = %s.",
			 s->kernel.nr, s->kernel.nr, s->handler);
	else if (s->handler_compares)
		snprintf(text, sizeof(text),
			 "The kernel's entry found number %" PRIu64
			 " in the saved registers. x64_sys_call(), the "
			 "kernel's own switch over all numbers, read from the kernel's memory and followed, leads "
			 "from %" PRIu64 " to %s after %u comparisons.",
			 s->kernel.nr, s->kernel.nr, s->handler, s->handler_compares);
	else if (s->handler[0])
		snprintf(text, sizeof(text),
			 "The kernel's entry found number %" PRIu64
			 " in the saved registers, and called %s.",
			 s->kernel.nr, s->handler);
	else
		snprintf(text, sizeof(text),
			 "The kernel's entry found number %" PRIu64
			 " in the saved registers. Its handler is in no "
			 "stack below: it ends in a jump to the next function, which leaves no trace there.",
			 s->kernel.nr);
	call_paragraph(p, text);
}

static void put_registers(struct page *p, const struct story *s)
{
	char right[64];

	snprintf(right, sizeof(right), "at 0x%" PRIx64, s->at.ip);
	call_heading(p, "3  The registers", right);
	page_tab(p, 8);
	page_put(p, STYLE_DIM, "at the instruction");
	page_tab(p, 28);
	page_put(p, STYLE_DIM, "kernel's pt_regs");
	page_tab(p, 50);
	page_put(p, STYLE_DIM, "which says");
	page_newline(p);
	for (unsigned int i = 0; i <= STORY_ARGS; i++)
		put_register(p, s, i);
	if (s->kernel.known && registers_agree(s) && s->arch == STORY_X86_64)
		call_paragraph(
			p,
			"What the program had in its registers is what the kernel found in struct "
			"pt_regs: they were saved as they stood. The number is there as "
			"orig_ax; ax itself already holds -ENOSYS, in case nobody fills in a result.");
	else if (s->kernel.known && !registers_agree(s))
		call_paragraph(p,
			       "They differ: another tracer (seccomp, ptrace) changed the call on its way.");
	put_numbers(p, s);
}

/* ---------------------------------------------------------------------------------------- the way back */

static void put_made(struct page *p, const struct story *s)
{
	call_heading(p, "5  What there is now", "asked while the program stands behind its call");
	for (uint32_t i = 0; i < s->fact_count; i++) {
		page_tab(p, CALL_INDENT);
		page_put(p, STYLE_DIM, s->facts[i].source);
		if (p->column + 2 > 40) {
			page_skip(p, 2);
		}
		page_tab(p, 40);
		page_wrap(p, STYLE_PLAIN, s->facts[i].text);
	}
	if (!s->fact_count && !s->out_text[0])
		call_paragraph(p, s->emulator[0] ?
					  "Not asked: to the kernel the descriptor is the emulator's." :
					  "Nothing that could be asked.");
	if (s->out_text[0]) {
		page_tab(p, CALL_INDENT);
		page_put(p, STYLE_DIM, "the program's memory");
		page_tab(p, 40);
		page_wrap(p, STYLE_PLAIN, s->out_text);
	}
}

/* What the kernel's side says of where an error was put into the socket. */
static const struct story_seen *error_source(const struct story *s)
{
	for (uint32_t i = 0; i < s->seen_count; i++)
		if (!strcmp(s->seen[i].point, "inet_sk_error_report") &&
		    s->seen[i].value == -(int64_t)s->after.ret)
			return &s->seen[i];
	return NULL;
}

static bool was_seen(const struct story *s, const char *point)
{
	for (uint32_t i = 0; i < s->seen_count; i++)
		if (!strcmp(s->seen[i].point, point))
			return true;
	return false;
}

static void put_error_source(struct page *p, const struct story *s)
{
	const struct story_seen *from = error_source(s);
	const char *name = strerrorname_np(errno_of(s->after.ret));
	char text[800], at[UNITS_BYTES];

	if (!s->watched)
		return;
	if (s->after.ret == (uint64_t)-EINPROGRESS && was_seen(s, "inet_sk_error_report"))
		snprintf(text, sizeof(text),
			 "Where it came from: the socket is non-blocking, so the call does not wait for the "
			 "handshake's end. That has come meanwhile, and it is an error: sk->sk_err holds it until "
			 "poll() or epoll wakes the program and getsockopt(SO_ERROR) takes it.");
	else if (s->after.ret == (uint64_t)-EINPROGRESS || s->after.ret == (uint64_t)-EAGAIN)
		snprintf(text, sizeof(text),
			 "Where it came from: nothing went wrong. The call would have to wait, and may not: the "
			 "socket is non-blocking, or MSG_DONTWAIT was given. poll() or epoll tells when to go on.");
	else if (from)
		snprintf(text, sizeof(text),
			 "Where it came from: %s put %s (%" PRId64
			 ") into the socket, sk->sk_err, by %s after "
			 "the entry%s; the call, about to return, took it from there with a minus sign.",
			 was_seen(s, "tcp_receive_reset") ?
				 "a packet with RST arrived, and tcp_reset() had" :
				 "the kernel had",
			 name ? name : "the error", from->value,
			 units_duration(at, from->ns, p->utf8),
			 was_seen(s, "tcp_send_reset") ?
				 " (the RST was sent by this same kernel: no socket listened on that port)" :
				 "");
	else
		snprintf(text, sizeof(text),
			 "Where it came from: not from the network (no error was put into the socket); %s "
			 "returned %" PRId64 ".",
			 s->after.ret == (uint64_t)-EBADF ?
				 "there is no open file behind that descriptor, and the handler" :
				 "a function on the way, not all of which are seen above, refused and",
			 (int64_t)s->after.ret);
	call_paragraph(p, text);
}

static void put_back(struct page *p, const struct story *s)
{
	int64_t ret = (int64_t)s->after.ret;
	const char *reg = story_register(s->arch, 7),
		   *name = ret < 0 ? strerrorname_np(errno_of(ret)) : NULL;
	char text[800];

	call_heading(p, "6  The way back", "");
	if (ret < 0 && ret >= -4095) {
		put_error_source(p, s);
		snprintf(text, sizeof(text),
			 "%s = %" PRId64
			 ", which is -%s: the kernel tells an error as a small negative number.",
			 reg, ret, name ? name : "errno");
		call_paragraph(p, text);
		if (s->errno_addr)
			snprintf(text, sizeof(text),
				 "The C library makes two of it: errno = %d, stored at 0x%" PRIx64
				 " (errno is a variable of each thread), and the result -1. The program gets "
				 "%" PRId64 ".",
				 s->errno_value, s->errno_addr, (int64_t)(int)s->result);
		else
			snprintf(text, sizeof(text),
				 "Nothing stores it in errno: the program gets %" PRId64 " itself.",
				 s->result);
	} else {
		snprintf(text, sizeof(text), "%s = %" PRId64 ": %sthe program gets %" PRId64 ".",
			 reg, ret,
			 s->kind == STORY_WRAPPER ?
				 "not between -4095 and -1, so errno is left alone and " :
				 "",
			 s->kind == STORY_WRAPPER ? (int64_t)(int)s->result : s->result);
	}
	call_paragraph(p, text);
	if (s->kind == STORY_WRAPPER) {
		snprintf(text, sizeof(text), "It goes on at 0x%" PRIx64 ", behind the call.",
			 s->return_addr);
		call_paragraph(p, text);
	}
}

/* ------------------------------------------------------------------------- a function with many calls */

static void put_several(struct page *p, const struct story *s)
{
	char text[400], right[UNITS_BYTES], ns[UNITS_BYTES];
	unsigned int column;

	snprintf(text, sizeof(text),
		 s->call_count ?
			 "%s is no wrapper of a system call: it is a program in itself, which reads files and "
			 "asks servers. These are the %u system calls that it made:" :
			 "%s came back without a system call (%u were made): what it needed was known already.",
		 s->wanted, s->call_count);
	units_duration(right, s->several_ns, p->utf8);
	call_heading(p, "2  System calls inside", s->several_ns ? right : "");
	call_paragraph(p, text);
	for (uint32_t i = 0; i < s->call_count; i++) {
		const struct story_call *c = &s->calls[i];

		page_tab(p, CALL_INDENT);
		page_put(p, STYLE_DIM, units_duration_column(ns, "", c->ns, p->utf8));
		page_tab(p, CALL_INDENT + UNITS_COLUMNS + 2);
		column = p->width > 80 ? p->width - 26 : p->width - 12;
		page_text(p, STYLE_PLAIN, c->text, column - p->column - 18);
		if (c->ret > INT32_MAX)
			page_printf(p, STYLE_PLAIN, " = 0x%" PRIx64, (uint64_t)c->ret);
		else
			page_printf(p, c->ret < 0 ? STYLE_WARN : STYLE_PLAIN, " = %" PRId64 "%s%s",
				    c->ret, c->ret < 0 ? " " : "",
				    c->ret < 0 && strerrorname_np(errno_of(c->ret)) ?
					    strerrorname_np(errno_of(c->ret)) :
					    "");
		page_tab(p, column);
		page_put(p, STYLE_DIM, c->from);
		page_newline(p);
	}
	if (s->calls_lost) {
		snprintf(text, sizeof(text), "and %u more", s->calls_lost);
		call_paragraph(p, text);
	}
	call_paragraph(p, "The times include ptrace's stops. The column on the right is the function around the "
			  "syscall instruction.");
	if (s->vdso) {
		snprintf(text, sizeof(text),
			 "What does not appear: the clock. clock_gettime() and its like run in the vDSO, code that "
			 "the kernel maps into each process (here at 0x%" PRIx64
			 "), without entering the kernel.",
			 s->vdso);
		call_paragraph(p, text);
	}
}

static void put_links(struct page *p, const struct render_options *o, const struct story *s)
{
	struct links links = { .n = 0 };

	if (!o->link)
		return;
	if (s->kind != STORY_DIRECT)
		links_add(&links, s->wanted, true);
	for (uint32_t i = 0; i < s->seen_count; i++)
		for (uint32_t d = 0; d < s->seen[i].depth; d++)
			links_add(&links, s->seen[i].stack[d], false);
	page_newline(p);
	links_text(p, o, &links);
}

int call_text(const struct render_options *o, const struct story *s, struct strbuf *out)
{
	struct page p;

	page_init(&p, o, out);
	put_head(&p, s);
	put_site(&p, s);
	if (s->kind == STORY_SEVERAL) {
		put_several(&p, s);
		return page_result(&p);
	}
	put_wrapper(&p, s);
	put_registers(&p, s);
	call_kernel_text(&p, s);
	put_made(&p, s);
	put_back(&p, s);
	put_links(&p, o, s);
	return page_result(&p);
}
