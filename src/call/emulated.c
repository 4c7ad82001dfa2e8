// SPDX-License-Identifier: GPL-2.0-only
#include "emulated.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "modules.h"
#include "site.h"
#include "sysnr.h"
#include "wrapper.h"

#define STEPS_MAX    20000
#define EXECUTED_MAX 1024
#define FUNCTION_MAX 2048

enum { X8 = 8, X30 = 30, SP = 31, PC = 32 };

struct emulated {
	struct story *s;
	struct gdb_remote *r;
	struct modules *m;
	struct disasm *d;
	uint64_t function;
	uint64_t executed[EXECUTED_MAX];
	size_t n_executed;
};

bool emulated_needed(const char *program)
{
#if defined(__aarch64__)
	(void)program;
	return false;
#else
	struct elf_image *i = NULL;
	bool needed = !elf_image_open(program, &i, NULL) && elf_image_machine(i) == EM_AARCH64;

	elf_image_free(i);
	return needed;
#endif
}

static size_t read_memory(void *ctx, uint64_t addr, void *buf, size_t n)
{
	return gdb_remote_read(ctx, addr, buf, n);
}

static struct story_regs story_regs_of(const uint64_t regs[GDB_REMOTE_REGS])
{
	return (struct story_regs){
		true,	  regs[PC], regs[SP],
		regs[X8], regs[0],  { regs[0], regs[1], regs[2], regs[3], regs[4], regs[5] }
	};
}

static bool was_executed(void *ctx, uint64_t addr)
{
	const struct emulated *em = ctx;

	for (size_t i = 0; i < em->n_executed; i++)
		if (em->executed[i] == addr)
			return true;
	return false;
}

static const char *name_callee(void *ctx, uint64_t addr)
{
	static _Thread_local struct story_place place;
	const struct emulated *em = ctx;

	modules_place(em->m, addr, &place);
	return place.symbol[0] && place.symbol[0] != '.' && !place.into ? place.symbol : NULL;
}

/* ----------------------------------------------------------------------------------------- on the way */

/* To the program's own first instruction: before it the dynamic linker has not mapped the libraries yet. */
static int run_to_entry(struct emulated *em, const char *program, struct error *e)
{
	const struct module *in;
	uint64_t entry;
	int err = modules_of_emulated(gdb_remote_pid(em->r), program, &em->m, e);

	if (err)
		return err;
	in = modules_program(em->m);
	if (!in || !in->is_program)
		return error_set(e, -EIO, "%s is not mapped where qemu-aarch64 runs", program);
	entry = elf_image_entry(in->image) + in->bias;
	err = gdb_remote_break(em->r, entry, true);
	if (!err)
		err = gdb_remote_continue(em->r);
	if (!err)
		err = gdb_remote_break(em->r, entry, false);
	modules_free(em->m);
	em->m = NULL;
	if (err)
		return error_set(e, err, "%s ended before its first instruction", program);
	return modules_of_emulated(gdb_remote_pid(em->r), program, &em->m, e);
}

static int run_to_call(struct emulated *em, struct error *e)
{
	const struct module *in = modules_libc(em->m), *program = modules_program(em->m);
	uint64_t addr, bytes, slot, value;
	struct story *s = em->s;
	int err;

	s->is_static = !elf_image_is_dynamic(program->image);
	if (!in)
		in = program;
	modules_libc_version(em->m, s->libc, sizeof(s->libc));
	if (!elf_image_function(in->image, s->wanted, &addr, &bytes))
		return error_set(e, -ENOMSG,
				 "%s has no function %s: only calls through the C library are "
				 "taken apart under emulation",
				 s->program, s->wanted);
	em->function = addr + in->bias;
	s->function_bytes = bytes;
	slot = elf_image_got(program->image, s->wanted);
	if (slot) {
		s->got = slot + program->bias;
		if (gdb_remote_read(em->r, s->got, &value, sizeof(value)) == sizeof(value))
			modules_place(em->m, value, &s->got_before);
	}
	err = gdb_remote_break(em->r, em->function, true);
	if (!err)
		err = gdb_remote_continue(em->r);
	if (!err)
		err = gdb_remote_break(em->r, em->function, false);
	if (err == -ESRCH)
		return error_set(e, -ENOMSG, "%s ended without a call of %s", s->program, s->wanted);
	return err;
}

static void before_syscall(struct emulated *em, const struct story_regs *r)
{
	struct args_source from = { read_memory, em->r };
	const char *name = sysnr_name(STORY_AARCH64, r->nr);
	struct story *s = em->s;

	s->at = *r;
	s->arg_count = args_count(name);
	for (unsigned int i = 0; i < s->arg_count; i++)
		args_text(name, r, i, &from, s->arg_text[i], sizeof(s->arg_text[i]));
	if (name)
		sysnr_header(STORY_AARCH64, name, s->header, sizeof(s->header));
}

static void note_errno(struct emulated *em, const struct disasm_insn *in, const uint64_t *regs)
{
	uint64_t sum = 0;

	for (int i = 0; i < 2; i++)
		if (in->tls[i][0] == 'x')
			sum += regs[atoi(in->tls[i] + 1) & 31];
	em->s->errno_addr = sum;
}

