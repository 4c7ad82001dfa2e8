// SPDX-License-Identifier: GPL-2.0-only
/* Packets seen by two hosts: see match.h. */
#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "ns.h"

#define WAIT_NS	    5000000000ll /* both hosts have told by then */
#define PACKETS_MAX 131072u	 /* waiting at once */
#define SEEN_MAX    6		 /* hosts on one packet's way */

struct seen {
	uint8_t host;
	bool has_in, has_out;
	int64_t in_ns, out_ns; /* the first of each */
	uint64_t in_place, out_place;
};

struct packet {
	uint64_t key;
	int64_t first_ns;    /* when the host that told of it first saw it, on that one's clock */
	struct packet *next; /* that the same host told of first */
	uint8_t n;
	bool several;		    /* of one key: nothing says which of them arrived */
	struct seen seen[SEEN_MAX]; /* [0]: of that host */
	UT_hash_handle hh;
};

/* One list for each host: hosts do not tell at one pace, and a common list would hold back what is due behind what is not. */
struct waiting {
	struct packet *first, *last;
};

struct match {
	struct clocks *clocks;
	int64_t wait_ns;
	struct packet *all;
	struct waiting of[CLOCK_HOSTS];
	uint32_t n;
};

struct match *match_new(struct clocks *clocks)
{
	struct match *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->clocks = clocks;
	m->wait_ns = WAIT_NS;
	return m;
}

void match_set_wait(struct match *m, int64_t wait_ns)
{
	m->wait_ns = wait_ns;
}

void match_free(struct match *m)
{
	struct packet *p, *next;

	if (!m)
		return;
	HASH_ITER(hh, m->all, p, next)
	{
		HASH_DEL(m->all, p);
		free(p);
	}
	free(m);
}

/*
 * All is known of it. It went from X to Y if it left X and arrived at Y, and X is where it began or Y where it ended: of two
 * hosts in the middle nothing says here which came first.
 */
static int packet_settle(struct match *m, const struct packet *p)
{
	for (unsigned int a = 0; a < p->n; a++) {
		for (unsigned int b = 0; b < p->n; b++) {
			const struct seen *x = &p->seen[a], *y = &p->seen[b];
			int err;

			if (a == b || !x->has_out || !y->has_in || (x->has_in && y->has_out))
				continue;
			for (unsigned int k = 0; k < p->n && !x->has_in && !y->has_out; k++)
				if (p->seen[k].has_in && p->seen[k].has_out)
					clocks_middle(m->clocks, p->seen[k].host, x->host, y->host);
			err = clocks_sample(m->clocks, x->host, x->out_ns, y->host, y->in_ns);
			if (err)
				return err;
		}
	}
	return 0;
}

/* The oldest that @host told of first. */
static int packet_take(struct match *m, unsigned int host)
{
	struct waiting *w = &m->of[host];
	struct packet *p = w->first;
	int err = p->n > 1 && !p->several ? packet_settle(m, p) : 0;

	w->first = p->next;
	HASH_DEL(m->all, p);
	m->n--;
	free(p);
	return err;
}

/*
 * The oldest of all: samples go to the clocks in the order of time, whoever told of the packets. Those of one host for seconds, as after
 * a pause in the traffic, would leave no room for the other's. CLOCK_HOSTS: none.
 */
static unsigned int oldest(const struct match *m, int64_t *ret_ns)
{
	unsigned int found = CLOCK_HOSTS, n = clocks_hosts(m->clocks);

	for (unsigned int h = 0; h < n; h++) {
		int64_t ns;

		if (!m->of[h].first)
			continue;
		ns = clocks_axis(m->clocks, h, m->of[h].first->first_ns);
		if (found != CLOCK_HOSTS && ns >= *ret_ns)
			continue;
		found = h;
		*ret_ns = ns;
	}
	return found;
}

int match_advance(struct match *m, int64_t axis_ns)
{
	int64_t ns = 0;

	while (m->n) {
		unsigned int h = oldest(m, &ns);
		int err;

		if (h == CLOCK_HOSTS || ns + m->wait_ns >= axis_ns)
			break;
		err = packet_take(m, h);
		if (err)
			return err;
	}
	return 0;
}

int match_finish(struct match *m)
{
	return match_advance(m, INT64_MAX);
}

static struct packet *packet_get(struct match *m, unsigned int host, const struct wire_look *look)
{
	struct waiting *w = &m->of[host];
	struct packet *p;

	HASH_FIND(hh, m->all, &look->key, sizeof(look->key), p);
	if (p)
		return p;
	if (m->n >= PACKETS_MAX && w->first && packet_take(m, host))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->key = look->key;
	p->first_ns = look->time_ns;
	HASH_ADD(hh, m->all, key, sizeof(p->key), p);
	if (!p->hh.tbl) {
		free(p);
		return NULL;
	}
	*(w->first ? &w->last->next : &w->first) = p;
	w->last = p;
	m->n++;
	return p;
}

