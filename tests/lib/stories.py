#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The file of `crumb explain --save`, held against what strace, gdb and the program itself say of the same call.

usage: stories.py agree CRUMB CALL PROGRAM [ARGS]   run PROGRAM under crumb, strace and gdb, compare; 1 with complaints
       stories.py eval FILE EXPRESSION              print it; S is the story: S['regs-at']['nr'], S['insn'][0]['text']

The program runs each time without address space randomisation and without environment, so that even its pointers
are the same.
"""
import errno
import re
import subprocess
import sys
import tempfile

LISTS = ("site", "insn", "seen", "call", "fact", "arg")
ARGUMENTS = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
ARITY = {"socket": 3, "bind": 3, "listen": 2, "accept": 3, "connect": 3, "sendto": 6, "write": 3, "recvfrom": 6,
         "read": 3, "close": 1, "shutdown": 2, "getsockname": 3, "getpeername": 3, "setsockopt": 5, "getsockopt": 5}
complaints = []


def value_of(text):
    text = re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n"}.get(m[1], m[1]), text)
    if re.fullmatch(r"-?\d+|0x[0-9a-f]+", text):
        return int(text, 0)
    if re.fullmatch(r"0x[0-9a-f]+(,0x[0-9a-f]+)+", text):
        return [int(word, 0) for word in text.split(",")]
    return text


def read_story(path):
    story = {tag: [] for tag in LISTS}
    with open(path, encoding="utf-8", errors="replace") as lines:
        if next(lines) != "crumb-call\t1\n":
            raise ValueError(f"{path} is not a story")
        for line in lines:
            tag, *fields = line.rstrip("\n").split("\t")
            record = {key: value_of(text) for key, _, text in (field.partition("=") for field in fields)}
            if tag in LISTS:
                story[tag].append(record)
            else:
                story[tag] = record
    return story


def complain(what, ours, other, theirs):
    complaints.append(f"{what}: crumb says {ours}, {other} says {theirs}")


def compare(what, ours, other, theirs):
    if ours != theirs:
        complain(what, ours, other, theirs)


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def instruction(text):
    """One spelling for what capstone and gdb write: no blanks, numbers as 64 bits in decimal."""
    text = re.sub(r"#.*|<[^>]*>", "", text.lower()).replace("*1", "")
    text = re.sub(r"\b(bnd|cs|data16)\b", "", text)
    text = re.sub(r"-\s*(0x[0-9a-f]+)(?=$|,)", lambda m: str((1 << 64) - int(m[1], 16)), text)
    text = re.sub(r"\b0x[0-9a-f]+\b", lambda m: str(int(m[0], 16)), text)
    text = re.sub(r"(?<=[\s,])-(\d+)$", lambda m: str((1 << 64) - int(m[1])), text)
    return re.sub(r"\s", "", text)


def check_strace(story, name, program):
    regs, ret = story["regs-at"], signed(story["regs-after"]["ret"])
    arity = ARITY[name]
    said = run("setarch", "-R", "strace", "-f", "-e", f"raw={name}", "-e", f"trace={name}", "env", "-i", *program).stderr
    # strace writes 0 without 0x
    call = f"{name}({', '.join(hex(v) if v else '0' for v in regs['arg'][:arity])})"
    # 32-bit arguments: what the upper half holds is nobody's business, and strace masks it
    masked = f"{name}({', '.join(hex(v & 0xffffffff) if v & 0xffffffff else '0' for v in regs['arg'][:arity])})"
    lines = [re.sub(r"\b0x0\b", "0", line) for line in said.splitlines()]
    found = [line for line in lines if line.startswith(call) or line.startswith(masked)]
    if not found:
        complain("the call", call, "strace", "; ".join(lines[-4:]))
        return
    results = [line.rpartition("= ")[2] for line in found]
    wanted = "-1" if ret < 0 else str(ret)
    if not any(text.split()[0] in (wanted, hex(ret)) for text in results):
        complain("the result", ret, "strace", results)
    if ret < 0:
        errors = {text.split()[1] for text in results if text.startswith("-1")}
        if ret not in (-getattr(errno, word, 0) for word in errors):
            complain("the error", ret, "strace", errors)


def check_gdb(story, name, program):
    regs = story["regs-at"]
    commands = ["set pagination off", "set exec-wrapper env -i", "set disassembly-flavor intel", "break main", "run",
                f"catch syscall {name}", "continue", "info registers rip orig_rax " + " ".join(ARGUMENTS),
                "continue", "info registers rax"]
    insns = story["insn"]
    if insns:
        commands.append(f"x/{len(insns)}i {insns[0]['addr']:#x}")
    said = run("gdb", "-q", "-nx", "-batch", *(word for c in commands for word in ("-ex", c)), "--args", *program).stdout
    values = {m[1]: int(m[2], 16) for m in re.finditer(r"^(\w+)\s+(0x[0-9a-f]+)\s", said, re.MULTILINE)}
    if "orig_rax" not in values:
        complaints.append("gdb has no registers: " + said[-300:])
        return
    compare("the number", regs["nr"], "gdb", values["orig_rax"])
    compare("the address behind the instruction", story["regs-after"]["ip"], "gdb", values["rip"])
    for register, value in zip(ARGUMENTS, regs["arg"]):
        compare(register, hex(value), "gdb", hex(values[register]))
    compare("rax afterwards", hex(story["regs-after"]["ret"]), "gdb", hex(values["rax"]))
    lines = dict(re.findall(r"^(?:=>)?\s+(0x[0-9a-f]+)[^:]*:\s+(.*)$", said, re.MULTILINE))
    for insn in insns:
        theirs = lines.get(hex(insn["addr"]))
        if theirs is None:
            complain("an instruction", hex(insn["addr"]), "gdb", "none there")
        elif not insn["text"].startswith(("nop", "endbr")):
            compare(f"the instruction at {insn['addr']:#x}", instruction(insn["text"]), "gdb", instruction(theirs))


def agree(crumb, call, *program):
    with tempfile.NamedTemporaryFile(prefix="crumb-story.") as file:
        done = run("setarch", "-R", crumb, "explain", call, "--save", file.name, "--", "env", "-i", *program)
        if done.returncode:
            print(f"crumb: {done.stderr}")
            return 1
        story = read_story(file.name)
    name = {"send": "sendto", "recv": "recvfrom"}.get(call, call)
    compare("pt_regs of the kernel", story["regs-kernel"]["arg"], "the instruction", story["regs-at"]["arg"])
    compare("number of the kernel", story["regs-kernel"]["nr"], "the instruction", story["regs-at"]["nr"])
    check_strace(story, name, program)
    check_gdb(story, name, program)
    # and the program itself: "connect = -1, errno 111"
    printed = [line for line in done.stdout.splitlines() if re.match(rf"{call} = ", line)]
    if not printed:
        complaints.append(f"the program printed nothing: {done.stdout[-200:]}")
    else:
        result, _, error = printed[-1].partition(" = ")[2].partition(", errno ")
        ours = story["story"]["result"] & 0xffffffff
        compare("the result of the function", ours - (ours >> 31 << 32), "the program", int(result))
        if error:
            compare("errno", story["story"]["errno_value"], "the program", int(error))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


def main():
    if len(sys.argv) > 4 and sys.argv[1] == "agree":
        return agree(*sys.argv[2:])
    if len(sys.argv) == 4 and sys.argv[1] == "eval":
        print(eval(sys.argv[3], {"S": read_story(sys.argv[2]), "signed": signed}))  # pylint: disable=eval-used
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main())
