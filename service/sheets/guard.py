"""Uploaded bytes become a package (.xlsx, .xlsm, .ods) whose parts are safe to parse, or are refused with the reason.

It works on the bytes alone, before any XML library sees them, in bounded memory: parts are inflated in pieces and
counted by our own counter, never by the sizes that the file declares. It never writes to disk.
"""

from __future__ import annotations

import contextlib
import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from service.domain.findings import CellRef, Finding, FindingCode
from service.domain.values import legible

MAX_MEMBERS: Final = 2_000
MAX_PART_BYTES: Final = 60 * 1024 * 1024
MAX_PACKAGE_BYTES: Final = 120 * 1024 * 1024
# Excel's own are never longer than a hundred; what refuses a part names it.
MAX_NAME: Final = 255
# What was inflated to be checked is kept until it is read, if it is no more than this: 10,000 actions are 14 MB.
_MAX_KEPT_BYTES: Final = 24 * 1024 * 1024
# A sheet of 10,000 actions has some 0.6 million tags; a tree of four million would not fit the reader's memory.
MAX_TAGS: Final = 4_000_000

WORKBOOK_TYPE: Final = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_WITH_MACROS_TYPE: Final = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_OPEN_DOCUMENT: Final = b"application/vnd.oasis.opendocument.spreadsheet"
_OTHER_KINDS: Final = (
    (b"ms-excel.sheet.binary", "un libro binario de Excel (.xlsb)"),
    (b"ms-excel.template.macroEnabled", "una plantilla con macros (.xltm)"),
    (b"ms-excel.addin", "un complemento de Excel (.xlam)"),
    (b"spreadsheetml.template", "una plantilla de Excel (.xltx)"),
    (b"wordprocessingml", "un documento de Word"),
    (b"presentationml", "una presentación de PowerPoint"),
)
_MACROS: Final = b"application/vnd.ms-office.vbaProject"

_LOCAL_HEADER: Final = struct.Struct("<4s5H3I2H")
_LOCAL_MARK: Final = b"PK\x03\x04"
_CENTRAL_MARK: Final = b"PK\x01\x02"
_END_MARK: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
# What mail and forms may put behind a file.
_PADDING: Final = b"\0\r\n"
_OLE2_MARK: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHOWN: Final = 80
_PIECE: Final = 1 << 18
_ENCRYPTED_FLAG: Final = 0x1

# Zero bytes between the letters: the same words in UTF-16 and UTF-32.
_DECLARATION: Final = re.compile(rb"<\0*!\0*(?:D\0*O\0*C\0*T\0*Y\0*P\0*E|E\0*N\0*T\0*I\0*T\0*Y)")
_DECLARATION_REACH: Final = 64
_ENCODING: Final = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_ENCODINGS: Final = frozenset({b"utf-8", b"us-ascii", b"ascii", b"utf-16", b"utf-16le", b"utf-16be"})


class UnreadableWorkbook(Exception):
    """The file cannot be read at all; `finding` says why and what to do."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding

    def on(self, sheet: str) -> UnreadableWorkbook:
        """The same of a sheet, unless it names its place already."""
        return self if self.finding.place else UnreadableWorkbook(replace(self.finding, place=CellRef(shown(sheet))))


@dataclass(frozen=True, slots=True)
class _Member:
    """Where a part lies in the file, proven against the file's own bytes."""

    start: int
    info: zipfile.ZipInfo


class PackageKind(StrEnum):
    """Which format a package is in, told by what it holds and not by its name."""

    WORKBOOK = "xlsx"
    WITH_MACROS = "xlsm"
    OPEN_DOCUMENT = "ods"


class Package:
    """The parts of a workbook that passed the guard, inflated when asked for."""

    def __init__(self, content: bytes, members: dict[str, _Member], inflated: dict[str, bytes]) -> None:
        self._content = content
        self._members = members
        self._inflated = inflated
        self.kind = PackageKind.WORKBOOK

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._members

    def read(self, name: str) -> bytes:
        """The XML of one part; names differ from one another by more than case.

        Raises:
            UnreadableWorkbook: there is no such part, or it is no XML in an encoding that Office uses.
        """
        if name in self and _is_opaque(name):
            raise _unsafe(f"la parte «{name}» no es XML en UTF-8 o UTF-16")
        return self.read_hidden(name)

    def read_hidden(self, name: str) -> bytes:
        """`read` of a part under any name, for whoever asks what a forger hid: its declarations were not looked for.

        Raises:
            UnreadableWorkbook: as for `read`.
        """
        member = self._members.get(name.casefold())
        if member is None:
            raise _damaged(f"le falta la parte «{name}»")
        part = self.content(name)
        head = part[:512].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
        declared = _ENCODING.match(head)
        is_hidden = head.startswith(b"<?xml") and b"?>" not in head
        if not head.startswith(b"<") or is_hidden or (declared and declared.group(1).lower() not in _ENCODINGS):
            raise _unsafe(f"la parte «{name}» no es XML en UTF-8 o UTF-16")
        return part

    @property
    def names(self) -> tuple[str, ...]:
        """What its parts are called, folders left out, in the order in which they lie in the file."""
        written = (member.info.filename for member in self._members.values())
        return tuple(name for name in written if not name.endswith("/"))

    def content(self, name: str) -> bytes:
        """The bytes of a part, whatever it is; it must be there."""
        name = name.casefold()
        kept = self._inflated.pop(name, None)
        return b"".join(_inflated(self._content, self._members[name])) if kept is None else kept

    def peek(self, name: str, length: int) -> bytes:
        """The first bytes of a part, whatever it is."""
        return next(_inflated(self._content, self._members[name.casefold()]), b"")[:length]


