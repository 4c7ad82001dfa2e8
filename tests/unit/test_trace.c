// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace files: what was written comes back byte for byte, in order, whatever the events are; damage
 * of every kind is told apart; tshark, which we did not write, sees in the file what was put in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../fuzz/fuzz_trace.c"
#include "cleanup.h"
#include "pcapng.h"

#define NETNS_A	 4026532001u
#define REALTIME 1763800000000000000ll

static uint64_t seed = 88172645463325252u;

static uint64_t rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

static void fill_random(void *to, size_t n)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = rnd() >> 24;
}

/* ------------------------------------------------------------------ streams to write */

static void add(struct strbuf *b, unsigned int type, size_t size, void *ev)
{
	struct crumb_event *h = ev;

	h->type = type;
	h->size = size;
	strbuf_add(b, ev, size);
}
#define ADD(b, type_, ...) add(b, type_, sizeof(__VA_ARGS__), &__VA_ARGS__)

static struct crumb_ev_packet packet_at(unsigned int point, uint32_t seq, uint32_t payload)
{
	struct crumb_ev_packet p = {
		.s = { .h = { .time_ns = 5000 + seq },
		       .flow = 7,
		       .dir = 0,
		       .point = point,
		       .tcp_flags = 0x18,
		       .netns = NETNS_A,
		       .ifindex = 2,
		       .seq = seq,
		       .payload = payload,
		       .ack = 99,
		       .wire_len = 54 + payload,
		       .queue = 3,
		       .snap_len = 54 + payload > 128 ? 128 : 54 + payload },
		.snap_l2 = 1,
	};
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0 };

	memcpy(p.bytes, head, sizeof(head));
	p.bytes[17] = 40 + payload;
	p.bytes[22] = 64;
	p.bytes[23] = IPPROTO_TCP;
	memcpy(p.bytes + 26, (uint8_t[]){ 10, 47, 0, 1, 10, 47, 0, 2 }, 8);
	memcpy(p.bytes + 34, (uint8_t[]){ 50312 >> 8, 50312 & 255, 4747 >> 8, 4747 & 255 }, 4);
	memcpy(p.bytes + 38, (uint32_t[]){ htonl(seq) }, 4);
	p.bytes[46] = 0x50;
	p.bytes[47] = p.s.tcp_flags;
	for (uint32_t i = 0; i < payload && 54 + i < 128; i++)
		p.bytes[54 + i] = "muffin"[i % 6];
	return p;
}

/*
 * A small, real-looking stream: facts, a SYN, "muffin" at two points, a call between them, a loss,
 * the end.
 */
