"""What a file turned out to be beside the documents of a report: values with their Spanish sentences, and their JSON.

None says anything of who a signer is: no certificate is held against those that Colombia accredits.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from service.domain.proof import Difference
from service.domain.reports import DocumentKind

_NAMES: Final = {
    DocumentKind.WORD: "el documento de Word",
    DocumentKind.EXCEL: "el documento de Excel",
    DocumentKind.PDF: "el PDF",
}


# Of a file whose like was not issued, or that is held against no report.
NONE_OF_ITS_KIND: Final = "De este informe no se emitió ningún documento de esa clase."


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """A document as it was issued: `sha256` in hex is that of `content`."""

    kind: DocumentKind
    filename: str
    sha256: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SignerFound:
    """Who a signature says that signed, when it says so, and whether it belongs to what it stands in.

    `note` is a Spanish sentence: what was checked and what was not, or why the signature does not hold.
    """

    name: str
    signed_at: dt.datetime | None
    is_sound: bool
    note: str


@dataclass(frozen=True, slots=True)
class AsIssued:
    """Byte for byte the issued file."""

    kind: DocumentKind

    answer: ClassVar[str] = "as_issued"

    @property
    def sentence(self) -> str:
        """For a person."""
        return f"Es exactamente {_name(self.kind)} que se emitió: no cambió nada."


@dataclass(frozen=True, slots=True)
class Signed:
    """The issued file with signatures added, and nothing else; `signers` is never empty."""

    kind: DocumentKind
    signers: tuple[SignerFound, ...]

    answer: ClassVar[str] = "signed"

    @property
    def is_sound(self) -> bool:
        """Whether every signature belongs to the document."""
        return all(signer.is_sound for signer in self.signers)

    @property
    def sentence(self) -> str:
        """For a person."""
        if not self.is_sound:
            return f"Su contenido es {_name(self.kind)} que se emitió, pero tiene una firma que no se pudo comprobar."
        return f"Está firmado, y lo que se firmó es exactamente {_name(self.kind)} que se emitió."


@dataclass(frozen=True, slots=True)
class Resaved:
    """The same texts are read from it, in a file that another program wrote anew; perhaps signed after that.

    It is no proof of anything: there are more ways to cover a text than anybody looks for.
    """

    kind: DocumentKind
    signers: tuple[SignerFound, ...] = ()

    answer: ClassVar[str] = "resaved"

    @property
    def sentence(self) -> str:
        """For a person."""
        told = (
            f"Por dentro se lee el mismo texto que en {_name(self.kind)} que se emitió, pero es otro archivo: lo "
            "guardó otro programa, y puede verse distinto. No sirve de prueba: pida el archivo que se emitió."
        )
        if not self.signers:
            return told
        return f"{told} Está firmado, pero lo que se firmó es este otro archivo y no el que se emitió."


@dataclass(frozen=True, slots=True)
class Altered:
    """A file made of the issued one that says something else, or to which something was done.

    `reason` is a Spanish sentence where there is more to say than the differences; `is_cut` when there are more of them
    than were kept.
    """

    kind: DocumentKind
    differences: tuple[Difference, ...]
    reason: str = ""
    is_cut: bool = False

    answer: ClassVar[str] = "altered"

    @property
    def sentence(self) -> str:
        """For a person."""
        told = f"No es {_name(self.kind)} que se emitió: está alterado."
        if self.reason:
            return f"{told} {self.reason}"
        number = len(self.differences)
        more = "más de " if self.is_cut else ""
        return f"{told} Cambió en {more}{number} {'lugar' if number == 1 else 'lugares'}."


@dataclass(frozen=True, slots=True)
class NotOurs:
    """A file that has nothing to do with the report, or that cannot be looked into; `reason` is a Spanish sentence.

    `is_beside_report`: it was held against a report, and is not only unknown.
    """

    reason: str
    is_beside_report: bool = True

    answer: ClassVar[str] = "not_ours"

    @property
    def sentence(self) -> str:
        """For a person."""
        whose = "de este informe" if self.is_beside_report else "que se haya emitido"
        return f"No se reconoce como un documento {whose}. {self.reason}"


@dataclass(frozen=True, slots=True)
class Scanned:
    """The picture of a paper that was signed by hand, kept on the word of whoever brought it."""

    answer: ClassVar[str] = "scanned"

    @property
    def sentence(self) -> str:
        """For a person."""
        return "Es un escaneo de la copia firmada a mano: Folio la conserva, pero no se puede comprobar."


Verdict = AsIssued | Signed | Resaved | Altered | NotOurs | Scanned
ANSWERS: Final = tuple(each.answer for each in (AsIssued, Signed, Resaved, Altered, NotOurs, Scanned))


def is_evidence(verdict: Verdict) -> bool:
    """Whether a file is worth keeping as the signed copy of its report."""
    match verdict:
        case Signed() | Scanned():
            return not isinstance(verdict, Signed) or verdict.is_sound
        case _:
            return False


def verdict_to_json(verdict: Verdict) -> dict[str, Any]:
    """As it is kept and shown: the same fields whatever the answer, empty where there is nothing to say."""
    kind = getattr(verdict, "kind", None)
    return {
        "answer": verdict.answer,
        "kind": kind.value if kind else None,
        "sentence": verdict.sentence,
        "reason": getattr(verdict, "reason", ""),
        "signers": [
            {
                "name": each.name,
                "signed_at": each.signed_at.isoformat() if each.signed_at else None,
                "is_sound": each.is_sound,
                "note": each.note,
            }
            for each in getattr(verdict, "signers", ())
        ],
        "differences": [
            {"place": each.place, "expected": each.expected, "found": each.found}
            for each in getattr(verdict, "differences", ())
        ],
        "is_cut": getattr(verdict, "is_cut", False),
    }


def verdict_from_json(data: dict[str, Any]) -> Verdict:
    """The inverse of `verdict_to_json`.

    Raises:
        ValueError: no such answer.
    """
    signers = tuple(
        SignerFound(
            each["name"],
            dt.datetime.fromisoformat(each["signed_at"]) if each["signed_at"] else None,
            each["is_sound"],
            each["note"],
        )
        for each in data["signers"]
    )
    match data["answer"]:
        case AsIssued.answer:
            return AsIssued(DocumentKind(data["kind"]))
        case Signed.answer:
            return Signed(DocumentKind(data["kind"]), signers)
        case Resaved.answer:
            return Resaved(DocumentKind(data["kind"]), signers)
        case Altered.answer:
            differences = tuple(Difference(**each) for each in data["differences"])
            return Altered(DocumentKind(data["kind"]), differences, data["reason"], data["is_cut"])
        case NotOurs.answer:
            return NotOurs(data["reason"])
        case Scanned.answer:
            return Scanned()
        case unknown:
            raise ValueError(f"no verdict is called {unknown!r}")


def _name(kind: DocumentKind) -> str:
    return _NAMES[kind]
