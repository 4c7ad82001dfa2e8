// SPDX-License-Identifier: GPL-2.0-only
#include "symbol_ask.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "insns.h"

/* The program's only memory, mapped here, too. */
struct question {
	char text[SYMBOL_NAME_BYTES + 64]; /* "tcp_sendmsg+0x0/0x40", of a module with " [its name]" behind */
	char wanted[SYMBOL_NAME_BYTES]; /* zeros behind it */
	uint64_t addr;
	uint64_t by_name; /* 1: @addr is looked for, too */
	int64_t error;	  /* of that */
};

struct symbol_ask {
	struct question *question;
	size_t mapped;
	int prog;
};

/* What bpf_snprintf() takes as a format: a constant that nobody can change any more. */
static int make_format(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_RDONLY_PROG);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "crumb_format", 4, 8, 1, &opts);
	uint32_t first = 0;

	if (fd >= 0 && !bpf_map_update_elem(fd, &first, "%pS\0\0\0\0", BPF_ANY) && !bpf_map_freeze(fd))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int make_program(int question, int format)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	const struct bpf_insn insns[] = {
		INSN_LD_VALUE(BPF_REG_6, question),
		INSN_LOAD(BPF_REG_1, BPF_REG_6, offsetof(struct question, by_name)),
		INSN_SKIP_UNLESS(BPF_REG_1, 1, 8),
		INSN_MOV(BPF_REG_1, BPF_REG_6),
		INSN_ADD(BPF_REG_1, offsetof(struct question, wanted)),
		INSN_SET(BPF_REG_2, SYMBOL_NAME_BYTES),
		INSN_SET(BPF_REG_3, 0),
		INSN_MOV(BPF_REG_4, BPF_REG_6),
		INSN_ADD(BPF_REG_4, offsetof(struct question, addr)),
		INSN_CALL(BPF_FUNC_kallsyms_lookup_name),
		INSN_STORE(BPF_REG_6, BPF_REG_0, offsetof(struct question, error)),
		INSN_MOV(BPF_REG_1, BPF_REG_6),
		INSN_SET(BPF_REG_2, sizeof(((struct question *)NULL)->text)),
		INSN_LD_VALUE(BPF_REG_3, format),
		INSN_MOV(BPF_REG_4, BPF_REG_6),
		INSN_ADD(BPF_REG_4, offsetof(struct question, addr)),
		INSN_SET(BPF_REG_5, sizeof(uint64_t)),
		INSN_CALL(BPF_FUNC_snprintf),
		INSN_SET(BPF_REG_0, 0),
		INSN_EXIT,
	};

	return bpf_prog_load(BPF_PROG_TYPE_SYSCALL, "crumb_symbol", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
}

/* The maps live as long as the program and the mapping. */
static int make(struct symbol_ask *a)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	_cleanup_close_ int question = bpf_map_create(BPF_MAP_TYPE_ARRAY, "crumb_question", 4,
						      sizeof(struct question), 1, &opts);
	_cleanup_close_ int format = make_format();
	size_t page = sysconf(_SC_PAGESIZE);
	void *p;

	if (question < 0 || format < 0)
		return -EOPNOTSUPP;
	a->mapped = (sizeof(struct question) + page - 1) & ~(page - 1);
	p = mmap(NULL, a->mapped, PROT_READ | PROT_WRITE, MAP_SHARED, question, 0);
	if (p == MAP_FAILED)
		return -errno;
	a->question = p;
	a->prog = make_program(question, format);
	return a->prog < 0 ? a->prog : 0;
}

struct symbol_ask *symbol_ask_new(void)
{
	struct symbol_ask *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->prog = -1;
	if (!make(a))
		return a;
	symbol_ask_free(a);
	return NULL;
}

void symbol_ask_free(struct symbol_ask *a)
{
	if (!a)
		return;
	if (a->question)
		munmap(a->question, a->mapped);
	if (a->prog >= 0)
		close(a->prog);
	free(a);
}

/* The text taken apart; without a symbol the kernel prints the address. */
static int answer(const struct question *q, char *name, uint32_t *ret_offset, uint32_t *ret_bytes)
{
	const char *plus = strchr(q->text, '+');

	if (!plus || sscanf(plus, "+0x%x/0x%x", ret_offset, ret_bytes) != 2)
		return -ENOENT;
	if (name)
		snprintf(name, SYMBOL_NAME_BYTES, "%.*s", (int)(plus - q->text), q->text);
	return 0;
}

static int run(struct symbol_ask *a)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(a->prog, &opts) ? -errno : 0;
}

int symbol_ask_name(struct symbol_ask *a, uint64_t addr, char name[SYMBOL_NAME_BYTES],
		    uint32_t *ret_offset)
{
	uint32_t bytes;
	int err;

	a->question->by_name = 0;
	a->question->addr = addr;
	err = run(a);
	return err ? err : answer(a->question, name, ret_offset, &bytes);
}

int symbol_ask_place(struct symbol_ask *a, const char *name, uint64_t *ret_from, uint64_t *ret_bytes)
{
	struct question *q = a->question;
	uint32_t offset, bytes;
	int err;

	if (strlen(name) >= sizeof(q->wanted))
		return -ENOENT;
	memset(q->wanted, 0, sizeof(q->wanted));
	memcpy(q->wanted, name, strlen(name));
	q->by_name = 1;
	q->addr = 0;
	err = run(a);
	if (!err)
		err = (int)q->error;
	if (!err)
		err = answer(q, NULL, &offset, &bytes);
	if (err)
		return err;
	*ret_from = q->addr;
	*ret_bytes = bytes;
	return 0;
}
