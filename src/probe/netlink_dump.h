/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump request over netlink and its answers. */
#ifndef CRUMB_PROBE_NETLINK_DUMP_H
#define CRUMB_PROBE_NETLINK_DUMP_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#define NETLINK_REQUEST_BYTES 128 /* a header, a struct of the family's, an attribute or two */

/*
 * @fn of each message. 0: all came, or @fn said MNL_CB_STOP; 1: it broke off, errno is EINTR where what is listed changed meanwhile; a
 * negative errno: it could not be asked for.
 */
int netlink_dump(struct mnl_socket *nl, const struct nlmsghdr *request, mnl_cb_t fn, void *ctx);

/* The same of nf_tables, all families: @what is NFT_MSG_GETCHAIN or NFT_MSG_GETRULE. @nl: netns_netfilter() */
int nft_dump(struct mnl_socket *nl, uint16_t what, mnl_cb_t fn, void *ctx);

/* What has one answer: NFT_MSG_GETGEN. @fn says MNL_CB_STOP of it. */
int nft_ask(struct mnl_socket *nl, uint16_t what, mnl_cb_t fn, void *ctx);

/* A string attribute that ends within itself is @text. NULL is none. */
bool netlink_is_text(const struct nlattr *a, const char *text);

#endif
