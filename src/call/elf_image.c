// SPDX-License-Identifier: GPL-2.0-only
#include "elf_image.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct elf_symbol {
	uint64_t addr, bytes;
	const char *name; /* in the image */
	bool exported;
};

struct elf_image {
	Elf *elf;
	int fd;
	GElf_Ehdr ehdr;
	struct elf_symbol *symbols; /* ascending */
	size_t n, cap;
	char build_id[48];
};

static int by_addr(const void *a, const void *b)
{
	const struct elf_symbol *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return (int)y->exported - (int)x->exported; /* the name that programs use comes first */
}

static int add_symbols(struct elf_image *i, Elf_Scn *scn, const GElf_Shdr *sh)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t n = data && sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;

	for (size_t k = 0; k < n; k++) {
		const char *name;
		GElf_Sym sym;

		if (!gelf_getsym(data, k, &sym) || !sym.st_value || sym.st_shndx == SHN_UNDEF ||
		    (GELF_ST_TYPE(sym.st_info) != STT_FUNC &&
		     GELF_ST_TYPE(sym.st_info) != STT_GNU_IFUNC))
			continue;
		name = elf_strptr(i->elf, sh->sh_link, sym.st_name);
		if (!name || !*name)
			continue;
		if (i->n == i->cap) {
			size_t cap = i->cap ? i->cap * 2 : 1024;
			struct elf_symbol *symbols = realloc(i->symbols, cap * sizeof(*symbols));

			if (!symbols)
				return -ENOMEM;
			i->symbols = symbols;
			i->cap = cap;
		}
		i->symbols[i->n++] = (struct elf_symbol){ sym.st_value, sym.st_size, name,
							  GELF_ST_BIND(sym.st_info) != STB_LOCAL &&
								  name[0] != '_' };
	}
	return 0;
}

static void find_build_id(struct elf_image *i, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp((char *)data->d_buf + name, "GNU", 4))
			continue;
		for (size_t k = 0; k < note.n_descsz && k < sizeof(i->build_id) / 2 - 1; k++)
			snprintf(i->build_id + 2 * k, 3, "%02x", ((uint8_t *)data->d_buf)[desc + k]);
		return;
	}
}

static int read_sections(struct elf_image *i)
{
	Elf_Scn *scn = NULL;
	int err = 0;

	while (!err && (scn = elf_nextscn(i->elf, scn))) {
		GElf_Shdr sh;

		if (!gelf_getshdr(scn, &sh))
			continue;
		if (sh.sh_type == SHT_SYMTAB || sh.sh_type == SHT_DYNSYM)
			err = add_symbols(i, scn, &sh);
		else if (sh.sh_type == SHT_NOTE)
			find_build_id(i, scn);
	}
	if (i->n)
		qsort(i->symbols, i->n, sizeof(*i->symbols), by_addr);
	return err;
}

int elf_image_open(const char *path, struct elf_image **ret, struct error *e)
{
	struct elf_image *i = calloc(1, sizeof(*i));
	int err = 0;

	if (!i)
		return -ENOMEM;
	i->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (i->fd < 0)
		err = error_set(e, -errno, "cannot open %s: %s", path, strerror(errno));
	elf_version(EV_CURRENT);
	if (!err) {
		i->elf = elf_begin(i->fd, ELF_C_READ_MMAP, NULL);
		if (!i->elf || elf_kind(i->elf) != ELF_K_ELF || !gelf_getehdr(i->elf, &i->ehdr))
			err = error_set(e, -ENOEXEC, "%s is not an ELF file", path);
	}
	if (!err)
		err = read_sections(i);
	if (err) {
		elf_image_free(i);
		return err;
	}
	*ret = i;
	return 0;
}

void elf_image_free(struct elf_image *i)
{
	if (!i)
		return;
	elf_end(i->elf);
	if (i->fd >= 0)
		close(i->fd);
	free(i->symbols);
	free(i);
}

uint64_t elf_image_entry(const struct elf_image *i)
{
	return i->ehdr.e_entry;
}

unsigned int elf_image_machine(const struct elf_image *i)
{
	return i->ehdr.e_machine;
}

const char *elf_image_build_id(const struct elf_image *i)
{
	return i->build_id;
}

