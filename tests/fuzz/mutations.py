"""A good file and a number -> a bad one: the same number spoils it in the same way.

Packages are spoiled part by part: bytes, tokens of XML, numbers, whole members. What is no package is spoiled as bytes.
"""

from __future__ import annotations

import random
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Final

from tests.hostile.zips import STORED, Entry, written

_TOKEN: Final = re.compile(rb"<[^<>]{1,400}>")
_NUMBER: Final = re.compile(rb"\d{1,12}")
_VALUE: Final = re.compile(rb'="[^"]{0,200}"')
_EXTREMES: Final = (
    b"0", b"-1", b"1e999", b"NaN", b"4294967295", b"2147483648", b"99999999999999999999", b"1048577", b"16385", b"1_0",
    b"9" * 5_000, b"", b"\xd9\xa3",
)  # fmt: skip
_WORDS: Final = (
    b"&#0;", b"&a;", b"_xD800_", b"_x0000_", "\u202e".encode(), b"\xed\xa0\x80", b"\xff\xfe", b"]]>", b"<!--",
    b"<![CDATA[", b"<?a", b"{{ a }}", b"{% for x in acciones %}", b"#REF!", b"=1+1", b"../../x", b"\0", b"&amp;amp;",
    b"A1:XFD1048576",
)  # fmt: skip
_LARGEST: Final = 3_000_000

Draw = random.Random


def mutated(seed: int, content: bytes) -> bytes:
    """The file, spoiled in one to four ways."""
    draw = random.Random(seed)
    if content.startswith(b"PK\3\4") and draw.random() < 0.85:
        return _package(draw, content)
    for _ in range(draw.randint(1, 4)):
        content = _bytes(draw, content)
    return content


def _package(draw: Draw, content: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = [Entry(info.filename, archive.read(info)) for info in archive.infolist()]
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(entries))
        if draw.random() < 0.8:
            entries[at] = replace(entries[at], content=_part(draw, entries[at].content))
        else:
            _members(draw, entries, at)
    return written(entries, comment=b"x" if draw.random() < 0.02 else b"")


def _part(draw: Draw, part: bytes) -> bytes:
    ways: tuple[Callable[[Draw, bytes], bytes], ...] = (
        _bytes,
        _tokens,
        _tokens,
        _number,
        _number,
        _word,
        _word,
        _value,
    )
    return draw.choice(ways)(draw, part)[:_LARGEST]


def _members(draw: Draw, entries: list[Entry], at: int) -> None:
    """Members lost, doubled, exchanged, renamed, or told with a lie."""
    entry, other = entries[at], draw.randrange(len(entries))
    match draw.randrange(8):
        case 0 if len(entries) > 1:
            del entries[at]
        case 1:
            entries.append(entry)
        case 2:
            entries[at] = replace(entry, content=entries[other].content)
        case 3:
            entries[at] = replace(
                entry, name=draw.choice(["../x", "XL/Workbook.xml", "a\0b", "x" * 300, "/", entry.name + "x"])
            )
        case 4:
            entries[at] = replace(entry, said_size=draw.choice([0, 1, 2**31, len(entry.content) + 1]))
        case 5:
            entries[at] = replace(entry, said_packed=draw.choice([0, 1, 2**30]))
        case 6:
            entries[at] = replace(entry, method=STORED, flags=draw.choice([0, 1, 8, 0x800]))
        case _:
            entries[at] = replace(entry, content=_recoded(draw, entry.content))


def _recoded(draw: Draw, part: bytes) -> bytes:
    """The part in another encoding, or deflated once more."""
    encoding = draw.choice(["utf-16", "utf-16-be", "utf-32", "utf-7", "cp037", ""])
    return part.decode("utf-8", "replace").encode(encoding, "replace") if encoding else zlib.compress(part)


def _bytes(draw: Draw, content: bytes) -> bytes:
    if not content:
        return draw.randbytes(8)
    start, length = draw.randrange(len(content)), draw.choice([1, 1, 1, 2, 4, 16, 300])
    match draw.randrange(5):
        case 0:
            new = bytes([content[start] ^ (1 << draw.randrange(8))])
            return content[:start] + new + content[start + 1 :]
        case 1:
            return content[:start] + content[start + length :]
        case 2:
            return content[:start] + content[start : start + length] * draw.choice([2, 3, 200]) + content[start:]
        case 3:
            return content[:start] + draw.choice([b"\xff", b"\0", b"\x80"]) * length + content[start + length :]
        case _:
            return (
                content[:start] if draw.random() < 0.3 else content[:start] + draw.randbytes(length) + content[start:]
            )


def _tokens(draw: Draw, part: bytes) -> bytes:
    """A tag lost, doubled, exchanged with another, nested, or put where it does not belong."""
    found = list(_TOKEN.finditer(part))
    if not found:
        return _bytes(draw, part)
    one, other = draw.choice(found), draw.choice(found)
    match draw.randrange(5):
        case 0:
            return part[: one.start()] + part[one.end() :]
        case 1:
            return part[: one.start()] + one[0] * draw.choice([2, 300]) + part[one.end() :]
        case 2:
            return part[: one.start()] + other[0] + part[one.end() :]
        case 3:
            return part[: one.start()] + part[min(one.start(), other.start()) : other.end()] + part[one.start() :]
        case _:
            return part[: one.start()] + other[0] + part[one.start() :]


def _number(draw: Draw, part: bytes) -> bytes:
    found = list(_NUMBER.finditer(part))
    if not found:
        return _bytes(draw, part)
    one = draw.choice(found)
    return part[: one.start()] + draw.choice(_EXTREMES) + part[one.end() :]


def _word(draw: Draw, part: bytes) -> bytes:
    at = draw.randrange(len(part) + 1)
    return part[:at] + draw.choice(_WORDS) * draw.choice([1, 1, 1, 50]) + part[at:]


def _value(draw: Draw, part: bytes) -> bytes:
    """An attribute with the value of another, or with one that no program writes."""
    found = list(_VALUE.finditer(part))
    if not found:
        return _bytes(draw, part)
    one, other = draw.choice(found), draw.choice(found)
    new = other[0] if draw.random() < 0.5 else b'="' + draw.choice((*_EXTREMES, *_WORDS[3:7])) + b'"'
    return part[: one.start()] + new + part[one.end() :]
