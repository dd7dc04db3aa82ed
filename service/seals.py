"""A report's id -> its seal: the short code and the address by which anybody can check a paper.

A code is made with the installation's secret, so that nobody finds one by trying, and of characters that are not
mistaken for one another when they are read from paper. What was given stays: the store keeps each code with its report.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service import disk
from service.domain.frame import Seal

# Crockford's base 32: no I, L, O or U.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_BITS: Final = 5
_LENGTH: Final = 12
_GROUP: Final = 4
_SECRET_BYTES: Final = 32
# As it is printed, and stands alone.
_GROUP_OF: Final = f"[{_ALPHABET}]{{{_GROUP}}}"
CODE: Final = re.compile(rf"(?<![0-9A-Z-]){_GROUP_OF}(?:-{_GROUP_OF}){{{_LENGTH // _GROUP - 1}}}(?![0-9A-Z-])")
# What people write for a character that a code has.
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "–": "", "—": ""})


class UnusableSecret(Exception):
    """The secret cannot be read, made or trusted; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Gives each report its seal: always the same, of one installation. `public_address` has no slash at its end."""

    secret: bytes
    public_address: str

    def seal(self, report_id: str) -> Seal:
        """The seal of the report of that id."""
        digest = hmac.digest(self.secret, report_id.encode(), hashlib.sha256)
        number = int.from_bytes(digest, "big") >> (8 * len(digest) - _BITS * _LENGTH)
        characters = "".join(_ALPHABET[number >> shift & 31] for shift in range(_BITS * (_LENGTH - 1), -1, -_BITS))
        code = _grouped(characters)
        return Seal(code, f"{self.public_address}/verificar/{code}")


def normalised(text: str) -> str | None:
    """The code that a person meant, as it is printed; None: it is none.

    Small letters, spaces and missing hyphens do not matter, nor an O for a zero or an I or L for a one.
    """
    characters = text.strip().upper().translate(_MEANT)
    if len(characters) != _LENGTH or not set(characters) <= set(_ALPHABET):
        return None
    return _grouped(characters)


def secret_in(file: Path) -> bytes:
    """The secret that the file holds; it is made, for the owner's eyes only, when there is none yet.

    Raises:
        UnusableSecret: it cannot be read or made, or holds too little to be one.
    """
    try:
        if not file.exists():
            _make(file)
        secret = file.read_bytes()
    except OSError as problem:
        raise UnusableSecret(
            f"No se puede leer o escribir el secreto de los códigos en {file}: {disk.reason(problem)}."
        ) from problem
    if len(secret) < _SECRET_BYTES:
        raise UnusableSecret(
            f"El secreto de los códigos en {file} está dañado: tiene {len(secret)} bytes y debe tener al menos "
            f"{_SECRET_BYTES}. Recupérelo de una copia de respaldo, o bórrelo para que Folio haga otro: los códigos "
            "ya entregados siguen valiendo."
        )
    return secret


def _make(file: Path) -> None:
    """Whole or not at all; of two that start at once the first one's stands."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # mkstemp gives the file to its owner alone.
    handle, part = tempfile.mkstemp(dir=file.parent, prefix=".folio-")
    try:
        with os.fdopen(handle, "wb") as unfinished:
            unfinished.write(secrets.token_bytes(_SECRET_BYTES))
            unfinished.flush()
            os.fsync(unfinished.fileno())
        with contextlib.suppress(FileExistsError):
            # Unlike a rename, a link never takes the place of what is there.
            os.link(part, file)
    finally:
        Path(part).unlink()


def _grouped(characters: str) -> str:
    return "-".join(characters[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
