// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order of events: run to the program's own first instruction (the dynamic linker has done its work), put a
 * breakpoint on the libc function, run; there, look back at the call and step through the function, the kernel being
 * one of the steps. A program that executes the syscall instruction itself is met at the system call instead.
 */
#include "capture.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "disasm.h"
#include "emulated.h"
#include "made.h"
#include "modules.h"
#include "site.h"
#include "sysnr.h"
#include "tracee.h"
#include "wrapper.h"

#define STEPS_MAX     200000
#define EXECUTED_MAX  4096
#define FUNCTION_MAX  2048 /* bytes of a wrapper that are looked at */
#define DIRECT_BEFORE 64   /* bytes of a function shown before a syscall instruction of its own */
#define DIRECT_AFTER  24

struct capture {
	const struct capture_options *o;
	struct tracee *t;
	struct gdb_remote *remote; /* instead of it */
	struct modules *m;
	struct disasm *d;
	struct story *s;
	uint64_t function; /* address, 0: the program has none of that name */
	uint64_t executed[EXECUTED_MAX];
	size_t n_executed;
	bool let_go;
};

static const struct {
	const char *name, *calls[2]; /* system calls that it makes; none: several */
} known[] = {
	{ "getaddrinfo", { NULL } },
	{ "socket", { "socket" } },
	{ "bind", { "bind" } },
	{ "listen", { "listen" } },
	{ "accept", { "accept", "accept4" } },
	{ "accept4", { "accept4" } },
	{ "connect", { "connect" } },
	{ "send", { "sendto" } },
	{ "sendto", { "sendto" } },
	{ "sendmsg", { "sendmsg" } },
	{ "write", { "write" } },
	{ "writev", { "writev" } },
	{ "recv", { "recvfrom" } },
	{ "recvfrom", { "recvfrom" } },
	{ "recvmsg", { "recvmsg" } },
	{ "read", { "read" } },
	{ "readv", { "readv" } },
	{ "shutdown", { "shutdown" } },
	{ "getsockname", { "getsockname" } },
	{ "getpeername", { "getpeername" } },
	{ "setsockopt", { "setsockopt" } },
	{ "getsockopt", { "getsockopt" } },
	{ "close", { "close" } },
};

#define N_KNOWN (sizeof(known) / sizeof(known[0]))

const char *capture_call_at(unsigned int i)
{
	return i < N_KNOWN ? known[i].name : NULL;
}

static bool wanted_number(const struct story *s, uint64_t nr)
{
	const char *name = sysnr_name(s->arch, nr);

	for (size_t i = 0; name && i < N_KNOWN; i++) {
		if (strcmp(known[i].name, s->wanted))
			continue;
		for (int k = 0; k < 2 && known[i].calls[k]; k++)
			if (!strcmp(known[i].calls[k], name))
				return true;
	}
	return false;
}

static bool makes_several(const char *wanted)
{
	return !strcmp(wanted, "getaddrinfo");
}

static size_t read_memory(void *ctx, uint64_t addr, void *buf, size_t n)
{
	return tracee_read(*(pid_t *)ctx, addr, buf, n);
}

/* ---------------------------------------------------------------------------------------- preparations */

static int run_to_entry(struct capture *c, pid_t *tid, struct error *e)
{
	enum tracee_stop stop;
	uint64_t entry;
	int err;

	do {
		err = tracee_entry(*tid, &entry, e);
		if (!err)
			err = tracee_break(c->t, *tid, entry, e);
		if (err)
			return err;
		stop = tracee_run(c->t, false, tid);
	} while (stop == TRACEE_EXEC);
	if (stop != TRACEE_BREAKPOINT)
		return error_set(e, -ENOMSG, "%s ended before its first instruction", c->o->argv[0]);
	tracee_unbreak(c->t, *tid);
	return 0;
}

static int check_machine(struct capture *c, struct error *e)
{
	unsigned int machine = elf_image_machine(modules_program(c->m)->image);

	if (machine == EM_X86_64)
		c->s->arch = STORY_X86_64;
	else if (machine == EM_AARCH64)
		c->s->arch = STORY_AARCH64;
	else
		return error_set(e, -ENOTSUP,
				 "%s is for machine %u of the ELF list: only x86-64 and arm64 programs "
				 "can be taken apart",
				 c->s->program, machine);
	return 0;
}

