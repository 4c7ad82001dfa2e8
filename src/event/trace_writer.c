// SPDX-License-Identifier: GPL-2.0-only
/*
 * pcapng writer. Blocks are built at the end of one buffer; events without a packet gather in a
 * block that stays open there until a packet, the batch's limit or the buffer's end closes it, so
 * that file order is stream order.
 *
 *	| whole blocks, not written yet ... | open block of events ... |      free      |
 *	0                                   open                       len            BUFFER_BYTES
 */
#include "trace_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pcapng.h"
#include "point.h"
#include "trace_names.h"

#define BUFFER_BYTES  (256u << 10)
#define BATCH_BYTES   (16u << 10)
#define PREFACE_BYTES 4096u /* facts waited for before the section header */
#define COMMENT_MAX   1000u
#define HEAD_BYTES    (sizeof(struct pcapng_block) + sizeof(struct trace_head))
#define AROUND_BYTES  4096u /* of a packet block beside its event, and of an interface block */

struct iface {
	char *name;
	uint16_t link_type;
	uint16_t point;
	uint64_t packets;
};

struct trace_writer {
	int fd;
	bool seekable;
	off_t base; /* offset in the file of buf[0], if seekable */
	int failed; /* first failure, -errno */
	struct error error;
	bool started;	       /* section header written */
	struct strbuf preface; /* events held until then */
	uint64_t flushed;
	size_t len;
	size_t open; /* of the open block of events; SIZE_MAX none */
	uint64_t events;
	uint64_t last_ns;
	uint64_t drops; /* not yet told to a packet */
	uint64_t lost[CRUMB_PT_MAX];
	uint64_t lost_all;
	struct trace_names *names;
	struct iface *ifaces;
	size_t n_ifaces, cap_ifaces;
	struct strbuf text;
	_Alignas(8) char buf[BUFFER_BYTES];
};

static int fail(struct trace_writer *w, int err)
{
	if (w->failed)
		return w->failed;
	w->failed = err;
	if (err == -ENOSPC || err == -EDQUOT || err == -EFBIG)
		return error_set(&w->error, err,
				 "cannot write the trace: %s; it is complete up to byte %llu",
				 strerror(-err), (unsigned long long)w->flushed);
	return error_set(&w->error, err, "cannot write the trace: %s", strerror(-err));
}

/* Length of the whole blocks within the first @n bytes of the buffer. */
static size_t whole_blocks(const struct trace_writer *w, size_t n)
{
	size_t at = 0;
	uint32_t len;

	while (at + sizeof(struct pcapng_block) <= n) {
		memcpy(&len, w->buf + at + offsetof(struct pcapng_block, len), sizeof(len));
		if (len > n - at)
			break;
		at += len;
	}
	return at;
}

static int cut_back(struct trace_writer *w, size_t written, int err)
{
	size_t whole = whole_blocks(w, written);

	w->flushed += whole;
	if (w->seekable && ftruncate(w->fd, w->base + whole) == 0)
		lseek(w->fd, w->base + whole, SEEK_SET);
	return fail(w, err);
}

static int flush_buffer(struct trace_writer *w)
{
	struct pollfd p = { .fd = w->fd, .events = POLLOUT };
	size_t at = 0;
	ssize_t n;

	while (at < w->len) {
		n = write(w->fd, w->buf + at, w->len - at);
		if (n < 0 && errno == EAGAIN)
			n = poll(&p, 1, -1) < 0 && errno != EINTR ? -1 : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cut_back(w, at, -errno);
		at += n;
	}
	w->base += w->len;
	w->flushed += w->len;
	w->len = 0;
	return 0;
}

/* Appends to the block being built; the caller made room. */
static void put(struct trace_writer *w, const void *bytes, size_t n)
{
	if (n)
		memcpy(w->buf + w->len, bytes, n);
	w->len += n;
}

static void put_padding(struct trace_writer *w)
{
	while (w->len % 4)
		w->buf[w->len++] = 0;
}

static void put_opt(struct trace_writer *w, unsigned int code, const void *bytes, size_t n)
{
	struct pcapng_opt opt = { .code = code, .len = n };

	put(w, &opt, sizeof(opt));
	put(w, bytes, n);
	put_padding(w);
}

