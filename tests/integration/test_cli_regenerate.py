"""`folio audit verify --regenerate` over documents that an earlier release deflated with another library."""

from __future__ import annotations

import io
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

from service.store import migrate, open_store
from tests.integration.conftest import Folio
from tests.integration.written import issued_and_written


def test_documents_of_a_release_that_deflated_otherwise_say_the_same_in_every_part(
    folio: Folio, tmp_path: Path
) -> None:
    ended, report_id = verified_with(folio, tmp_path, lambda content: zipped_again(content, lambda part: part))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith(
        "2 documentos expedidos salen con lo mismo en cada una de sus partes; solo cambia cómo están comprimidas.\n"
    )
    assert report_id not in ended.stdout


def test_one_letter_in_a_part_that_was_deflated_otherwise_is_no_longer_the_same(folio: Folio, tmp_path: Path) -> None:
    def forge(content: bytes) -> bytes:
        return zipped_again(content, lambda part: part.replace(b"Trimestral", b"Trimestrel", 1))

    ended, report_id = verified_with(folio, tmp_path, forge)
    assert ended.returncode == 1
    for named in ("El Word", "El Excel"):
        assert (
            f"{named} del III trimestre de 2024, versión 2.0, edición 1 ({report_id}) "
            "sale distinto al escribirlo otra vez.\n"
        ) in ended.stdout


def zipped_again(content: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The file as Folio wrote it while it deflated with zlib."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(zipfile.ZipInfo(member.filename), change(old.read(member)), zipfile.ZIP_DEFLATED, 6)
    assert written.getvalue() != content
    return written.getvalue()


def verified_with(
    folio: Folio, tmp_path: Path, kept_as: Callable[[bytes], bytes]
) -> tuple[subprocess.CompletedProcess[str], str]:
    """What `verify --regenerate` says of a report whose documents were kept as `kept_as` gives them; and its id."""
    url = f"sqlite:///{tmp_path / 'folio.db'}"
    migrate(url)
    store = open_store(url)
    report_id = issued_and_written(store, kept_as)
    store.close()
    return folio("audit", "verify", "--regenerate", DATABASE_URL=url), report_id