def open_package(content: bytes) -> Package:
    """Check the whole file and give its parts.

    Raises:
        UnreadableWorkbook: no .xlsx, damaged, hostile or too large; the finding says which.
    """
    package = open_any_package(content)
    package.kind = _kind(package)
    return package


def open_any_package(content: bytes) -> Package:
    """`open_package` for a file that may hold anything but a workbook: a Word document. Its `kind` says nothing.

    Raises:
        UnreadableWorkbook: no package, damaged, hostile or too large; the finding speaks of a workbook.
    """
    if not content:
        raise UnreadableWorkbook(FindingCode.FILE_001.at())
    if content.startswith(_OLE2_MARK):
        is_encrypted = "EncryptedPackage".encode("utf-16-le") in content
        if is_encrypted:
            raise UnreadableWorkbook(FindingCode.FILE_003.at())
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un documento antiguo de Office"))
    if not content.startswith(_LOCAL_MARK):
        raise UnreadableWorkbook(FindingCode.FILE_002.at())
    members = _members(content)
    package_bytes = kept_bytes = 0
    inflated: dict[str, bytes] = {}
    for name, member in members.items():
        pieces: list[bytes] = []
        room = 0 if _is_opaque(name) else _MAX_KEPT_BYTES - kept_bytes
        size = _checked_size(content, name, member, pieces, room)
        package_bytes += size
        if package_bytes > MAX_PACKAGE_BYTES:
            raise _too_large("descomprimido ocupa más de 120 MB")
        if size <= room:
            inflated[name] = b"".join(pieces)
            kept_bytes += size
    return Package(content, members, inflated)


def declared_size(content: bytes) -> int:
    """How many bytes a package says that it unpacks to, at least as many as it has; of another file, as many.

    A guess, quickly had, at how long it takes to be read: it may lie, and nothing is admitted on its word.
    """
    try:
        infos, _ = _directory(content) if content.startswith(_LOCAL_MARK) else ([], 0)
    except UnreadableWorkbook:
        infos = []
    return max(len(content), sum(info.file_size for info in infos))


def _directory(content: bytes) -> tuple[list[zipfile.ZipInfo], int]:
    """The entries of a package in the order in which they lie in it, and where its directory begins."""
    # Counted before zipfile makes an object of each: a directory of half a million entries fits in 20 MB.
    if content.count(_CENTRAL_MARK) > MAX_MEMBERS:
        raise _too_large(f"tiene más de {MAX_MEMBERS:,} partes".replace(",", "."))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return sorted(archive.infolist(), key=lambda info: info.header_offset), archive.start_dir
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, OSError) as error:
        raise _damaged("no se pudo abrir el paquete comprimido") from error


def _members(content: bytes) -> dict[str, _Member]:
    infos, directory_at = _directory(content)
    members: dict[str, _Member] = {}
    free_from = 0
    for info in infos:
        _check_entry(info)
        if info.filename.casefold() in members:
            raise _unsafe(f"contiene dos veces {_part(info)}")
        if info.header_offset < free_from or info.header_offset + _LOCAL_HEADER.size > directory_at:
            raise _unsafe(f"{_part(info)} se traslapa con otra")
        mark, *_, name_length, extra_length = _LOCAL_HEADER.unpack_from(content, info.header_offset)
        name_at = info.header_offset + _LOCAL_HEADER.size
        start = name_at + name_length + extra_length
        free_from = start + info.compress_size
        if free_from > directory_at:
            raise _unsafe(f"{_part(info)} se traslapa con otra")
        local_name = content[name_at : name_at + name_length]
        if mark != _LOCAL_MARK or local_name not in _spellings(info.orig_filename):
            raise _unsafe(f"su índice no corresponde a su contenido en {_part(info)}")
        members[info.filename.casefold()] = _Member(start, info)
    if not infos or infos[0].header_offset != 0:
        raise _unsafe("lleva otros datos antes del libro")
    # Other programs may take what follows for the file: a page, a PDF.
    if content[content.rfind(_END_MARK) + _END_BYTES :].strip(_PADDING):
        raise _unsafe("lleva otros datos después del libro")
    return members


