#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
One end of an exchange in which each message is answered: echo_peer.py listen|ask tcp|udp ADDRESS PORT COUNT [SOURCE-PORT]
Both print the names that their own sockets give to the two ends, which a translation between them (NAT) makes differ:
"local peer" as ADDRESS:PORT, the listener after "ready".
"""
import socket
import sys

role, proto, address, port, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if proto == "tcp" else socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.settimeout(60)


def name(at):
    return f"[{at[0]}]:{at[1]}" if ":" in at[0] else f"{at[0]}:{at[1]}"


def say(*words):
    print(*words, flush=True)


if role == "listen":
    s.bind((address, port))
    if proto == "tcp":
        s.listen()
    say("ready")
    if proto == "tcp":
        c, peer = s.accept()
        say(name(c.getsockname()), name(peer))
        for _ in range(count):
            c.sendall(b"re:" + c.recv(1000))
        c.recv(1)
    else:
        for i in range(count):
            data, peer = s.recvfrom(1000)
            if not i:
                say(name(s.getsockname()), name(peer))
            s.sendto(b"re:" + data, peer)
else:
    if len(sys.argv) > 6:
        s.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", int(sys.argv[6])))
    s.connect((address, port))
    say(name(s.getsockname()), name(s.getpeername()))
    for i in range(count):
        s.send(b"message %03d" % i)
        say("got", len(s.recv(1000)))
