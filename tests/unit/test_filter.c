// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcap-filter expressions in the kernel: the translated program is loaded for real and each of its verdicts
 * compared with libpcap's interpreter, over generated packets and over random classic BPF programs.
 *
 * Usage: test_filter [--time] OBJECT [SEED], OBJECT = bpf/filter.bpf.c linked with tests/unit/filter_run.bpf.c;
 * CRUMB_TEST_LONG=1 for 40 times as many random programs. Without the right to load BPF programs the tests in
 * the kernel are skipped.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "filter.h"
#include "filter_packets.h"
#include "filter_run.h"

/* libpcap's, whose header also defines struct bpf_insn and cannot be included beside <linux/bpf.h> */
unsigned int bpf_filter(const struct sock_filter *insns, const unsigned char *bytes,
			unsigned int len, unsigned int caplen);

static unsigned char *object;
static size_t object_bytes;
static unsigned int seed = 47;
static bool timing;
static bool may_load;

/* ------------------------------------------------------------------ the kernel's side */

struct loaded {
	struct bpf_object *object;
	void *elf;
	struct filter_run *run;
};

static char libbpf_says[1 << 16];

static int keep_libbpf_output(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t n = strlen(libbpf_says);

	if (level != LIBBPF_DEBUG)
		vsnprintf(libbpf_says + n, sizeof(libbpf_says) - n, fmt, ap);
	return 0;
}

static void need_kernel(void)
{
	if (!may_load)
		skip();
}

static void unload(struct loaded *l)
{
	if (l->run)
		munmap(l->run, sizeof(*l->run));
	bpf_object__close(l->object);
	free(l->elf);
	*l = (struct loaded){};
}

static void leave_out(struct bpf_object *o, const char *prefix)
{
	struct bpf_program *p = NULL;

	while ((p = bpf_object__next_program(o, p)))
		if (strncmp(bpf_program__name(p), prefix, strlen(prefix)) == 0)
			bpf_program__set_autoload(p, false);
}

static struct loaded load(const struct filter *f, bool patch)
{
	struct loaded l = { .elf = malloc(object_bytes) };
	struct error e = {};
	struct bpf_map *bss;

	assert_non_null(l.elf);
	memcpy(l.elf, object, object_bytes);
	if (patch && filter_patch_elf(l.elf, object_bytes, f, &e) < 0)
		fail_msg("patch: %s", e.text);
	libbpf_says[0] = '\0';
	l.object = bpf_object__open_mem(l.elf, object_bytes, NULL);
	if (l.object && !timing) /* long loops, slow to verify */
		leave_out(l.object, "filter_time");
	if (!l.object || bpf_object__load(l.object) < 0) {
		fprintf(stderr, "%s\n", libbpf_says); /* too long for fail_msg() */
		fail_msg("the kernel refuses the program (seed %u)", seed);
	}
	bss = bpf_object__find_map_by_name(l.object, ".bss");
	assert_non_null(bss);
	l.run = mmap(NULL, sizeof(*l.run), PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(bss), 0);
	assert_ptr_not_equal(l.run, MAP_FAILED);
	return l;
}

static void start(const struct loaded *l, const char *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct bpf_program *p = bpf_object__find_program_by_name(l->object, program);

	assert_non_null(p);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(p), &opts), 0);
}

/* Run @packets packets through @f in the kernel and in libpcap; how many were taken, or fail. */
static size_t compare(const struct filter *f, size_t packets, const char *what)
{
	struct loaded l = load(f, true);
	size_t taken = 0;

	for (size_t done = 0; done < packets; done += FILTER_RUN_PACKETS) {
		l.run->count = FILTER_RUN_PACKETS;
		l.run->null_verdict = -1;
		for (size_t i = 0; i < FILTER_RUN_PACKETS; i++) {
			make_packet(&l.run->packet[i]);
			l.run->verdict[i] = -1;
		}
		start(&l, "filter_verdicts");
		assert_int_equal(l.run->null_verdict, 0);
		for (size_t i = 0; i < FILTER_RUN_PACKETS; i++) {
			struct crumb_filter_packet *p = &l.run->packet[i];
			int want = bpf_filter(f->insns, p->bytes, p->len, p->caplen) != 0;

			if (l.run->verdict[i] != want)
				fail_msg("'%s': kernel %d, libpcap %d (seed %u, packet %zu, len %u, caplen %u)",
					 what, l.run->verdict[i], want, seed, done + i, p->len,
					 p->caplen);
			if (filter_match_user(f, p->bytes, p->caplen, p->len) != want)
				fail_msg("'%s': libpcap itself answers %d, then %d (seed %u)", what,
					 want, !want, seed);
			taken += want;
		}
	}
	unload(&l);
	return taken;
}

