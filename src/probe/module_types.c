// SPDX-License-Identifier: GPL-2.0-only
/*
 * libbpf could relocate accesses to a module's types by itself, but gets them from the kernel by number, which takes
 * CAP_SYS_ADMIN; their files do not.
 */
#include "module_types.h"

#include <bpf/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Bytes from the start of @type to its field; 0: there is none, or it is the first, or not on a byte. */
static uint16_t offset_of(const struct btf *btf, const char *type, const char *field)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;

	for (unsigned int i = 0; t && i < btf_vlen(t); i++) {
		const char *name = btf__name_by_offset(btf, btf_members(t)[i].name_off);
		uint32_t bits = btf_member_bit_offset(t, i);

		if (name && !strcmp(name, field) && bits % 8 == 0 && bits / 8 <= UINT16_MAX)
			return bits / 8;
	}
	return 0;
}

void module_types_nft(struct btf *vmlinux, struct crumb_nft_layout *ret)
{
	struct btf *btf = btf__parse_split("/sys/kernel/btf/nf_tables", vmlinux);
	struct crumb_nft_layout l;

	if (!btf)
		return;
	l = (struct crumb_nft_layout){
		.pktinfo_state = offset_of(btf, "nft_pktinfo", "state"),
		.chain_table = offset_of(btf, "nft_chain", "table"),
		.chain_name = offset_of(btf, "nft_chain", "name"),
		.table_name = offset_of(btf, "nft_table", "name"),
	};
	btf__free(btf);
	if (l.pktinfo_state && l.chain_table && l.chain_name && l.table_name)
		*ret = l;
}

/* True: the function's first argument points to a struct of that name. */
static bool first_points_to(const struct btf *btf, const char *func, const char *name)
{
	int id = btf__find_by_name_kind(btf, func, BTF_KIND_FUNC);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, id) : NULL;
	const char *is;

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	if (!t || !btf_is_func_proto(t) || !btf_vlen(t))
		return false;
	t = btf__type_by_id(btf, btf_params(t)[0].type);
	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
	is = t ? btf__name_by_offset(btf, t->name_off) : NULL;
	return is && !strcmp(is, name);
}

void module_types_ipt(struct btf *vmlinux, struct crumb_ipt_layout *ret)
{
	struct btf *tables = btf__parse_split("/sys/kernel/btf/x_tables", vmlinux);
	struct btf *ip = btf__parse_split("/sys/kernel/btf/ip_tables", vmlinux);

	if (tables && ip) {
		ret->table_name = offset_of(tables, "xt_table", "name");
		ret->table_first = !first_points_to(ip, "ipt_do_table", "sk_buff");
	}
	btf__free(tables);
	btf__free(ip);
}
