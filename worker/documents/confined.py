"""A program -> the same program, out of reach of the network and of all files but its own and the system's.

Run by the system's own Python; it imports nothing of Folio, bounds itself and becomes the program, so that nothing of
LibreOffice runs before the bounds are there. They are Linux's own and ask for no privilege: Landlock for the files
(and where it can, for signals and abstract sockets), a seccomp filter for sockets, of which none but a local one can be
made. They hold for everything that the program starts, and cannot be taken off again. Where a kernel lacks one of them
the program runs without it: LibreOffice's own settings forbid the same once more.

Arguments: a folder that it may write in, a folder with the programs, and the program with its arguments. Without
arguments it tries the bounds on itself and prints which there are: `files`, `network`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38

# The numbers of the system calls are the same on all machines (asm-generic/unistd.h).
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_ASK_VERSION: Final = 1
_BENEATH_PATH: Final = 1

# What Landlock can forbid (linux/landlock.h), and since which version: what nobody is given, nobody has.
_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_SOCKET: Final = 1 << 9
_FILES: Final = {1: (1 << 13) - 1, 2: 1 << 13, 3: 1 << 14, 5: 1 << 15}
_OUTSIDE: Final = {6: 0b11}  # abstract sockets and processes of others
_OF_A_FILE: Final = _EXECUTE | _WRITE | _READ | 1 << 14

_TO_USE: Final = _EXECUTE | _READ | _LIST
_TO_READ: Final = _READ | _LIST
# Where programs, fonts and their settings are; nothing that is an office's.
_SYSTEM: Final = {
    "/usr/lib": _TO_USE,
    "/usr/lib64": _TO_USE,
    "/lib": _TO_USE,
    "/lib64": _TO_USE,
    "/usr/share": _TO_READ,
    "/usr/local/share/fonts": _TO_READ,
    "/var/cache/fontconfig": _TO_READ,
    "/var/lib/libreoffice": _TO_READ,
    "/var/spool/libreoffice": _TO_READ,
    "/etc/fonts": _TO_READ,
    "/etc/libreoffice": _TO_READ,
    "/etc/ld.so.cache": _READ,
    "/etc/localtime": _READ,
    # The socket by which LibreOffice is spoken to bears the number of the account.
    "/etc/nsswitch.conf": _READ,
    "/etc/passwd": _READ,
    "/dev/urandom": _READ,
    "/dev/null": _READ | _WRITE,
    # LibreOffice puts that socket there, and may do no more.
    "/tmp": _MAKE_SOCKET,  # noqa: S108 - the place is not ours to choose
}

# What a seccomp filter sees of a call (linux/seccomp.h), how it is written (linux/bpf_common.h), and the call `socket`.
_NUMBER_AT, _MACHINE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_MACHINES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
# Through a ring of orders sockets are made without the call; numbers from there on are another machine's.
_IO_URING: Final = 425
_OTHER_NUMBERS: Final = 0x40000000
_LOCAL: Final = 1

_libc: Final = ctypes.CDLL(None, use_errno=True)


def main() -> None:
    """Become the program."""
    if len(sys.argv) == 1:
        print(*_bounds(Path("/nowhere"), Path("/nowhere")))  # noqa: T201 - its answer
        return
    folder, programs, *command = sys.argv[1:]
    list(_bounds(Path(folder), Path(programs)))
    os.execv(command[0], command)  # noqa: S606 - a shell is what it shall not have


def _bounds(folder: Path, programs: Path) -> Iterator[str]:
    """Take each bound on, and name it where the kernel has it."""
    # What is bounded may not become more than it is, by a program that runs as somebody else.
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return
    version = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version > 0 and _keep_to_files(version, folder, programs):
        yield "files"
    if platform.machine() in _MACHINES and _keep_from_network(*_MACHINES[platform.machine()]):
        yield "network"


def _keep_to_files(version: int, folder: Path, programs: Path) -> bool:
    files, outside = _known(_FILES, version), _known(_OUTSIDE, version)
    sizes = {1: 8, 6: 24}
    attributes = struct.pack("QQQ", files, 0, outside)[: sizes[max(since for since in sizes if since <= version)]]
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return False
    try:
        for path, granted in (_SYSTEM | {str(programs.parent): _TO_USE, str(folder): files}).items():
            if not _grant(ruleset, path, granted & files):
                return False
        return bool(_libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _known(wanted: Mapping[int, int], version: int) -> int:
    return sum(bits for since, bits in wanted.items() if since <= version)


def _grant(ruleset: int, path: str, granted: int) -> bool:
    """Whether all is well; what is not there needs no leave."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return True
    try:
        if not Path(path).is_dir():
            granted &= _OF_A_FILE
        rule = struct.pack("=Qi", granted, place)
        return bool(_libc.syscall(_ADD_RULE, ruleset, _BENEATH_PATH, rule, 0) == 0)
    finally:
        os.close(place)


def _keep_from_network(machine: int, make_socket: int) -> bool:
    """Refuse every socket but a local one, to this program and all that it starts."""
    steps = [
        # Each: what to do, where to go on if so and if not (steps to leave out), and with which number.
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 0, 7, machine),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, 5, 0, _OTHER_NUMBERS),
        (_IF_EQUAL, 4, 0, _IO_URING),
        (_IF_EQUAL, 0, 2, make_socket),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_IF_EQUAL, 0, 1, _LOCAL),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    written = b"".join(struct.pack("=HBBI", *step) for step in steps)
    kept = ctypes.create_string_buffer(written, len(written))
    program = struct.pack("HP", len(steps), ctypes.addressof(kept))
    return bool(_libc.prctl(_PR_SET_SECCOMP, 2, program, 0, 0) == 0)


if __name__ == "__main__":
    main()