/* ------------------------------------------------------------------ expressions */

/* Each must take some and leave some of the generated packets, or it proves nothing. */
/* clang-format off */
static const char *const expressions[] = {
	"tcp", "udp", "icmp", "icmp6", "ip", "ip6", "sctp", "ah", "esp", "udp or icmp", "ip6 and tcp",
	"tcp port 4747", "udp port 53", "port 4747", "src port 4747", "dst port 80", "not port 22",
	"portrange 1000-5000", "tcp src portrange 4000-4799", "tcp port 4747 and host 10.47.0.2",
	"host 10.47.0.1", "src host 10.47.0.1 and dst host 10.47.0.2", "not host 10.47.0.1",
	"host fd47:c0de::2", "src host fd47:c0de::1", "ip6 host fd47:c0de::1 and tcp port 80",
	"host 10.47.0.2 or host fd47:c0de::2", "net 10.47.0.0/24", "net 10", "src net 10.47.0.0/24",
	"net fd47:c0de::/32", "net 192.168 mask 255.255.0.0", "ip multicast", "ip6 multicast",
	"tcp[tcpflags] & tcp-syn != 0", "tcp[13] = 2", "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-ack",
	"less 100", "greater 1000", "len > 512", "len <= 64 or len >= 60000", "len % 7 = 3",
	"ip[0] & 0xf != 5", "ip[6:2] & 0x1fff = 0", "ip[6] & 0x40 != 0", "ip[8] < 32", "ip proto 47",
	"ip6 proto 17", "ip6[6] = 44 and ip6[40] = 6", "ip[2:2] > 576", "ip[12:4] = 0x0a2f0001",
	"(ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2) != 0",
	"tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420",	/* "GET " */
	"ip[ip[8]] > 100", "len / ip[8] > 2", "len % ip[1] = 1", "ip[2:2] / (ip[8] - 64) = 1",
	"ip[8] * ip[9] > 500", "(ip[4:2] ^ ip[10:2]) & 0xff < 40", "ip[12:4] | ip[16:4] > 0x80000000",
	"1 << (ip[8] & 0x3f) > 1000", "ip[12:4] >> ip[1] < 10", "-ip[8] > 0xffffff80",
	"udp[8:4] > 0x7fffffff", "icmp[icmptype] = icmp-echo", "icmp6[icmp6type] = 128 or icmp6[0] = 129",
	"tcp and not (port 80 or port 22) and (host 10.47.0.1 or ip6)", "geneve", "udp port 4789 and udp[4:2] > 9",
	"ether proto 0x86dd", "ip[16] = 255", "tcp[2:2] - tcp[0:2] > 1000",
};
/* clang-format on */

static void test_expressions(void **state)
{
	size_t useful = 0;

	(void)state;
	need_kernel();
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		_cleanup_(filter_freep) struct filter *f = NULL;
		struct error e = {};
		size_t taken;

		if (filter_compile(expressions[i], &f, &e) < 0)
			fail_msg("%s", e.text);
		taken = compare(f, 4096, expressions[i]);
		if (taken == 0 || taken == 4096)
			fail_msg("'%s' took %zu of 4096 packets: the packets do not test it",
				 expressions[i], taken);
		useful++;
	}
	print_message("# %zu expressions x 4096 packets agree with libpcap\n", useful);
}

