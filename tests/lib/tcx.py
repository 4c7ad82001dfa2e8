#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A program that drops everything at a device's side (tcx, Linux 6.6), until standard input ends. usage: tcx.py DEVICE ingress|egress NAME

Prints "id NUMBER" when it is attached; exit status 77: the kernel has no such.
"""
import ctypes
import errno
import os
import socket
import struct
import sys

BPF_PROG_LOAD, BPF_OBJ_GET_INFO_BY_FD, BPF_LINK_CREATE = 5, 15, 28  # linux/bpf.h
SCHED_CLS = 3
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attr):
    attr = ctypes.create_string_buffer(attr.ljust(144, b"\0"), 144)
    got = libc.syscall(SYS_BPF, command, attr, 144)
    if got < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return got


def id_of(program):
    """Of struct bpf_prog_info."""
    info = ctypes.create_string_buffer(256)
    bpf(BPF_OBJ_GET_INFO_BY_FD, struct.pack("IIQ", program, len(info), ctypes.addressof(info)))
    return struct.unpack_from("I", info, 4)[0]


def main():
    device, side, name = sys.argv[1:]
    code = struct.pack("BBhi", 0xb7, 0, 0, 2) + struct.pack("BBhi", 0x95, 0, 0, 0)  # r0 = TCX_DROP; exit
    code, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
    program = bpf(BPF_PROG_LOAD, struct.pack("IIQQIIQII16s", SCHED_CLS, 2, ctypes.addressof(code), ctypes.addressof(licence), 0, 0, 0, 0, 0, name.encode()))
    try:
        bpf(BPF_LINK_CREATE, struct.pack("IIII", program, socket.if_nametoindex(device), 46 + (side == "egress"), 0))
    except OSError as e:
        if e.errno == errno.EINVAL:
            sys.exit(77)
        raise
    print("id", id_of(program), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
