// SPDX-License-Identifier: GPL-2.0-only
#include "cast.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "insns.h"
#include "settings.h"

#define MOVE (BPF_ALU64 | BPF_MOV | BPF_X)
#define SET  (BPF_ALU64 | BPF_MOV | BPF_K)

static struct bpf_insn call_of(uint32_t function)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_CALL,
				  .src_reg = BPF_PSEUDO_KFUNC_CALL,
				  .imm = (int)function };
}

/* May a program on a typed tracepoint call it? The second argument of sched_switch() is a task. */
static bool try_cast(const struct btf *btf, uint32_t function)
{
	const struct bpf_insn insns[] = {
		INSN_LOAD(BPF_REG_1, BPF_REG_1, 8),
		INSN_SET(BPF_REG_2, btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT)),
		call_of(function),
		INSN_SET(BPF_REG_0, 0),
		INSN_EXIT,
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP,
		    .attach_btf_id =
			    btf__find_by_name_kind(btf, "btf_trace_sched_switch", BTF_KIND_TYPEDEF));
	_cleanup_close_ int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "crumb_try", "GPL", insns,
						 sizeof(insns) / sizeof(insns[0]), &opts);

	return prog >= 0;
}

uint32_t cast_function(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC);

	return id > 0 && try_cast(btf, id) ? id : 0;
}

/* r0 = r1; r1 = CRUMB_CAST_MARK */
static bool is_place(const struct bpf_insn *i)
{
	return i[0].code == MOVE && i[0].dst_reg == BPF_REG_0 && i[0].src_reg == BPF_REG_1 &&
	       i[1].code == SET && i[1].dst_reg == BPF_REG_1 && i[1].imm == CRUMB_CAST_MARK;
}

static int cast_in_program(struct bpf_program *prog, uint32_t function)
{
	const size_t n = bpf_program__insn_cnt(prog);
	_cleanup_free_ struct bpf_insn *insns = malloc(n * sizeof(*insns));
	bool any = false;

	if (!insns)
		return -ENOMEM;
	memcpy(insns, bpf_program__insns(prog), n * sizeof(*insns));
	for (size_t i = 0; i + 1 < n; i++) {
		if (!is_place(&insns[i]))
			continue;
		insns[i] = call_of(function);
		any = true;
	}
	return any ? bpf_program__set_insns(prog, insns, n) : 0;
}

int cast_in(struct bpf_object *obj, uint32_t function)
{
	struct bpf_program *prog;
	int err = 0;

	bpf_object__for_each_program(prog, obj)
	{
		if (!err && bpf_program__autoload(prog))
			err = cast_in_program(prog, function);
	}
	return err;
}
