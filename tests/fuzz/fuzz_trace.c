// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer entry for the trace reader: any bytes give events or an error. Each event is then read
 * as its consumers would, and what was delivered must survive being written and read again
 * unchanged.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -iquote src/base -iquote src/event \
 *		-idirafter schema tests/fuzz/fuzz_trace.c src/event/[a-z]*.c src/base/{strbuf,error}.c
 *
 * tests/unit/test_trace.c includes this file and replays tests/fuzz/corpus/trace.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stream.h"
#include "strbuf.h"
#include "trace_reader.h"
#include "trace_writer.h"

#define FUZZ_BYTES_MAX (8u << 20) /* of events kept for the second reading */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                                \
	do {                                                                       \
		if (!(cond)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort();                                                   \
		}                                                                  \
	} while (0)

/* Reads what event_check() promises to be readable. */
static uint64_t touch(const struct crumb_event *ev)
{
	size_t n = event_type_size(ev->type) > ev->size ? event_type_size(ev->type) : ev->size;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += ((const uint8_t *)ev)[i];
	if (ev->type == CRUMB_EV_SKB && ev->size >= sizeof(struct crumb_ev_packet))
		for (size_t i = 0; i < ((const struct crumb_ev_skb *)ev)->snap_len; i++)
			sum += ((const struct crumb_ev_packet *)ev)->bytes[i];
	if (ev->type == CRUMB_EV_STACK)
		for (size_t i = 0; i < ((const struct crumb_ev_stack *)ev)->depth; i++)
			sum += ((const struct crumb_ev_stack *)ev)->ip[i];
	if (ev->type == CRUMB_EV_DEV)
		sum += strlen(((const struct crumb_ev_dev *)ev)->name);
	return sum;
}

static volatile uint64_t touched;

/* What a record holds behind its packet's bytes has no meaning, and the writer does not keep it. */
static void clear_behind_packet(void *record)
{
	struct crumb_ev_packet *p = record;

	if (p->s.h.type == CRUMB_EV_SKB && p->s.h.size >= sizeof(*p))
		memset(p->bytes + p->s.snap_len, 0, sizeof(p->bytes) - p->s.snap_len);
}

static int keep(void *ctx, const struct crumb_event *ev)
{
	struct strbuf *kept = ctx;

	CHECK(ev->size >= sizeof(*ev) && ev->size % 8 == 0 && (uintptr_t)ev % 8 == 0);
	touched += touch(ev);
	if (kept->len + ev->size > FUZZ_BYTES_MAX)
		return -E2BIG;
	strbuf_add(kept, ev, ev->size);
	if (!kept->failed)
		clear_behind_packet(kept->text + kept->len - ev->size);
	return 0;
}

static void *write_again(const struct strbuf *kept, size_t *ret_len)
{
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	const struct crumb_event *ev;
	struct trace_writer *w = NULL;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	void *file;

	CHECK(fd >= 0 && trace_writer_new(fd, &w, NULL) == 0);
	for (size_t at = 0; at < kept->len; at += ev->size) {
		ev = event_check(kept->text + at, kept->len - at, scratch);
		CHECK(ev && trace_writer_event(w, ev) == 0);
	}
	CHECK(trace_writer_finish(w, NULL) == 0);
	*ret_len = trace_writer_bytes(w);
	trace_writer_free(w);
	CHECK(lseek(fd, 0, SEEK_END) == (off_t)*ret_len);
	file = malloc(*ret_len);
	CHECK(file && pread(fd, file, *ret_len, 0) == (ssize_t)*ret_len);
	close(fd);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf first = { 0 }, second = { 0 };
	struct trace_reader *r = NULL;
	struct error e = { "" };
	size_t len;
	void *file;
	int err;

	CHECK(trace_reader_open_bytes(data, size, &r, &e) == 0);
	err = trace_reader_run(r, keep, &first, &e);
	CHECK(err <= 0 || err == TRACE_TRUNCATED);
	CHECK(err == 0 || err == -E2BIG || e.text[0]);
	trace_reader_free(r);

	file = write_again(&first, &len);
	CHECK(trace_reader_open_bytes(file, len, &r, NULL) == 0);
	CHECK(trace_reader_run(r, keep, &second, NULL) == 0);
	trace_reader_free(r);
	CHECK(first.len == second.len);
	CHECK(!first.len || !memcmp(first.text, second.text, first.len));
	free(file);
	strbuf_done(&first);
	strbuf_done(&second);
	return 0;
}