/* One instruction; 1 when the function has returned. */
static int step_one(struct emulated *em, uint64_t sp)
{
	uint64_t regs[GDB_REMOTE_REGS];
	struct disasm_insn in = { 0 };
	struct story *s = em->s;
	struct story_regs r;
	uint8_t bytes[4];
	int err = gdb_remote_regs(em->r, regs);

	if (err)
		return err;
	r = story_regs_of(regs);
	if (r.ip == s->return_addr && r.sp >= sp)
		return 1;
	disasm_one(em->d, bytes, gdb_remote_read(em->r, r.ip, bytes, sizeof(bytes)), r.ip, &in);
	if (em->n_executed < EXECUTED_MAX)
		em->executed[em->n_executed++] = r.ip;
	if (in.is_syscall && !s->at.known)
		before_syscall(em, &r);
	if (in.stores_tls && s->after.known)
		note_errno(em, &in, regs);
	err = gdb_remote_step(em->r);
	if (!err && s->errno_addr && !s->errno_value)
		gdb_remote_read(em->r, s->errno_addr, &s->errno_value, sizeof(s->errno_value));
	if (!err && in.is_syscall && !s->after.known && !gdb_remote_regs(em->r, regs)) {
		struct args_source from = { read_memory, em->r };

		s->after = story_regs_of(regs);
		/* qemu's step over svc takes the instruction behind it along */
		if (regs[PC] == r.ip + 2 * sizeof(bytes) && em->n_executed < EXECUTED_MAX) {
			em->executed[em->n_executed++] = r.ip + sizeof(bytes);
			s->steps++;
		}
		args_written(sysnr_name(STORY_AARCH64, s->at.nr), &s->at, (int64_t)s->after.ret,
			     &from, s->out_text, sizeof(s->out_text));
	}
	return err;
}

static int step_through(struct emulated *em, uint64_t sp, struct error *e)
{
	uint64_t regs[GDB_REMOTE_REGS];
	int err = 0;

	for (em->s->steps = 0; !err && em->s->steps < STEPS_MAX; em->s->steps++)
		err = step_one(em, sp);
	if (err < 0)
		return error_set(e, err, "the program ended inside %s", em->s->wanted);
	if (!err || !em->s->at.known)
		return error_set(e, -EIO, "%s is not a wrapper of one system call", em->s->wanted);
	em->s->steps--; /* the last only found that it was back */
	err = gdb_remote_regs(em->r, regs);
	em->s->result = (int64_t)regs[0];
	return err;
}

static int take_function(struct emulated *em, struct error *e)
{
	const struct site_source from = { em->d, em->m, { read_memory, em->r } };
	uint64_t regs[GDB_REMOTE_REGS];
	uint8_t bytes[FUNCTION_MAX];
	struct story *s = em->s;
	struct wrapper_source code = {
		.bytes = bytes, .executed = was_executed, .callee = name_callee, .ctx = em
	};
	int err = gdb_remote_regs(em->r, regs);

	if (err)
		return err;
	s->tid = gdb_remote_pid(em->r);
	s->return_addr = regs[X30];
	modules_place(em->m, em->function, &s->function);
	snprintf(s->function.symbol, sizeof(s->function.symbol), "%s", s->wanted);
	site_read(s, &from);
	err = step_through(em, regs[SP], e);
	if (err)
		return err;
	code.addr = s->function.addr;
	code.n = gdb_remote_read(em->r, code.addr, bytes,
				 s->function_bytes < sizeof(bytes) ? s->function_bytes :
								     sizeof(bytes));
	wrapper_read(s, em->d, &code);
	return 0;
}

int emulated_run(const struct capture_options *o, struct story *s, struct gdb_remote **ret_remote,
		 struct error *e)
{
	struct emulated em = { .s = s };
	char path[PATH_MAX];
	int err;

	if (!realpath(o->argv[0], path))
		return error_set(e, -errno, "cannot find %s: %s", o->argv[0], strerror(errno));
	snprintf(s->program, sizeof(s->program), "%.255s", path);
	s->arch = STORY_AARCH64;
	snprintf(s->emulator, sizeof(s->emulator), "qemu-aarch64");
	snprintf(s->watch_why, sizeof(s->watch_why),
		 "qemu-aarch64 takes the arm64 system call and makes one of this machine's kernel out of it, with "
		 "another number: what that kernel sees is not the program's call.");
	err = disasm_new(STORY_AARCH64, &em.d);
	if (!err)
		err = gdb_remote_start(o->argv, o->out, &em.r, e);
	if (!err)
		err = run_to_entry(&em, path, e);
	if (!err)
		err = run_to_call(&em, e);
	if (!err)
		err = take_function(&em, e);
	modules_free(em.m);
	disasm_free(em.d);
	if (err) {
		gdb_remote_free(em.r);
		return err;
	}
	*ret_remote = em.r;
	return 0;
}