int match_look(struct match *m, unsigned int host, const struct wire_look *look, struct match_met *ret)
{
	struct packet *p = packet_get(m, host, look);
	struct seen *s = NULL;

	if (!p)
		return -ENOMEM;
	*ret = (struct match_met){ CLOCK_HOSTS, 0 };
	if (p->n && p->seen[0].host != host)
		*ret = (struct match_met){ p->seen[0].host, p->first_ns };
	for (unsigned int i = 0; i < p->n; i++)
		if (p->seen[i].host == host)
			s = &p->seen[i];
	if (!s) {
		if (p->n == SEEN_MAX)
			return 0;
		s = &p->seen[p->n++];
		*s = (struct seen){ .host = host };
	}
	if (look->out && !s->has_out) {
		s->has_out = true;
		s->out_ns = look->time_ns;
		s->out_place = look->place;
	} else if (!look->out && !s->has_in) {
		s->has_in = true;
		s->in_ns = look->time_ns;
		s->in_place = look->place;
	} else if (look->place && look->place == (look->out ? s->out_place : s->in_place)) {
		p->several = true;
	}
	return 0;
}

int match_sync(struct match *m, unsigned int host, const struct crumb_ev_sync *ev)
{
	return clocks_report(m->clocks, host, (int64_t)ev->h.time_ns, ev->realtime_ns,
			     ev->synchronised ? ev->maxerror_ns : CLOCK_UNKNOWN);
}

/* ------------------------------------------------------------------------------------------------- sketch */

static void heap_down(struct sketch *s, uint32_t i)
{
	for (;;) {
		uint32_t child = 2 * i + 1;
		struct sketch_key k;

		if (child >= s->n)
			return;
		if (child + 1 < s->n && s->keys[child + 1].key > s->keys[child].key)
			child++;
		if (s->keys[child].key <= s->keys[i].key)
			return;
		k = s->keys[i];
		s->keys[i] = s->keys[child];
		s->keys[child] = k;
		i = child;
	}
}

static void heap_up(struct sketch *s, uint32_t i)
{
	while (i && s->keys[(i - 1) / 2].key < s->keys[i].key) {
		struct sketch_key k = s->keys[i];

		s->keys[i] = s->keys[(i - 1) / 2];
		s->keys[(i - 1) / 2] = k;
		i = (i - 1) / 2;
	}
}

/* A key is seen at several devices of a host: copies in the heap do no harm, the first of equal ones is taken. */
int sketch_add(struct sketch *s, const struct wire_look *look)
{
	struct sketch_key k = { look->key, look->time_ns };

	if (!s->keys)
		s->keys = malloc(SKETCH_KEYS * sizeof(*s->keys));
	if (!s->keys)
		return -ENOMEM;
	if (s->n < SKETCH_KEYS) {
		s->keys[s->n] = k;
		heap_up(s, s->n++);
	} else if (k.key < s->keys[0].key) {
		s->keys[0] = k;
		heap_down(s, 0);
	}
	return 0;
}

void sketch_done(struct sketch *s)
{
	free(s->keys);
	*s = (struct sketch){ 0 };
}

static int by_key(const void *a, const void *b)
{
	const struct sketch_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->time_ns > y->time_ns) - (x->time_ns < y->time_ns);
}

static void sketch_sort(struct sketch *s)
{
	if (!s->sorted && s->n)
		qsort(s->keys, s->n, sizeof(*s->keys), by_key);
	s->sorted = true;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool sketch_offset(struct sketch *a, struct sketch *b, int64_t *ret_ns)
{
	int64_t *offsets = malloc((a->n + 1) * sizeof(*offsets));
	uint32_t n = 0, i = 0, k = 0;

	if (!offsets)
		return false;
	sketch_sort(a);
	sketch_sort(b);
	while (i < a->n && k < b->n) {
		if (a->keys[i].key < b->keys[k].key) {
			i++;
		} else if (a->keys[i].key > b->keys[k].key) {
			k++;
		} else {
			uint64_t key = a->keys[i].key;

			offsets[n++] = ns_sub(b->keys[k].time_ns, a->keys[i].time_ns);
			while (i < a->n && a->keys[i].key == key)
				i++;
			while (k < b->n && b->keys[k].key == key)
				k++;
		}
	}
	if (n) {
		qsort(offsets, n, sizeof(*offsets), by_value);
		*ret_ns = offsets[n / 2];
	}
	free(offsets);
	return n > 0;
}