static void describe_machine(struct story *s)
{
	struct utsname u;

	if (uname(&u))
		return;
	snprintf(s->release, sizeof(s->release), "Linux %.50s", u.release);
	snprintf(s->host, sizeof(s->host), "%.60s", u.nodename);
}

static void find_function(struct capture *c)
{
	const struct module *in = modules_libc(c->m), *program = modules_program(c->m);
	uint64_t addr, bytes;

	c->s->is_static = !elf_image_is_dynamic(program->image);
	if (!in)
		in = program;
	if (elf_image_function(in->image, c->s->wanted, &addr, &bytes)) {
		c->function = addr + in->bias;
		c->s->function_bytes = bytes;
	}
	modules_libc_version(c->m, c->s->libc, sizeof(c->s->libc));
}

static void look_at_got(struct capture *c, pid_t tid)
{
	const struct module *program = modules_program(c->m);
	uint64_t slot = elf_image_got(program->image, c->s->wanted), value;

	if (!slot)
		return;
	c->s->got = slot + program->bias;
	if (tracee_read(tid, c->s->got, &value, sizeof(value)) == sizeof(value))
		modules_place(c->m, value, &c->s->got_before);
}

static int look_around(struct capture *c, pid_t tid, struct error *e)
{
	int err;

	modules_free(c->m);
	c->m = NULL;
	err = modules_of(tid, &c->m, e);
	if (!err && !modules_program(c->m))
		err = error_set(e, -EIO, "the program of process %d cannot be read", tid);
	if (err)
		return err;
	snprintf(c->s->program, sizeof(c->s->program), "%s", modules_program(c->m)->path);
	err = check_machine(c, e);
	if (!err && !c->d)
		err = disasm_new(c->s->arch, &c->d);
	if (err)
		return err;
	c->function = 0;
	c->s->vdso = modules_vdso(c->m);
	find_function(c);
	look_at_got(c, tid);
	return c->function ? tracee_break(c->t, tid, c->function, e) : 0;
}

/* ------------------------------------------------------------------------------------- the system call */

static void before_syscall(struct capture *c, pid_t tid, const struct story_regs *r)
{
	struct args_source from = { read_memory, &tid };
	struct story *s = c->s;
	const char *name = sysnr_name(s->arch, r->nr);

	s->at = *r;
	s->arg_count = args_count(name);
	for (unsigned int i = 0; i < s->arg_count; i++)
		args_text(name, r, i, &from, s->arg_text[i], sizeof(s->arg_text[i]));
	if (name)
		sysnr_header(s->arch, name, s->header, sizeof(s->header));
	if (c->o->before)
		c->o->before(c->o->ctx, tid);
}

static void after_syscall(struct capture *c, pid_t tid)
{
	struct args_source from = { read_memory, &tid };
	struct story *s = c->s;

	if (c->o->after)
		c->o->after(c->o->ctx, s);
	tracee_regs(tid, &s->after);
	args_written(sysnr_name(s->arch, s->at.nr), &s->at, (int64_t)s->after.ret, &from,
		     s->out_text, sizeof(s->out_text));
}

/* ---------------------------------------------------------------------------------------- the wrapper */

static bool was_executed(void *ctx, uint64_t addr)
{
	const struct capture *c = ctx;

	for (size_t i = 0; i < c->n_executed; i++)
		if (c->executed[i] == addr)
			return true;
	return false;
}

static void note_executed(struct capture *c, uint64_t addr)
{
	if (c->n_executed < EXECUTED_MAX && !was_executed(c, addr))
		c->executed[c->n_executed++] = addr;
}

static const char *name_callee(void *ctx, uint64_t addr)
{
	static _Thread_local struct story_place place;
	const struct capture *c = ctx;

	modules_place(c->m, addr, &place);
	return place.symbol[0] && place.symbol[0] != '.' && !place.into ? place.symbol : NULL;
}

static void read_code(struct capture *c, pid_t tid, uint64_t addr, size_t n)
{
	uint8_t bytes[FUNCTION_MAX];
	struct wrapper_source from = {
		.bytes = bytes, .addr = addr, .executed = was_executed, .callee = name_callee, .ctx = c
	};

	from.n = tracee_read(tid, addr, bytes, n < sizeof(bytes) ? n : sizeof(bytes));
	wrapper_read(c->s, c->d, &from);
}

