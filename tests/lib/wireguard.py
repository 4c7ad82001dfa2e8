#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A WireGuard device set up over generic netlink (include/uapi/linux/wireguard.h), where there is no wg(8).

usage: wireguard.py DEVICE OWN-NUMBER LISTEN-PORT PEER-NUMBER ENDPOINT ENDPOINT-PORT ALLOWED/LENGTH...
       wireguard.py show DEVICE      bytes received and sent by its peers, as the device counts them

Keys are made of the numbers: for tests.
"""
import hashlib
import ipaddress
import os
import socket
import struct
import sys

NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLA_F_NESTED = 1, 4, 0x300, 0x8000
GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_ID, CTRL_ATTR_FAMILY_NAME = 16, 3, 1, 2
WG_CMD_GET_DEVICE, WG_CMD_SET_DEVICE = 0, 1
DEVICE_IFNAME, DEVICE_PRIVATE_KEY, DEVICE_LISTEN_PORT, DEVICE_PEERS = 2, 3, 6, 8
PEER_PUBLIC_KEY, PEER_ENDPOINT, PEER_RX_BYTES, PEER_TX_BYTES, PEER_ALLOWEDIPS = 1, 4, 7, 8, 9
ALLOWED_FAMILY, ALLOWED_ADDRESS, ALLOWED_LENGTH = 1, 2, 3
P = 2 ** 255 - 19


def private(number):
    key = bytearray(hashlib.sha256(b"crumb test %d" % number).digest())
    key[0] &= 248
    key[31] = key[31] & 127 | 64
    return bytes(key)


def public(secret):
    """X25519 with the base point (RFC 7748, section 5)."""
    k = int.from_bytes(secret, "little")
    x2, z2, x3, z3, swap = 1, 0, 9, 1, 0
    for bit in range(254, -1, -1):
        now = k >> bit & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a % P, c * b % P, a * a % P, b * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, 9 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def attr(kind, data):
    return struct.pack("=HH", len(data) + 4, kind) + data + b"\0" * (-len(data) % 4)


def nest(kind, *attrs):
    return attr(kind | NLA_F_NESTED, b"".join(attrs))


def attrs_of(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3fff, data[4:length]
        data = data[(length + 3) // 4 * 4:]


class Genl:
    def __init__(self):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)

    def ask(self, family, command, data, flags):
        """The answers' attributes."""
        body = struct.pack("=BBH", command, 1, 0) + data
        self.s.send(struct.pack("=IHHII", len(body) + 16, family, NLM_F_REQUEST | flags, 1, 0) + body)
        while True:
            got = self.s.recv(65536)
            while got:
                length, kind = struct.unpack_from("=IH", got)
                if kind == 2:
                    error = -struct.unpack_from("=i", got, 16)[0]
                    if error:
                        raise OSError(error, os.strerror(error))
                    return
                if kind == 3:
                    return
                yield got[20:length]
                got = got[(length + 3) // 4 * 4:]

    def family(self, name):
        for answer in self.ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, attr(CTRL_ATTR_FAMILY_NAME, name + b"\0"), NLM_F_ACK):
            number = dict(attrs_of(answer))[CTRL_ATTR_FAMILY_ID]
        return struct.unpack("=H", number)[0]


def endpoint(address, port):
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return struct.pack("=H", socket.AF_INET) + struct.pack(">H", port) + ip.packed + b"\0" * 8
    return struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", port, 0) + ip.packed + b"\0" * 4


def allowed(text):
    net = ipaddress.ip_network(text)
    return nest(0, attr(ALLOWED_FAMILY, struct.pack("=H", socket.AF_INET if net.version == 4 else socket.AF_INET6)),
                attr(ALLOWED_ADDRESS, net.network_address.packed), attr(ALLOWED_LENGTH, struct.pack("=B", net.prefixlen)))


def main():
    genl = Genl()
    family = genl.family(b"wireguard")
    if sys.argv[1] == "show":
        for answer in genl.ask(family, WG_CMD_GET_DEVICE, attr(DEVICE_IFNAME, sys.argv[2].encode() + b"\0"), NLM_F_DUMP):
            for kind, peers in attrs_of(answer):
                for _, peer in attrs_of(peers) if kind == DEVICE_PEERS else ():
                    counts = dict(attrs_of(peer))
                    print(*(struct.unpack("=Q", counts[name])[0] for name in (PEER_RX_BYTES, PEER_TX_BYTES)))
        return
    device, own, port, peer, address, peer_port, *nets = sys.argv[1:]
    peer = nest(0, attr(PEER_PUBLIC_KEY, public(private(int(peer)))), attr(PEER_ENDPOINT, endpoint(address, int(peer_port))),
                nest(PEER_ALLOWEDIPS, *map(allowed, nets)))
    list(genl.ask(family, WG_CMD_SET_DEVICE, attr(DEVICE_IFNAME, device.encode() + b"\0") + attr(DEVICE_PRIVATE_KEY, private(int(own))) +
                  attr(DEVICE_LISTEN_PORT, struct.pack("=H", int(port))) + nest(DEVICE_PEERS, peer), NLM_F_ACK))


if __name__ == "__main__":
    main()
