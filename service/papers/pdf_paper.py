"""A PDF -> what it is beside the PDF that was issued: signed, saved anew, or altered.

A signature adds to the end of a file and leaves the rest as it was (ISO 32000-1, 12.8), so that a signed PDF begins
with the issued bytes; what was added is let be only when it signs. Texts are compared where the bytes are not the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from typing import Final, TypeVar

import pypdfium2
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.general import SigningError
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from service.domain.proof import Difference
from service.papers.pdf_marks import covered_page, has_strange_marks
from service.papers.signers import DOUBTFUL, SOUND, common_name
from service.papers.texts import MOST_DIFFERENCES, Unreadable, line_differences, plain
from service.papers.verdicts import Altered, IssuedFile, NotOurs, Resaved, Signed, SignerFound, Verdict

T = TypeVar("T")

# Whatever an odd file makes these libraries stumble over; what they cannot read proves nothing.
_STUMBLES: Final = (PdfError, SignatureValidationError, SigningError, ValueError, TypeError, KeyError, IndexError,
                    AttributeError, NotImplementedError, RecursionError)  # fmt: skip
_AFTER: Final = "Lo alteraron después de la firma: a lo firmado le agregaron cambios que no son otra firma."
_BEFORE: Final = "Alguien lo cambió después de emitido, aunque lo que agregó esté firmado."
_UNSIGNED: Final = "Alguien le agregó contenido después de emitido, sin firmarlo."
_BROKEN: Final = "Tiene una firma que no corresponde a lo que dice: alguien lo cambió después de firmarlo."
_GARBLED: Final = "Alguien le agregó datos después de emitido, y no se dejan leer."
_MARKED: Final = "Tiene notas, sellos o dibujos puestos encima de sus páginas, que el documento emitido no tiene."
_OVER: Final = "Hay un sello de firma sobre el texto o las imágenes de la página {}, y puede mostrar otra cosa."
_LOOSE: Final = "Después de la última firma alguien agregó datos al archivo, y ninguna firma los cubre."
_DAMAGED_PAGE: Final = "El PDF está dañado: una de sus páginas no se puede leer."
_END: Final = b"%%EOF"
# Below this share of the issued words a PDF is another one.
_KINSHIP: Final = 0.2
_SOFT_HYPHEN: Final = "￾"


def check_pdf(content: bytes, issued: IssuedFile) -> Verdict:
    """What a PDF is beside the issued one; it is not the same, byte for byte.

    Raises:
        Unreadable: it is damaged, or locked with a password.
    """
    if not content.startswith(issued.content):
        return _compared(content, issued)
    try:
        return _continued(content, issued)
    except _STUMBLES:
        return Altered(issued.kind, _differences(content, issued), _GARBLED)


def pdf_text(content: bytes, most_pages: int = 100) -> str:
    """The text of the first pages.

    Raises:
        Unreadable: it is damaged, or locked with a password.
    """
    return "\n".join(_pages(content, most_pages))


def _continued(content: bytes, issued: IssuedFile) -> Verdict:
    """The issued bytes, and something after them."""
    reader = PdfFileReader(BytesIO(content))
    signatures = [(each, _status(each)) for each in reader.embedded_regular_signatures]
    if any(not status.intact for _, status in signatures):
        return Altered(issued.kind, _differences(content, issued), _BROKEN)
    # What each signature says of itself tells nothing of what was done between the issue and the first of them.
    review = DEFAULT_DIFF_POLICY.review_file(reader, _issued_revision(reader, issued))
    if isinstance(review, SuspiciousModification) or review.modification_level > ModificationLevel.FORM_FILLING:
        is_after = any(status.modification_level is ModificationLevel.OTHER for _, status in signatures)
        reason = _AFTER if is_after else _BEFORE if signatures else _UNSIGNED
        return Altered(issued.kind, _differences(content, issued), reason)
    if not signatures:
        return _compared(content, issued)
    if reason := _doubt(content, issued, signatures[-1]):
        return Altered(issued.kind, _differences(content, issued), reason)
    return Signed(issued.kind, tuple(_signer(*each) for each in signatures))


def _doubt(content: bytes, issued: IssuedFile, last: tuple[EmbeddedPdfSignature, PdfSignatureStatus]) -> str:
    """Why a file whose signatures hold may show something else than what was issued; empty when it may not."""
    # Two readers of one file may not agree: what one takes for the issued pages, the other may not show.
    if _words(_pages(content)) != _words(_pages(issued.content)):
        return _BEFORE
    if page := _beside(content, issued, covered_page):
        return _OVER.format(page)
    return "" if _is_covered(content, last) else _LOOSE


def _beside(content: bytes, issued: IssuedFile, ask: Callable[[pypdfium2.PdfDocument, pypdfium2.PdfDocument], T]) -> T:
    """What `ask` answers of the paper and the issued document."""
    paper, ours = _opened(content), _opened(issued.content)
    try:
        return ask(paper, ours)
    except pypdfium2.PdfiumError as error:
        raise Unreadable(_DAMAGED_PAGE) from error
    finally:
        paper.close()
        ours.close()


def _is_covered(content: bytes, last: tuple[EmbeddedPdfSignature, PdfSignatureStatus]) -> bool:
    """Whether the last signature covers the file to its end, but for what keeps it valid in years to come."""
    signature, status = last
    signed = signature.byte_range
    if not content[signed[-2] + signed[-1] :].strip():
        return True
    is_for_good = status.modification_level is ModificationLevel.LTA_UPDATES
    return is_for_good and not content[content.rindex(_END) + len(_END) :].strip()


def _issued_revision(reader: PdfFileReader, issued: IssuedFile) -> HistoricalResolver:
    """The issued document within the file, with what the first to sign has to write into its form.

    Without a form it gets an empty one; that there are signatures (SigFlags, which show nothing) is said beforehand.
    """
    revision = reader.get_historical_resolver(PdfFileReader(BytesIO(issued.content)).xrefs.total_revisions - 1)
    no_fields = generic.DictionaryObject({pdf_name("/Fields"): generic.ArrayObject()})
    form = revision.root.setdefault(pdf_name("/AcroForm"), no_fields).get_object()
    flags = reader.root["/AcroForm"].get("/SigFlags") if "/AcroForm" in reader.root else None
    if flags is not None:
        form[pdf_name("/SigFlags")] = flags
    return revision


def _status(signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
    return validate_pdf_signature(signature, ValidationContext(allow_fetching=False, trust_roots=[]))


def _signer(signature: EmbeddedPdfSignature, status: PdfSignatureStatus) -> SignerFound:
    is_sound = status.intact and status.valid
    name = common_name(signature.signer_cert.dump())
    return SignerFound(name, signature.self_reported_timestamp, is_sound, SOUND if is_sound else DOUBTFUL)


def _compared(content: bytes, issued: IssuedFile) -> Verdict:
    """Other bytes: the same texts, other texts, or another document."""
    ours, theirs = _pages(issued.content), _pages(content, _count(issued.content) + 1)
    if _words(ours) == _words(theirs):
        return (
            Altered(issued.kind, (), _MARKED) if _beside(content, issued, has_strange_marks) else Resaved(issued.kind)
        )
    mine, others = (Counter(plain(" ".join(pages)).split()) for pages in (ours, theirs))
    if (mine & others).total() < _KINSHIP * mine.total():
        return NotOurs("Es un PDF, pero su texto es otro.")
    return Altered(issued.kind, _differences(content, issued))


def _differences(content: bytes, issued: IssuedFile) -> tuple[Difference, ...]:
    """Where the texts of two PDFs part, line by line of each page."""
    try:
        ours, count = _pages(issued.content), _count(content)
        theirs = _pages(content, len(ours))
    except Unreadable:
        return ()
    found = [] if count == len(ours) else [Difference("número de páginas", str(len(ours)), str(count))]
    for number, (before, after) in enumerate(zip(ours, theirs, strict=False), start=1):
        lines = ([line for raw in page.splitlines() if (line := plain(raw))] for page in (before, after))
        found += line_differences(f"página {number}", *lines)
    return tuple(found[:MOST_DIFFERENCES])


def _words(pages: list[str]) -> str:
    return "".join("".join(pages).split())


def _count(content: bytes) -> int:
    document = _opened(content)
    try:
        return len(document)
    finally:
        document.close()


def _pages(content: bytes, most: int = 5_000) -> list[str]:
    """The text of each page; a file may lie about how many it has."""
    document = _opened(content)
    try:
        texts = []
        for number in range(min(len(document), most)):
            try:
                texts.append(document[number].get_textpage().get_text_range().replace(_SOFT_HYPHEN, "-"))
            except pypdfium2.PdfiumError as error:
                raise Unreadable(_DAMAGED_PAGE) from error
        return texts
    finally:
        document.close()


def _opened(content: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if re.search("password", str(error), re.IGNORECASE):
            raise Unreadable("El PDF está protegido con contraseña y no se puede revisar por dentro.") from error
        raise Unreadable("El archivo dice ser un PDF, pero está dañado y no se puede leer.") from error