static void make_story(struct strbuf *b)
{
	struct crumb_ev_trace trace = { .version = 1, .crumb = "0.1.0", .selection = "tcp port 4747" };
	struct crumb_ev_host host = { .realtime_ns = REALTIME,
				      .netns = 1,
				      .name = "box",
				      .release = "6.18.0",
				      .machine = "x86_64" };
	struct crumb_ev_netns netns = { .netns = NETNS_A, .host = "a" };
	struct crumb_ev_dev dev = { .netns = NETNS_A, .ifindex = 2, .name = "eth0" };
	struct crumb_ev_flow flow = { .flow = 7, .family = AF_INET, .port = { 50312, 4747 } };
	struct crumb_ev_packet p = packet_at(CRUMB_PT_DEV_XMIT, 1000, 0);
	struct crumb_ev_loss loss = { .count = 5,
				      .cause = CRUMB_LOSS_RING,
				      .point = CRUMB_PT_DEV_RECEIVE };
	struct crumb_ev_recv recv = { .flow = 7, .comm = "muffin-recv" };
	struct crumb_ev_end end = { .kernel_events = 8 };

	memcpy(flow.addr[0] + 12, (uint8_t[]){ 10, 47, 0, 1 }, 4);
	memcpy(flow.addr[1] + 12, (uint8_t[]){ 10, 47, 0, 2 }, 4);
	ADD(b, CRUMB_EV_TRACE, trace);
	ADD(b, CRUMB_EV_HOST, host);
	ADD(b, CRUMB_EV_NETNS, netns);
	ADD(b, CRUMB_EV_DEV, dev);
	ADD(b, CRUMB_EV_FLOW, flow);
	p.s.tcp_flags = p.bytes[47] = 2;
	ADD(b, CRUMB_EV_SKB, p);
	p = packet_at(CRUMB_PT_DEV_XMIT, 1001, 6);
	ADD(b, CRUMB_EV_SKB, p);
	ADD(b, CRUMB_EV_RECV, recv);
	ADD(b, CRUMB_EV_LOSS, loss);
	p = packet_at(CRUMB_PT_DEV_RECEIVE, 1001, 6);
	ADD(b, CRUMB_EV_SKB, p);
	p = packet_at(CRUMB_PT_IP_OUTPUT, 1001, 6);
	memmove(p.bytes, p.bytes + 14, sizeof(p.bytes) - 14);
	memset(p.bytes + sizeof(p.bytes) - 14, 0, 14);
	p.s.wire_len = p.s.snap_len = 46;
	p.snap_l2 = 0;
	ADD(b, CRUMB_EV_SKB, p);
	ADD(b, CRUMB_EV_END, end);
}

/*
 * Any event that event_check() lets through: known and unknown types, shorter and longer than we
 * know them.
 */
static void add_random(struct strbuf *b)
{
	static const uint16_t types[] = { CRUMB_EV_SKB,	 CRUMB_EV_SKB, CRUMB_EV_SKB,
					  CRUMB_EV_FLOW, CRUMB_EV_DEV, CRUMB_EV_NETNS,
					  CRUMB_EV_HOST, CRUMB_EV_LOSS };
	_Alignas(8) static char raw[UINT16_MAX + 1];
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	struct crumb_ev_packet *p = (void *)raw;
	const struct crumb_event *ev;
	unsigned int type = rnd() % 2 ? types[rnd() % 8] : rnd() % 80;
	size_t size = event_type_size(type);

	if (type == CRUMB_EV_SKB)
		size = sizeof(*p);
	if (rnd() % 4 == 0)
		size = 16 + rnd() % 64 * 8;
	if (rnd() % 500 == 0)
		size = 16 + rnd() % 8190 * 8;
	if (size < 16)
		size = 16;
	if (type == CRUMB_EV_SKB && size == sizeof(struct crumb_ev_packet_short))
		size += 8; /* comes out longer, by design */
	fill_random(raw, size < 700 ? size : 700);
	p->s.h.type = type;
	p->s.h.size = size;
	if (size > 20)
		raw[20] &= 1;
	if (type == CRUMB_EV_SKB && size >= sizeof(*p)) {
		p->s.snap_len = rnd() % 8 ? rnd() % 129 : 0;
		p->s.point %= CRUMB_PT_MAX + 2;
		p->s.flow %= 700;
		p->s.netns %= 4;
		p->s.ifindex %= 4;
		p->snap_l2 &= 1;
		clear_behind_packet(p);
	}
	ev = event_check(raw, size, scratch);
	if (ev)
		strbuf_add(b, ev, ev->size);
}

/* ------------------------------------------------------------------ writing and reading */

static void write_stream(const struct strbuf *events, int fd)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	const struct crumb_event *ev;
	struct trace_writer *w = NULL;
	struct error e = { "" };

	assert_int_equal(trace_writer_new(fd, &w, &e), 0);
	for (size_t at = 0; at < events->len; at += ev->size) {
		ev = event_check(events->text + at, events->len - at, scratch);
		assert_non_null(ev);
		assert_int_equal(trace_writer_event(w, ev), 0);
	}
	assert_int_equal(trace_writer_finish(w, &e), 0);
	trace_writer_free(w);
}

