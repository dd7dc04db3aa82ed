from __future__ import annotations

import io
import random
import stat
import struct
import time
import zipfile

import pytest

from service.domain.findings import FindingCode
from service.sheets.guard import MAX_MEMBERS, PackageKind, UnreadableWorkbook, declared_size, open_package
from tests.unit.sheets.office import EXAMPLE, MAIN, SHEET_TYPE, office_book, parts, raw_book, repacked, zipped

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def refusal(content: bytes) -> FindingCode:
    started = time.process_time()
    with pytest.raises(UnreadableWorkbook) as caught:
        open_package(content)
    assert time.process_time() - started < 2
    return caught.value.finding.code


def entry(name: str, part: bytes = b"<a/>", *, mode: int = 0, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO(raw_book())
    with zipfile.ZipFile(content, "a") as archive:
        info = zipfile.ZipInfo("placeholder" if "\\" in name else name)
        info.external_attr = mode << 16
        archive.writestr(info, part, method)
    return content.getvalue()


def with_patched_directory(content: bytes, name: bytes, offset: int, value: bytes) -> bytes:
    """The bytes with a field of a member's entry in the central directory overwritten."""
    at = content.rindex(name) - 46
    assert content[at : at + 4] == b"PK\x01\x02"
    return content[: at + offset] + value + content[at + offset + len(value) :]


def test_a_sound_workbook_passes_and_gives_its_parts() -> None:
    package = open_package(EXAMPLE.read_bytes())
    assert package.read("xl/workbook.xml").startswith(b"<workbook")
    assert "XL/Workbook.xml" in package
    assert "xl/macros.bin" not in package


def test_a_part_is_the_same_each_time_whether_what_was_checked_is_at_hand_or_not() -> None:
    large = b"<a>" + bytes(random.Random(1).choices(b"abc", k=30 * 1024 * 1024)) + b"</a>"
    package = open_package(entry("xl/large.xml", large))
    small = raw_book_part("xl/workbook.xml")
    assert [package.read("xl/large.xml"), package.read("xl/large.xml")] == [large, large]
    assert [package.read("xl/workbook.xml"), package.content("xl/workbook.xml")] == [small, small]


def raw_book_part(name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw_book())) as archive:
        return archive.read(name)


def test_what_a_file_says_that_it_unpacks_to_is_known_without_unpacking_it() -> None:
    sheet = bytes(50 * 1024 * 1024)
    bomb = entry("xl/worksheets/sheet9.xml", sheet)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert declared_size(bomb) == sum(info.file_size for info in archive.infolist()) > len(sheet)
    liar = with_patched_directory(bomb, b"xl/worksheets/sheet9.xml", 24, struct.pack("<I", 1))
    assert declared_size(liar) < len(sheet)
    for other in (b"", b"No;Meta\n1;4\n", OLE2, bomb[:-100]):
        assert declared_size(other) == len(other)


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert refusal(b"") is FindingCode.FILE_001


@pytest.mark.parametrize("content", [b"hola", b"PK", b"<html></html>", b"%PDF-1.7", bytes(1000), b"No;Meta\n1;4\n"])
def test_what_is_no_workbook_is_said_to_be_none(content: bytes) -> None:
    assert refusal(content) is FindingCode.FILE_002


def test_a_password_and_an_old_document_are_told_apart() -> None:
    assert refusal(OLE2 + "EncryptedPackage".encode("utf-16-le")) is FindingCode.FILE_003
    assert refusal(OLE2 + "WordDocument".encode("utf-16-le")) is FindingCode.FILE_005


@pytest.mark.parametrize(
    ("main_type", "said"),
    [
        ("application/vnd.ms-excel.template.macroEnabled.main+xml", "plantilla con macros"),
        ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", "binario"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml", "plantilla"),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml", "Word"),
        ("application/octet-stream", "comprimido"),
    ],
)
def test_another_kind_of_file_is_named_whatever_its_name_says(main_type: str, said: str) -> None:
    with pytest.raises(UnreadableWorkbook, match=said) as caught:
        open_package(zipped(parts(main_type=main_type)))
    assert caught.value.finding.code is FindingCode.FILE_005


