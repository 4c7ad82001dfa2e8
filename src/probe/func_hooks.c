// SPDX-License-Identifier: GPL-2.0-only
#include "func_hooks.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "cleanup.h"
#include "clock.h"
#include "func_list.h"
#include "insns.h"
#include "settings.h"

/* Newer than Debian 12's headers; include/uapi/linux/bpf.h of 6.10. */
#define ATTACH_TYPE_KPROBE_SESSION 56
#define PSEUDO_KFUNC_CALL	   2

#define LINKS_MAX (2 * FUNC_KPROBES_MAX + 256)

/* union bpf_attr of BPF_LINK_CREATE, kprobe_multi */
struct link_create_multi {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint32_t multi_flags, cnt;
	uint64_t syms, addrs, cookies;
};

/* struct bpf_link_info of a kprobe_multi link: its misses since 6.7 */
struct link_info_multi {
	uint32_t type, id, prog_id, pad0;
	uint64_t addrs;
	uint32_t count, flags;
	uint64_t missed;
};

struct func_hooks {
	enum func_rung rung;
	bool cookies; /* kprobes have them */
	struct bpf_program *programs[2];
	const struct crumb_counters *counters;
	struct func_list *list;
	int fds[LINKS_MAX]; /* kprobe.multi's */
	size_t n_fds;
	struct bpf_link *links[LINKS_MAX]; /* kprobes' */
	size_t n_links;
	struct func_counts counts;
	uint64_t missed, last_ns;
};

/* One by one, these first: the path of a TCP segment from the call to the other call. */
static const char *const best_known[FUNC_KPROBES_MAX] = {
	"tcp_sendmsg",
	"tcp_sendmsg_locked",
	"tcp_push",
	"tcp_write_xmit",
	"__tcp_transmit_skb",
	"ip_queue_xmit",
	"__ip_queue_xmit",
	"ip_local_out",
	"__ip_local_out",
	"ip_output",
	"ip_finish_output",
	"ip_finish_output2",
	"neigh_hh_output",
	"neigh_resolve_output",
	"__dev_queue_xmit",
	"dev_hard_start_xmit",
	"sch_direct_xmit",
	"nf_hook_slow",
	"nft_do_chain_ipv4",
	"nft_do_chain_inet",
	"ipt_do_table",
	"nf_conntrack_in",
	"veth_xmit",
	"netif_rx",
	"netif_rx_internal",
	"enqueue_to_backlog",
	"napi_gro_receive",
	"dev_gro_receive",
	"netif_receive_skb",
	"__netif_receive_skb_core",
	"br_handle_frame",
	"br_handle_frame_finish",
	"br_forward",
	"__br_forward",
	"br_forward_finish",
	"br_dev_queue_push_xmit",
	"br_pass_frame_up",
	"br_flood",
	"ip_rcv",
	"ip_rcv_core",
	"ip_rcv_finish",
	"ip_local_deliver",
	"ip_local_deliver_finish",
	"ip_protocol_deliver_rcu",
	"ip_forward",
	"tcp_v4_rcv",
	"tcp_v4_do_rcv",
	"tcp_rcv_established",
	"tcp_rcv_state_process",
	"tcp_data_queue",
	"tcp_queue_rcv",
	"tcp_ack",
	"tcp_data_ready",
	"sock_def_readable",
	"tcp_recvmsg",
	"tcp_recvmsg_locked",
	"tcp_cleanup_rbuf",
	"lock_sock_nested",
	"release_sock",
	"tcp_add_backlog",
	"ip6_output",
	"ip6_xmit",
	"ipv6_rcv",
	"tcp_v6_rcv",
};

const char *func_rung_name(enum func_rung rung)
{
	static const char *const names[] = {
		[FUNC_NONE] = "none",
		[FUNC_SESSION] = "kprobe.session",
		[FUNC_MULTI] = "kprobe.multi",
		[FUNC_KPROBE] = "kprobe",
	};

	return names[rung];
}

bool func_hooks_program(const char *name)
{
	return !strncmp(name, "func_", 5);
}

