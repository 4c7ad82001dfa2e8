// SPDX-License-Identifier: GPL-2.0-only
/* Names before and behind translations: whose ends are in another order, one behind the other, used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "translated.h"

enum { TCP = 6, UDP = 17 };

struct end {
	uint8_t host;
	uint16_t port;
};

static void put(uint8_t addr[16], uint16_t *port, struct end e)
{
	memset(addr, 0, 16);
	addr[10] = addr[11] = 0xff;
	addr[12] = 10;
	addr[15] = e.host;
	*port = e.port;
}

static void told(struct translated *t, uint8_t proto, const struct end before[2],
		 const struct end after[2])
{
	struct crumb_ev_nat ev = { .flow = 1 };

	for (int i = 0; i < 2; i++) {
		put(ev.before[i], &ev.port_before[i], before[i]);
		put(ev.after[i], &ev.port_after[i], after[i]);
	}
	assert_int_equal(translated_add(t, proto, &ev), 0);
}

/* @ends, in their order, become @wanted; @swapped. */
static void renamed(const struct translated *t, const struct end ends[2],
		    const struct end wanted[2], bool swapped)
{
	struct crumb_ev_flow f = { .proto = TCP };

	for (int i = 0; i < 2; i++)
		put(f.addr[i], &f.port[i], ends[i]);
	assert_int_equal(translated_rename(t, &f), swapped);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(f.addr[i][15], wanted[i].host);
		assert_int_equal(f.port[i], wanted[i].port);
	}
}

#define ENDS(a, b, c, d) ((const struct end[2]){ { a, b }, { c, d } })

static void order_of_ends(void **state)
{
	struct translated *t = translated_new();

	(void)state;
	told(t, TCP, ENDS(1, 50000, 9, 80), ENDS(8, 40000, 2, 8080)); /* initiator, responder */
	told(t, TCP, ENDS(1, 50001, 9, 80), ENDS(8, 1024, 2, 8080));
	told(t, TCP, ENDS(5, 7000, 4, 7000), ENDS(5, 7000, 6, 7000)); /* equal ports: by address */
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 1, 50000), false);
	renamed(t, ENDS(8, 1024, 2, 8080), ENDS(9, 80, 1, 50001), true);
	renamed(t, ENDS(5, 7000, 6, 7000), ENDS(4, 7000, 5, 7000), true);
	renamed(t, ENDS(9, 80, 1, 50000), ENDS(9, 80, 1, 50000), false); /* its own name already */
	renamed(NULL, ENDS(2, 8080, 8, 40000), ENDS(2, 8080, 8, 40000), false);
	translated_free(t);
}

static void chain(void **state)
{
	struct translated *t = translated_new();

	(void)state;
	told(t, TCP, ENDS(8, 1024, 2, 8080), ENDS(8, 1024, 2, 9090)); /* the second one, told first */
	told(t, TCP, ENDS(1, 50001, 9, 80), ENDS(8, 1024, 2, 8080));
	renamed(t, ENDS(8, 1024, 2, 9090), ENDS(9, 80, 1, 50001), true);
	assert_int_equal(translated_count(t), 2);
	translated_free(t);
}

/* In a circle, which no network makes but a file can: it ends. */
static void circle(void **state)
{
	struct translated *t = translated_new();
	struct crumb_ev_flow f = { .proto = TCP };

	(void)state;
	told(t, TCP, ENDS(1, 1, 2, 2), ENDS(3, 3, 4, 4));
	told(t, TCP, ENDS(3, 3, 4, 4), ENDS(1, 1, 2, 2));
	told(t, TCP, ENDS(7, 7, 8, 8), ENDS(7, 7, 8, 8));
	put(f.addr[0], &f.port[0], (struct end){ 1, 1 });
	put(f.addr[1], &f.port[1], (struct end){ 2, 2 });
	assert_false(translated_rename(t, &f));
	assert_int_equal(translated_count(t), 2);
	translated_free(t);
}

static void used_again(void **state)
{
	struct translated *t = translated_new();

	(void)state;
	told(t, UDP, ENDS(4, 60000, 9, 80), ENDS(8, 40000, 2, 8080)); /* of another protocol */
	told(t, TCP, ENDS(1, 50000, 9, 80), ENDS(8, 40000, 2, 8080));
	told(t, TCP, ENDS(3, 50003, 9, 80), ENDS(8, 40000, 2, 8080));
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 3, 50003), false);
	translated_again(t); /* another pass: until it is told of again the first one counts */
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 1, 50000), false);
	told(t, TCP, ENDS(1, 50000, 9, 80), ENDS(8, 40000, 2, 8080));
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 1, 50000), false);
	told(t, TCP, ENDS(3, 50003, 9, 80), ENDS(8, 40000, 2, 8080));
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 3, 50003), false);
	assert_int_equal(translated_count(t), 3);
	for (uint16_t i = 0; i < 1000; i++) /* as many as are kept */
		told(t, TCP, ENDS(3, 50100 + i, 9, 80), ENDS(8, 40000, 2, 8080));
	renamed(t, ENDS(2, 8080, 8, 40000), ENDS(9, 80, 3, 50100 + 999), false);
	assert_int_equal(translated_count(t), 65);
	translated_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_of_ends),
		cmocka_unit_test(chain),
		cmocka_unit_test(circle),
		cmocka_unit_test(used_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