def test_macros_inside_a_plain_workbook_are_refused() -> None:
    assert refusal(with_macros(SHEET_TYPE)) is FindingCode.FILE_005


def test_a_zip_of_anything_else_is_no_workbook() -> None:
    assert refusal(zipped({"hola.txt": b"hola"})) is FindingCode.FILE_005
    assert refusal(zipped({"mimetype": b"application/vnd.oasis.opendocument.text"})) is FindingCode.FILE_005


def with_macros(main_type: str) -> bytes:
    members = parts(main_type=main_type)
    members["[Content_Types].xml"] = members["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>',
    )
    # Macros may hold what no XML may; the guard has no reason to look.
    return zipped(members | {"xl/vbaProject.bin": OLE2 + b"<!DOCTYPE a>" + bytes(2_000)})


def test_a_workbook_that_says_it_has_macros_passes_and_nobody_can_read_them() -> None:
    package = open_package(with_macros("application/vnd.ms-excel.sheet.macroEnabled.main+xml"))
    assert package.kind is PackageKind.WITH_MACROS
    with pytest.raises(UnreadableWorkbook):
        package.read("xl/vbaProject.bin")


def test_an_open_document_sheet_passes_and_one_behind_a_password_does_not() -> None:
    members = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": b"<a/>",
        "META-INF/manifest.xml": b"<manifest/>",
    }
    assert open_package(zipped(members)).kind is PackageKind.OPEN_DOCUMENT
    members["META-INF/manifest.xml"] = b"<manifest><encryption-data/></manifest>"
    assert refusal(zipped(members)) is FindingCode.FILE_003


def test_a_file_cut_anywhere_is_refused() -> None:
    content = EXAMPLE.read_bytes()
    for length in random.Random(1).sample(range(4, len(content)), 60):
        assert refusal(content[:length]) in {FindingCode.FILE_006, FindingCode.FILE_007}


def test_a_bomb_is_refused_by_what_comes_out_of_it_not_by_what_it_declares() -> None:
    bomb = zipped(parts(b"<a>" + b" " * (61 * 1024 * 1024)))
    assert len(bomb) < 100_000
    assert refusal(bomb) is FindingCode.FILE_008
    declared = with_patched_directory(bomb, b"xl/worksheets/sheet1.xml", 24, struct.pack("<I", 100))
    assert refusal(declared) is FindingCode.FILE_008


def test_many_parts_that_are_large_together_are_refused() -> None:
    members = parts() | {f"xl/media/{number}.bin": bytes(50 * 1024 * 1024) for number in range(3)}
    assert refusal(zipped(members)) is FindingCode.FILE_008


def test_a_sheet_of_millions_of_tags_is_refused() -> None:
    assert refusal(raw_book("<a/>" * 4_100_000)) is FindingCode.FILE_008


def test_a_zip_inside_the_zip_is_never_opened() -> None:
    inner = zipped({"a.xml": bytes(50 * 1024 * 1024)})
    package = open_package(zipped(parts() | {"xl/embeddings/inner.zip": inner}))
    assert "xl/embeddings/inner.zip" in package


def test_more_members_than_any_workbook_has_are_refused() -> None:
    members = parts() | {f"xl/media/{number}.png": b"" for number in range(MAX_MEMBERS)}
    assert refusal(zipped(members)) is FindingCode.FILE_008


def test_names_that_differ_by_case_alone_are_refused() -> None:
    assert refusal(entry("XL/Workbook.xml")) is FindingCode.FILE_007


@pytest.mark.parametrize("name", ["/etc/passwd", "../../passwd", "xl/../../passwd", "C:/passwd"])
def test_names_that_leave_the_package_are_refused(name: str) -> None:
    assert refusal(entry(name)) is FindingCode.FILE_007


