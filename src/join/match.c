// SPDX-License-Identifier: GPL-2.0-only
/* Packets seen by two hosts: see match.h. */
#include "match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define WAIT_NS	    5000000000ll /* both hosts have told by then */
#define PACKETS_MAX 131072u	 /* waiting at once */
#define SEEN_MAX    6		 /* hosts on one packet's way */

struct seen {
	uint8_t host;
	bool has_in, has_out;
	int64_t in_ns, out_ns; /* the first of each */
};

struct packet {
	uint64_t key;
	int64_t rough_ns;
	uint8_t n;
	struct seen seen[SEEN_MAX];
	UT_hash_handle hh;
};

struct match {
	struct clocks *clocks;
	struct packet *all; /* in order of arrival */
	uint32_t n;
};

struct match *match_new(struct clocks *clocks)
{
	struct match *m = calloc(1, sizeof(*m));

	if (m)
		m->clocks = clocks;
	return m;
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
			err = clocks_sample(m->clocks, x->host, x->out_ns, y->host, y->in_ns);
			if (err)
				return err;
		}
	}
	return 0;
}

static int packet_take(struct match *m, struct packet *p)
{
	int err = p->n > 1 ? packet_settle(m, p) : 0;

	HASH_DEL(m->all, p);
	m->n--;
	free(p);
	return err;
}

int match_advance(struct match *m, int64_t rough_ns)
{
	while (m->all && (m->all->rough_ns + WAIT_NS < rough_ns || m->n > PACKETS_MAX)) {
		int err = packet_take(m, m->all);

		if (err)
			return err;
	}
	return 0;
}

int match_finish(struct match *m)
{
	while (m->all) {
		int err = packet_take(m, m->all);

		if (err)
			return err;
	}
	return 0;
}

static struct packet *packet_get(struct match *m, uint64_t key, int64_t rough_ns)
{
	struct packet *p;

	HASH_FIND(hh, m->all, &key, sizeof(key), p);
	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->key = key;
	p->rough_ns = rough_ns;
	HASH_ADD(hh, m->all, key, sizeof(p->key), p);
	if (!p->hh.tbl) {
		free(p);
		return NULL;
	}
	m->n++;
	return p;
}

int match_look(struct match *m, unsigned int host, const struct wire_look *look, int64_t rough_ns)
{
	struct packet *p = packet_get(m, look->key, rough_ns);
	struct seen *s = NULL;

	if (!p)
		return -ENOMEM;
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
	} else if (!look->out && !s->has_in) {
		s->has_in = true;
		s->in_ns = look->time_ns;
	}
	return match_advance(m, rough_ns);
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

			offsets[n++] = b->keys[k].time_ns - a->keys[i].time_ns;
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