static int link_multi(int prog, uint32_t attach_type, uint32_t flags, const uint64_t *addrs,
		      const uint64_t *cookies, const char *sym, size_t n)
{
	struct link_create_multi a = {
		.prog_fd = prog,
		.attach_type = attach_type,
		.multi_flags = flags,
		.cnt = n,
		.syms = (uintptr_t)(sym ? &sym : NULL),
		.addrs = (uintptr_t)addrs,
		.cookies = (uintptr_t)cookies,
	};
	int fd = syscall(SYS_bpf, BPF_LINK_CREATE, &a, sizeof(a));

	return fd < 0 ? -errno : fd;
}

static bool try_session(const struct abilities *a)
{
	const struct bpf_insn insns[] = { INSN_SET(BPF_REG_0, 1), INSN_EXIT };
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = ATTACH_TYPE_KPROBE_SESSION);
	_cleanup_close_ int prog = -1, link = -1;

	if (!abilities_has_function(a, "bpf_session_cookie") ||
	    !abilities_has_function(a, "bpf_session_is_return"))
		return false;
	prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "crumb_try", "GPL", insns, 2, &opts);
	if (prog < 0)
		return false;
	link = link_multi(prog, ATTACH_TYPE_KPROBE_SESSION, 0, NULL, NULL, "inet_bind", 1);
	return link >= 0;
}

enum func_rung func_hooks_rung(struct abilities *a, enum hook_kind force, struct error *e)
{
	const char *multi = abilities_refusal(a, HOOK_KPROBE_MULTI);
	const char *kprobe = abilities_refusal(a, HOOK_KPROBE);
	int16_t pop;

	if (!multi && force != HOOK_KPROBE && force != HOOK_KPROBE_MULTI && try_session(a))
		return FUNC_SESSION;
	if (!multi && force != HOOK_KPROBE && abilities_return_frame(a, HOOK_KPROBE_MULTI, &pop))
		return FUNC_MULTI;
	if (!kprobe && force != HOOK_KPROBE_MULTI)
		return FUNC_KPROBE;
	error_set(e, -ENOTSUP,
		  "--functions: no function of this kernel can be hooked: %s; %s. It needs CONFIG_KPROBES, better "
		  "CONFIG_FPROBE (Linux 5.18), and no lockdown. Without it --stacks=all -v shows the functions that led to "
		  "each step",
		  multi ? multi : "kprobe.multi was not asked for",
		  kprobe ? kprobe : "kprobe was not asked for");
	return FUNC_NONE;
}

/* The calls of helpers that do not exist become calls of the kernel's functions. */
static int fit_session(struct bpf_program *prog, const struct abilities *a, struct error *e)
{
	struct bpf_insn *insns = (struct bpf_insn *)bpf_program__insns(prog);
	const int is_return = btf__find_by_name_kind(a->btf, "bpf_session_is_return", BTF_KIND_FUNC);
	const int cookie = btf__find_by_name_kind(a->btf, "bpf_session_cookie", BTF_KIND_FUNC);
	int found = 0;

	for (size_t i = 0; i < bpf_program__insn_cnt(prog); i++) {
		struct bpf_insn *insn = &insns[i];

		if (insn->code != (BPF_JMP | BPF_CALL) || insn->src_reg ||
		    (insn->imm != CRUMB_KFUNC_IS_RETURN && insn->imm != CRUMB_KFUNC_COOKIE))
			continue;
		insn->imm = insn->imm == CRUMB_KFUNC_COOKIE ? cookie : is_return;
		insn->src_reg = PSEUDO_KFUNC_CALL;
		insn->off = 0;
		found++;
	}
	return found >= 2 ? 0 : error_set(e, -EINVAL, "the program of --functions has no session");
}

static struct bpf_program *program(struct bpf_object *obj, const struct abilities *a,
				   enum func_rung rung, bool ret)
{
	static const char *const names[][2] = {
		[FUNC_SESSION] = { "func_session", NULL },
		[FUNC_MULTI] = { "func_enter", "func_return" },
		[FUNC_KPROBE] = { "func_enter", "func_return" },
	};
	static const char *const old[] = { "func_enter_trap", "func_return_trap" };
	const char *name = rung == FUNC_KPROBE && !a->attach_cookie ? old[ret] : names[rung][ret];

	return name ? bpf_object__find_program_by_name(obj, name) : NULL;
}

