#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""One end of a UDP exchange. usage: udp_peer.py HOW ADDRESS PORT [COUNT [SIZE]]

Readers print "ready", then a line for each datagram taken: length and the first bytes; writers print what they sent.
"""
import ctypes
import os
import socket
import struct
import sys
import time

how, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = int(sys.argv[4]) if len(sys.argv) > 4 else 1
size = int(sys.argv[5]) if len(sys.argv) > 5 else 100
family = socket.AF_INET6 if ":" in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
SOL_UDP, UDP_CORK, UDP_SEGMENT = 17, 1, 103
libc = ctypes.CDLL(None, use_errno=True)


def said(*words):
    print(*words, flush=True)


def payload(i, length=None):
    return (b"datagram %06d " % i).ljust(size if length is None else length, b".")[:size if length is None else length]


def got(data):
    said("got", len(data), data[:15].decode())


def reader():
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    s.settimeout(60)
    said("ready")


class Iovec(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("len", ctypes.c_size_t)]


class Msghdr(ctypes.Structure):
    _fields_ = [("name", ctypes.c_void_p), ("namelen", ctypes.c_uint), ("iov", ctypes.POINTER(Iovec)),
                ("iovlen", ctypes.c_size_t), ("control", ctypes.c_void_p), ("controllen", ctypes.c_size_t),
                ("flags", ctypes.c_int)]


class Mmsghdr(ctypes.Structure):
    _fields_ = [("hdr", Msghdr), ("len", ctypes.c_uint)]


def vector(buffers):
    messages = (Mmsghdr * len(buffers))()
    for message, buffer in zip(messages, buffers):
        message.hdr.iov = ctypes.pointer(Iovec(ctypes.cast(buffer, ctypes.c_void_p), len(buffer)))
        message.hdr.iovlen = 1
    return messages


if how == "recvfrom":
    reader()
    for _ in range(count):
        got(s.recvfrom(65536)[0])
elif how == "echo":
    reader()
    for _ in range(count):
        data, peer = s.recvfrom(65536)
        got(data)
        s.sendto(b"re:" + data, peer)
elif how == "recvmsg":
    reader()
    for _ in range(count):
        got(s.recvmsg(65536)[0])
elif how == "recvmmsg":
    reader()
    left = count
    while left:
        buffers = [ctypes.create_string_buffer(65536) for _ in range(8)]
        messages = vector(buffers)
        n = libc.recvmmsg(s.fileno(), messages, min(8, left), 0x10000, None)   # MSG_WAITFORONE
        if n < 0:       # the time-out of settimeout() made it non-blocking
            time.sleep(0.001)
            continue
        for i in range(n):
            got(buffers[i].raw[:messages[i].len])
        left -= n
elif how == "peek":
    reader()
    for _ in range(count):
        said("peeked", len(s.recvfrom(8, socket.MSG_PEEK)[0]))
        time.sleep(0.02)
        got(s.recvfrom(65536)[0])
elif how == "short":
    reader()
    for _ in range(count):
        got(s.recv(10))
elif how == "trunc":
    reader()
    for _ in range(count):
        said("length", s.recv_into(bytearray(10), 10, socket.MSG_TRUNC))
elif how == "gro":
    s.setsockopt(SOL_UDP, 104, 1)   # UDP_GRO
    reader()
    while count > 0:
        data = s.recvmsg(65536)[0]
        said("got", len(data), data[:15].decode())
        count -= len(data)
elif how == "busy":     # computes before it reads
    reader()
    end = time.monotonic() + 0.3
    input()
    while time.monotonic() < end:
        pass
    for _ in range(count):
        got(s.recvfrom(65536)[0])
elif how == "deaf":     # never reads
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader()
    input()
elif how == "group":
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", port))
    index = socket.if_nametoindex("eth0")
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton(address) + struct.pack("@ii", 0, index))
    s.settimeout(20)
    said("ready")
    for _ in range(count):
        got(s.recvfrom(65536)[0])
elif how == "sendto":
    for i in range(count):
        said("sent", s.sendto(payload(i), (address, port)))
elif how == "slow":
    for i in range(count):
        said("sent", s.sendto(payload(i), (address, port)))
        time.sleep(0.02)
elif how == "ask":
    for i in range(count):
        s.sendto(payload(i), (address, port))
        got(s.recvfrom(65536)[0])
elif how == "connected":
    s.connect((address, port))
    for i in range(count):
        said("sent", os.write(s.fileno(), payload(i)))
elif how == "same":     # nothing tells one from another
    for i in range(count):
        said("sent", s.sendto(b"the same", (address, port)))
        time.sleep(0.002)   # back to back: see LIMITATIONS.md
elif how == "empty":
    for i in range(count):
        said("sent", s.sendto(b"", (address, port)))
elif how == "sendmmsg":
    s.connect((address, port))
    said("sent", libc.sendmmsg(s.fileno(), vector([ctypes.create_string_buffer(payload(i), size)
                                                 for i in range(count)]), count, 0))
elif how == "segments":     # one call, COUNT datagrams of SIZE on the wire
    s.setsockopt(SOL_UDP, UDP_SEGMENT, size)
    said("sent", s.sendto(b"".join(payload(i) for i in range(count)), (address, port)))
elif how == "cork":
    s.connect((address, port))
    s.send(payload(0), socket.MSG_MORE)
    said("sent", s.send(payload(1)))
elif how == "refused":
    s.connect((address, port))
    for i in range(count):
        try:
            said("sent", s.send(payload(i)))
        except OSError as error:
            said("error", error.errno)
        time.sleep(0.05)
elif how == "blocked":  # a rule forbids it
    for i in range(count):
        try:
            said("sent", s.sendto(payload(i), (address, port)))
        except OSError as error:
            said("error", error.errno)
else:
    sys.exit(__doc__)
