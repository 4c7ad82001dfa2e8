/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One call of a program, taken apart: what was seen between the instruction that calls the C library and the value that
 * it got back. Filled by capture.c from a live process, by cmd/ with what the kernel's side saw, or by story_file.c
 * from a file; read by src/explain. All strings are the story's own.
 */
#ifndef CRUMB_CALL_STORY_H
#define CRUMB_CALL_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_ARGS	 6
#define STORY_NAME_BYTES 80
#define STORY_TEXT_BYTES 120
#define STORY_PATH_BYTES 256
#define STORY_INSNS_MAX	 96  /* of the wrapper; a longer function is told to be cut */
#define STORY_SITE_MAX	 8   /* from the call to the libc function */
#define STORY_SEEN_MAX	 512 /* tracepoints inside the call */
#define STORY_CALLS_MAX	 512 /* system calls of one libc call (getaddrinfo) */
#define STORY_FACTS_MAX	 24
#define STORY_STACK_MAX	 40

enum story_architecture { STORY_X86_64, STORY_AARCH64, STORY_ARCHITECTURES };

/* Where an address of the program lies. */
struct story_place {
	uint64_t addr;
	uint64_t offset;	       /* in the file */
	char symbol[STORY_NAME_BYTES]; /* "" unknown */
	uint64_t into;		       /* bytes past the symbol */
	char file[STORY_PATH_BYTES];
	char build_id[48];
};

/* What an instruction does for the call. */
enum story_mark {
	MARK_NONE,
	MARK_CALL,	/* calls the function, or the PLT entry that leads there */
	MARK_PLT_JUMP,	/* jumps through a slot of the GOT */
	MARK_THREADS,	/* asks whether the process has one thread only */
	MARK_BRANCH,	/* conditional jump that depends on the line above */
	MARK_NUMBER,	/* puts the system call's number into its register */
	MARK_ARGUMENT,	/* moves or sets an argument register */
	MARK_SYSCALL,	/* enters the kernel */
	MARK_CHECK,	/* compares the result with -4095 */
	MARK_NEGATE,	/* -errno becomes errno */
	MARK_ERRNO_AT,	/* finds out where this thread's errno is */
	MARK_ERRNO,	/* stores errno */
	MARK_MINUS_ONE, /* the result is -1 */
	MARK_CANCEL,	/* calls what makes the thread cancellable, or not any more */
	MARK_RETURN,
	MARK_MAX,
};

struct story_insn {
	uint64_t addr;
	char text[STORY_TEXT_BYTES]; /* "mov eax, 0x29" */
	uint8_t size, mark;	     /* enum story_mark */
	bool executed;
	char note[STORY_TEXT_BYTES]; /* what was seen there: "-> GOT 0x..", "taken", "errno = 111"; "" nothing */
};

struct story_regs {
	bool known;
	uint64_t ip, sp, nr, ret;
	uint64_t arg[STORY_ARGS];
};

/* One tracepoint inside the call. */
struct story_seen {
	uint64_t ns; /* from the entry, crumb's own time taken out */
	char point[32];
	int64_t value; /* what the tracepoint tells: see watch_record.h */
	uint32_t depth;
	char *stack[STORY_STACK_MAX]; /* outermost first */
};

struct story_call { /* one of several system calls */
	uint32_t tid;
	uint64_t nr;
	int64_t ret;
	uint64_t ns;
	char text[STORY_TEXT_BYTES]; /* decoded arguments */
	char from[STORY_NAME_BYTES]; /* function around the syscall instruction */
};

struct story_fact { /* what /proc, sock_diag ... say when the call is over */
	char source[STORY_TEXT_BYTES], text[STORY_PATH_BYTES];
};

enum story_kind {
	STORY_WRAPPER, /* a libc function that makes this one system call */
	STORY_DIRECT,  /* the program itself executes the instruction */
	STORY_SEVERAL, /* a libc function that makes several, or none */
};

struct story {
	enum story_architecture arch;
	enum story_kind kind;
	char wanted[32];		/* "socket": what was asked for */
	char program[STORY_PATH_BYTES]; /* as run */
	char release[64], libc[64], host[64];
	char emulator[64]; /* "qemu-aarch64": runs the program; "" none */
	uint32_t tid;
	bool is_static; /* no dynamic linker: no PLT, no GOT */

	/* the program's call */
	struct story_insn site[STORY_SITE_MAX]; /* the call instruction, then the PLT entry */
	uint32_t site_count;
	struct story_place site_place; /* of the call instruction */
	uint64_t return_addr;
	bool tail_call; /* what this instruction called has jumped on to the function */
	uint64_t got;	/* address of the slot, 0: none */
	struct story_place got_before; /* what it pointed to before the program's first instruction */
	struct story_place got_now;    /* and when the function had been entered */
	struct story_place function;   /* in libc; symbol "" if STORY_DIRECT */
	uint64_t function_bytes;
	struct story_place inner; /* the function with the syscall instruction, if it is another one */

	/* the wrapper */
	struct story_insn insns[STORY_INSNS_MAX];
	uint32_t insn_count;
	bool insns_cut;
	bool cancel_point; /* it has a second path, for programs with threads */
	bool cancel_taken;
	uint32_t steps; /* instructions from the function's first to its return, the kernel's not counted */
	uint64_t vdso; /* address, 0: none */

	/* the system call */
	struct story_regs at, after; /* at the instruction and behind it */
	char arg_text[STORY_ARGS][STORY_PATH_BYTES];
	uint32_t arg_count;
	char out_text[STORY_PATH_BYTES]; /* what the call wrote into the program's memory, "" nothing */

	/* the kernel's side; known if watched */
	bool watched;
	char watch_why[STORY_PATH_BYTES]; /* why it was not */
	struct story_regs kernel;
	char handler[STORY_NAME_BYTES]; /* the kernel function of this number */
	bool handler_in_table;		/* read from sys_call_table[nr] */
	uint32_t handler_compares; /* found by following the kernel's dispatcher, so many comparisons; 0: not */
	char header[STORY_PATH_BYTES]; /* "#define __NR_socket 41" and where that stands */
	struct story_seen seen[STORY_SEEN_MAX];
	uint32_t seen_count;
	uint64_t seen_lost;
	uint64_t kernel_ns, watch_ns; /* entry to exit, watching taken out; what watching took */
	uint64_t alone_ns; /* entry to exit in another run, without stacks; 0: there was none */

	/* the way back */
	int64_t result; /* what the program gets from the function */
	uint64_t errno_addr;
	int32_t errno_value; /* 0: not stored */
	struct story_fact facts[STORY_FACTS_MAX];
	uint32_t fact_count;

	/* STORY_SEVERAL */
	struct story_call calls[STORY_CALLS_MAX];
	uint32_t call_count, calls_lost;
	uint64_t several_ns;
	char several_text[STORY_PATH_BYTES]; /* getaddrinfo("localhost", "80") */
};

struct story *story_new(const char *wanted);
void story_free(struct story *s);

/* One more row; NULL when there is no room (counted in calls_lost or seen_lost). */
struct story_seen *story_add_seen(struct story *s);
struct story_call *story_add_call(struct story *s);
void story_add_fact(struct story *s, const char *source, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Names of the registers that a system call uses: i 0 the number, 1..6 the arguments, 7 the result. */
const char *story_register(enum story_architecture arch, unsigned int i);
const char *story_arch_name(enum story_architecture arch);

#endif
