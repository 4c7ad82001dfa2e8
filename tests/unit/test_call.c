// SPDX-License-Identifier: GPL-2.0-only
/* The pure parts of a call taken apart: marks of a wrapper's instructions, arguments in words, numbers, the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "args.h"
#include "dispatch.h"
#include "story_file.h"
#include "sysnr.h"
#include "wrapper.h"

static bool every(void *ctx, uint64_t addr)
{
	(void)ctx;
	(void)addr;
	return true;
}

static const char *nobody(void *ctx, uint64_t addr)
{
	(void)ctx;
	(void)addr;
	return NULL;
}

static void read_bytes(struct story *s, const uint8_t *bytes, size_t n)
{
	const struct wrapper_source from = { bytes, n, 0x1000, every, nobody, NULL };
	struct disasm *d;

	assert_int_equal(disasm_new(s->arch, &d), 0);
	wrapper_read(s, d, &from);
	disasm_free(d);
}

static void assert_marks(const struct story *s, const uint8_t *marks, size_t n)
{
	assert_int_equal(s->insn_count, n);
	for (size_t i = 0; i < n; i++)
		if (s->insns[i].mark != marks[i])
			fail_msg("%zu: %s is marked %u, not %u", i, s->insns[i].text,
				 s->insns[i].mark, marks[i]);
}

/* glibc 2.36, Debian 12: socket() */
static void test_plain_x86(void **state)
{
	static const uint8_t code[] = {
		0xb8, 0x29, 0x00, 0x00, 0x00,		  /* mov eax, 41 */
		0x0f, 0x05,				  /* syscall */
		0x48, 0x3d, 0x01, 0xf0, 0xff, 0xff,	  /* cmp rax, -4095 */
		0x73, 0x01,				  /* jae to the error */
		0xc3,					  /* ret */
		0x48, 0x8b, 0x0d, 0x09, 0x80, 0x0c, 0x00, /* mov rcx, [rip + ...] */
		0xf7, 0xd8,				  /* neg eax */
		0x64, 0x89, 0x01,			  /* mov fs:[rcx], eax */
		0x48, 0x83, 0xc8, 0xff,			  /* or rax, -1 */
		0xc3,					  /* ret */
	};
	static const uint8_t marks[] = { MARK_NUMBER,	 MARK_SYSCALL,	MARK_CHECK,  MARK_BRANCH,
					 MARK_RETURN,	 MARK_ERRNO_AT, MARK_NEGATE, MARK_ERRNO,
					 MARK_MINUS_ONE, MARK_RETURN };
	struct story *s = story_new("socket");

	(void)state;
	s->at.nr = 41;
	s->arg_count = 3;
	read_bytes(s, code, sizeof(code));
	assert_marks(s, marks, sizeof(marks));
	assert_false(s->cancel_point);
	assert_string_equal(s->insns[0].text, "mov eax, 0x29");
	story_free(s);
}

/* The same on arm64: nop; mov x8, 198; svc 0; cmn x0, 4095; b.hs; ret; b away */
static void test_plain_arm64(void **state)
{
	static const uint32_t code[] = { 0xd503201f, 0xd28018c8, 0xd4000001, 0xb13ffc1f,
					 0x54000042, 0xd65f03c0, 0x17fef482 };
	static const uint8_t marks[] = { MARK_NONE,   MARK_NUMBER, MARK_SYSCALL, MARK_CHECK,
					 MARK_BRANCH, MARK_RETURN, MARK_NONE };
	struct story *s = story_new("socket");

	(void)state;
	s->arch = STORY_AARCH64;
	s->at.nr = 198;
	s->arg_count = 3;
	read_bytes(s, (const uint8_t *)code, sizeof(code));
	assert_marks(s, marks, sizeof(marks));
	story_free(s);
}

