# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scripts of lab/vm share. VM is the cache: kernels and the guests' root file system, kept between runs.
set -euo pipefail
VM_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VM=${CRUMB_VM_DIR:-$VM_SOURCE/build/vm}

cannot()	# REASON: 77 is a skip to the test driver
{
	echo "skip: $*" >&2
	exit 77
}

need_tools()	# TOOL...
{
	local tool
	for tool; do
		command -v "$tool" >/dev/null || cannot "$tool is not installed (packages.txt)"
	done
}

# The address of Debian's archive, or of its security archive, as this machine's own apt has it.
debian_mirror()	# Debian | Debian-Security
{
	local uri
	# shellcheck disable=SC2016 # apt's own placeholders
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' "Label: $1" |
		sort -u | head -n 1)
	[ -n "$uri" ] || cannot "apt knows no source of $1 packages on this machine"
	echo "$uri"
}

apt_lines()	# SUITE,...: lines of a sources.list
{
	local suite label
	for suite in ${1//,/ }; do
		label=Debian
		case $suite in *-security) label=Debian-Security ;; esac
		echo "deb [check-valid-until=no signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(debian_mirror $label) $suite main"
	done
}

# apt with a configuration and lists of its own, in DIR; nothing of this machine's is read but its proxy settings.
private_apt()	# DIR apt-get|apt-cache ARGS...
{
	local dir=$1 program=$2
	shift 2
	"$program" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status="$dir/status" -o Dir::Cache="$dir/cache" \
		-o Acquire::Languages=none -o APT::Sandbox::User=root -o Acquire::Retries=2 "$@"
}

private_apt_init()	# DIR SUITE,...
{
	mkdir -p "$1/lists/partial" "$1/cache/archives/partial"
	: >"$1/status"
	apt_lines "$2" >"$1/sources.list"
	# Lists of today are good enough.
	[ -z "$(find "$1/updated" -mtime -1 2>/dev/null)" ] || return 0
	private_apt "$1" apt-get update >"$1/update.log" 2>&1 || cannot "no package lists of $2: $(tail -n 1 "$1/update.log")"
	touch "$1/updated"
}