int func_hooks_prepare(struct bpf_object *obj, const struct abilities *a, enum func_rung rung,
		       struct error *e)
{
	static const uint32_t attach_types[] = {
		[FUNC_SESSION] = ATTACH_TYPE_KPROBE_SESSION,
		[FUNC_MULTI] = BPF_TRACE_KPROBE_MULTI,
	};
	struct bpf_map *args = bpf_object__find_map_by_name(obj, "func_args");
	struct bpf_map *calls = bpf_object__find_map_by_name(obj, "func_calls");

	bpf_map__set_autocreate(calls, rung != FUNC_NONE);
	bpf_map__set_autocreate(args, rung == FUNC_KPROBE && !a->attach_cookie);
	for (int ret = 0; ret < 2 && rung != FUNC_NONE; ret++) {
		struct bpf_program *prog = program(obj, a, rung, ret);

		if (!prog)
			continue;
		bpf_program__set_autoload(prog, true);
		bpf_program__set_expected_attach_type(prog,
						      rung == FUNC_KPROBE ? 0 : attach_types[rung]);
		if (rung == FUNC_SESSION) {
			int err = fit_session(prog, a, e);

			if (err)
				return err;
		}
	}
	return 0;
}

/* ----------------------------------------------------------------------------------------------- attach */

struct multi {
	struct func_hooks *h;
	struct bpf_program *prog;
	uint32_t attach_type, flags;
	uint64_t *addrs, *cookies;
	bool count; /* what is hooked and what not */
};

/* All in one link. Where the kernel refuses one of them it refuses all: then by halves, until it is found. */
static int attach_range(const struct multi *m, size_t from, size_t n)
{
	struct func_hooks *h = m->h;
	int fd, err;

	if (h->n_fds == LINKS_MAX)
		return -E2BIG;
	fd = link_multi(bpf_program__fd(m->prog), m->attach_type, m->flags, m->addrs + from,
			m->cookies + from, NULL, n);
	if (fd >= 0) {
		h->fds[h->n_fds++] = fd;
		if (m->count)
			h->counts.hooked += n;
		return 0;
	}
	if (fd == -EPERM || fd == -ENOMEM || fd == -E2BIG)
		return fd;
	if (n == 1) {
		if (m->count)
			h->counts.refused++;
		return 0;
	}
	err = attach_range(m, from, n / 2);
	return err ? err : attach_range(m, from + n / 2, n - n / 2);
}

static int attach_multi(struct func_hooks *h)
{
	size_t n = h->list->n < CRUMB_MAX_FUNCS ? h->list->n : CRUMB_MAX_FUNCS;
	_cleanup_free_ uint64_t *addrs = calloc(n, sizeof(*addrs));
	_cleanup_free_ uint64_t *cookies = calloc(n, sizeof(*cookies));
	struct multi m = { .h = h, .addrs = addrs, .cookies = cookies, .count = true };
	int err;

	if (!addrs || !cookies)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		addrs[i] = h->list->places[i].addr;
		cookies[i] = h->list->places[i].args;
	}
	/* Returns first: an entry whose return is not hooked yet would wait for ever. */
	m.prog = h->programs[h->rung == FUNC_MULTI];
	m.attach_type = h->rung == FUNC_SESSION ? ATTACH_TYPE_KPROBE_SESSION : BPF_TRACE_KPROBE_MULTI;
	m.flags = h->rung == FUNC_MULTI ? BPF_F_KPROBE_MULTI_RETURN : 0;
	err = attach_range(&m, 0, n);
	if (err || h->rung == FUNC_SESSION)
		return err;
	m.prog = h->programs[0];
	m.flags = 0;
	m.count = false;
	return attach_range(&m, 0, n);
}

static const struct func_place *place_named(const struct func_list *l, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < l->n; i++)
		if (!strncmp(l->places[i].name, name, len) &&
		    (!l->places[i].name[len] || l->places[i].name[len] == '.'))
			return &l->places[i];
	return NULL;
}

/* Where the breakpoint will be: at the function, or behind its landing pad (endbr64). */
static void tell_args(struct bpf_object *obj, const struct func_place *p)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "func_args");
	const uint64_t at[] = { p->addr, p->addr + 4 };

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]) && bpf_map__autocreate(map); i++)
		bpf_map_update_elem(bpf_map__fd(map), &at[i], &p->args, BPF_ANY);
}

