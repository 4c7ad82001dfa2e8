// SPDX-License-Identifier: GPL-2.0-only
/* Who tells about what: see owner.h. */
#include "owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "point.h"

struct owner_key {
	uint32_t host, kind, a, b;
};

struct owner {
	struct owner_key key;
	uint32_t source;
	UT_hash_handle hh;
};

enum owner_kind {
	OWNER_PLACE, /* of a connection in a namespace */
	OWNER_END,   /* of one end's socket */
	OWNER_TASK,
};

static int owner_is(struct owner **all, const struct remap_from *from, const struct owner_key *key)
{
	struct owner *o;

	HASH_FIND(hh, *all, key, sizeof(*key), o);
	if (!o) {
		HASH_NEW(*all, key, key, o);
		if (!o)
			return -ENOMEM;
		o->source = from->source;
	}
	return o->source == from->source;
}

int owner_tells(struct owner **all, const struct remap_from *from, const struct crumb_event *ev)
{
	struct owner_key key = { .host = from->host };

	switch (ev->type) {
	case CRUMB_EV_SKB:
	case CRUMB_EV_DROP:
	case CRUMB_EV_DECISION:
	case CRUMB_EV_TRAP:
	case CRUMB_EV_SAMPLE:
		key.kind = OWNER_PLACE;
		key.a = ((const struct crumb_ev_skb *)ev)->flow;
		key.b = ((const struct crumb_ev_skb *)ev)->netns;
		break;
	case CRUMB_EV_POLL:
		key.kind = OWNER_PLACE;
		key.a = ((const struct crumb_ev_poll *)ev)->flow;
		key.b = ((const struct crumb_ev_poll *)ev)->netns;
		break;
	case CRUMB_EV_STACK:
		key.kind = OWNER_PLACE;
		key.a = ((const struct crumb_ev_stack *)ev)->flow;
		key.b = ((const struct crumb_ev_stack *)ev)->netns;
		break;
	case CRUMB_EV_FUNC:
		key.kind = OWNER_PLACE;
		key.a = ((const struct crumb_ev_func *)ev)->flow;
		key.b = ((const struct crumb_ev_func *)ev)->netns;
		break;
	case CRUMB_EV_STATE:
		key.kind = OWNER_END;
		key.a = ((const struct crumb_ev_state *)ev)->flow;
		key.b = ((const struct crumb_ev_state *)ev)->end;
		break;
	case CRUMB_EV_RESET:
		key.kind = OWNER_END;
		key.a = ((const struct crumb_ev_reset *)ev)->flow;
		key.b = ((const struct crumb_ev_reset *)ev)->end;
		break;
	case CRUMB_EV_SOCK: {
		const struct crumb_ev_sock *s = (const void *)ev;
		key.kind = OWNER_END;
		key.a = s->flow;
		key.b = point_is_senders(s->point) ? s->dir : !s->dir;
		break;
	}
	case CRUMB_EV_SEND_BEGIN:
	case CRUMB_EV_SEND_EXTENT:
	case CRUMB_EV_SEND_END:
	case CRUMB_EV_HELD:
		key.kind = OWNER_END;
		key.a = ((const struct crumb_ev_extent *)ev)->flow; /* flow and dir stand at one place in all */
		key.b = ((const struct crumb_ev_extent *)ev)->dir;
		break;
	case CRUMB_EV_WAKE:
	case CRUMB_EV_RUN:
	case CRUMB_EV_COPY:
	case CRUMB_EV_RECV:
	case CRUMB_EV_RECV_EXTENT:
	case CRUMB_EV_AWAY:
		key.kind = OWNER_END;
		key.a = ((const struct crumb_ev_extent *)ev)->flow;
		key.b = !((const struct crumb_ev_extent *)ev)->dir;
		break;
	case CRUMB_EV_DGRAM_SEND:
	case CRUMB_EV_DGRAM_RECV:
		key.kind = OWNER_TASK;
		key.a = ((const struct crumb_ev_dgram *)ev)->pid;
		break;
	case CRUMB_EV_CALL:
		key.kind = OWNER_TASK;
		key.a = ((const struct crumb_ev_call *)ev)->pid;
		break;
	default:
		return 1;
	}
	return owner_is(all, from, &key);
}

void owners_release(struct owner **all, uint32_t source)
{
	struct owner *o, *next;

	HASH_ITER(hh, *all, o, next)
	{
		if (o->source != source)
			continue;
		HASH_DEL(*all, o);
		free(o);
	}
}

void owners_free(struct owner **all)
{
	HASH_FREE(*all);
}