/* The head of recv(): one thread only? fourth argument, zeros for the fifth and sixth. */
static void test_cancellation_x86(void **state)
{
	static const uint8_t code[] = {
		0x80, 0x3d, 0xc1, 0x0c, 0x0d, 0x00, 0x00, /* cmp byte ptr [rip + ...], 0 */
		0x41, 0x89, 0xca,			  /* mov r10d, ecx */
		0x74, 0x16,				  /* je to the second path */
		0x45, 0x31, 0xc9,			  /* xor r9d, r9d */
		0x45, 0x31, 0xc0,			  /* xor r8d, r8d */
		0xb8, 0x2d, 0x00, 0x00, 0x00,		  /* mov eax, 45 */
		0x0f, 0x05,				  /* syscall */
		0x48, 0x3d, 0x00, 0xf0, 0xff, 0xff,	  /* cmp rax, -4096 */
		0x77, 0x67,				  /* ja to the error */
		0xc3,					  /* ret */
		0xe8, 0x00, 0x00, 0x00, 0x00,		  /* call: cancellable from here on */
		0xb8, 0x2d, 0x00, 0x00, 0x00,		  /* mov eax, 45 */
		0x0f, 0x05,				  /* syscall */
	};
	static const uint8_t marks[] = { MARK_THREADS,	MARK_ARGUMENT, MARK_BRANCH,  MARK_ARGUMENT,
					 MARK_ARGUMENT, MARK_NUMBER,   MARK_SYSCALL, MARK_CHECK,
					 MARK_BRANCH,	MARK_RETURN,   MARK_CANCEL,  MARK_NUMBER,
					 MARK_SYSCALL };
	struct story *s = story_new("recv");

	(void)state;
	s->at.nr = 45;
	s->arg_count = 6;
	read_bytes(s, code, sizeof(code));
	assert_marks(s, marks, sizeof(marks));
	assert_true(s->cancel_point);
	story_free(s);
}

static void test_bytes_that_are_no_code(void **state)
{
	static const uint8_t code[] = { 0xb8, 0x29, 0x00, 0x00, 0x00, 0x06, 0x06 };
	struct story *s = story_new("socket");

	(void)state;
	s->at.nr = 41;
	read_bytes(s, code, sizeof(code));
	assert_int_equal(s->insn_count, 1);
	story_free(s);
}

/* cmp esi, 2; je A; ja B; test esi, esi; je C; jmp D;  A: jmp E */
static void test_dispatch(void **state)
{
	static const uint8_t code[] = {
		0x83, 0xfe, 0x02,		    /* 1000 cmp esi, 2 */
		0x74, 0x10,			    /* 1003 je 1015 */
		0x0f, 0x87, 0xf5, 0x0f, 0x00, 0x00, /* 1005 ja 2000 */
		0x85, 0xf6,			    /* 100b test esi, esi */
		0x0f, 0x84, 0xed, 0x1f, 0x00, 0x00, /* 100d je 3000 */
		0xeb, 0x05,			    /* 1013 jmp 101a: behind the code */
		0xe9, 0xe6, 0x2f, 0x00, 0x00,	    /* 1015 jmp 4000 */
	};
	static const uint64_t wanted[] = { 0x3000, 0x101a, 0x4000, 0x2000 };
	uint32_t compares = 0;
	struct disasm *d;

	(void)state;
	assert_int_equal(disasm_new(STORY_X86_64, &d), 0);
	for (uint32_t nr = 0; nr < 4; nr++)
		assert_int_equal(dispatch_follow(d, code, sizeof(code), 0x1000, nr, &compares),
				 wanted[nr]);
	assert_int_equal(compares, 1);
	/* mov eax, 1: not a dispatcher */
	assert_int_equal(dispatch_follow(d, (const uint8_t *)"\xb8\x01\0\0\0", 5, 0x1000, 1,
					 &compares),
			 0);
	disasm_free(d);
}

/* ---------------------------------------------------------------------------------------------- words */

struct memory {
	uint64_t addr;
	const void *bytes;
	size_t n;
};

static size_t read_some(void *ctx, uint64_t addr, void *buf, size_t n)
{
	const struct memory *m = ctx;

	if (addr < m->addr || addr >= m->addr + m->n)
		return 0;
	if (n > m->addr + m->n - addr)
		n = m->addr + m->n - addr;
	memcpy(buf, (const char *)m->bytes + (addr - m->addr), n);
	return n;
}

static void assert_call(const char *name, struct story_regs r, struct memory m, const char *wanted)
{
	const struct args_source from = { read_some, &m };
	char text[200];

	args_call(name, &r, &from, text, sizeof(text));
	assert_string_equal(text, wanted);
}

