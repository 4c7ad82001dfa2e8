// SPDX-License-Identifier: GPL-2.0-only
/*
 * --functions: one pair of programs on very many kernel functions. Where the skb or the socket is among the arguments is
 * known from the kernel's types, and comes with each call as the attachment's cookie.
 *
 * A call that is entered is noted by its function and the place of its frame on the kernel's stack, which no other call in
 * the machine can have at the same time; its record is written when it returns. (A function that another one ends with a
 * jump to has the same frame.) Session (Linux 6.10): one attachment for both, and a function whose entry is of no interest
 * is not met at its return.
 */
#define CRUMB_UNTYPED
#include "body/func.h"

/* Patched by the loader into calls of the kernel's own functions (src/probe/func_hooks.c). */
#define session_is_return ((bool (*)(void *))CRUMB_KFUNC_IS_RETURN)
#define session_cookie	  ((__u64 * (*)(void *)) CRUMB_KFUNC_COOKIE)

static __always_inline __u64 func_key(__u64 func, __u64 frame)
{
	return frame ^ func * 0x9e3779b97f4a7c15ull;
}

/* Arguments 1 to 5, by number: the verifier wants each read at an offset that is a constant. */
struct func_args_read {
	__u64 a1, a2, a3, a4, a5;
};

static __always_inline void func_args_read(struct pt_regs *ctx, struct func_args_read *r)
{
	__u64 a1 = PT_REGS_PARM1(ctx), a2 = PT_REGS_PARM2(ctx), a3 = PT_REGS_PARM3(ctx),
	      a4 = PT_REGS_PARM4(ctx), a5 = PT_REGS_PARM5(ctx);

	asm volatile("" : "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5));
	*r = (struct func_args_read){ a1, a2, a3, a4, a5 };
}

static __always_inline const void *func_arg(const struct func_args_read *r, __u32 i)
{
	__u64 v = i == 1 ? r->a1 : i == 2 ? r->a2 : i == 3 ? r->a3 : i == 4 ? r->a4 : r->a5;

	return i ? (const void *)v : NULL;
}

/* True: it is one of ours, and @key will find it. */
static __always_inline bool func_enters(struct pt_regs *ctx, __u64 func, __u64 args, __u64 key)
{
	struct crumb_func_call c = {};
	struct func_args_read r;
	struct func_object o = {};

	func_args_read(ctx, &r);
	o.skb = func_arg(&r, args & CRUMB_FUNC_ARG);
	o.sk = func_arg(&r, args >> CRUMB_FUNC_SOCK & CRUMB_FUNC_ARG);
	if (args & CRUMB_FUNC_INDIRECT && o.skb)
		bpf_probe_read_kernel(&o.skb, sizeof(o.skb), o.skb);
	if (!func_about(&o))
		return false;
	c.func = func;
	c.skb = (__u64)o.skb;
	c.flow = o.flow;
	c.netns = o.netns;
	c.seq = o.seq;
	c.bytes = o.bytes;
	c.cpu = bpf_get_smp_processor_id();
	c.dir = o.dir;
	c.enter_ns = bpf_ktime_get_ns();
	if (!bpf_map_update_elem(&func_calls, &key, &c, BPF_NOEXIST))
		return true;
	/* No room; or there is a call in this very place, whose return was not seen. */
	__sync_fetch_and_add(&crumb_counters.funcs_lost, 1);
	return !bpf_map_update_elem(&func_calls, &key, &c, BPF_EXIST);
}

static __always_inline int func_returns(__u64 key)
{
	__u64 now = bpf_ktime_get_ns();
	struct crumb_func_call *c = bpf_map_lookup_elem(&func_calls, &key);
	struct crumb_ev_func *e;

	if (!c)
		return 0;
	e = ring_part(sizeof(*e));
	if (!e) {
		__sync_fetch_and_add(&crumb_counters.funcs_lost, 1);
	} else {
		event_head(&e->h, CRUMB_EV_FUNC, sizeof(*e), now);
		e->flow = c->flow;
		e->dir = c->dir;
		e->flags = 0;
		e->pad0 = 0;
		e->enter_ns = c->enter_ns;
		e->func = c->func;
		e->skb = c->skb;
		e->seq = c->seq;
		e->bytes = c->bytes;
		e->netns = c->netns;
		e->enter_cpu = c->cpu;
		e->tgid = bpf_get_current_pid_tgid() >> 32;
		e->pid = bpf_get_current_pid_tgid();
		ring_submit(e);
	}
	bpf_map_delete_elem(&func_calls, &key);
	return 0;
}

SEC("?kprobe.multi")
int func_session(struct pt_regs *ctx)
{
	__u64 *key = session_cookie(ctx), func;

	if (session_is_return(ctx))
		return func_returns(*key);
	func = bpf_get_func_ip(ctx);
	*key = func_key(func, PT_REGS_SP(ctx));
	/* Not 0: its return is not wanted. */
	return !func_enters(ctx, func, bpf_get_attach_cookie(ctx), *key);
}

/*
 * Without sessions returns are met of every call, and one may have been missed: what it left in this place is not to be
 * taken for this call.
 */
static __always_inline void func_forget(__u64 key)
{
	if (bpf_map_lookup_elem(&func_calls, &key) && !bpf_map_delete_elem(&func_calls, &key))
		__sync_fetch_and_add(&crumb_counters.funcs_lost, 1);
}

/* These two serve kprobes as well, since Linux 5.15. */
SEC("?kprobe.multi")
int func_enter(struct pt_regs *ctx)
{
	__u64 func = bpf_get_func_ip(ctx), key = func_key(func, PT_REGS_SP(ctx));

	if (!func_enters(ctx, func, bpf_get_attach_cookie(ctx), key))
		func_forget(key);
	return 0;
}

SEC("?kprobe.multi")
int func_return(struct pt_regs *ctx)
{
	return func_returns(func_key(bpf_get_func_ip(ctx), PT_REGS_SP(ctx) - crumb_cfg.func_pop));
}

/*
 * Before 5.15 a program is told neither its function nor a cookie. The breakpoint's address says both at the entry; at the
 * return there is only the frame. Functions that end in a jump to the next one share it, and return in reverse order: each
 * has a place of its own in the frame's lowest bits.
 */
#define FUNC_SHARED 4

SEC("?kprobe")
int func_enter_trap(struct pt_regs *ctx)
{
	__u64 func = PT_REGS_IP(ctx) - 1, key = PT_REGS_SP(ctx);
	__u64 *args = bpf_map_lookup_elem(&func_args, &func);
	int i;

	if (!args)
		return 0;
	for (i = 0; i < FUNC_SHARED - 1; i++, key++)
		if (!bpf_map_lookup_elem(&func_calls, &key))
			break;
	func_enters(ctx, func, *args, key);
	return 0;
}

SEC("?kprobe")
int func_return_trap(struct pt_regs *ctx)
{
	__u64 key = PT_REGS_SP(ctx) - crumb_cfg.func_pop + FUNC_SHARED - 1;
	int i;

	for (i = 0; i < FUNC_SHARED - 1; i++, key--)
		if (bpf_map_lookup_elem(&func_calls, &key))
			break;
	return func_returns(key);
}