static void file_of(const struct strbuf *events, struct strbuf *ret_file)
{
	char buf[4096];
	int fd = memfd_create("trace", MFD_CLOEXEC);
	ssize_t n;

	assert_true(fd >= 0);
	write_stream(events, fd);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		strbuf_add(ret_file, buf, n);
	close(fd);
}

static int read_file(const void *bytes, size_t n, struct strbuf *ret_events, struct error *e)
{
	struct trace_reader *r = NULL;
	int err;

	e->text[0] = '\0';
	assert_int_equal(trace_reader_open_bytes(bytes, n, &r, e), 0);
	err = trace_reader_run(r, keep, ret_events, e);
	trace_reader_free(r);
	return err;
}

static void assert_same(const struct strbuf *a, const struct strbuf *b)
{
	assert_int_equal(a->len, b->len);
	assert_memory_equal(a->text, b->text, a->len);
}

static uint32_t word(const struct strbuf *b, size_t at)
{
	uint32_t v;

	assert_true(at + 4 <= b->len);
	memcpy(&v, b->text + at, 4);
	return v;
}

/* Offset of the @nth block of that type. */
static size_t find_block(const struct strbuf *file, uint32_t type, int nth)
{
	for (size_t at = 0; at < file->len; at += word(file, at + 4))
		if (word(file, at) == type && nth-- == 0)
			return at;
	fail_msg("no block of type %#x", type);
	return 0;
}

/* Every block's two lengths agree and the file ends with a block: by hand, not by our reader. */
static void assert_well_formed(const struct strbuf *file)
{
	size_t at = 0;
	uint32_t len;

	assert_int_equal(word(file, 0), PCAPNG_SHB);
	assert_int_equal(word(file, word(file, 4)), PCAPNG_IDB);
	for (; at < file->len; at += len) {
		len = word(file, at + 4);
		assert_true(len >= 12 && len % 4 == 0 && len <= TRACE_BLOCK_MAX);
		assert_int_equal(word(file, at + len - 4), len);
	}
	assert_int_equal(at, file->len);
}

/* ------------------------------------------------------------------ round trip */

static void test_story_round_trip(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, out = { 0 };
	struct error e;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	assert_well_formed(&file);
	assert_int_equal(read_file(file.text, file.len, &out, &e), 0);
	assert_same(&in, &out);
}

static void test_empty_stream(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, out = { 0 };
	struct error e;

	(void)state;
	file_of(&in, &file);
	assert_well_formed(&file);
	assert_int_equal(read_file(file.text, file.len, &out, &e), 0);
	assert_int_equal(out.len, 0);
}

static void test_random_round_trip(void **state)
{
	struct error e;

	(void)state;
	for (int round = 0; round < 60; round++) {
		_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, out = { 0 };

		for (uint64_t n = rnd() % (round % 10 ? 200 : 20000); n; n--)
			add_random(&in);
		file_of(&in, &file);
		assert_well_formed(&file);
		assert_int_equal(read_file(file.text, file.len, &out, &e), 0);
		assert_same(&in, &out);
	}
}

/*
 * A pipe gives the bytes in pieces of any size; the reader must not care, nor the writer for not
 * being able to seek.
 */
static void test_through_pipes(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, out = { 0 };
	struct trace_reader *r = NULL;
	struct error e = { "" };
	int status, first[2], second[2];
	pid_t writer, cutter;
	char piece[977];
	ssize_t n;

	(void)state;
	for (int i = 0; i < 3000; i++)
		add_random(&in);
	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	assert_int_equal(pipe2(second, O_CLOEXEC), 0);
	writer = fork();
	if (writer == 0) {
		write_stream(&in, first[1]);
		_exit(0);
	}
	close(first[1]);
	cutter = fork();
	if (cutter == 0) {
		while ((n = read(first[0], piece, 1 + rnd() % sizeof(piece))) > 0)
			if (write(second[1], piece, n) != n)
				_exit(1);
		_exit(0);
	}
	close(first[0]);
	close(second[1]);
	assert_int_equal(trace_reader_open_fd(second[0], "pipe", &r, &e), 0);
	assert_int_equal(trace_reader_run(r, keep, &out, &e), 0);
	trace_reader_free(r);
	close(second[0]);
	assert_int_equal(waitpid(writer, &status, 0), writer);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(cutter, &status, 0), cutter);
	assert_int_equal(status, 0);
	assert_same(&in, &out);
}

