"""An HTTP request -> the upload and what was said beside it, or a Problem that names every field at fault.

Nothing here opens the workbook: that is the reading room's, in a process that can be killed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from io import SEEK_END
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Final, TypeVar

from flask import Request
from werkzeug.datastructures import FileStorage

from service.domain.reading import Given
from service.domain.reports import DocumentKind
from service.domain.succession import Step
from service.domain.values import Quarter, VersionNumber
from service.said import NotUnderstood, acceptances_of, corrections_of, mapping_of
from service.sheets.isolated import LARGE_BYTES
from service.store import SOMEBODY, Upload
from service.web.asker import name_of_asker
from service.web.limits import DROPPED_BYTES, FILENAME_LENGTH, KEY_HEADER, KEY_PATTERN, YEARS
from service.web.problems import FieldError, Problem, ProblemType, invalid_request
from service.web.progress import receiving
from service.web.turns import wait_for_turn
from service.web.wording import joined

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Said = TypeVar("Said")

PACKAGE_OF_DRAFT: Final = "Un borrador no se publica: emita el informe y con él se hace el paquete («package»)."

_CHUNK_BYTES: Final = 64 * 1024
_SHOWN: Final = 80
# What Windows takes for a device, whatever ending follows.
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|$)", re.IGNORECASE)
_NOT_IN_A_FILENAME: Final = re.compile(r'[<>:"|?*\s]+')


class HashingBuffer(SpooledTemporaryFile[bytes]):
    """Keeps the bytes written to it and their SHA-256, so that an upload is read once.

    A large one is kept in a file without a name until it is worked on. `on_size` hears how many bytes there are by now.
    """

    def __init__(self, on_size: Callable[[int], None]) -> None:
        super().__init__(max_size=LARGE_BYTES)
        self._digest = hashlib.sha256()
        self._on_size = on_size

    def write(self, data: ReadableBuffer, /) -> int:
        """Append; the parser of multipart only ever appends."""
        self._digest.update(data)
        written = super().write(data)
        self._on_size(self.tell())
        return written

    def getvalue(self) -> bytes:
        """All that was written; a large upload waits for its turn before that."""
        wait_for_turn(self.size)
        self.seek(0)
        return self.read()

    @property
    def size(self) -> int:
        """How many bytes were written so far."""
        return self.seek(0, SEEK_END)

    @property
    def sha256(self) -> str:
        """Hex digest of everything written so far."""
        return self._digest.hexdigest()


class FolioRequest(Request):
    """A request whose uploaded files are hashed while they arrive."""

    def _get_file_stream(self, total_content_length: int | None, *_names: object, **_more: object) -> IO[bytes]:
        return HashingBuffer(receiving(total_content_length))


@dataclass(frozen=True, slots=True)
class Received:
    """A request for a report, understood but not yet read: the workbook may still be anything.

    `kinds` are the documents that were named, none where the usual ones will do. `may_be_draft`: keep it although
    errors remain. `step` is what the person says that it is, `by` who they are. `is_afresh`: forget what was
    said of earlier workbooks with the same headers. `is_looked_at`: a person waits to see it as it
    prints.
    """

    upload: Upload
    given: Given
    kinds: tuple[DocumentKind, ...]
    may_be_draft: bool
    idempotency_key: str | None
    step: Step | None = None
    by: str = SOMEBODY
    is_afresh: bool = False
    is_looked_at: bool = False


def receive(request: Request, *, max_upload_bytes: int, received_at: dt.datetime) -> Received | Problem:
    """Take the upload and its fields out of a multipart request.

    Args:
        request: `workbook` (the file), `year`, `quarter`, `version`, `kinds`, `mapping`, `accepted`, `corrections`,
            `draft`, `afresh`, `step`, `by`, header `Idempotency-Key`; fields that are not known are ignored.
        max_upload_bytes: the most that the workbook may weigh.
        received_at: the instant to remember, aware UTC.

    Returns:
        What was asked, or one Problem with every field that cannot be used.
    """
    errors: list[FieldError] = []
    file = _workbook(request, errors)
    given = Given(
        year=_year(request, errors),
        quarter=_quarter(request, errors),
        version=_version(request, errors),
        mapping=_said(request, errors, "mapping", mapping_of),
        accepted=_said(request, errors, "accepted", acceptances_of),
        corrections=_said(request, errors, "corrections", corrections_of),
    )
    kinds = _kinds(request, errors)
    may_be_draft = _truth(request, errors, "draft", "Si puede guardarse como borrador")
    is_afresh = _truth(request, errors, "afresh", "Si se olvida lo indicado antes sobre las columnas")
    key = _key(request, errors)
    step = _step(request, errors)
    by = who_in(_text(request, "by"), errors)
    if file is None or errors:
        return invalid_request(tuple(errors))
    content = file.getvalue()
    if len(content) > max_upload_bytes:
        return too_large(max_upload_bytes)
    name = clean_filename(request.files["workbook"].filename or "")
    return Received(
        Upload(name, content, file.sha256, received_at), given, kinds, may_be_draft, key, step, by, is_afresh
    )


def who_in(said: str, errors: list[FieldError]) -> str:
    """`name_of_asker`, on whose behalf a program says that it asks; what is wrong with that joins the errors."""
    try:
        return name_of_asker(said)
    except NotUnderstood as reason:
        errors.append(FieldError("by", "", str(reason)))
        return ""


def too_large(max_upload_bytes: int) -> Problem:
    """The refusal of an upload that weighs more than is admitted."""
    return Problem(
        ProblemType.TOO_LARGE,
        f"El libro puede pesar hasta {max_upload_bytes // (1024 * 1024)} MB. Quite imágenes u hojas que no hagan parte "
        "del plan, guárdelo y súbalo de nuevo.",
    )


def drop_rest(request: Request) -> None:
    """Let a refused upload arrive, within reason, so that its sender comes to read why it was refused."""
    if not request.environ.get("wsgi.input_terminated"):
        # The server does not say where the body ends: reading on could wait for ever.
        return
    left = DROPPED_BYTES
    while left > 0 and (dropped := request.environ["wsgi.input"].read(_CHUNK_BYTES)):
        left -= len(dropped)


def clean_filename(raw: str) -> str:
    """A user's file name made harmless: no folder, control, bidi mark or line break, no device, at most 120 characters.

    The ending stays where it was, so that the name still says what the file is.
    """
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rsplit("/", 1)[-1]
    # Category C: controls, format characters (bidi among them), lone surrogates, unassigned.
    name = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in name)
    name = _NOT_IN_A_FILENAME.sub(" ", name).strip(" .")
    if _DEVICE.match(name):
        name = f"_{name}"
    stem, dot, ending = name.rpartition(".")
    if len(name) > FILENAME_LENGTH:
        name = f"{stem[: FILENAME_LENGTH - 1 - len(ending)]}{dot}{ending}"[:FILENAME_LENGTH]
    return name or "libro.xlsx"


def _workbook(request: Request, errors: list[FieldError]) -> HashingBuffer | None:
    chosen = [file for file in request.files.getlist("workbook") if file.filename]
    match chosen:
        case [FileStorage(stream=HashingBuffer() as stream)]:
            return stream
        case []:
            message = "Falta el libro de Excel: elija el archivo .xlsx con el plan."
        case _:
            message = "Llegaron varios archivos: envíe un solo libro a la vez."
    errors.append(FieldError("workbook", "", message))
    return None


def _text(request: Request, field: str) -> str:
    return request.form.get(field, "").strip()


def _refuse(errors: list[FieldError], field: str, value: str, reason: str) -> None:
    shown = value if len(value) <= _SHOWN else f"{value[: _SHOWN - 1]}…"
    errors.append(FieldError(field, shown, reason.format(shown)))


def _year(request: Request, errors: list[FieldError]) -> int | None:
    text = _text(request, "year")
    if not text:
        return None
    if re.fullmatch("[0-9]{4}", text) and int(text) in YEARS:
        return int(text)
    _refuse(errors, "year", text, f"El año «{{}}» no sirve: escriba cuatro cifras, entre {YEARS[0]} y {YEARS[-1]}.")
    return None


def _quarter(request: Request, errors: list[FieldError]) -> int | None:
    text = _text(request, "quarter")
    if not text:
        return None
    number = Quarter.number_from(text)
    if number is None:
        _refuse(errors, "quarter", text, "El trimestre «{}» no existe: elija I, II, III o IV.")
    return number


def _version(request: Request, errors: list[FieldError]) -> VersionNumber | None:
    text = _text(request, "version")
    if not text:
        return None
    version = VersionNumber.parse(text)
    if version is None:
        _refuse(
            errors, "version", text, "La versión «{}» no sirve: escriba dos números separados por un punto, como 2.0."
        )
    return version


def _kinds(request: Request, errors: list[FieldError]) -> tuple[DocumentKind, ...]:
    asked = {kind.strip() for value in request.form.getlist("kinds") for kind in value.split(",")} - {""}
    known = {kind.value for kind in DocumentKind}
    for unknown in sorted(asked - known):
        _refuse(errors, "kinds", unknown, f"Folio no escribe documentos «{{}}»: elija entre {joined(sorted(known))}.")
    if DocumentKind.PACKAGE in asked:
        errors.append(FieldError("kinds", DocumentKind.PACKAGE.value, PACKAGE_OF_DRAFT))
    return tuple(kind for kind in DocumentKind if kind.value in asked)


def _said(
    request: Request, errors: list[FieldError], field: str, understand: Callable[[str], tuple[Said, ...]]
) -> tuple[Said, ...]:
    text = _text(request, field)
    if not text:
        return ()
    try:
        return understand(text)
    except NotUnderstood as reason:
        _refuse(errors, field, text, str(reason).replace("{", "{{").replace("}", "}}"))
        return ()


def _truth(request: Request, errors: list[FieldError], field: str, asked: str) -> bool:
    text = _text(request, field)
    if text.lower() not in {"", "true", "false"}:
        _refuse(errors, field, text, f"{asked} se dice con true o false, no con «{{}}».")
    return text.lower() == "true"


def _step(request: Request, errors: list[FieldError]) -> Step | None:
    text = _text(request, "step")
    if not text or text in set(Step):
        return Step(text) if text else None
    _refuse(errors, "step", text, f"«{{}}» no es nada de lo que un libro puede ser: elija entre {joined(list(Step))}.")
    return None


def _key(request: Request, errors: list[FieldError]) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is None or re.fullmatch(KEY_PATTERN, key):
        return key
    _refuse(
        errors,
        KEY_HEADER,
        key,
        "La clave de Idempotency-Key no sirve: use de 1 a 200 letras, cifras o signos, sin espacios ni tildes.",
    )
    return None