static void test_combinations(void **state)
{
	static const char *const joints[] = { " and ", " or ", " and not ", " or not " };
	size_t tried = 0;

	(void)state;
	need_kernel();
	while (tried < 100) {
		_cleanup_(filter_freep) struct filter *f = NULL;
		char expr[1024] = "";
		size_t parts = 2 + below(5);

		for (size_t i = 0; i < parts; i++)
			snprintf(expr + strlen(expr), sizeof(expr) - strlen(expr), "%s(%s)",
				 i ? joints[below(4)] : "",
				 expressions[below(COUNT_OF(expressions))]);
		if (filter_compile(expr, &f, NULL) < 0) /* libpcap: can never match */
			continue;
		compare(f, 1024, expr);
		tried++;
	}
}

/* ------------------------------------------------------------------ random programs */

static struct sock_filter random_load(void)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS, BPF_LD | BPF_H | BPF_ABS,  BPF_LD | BPF_B | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND, BPF_LD | BPF_H | BPF_IND,  BPF_LD | BPF_B | BPF_IND,
		BPF_LD | BPF_IMM,	  BPF_LD | BPF_LEN,	     BPF_LDX | BPF_IMM,
		BPF_LDX | BPF_LEN,	  BPF_LDX | BPF_B | BPF_MSH, BPF_LDX | BPF_B | BPF_MSH,
	};
	uint16_t code = codes[below(COUNT_OF(codes))];

	if (BPF_MODE(code) == BPF_IMM)
		return (struct sock_filter){ code, 0, 0,
					     below(3) ? below(200) :
					     below(2) ? rnd() :
							-below(99) };
	return (struct sock_filter){ code, 0, 0,
				     below(40) ? below(70) :
				     below(2)  ? below(140) :
						 rnd() };
}

static struct sock_filter random_alu(void)
{
	static const uint16_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_MOD, BPF_AND,
					BPF_OR,	 BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG };
	uint16_t op = ops[below(COUNT_OF(ops))];
	uint32_t k = below(2) ? below(300) : rnd();

	if (op == BPF_NEG)
		return (struct sock_filter){ BPF_ALU | BPF_NEG, 0, 0, 0 };
	if (below(2))
		return (struct sock_filter){ BPF_ALU | op | BPF_X, 0, 0, 0 };
	if (op == BPF_LSH || op == BPF_RSH)
		k &= 31; /* beyond that C, in which libpcap is written, does not define it */
	if ((op == BPF_DIV || op == BPF_MOD) && k == 0)
		k = 1;
	return (struct sock_filter){ BPF_ALU | op | BPF_K, 0, 0, k };
}

static struct sock_filter random_jump(size_t after)
{
	static const uint16_t ops[] = { BPF_JA, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t op = ops[below(COUNT_OF(ops))];
	uint32_t reach = after < 6 ? after : 6;

	if (op == BPF_JA)
		return (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0, below(reach) };
	return (struct sock_filter){ BPF_JMP | op | (below(2) ? BPF_X : BPF_K), below(reach),
				     below(reach), below(2) ? below(256) : rnd() };
}

/* @written: scratch words stored for certain by now; libpcap's others hold rubbish. */
static struct sock_filter random_insn(size_t after, uint32_t written)
{
	uint32_t kind = below(32);

