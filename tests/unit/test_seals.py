"""The code of an issued report: the same for ever, not to be guessed, and understood however people write it."""

from __future__ import annotations

import re
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.frame import Seal
from service.seals import Sealer, UnusableSecret, normalised, secret_in

SECRET = bytes(range(32))
PRINTED = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def test_a_report_has_the_same_seal_for_ever() -> None:
    # Written down once: a code that is printed must be found with every later Folio.
    assert Sealer(SECRET, "https://folio.example").seal("0123abcd") == Seal(
        "QRK5-1C0A-AD2S", "https://folio.example/verificar/QRK5-1C0A-AD2S"
    )


@given(st.text(), st.binary(min_size=32))
def test_a_code_is_of_characters_that_are_not_mistaken_for_one_another(report_id: str, secret: bytes) -> None:
    code = Sealer(secret, "https://folio.example").seal(report_id).code
    assert PRINTED.fullmatch(code)
    assert normalised(code) == code


def test_reports_and_installations_have_codes_of_their_own() -> None:
    of_reports = {Sealer(SECRET, "x").seal(f"{number:032x}").code for number in range(2_000)}
    of_installations = {Sealer(bytes([number]) * 32, "x").seal("a report").code for number in range(256)}
    assert len(of_reports) == 2_000
    assert len(of_installations) == 256
    # Every character in every place: nothing of the digest is thrown away.
    assert all(len({code[place] for code in of_reports}) == 32 for place in range(14) if place not in {4, 9})


@pytest.mark.parametrize(
    "written",
    [
        "K7QF-3M9P-X1T0",
        "k7qf3m9px1t0",
        " K7QF 3M9P X1T0\n",
        "k7qf-3m9p-xIto",
        "K7QF–3M9P—XLTO",
        "K7QF-3M9P-XlTo",
    ],
)
def test_a_code_is_understood_however_a_person_writes_it(written: str) -> None:
    assert normalised(written) == "K7QF-3M9P-X1T0"


@pytest.mark.parametrize(
    "written", ["", "K7QF-3M9P", "K7QF-3M9P-X1T0-A", "K7QF-3M9P-X1TU", "K7QF-3M9P-X1TÑ", "١٢٣٤" * 3]
)
def test_what_is_no_code_is_none(written: str) -> None:
    assert normalised(written) is None


def test_the_secret_is_made_once_for_the_eyes_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "data" / "secret"

    secret = secret_in(file)

    assert len(secret) == 32
    assert secret_in(file) == secret
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file], "nothing half-made is left"


def test_all_that_start_at_once_have_the_same_secret(tmp_path: Path) -> None:
    together = threading.Barrier(8)

    def start(file: Path) -> bytes:
        together.wait()
        return secret_in(file)

    for installation in range(20):
        with ThreadPoolExecutor(8) as starting:
            secrets = set(starting.map(start, [tmp_path / f"{installation}"] * 8))
        assert len(secrets) == 1


@pytest.mark.parametrize("content", [b"", b"short"])
def test_a_damaged_secret_is_refused_with_what_to_do(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "secret"
    file.write_bytes(content)
    with pytest.raises(UnusableSecret, match=f"está dañado: tiene {len(content)} bytes"):
        secret_in(file)
    assert file.read_bytes() == content


def test_a_secret_that_cannot_be_made_is_said_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a file").write_bytes(b"")
    with pytest.raises(UnusableSecret, match="No se puede leer o escribir el secreto"):
        secret_in(tmp_path / "a file" / "secret")
