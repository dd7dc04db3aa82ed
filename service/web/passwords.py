"""A password -> its Argon2id hash, and back to whether it is the one; and which passwords are admitted.

Parameters of OWASP's password storage sheet (19 MiB, two passes, one lane): some 30 ms, and so few at once that many
tries do not fill the memory of the front.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 12
LONGEST: Final = 200
_FEWEST_CHARACTERS: Final = 5

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE: Final = threading.BoundedSemaphore(2)


def hash_of(password: str) -> str:
    """The hash to keep."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether the password is the one of this hash; without a hash it takes as long, and it is not."""
    with _AT_ONCE:
        try:
            _HASHER.verify(kept or _nobodys(), password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def objection(password: str, again: str, *known: str) -> str | None:
    """Why a password is not admitted, as a Spanish sentence; None when it is.

    Args:
        password: the one that somebody chooses.
        again: the same, typed once more.
        known: what others know of the person (login, name), which must not be all of it.
    """
    if len(password) < SHORTEST:
        return f"La contraseña debe tener al menos {SHORTEST} caracteres: varias palabras seguidas sirven bien."
    if len(password) > LONGEST:
        return f"La contraseña puede tener hasta {LONGEST} caracteres."
    if password != again:
        return "Las dos contraseñas no son iguales: escríbalas de nuevo."
    plain = password.casefold()
    if len(set(plain)) < _FEWEST_CHARACTERS or plain in "abcdefghijklmnopqrstuvwxyz0123456789012345678901234567890":
        return "Esa contraseña se adivina fácil: use varias palabras que no vayan juntas de costumbre."
    if any(
        word and plain.replace(" ", "") in {word.casefold().replace(" ", "") * times for times in (1, 2)}
        for word in known
    ):
        return "La contraseña no puede ser su nombre ni su usuario."
    return None


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this one")
