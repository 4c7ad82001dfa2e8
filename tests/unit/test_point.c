// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of points: complete, without doubles, sound in its references; and, where the running
 * kernel lets us look, true: its tracepoints are in the kernel's BTF, its functions and syscalls
 * in the symbol table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "cleanup.h"
#include "point.h"

static void test_rows_are_complete(void **state)
{
	(void)state;
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		const struct point *p = point_get(pt);

		assert_non_null(p->name);
		assert_string_not_equal(p->name, "?");
		assert_non_null(p->func);
		assert_true(strlen(p->doc) > 10 && !strchr(p->doc, '\n'));
		assert_true(p->layer < LAYER_MAX);
		assert_int_not_equal(p->via[0].kind, HOOK_NONE);
		assert_int_equal(p->via[POINT_HOOKS_MAX - 1].kind, HOOK_NONE);
		assert_int_equal(point_by_name(p->name), pt);
	}
}

static void test_numbers_out_of_range(void **state)
{
	(void)state;
	assert_string_equal(point_get(0)->name, "?");
	assert_string_equal(point_get(CRUMB_PT_MAX)->name, "?");
	assert_string_equal(point_get(UINT32_MAX)->name, "?");
	assert_int_equal(point_by_name("?"), CRUMB_PT_NONE);
	assert_int_equal(point_by_name(""), CRUMB_PT_NONE);
	assert_int_equal(point_by_name("dev.queu"), CRUMB_PT_NONE);
	assert_string_equal(point_layer_name(LAYER_MAX), "?");
	assert_string_equal(hook_kind_name(HOOK_KIND_MAX), "?");
	assert_string_equal(libc_func_name(0), "?");
	assert_string_equal(libc_func_name(CRUMB_LIBC_MAX), "?");
	assert_string_equal(event_type_name(0), "?");
	assert_string_equal(event_type_name(CRUMB_EV_ROUTE + 1), "?");
	assert_null(syscall_name(CRUMB_CALL_NO_NR));
}

/* A derived point names another one that is seen by a hook of its own, through the same program. */
static void test_derived_points_have_a_source(void **state)
{
	(void)state;
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++)
		for (const struct point_hook *v = point_get(pt)->via; v->kind; v++) {
			const struct point *source;

			assert_non_null(v->target);
			if (v->kind != HOOK_DERIVED)
				continue;
			source = point_get(point_by_name(v->target));
			assert_string_not_equal(source->name, "?");
			assert_int_not_equal(source->via[0].kind, HOOK_DERIVED);
			assert_string_equal(source->via[0].prog, v->prog);
		}
}

static void test_names_of_all_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < LAYER_MAX; i++)
		assert_string_not_equal(point_layer_name(i), "?");
	for (int i = 0; i < HOOK_KIND_MAX; i++)
		assert_string_not_equal(hook_kind_name(i), "?");
	for (int i = 1; i < CRUMB_LIBC_MAX; i++)
		assert_string_not_equal(libc_func_name(i), "?");
	for (int i = CRUMB_EV_FLOW; i <= CRUMB_EV_TRAP; i++)
		assert_string_not_equal(event_type_name(i), "?");
	for (int i = CRUMB_EV_TRACE; i <= CRUMB_EV_END; i++)
		assert_string_not_equal(event_type_name(i), "?");
	assert_string_equal(point_layer_name(LAYER_TCP), "TCP");
	assert_string_equal(hook_kind_name(HOOK_TP_BTF), "tp_btf");
	assert_string_equal(libc_func_name(CRUMB_LIBC_GETADDRINFO), "getaddrinfo");
	assert_string_equal(event_type_name(CRUMB_EV_SEND_BEGIN), "send_begin");
}

/* Numbers of the kernel's syscall_64.tbl and asm-generic/unistd.h, written down here. */
static void test_syscall_numbers(void **state)
{
	static const struct {
		unsigned int x86_64, arm64;
		const char *name;
	} known[] = {
		{ 0, 63, "read" },
		{ 1, 64, "write" },
		{ 19, 65, "readv" },
		{ 20, 66, "writev" },
		{ 3, 57, "close" },
		{ 40, 71, "sendfile" },
		{ 41, 198, "socket" },
		{ 42, 203, "connect" },
		{ 44, 206, "sendto" },
		{ 45, 207, "recvfrom" },
		{ 46, 211, "sendmsg" },
		{ 47, 212, "recvmsg" },
		{ 48, 210, "shutdown" },
		{ 49, 200, "bind" },
		{ 275, 76, "splice" },
		{ 288, 242, "accept4" },
		{ 299, 243, "recvmmsg" },
		{ 307, 269, "sendmmsg" },
		{ 426, 426, "io_uring_enter" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
#if defined(__x86_64__)
		assert_string_equal(syscall_name(known[i].x86_64), known[i].name);
#elif defined(__aarch64__)
		assert_string_equal(syscall_name(known[i].arm64), known[i].name);
#else
		assert_string_equal(syscall_name(SYS_write), "write");
#endif
	}
	assert_null(syscall_name(SYS_getuid));
}

/* The whole of a file of /proc or /sys, NUL-terminated; NULL if it cannot be read. */
static char *file_read(const char *path, size_t *ret_len)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	size_t cap = 32u << 20, n;
	char *text;

	if (!f)
		return NULL;
	text = malloc(cap);
	assert_non_null(text);
	n = fread(text, 1, cap - 1, f);
	text[n] = '\0';
	*ret_len = n;
	return text;
}

