"""Hostile zips: what every reader of an Office package meets before it has seen a letter of XML."""

from __future__ import annotations

import os
import random
import stat
import struct
import zipfile
from dataclasses import replace
from functools import cache
from io import BytesIO
from typing import Final

from service.domain.findings import FindingCode
from tests.hostile.table import Hostile
from tests.hostile.zips import HAS_DESCRIPTOR, STORED, Entry, deflated, local_record, size_64, with_end_64, written
from tests.unit.sheets.office import office_book, repacked

MIB: Final = 1024 * 1024
SHEET: Final = "xl/worksheets/sheet1.xml"
OLE2: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PICTURE: Final = b"\x89PNG\r\n\x1a\n"
_MACROS: Final = "application/vnd.ms-office.vbaProject"
_WITH_MACROS: Final = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_PLAIN: Final = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"


@cache
def _sound() -> bytes:
    return office_book()


def good_parts() -> dict[str, bytes]:
    """The parts of a sound plan."""
    with zipfile.ZipFile(BytesIO(_sound())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def entries(**changes: Entry) -> list[Entry]:
    """A sound plan's members; `changes` by the last word of a name ("sheet1")."""
    listed = [Entry(name, content) for name, content in good_parts().items()]
    return [changes.get(each.name.rsplit("/", 1)[-1].partition(".")[0], each) for each in listed]


def with_member(*more: Entry) -> bytes:
    """A sound plan with members that it does not need."""
    return written([*entries(), *more])


def sheet(**lies: object) -> Entry:
    """The sheet of a sound plan, told with lies."""
    return replace(Entry(SHEET, good_parts()[SHEET]), **lies)  # type: ignore[arg-type]  # fields of an entry


def bomb(**lies: object) -> bytes:
    """A package whose sheet inflates a thousand times over."""
    content = b"<worksheet>" + b" " * (61 * MIB) + b"</worksheet>"
    return written(entries(sheet1=Entry(SHEET, content, **lies)))  # type: ignore[arg-type]  # as above


def many_bombs() -> bytes:
    """Three parts that are admitted each by itself."""
    zeros = bytes(50 * MIB)
    packed = deflated(zeros)
    return with_member(*(Entry(f"xl/media/{number}.png", zeros, packed=packed) for number in range(3)))


def nested(depth: int = 5) -> bytes:
    """A zip in a zip in a zip, each of which would fill a disk."""
    inner = written([Entry("0.xml", bytes(50 * MIB))])
    for level in range(depth):
        inner = written([Entry(f"{level}-{copy}.zip", inner) for copy in range(10)])
    return with_member(Entry("xl/embeddings/inner.zip", inner))


def overlapping() -> bytes:
    """A thousand entries for the one kernel of bytes, as the bombs without nesting have them."""
    kernel = Entry("xl/media/0.png", bytes(MIB), packed=deflated(bytes(MIB)), said_crc=0)
    at = sum(len(each.bytes_within) + 30 + len(each.name) for each in entries())
    return with_member(
        kernel, *(replace(kernel, name=f"xl/media/{n}.png", at=at, packed=b"", content=b"") for n in range(1, 900))
    )


def quoted() -> bytes:
    """Members whose bytes begin by quoting the header of the next one, in blocks that are stored."""
    kernel = Entry("xl/media/1.png", bytes(MIB))
    header_and_bytes = local_record(kernel)
    header = header_and_bytes[: len(header_and_bytes) - len(kernel.bytes_within)]
    block = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF)
    outer = Entry("xl/media/0.png", header + kernel.content, packed=block + header_and_bytes)
    start = sum(len(each.bytes_within) + 30 + len(each.name) for each in entries())
    inside = replace(kernel, at=start + 30 + len(outer.name) + len(block))
    return written([*entries(), outer, replace(inside, packed=b"")])


def half_a_million() -> bytes:
    """A directory that alone has nearly the size of an upload."""
    name = Entry("xl/media/0.png", b"", method=STORED)
    return written([*entries(), *(replace(name, name=f"xl/media/{number}.png") for number in range(120_000))])


def with_macros(main_type: bytes) -> bytes:
    """A workbook with a project of macros, under the type that is said."""

    def change(members: dict[str, bytes]) -> None:
        types = members["[Content_Types].xml"].replace(_PLAIN, main_type)
        members["[Content_Types].xml"] = types.replace(
            b"</Types>", f'<Override PartName="/xl/vbaProject.bin" ContentType="{_MACROS}"/></Types>'.encode()
        )
        members["xl/vbaProject.bin"] = OLE2 + bytes(2_000)

    return repacked(office_book(), change)


