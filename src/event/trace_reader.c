// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng reader. Only crumb's own blocks and options are interpreted; whatever else the format
 * allows is stepped over by its length. One buffer of TRACE_BLOCK_MAX holds the block at hand; what
 * is longer cannot be crumb's and is skipped without being held.
 */
#include "trace_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "pcapng.h"

#define BLOCK_LEAST   12u /* type, length, length again */
#define SECTION_LEAST 28u

struct trace_reader {
	int fd; /* -1: all of it is in memory */
	bool own_fd;
	int stop_fd; /* readable: that was the end; -1 none */
	char *name;
	const char *mem;
	size_t mem_left;
	uint64_t offset; /* in the file, of the block at hand */
	size_t at, len;	 /* in the buffer: block at hand, end of what was read */
	bool end;
	bool begun;
	bool crumb;	     /* something of crumb's was seen */
	uint64_t in_section; /* events delivered of this section */
	uint64_t events;
	event_fn fn;
	void *ctx;
	struct error *e;
	_Alignas(8) char scratch[EVENT_SCRATCH_BYTES];
	_Alignas(8) char event[UINT16_MAX + 1]; /* a packet's event, put together */
	_Alignas(8) char buf[TRACE_BLOCK_MAX];
};

/* Waits for bytes. False: it was told to end. */
static bool wait_some(const struct trace_reader *r)
{
	struct pollfd fds[] = { { .fd = r->stop_fd, .events = POLLIN },
				{ .fd = r->fd, .events = POLLIN } };

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[0].revents;
}

