#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Both ends of a TCP connection for the scenarios of net/sockets: sock_peer.py send|receive SCENARIO ADDRESS PORT.
The receiver prints what it got; the sender what its calls returned: the witness of the test.
"""
import ctypes
import itertools
import os
import socket
import sys
import time

role, scenario, host, port = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
ROUNDS = 10
MPTCP, SO_ZEROCOPY, MSG_ZEROCOPY, MSG_FASTOPEN, TCP_FASTOPEN = 262, 60, 0x4000000, 0x20000000, 23


def say(*words):
    print(*words, flush=True)


def connected(proto=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
    s.connect((host, port))
    return s


def whole(name, s, data, call):
    """All of it, and what the calls returned."""
    done, got = 0, []
    while done < len(data):
        got.append(call(s, data[done:], done))
        done += got[-1]
    say(name, *got)


def send_file(s, data, done):
    with open(f"/proc/self/fd/{blob}", "rb") as f:
        return os.sendfile(s.fileno(), f.fileno(), done, len(data))


class Message(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.c_void_p), ("iovlen", ctypes.c_size_t),
                ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t), ("flags", ctypes.c_size_t), ("len", ctypes.c_size_t)]


def sendmmsg(s, parts):
    texts = [ctypes.create_string_buffer(p, len(p)) for p in parts]
    iovs = (ctypes.c_size_t * (2 * len(parts)))(*[x for t in texts for x in (ctypes.addressof(t), ctypes.sizeof(t))])
    list_ = (Message * len(parts))()
    for i in range(len(parts)):
        list_[i].iov, list_[i].iovlen = ctypes.addressof(iovs) + 16 * i, 1
    libc = ctypes.CDLL(None, use_errno=True)
    say("sendmmsg", libc.sendmmsg(s.fileno(), list_, len(parts), 0), *[m.len for m in list_])


def send_all_ways():
    """Every call that writes to a stream socket, one connection, sizes that tell them apart."""
    s = connected()
    say("write", os.write(s.fileno(), b"a" * 101))
    say("writev", os.writev(s.fileno(), [b"b" * 51, b"b" * 51]))
    say("sendto", s.send(b"c" * 103))
    say("sendmsg", s.sendmsg([b"d" * 52, b"d" * 52]))
    sendmmsg(s, [b"e" * 105, b"f" * 106])
    whole("sendfile", s, bytes(50000), send_file)
    r, w = os.pipe()
    os.write(w, b"g" * 20000)
    whole("splice", s, bytes(20000), lambda s, d, _: os.splice(r, s.fileno(), len(d)))
    s.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    whole("sendto", s, b"h" * 100000, lambda s, d, _: s.send(d, MSG_ZEROCOPY))


def send_urgent():
    s = connected()
    s.send(b"muffin")
    s.send(b"!", socket.MSG_OOB)
    time.sleep(0.15)
    s.send(b"crumb")


def send_fork():
    s = connected()
    s.send(b"from the parent")
    if not os.fork():
        s.send(b"and from the child")
        os._exit(0)
    os.wait()


def send_passed():
    a, b = socket.socketpair()
    if not os.fork():
        a.close()
        fds = socket.recv_fds(b, 10, 1)[1]
        socket.socket(fileno=fds[0]).send(b"handed over")
        os._exit(0)
    s = connected()
    socket.send_fds(a, [b"x"], [s.fileno()])
    s.close()
    os.wait()


def send_half_closed():
    """The reply and the FIN behind it may be there before the reader is: the socket has lost its port then."""
    for _ in range(ROUNDS):
        s = connected()
        s.send(b"muffin")
        s.shutdown(socket.SHUT_WR)
        say("reply", len(s.recv(100)))


def send_fastopen():
    s = socket.socket()
    say("sendto", s.sendto(b"muffin", MSG_FASTOPEN, (host, port)))
    time.sleep(0.1)
    say("sendto", s.send(b"crumb"))
    time.sleep(0.1)


def send_mptcp():
    s = connected(MPTCP)
    s.send(b"muffin")
    time.sleep(0.1)


def send_unix():
    a, b = socket.socketpair()
    for _ in range(3):
        a.send(b"on this machine")
        b.recv(100)
    connected().send(b"muffin")


def receive():
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP if scenario == "mptcp" else 0)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if scenario == "reuseport":
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if scenario == "fastopen":
        server.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 10)
    server.bind((host, port))
    server.listen(10)
    server.settimeout(20)
    say("listening", os.getpid())
    for accepted in itertools.count(1):
        s, _ = server.accept()
        total = 0
        if scenario == "urgent":
            time.sleep(0.07)
            say("urgent", len(s.recv(1, socket.MSG_OOB)))
        while True:
            data = s.recv(65536)
            if not data:
                break
            total += len(data)
        say("read", total)
        if scenario == "half_closed":
            s.send(b"got it")
        s.close()
        if scenario != "reuseport" and (scenario != "half_closed" or accepted == ROUNDS):
            return


if role == "receive":
    receive()
else:
    if scenario == "all_ways":
        blob = os.memfd_create("blob")
        os.truncate(blob, 50000)
    if scenario == "reuseport":
        for _ in range(20):
            connected().send(b"muffin")
    elif scenario == "urgent_unread":
        send_urgent()
    else:
        globals()[f"send_{scenario}"]()