static void read_wrapper(struct capture *c, pid_t tid)
{
	struct story *s = c->s;
	uint64_t addr = s->function.addr, bytes = s->function_bytes;
	struct story_place around;

	modules_place(c->m, s->at.ip, &around);
	if (s->at.known && (s->at.ip < addr || s->at.ip >= addr + bytes)) {
		s->inner = around;
		addr = s->at.ip - around.into;
		bytes = modules_function_bytes(c->m, addr);
	}
	read_code(c, tid, addr, bytes ? bytes : 64);
}

static void note_errno(struct capture *c, pid_t tid, const struct disasm_insn *in)
{
	uint64_t addr = tracee_register(tid, in->tls[0]) +
			(in->tls[1][0] ? tracee_register(tid, in->tls[1]) : 0);

	c->s->errno_addr = addr;
}

/* One instruction; returns 1 when the function has returned. */
static int step_one(struct capture *c, pid_t tid, uint64_t sp)
{
	uint8_t bytes[DISASM_BYTES_MAX];
	struct disasm_insn in = { 0 };
	struct story *s = c->s;
	struct story_regs r;
	size_t n;
	int err = tracee_regs(tid, &r);

	if (err)
		return err;
	if (r.ip == s->return_addr && r.sp >= sp)
		return 1;
	n = tracee_read(tid, r.ip, bytes, sizeof(bytes));
	disasm_one(c->d, bytes, n, r.ip, &in);
	note_executed(c, r.ip);
	if (in.is_syscall && !s->at.known) {
		before_syscall(c, tid, &r);
		err = tracee_step(c->t, tid);
		if (!err)
			after_syscall(c, tid);
		return err;
	}
	if (in.stores_tls && s->at.known)
		note_errno(c, tid, &in);
	err = tracee_step(c->t, tid);
	if (!err && s->errno_addr && !s->errno_value)
		tracee_read(tid, s->errno_addr, &s->errno_value, sizeof(s->errno_value));
	return err;
}

static int step_through(struct capture *c, pid_t tid, uint64_t sp, struct error *e)
{
	struct story_regs r;
	int err = 0;

	for (c->s->steps = 0; c->s->steps < STEPS_MAX; c->s->steps++) {
		err = step_one(c, tid, sp);
		if (err)
			break;
	}
	if (err < 0)
		return error_set(e, err, "the program ended inside %s", c->s->wanted);
	if (!err)
		return error_set(e, -EIO, "%s takes more than %d instructions: that is not a wrapper",
				 c->s->wanted, STEPS_MAX);
	if (!c->s->at.known)
		c->s->kind = STORY_SEVERAL; /* it came back without a system call */
	err = tracee_regs(tid, &r);
	c->s->result = (int64_t)r.ret;
	return err;
}

/* ---------------------------------------------------------------- a function with several system calls */

static void list_call(struct capture *c, pid_t tid, uint64_t *entered_ns)
{
	struct args_source from = { read_memory, &tid };
	struct story_call *call = story_add_call(c->s);
	struct story_place place;
	struct story_regs r;
	const char *name;

	*entered_ns = clock_ns(CLOCK_MONOTONIC);
	if (!call || tracee_syscall(tid, &r))
		return;
	call->tid = tid;
	call->nr = r.nr;
	name = sysnr_name(c->s->arch, r.nr);
	args_call(name ? name : "?", &r, &from, call->text, sizeof(call->text));
	modules_place(c->m, r.ip, &place);
	snprintf(call->from, sizeof(call->from), "%s", place.symbol);
}

static void list_return(struct capture *c, pid_t tid, uint64_t entered_ns)
{
	struct story_regs r;

	for (uint32_t i = c->s->call_count; i--;) {
		struct story_call *call = &c->s->calls[i];

		if (call->tid != (uint32_t)tid)
			continue;
		if (!tracee_syscall(tid, &r))
			call->ret = (int64_t)r.ret;
		call->ns = clock_ns(CLOCK_MONOTONIC) - entered_ns;
		return;
	}
}