	if (kind < 12)
		return random_load();
	if (kind < 20)
		return random_alu();
	if (kind < 26)
		return random_jump(after);
	if (kind < 28)
		return (struct sock_filter){ below(2) ? BPF_MISC | BPF_TAX : BPF_MISC | BPF_TXA, 0,
					     0, 0 };
	if (kind == 28)
		return (struct sock_filter){ BPF_RET | (below(2) ? BPF_A : BPF_K), 0, 0, below(2) };
	kind = below(BPF_MEMWORDS);
	if (written & 1u << kind)
		return (struct sock_filter){ (below(2) ? BPF_LD : BPF_LDX) | BPF_MEM, 0, 0, kind };
	return (struct sock_filter){ below(2) ? BPF_ST : BPF_STX, 0, 0, kind };
}

static void random_program(struct filter *f)
{
	size_t i = 0;

	f->n_insns = 24 + below(60);
	while (i < BPF_MEMWORDS / 2) { /* half of the scratch words are stored first */
		f->insns[i] = (struct sock_filter){ BPF_ST, 0, 0, i };
		i++;
	}
	for (; i < f->n_insns - 1; i++)
		f->insns[i] = random_insn(f->n_insns - 1 - i, (1u << BPF_MEMWORDS / 2) - 1);
	f->insns[i] = (struct sock_filter){ BPF_RET | BPF_A, 0, 0, 0 };
}

static void test_random_programs(void **state)
{
	struct sock_filter insns[128];
	struct filter f = { .insns = insns };
	size_t divided = 0, programs = getenv("CRUMB_TEST_LONG") ? 20000 : 500;

	(void)state;
	need_kernel();
	for (size_t i = 0; i < programs; i++) {
		char what[64];
		size_t taken;

		random_program(&f);
		snprintf(what, sizeof(what), "random program %zu", i);
		taken = compare(&f, FILTER_RUN_PACKETS, what);
		divided += taken != 0 && taken != FILTER_RUN_PACKETS;
	}
	print_message("# %zu random programs agree with libpcap, %zu of them took some and left some packets\n",
		      programs, divided);
	assert_true(divided > programs / 10);
}

/* X + k beyond 32 bits is not a small offset again. */
static void test_wrap(void **state)
{
	(void)state;
	need_kernel();
	for (uint32_t back = 1; back < 12; back++) {
		struct sock_filter insns[] = {
			{ BPF_LDX | BPF_IMM, 0, 0, -back },
			{ BPF_LD | BPF_B | BPF_IND, 0, 0, 10 },
			{ BPF_RET | BPF_K, 0, 0, 1 },
		};
		struct filter f = { .insns = insns, .n_insns = 3 };

		assert_int_equal(compare(&f, FILTER_RUN_PACKETS, "wrap"), 0);
	}
}

/* ------------------------------------------------------------------ the object */

static void check_takes_all(struct loaded l)
{
	l.run->count = FILTER_RUN_PACKETS;
	for (size_t i = 0; i < FILTER_RUN_PACKETS; i++)
		make_packet(&l.run->packet[i]);
	start(&l, "filter_verdicts");
	assert_int_equal(l.run->null_verdict, 0);
	for (size_t i = 0; i < FILTER_RUN_PACKETS; i++)
		assert_int_equal(l.run->verdict[i], 1);
	unload(&l);
}

static void test_no_expression(void **state)
{
	_cleanup_(filter_freep) struct filter *f = NULL;

	(void)state;
	need_kernel();
	check_takes_all(load(NULL, false));
	check_takes_all(load(NULL, true));
	assert_int_equal(filter_compile("", &f, NULL), 0);
	check_takes_all(load(f, true));
}

static char *many_hosts(size_t n)
{
	char *expr = calloc(n, 32);

	assert_non_null(expr);
	for (size_t i = 0, at = 0; i < n; i++)
		at += sprintf(expr + at, "%shost 10.%zu.%zu.2", i ? " or " : "", i % 250, i / 250);
	return expr;
}

static void test_large(void **state)
{
	_cleanup_free_ char *expr = many_hosts(400), *too_long = many_hosts(1300);
	_cleanup_free_ char *elf = malloc(object_bytes);
	_cleanup_(filter_freep) struct filter *f = NULL, *g = NULL;
	struct error e = {};

	(void)state;
	need_kernel();
	assert_int_equal(filter_compile(expr, &f, &e), 0);
	assert_true(compare(f, 4096, "400 hosts") > 0);
	assert_int_equal(filter_compile(too_long, &g, &e), 0);
	memcpy(elf, object, object_bytes);
	assert_int_equal(filter_patch_elf(elf, object_bytes, g, &e), -E2BIG);
	assert_non_null(strstr(e.text, "write it shorter"));
	assert_memory_equal(elf, object, object_bytes);
}

/* A damaged image is refused or patched, never read or written outside (run under the sanitizers). */
static void test_damaged_elf(void **state)
{
	_cleanup_(filter_freep) struct filter *f = NULL;

	(void)state;
	assert_int_equal(filter_compile("tcp port 4747", &f, NULL), 0);
	for (size_t i = 0; i < 3000; i++) {
		size_t size = i % 3 ? object_bytes : below(object_bytes);
		_cleanup_free_ unsigned char *elf = malloc(size ? size : 1);

		memcpy(elf, object, size);
		for (size_t k = 0; size > 64 && k < 1 + below(4); k++) {
			size_t at = below(3) ? size - 1 - below(size < 2048 ? size : 2048) :
					       below(64);

			elf[at] = rnd();
		}
		filter_patch_elf(elf, size, f, NULL);
	}
	assert_int_equal(filter_patch_elf(NULL, 0, f, NULL), -EINVAL);
}

/* ------------------------------------------------------------------ without the kernel */

static const struct {
	const char *expr;
	int err;
	const char *says;
} refused[] = {
	{ "tcp porty 5", -EINVAL, "syntax error" },
	{ "tcp and", -EINVAL, "pcap-filter(7)" },
	{ "port 70000", -EINVAL, "illegal port" },
	{ "host no-such-host.invalid", -EINVAL, "does not resolve" },
	{ "port nosuchservice", -EINVAL, "/etc/services" },
	{ "ether host 00:11:22:33:44:55", -EINVAL, "from the IP header on" },
	{ "ether[0] & 1 = 1", -EINVAL, "there is no ether header" },
	{ "tcp and link [12] = 8", -EINVAL, "there is no link header" },
	{ "vlan 5", -EINVAL, "from the IP header on" },
	{ "arp", -EINVAL, "not above IP" },
	{ "ip and ip6", -EINVAL, "contradict" },
	{ "broadcast", -EINVAL, "host 255.255.255.255" },
	{ "multicast", -EINVAL, "ip multicast" },
	{ "ip broadcast", -EINVAL, "broadcast address" },
	{ "inbound", -EINVAL, "not written in the packet" },
	{ "tcp and outbound", -EINVAL, "not written in the packet" },
	{ "ip6 protochain 6", -EINVAL, "needs a loop" },
	{ "ip protochain 6", -EINVAL, "needs a loop" },
	{ "geneve or not ip6", -EINVAL, "inside the tunnel" },
	{ "len / 0 = 1", -EINVAL, "division by zero" },
	{ "tcp[200] = 1", -E2BIG, "byte 200" },
	{ "ip[126:4] = 1", -E2BIG, "byte 126" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		struct filter *f = NULL;
		struct error e = {};
		int r = filter_compile(refused[i].expr, &f, &e);

		if (r != refused[i].err || !strstr(e.text, refused[i].says) || f)
			fail_msg("'%s': %d, %s", refused[i].expr, r, e.text);
	}
}

static struct crumb_filter_packet known_packet(int version, uint8_t proto, uint16_t port,
					       uint8_t flags)
{
	struct crumb_filter_packet p = { .len = 90, .caplen = 90 };
	size_t l4 = version == 4 ? 20 : 40;

	p.bytes[0] = version << 4 | (version == 4 ? 5 : 0);
	p.bytes[version == 4 ? 9 : 6] = proto;
	if (version == 4) {
		memcpy(p.bytes + 12, (uint8_t[]){ 10, 47, 0, 1, 10, 47, 0, 2 }, 8);
	} else {
		memcpy(p.bytes + 8, (uint8_t[]){ 0xfd, 0x47, 0xc0, 0xde }, 4);
		memcpy(p.bytes + 24, p.bytes + 8, 4);
		p.bytes[23] = 1;
		p.bytes[39] = 2;
	}
	put16(p.bytes + l4, 50312);
	put16(p.bytes + l4 + 2, port);
	p.bytes[l4 + 12] = 0x50;
	p.bytes[l4 + 13] = flags;
	return p;
}

/* Expressions mean for packets without a link layer what their author means: written down by hand. */
static void test_meaning(void **state)
{
	enum { T4 = 1, T6 = 2, U4 = 4, U6 = 8, I4 = 16 };
	static const struct {
		const char *expr;
		int takes;
	} rows[] = {
		{ "", T4 | T6 | U4 | U6 | I4 },
		{ "tcp", T4 | T6 },
		{ "ip6 and tcp", T6 },
		{ "tcp port 4747", T4 | T6 },
		{ "tcp port 4747 and host 10.47.0.2", T4 },
		{ "host 10.47.0.2", T4 | U4 | I4 },
		{ "host fd47:c0de::2", T6 | U6 },
		{ "dst host fd47:c0de::1", 0 },
		{ "net 10.47.0.0/24", T4 | U4 | I4 },
		{ "portrange 4700-4800", T4 | T6 },
		{ "port 53", U4 | U6 },
		{ "tcp[tcpflags] & tcp-syn != 0", T4 },
		{ "udp or icmp", U4 | U6 | I4 },
		{ "less 100", T4 | T6 | U4 | U6 | I4 },
		{ "greater 91", 0 },
		{ "not ip", T6 | U6 },
	};
	struct crumb_filter_packet packets[] = {
		known_packet(4, 6, 4747, 2), known_packet(6, 6, 4747, 2),
		known_packet(4, 17, 53, 0),  known_packet(6, 17, 53, 0),
		known_packet(4, 1, 0, 0),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		_cleanup_(filter_freep) struct filter *f = NULL;
		int takes = 0;

		assert_int_equal(filter_compile(rows[i].expr, &f, NULL), 0);
		for (size_t k = 0; k < COUNT_OF(packets); k++)
			if (filter_match_user(f, packets[k].bytes, packets[k].caplen, packets[k].len))
				takes |= 1 << k;
		if (takes != rows[i].takes)
			fail_msg("'%s' takes %#x, should take %#x", rows[i].expr, takes,
				 rows[i].takes);
	}
}

/* Behind its reach an expression sees nothing: cut there, every packet gets the same answer. */
static void test_reach(void **state)
{
	static const struct {
		const char *expr;
		size_t reach;
	} rows[] = {
		{ "", 0 },
		{ "tcp", 41 }, /* libpcap looks behind an IPv6 fragment header, too */
		{ "tcp port 4747 and host 10.47.0.2", 64 },
		{ "tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420", CRUMB_FILTER_BYTES },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		_cleanup_(filter_freep) struct filter *f = NULL;

		assert_int_equal(filter_compile(rows[i].expr, &f, NULL), 0);
		assert_int_equal(filter_reach(f), rows[i].reach);
	}
	for (size_t i = 0; i < COUNT_OF(expressions); i++) {
		_cleanup_(filter_freep) struct filter *f = NULL;
		size_t reach;

		assert_int_equal(filter_compile(expressions[i], &f, NULL), 0);
		reach = filter_reach(f);
		for (size_t k = 0; k < 4096; k++) {
			struct crumb_filter_packet p;
			size_t cut;

			make_packet(&p);
			cut = p.caplen < reach ? p.caplen : reach;
			if (filter_match_user(f, p.bytes, p.caplen, p.len) !=
			    filter_match_user(f, p.bytes, cut, p.len))
				fail_msg("'%s' looks behind byte %zu", expressions[i], reach);
		}
	}
}

static void test_invalid_programs(void **state)
{
	struct sock_filter bad[][2] = {
		{ { BPF_LD | BPF_IMM, 0, 0, 1 }, { BPF_LD | BPF_IMM, 0, 0, 1 } },
		{ { BPF_JMP | BPF_JA, 0, 0, 1 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_JMP | BPF_JA, 0, 0, (uint32_t)-1 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_JMP | BPF_JEQ, 1, 0, 1 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_JMP | BPF_JEQ, 0, 1, 1 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_ST, 0, 0, 16 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_LDX | BPF_MEM, 0, 0, 16 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { 0xff, 0, 0, 0 }, { BPF_RET | BPF_K, 0, 0, 1 } },
		{ { BPF_LDX | BPF_W | BPF_ABS, 0, 0, 0 }, { BPF_RET | BPF_K, 0, 0, 1 } },
	};
	struct bpf_insn *out = NULL;
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct filter f = { .insns = bad[i], .n_insns = 2 };

		assert_int_equal(filter_translate(&f, &out, &n, NULL), -EINVAL);
		assert_null(out);
	}
}

/* ------------------------------------------------------------------ how fast */

static double time_once(const struct loaded *l, const char *program)
{
	uint64_t best = UINT64_MAX;

	for (size_t i = 0; i < 200; i++) {
		start(l, program);
		best = l->run->ns < best ? l->run->ns : best;
	}
	return (double)best / FILTER_RUN_ROUNDS;
}

static void time_expression(const char *expr)
{
	_cleanup_(filter_freep) struct filter *f = NULL;
	_cleanup_free_ struct bpf_insn *insns = NULL;
	struct error e = {};
	struct loaded l;
	size_t n = 0;
	double loop;

	if (filter_compile(expr, &f, &e) < 0 || filter_translate(f, &insns, &n, &e) < 0)
		fail_msg("%s", e.text);
	l = load(f, true);
	l.run->count = 4; /* the ping-pong of one connection: to b and back, with two others */
	l.run->packet[0] = known_packet(4, 6, 4747, 0x18);
	l.run->packet[1] = known_packet(4, 6, 4747, 0x10);
	l.run->packet[2] = known_packet(4, 6, 80, 0x18);
	l.run->packet[3] = known_packet(6, 17, 53, 0);
	loop = time_once(&l, "filter_time_loop");
	printf("%6.2f ns  %4zu classic, %4zu eBPF instructions  '%s'\n",
	       time_once(&l, "filter_time") - loop, f->n_insns, n, expr);
	unload(&l);
}

static void time_all(void)
{
	printf("ns per call of crumb_filter(), best of 200 x %d, empty loop subtracted\n",
	       FILTER_RUN_ROUNDS);
	time_expression("");
	time_expression("tcp");
	time_expression("tcp port 4747 and host 10.47.0.2");
	time_expression("tcp port 4747 and (host 10.47.0.2 or host fd47:c0de::2)");
	time_expression("tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420");
}

static int read_object(const char *path)
{
	_cleanup_fclose_ FILE *f = path ? fopen(path, "re") : NULL;
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0)
		return -errno;
	object_bytes = st.st_size;
	object = malloc(object_bytes);
	return object && fread(object, 1, object_bytes, f) == object_bytes ? 0 : -EIO;
}