/* @text of at most @max bytes, ended by NUL if it is shorter. */
static void put_text(struct trace_writer *w, unsigned int code, const char *text, size_t max)
{
	put_opt(w, code, text, strnlen(text, max));
}

static size_t block_begin(struct trace_writer *w, uint32_t type)
{
	struct pcapng_block b = { .type = type };

	put(w, &b, sizeof(b));
	return w->len - sizeof(b);
}

static void block_end(struct trace_writer *w, size_t start)
{
	uint32_t len = w->len - start + sizeof(len);

	put(w, &len, sizeof(len));
	memcpy(w->buf + start + offsetof(struct pcapng_block, len), &len, sizeof(len));
}

static void close_batch(struct trace_writer *w)
{
	if (w->open == SIZE_MAX)
		return;
	block_end(w, w->open);
	w->open = SIZE_MAX;
}

/* @need bytes and the end of a block behind them. Closes the batch when it has to flush. */
static int make_room(struct trace_writer *w, size_t need)
{
	if (w->len + need + sizeof(uint32_t) <= sizeof(w->buf))
		return 0;
	close_batch(w);
	return flush_buffer(w);
}

static int put_batched(struct trace_writer *w, const struct crumb_event *ev)
{
	struct trace_head head = { TRACE_PEN, TRACE_KIND_EVENTS, 0, w->events };
	int r;

	if (w->open != SIZE_MAX && w->len - w->open + ev->size > HEAD_BYTES + BATCH_BYTES)
		close_batch(w);
	r = make_room(w, HEAD_BYTES + ev->size);
	if (r)
		return r;
	if (w->open == SIZE_MAX) {
		w->open = block_begin(w, TRACE_BLOCK);
		put(w, &head, sizeof(head));
	}
	put(w, ev, ev->size);
	return 0;
}