def of_another_kind(main_type: str) -> bytes:
    """A workbook that says it is something else."""
    return repacked(
        office_book(),
        lambda members: members.update(
            {"[Content_Types].xml": members["[Content_Types].xml"].replace(_PLAIN, main_type.encode())}
        ),
    )


def behind(head: bytes) -> bytes:
    """A sound workbook that another kind of file stands before."""
    return head + office_book()


def _with_pictures() -> bytes:
    noise = random.Random(1).randbytes(300_000)
    return with_member(*(Entry(f"xl/media/{n}.png", PICTURE + noise + bytes([n])) for n in range(20)))


def _with_descriptors() -> bytes:
    return written(replace(each, flags=HAS_DESCRIPTOR) for each in entries())


def _honest_64() -> bytes:
    whole = sheet()
    size, packed = len(whole.content), len(whole.bytes_within)
    told = replace(whole, said_size=0xFFFFFFFF, said_packed=0xFFFFFFFF, extra=size_64(size, packed))
    return with_end_64(written(entries(sheet1=told)))


def _stored() -> bytes:
    return written(replace(each, method=STORED) for each in entries())


def _with_many_parts() -> bytes:
    return with_member(*(Entry(f"xl/media/{number}.png", PICTURE) for number in range(1_500)))


def _with_odd_names() -> bytes:
    return with_member(Entry("xl/media/imagen de la acción.png"), Entry("xl/media/...png"), Entry("docs/"))


_TWISTED: Final = "su índice no corresponde"
_OUTSIDE: Final = "«.+» tiene un nombre que sale del libro"
F: Final = FindingCode