static void test_arguments(void **state)
{
	const struct sockaddr_in in = { .sin_family = AF_INET,
					.sin_port = htons(80),
					.sin_addr.s_addr = htonl(0x7f000001) };
	const struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
					  .sin6_port = htons(4747),
					  .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	const struct memory none = { 0 };

	(void)state;
	assert_call("socket", (struct story_regs){ .arg = { 2, 1 | SOCK_CLOEXEC, 6 } }, none,
		    "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP)");
	assert_call("socket", (struct story_regs){ .arg = { 99, 1, 0 } }, none,
		    "socket(99, SOCK_STREAM, 0)");
	assert_call("connect", (struct story_regs){ .arg = { 3, 0x5000, sizeof(in) } },
		    (struct memory){ 0x5000, &in, sizeof(in) },
		    "connect(3, {AF_INET, 127.0.0.1:80}, 16)");
	assert_call("connect", (struct story_regs){ .arg = { 3, 0x5000, sizeof(in6) } },
		    (struct memory){ 0x5000, &in6, sizeof(in6) },
		    "connect(3, {AF_INET6, [::1]:4747}, 28)");
	assert_call("connect", (struct story_regs){ .arg = { 3, 0x5000, 16 } }, none,
		    "connect(3, 0x5000, 16)");
	assert_call("sendto", (struct story_regs){ .arg = { 3, 0x5000, 4, MSG_NOSIGNAL, 0, 0 } },
		    (struct memory){ 0x5000, "a\n\"\x01", 4 },
		    "sendto(3, \"a\\n\\\"\\x01\", 4, MSG_NOSIGNAL, NULL, 0)");
	assert_call("write", (struct story_regs){ .arg = { 1, 0x5000, 100 } },
		    (struct memory){ 0x5000, "0123456789012345678901234567890", 31 },
		    "write(1, \"012345678901234567890123\"..., 100)");
}

static void test_parts_and_options(void **state)
{
	struct {
		uint64_t iov[4];
		char bytes[6];
	} m = { { 0x5020, 3, 0x5023, 3 }, { 'm', 'u', 'f', 'f', 'i', 'n' } };
	const struct memory none = { 0 };

	(void)state;
	assert_call("writev", (struct story_regs){ .arg = { 3, 0x5000, 2 } },
		    (struct memory){ 0x5000, &m, sizeof(m) }, "writev(3, {\"muf\", \"fin\"}, 2)");
	assert_call("setsockopt", (struct story_regs){ .arg = { 3, IPPROTO_TCP, 1, 0x5000, 4 } },
		    none, "setsockopt(3, IPPROTO_TCP, TCP_NODELAY, 20480, 4)");
	assert_call("getsockopt", (struct story_regs){ .arg = { 3, SOL_SOCKET, 1000, 0, 0 } }, none,
		    "getsockopt(3, SOL_SOCKET, 1000, 0, 0)");
	assert_call("shutdown", (struct story_regs){ .arg = { 3, 1 } }, none, "shutdown(3, SHUT_WR)");
}

static void test_written(void **state)
{
	struct memory m = { 0x5000, "muffin", 6 };
	const struct args_source from = { read_some, &m };
	const struct story_regs r = { .arg = { 3, 0x5000, 64 } };
	char text[100];

	(void)state;
	args_written("read", &r, 6, &from, text, sizeof(text));
	assert_string_equal(text, "0x5000 \"muffin\"");
	args_written("read", &r, -9, &from, text, sizeof(text));
	assert_string_equal(text, "");
	args_written("write", &r, 6, &from, text, sizeof(text));
	assert_string_equal(text, "");
}

/* Two parts of 4 bytes, 6 bytes written: the second is not full. */
static void test_written_in_parts(void **state)
{
	struct {
		uint64_t name[2], iov[2], parts[4];
		char bytes[8];
	} m = { { 0 }, { 0x5020, 2 }, { 0x5040, 4, 0x5044, 4 }, "muffinXX" };
	struct memory memory = { 0x5000, &m, sizeof(m) };
	const struct args_source from = { read_some, &memory };
	char text[100];

	(void)state;
	args_written("recvmsg", &(struct story_regs){ .arg = { 3, 0x5000, 0 } }, 6, &from, text,
		     sizeof(text));
	assert_string_equal(text, "0x5000 {\"muff\", \"in\"}");
	args_written("readv", &(struct story_regs){ .arg = { 3, 0x5020, 2 } }, 3, &from, text,
		     sizeof(text));
	assert_string_equal(text, "0x5020 {\"muf\"}");
	args_written("readv", &(struct story_regs){ .arg = { 3, 0x5020, 2 } }, 0, &from, text,
		     sizeof(text));
	assert_string_equal(text, "");
}