static void several_words(struct capture *c, pid_t tid, const struct story_regs *r)
{
	char node[64] = "", service[32] = "";

	if (r->arg[0])
		node[tracee_read(tid, r->arg[0], node, sizeof(node) - 1)] = '\0';
	if (r->arg[1])
		service[tracee_read(tid, r->arg[1], service, sizeof(service) - 1)] = '\0';
	snprintf(c->s->several_text, sizeof(c->s->several_text), "getaddrinfo(%s%s%s, %s%s%s, ...)",
		 r->arg[0] ? "\"" : "", r->arg[0] ? node : "NULL", r->arg[0] ? "\"" : "",
		 r->arg[1] ? "\"" : "", r->arg[1] ? service : "NULL", r->arg[1] ? "\"" : "");
}

static int run_through(struct capture *c, pid_t tid, struct error *e)
{
	uint64_t start = clock_ns(CLOCK_MONOTONIC), entered = 0;
	struct story_regs r;
	int err = tracee_break(c->t, tid, c->s->return_addr, e);

	if (err)
		return err;
	c->s->kind = STORY_SEVERAL;
	tracee_regs(tid, &r);
	several_words(c, tid, &r);
	for (;;) {
		pid_t which;

		switch (tracee_run(c->t, true, &which)) {
		case TRACEE_ENTER:
			list_call(c, which, &entered);
			break;
		case TRACEE_EXIT:
			list_return(c, which, entered);
			break;
		case TRACEE_BREAKPOINT:
			if (which != tid)
				break;
			tracee_unbreak(c->t, tid);
			c->s->several_ns = clock_ns(CLOCK_MONOTONIC) - start;
			tracee_regs(tid, &r);
			c->s->result = (int)r.ret;
			return 0;
		default:
			return error_set(e, -EIO, "the program ended inside %s", c->s->wanted);
		}
	}
}

/* -------------------------------------------------------------------------------------------- the call */

static int take_function(struct capture *c, pid_t tid, struct error *e)
{
	const struct site_source from = { c->d, c->m, { read_memory, &tid } };
	struct story *s = c->s;
	struct story_regs r;
	int err = tracee_regs(tid, &r);

	if (err)
		return err;
	tracee_unbreak(c->t, tid);
	s->tid = tid;
	s->return_addr = tracee_return_address(tid);
	modules_place(c->m, c->function, &s->function);
	snprintf(s->function.symbol, sizeof(s->function.symbol), "%s", s->wanted);
	s->function.into = 0;
	site_read(s, &from);
	if (makes_several(s->wanted))
		return run_through(c, tid, e);
	err = step_through(c, tid, r.sp, e);
	if (!err)
		read_wrapper(c, tid);
	return err;
}

static int take_direct(struct capture *c, pid_t tid, struct error *e)
{
	struct story *s = c->s;
	struct story_regs r;
	uint64_t insn, begin, end;
	enum tracee_stop stop;
	pid_t which = 0;
	int err = tracee_syscall(tid, &r);

	if (err)
		return error_set(e, err, "cannot read the system call of thread %d: %s", tid,
				 strerror(-err));
	tracee_unbreak(c->t, tid);
	s->kind = STORY_DIRECT;
	s->tid = tid;
	insn = r.ip - (s->arch == STORY_X86_64 ? 2 : 4);
	r.ip = insn;
	modules_place(c->m, insn, &s->site_place);
	before_syscall(c, tid, &r);
	do {
		stop = tracee_run(c->t, true, &which);
	} while (stop != TRACEE_ENDED && !(stop == TRACEE_EXIT && which == tid));
	if (stop == TRACEE_ENDED)
		return error_set(e, -EIO, "the program ended inside the system call");
	after_syscall(c, tid);
	s->result = (int64_t)s->after.ret;
	/* instructions can be read from a function's beginning on; without one, from this one on */
	begin = s->site_place.symbol[0] ? insn - s->site_place.into : insn;
	end = insn + DIRECT_AFTER;
	if (s->site_place.symbol[0] && begin + modules_function_bytes(c->m, begin) < end)
		end = begin + modules_function_bytes(c->m, begin);
	read_code(c, tid, begin, end - begin);
	site_keep_around(s, insn, DIRECT_BEFORE);
	for (uint32_t i = 0; i < s->insn_count; i++)
		s->insns[i].executed = s->insns[i].addr == insn; /* of the others nobody knows */
	return 0;
}