static void test_two_sections(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, twice = { 0 }, out = { 0 };
	struct error e;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	strbuf_add(&twice, file.text, file.len);
	strbuf_add(&twice, file.text, file.len);
	assert_int_equal(read_file(twice.text, twice.len, &out, &e), 0);
	assert_int_equal(out.len, 2 * in.len);
	assert_memory_equal(out.text + in.len, in.text, in.len);
}

static int stop_at_third(void *ctx, const struct crumb_event *ev)
{
	(void)ev;
	return ++*(int *)ctx == 3 ? -ECANCELED : 0;
}

static void test_consumer_stops(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 };
	struct trace_reader *r = NULL;
	int seen = 0;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	assert_int_equal(trace_reader_open_bytes(file.text, file.len, &r, NULL), 0);
	assert_int_equal(trace_reader_run(r, stop_at_third, &seen, NULL), -ECANCELED);
	assert_int_equal(seen, 3);
	assert_int_equal(trace_reader_events(r), 3);
	trace_reader_free(r);
}

/* ------------------------------------------------------------------ files that are not whole */

static void expect(const void *bytes, size_t n, int err, const char *words)
{
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct error e;

	assert_int_equal(read_file(bytes, n, &out, &e), err);
	if (!strstr(e.text, words))
		fail_msg("\"%s\" does not say \"%s\"", e.text, words);
}

static void test_not_ours(void **state)
{
	_cleanup_strbuf_ struct strbuf file = { 0 };
	static const uint32_t foreign[] = {
		PCAPNG_SHB,
		28,
		PCAPNG_BYTE_ORDER,
		1,
		~0u,
		~0u,
		28,
		PCAPNG_IDB,
		20,
		1,
		0,
		20,
		PCAPNG_EPB,
		36,
		0,
		0,
		0,
		4,
		4,
		0x61616161,
		36,
		PCAPNG_CUSTOM,
		16,
		32473,
		16,
		TRACE_BLOCK,
		16,
		0,
		16,
	};
	static const uint32_t big[] = { PCAPNG_SHB, 28 << 24, 0x4d3c2b1a, 0x100, ~0u, ~0u, 28 << 24 };

	(void)state;
	expect("", 0, -EINVAL, "is empty");
	expect("hello, world", 12, -EINVAL, "not a pcapng file");
	expect("\x1f\x8b\x08\x00", 4, -EINVAL, "gzip");
	expect("\xd4\xc3\xb2\xa1\x02\x00", 6, -EINVAL, "but pcap");
	expect("\n\r", 2, -EINVAL, "not a pcapng file");
	expect(foreign, sizeof(foreign), -EINVAL, "not written by crumb record");
	expect(big, sizeof(big), -ENOTSUP, "big-endian");
}

static void test_every_truncation(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 };
	struct error e;
	size_t end = 0, next;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	next = word(&file, 4);
	for (size_t n = 4; n < file.len; n++) {
		_cleanup_strbuf_ struct strbuf out = { 0 };
		int err = read_file(file.text, n, &out, &e);

		if (n == next) {
			end = next;
			next += word(&file, end + 4);
		}
		assert_int_equal(err, n == end ? 0 : TRACE_TRUNCATED);
		if (err)
			assert_non_null(strstr(e.text, "is cut off"));
		assert_true(out.len <= in.len);
		if (out.len)
			assert_memory_equal(out.text, in.text, out.len);
	}
}