static int attach_kprobes(struct func_hooks *h, struct bpf_object *obj)
{
	for (size_t i = 0; i < FUNC_KPROBES_MAX && best_known[i]; i++) {
		const struct func_place *p = place_named(h->list, best_known[i]);
		LIBBPF_OPTS(bpf_kprobe_opts, opts, .retprobe = true);
		struct bpf_link *ret, *enter = NULL;

		if (!p)
			continue;
		tell_args(obj, p);
		ret = bpf_program__attach_kprobe_opts(h->programs[1], p->name, &opts);
		opts.retprobe = false;
		opts.bpf_cookie = h->cookies ? p->args : 0;
		if (ret)
			enter = bpf_program__attach_kprobe_opts(h->programs[0], p->name, &opts);
		if (ret)
			h->links[h->n_links++] = ret;
		if (enter) {
			h->links[h->n_links++] = enter;
			h->counts.hooked++;
		} else {
			h->counts.refused++;
		}
	}
	return 0;
}

int func_hooks_new(struct bpf_object *obj, const struct abilities *a, enum func_rung rung,
		   const struct crumb_counters *c, struct func_hooks **ret, struct error *e)
{
	struct func_hooks *h = calloc(1, sizeof(*h));
	uint64_t start = clock_ns(CLOCK_MONOTONIC), found;
	int err;

	if (!h)
		return -ENOMEM;
	h->rung = rung;
	h->cookies = a->attach_cookie;
	h->counters = c;
	h->programs[0] = program(obj, a, rung, false);
	h->programs[1] = program(obj, a, rung, true);
	err = func_list_new(a->btf, &h->list, e);
	if (!err) {
		found = clock_ns(CLOCK_MONOTONIC);
		h->counts.typed = h->list->typed;
		h->counts.ambiguous = h->list->ambiguous;
		h->counts.no_symbol = h->list->no_symbol;
		h->counts.refused = h->list->refused;
		h->counts.find_ns = found - start;
		err = rung == FUNC_KPROBE ? attach_kprobes(h, obj) : attach_multi(h);
		h->counts.attach_ns = clock_ns(CLOCK_MONOTONIC) - found;
	}
	if (!err && !h->counts.hooked)
		err = error_set(e, -ENOTSUP,
				"--functions: the kernel let none of its %zu functions be hooked",
				h->counts.typed);
	if (err) {
		func_hooks_free(h);
		return error_set(e, err, "--functions: cannot hook the kernel's functions: %s",
				 strerror(-err));
	}
	*ret = h;
	return 0;
}

void func_hooks_free(struct func_hooks *h)
{
	if (!h)
		return;
	/* Entries first, so that no call is met at one end only; they were attached last. */
	while (h->n_fds)
		close(h->fds[--h->n_fds]);
	while (h->n_links)
		bpf_link__destroy(h->links[--h->n_links]);
	func_list_free(h->list);
	free(h);
}

void func_hooks_counts(const struct func_hooks *h, struct func_counts *ret)
{
	*ret = h->counts;
}

/* ------------------------------------------------------------------------------------------------ misses */

static uint64_t link_misses(int fd)
{
	struct link_info_multi info = { 0 };
	struct {
		uint32_t fd, len;
		uint64_t info;
	} attr = { .fd = fd, .len = sizeof(info), .info = (uintptr_t)&info };

	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return 0;
	return attr.len >= sizeof(info) ? info.missed : 0;
}

static uint64_t program_misses(const struct bpf_program *prog)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (!prog || bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	return info.recursion_misses;
}

int func_hooks_misses(struct func_hooks *h, uint64_t now_ns, event_fn fn, void *ctx)
{
	uint64_t missed = __atomic_load_n(&h->counters->funcs_lost, __ATOMIC_ACQUIRE);
	struct crumb_ev_loss e = {
		.h = { .time_ns = now_ns, .type = CRUMB_EV_LOSS, .size = sizeof(e) },
		.from_ns = h->last_ns,
		.cause = CRUMB_LOSS_FUNCS,
		.on_cpu = UINT32_MAX,
	};

	for (size_t i = 0; i < h->n_fds; i++)
		missed += link_misses(h->fds[i]);
	missed += program_misses(h->programs[0]) + program_misses(h->programs[1]);
	h->last_ns = now_ns;
	if (missed <= h->missed)
		return 0;
	e.count = missed - h->missed;
	h->missed = missed;
	return fn(ctx, &e.h);
}