static ssize_t read_some(struct trace_reader *r, char *to, size_t n)
{
	ssize_t got;

	if (r->fd < 0) {
		n = n < r->mem_left ? n : r->mem_left;
		memcpy(to, r->mem, n);
		r->mem += n;
		r->mem_left -= n;
		return n;
	}
	if (r->stop_fd >= 0 && !wait_some(r))
		return 0;
	do
		got = read(r->fd, to, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? -errno : got;
}

/* Makes @need bytes (at most the buffer) stand at r->at. 1: the file ends before. */
static int have(struct trace_reader *r, size_t need)
{
	ssize_t n;

	if (r->len - r->at >= need)
		return 0;
	memmove(r->buf, r->buf + r->at, r->len - r->at);
	r->len -= r->at;
	r->at = 0;
	while (r->len < need) {
		n = r->end ? 0 : read_some(r, r->buf + r->len, sizeof(r->buf) - r->len);
		if (n < 0)
			return error_set(r->e, n, "cannot read %s: %s", r->name, strerror(-n));
		if (n == 0) {
			r->end = true;
			return 1;
		}
		r->len += n;
	}
	return 0;
}

static int damaged(struct trace_reader *r, const char *what)
{
	return error_set(r->e, -EBADMSG, "%s is damaged at byte %llu: %s", r->name,
			 (unsigned long long)r->offset, what);
}

static int truncated(struct trace_reader *r)
{
	return error_set(r->e, TRACE_TRUNCATED,
			 "%s is cut off within the block at byte %llu (%llu events before it)",
			 r->name, (unsigned long long)r->offset, (unsigned long long)r->events);
}

static uint32_t u32_at(const char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Events are numbered: what another program removed shows as a gap. */
static int expect_number(struct trace_reader *r, uint64_t number)
{
	if (number == r->in_section)
		return 0;
	return error_set(r->e, -EUCLEAN,
			 "%s is not as crumb record wrote it (byte %llu: event %llu, not %llu): editcap, "
			 "mergecap and saving in Wireshark keep only packets; use the original file",
			 r->name, (unsigned long long)r->offset, (unsigned long long)number,
			 (unsigned long long)r->in_section);
}

static int deliver(struct trace_reader *r, const void *bytes, size_t avail, size_t *ret_size)
{
	const struct crumb_event *ev = event_check(bytes, avail, r->scratch);

	if (!ev)
		return damaged(r, "it holds a record that is no event");
	*ret_size = ((const struct crumb_event *)bytes)->size;
	r->in_section++;
	r->events++;
	return r->fn(r->ctx, ev);
}

/* @body is 8-byte aligned. */
static int read_events(struct trace_reader *r, const char *body, size_t n)
{
	size_t size = 0;
	int err = 0;

	for (size_t at = 0; !err && at < n; at += size)
		err = deliver(r, body + at, n - at, &size);
	return err;
}

/* Is this crumb's head, of that kind? */
static bool head_is(const char *p, size_t n, unsigned int kind, struct trace_head *ret_head)
{
	struct trace_head head;

	if (n < sizeof(head))
		return false;
	memcpy(&head, p, sizeof(head));
	if (head.pen != TRACE_PEN || head.kind != kind)
		return false;
	*ret_head = head;
	return true;
}

static int on_events(struct trace_reader *r, char *body, size_t n)
{
	const uintptr_t off = (uintptr_t)(body + sizeof(struct trace_head)) % 8;
	struct trace_head head;
	int err;

	if (!head_is(body, n, TRACE_KIND_EVENTS, &head))
		return 0;
	r->crumb = true;
	err = expect_number(r, head.number);
	if (err)
		return err;
	/* The head has been read: its place takes up the shift to an 8-byte boundary. */
	body += sizeof(head);
	n -= sizeof(head);
	if (off)
		memmove(body - off, body, n);
	return read_events(r, body - off, n);
}

/*
 * Value of crumb's option of that kind among the options [p, p + n), its length in @ret_len; NULL.
 */
static const char *find_option(const char *p, size_t n, unsigned int kind, size_t *ret_len)
{
	struct trace_head head;
	struct pcapng_opt opt;

	while (n >= sizeof(opt)) {
		memcpy(&opt, p, sizeof(opt));
		p += sizeof(opt);
		n -= sizeof(opt);
		if (opt.code == PCAPNG_OPT_END || opt.len > n)
			break;
		if (opt.code == PCAPNG_OPT_CUSTOM && head_is(p, opt.len, kind, &head)) {
			*ret_len = opt.len;
			return p;
		}
		if (PCAPNG_PAD(opt.len) >= n)
			break;
		p += PCAPNG_PAD(opt.len);
		n -= PCAPNG_PAD(opt.len);
	}
	return NULL;
}

/* Puts packet bytes and the rest of the event together again. */
static int on_packet(struct trace_reader *r, const char *body, size_t n)
{
	struct crumb_ev_packet *p = (struct crumb_ev_packet *)r->event;
	const size_t after = offsetof(struct crumb_ev_packet, snap_l2);
	const char *option;
	struct pcapng_epb epb;
	size_t len, size;
	int err;

	if (n < sizeof(epb))
		return damaged(r, "a packet block is too short");
	memcpy(&epb, body, sizeof(epb));
	body += sizeof(epb);
	n -= sizeof(epb);
	if (epb.captured > n || PCAPNG_PAD(epb.captured) > n)
		return damaged(r, "a packet is longer than its block");
	option = find_option(body + PCAPNG_PAD(epb.captured), n - PCAPNG_PAD(epb.captured),
			     TRACE_KIND_PACKET, &len);
	if (!option)
		return 0;
	r->crumb = true;
	err = expect_number(r, ((const struct trace_head *)option)->number);
	if (err)
		return err;
	option += sizeof(struct trace_head);
	len -= sizeof(struct trace_head);
	size = len + sizeof(p->bytes);
	if (size < sizeof(*p))
		return damaged(r, "a packet's event is too short");
	memcpy(&p->s, option, sizeof(p->s));
	if (p->s.h.type != CRUMB_EV_SKB || p->s.h.size != size)
		return damaged(r, "a packet's event is of another size");
	if (p->s.snap_len > epb.captured)
		p->s.snap_len = epb.captured; /* editcap -s */
	if (p->s.snap_len > sizeof(p->bytes))
		return damaged(r, "a packet's event claims more bytes than it can hold");
	memcpy(p->bytes, body, p->s.snap_len);
	memset(p->bytes + p->s.snap_len, 0, sizeof(p->bytes) - p->s.snap_len);
	memcpy(r->event + after, option + sizeof(p->s), len - sizeof(p->s));
	return deliver(r, p, size, &size);
}

static int on_section(struct trace_reader *r, const char *body, size_t n)
{
	struct trace_head head;
	const char *option;
	size_t len;

	r->in_section = 0;
	if (n < sizeof(struct pcapng_shb))
		return damaged(r, "a section header is too short");
	if (((const struct pcapng_shb *)body)->major != 1)
		return error_set(r->e, -EPROTONOSUPPORT, "%s is pcapng version %u; crumb reads 1",
				 r->name, ((const struct pcapng_shb *)body)->major);
	option = find_option(body + sizeof(struct pcapng_shb), n - sizeof(struct pcapng_shb),
			     TRACE_KIND_SECTION, &len);
	if (!option)
		return 0;
	r->crumb = true;
	memcpy(&head, option, sizeof(head));
	if (head.number > TRACE_FORMAT)
		return error_set(r->e, -EPROTONOSUPPORT,
				 "%s is in trace format %llu of a newer crumb; this one reads %u",
				 r->name, (unsigned long long)head.number, TRACE_FORMAT);
	return 0;
}

static int on_block(struct trace_reader *r, uint32_t type, char *body, size_t n)
{
	switch (type) {
	case PCAPNG_SHB:
		return on_section(r, body, n);
	case PCAPNG_EPB:
		return on_packet(r, body, n);
	case TRACE_BLOCK:
	case PCAPNG_CUSTOM:
		return on_events(r, body, n);
	default:
		return 0;
	}
}

static int skip_long_block(struct trace_reader *r, uint32_t len)
{
	size_t left = len - sizeof(uint32_t), part;
	int err;

	while (left) {
		part = left < sizeof(r->buf) ? left : sizeof(r->buf);
		err = have(r, part);
		if (err)
			return err > 0 ? truncated(r) : err;
		r->at += part;
		left -= part;
	}
	err = have(r, sizeof(uint32_t));
	if (err)
		return err > 0 ? truncated(r) : err;
	if (u32_at(r->buf + r->at) != len)
		return damaged(r, "a block's two lengths differ");
	r->at += sizeof(uint32_t);
	r->offset += len;
	return 0;
}

/* The byte order stands in the section header, behind the length that depends on it. */
static int check_byte_order(struct trace_reader *r)
{
	uint32_t magic;
	int err = have(r, BLOCK_LEAST);

	if (err)
		return err > 0 ? truncated(r) : err;
	magic = u32_at(r->buf + r->at + sizeof(struct pcapng_block));
	if (magic == PCAPNG_BYTE_ORDER)
		return 0;
	if (magic == __builtin_bswap32(PCAPNG_BYTE_ORDER))
		return error_set(r->e, -ENOTSUP,
				 "%s is a big-endian pcapng file; crumb's are little-endian",
				 r->name);
	return damaged(r, "a section header without byte order");
}

static int next_block(struct trace_reader *r)
{
	uint32_t type, len;
	int err = have(r, sizeof(struct pcapng_block));

	if (err)
		return err > 0 ? truncated(r) : err;
	type = u32_at(r->buf + r->at);
	if (type == PCAPNG_SHB) {
		err = check_byte_order(r);
		if (err)
			return err;
	}
	len = u32_at(r->buf + r->at + sizeof(type));
	if (len < (type == PCAPNG_SHB ? SECTION_LEAST : BLOCK_LEAST) || len % 4 ||
	    len > PCAPNG_BLOCK_MAX)
		return damaged(r, "a block's length cannot be right");
	if (len > sizeof(r->buf))
		return skip_long_block(r, len);
	err = have(r, len);
	if (err)
		return err > 0 ? truncated(r) : err;
	if (u32_at(r->buf + r->at + len - sizeof(len)) != len)
		return damaged(r, "a block's two lengths differ");
	err = on_block(r, type, r->buf + r->at + sizeof(struct pcapng_block), len - BLOCK_LEAST);
	if (err)
		return err;
	r->at += len;
	r->offset += len;
	return 0;
}

static int check_magic(struct trace_reader *r)
{
	const char *hint = "";
	uint32_t magic = 0;
	int err = have(r, sizeof(magic));

	if (err < 0)
		return err;
	if (r->len == 0)
		return error_set(r->e, -EINVAL, "%s is empty", r->name);
	memcpy(&magic, r->buf, r->len < sizeof(magic) ? r->len : sizeof(magic));
	if (magic == PCAPNG_SHB)
		return 0;
	if ((magic & 0xffff) == 0x8b1f)
		hint = " but gzip: unpack it first";
	else if (magic == 0xfd2fb528)
		hint = " but zstd: unpack it first";
	else if (magic == 0xa1b2c3d4 || magic == 0xa1b23c4d || magic == 0xd4c3b2a1 ||
		 magic == 0x4d3cb2a1)
		hint = " but pcap, which carries no events; crumb record -w writes traces";
	return error_set(r->e, -EINVAL, "%s is not a pcapng file%s", r->name, hint);
}

int trace_reader_next(struct trace_reader *r, event_fn fn, void *ctx, struct error *e)
{
	int err;

	r->fn = fn;
	r->ctx = ctx;
	r->e = e;
	err = r->begun ? 0 : check_magic(r);
	if (err)
		return err;
	r->begun = true;
	err = have(r, 1);
	if (err < 0)
		return err;
	if (!err) {
		err = next_block(r);
		return err ? err : TRACE_MORE;
	}
	if (!r->crumb)
		return error_set(e, -EINVAL,
				 "%s was not written by crumb record: "
				 "a pcapng file without crumb's events",
				 r->name);
	return 0;
}

int trace_reader_run(struct trace_reader *r, event_fn fn, void *ctx, struct error *e)
{
	int err;

	do
		err = trace_reader_next(r, fn, ctx, e);
	while (err == TRACE_MORE);
	return err;
}

uint64_t trace_reader_events(const struct trace_reader *r)
{
	return r->events;
}

uint64_t trace_reader_bytes(const struct trace_reader *r)
{
	return r->offset;
}

int trace_reader_open_fd(int fd, const char *name, struct trace_reader **ret_reader, struct error *e)
{
	struct trace_reader *r = malloc(sizeof(*r));

	if (!r)
		return error_set(e, -ENOMEM, "out of memory for reading %s", name);
	memset(r, 0, offsetof(struct trace_reader, scratch));
	r->fd = fd;
	r->stop_fd = -1;
	r->name = strdup(name);
	if (!r->name) {
		trace_reader_free(r);
		return error_set(e, -ENOMEM, "out of memory for reading %s", name);
	}
	*ret_reader = r;
	return 0;
}

void trace_reader_until(struct trace_reader *r, int stop_fd)
{
	r->stop_fd = stop_fd;
}

int trace_reader_open(const char *path, struct trace_reader **ret_reader, struct error *e)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (strcmp(path, "-") == 0)
		return trace_reader_open_fd(STDIN_FILENO, "standard input", ret_reader, e);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	r = trace_reader_open_fd(fd, path, ret_reader, e);
	if (r)
		return r;
	(*ret_reader)->own_fd = true;
	steal_fd(fd);
	return 0;
}

int trace_reader_open_bytes(const void *bytes, size_t n, struct trace_reader **ret_reader,
			    struct error *e)
{
	int r = trace_reader_open_fd(-1, "trace", ret_reader, e);

	if (r)
		return r;
	(*ret_reader)->mem = bytes;
	(*ret_reader)->mem_left = n;
	return 0;
}

void trace_reader_free(struct trace_reader *r)
{
	if (!r)
		return;
	if (r->own_fd)
		close(r->fd);
	free(r->name);
	free(r);
}