static void test_gap_is_told(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, cut = { 0 };
	size_t at, len;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	for (int i = 0; i < 2; i++) {
		strbuf_clear(&cut);
		at = find_block(&file, i ? PCAPNG_EPB : TRACE_BLOCK, i);
		len = word(&file, at + 4);
		strbuf_add(&cut, file.text, at);
		strbuf_add(&cut, file.text + at + len, file.len - at - len);
		expect(cut.text, cut.len, -EUCLEAN, "use the original file");
	}
}

static void test_damage_is_told(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 };
	size_t batch, packet;
	static const char zeros[64];

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	batch = find_block(&file, TRACE_BLOCK, 0);
	packet = find_block(&file, PCAPNG_EPB, 1);

	file.text[batch + 4] ^= 1;
	expect(file.text, file.len, -EBADMSG, "length cannot be right");
	file.text[batch + 4] ^= 1;
	file.text[batch + 7] ^= 0x40;
	expect(file.text, file.len, -EBADMSG, "length cannot be right");
	file.text[batch + 7] ^= 0x40;
	file.text[batch + 8 + 16 + 10] ^= 4; /* the first record's size: no multiple of 8 */
	expect(file.text, file.len, -EBADMSG, "no event");
	file.text[batch + 8 + 16 + 10] ^= 4;
	file.text[packet + 8 + 12 + 1] = 1; /* captured length of a packet */
	expect(file.text, file.len, -EBADMSG, "longer than its block");
	file.text[packet + 8 + 12 + 1] = 0;
	file.text[word(&file, 4) - 4] ^= 4;
	expect(file.text, file.len, -EBADMSG, "two lengths differ");
	file.text[word(&file, 4) - 4] ^= 4;
	strbuf_add(&file, zeros, sizeof(zeros)); /* a crash of the machine leaves this */
	expect(file.text, file.len, -EBADMSG, "length cannot be right");
}

static void test_newer_format(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 };
	struct trace_head head = { TRACE_PEN, TRACE_KIND_SECTION, 0, TRACE_FORMAT };
	char *at;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	at = memmem(file.text, file.len, &head, sizeof(head));
	assert_non_null(at);
	at[8]++;
	expect(file.text, file.len, -EPROTONOSUPPORT, "newer crumb");
}

/* Other programs' blocks, also ones larger than the reader's buffer, are stepped over. */
static void test_foreign_blocks(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, file = { 0 }, mixed = { 0 }, out = { 0 };
	static const uint32_t lens[] = { 12,	  16, 4096, TRACE_BLOCK_MAX, TRACE_BLOCK_MAX + 4,
					 3u << 20 };
	size_t split;
	struct error e;

	(void)state;
	make_story(&in);
	file_of(&in, &file);
	split = find_block(&file, PCAPNG_EPB, 1);
	strbuf_add(&mixed, file.text, split);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		uint32_t type = i % 2 ? 0x0000000A : 0x80001234;

		strbuf_add(&mixed, &type, 4);
		strbuf_add(&mixed, &lens[i], 4);
		strbuf_fill(&mixed, 'x', lens[i] - 12);
		strbuf_add(&mixed, &lens[i], 4);
	}
	strbuf_add(&mixed, file.text + split, file.len - split);
	assert_int_equal(read_file(mixed.text, mixed.len, &out, &e), 0);
	assert_same(&in, &out);
	expect(mixed.text, split + 1000000, TRACE_TRUNCATED, "is cut off");
}

/* ------------------------------------------------------------------ disk full */