/* The tracepoints that we rely on came with 6.16 at the latest. */
static void need_linux_6_16(void)
{
	struct utsname u;
	unsigned int major = 0, minor = 0;

	assert_int_equal(uname(&u), 0);
	sscanf(u.release, "%u.%u", &major, &minor);
	if (major < 6 || (major == 6 && minor < 16)) {
		print_message("skipped: Linux %s, the table follows 6.16 and later\n", u.release);
		skip();
	}
}

static void test_tracepoints_are_in_kernel_btf(void **state)
{
	_cleanup_free_ char *btf = NULL;
	size_t len = 0;
	int seen = 0;

	(void)state;
	need_linux_6_16();
	btf = file_read("/sys/kernel/btf/vmlinux", &len);
	if (!btf) {
		print_message("skipped: this kernel has no readable BTF\n");
		skip();
	}
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++)
		for (const struct point_hook *v = point_get(pt)->via; v->kind; v++) {
			char want[80];
			int n;

			if (v->kind != HOOK_TP_BTF)
				continue;
			/* the kernel may be built without (CONFIG_NET_DEVLINK) */
			if (!strcmp(v->target, "devlink_trap_report") &&
			    !memmem(btf, len, "devlink_trap_metadata", 22))
				continue;
			/* the string section separates by NUL: ask for the whole name */
			n = snprintf(want + 1, sizeof(want) - 1, "btf_trace_%s", v->target);
			want[0] = '\0';
			if (!memmem(btf, len, want, n + 2))
				fail_msg("%s: no tracepoint %s in BTF", point_get(pt)->name,
					 v->target);
			seen++;
		}
	assert_true(seen >= 25);
}

static bool symbol_known(const char *symbols, const char *name)
{
	char want[128];

	snprintf(want, sizeof(want), " %s\n", name);
	if (strstr(symbols, want))
		return true;
	snprintf(want, sizeof(want), " %s.", name); /* foo.constprop.0, foo.cold: it is there */
	return strstr(symbols, want);
}

static void test_functions_are_in_symbol_table(void **state)
{
	/* statics that compilers inline: no symbol of their own; the last is not in kernels without CONFIG_NET_DEVLINK */
	static const char inlined[] =
		" __sock_sendmsg sock_sendmsg_nosec sock_recvmsg_nosec dequeue_skb devlink_trap_report ";
	_cleanup_free_ char *symbols = NULL;
	size_t len = 0;

	(void)state;
	need_linux_6_16();
	symbols = file_read("/proc/kallsyms", &len);
	if (!symbols || !symbol_known(symbols, "tcp_sendmsg")) {
		print_message("skipped: no readable symbol table with TCP in it\n");
		skip();
	}
	for (unsigned int pt = 1; pt < CRUMB_PT_MAX; pt++) {
		const struct point *p = point_get(pt);
		char word[80];

		snprintf(word, sizeof(word), " %s ", p->func);
		if (p->layer != LAYER_BRIDGE && p->func[0] && !strstr(inlined, word))
			if (!symbol_known(symbols, p->func))
				fail_msg("%s: no function %s", p->name, p->func);
	}
#ifdef __x86_64__
	for (unsigned int nr = 0; nr < 600; nr++) {
		char entry[80];

		if (!syscall_name(nr))
			continue;
		/* one entry is named after its 64-bit function */
		snprintf(entry, sizeof(entry), "__x64_sys_%s",
			 nr == SYS_sendfile ? "sendfile64" : syscall_name(nr));
		if (!symbol_known(symbols, entry))
			fail_msg("syscall %u: no %s", nr, entry);
	}
#endif
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_numbers_out_of_range),
		cmocka_unit_test(test_derived_points_have_a_source),
		cmocka_unit_test(test_names_of_all_kinds),
		cmocka_unit_test(test_syscall_numbers),
		cmocka_unit_test(test_tracepoints_are_in_kernel_btf),
		cmocka_unit_test(test_functions_are_in_symbol_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