static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(sysnr_number(STORY_AARCH64, "socket"), 198);
	assert_string_equal(sysnr_name(STORY_AARCH64, 203), "connect");
	assert_int_equal(sysnr_number(STORY_AARCH64, "open"), -1); /* arm64 has openat only */
	assert_null(sysnr_name(STORY_AARCH64, 100000));
#if defined(__x86_64__)
	assert_int_equal(sysnr_number(STORY_X86_64, "socket"), 41);
	assert_string_equal(sysnr_name(STORY_X86_64, 0), "read");
#endif
}

/* ----------------------------------------------------------------------------------------------- file */

static void test_file_keeps_everything(void **state)
{
	struct story *s = story_new("connect"), *got = NULL;
	struct story_seen *seen = story_add_seen(s);
	char *text = NULL, *again = NULL;
	size_t n, m;
	FILE *f = open_memstream(&text, &n);

	(void)state;
	s->arch = STORY_AARCH64;
	s->at = (struct story_regs){ true, 1, 2, 203, 3, { 4, 5, UINT64_MAX, 7, 8, 9 } };
	s->arg_count = 2;
	snprintf(s->arg_text[1], sizeof(s->arg_text[1]), "a tab\tand a \\ and\na line");
	s->result = -1;
	s->errno_value = 111;
	seen->ns = 77;
	seen->value = -5;
	snprintf(seen->point, sizeof(seen->point), "kmalloc");
	seen->stack[0] = strdup("outer");
	seen->stack[1] = strdup("inner");
	seen->depth = 2;
	story_add_fact(s, "/proc", "socket:[%d]", 4);
	assert_int_equal(story_write(s, f), 0);
	fclose(f);

	f = fmemopen(text, n, "r");
	assert_int_equal(story_read(f, &got, NULL), 0);
	fclose(f);
	assert_string_equal(got->arg_text[1], s->arg_text[1]);
	assert_int_equal(got->at.arg[2], UINT64_MAX);
	assert_int_equal(got->result, -1);
	assert_int_equal(got->seen[0].value, -5);
	assert_int_equal(got->seen[0].depth, 2);
	assert_string_equal(got->seen[0].stack[1], "inner");
	assert_string_equal(got->facts[0].text, "socket:[4]");

	f = open_memstream(&again, &m);
	assert_int_equal(story_write(got, f), 0);
	fclose(f);
	assert_string_equal(text, again);
	free(text);
	free(again);
	story_free(s);
	story_free(got);
}

static void assert_refused(const char *text)
{
	struct story *s = NULL;
	struct error e = { 0 };
	FILE *f = fmemopen((void *)text, strlen(text), "r");

	assert_int_equal(story_read(f, &s, &e), -EINVAL);
	assert_true(e.text[0]);
	fclose(f);
}

static void test_file_that_is_none(void **state)
{
	(void)state;
	assert_refused("hello\n");
	assert_refused("crumb-call\t2\nstory\twanted=socket\n");
	assert_refused("crumb-call\t1\n");
	assert_refused("crumb-call\t1\nend\n");
	assert_refused("crumb-call\t1\nstory\twanted=socket\n"); /* cut short */
	assert_refused("crumb-call\t1\nstory\twanted=socket\tarch=9\n");
	assert_refused("crumb-call\t1\nstory\twanted=socket\tkind=9\n");
	assert_refused("crumb-call\t1\nstory\twanted=socket\targ_count=7\n");
	assert_refused("crumb-call\t1\nstory\twanted=socket\ninsn\tmark=200\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_x86),
		cmocka_unit_test(test_plain_arm64),
		cmocka_unit_test(test_cancellation_x86),
		cmocka_unit_test(test_bytes_that_are_no_code),
		cmocka_unit_test(test_dispatch),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_parts_and_options),
		cmocka_unit_test(test_written),
		cmocka_unit_test(test_written_in_parts),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_file_keeps_everything),
		cmocka_unit_test(test_file_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
