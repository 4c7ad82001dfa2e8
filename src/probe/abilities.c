// SPDX-License-Identifier: GPL-2.0-only
#include "abilities.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend.h"
#include "cast.h"
#include "cleanup.h"
#include "devlink_look.h"
#include "insns.h"
#include "module_types.h"
#include "nat_look.h"
#include "netfilter_links.h"
#include "return_frame.h"
#include "symbols.h"

int abilities_tracepoint_args(const struct abilities *a, const char *name)
{
	const struct btf_type *t;
	char type[96];
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	id = btf__find_by_name_kind(a->btf, type, BTF_KIND_TYPEDEF);
	if (id <= 0)
		return -1;
	t = btf__type_by_id(a->btf, btf__type_by_id(a->btf, id)->type); /* pointer to function */
	t = btf__type_by_id(a->btf, t->type);
	return btf_is_func_proto(t) ? btf_vlen(t) - 1 : 0; /* the first is the tracepoint's own */
}

bool abilities_has_function(const struct abilities *a, const char *name)
{
	return btf__find_by_name_kind(a->btf, name, BTF_KIND_FUNC) > 0;
}

/* A map in task storage needs types: int for the key, a struct for the value. */
static int make_task_storage(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);
	struct btf *btf = btf__new_empty();
	int fd = -EINVAL, key, value;

	if (!btf)
		return -ENOMEM;
	key = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	value = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	if (key > 0 && value > 0 && !btf__load_into_kernel(btf)) {
		opts.btf_fd = btf__fd(btf);
		opts.btf_key_type_id = key;
		opts.btf_value_type_id = value;
		fd = bpf_map_create(BPF_MAP_TYPE_TASK_STORAGE, "crumb_try", 4, 8, 0, &opts);
	}
	btf__free(btf);
	return fd;
}

/*
 * Can a program on a typed tracepoint use it, and does it get the memory? Linux 7 gives none to programs where the
 * processor has no cmpxchg16b. So one runs, for one call of ours, and then we look what it left.
 */
static bool try_task_storage(const struct abilities *a)
{
	_cleanup_close_ int map = make_task_storage();
	_cleanup_close_ int prog = -1, link = -1, self = -1;
	uint64_t value;
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_RAW_TP);

	if (map < 0)
		return false;
	const struct bpf_insn insns[] = {
		INSN_CALL(BPF_FUNC_get_current_task_btf),
		INSN_MOV(BPF_REG_2, BPF_REG_0),
		INSN_LD_MAP(BPF_REG_1, map),
		INSN_SET(BPF_REG_3, 0),
		INSN_SET(BPF_REG_4, BPF_LOCAL_STORAGE_GET_F_CREATE),
		INSN_CALL(BPF_FUNC_task_storage_get),
		INSN_SET(BPF_REG_0, 0),
		INSN_EXIT,
	};

	opts.attach_btf_id = btf__find_by_name_kind(a->btf, "btf_trace_sys_enter", BTF_KIND_TYPEDEF);
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "crumb_try", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), &opts);
	if (prog < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, prog);
	self = syscall(SYS_pidfd_open, getpid(), 0);
	return link >= 0 && self >= 0 && !bpf_map_lookup_elem(map, &self, &value);
}

/*
 * Global functions learned to take pointers in the release that brought atomics with a result (5.12); those can be
 * tried without types.
 */
static bool try_global_arguments(void)
{
	const struct bpf_insn insns[] = {
		INSN_SET(BPF_REG_0, 0),
		{ .code = BPF_STX | BPF_DW | BPF_MEM, .dst_reg = BPF_REG_10, .off = -8 },
		{ .code = BPF_STX | BPF_DW | BPF_ATOMIC,
		  .dst_reg = BPF_REG_10,
		  .off = -8,
		  .imm = BPF_ADD | BPF_FETCH },
		INSN_EXIT,
	};
	_cleanup_close_ int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "crumb_try", "GPL",
						 insns, sizeof(insns) / sizeof(insns[0]), NULL);

	return prog >= 0;
}

static bool try_attach_cookie(void)
{
	const struct bpf_insn insns[] = {
		INSN_CALL(BPF_FUNC_get_attach_cookie),
		INSN_SET(BPF_REG_0, 0),
		INSN_EXIT,
	};
	_cleanup_close_ int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "crumb_try", "GPL", insns,
						 sizeof(insns) / sizeof(insns[0]), NULL);

	return prog >= 0;
}

/*
 * Since Linux 7 tracepoints are left to SRCU instead of being called with preemption off: the struct came with 6.13,
 * which had removed the older SRCU of that name.
 */
static bool look_calls_preempted(const struct abilities *a)
{
	return btf__find_by_name_kind(a->btf, "tracepoint_ext", BTF_KIND_STRUCT) > 0 &&
	       btf__find_by_name_kind(a->btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) > 0;
}

/* A member of that name in the struct or union, or in one inside it. */
static bool has_member(const struct btf *btf, uint32_t id, const char *name, int depth)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (!t || !btf_is_composite(t))
		return false;
	for (unsigned int i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *is = btf__name_by_offset(btf, m->name_off);

		if ((is && !strcmp(is, name)) || (depth && has_member(btf, m->type, name, depth - 1)))
			return true;
	}
	return false;
}