PACKAGES: Final = (
    Hostile("ratio", bomb, F.FILE_008, f"«{SHEET}» ocupa más de 60 MB", neighbour=_with_pictures),
    Hostile("ratio-undeclared", lambda: bomb(said_size=100), F.FILE_008, f"«{SHEET}» ocupa más de 60 MB"),
    Hostile("many-bombs", many_bombs, F.FILE_008, "descomprimido ocupa más de 120 MB", neighbour=_with_pictures),
    Hostile("nested", nested),
    Hostile("overlapping", overlapping, F.FILE_007, "«xl/media/.+» se traslapa", neighbour=_with_pictures),
    Hostile("quoted", quoted, F.FILE_007, "«xl/media/.+» se traslapa", neighbour=_stored),
    Hostile("half-a-million-members", half_a_million, F.FILE_008, "más de 2.000 partes", neighbour=_with_many_parts),
    Hostile("size-lies", lambda: written(entries(sheet1=sheet(said_size=5))), F.FILE_006, f"«{SHEET}».+declara"),
    Hostile("size-boasts", lambda: written(entries(sheet1=sheet(said_size=2**32 - 2))), F.FILE_006, f"«{SHEET}»"),
    Hostile("sum-lies", lambda: written(entries(sheet1=sheet(said_crc=7))), F.FILE_006, f"«{SHEET}».+suma"),
    Hostile("packed-lies", lambda: written(entries(sheet1=sheet(said_packed=9))), F.FILE_006, f"«{SHEET}».+cortada"),
    Hostile("packed-boasts", lambda: written(entries(sheet1=sheet(said_packed=2**31))), F.FILE_007, "traslapa"),
    Hostile(
        "descriptor-lies",
        lambda: written(entries(sheet1=sheet(flags=HAS_DESCRIPTOR, said_size=3))),
        F.FILE_006,
        f"«{SHEET}».+declara",
        neighbour=_with_descriptors,
    ),
    Hostile(
        "zip64-size-lies",
        lambda: written(entries(sheet1=sheet(said_size=0xFFFFFFFF, extra=size_64(2**62)))),
        F.FILE_006,
        f"«{SHEET}».+declara",
        neighbour=_honest_64,
    ),
    Hostile(
        "zip64-packed-lies",
        lambda: written(entries(sheet1=sheet(said_packed=0xFFFFFFFF, extra=size_64(2**63 - 1)))),
        F.FILE_007,
        f"«{SHEET}» se traslapa",
        neighbour=_honest_64,
    ),
    Hostile("zip64-end-lies", lambda: with_end_64(written(entries()), size=2**60), F.FILE_006, neighbour=_honest_64),
    Hostile(
        "zip64-start-lies",
        lambda: with_end_64(written(entries()), at=2**63 - 1),
        F.FILE_007,
        "se traslapa",
        neighbour=_honest_64,
    ),
    Hostile(
        "zip64-cut", lambda: written(entries(sheet1=sheet(said_size=0xFFFFFFFF, extra=b"\1\0\x08\0ab"))), F.FILE_006
    ),
    Hostile("count-lies", lambda: written(entries(), said_count=60_000), None),
    Hostile("huge-name", lambda: with_member(Entry("xl/media/" + "x" * 60_000)), F.FILE_007, "nombre demasiado largo"),
    Hostile(
        "huge-names",
        lambda: with_member(*(Entry(f"xl/media/{n}{'x' * 9_000}") for n in range(500))),
        F.FILE_007,
        "nombre demasiado largo",
        neighbour=_with_odd_names,
    ),
    Hostile(
        "outside", lambda: with_member(Entry("../../etc/cron.d/x")), F.FILE_007, _OUTSIDE, neighbour=_with_odd_names
    ),
    Hostile("absolute", lambda: with_member(Entry("/etc/passwd")), F.FILE_007, _OUTSIDE),
    Hostile("drive", lambda: with_member(Entry("C:/Windows/x")), F.FILE_007, _OUTSIDE),
    Hostile("nul-in-name", lambda: with_member(Entry("xl/media/a\0.png")), F.FILE_007, _OUTSIDE),
    Hostile("break-in-name", lambda: with_member(Entry("xl/media/a\r\nb.png")), F.FILE_007, "«xl/media/a"),
    Hostile("bidi-in-name", lambda: with_member(Entry("xl/media/a\u202egnp.xml")), F.FILE_007, "«xl/media/a"),
    Hostile("twin-names", lambda: with_member(Entry("XL/Workbook.xml")), F.FILE_007, "dos veces .+«XL/Workbook.xml»"),
    Hostile(
        "other-local-name",
        lambda: written(entries(sheet1=sheet(local_name=b"xl/worksheets/sheet9.xml"))),
        F.FILE_007,
        _TWISTED,
    ),
    Hostile(
        "link",
        lambda: with_member(Entry("xl/media/a.png", b"/etc/passwd", attributes=(stat.S_IFLNK | 0o777) << 16)),
        F.FILE_007,
        "«xl/media/a.png» es un enlace",
    ),
    Hostile("method", lambda: with_member(Entry("xl/media/a.png", method=99)), F.FILE_007, "método de compresión"),
    Hostile("locked-member", lambda: written(entries(sheet1=sheet(flags=1))), F.FILE_003, "contraseña"),
    Hostile("locked", lambda: OLE2 + bytes(504) + "EncryptedPackage".encode("utf-16-le"), F.FILE_003, "contraseña"),
    Hostile("old-word", lambda: OLE2 + bytes(504) + "WordDocument".encode("utf-16-le"), F.FILE_005, "antiguo"),
    Hostile(
        "hidden-macros",
        lambda: with_macros(_PLAIN),
        F.FILE_005,
        "esconde macros",
        neighbour=lambda: with_macros(_WITH_MACROS),
    ),
    Hostile(
        "binary",
        lambda: of_another_kind("application/vnd.ms-excel.sheet.binary.macroEnabled.main"),
        F.FILE_005,
        "binario",
    ),
    Hostile(
        "template-with-macros",
        lambda: of_another_kind("application/vnd.ms-excel.template.macroEnabled.main+xml"),
        F.FILE_005,
        "plantilla con macros",
    ),
    Hostile(
        "add-in",
        lambda: of_another_kind("application/vnd.ms-excel.addin.macroEnabled.main+xml"),
        F.FILE_005,
        "complemento",
    ),
    Hostile(
        "behind-a-jpeg", lambda: behind(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + os.urandom(64)), F.FILE_002, "no es una hoja"
    ),
    Hostile("behind-a-pdf", lambda: behind(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), F.FILE_002, "no es una hoja"),
    Hostile(
        "behind-a-page", lambda: behind(b"<!DOCTYPE html><script>alert(1)</script>\n"), F.FILE_002, "no es una hoja"
    ),
    Hostile("behind-a-zip", lambda: behind(written([Entry("a.txt", b"a")])), F.FILE_007, "antes del libro"),
    Hostile("before-a-pdf", lambda: office_book() + b"%PDF-1.7\n" * 50, F.FILE_007, "después del libro"),
    Hostile("before-a-zip", lambda: office_book() + written([Entry("a.txt", b"a")]), F.FILE_007, "antes del libro"),
    Hostile(
        "talkative-end",
        lambda: written(entries(), comment=b"<script>alert(1)</script>"),
        F.FILE_007,
        "después del libro",
    ),
    Hostile(
        "endless-blocks",
        lambda: written(entries(sheet1=sheet(packed=b"\0\0\0\xff\xff" * 3_000_000))),
        F.FILE_006,
        f"«{SHEET}».+cortada",
    ),
)