static int fill_up(const char *path, uint64_t *ret_events)
{
	struct crumb_ev_packet p = packet_at(CRUMB_PT_DEV_XMIT, 1, 6);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r = 0;
	struct trace_writer *w = NULL;
	struct error e = { "" };

	assert_true(fd >= 0);
	assert_int_equal(trace_writer_new(fd, &w, &e), 0);
	p.s.h.type = CRUMB_EV_SKB;
	p.s.h.size = sizeof(p);
	for (*ret_events = 0; !r && *ret_events < 10000000; *ret_events += !r)
		r = trace_writer_event(w, &p.s.h);
	assert_true(r < 0);
	assert_int_equal(trace_writer_event(w, &p.s.h), r);
	assert_int_equal(trace_writer_finish(w, &e), r);
	assert_non_null(strstr(e.text, "cannot write the trace"));
	trace_writer_free(w);
	close(fd);
	return r;
}

static void test_disk_full(void **state)
{
	char path[] = "/tmp/crumb-test-XXXXXX";
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct trace_reader *r = NULL;
	struct error e = { "" };
	struct rlimit old, low;
	uint64_t events;

	(void)state;
	assert_int_equal(fill_up("/dev/full", &events), -ENOSPC);

	close(mkstemp(path));
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	low = old;
	low.rlim_cur = 1000001; /* within a block */
	setrlimit(RLIMIT_FSIZE, &low);
	assert_int_equal(fill_up(path, &events), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(trace_reader_open(path, &r, &e), 0);
	assert_int_equal(trace_reader_run(r, keep, &out, &e), 0); /* whole, not cut off */
	assert_in_range(trace_reader_bytes(r), 1000001 - 1000, 1000001);
	assert_true(trace_reader_events(r) > 2000 && trace_reader_events(r) <= events);
	trace_reader_free(r);
	unlink(path);
}

/* ------------------------------------------------------------------ what tshark and editcap see */

static bool have_program(const char *name)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "command -v %s >/dev/null", name);
	return system(cmd) == 0;
}