/* Is this the program's own doing, or the C library's for itself? */
static bool programs_own(struct capture *c, pid_t tid)
{
	struct story_place place;
	const struct module *in;
	struct story_regs r;

	if (tracee_syscall(tid, &r) || !wanted_number(c->s, r.nr))
		return false;
	modules_place(c->m, r.ip, &place);
	in = modules_at(c->m, r.ip);
	if (in && in->is_libc)
		return !strcmp(place.symbol, "syscall");
	/* a static program has its C library inside, with names of its own */
	return !c->s->is_static || !c->function || place.symbol[0] != '_';
}

/*
 * The C library connects to nscd, asks name servers ...: those sockets are not the program's. What it reads and writes
 * may well be (stdio).
 */
static bool librarys_own(struct capture *c, pid_t tid)
{
	static const char *const shared[] = { "read", "readv", "write", "writev", "close" };
	const struct module *in = modules_at(c->m, tracee_return_address(tid));

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (!strcmp(shared[i], c->s->wanted))
			return false;
	return in && in->is_libc;
}

static int find_call(struct capture *c, pid_t tid, struct error *e)
{
	for (;;) {
		int err;

		switch (tracee_run(c->t, !makes_several(c->s->wanted), &tid)) {
		case TRACEE_BREAKPOINT:
			if (!librarys_own(c, tid))
				return take_function(c, tid, e);
			err = tracee_step_over(c->t, tid);
			if (err)
				return error_set(e, err, "the program ended inside %s", c->s->wanted);
			break;
		case TRACEE_ENTER:
			if (programs_own(c, tid))
				return take_direct(c, tid, e);
			break;
		case TRACEE_EXEC:
			err = run_to_entry(c, &tid, e);
			if (!err)
				err = look_around(c, tid, e);
			if (err)
				return err;
			break;
		case TRACEE_EXIT:
			break;
		case TRACEE_ENDED:
			return error_set(e, -ENOMSG,
					 "%s ended (%s %d) without a call of %s that could be taken "
					 "apart",
					 c->o->argv[0], WIFSIGNALED(tid) ? "signal" : "status",
					 WIFSIGNALED(tid) ? WTERMSIG(tid) : WEXITSTATUS(tid),
					 c->s->wanted);
		}
	}
}

/* The descriptor that the call made or used. */
static void look_at_descriptor(struct capture *c)
{
	struct story *s = c->s;
	const char *name = sysnr_name(s->arch, s->at.nr);
	bool made = name && (!strcmp(name, "socket") || !strncmp(name, "accept", 6));

	if (s->kind == STORY_SEVERAL || (made && (int64_t)s->after.ret < 0))
		return;
	made_facts(s, s->tid, made ? (int)s->after.ret : (int)s->at.arg[0]);
}

static int run_here(struct capture *c, struct error *e)
{
	pid_t tid;
	int err = tracee_start(c->o->argv, c->o->out, &c->t, e);

	if (err)
		return err;
	tid = tracee_pid(c->t);
	err = run_to_entry(c, &tid, e);
	if (!err)
		err = look_around(c, tid, e);
	if (!err)
		err = find_call(c, tid, e);
	if (!err)
		look_at_descriptor(c);
	return err;
}

int capture_run(const struct capture_options *o, struct capture **ret, struct error *e)
{
	struct capture *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->o = o;
	c->s = story_new(o->wanted);
	err = c->s ? 0 : -ENOMEM;
	if (!err) {
		describe_machine(c->s);
		err = emulated_needed(o->argv[0]) ? emulated_run(o, c->s, &c->remote, e) :
						    run_here(c, e);
	}
	if (err) {
		capture_free(c);
		return err;
	}
	*ret = c;
	return 0;
}

const struct story *capture_story(const struct capture *c)
{
	return c->s;
}

int capture_let_go(struct capture *c, int *ret_status)
{
	c->let_go = true;
	if (c->remote)
		return gdb_remote_let_go(c->remote, ret_status);
	tracee_release(c->t);
	return tracee_wait(c->t, ret_status);
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	tracee_free(c->t);
	gdb_remote_free(c->remote);
	modules_free(c->m);
	disasm_free(c->d);
	story_free(c->s);
	free(c);
}