def test_a_name_with_backslashes_is_refused() -> None:
    content = entry("xl\\passwd").replace(b"placeholder", b"xl\\pass\\wd\\")
    assert refusal(content) is FindingCode.FILE_007


def test_a_link_is_refused_and_a_plain_member_with_permissions_is_not() -> None:
    assert refusal(entry("xl/link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)) is FindingCode.FILE_007
    open_package(entry("xl/plain", mode=stat.S_IFREG | 0o644))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_excel_never_writes_are_refused(method: int) -> None:
    assert refusal(entry("xl/other.xml", method=method)) is FindingCode.FILE_007


def test_stored_members_pass() -> None:
    open_package(zipped(parts(), zipfile.ZIP_STORED))


def test_members_that_share_their_bytes_are_refused() -> None:
    content = raw_book()
    first = struct.pack("<I", 0)
    assert refusal(with_patched_directory(content, b"xl/styles.xml", 42, first)) is FindingCode.FILE_007


def test_an_entry_that_is_encrypted_counts_as_a_password() -> None:
    content = with_patched_directory(raw_book(), b"xl/styles.xml", 8, struct.pack("<H", 1))
    assert refusal(content) is FindingCode.FILE_003


@pytest.mark.parametrize(("offset", "value"), [(24, 5), (16, 12345)])
def test_a_size_or_a_checksum_that_lies_is_refused(offset: int, value: int) -> None:
    content = with_patched_directory(raw_book(), b"xl/styles.xml", offset, struct.pack("<I", value))
    assert refusal(content) is FindingCode.FILE_006


def test_a_member_whose_own_name_differs_from_the_directory_is_refused() -> None:
    content = raw_book()
    at = content.index(b"xl/styles.xml")
    assert refusal(content[:at] + b"xl/stylez.xml" + content[at + 13 :]) is FindingCode.FILE_007


def test_bytes_before_the_package_are_refused() -> None:
    content = office_book()
    assert refusal(b"PK\x03\x04" + bytes(60) + content) is FindingCode.FILE_007


DOCTYPE = f'<?xml version="1.0"?><!DOCTYPE worksheet [<!ENTITY a "aaaa">]><worksheet xmlns="{MAIN}"/>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_doctype_is_refused_in_every_encoding(encoding: str) -> None:
    assert refusal(raw_book(DOCTYPE.encode(encoding))) is FindingCode.FILE_007


def test_a_doctype_across_the_pieces_that_are_inflated_is_found() -> None:
    for shift in range(-12, 3):
        part = b"<a>" + b" " * ((1 << 18) - 3 + shift) + b"<!DOCTYPE a></a>"
        assert refusal(raw_book(part)) is FindingCode.FILE_007


def test_a_cell_that_speaks_of_a_doctype_is_good_text() -> None:
    open_package(office_book(edit=lambda sheet: sheet.__setitem__("K6", "<!DOCTYPE html> <!ENTITY x>")))


def test_a_picture_may_hold_a_doctype() -> None:
    svg = b'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" ""><svg/>'
    open_package(repacked(EXAMPLE.read_bytes(), lambda members: members.update({"xl/media/image1.svg": svg})))


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-7", "cp037"])
def test_a_part_in_an_encoding_that_hides_its_marks_is_not_given(encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?><worksheet/>'.encode(
        "cp037" if encoding == "cp037" else "ascii"
    )
    package = open_package(raw_book(part))
    with pytest.raises(UnreadableWorkbook) as caught:
        package.read("xl/worksheets/sheet1.xml")
    assert caught.value.finding.code is FindingCode.FILE_007


def test_a_part_that_is_missing_is_named() -> None:
    with pytest.raises(UnreadableWorkbook, match=r"xl/nada\.xml"):
        open_package(raw_book()).read("xl/nada.xml")