/* Number of the interface of that name and link type, made if it is new; negative errno. */
static int64_t iface_number(struct trace_writer *w, const char *name, unsigned int point, bool l2)
{
	uint16_t link_type = l2 ? PCAPNG_LINK_ETHERNET : PCAPNG_LINK_RAW;
	struct pcapng_idb idb = { .link_type = link_type, .snap_len = CRUMB_SNAP_BYTES };
	const char *doc = point ? point_get(point)->doc : "what is no packet, for crumb report";
	const uint8_t tsresol = 9;
	struct iface *grown;
	size_t start, i;

	for (i = 0; i < w->n_ifaces; i++)
		if (w->ifaces[i].link_type == link_type && strcmp(w->ifaces[i].name, name) == 0)
			return i;
	if (w->n_ifaces == w->cap_ifaces) {
		grown = reallocarray(w->ifaces, w->cap_ifaces * 2 + 16, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		w->ifaces = grown;
		w->cap_ifaces = w->cap_ifaces * 2 + 16;
	}
	w->ifaces[i] = (struct iface){ strdup(name), link_type, point, 0 };
	if (!w->ifaces[i].name)
		return -ENOMEM;
	w->n_ifaces++;
	start = block_begin(w, PCAPNG_IDB);
	put(w, &idb, sizeof(idb));
	put_text(w, PCAPNG_IF_NAME, name, strlen(name));
	put_text(w, PCAPNG_IF_DESCRIPTION, doc, strlen(doc));
	put_opt(w, PCAPNG_IF_TSRESOL, &tsresol, sizeof(tsresol));
	put_opt(w, PCAPNG_OPT_END, NULL, 0);
	block_end(w, start);
	return i;
}

static int64_t iface_of(struct trace_writer *w, const struct crumb_ev_packet *p)
{
	bool l2 = p->snap_l2;
	struct names_dev *dev = names_dev(w->names, p->s.netns, p->s.ifindex);
	uint32_t *known;
	int64_t number;

	if (!dev)
		return -ENOMEM;
	known = &dev->iface[p->s.point][l2];
	if (*known)
		return *known - 1;
	strbuf_clear(&w->text);
	strbuf_puts(&w->text, names_place(w->names, dev));
	strbuf_putc(&w->text, ':');
	strbuf_puts(&w->text, point_get(p->s.point)->name);
	if (w->text.failed)
		return -ENOMEM;
	number = iface_number(w, w->text.text, p->s.point, l2);
	if (number >= 0)
		*known = number + 1;
	return number;
}

static uint32_t packet_flags(unsigned int point)
{
	switch (point) {
	case CRUMB_PT_TCP_XMIT:
	case CRUMB_PT_TCP_RETRANSMIT:
	case CRUMB_PT_IP_QUEUE:
	case CRUMB_PT_IP_OUTPUT:
	case CRUMB_PT_DEV_QUEUE:
	case CRUMB_PT_QDISC_ENQUEUE:
	case CRUMB_PT_QDISC_DEQUEUE:
	case CRUMB_PT_DEV_XMIT:
	case CRUMB_PT_BRIDGE_FORWARD:
		return PCAPNG_OUTBOUND;
	case CRUMB_PT_DEV_BACKLOG:
	case CRUMB_PT_DEV_GRO:
	case CRUMB_PT_DEV_RECEIVE:
	case CRUMB_PT_BRIDGE_IN:
	case CRUMB_PT_IP_RECEIVE:
	case CRUMB_PT_TCP_RECEIVE:
	case CRUMB_PT_TCP_QUEUE:
		return PCAPNG_INBOUND;
	default:
		return 0;
	}
}

/*
 * The same wherever the same bytes pass; segments without payload are told apart by what they
 * acknowledge.
 */
static uint64_t packet_id(const struct crumb_ev_skb *s)
{
	uint64_t id = ((uint64_t)s->flow << 1 | s->dir) << 32;

	return s->payload ? id | s->seq : id | 1ull << 63 | s->ack;
}

static void put_packet_event(struct trace_writer *w, const struct crumb_ev_packet *p)
{
	const size_t after = offsetof(struct crumb_ev_packet, snap_l2);
	struct trace_head head = { TRACE_PEN, TRACE_KIND_PACKET, 0, w->events };
	struct pcapng_opt opt = {
		.code = PCAPNG_OPT_CUSTOM,
		.len = sizeof(head) + p->s.h.size - sizeof(p->bytes),
	};

	put(w, &opt, sizeof(opt));
	put(w, &head, sizeof(head));
	put(w, &p->s, sizeof(p->s));
	put(w, (const char *)p + after, p->s.h.size - after);
}

static int put_comment(struct trace_writer *w, const struct crumb_ev_skb *s)
{
	struct names_dev *dev = names_dev(w->names, s->netns, s->ifindex);

	if (!dev)
		return -ENOMEM;
	strbuf_clear(&w->text);
	strbuf_puts(&w->text, point_get(s->point)->name);
	strbuf_putc(&w->text, ' ');
	strbuf_puts(&w->text, names_place(w->names, dev));
	strbuf_puts(&w->text, " · ");
	names_put_message(w->names, s, &w->text);
	if (w->text.failed)
		return -ENOMEM;
	put_opt(w, PCAPNG_OPT_COMMENT, w->text.text,
		w->text.len < COMMENT_MAX ? w->text.len : COMMENT_MAX);
	return 0;
}

static int put_packet(struct trace_writer *w, const struct crumb_ev_packet *p)
{
	uint64_t time_ns = names_realtime_ns(w->names) + p->s.h.time_ns, id = packet_id(&p->s);
	uint32_t flags = packet_flags(p->s.point), queue = p->s.queue;
	struct pcapng_epb epb = {
		.time_hi = time_ns >> 32,
		.time_lo = time_ns,
		.captured = p->s.snap_len,
		.original = p->s.wire_len < p->s.snap_len ? p->s.snap_len : p->s.wire_len,
	};
	int64_t iface;
	size_t start;
	int r;

	close_batch(w);
	r = make_room(w, p->s.h.size + 2 * AROUND_BYTES); /* its interface may have to come first */
	if (r)
		return r;
	iface = iface_of(w, p);
	if (iface < 0)
		return iface;
	w->ifaces[iface].packets++;
	epb.iface = iface;
	start = block_begin(w, PCAPNG_EPB);
	put(w, &epb, sizeof(epb));
	put(w, p->bytes, p->s.snap_len);
	put_padding(w);
	r = put_comment(w, &p->s);
	if (r) {
		w->len = start;
		return r;
	}
	put_opt(w, PCAPNG_EPB_FLAGS, &flags, sizeof(flags));
	if (w->drops)
		put_opt(w, PCAPNG_EPB_DROPCOUNT, &w->drops, sizeof(w->drops));
	w->drops = 0;
	put_opt(w, PCAPNG_EPB_PACKETID, &id, sizeof(id));
	put_opt(w, PCAPNG_EPB_QUEUE, &queue, sizeof(queue));
	put_packet_event(w, p);
	put_opt(w, PCAPNG_OPT_END, NULL, 0);
	block_end(w, start);
	return 0;
}

/* A packet block can give back: 1..128 bytes of packet at a point that has an interface. */
static bool is_packet(const struct crumb_event *ev)
{
	const struct crumb_ev_packet *p = (const struct crumb_ev_packet *)ev;

	return ev->type == CRUMB_EV_SKB && ev->size >= sizeof(*p) && p->s.snap_len &&
	       p->s.snap_len <= CRUMB_SNAP_BYTES && p->s.point && p->s.point < CRUMB_PT_MAX;
}

static void note_loss(struct trace_writer *w, const struct crumb_ev_loss *l)
{
	if (l->cause == CRUMB_LOSS_FLOWS || l->cause == CRUMB_LOSS_TASKS)
		return; /* not a record that is missing */
	w->drops += l->count;
	w->lost_all += l->count;
	if (l->point < CRUMB_PT_MAX)
		w->lost[l->point] += l->count;
}

static int put_event(struct trace_writer *w, const struct crumb_event *ev)
{
	int r = names_learn(w->names, ev);

	if (r)
		return r;
	if (ev->type == CRUMB_EV_LOSS)
		note_loss(w, (const struct crumb_ev_loss *)ev);
	if (is_packet(ev))
		r = put_packet(w, (const struct crumb_ev_packet *)ev);
	else
		r = put_batched(w, ev);
	if (r)
		return r;
	w->events++;
	w->last_ns = ev->time_ns;
	return 0;
}

/* What the preface tells about host and program; NULL when it does not hold that fact. */
static const void *preface_find(const struct trace_writer *w, unsigned int type)
{
	const struct crumb_event *ev;

	for (size_t at = 0; at < w->preface.len; at += ev->size) {
		ev = (const void *)(w->preface.text + at);
		if (ev->type == type)
			return ev;
	}
	return NULL;
}

static void put_section(struct trace_writer *w)
{
	const struct crumb_ev_trace *trace = preface_find(w, CRUMB_EV_TRACE);
	const struct crumb_ev_host *host = preface_find(w, CRUMB_EV_HOST);
	struct pcapng_shb shb = { PCAPNG_BYTE_ORDER, 1, 0, UINT64_MAX };
	struct trace_head head = { TRACE_PEN, TRACE_KIND_SECTION, 0, TRACE_FORMAT };
	size_t start = block_begin(w, PCAPNG_SHB);
	char text[128];

	put(w, &shb, sizeof(shb));
	if (trace && trace->selection[0])
		put_text(w, PCAPNG_OPT_COMMENT, trace->selection, sizeof(trace->selection));
	if (host) {
		put_text(w, PCAPNG_SHB_HARDWARE, host->machine, sizeof(host->machine));
		snprintf(text, sizeof(text), "Linux %.64s", host->release);
		put_text(w, PCAPNG_SHB_OS, text, sizeof(text));
	}
	snprintf(text, sizeof(text), "crumb%s%.32s", trace && trace->crumb[0] ? " " : "",
		 trace ? trace->crumb : "");
	put_text(w, PCAPNG_SHB_USERAPPL, text, sizeof(text));
	put_opt(w, PCAPNG_OPT_CUSTOM, &head, sizeof(head));
	put_opt(w, PCAPNG_OPT_END, NULL, 0);
	block_end(w, start);
}

/*
 * Section header, an interface (Wireshark cannot save a file again whose first block is neither
 * packet nor interface), and the events held until now.
 */
static int start(struct trace_writer *w)
{
	struct strbuf preface = w->preface;
	const struct crumb_event *ev;
	int r = 0;

	w->started = true;
	put_section(w);
	if (iface_number(w, "crumb", CRUMB_PT_NONE, true) < 0)
		r = -ENOMEM;
	w->preface = (struct strbuf){ 0 };
	for (size_t at = 0; !r && at < preface.len; at += ev->size) {
		ev = (const void *)(preface.text + at);
		r = put_event(w, ev);
	}
	strbuf_done(&preface);
	return r;
}

/*
 * Host and version go into the section header, so the facts that begin every stream are waited for:
 * 1 held.
 */
static int hold(struct trace_writer *w, const struct crumb_event *ev)
{
	if (ev->type != CRUMB_EV_TRACE && ev->type != CRUMB_EV_HOST)
		return 0;
	if (ev->size < event_type_size(ev->type) || w->preface.len + ev->size > PREFACE_BYTES)
		return 0;
	strbuf_add(&w->preface, ev, ev->size);
	return w->preface.failed ? -ENOMEM : 1;
}

int trace_writer_event(void *writer, const struct crumb_event *ev)
{
	struct trace_writer *w = writer;
	int held, r;

	if (w->failed)
		return w->failed;
	if (!w->started) {
		held = hold(w, ev);
		r = held ? 0 : start(w);
		if (held < 0 || r)
			return fail(w, held < 0 ? held : r);
		if (held)
			return 0;
	}
	r = put_event(w, ev);
	return r ? fail(w, r) : 0;
}

int trace_writer_flush(struct trace_writer *w, struct error *e)
{
	int r = 0;

	if (!w->failed && !w->started)
		r = start(w);
	if (r)
		fail(w, r);
	if (!w->failed) {
		close_batch(w);
		flush_buffer(w);
	}
	return w->failed ? error_set(e, w->failed, "%s", w->error.text) : 0;
}

static void put_statistics(struct trace_writer *w, size_t i)
{
	uint64_t time_ns = names_realtime_ns(w->names) + w->last_ns;
	const struct iface *iface = &w->ifaces[i];
	uint64_t lost = i ? w->lost[iface->point] : w->lost_all;
	struct pcapng_isb isb = { .iface = i, .time_hi = time_ns >> 32, .time_lo = time_ns };
	size_t at = block_begin(w, PCAPNG_ISB);

	put(w, &isb, sizeof(isb));
	put_opt(w, PCAPNG_ISB_IFRECV, &iface->packets, sizeof(iface->packets));
	put_opt(w, PCAPNG_ISB_IFDROP, &lost, sizeof(lost));
	put_opt(w, PCAPNG_OPT_END, NULL, 0);
	block_end(w, at);
}

int trace_writer_finish(struct trace_writer *w, struct error *e)
{
	int r = w->failed || w->started ? 0 : start(w);

	if (r)
		fail(w, r);
	if (!w->failed)
		close_batch(w);
	for (size_t i = 0; !w->failed && i < w->n_ifaces; i++)
		if (!make_room(w, 128))
			put_statistics(w, i);
	return trace_writer_flush(w, e);
}

uint64_t trace_writer_bytes(const struct trace_writer *w)
{
	return w->flushed + (w->open == SIZE_MAX ? w->len : w->open);
}

int trace_writer_new(int fd, struct trace_writer **ret_writer, struct error *e)
{
	struct trace_writer *w = calloc(1, sizeof(*w));
	struct stat st = { 0 };
	int flags;

	if (!w || names_new(&w->names) < 0) {
		free(w);
		return error_set(e, -ENOMEM, "out of memory for the trace writer");
	}
	w->fd = fd;
	w->open = SIZE_MAX;
	flags = fcntl(fd, F_GETFL);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flags >= 0)
		w->base = lseek(fd, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
	w->seekable = S_ISREG(st.st_mode) && flags >= 0 && w->base >= 0;
	*ret_writer = w;
	return 0;
}

void trace_writer_free(struct trace_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_ifaces; i++)
		free(w->ifaces[i].name);
	free(w->ifaces);
	names_free(w->names);
	strbuf_done(&w->preface);
	strbuf_done(&w->text);
	free(w);
}