def _check_entry(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename
    if name.startswith("/") or "\\" in name or "\0" in name or ":" in name or ".." in name.split("/"):
        raise _unsafe(f"{_part(info)} tiene un nombre que sale del libro")
    if not is_plain_name(name):
        raise _unsafe(f"{_part(info)} tiene un nombre demasiado largo, o con letras que no se ven")
    if stat.S_ISLNK(info.external_attr >> 16):
        raise _unsafe(f"{_part(info)} es un enlace a otro archivo")
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise UnreadableWorkbook(FindingCode.FILE_003.at())
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise _unsafe(f"{_part(info)} usa un método de compresión que Excel no usa")


def _part(info: zipfile.ZipInfo) -> str:
    """A part as sentences name it, whatever it is called."""
    return f"la parte «{shown(info.orig_filename)}»"


def is_plain_name(name: str) -> bool:
    """Whether a name out of a file is one line that can be printed."""
    return len(name) <= MAX_NAME and legible(name) == name and len(name.splitlines()) <= 1


def shown(name: str) -> str:
    """A name out of a file, fit for a sentence."""
    return " ".join(legible(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…").splitlines())


def _spellings(name: str) -> set[bytes]:
    spellings = {name.encode("utf-8", "surrogateescape")}
    with contextlib.suppress(UnicodeEncodeError):
        spellings.add(name.encode("cp437"))
    return spellings


def _checked_size(content: bytes, name: str, member: _Member, pieces: list[bytes], room: int) -> int:
    """How many bytes a part has; `pieces` has them as long as there is room for so many."""
    is_opaque = _is_opaque(name)
    size = crc = tags = 0
    tail = b""
    for piece in _inflated(content, member):
        size += len(piece)
        crc = zlib.crc32(piece, crc)
        if size <= room:
            pieces.append(piece)
        else:
            pieces.clear()
        if is_opaque:
            continue
        tags += piece.count(b"<")
        if tags > MAX_TAGS:
            raise _too_large(f"{_part(member.info)} tiene demasiados elementos")
        window = tail + piece
        if b"!" in window and _DECLARATION.search(window):
            raise _unsafe(f"{_part(member.info)} declara lo que en un libro de Excel no se declara (DOCTYPE)")
        tail = window[-_DECLARATION_REACH:]
    if size != member.info.file_size or crc != member.info.CRC:
        raise _damaged(f"{_part(member.info)} no tiene el tamaño o la suma de control que declara")
    return size


def _inflated(content: bytes, member: _Member) -> Iterator[bytes]:
    end = member.start + member.info.compress_size
    if member.info.compress_type == zipfile.ZIP_STORED:
        if member.info.compress_size > MAX_PART_BYTES:
            raise _too_large(f"{_part(member.info)} ocupa más de 60 MB")
        for at in range(member.start, end, _PIECE):
            yield content[at : min(at + _PIECE, end)]
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    size, at, waiting = 0, member.start, b""
    try:
        while not inflater.eof:
            if not waiting:
                waiting = content[at : min(at + _PIECE, end)]
                at += len(waiting)
            piece = inflater.decompress(waiting, _PIECE)
            if not piece and not waiting and not inflater.eof:
                raise _damaged(f"{_part(member.info)} está cortada")
            waiting = inflater.unconsumed_tail
            size += len(piece)
            if size > MAX_PART_BYTES:
                raise _too_large(f"{_part(member.info)} ocupa más de 60 MB")
            yield piece
    except zlib.error as error:
        raise _damaged(f"{_part(member.info)} no se pudo descomprimir") from error
    if inflater.unused_data or at < end:
        raise _damaged(f"{_part(member.info)} tiene datos de más")


def _is_opaque(name: str) -> bool:
    """Whether a part is never parsed, so that it may hold anything: a picture, a printer's settings, macros."""
    folded = name.casefold()
    return "/media/" in folded or folded.startswith(("pictures/", "thumbnails/", "basic/")) or folded.endswith(".bin")


def _kind(package: Package) -> PackageKind:
    if "[Content_Types].xml" not in package:
        return _kind_of_open_document(package)
    types = package.read("[Content_Types].xml").replace(b"\0", b"")
    if _WITH_MACROS_TYPE in types and WORKBOOK_TYPE not in types:
        return PackageKind.WITH_MACROS
    for mark, found in _OTHER_KINDS:
        if mark in types and (WORKBOOK_TYPE not in types or b"ms-excel" in mark):
            raise UnreadableWorkbook(FindingCode.FILE_005.at(found=found))
    if _MACROS in types:
        # Excel itself does not open one: the name of its kind hides what it holds.
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un libro que esconde macros"))
    if WORKBOOK_TYPE not in types:
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un archivo comprimido o de otro programa"))
    return PackageKind.WORKBOOK


def _kind_of_open_document(package: Package) -> PackageKind:
    if "mimetype" not in package:
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un archivo comprimido"))
    if package.peek("mimetype", 200).strip() != _OPEN_DOCUMENT:
        raise UnreadableWorkbook(FindingCode.FILE_005.at(found="un documento de LibreOffice o de otro programa"))
    if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
        raise UnreadableWorkbook(FindingCode.FILE_003.at())
    return PackageKind.OPEN_DOCUMENT


def _damaged(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_006.at(reason=reason))


def _unsafe(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_007.at(reason=reason))


def _too_large(reason: str) -> UnreadableWorkbook:
    return UnreadableWorkbook(FindingCode.FILE_008.at(reason=reason))