static void run(const char *cmd, struct strbuf *ret_out)
{
	FILE *f = popen(cmd, "r");
	char buf[4096];
	size_t n;

	assert_non_null(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		strbuf_add(ret_out, buf, n);
	assert_int_equal(pclose(f), 0);
}

static void story_file(char *path)
{
	_cleanup_strbuf_ struct strbuf in = { 0 };
	int fd = mkstemp(path);

	make_story(&in);
	write_stream(&in, fd);
	close(fd);
}

static void test_tshark(void **state)
{
	char path[] = "/tmp/crumb-test-XXXXXX", cmd[512];
	_cleanup_strbuf_ struct strbuf out = { 0 };

	(void)state;
	if (!have_program("tshark"))
		skip();
	story_file(path);
	snprintf(cmd, sizeof(cmd),
		 "tshark -n -r %s -T fields -E separator='|' -e frame.time_epoch -e frame.interface_name "
		 "-e frame.packet_id -e frame.interface_queue -e frame.drop_count -e frame.len "
		 "-e ip.src -e tcp.dstport -e tcp.seq_raw -e frame.comment 2>/dev/null",
		 path);
	run(cmd, &out);
	unlink(path);
	assert_string_equal(
		out.text,
		"1763800000.000006000|a/eth0:dev.xmit|9223372096984318051|3||54|10.47.0.1|4747|1000|"
		"dev.xmit a/eth0 · 10.47.0.1:50312 > 10.47.0.2:4747 SYN\n"
		"1763800000.000006001|a/eth0:dev.xmit|60129543145|3||60|10.47.0.1|4747|1001|"
		"dev.xmit a/eth0 · 10.47.0.1:50312 > 10.47.0.2:4747 bytes 0..6\n"
		"1763800000.000006001|a/eth0:dev.receive|60129543145|3|5|60|10.47.0.1|4747|1001|"
		"dev.receive a/eth0 · 10.47.0.1:50312 > 10.47.0.2:4747 bytes 0..6\n"
		"1763800000.000006001|a/eth0:ip.output|60129543145|3||46|10.47.0.1|4747|1001|"
		"ip.output a/eth0 · 10.47.0.1:50312 > 10.47.0.2:4747 bytes 0..6\n");
}

/*
 * editcap keeps packets and their options, not the blocks between them: that must not pass for a
 * whole trace.
 */
static void test_editcap(void **state)
{
	char path[] = "/tmp/crumb-test-XXXXXX", edited[64], cmd[256];
	_cleanup_strbuf_ struct strbuf out = { 0 };
	struct trace_reader *r = NULL;
	struct error e = { "" };

	(void)state;
	if (!have_program("editcap"))
		skip();
	story_file(path);
	snprintf(edited, sizeof(edited), "%s.edited", path);
	snprintf(cmd, sizeof(cmd), "editcap %s %s 2>/dev/null", path, edited);
	run(cmd, &out);
	assert_int_equal(trace_reader_open(edited, &r, &e), 0);
	assert_int_equal(trace_reader_run(r, keep, &out, &e), -EUCLEAN);
	assert_non_null(strstr(e.text, "use the original file"));
	trace_reader_free(r);
	unlink(path);
	unlink(edited);
}

/*
 * The reader printed in docs/TRACE-FORMAT.md, run on a file of ours: the document says what the
 * writer does.
 */
static void test_reader_of_the_document(void **state)
{
	_cleanup_strbuf_ struct strbuf in = { 0 }, out = { 0 }, want = { 0 };
	char path[] = "/tmp/crumb-test-XXXXXX", cmd[512];
	const struct crumb_event *ev;
	int fd;

	(void)state;
	if (!have_program("python3") || access("docs/TRACE-FORMAT.md", R_OK))
		skip();
	make_story(&in);
	for (int i = 0; i < 500; i++)
		add_random(&in);
	fd = mkstemp(path);
	write_stream(&in, fd);
	close(fd);
	snprintf(cmd, sizeof(cmd),
		 "sed -n '/^```python/,/^```$/{/^```/!p}' docs/TRACE-FORMAT.md > %s.py && "
		 "python3 %s.py %s; rm %s.py",
		 path, path, path, path);
	run(cmd, &out);
	unlink(path);
	for (size_t at = 0; at < in.len; at += ev->size) {
		ev = (const void *)(in.text + at);
		strbuf_printf(&want, "%llu %u %u %u\n", (unsigned long long)ev->time_ns, ev->cpu,
			      ev->type, ev->size);
	}
	assert_string_equal(out.text, want.text);
}

/* ------------------------------------------------------------------ the fuzzer's corpus */

static void test_fuzz_corpus(void **state)
{
	static char bytes[1 << 20];
	struct dirent *d;
	DIR *dir = opendir("tests/fuzz/corpus/trace");
	char path[512];
	int fd, files = 0;
	ssize_t n;

	(void)state;
	if (!dir)
		skip(); /* not run from the top of the source tree */
	while ((d = readdir(dir))) {
		if (d->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "tests/fuzz/corpus/trace/%s", d->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		n = read(fd, bytes, sizeof(bytes));
		close(fd);
		assert_true(n >= 0);
		LLVMFuzzerTestOneInput((const uint8_t *)bytes, n);
		files++;
	}
	closedir(dir);
	assert_true(files > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_story_round_trip),
		cmocka_unit_test(test_empty_stream),
		cmocka_unit_test(test_random_round_trip),
		cmocka_unit_test(test_through_pipes),
		cmocka_unit_test(test_two_sections),
		cmocka_unit_test(test_consumer_stops),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_every_truncation),
		cmocka_unit_test(test_gap_is_told),
		cmocka_unit_test(test_damage_is_told),
		cmocka_unit_test(test_newer_format),
		cmocka_unit_test(test_foreign_blocks),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_tshark),
		cmocka_unit_test(test_editcap),
		cmocka_unit_test(test_reader_of_the_document),
		cmocka_unit_test(test_fuzz_corpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
