#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The front door in a bare Debian 12: essential packages and apt, nothing else. `./run build` must install what is
# missing and build, `./run demo` must show the muffin delivered. Only the kernel is this machine's. The tree and
# its mounts live in a mount namespace that ends with this script.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/../.." && pwd)

skip() { echo "skip: $*"; exit 77; }
[ "$(id -u)" = 0 ] || skip "needs root"
command -v mmdebstrap >/dev/null || skip "mmdebstrap is not installed"
[ -e /sys/kernel/btf/vmlinux ] || skip "this kernel has no BTF, so nothing could run in the bare tree"

if [ "${1:-}" != inside ]; then
	work=$(mktemp -d /var/tmp/crumb-bare.XXXXXX)
	child=
	trap 'rm -rf --one-file-system "$work"' EXIT
	trap '[ -z "$child" ] || { kill "$child" 2>/dev/null; wait "$child" || :; }; exit 143' INT TERM
	# Not the caller's, so that what is mounted here is never seen, or left, outside.
	setsid --wait unshare --mount --propagation private timeout --kill-after=10 840 "$0" inside "$work" &
	child=$!
	wait "$child"
	exit
fi

work=$2
root=$work/root

# Debian's own entries among this machine's apt sources, else the public mirror.
debian_sources() {
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null | grep -E ' bookworm(-[a-z]+)? ' | sort -u
}

bootstrap() {
	debian_sources >"$work/sources" || echo "deb http://deb.debian.org/debian bookworm main" >"$work/sources"
	# A machine whose clock or mirror is not of today has told apt so; tell the bare one too.
	apt-config dump 'Acquire::Check-Valid-Until' >"$work/apt.conf" || :
	apt-config dump 'Acquire::Check-Date' >>"$work/apt.conf" || :
	mmdebstrap --quiet --mode=root --variant=apt --aptopt="$work/apt.conf" bookworm "$root" "$work/sources"
}

copy_source() {
	mkdir "$root/crumb"
	tar -C "$source_dir" --exclude=./build --exclude='./build-*' --exclude=./.git -cf - . | tar -C "$root/crumb" -xf -
	chown -R 0:0 "$root/crumb"
}

enter() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 chroot "$root" sh -c "cd /crumb && $*" </dev/null
}

check_demo() {
	enter "./run demo --format json" >"$work/demo.json" || { cat "$work/demo.json"; return 1; }
	python3 - "$work/demo.json" <<-'END'
	import json, sys
	records = [json.loads(line) for line in open(sys.argv[1])]
	journeys = [r for r in records if r["type"] == "journey"]
	summary = [r for r in records if r["type"] == "summary"]
	assert len(journeys) == 1 and len(summary) == 1, f"{len(journeys)} journeys, {len(summary)} summaries"
	j = journeys[0]
	hosts = {s["host"] for s in j["steps"]}
	assert j["verdict"] == "delivered" and j["bytes"] == 6, (j["verdict"], j["bytes"])
	assert {"a", "sw", "b"} <= hosts, hosts
	assert sum(s["ns"] for s in j["segments"]) == j["total_ns"], "accounting identity"
	assert summary[0]["lost_events"] == 0, summary
	print(f"demo in the bare tree: delivered, {j['bytes']} bytes, {len(j['steps'])} steps on {sorted(hosts)}")
	END
}

bootstrap
echo "bare tree: Debian $(cat "$root/etc/debian_version"), $(chroot "$root" dpkg-query -W | wc -l) packages"
# A plain chroot, as anyone would make one: its root directory is no mount point, and it has no /etc/hosts.
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
copy_source
start=$SECONDS
enter "./run build"
[ -x "$root/crumb/build/crumb" ] || { echo "./run build left no build/crumb"; exit 1; }
echo "./run build in the bare tree: $((SECONDS - start)) s"
check_demo