/* Ask the kernel, not the user id: may this process load programs? */
static bool ask_may_load(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_SLEEPABLE);
	int fd = bpf_prog_load(BPF_PROG_TYPE_SYSCALL, NULL, "GPL", insns, COUNT_OF(insns), &opts);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void test_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_reach),		cmocka_unit_test(test_invalid_programs),
		cmocka_unit_test(test_damaged_elf),	cmocka_unit_test(test_no_expression),
		cmocka_unit_test(test_expressions),	cmocka_unit_test(test_combinations),
		cmocka_unit_test(test_random_programs), cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_large),
	};
	int failed;

	may_load = ask_may_load();
	if (!may_load)
		printf("# may not load BPF programs (needs root): the tests in the kernel are skipped\n");
	failed = cmocka_run_group_tests_name("filter", tests, NULL, NULL);
	free(object);
	exit(failed ? 1 : 0);
}

int main(int argc, char **argv)
{
	timing = argc > 1 && strcmp(argv[1], "--time") == 0;
	argc -= timing;
	argv += timing;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc < 2 || read_object(argv[1]) < 0) {
		fprintf(stderr, "usage: test_filter [--time] OBJECT [SEED]\n");
		return 2;
	}
	if (argc > 2)
		seed = strtoul(argv[2], NULL, 10);
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	libbpf_set_print(keep_libbpf_output);
	if (!timing)
		test_all();
	time_all();
	free(object);
	return 0;
}