/* One release (6.7) began to count what is skipped of kprobes' programs, and to tell it of their links. */
static bool look_kprobe_misses(const struct abilities *a)
{
	int id = btf__find_by_name_kind(a->btf, "bpf_link_info", BTF_KIND_STRUCT);

	return id > 0 && has_member(a->btf, id, "missed", 3);
}

/* A module's types are there while it is loaded: no rule asks for translations before. */
static const char *look_nat(const struct abilities *a)
{
	int id = btf__find_by_name_kind(a->btf, "nf_conn", BTF_KIND_STRUCT);

	if (!a->global_arguments)
		return "global functions of BPF programs take no pointers here (Linux 5.12)";
	if (id < 0 && access("/sys/kernel/btf/nf_conntrack", R_OK))
		return "the kernel has no conntrack, or its module was not loaded when crumb started";
	if (!nat_in_use())
		return "no namespace had a chain of type nat when crumb started";
	return NULL;
}

static const char *look_tunnels(struct abilities *a)
{
	if (!a->global_arguments)
		return "global functions of BPF programs take no pointers here (Linux 5.12)";
	tunnel_look(&a->tunnels);
	if (!a->tunnels.kinds)
		return "no namespace had a device of VXLAN, Geneve, GRE, IP in IP or WireGuard when crumb started";
	return NULL;
}

/* Who waits for a socket's lock has lock_sock_nested() in its stack: one look at where that lies (bpf/body/lock.h). */
static const char *look_lock(struct abilities *a)
{
	switch (symbols_place("lock_sock_nested", &a->lock_from, &a->lock_bytes)) {
	case 0:
		return NULL;
	case -EPERM:
		return "the kernel hides the addresses of its functions (/proc/kallsyms): kernel.kptr_restrict, CAP_SYSLOG";
	default:
		return "/proc/kallsyms has no lock_sock_nested";
	}
}

static void *lock_main(void *a)
{
	((struct abilities *)a)->lock_why = look_lock(a);
	return NULL;
}

/* The kernel writes 200,000 lines for it, an eighth of a start's time: beside the types that are read meanwhile. */
static void lock_begin(struct abilities *a)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	a->lock_asked = !pthread_create(&a->lock_thread, NULL, lock_main, a);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!a->lock_asked)
		a->lock_why = look_lock(a);
}

const char *abilities_lock(struct abilities *a)
{
	if (a->lock_asked)
		pthread_join(a->lock_thread, NULL);
	a->lock_asked = false;
	return a->lock_why;
}

int abilities_new(const char *btf_path, bool deep, struct abilities **ret, struct error *e)
{
	struct abilities *a = calloc(1, sizeof(*a));
	char why[80];
	int err;

	if (!a)
		return -ENOMEM;
	lock_begin(a);
	a->btf_path = btf_path;
	a->btf = btf_path ? btf__parse(btf_path, NULL) : btf__load_vmlinux_btf();
	err = a->btf ? 0 : -errno;
	if (err) {
		abilities_free(a);
		libbpf_strerror(err, why, sizeof(why));
		if (btf_path)
			return error_set(e, -ENOENT, "no BTF could be read from %s: %s", btf_path,
					 why);
		return error_set(
			e, -ENOTSUP,
			"this kernel does not tell its types (no /sys/kernel/btf/vmlinux): crumb needs "
			"a kernel with CONFIG_DEBUG_INFO_BTF, or --btf FILE with the types of just this kernel");
	}
	a->task_storage = !btf_path && try_task_storage(a);
	a->global_arguments = try_global_arguments();
	if (deep && !netfilter_in_use())
		a->netfilter_why = "no namespace had a chain at a hook of IP when crumb started";
	a->nat_why = look_nat(a);
	a->tunnel_why = look_tunnels(a);
	if (!devlink_has_traps())
		a->traps_why = "no device had traps (devlink) when crumb started";
	a->attach_cookie = try_attach_cookie();
	a->cast = btf_path ? 0 : cast_function(a->btf);
	a->calls_preempted = look_calls_preempted(a);
	a->kprobe_misses = look_kprobe_misses(a);
	if (deep) {
		module_types_nft(a->btf, &a->nft);
		module_types_ipt(a->btf, &a->ipt);
	}
	*ret = a;
	return 0;
}

void abilities_forget_types(struct abilities *a)
{
	btf__free(a->btf);
	a->btf = NULL;
}

void abilities_free(struct abilities *a)
{
	if (!a)
		return;
	abilities_lock(a);
	btf__free(a->btf);
	free(a);
}

const char *abilities_refusal(struct abilities *a, enum hook_kind kind)
{
	const struct backend *b = backend_get(kind);

	if (!b)
		return NULL;
	if (!a->tried[kind]) {
		a->tried[kind] = true;
		if (!b->able(a, a->refused[kind], WHY_BYTES))
			a->refused[kind][0] = '\0';
	}
	return a->refused[kind][0] ? a->refused[kind] : NULL;
}

bool abilities_return_frame(struct abilities *a, enum hook_kind kind, int16_t *ret)
{
	if (kind != HOOK_KPROBE_MULTI) {
		*ret = return_frame_kprobe();
		return true;
	}
	if (!a->multi_pop_tried) {
		a->multi_pop_tried = true;
		a->multi_pop_known = return_frame_multi(&a->multi_pop);
	}
	if (a->multi_pop_known)
		*ret = a->multi_pop;
	return a->multi_pop_known;
}