static bool segment(const struct elf_image *i, size_t k, GElf_Phdr *ret, uint32_t type)
{
	return gelf_getphdr(i->elf, k, ret) && ret->p_type == type;
}

bool elf_image_is_dynamic(const struct elf_image *i)
{
	GElf_Phdr ph;

	for (size_t k = 0; k < i->ehdr.e_phnum; k++)
		if (segment(i, k, &ph, PT_INTERP))
			return true;
	return false;
}

uint64_t elf_image_offset(const struct elf_image *i, uint64_t addr)
{
	GElf_Phdr ph;

	for (size_t k = 0; k < i->ehdr.e_phnum; k++)
		if (segment(i, k, &ph, PT_LOAD) && addr >= ph.p_vaddr &&
		    addr < ph.p_vaddr + ph.p_filesz)
			return addr - ph.p_vaddr + ph.p_offset;
	return 0;
}

uint64_t elf_image_addr(const struct elf_image *i, uint64_t offset)
{
	GElf_Phdr ph;

	for (size_t k = 0; k < i->ehdr.e_phnum; k++)
		if (segment(i, k, &ph, PT_LOAD) && offset >= ph.p_offset &&
		    offset < ph.p_offset + ph.p_filesz)
			return offset - ph.p_offset + ph.p_vaddr;
	return 0;
}

bool elf_image_function(const struct elf_image *i, const char *name, uint64_t *ret_addr,
			uint64_t *ret_bytes)
{
	for (size_t k = 0; k < i->n; k++)
		if (!strcmp(i->symbols[k].name, name)) {
			*ret_addr = i->symbols[k].addr;
			*ret_bytes = i->symbols[k].bytes;
			return true;
		}
	return false;
}

const char *elf_image_symbol(const struct elf_image *i, uint64_t addr, uint64_t *ret_start,
			     uint64_t *ret_bytes)
{
	size_t low = 0, high = i->n;

	if (!i->n || addr < i->symbols[0].addr)
		return NULL;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (i->symbols[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	while (low && i->symbols[low - 1].addr == i->symbols[low].addr)
		low--;
	if (i->symbols[low].bytes && addr >= i->symbols[low].addr + i->symbols[low].bytes)
		return NULL;
	*ret_start = i->symbols[low].addr;
	*ret_bytes = i->symbols[low].bytes;
	return i->symbols[low].name;
}

const char *elf_image_section(const struct elf_image *i, uint64_t addr)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(i->elf, &names))
		return "";
	while ((scn = elf_nextscn(i->elf, scn))) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) || addr < sh.sh_addr ||
		    addr >= sh.sh_addr + sh.sh_size)
			continue;
		name = elf_strptr(i->elf, names, sh.sh_name);
		return name ? name : "";
	}
	return "";
}

static bool fills_slot(const struct elf_image *i, unsigned int type)
{
	if (i->ehdr.e_machine == EM_AARCH64)
		return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT;
	return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT;
}

static uint64_t got_in(const struct elf_image *i, Elf_Scn *scn, const GElf_Shdr *sh, const char *name)
{
	Elf_Scn *symbols = elf_getscn(i->elf, sh->sh_link);
	Elf_Data *rela = elf_getdata(scn, NULL), *syms;
	GElf_Shdr symsh;

	if (!symbols || !rela || !sh->sh_entsize || !gelf_getshdr(symbols, &symsh))
		return 0;
	syms = elf_getdata(symbols, NULL);
	for (size_t k = 0; syms && k < sh->sh_size / sh->sh_entsize; k++) {
		const char *found;
		GElf_Rela r;
		GElf_Sym sym;

		if (!gelf_getrela(rela, k, &r) || !fills_slot(i, GELF_R_TYPE(r.r_info)) ||
		    !gelf_getsym(syms, GELF_R_SYM(r.r_info), &sym))
			continue;
		found = elf_strptr(i->elf, symsh.sh_link, sym.st_name);
		if (found && !strcmp(found, name))
			return r.r_offset;
	}
	return 0;
}

uint64_t elf_image_got(const struct elf_image *i, const char *name)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(i->elf, scn))) {
		GElf_Shdr sh;
		uint64_t slot;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_RELA)
			continue;
		slot = got_in(i, scn, &sh, name);
		if (slot)
			return slot;
	}
	return 0;
}
