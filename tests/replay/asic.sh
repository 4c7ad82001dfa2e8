#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What asic.pcapng is: run in a guest (lab/vm/boot; Linux 6.12 of Debian, linux-image-6.12-amd64) as root, with asic.ko made of asic.c against that
# kernel's headers, crumb and tests/readers, tests/writers in PATH. The machine is the switch; both hosts are namespaces of it.
set -eu
for module in psample bridge cls_flower sch_ingress act_gact; do modprobe $module; done
insmod "${1:?asic.ko}"
dev=$(devlink dev | grep asic)
hostname sw
ip netns add a
ip netns add b
ip link set h1 netns a name eth0
ip link set h2 netns b name eth0
sysctl -q net.ipv6.conf.all.disable_ipv6=1
ip link add br0 type bridge
for port in swp1 swp2; do ip link set $port master br0 up; done
ip link set br0 up
ip -n a link set eth0 up
ip -n b link set eth0 up
ip -n a addr add 10.47.0.1/24 dev eth0
ip -n b addr add 10.47.0.2/24 dev eth0
for trap in ingress_vlan_filter tail_drop ingress_flow_action_drop; do devlink trap set "$dev" trap $trap action trap; done
# The hardware learns, and marks its entries: both addresses must be known before.
ip netns exec a python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("10.47.0.2", 9))'
sleep 1

crumb record -w asic.pcapng --stacks off --snaplen 0 "port 7101 or port 7102 or port 7103 or port 7104" 2>crumb.err &
crumb=$!
until grep -q recording crumb.err; do sleep 0.1; done

ip netns exec a python3 - <<'END'
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(2):
    s.sendto(b"datagram %d " % i * 4, ("10.47.0.2", 7101))
    time.sleep(0.02)
END
transfer()	# PORT BYTES WRITES
{
	ip netns exec b readers -M 4000 -l r.log "$1" &
	until ip netns exec b ss -ltn | grep -q ":$1"; do sleep 0.1; done
	ip netns exec a writers -l w.log -n "$3" -m "$2" -M "$2" 10.47.0.2 "$1"
	wait $!
}
transfer 7102 1000 3
transfer 7103 500 2
transfer 7104 500 2
kill -INT $crumb
wait $crumb
# The truth from outside: packets by trap.
devlink -s trap show
