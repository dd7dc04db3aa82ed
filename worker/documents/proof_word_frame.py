"""What an office puts around its Word documents -> what must be read in the block of signatures and around the pages.

Told from the frame alone: the block is the last row of the table of actions, with a place to sign for each person; the
heads say whose the document is and which format it follows, the first of them leaves room for the radicado; the feet of
an issued document say its code and where that is checked.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from lxml import etree

from service.domain.frame import Frame, Role, Seal, Signer
from service.domain.reports import Report
from service.domain.values import printed_date
from worker.documents.proof_package import parse
from worker.documents.proof_result import Findings
from worker.documents.proof_template import Stretch
from worker.documents.proof_values import ACTIONS, approval_values, seal_values
from worker.documents.proof_word_text import W, namespaces, units

SIGNATURES: Final = "firmas"
ZONE: Final = "Espacio para el radicado"
_MOST_ABREAST: Final = 4
_LINE: Final = "{urn:schemas-microsoft-com:office:office}signatureline"
_OFF: Final = {"0", "false", "off"}
_PLACE: Final = "bloque de firmas"


def signers_of(frame: Frame) -> list[Signer]:
    """Who signs, in the order of what they did."""
    return sorted(frame.signers, key=lambda signer: list(Role).index(signer.role))


def with_block(
    stretches: tuple[Stretch, ...], found: str, report: Report, *, tells_approval: bool
) -> tuple[Stretch, ...]:
    """The marked text of a document with its block of signatures, laid out as it was `found`.

    How many places stand side by side is nobody's business as long as all are there in their order. `tells_approval`:
    the template has a place of its own for who approved, and the block says nothing of it.
    """
    frame = report.frame
    phrase = "" if tells_approval or frame.is_bare else str(approval_values(report)["frase"])
    if not frame.signers and not phrase:
        return stretches
    last = max((at for at, one in enumerate(stretches) if one.turn and one.turn[0] == ACTIONS), default=-1)
    if last < 0 or "\rR" not in stretches[last].text:
        end = Stretch((SIGNATURES, 0), _block(phrase, frame, found) + "\rP\rp")
        return (*stretches, end)
    behind, *others = stretches[last + 1 :]
    # The office's own rows under the actions come first.
    rows = "".join(_leading_rows(behind.text))
    block = Stretch((SIGNATURES, 0), _block(phrase, frame, found))
    rest = Stretch(behind.turn, behind.text[len(rows) :])
    return (*stretches[: last + 1], Stretch(behind.turn, rows), block, rest, *others)


def _leading_rows(marked: str) -> Iterator[str]:
    for unit in units(marked) if marked.startswith("\rR") else ():
        if not unit.startswith("\rR"):
            return
        yield unit


def _block(phrase: str, frame: Frame, found: str) -> str:
    texts = [_within(phrase, signers_of(frame), abreast) for abreast in range(1, _MOST_ABREAST + 1)]
    for text in texts:
        at = found.find(text)
        opened = re.search(r"\rR\rC\d*$", found[max(at - 12, 0) : at]) if at > 0 else None
        if opened:
            return f"{opened[0]}{text}"
    return f"\rR\rC{texts[-1]}"


def _within(phrase: str, signers: list[Signer], abreast: int) -> str:
    rows = math.ceil(len(signers) / abreast)
    abreast = math.ceil(len(signers) / rows) if rows else 1
    told = []
    for start in range(0, len(signers), abreast):
        cells = [
            f"\rC\rP{one.role.label}\rp\rP\rp\rP{one.printed_name}\rp\rP{one.printed_position}\rp\rc"
            for one in signers[start : start + abreast]
        ]
        told.append("\rR" + "".join([*cells, *["\rC\rP\rp\rc"] * (abreast - len(cells))]) + "\rr")
    return f"\rP{phrase}\rp{''.join(told)}\rP\rp\rc\rr"


def compare_lines_to_sign(content: bytes, report: Report, findings: Findings) -> None:
    """Note a signer without a signature line of their own, and a block that pages could part, or leave alone."""
    signers = signers_of(report.frame)
    if not signers:
        return
    xml = content.decode("utf-8")
    row, before = _last_rows(xml)
    read, is_whole, is_chained = _read(row, namespaces(xml)) if row else ((), True, True)
    wanted = tuple((signer.name, signer.printed_position) for signer in signers)
    if read != wanted:
        findings.tell(f"{_PLACE}, líneas de firma", *("; ".join(map(" ".join, lines)) for lines in (wanted, read)))
    if not is_whole:
        findings.remark("El bloque de firmas se puede partir entre dos páginas")
    # A row that pages may part is left to the end of the page: that it stays is seen in the PDF.
    if not (is_chained and (_is_kept(before, xml) or _may_be_parted(before, xml))):
        findings.remark("El bloque de firmas puede quedar solo en una página")


@lru_cache(maxsize=32)
def _read(row: str, space: str) -> tuple[tuple[tuple[str, str], ...], bool, bool]:
    """Name and position of each signature line, whether no page parts the rows, and whether they stay together.

    An office's block is the same from one report to the next.
    """
    (tree,) = parse(f"<w:folio {space}>{row}</w:folio>".encode())
    # The outermost cell holds all the others.
    _, *cells = (list(map(_plain, cell.iter(_LINE))) for cell in tree.iter(f"{W}tc"))
    lines = tuple(
        (ones[0].get("suggestedsigner", ""), ones[0].get("suggestedsigner2", "")) if len(ones) == 1 else ("", "")
        for ones in cells
        if ones
    )
    outer, *rows = tree.iter(f"{W}tr")
    is_whole = all(_is_on(one.find(f"{W}trPr/{W}cantSplit")) for one in (outer, *rows))
    chained = (paragraph for one in rows[:-1] for paragraph in one.iter(f"{W}p"))
    return lines, is_whole, all(map(_stays, chained))


def _is_kept(row: str, xml: str) -> bool:
    """Whether all of a row stays with the next; "" is none."""
    if row.count("<w:keepNext/>") == row.count("<w:p>") + row.count("<w:p "):
        return True
    (tree,) = parse(f"<w:folio {namespaces(xml)}>{row}</w:folio>".encode())
    return all(map(_stays, tree.iter(f"{W}p")))


def _may_be_parted(row: str, xml: str) -> bool:
    (tree,) = parse(f"<w:folio {namespaces(xml)}>{row}</w:folio>".encode())
    return not any(_is_on(one.find(f"{W}trPr/{W}cantSplit")) for one in tree.iter(f"{W}tr"))


def _stays(paragraph: etree._Element) -> bool:
    return _is_on(paragraph.find(f"{W}pPr/{W}keepNext"))


def _last_rows(xml: str) -> tuple[str, str]:
    """The row that holds the signature lines, and the one before it in its table; "" for one that there is not."""
    first, last = xml.find("issignatureline"), xml.rfind("issignatureline")
    start = _row_before(xml, xml.rfind("<w:tbl>", 0, first)) if first >= 0 else -1
    if start < 0:
        return "", ""
    end = xml.find("</w:tr>", xml.find("</w:tbl>", last)) + len("</w:tr>")
    above = _row_before(xml, start) if xml.endswith("</w:tr>", 0, start) else start
    return xml[start:end], xml[above:start]


def _row_before(xml: str, end: int) -> int:
    return max(xml.rfind(opening, 0, end) for opening in ("<w:tr>", "<w:tr "))


def _plain(line: etree._Element) -> dict[str, str]:
    attributes = {str(name).rpartition("}")[2]: str(value) for name, value in line.attrib.items()}
    return attributes if attributes.get("issignatureline") == "t" else {}


def _is_on(switch: etree._Element | None) -> bool:
    return switch is not None and switch.get(f"{W}val", "1") not in _OFF


def head_lines(frame: Frame) -> Iterator[str]:
    """What the frame says above every page, before the template's own: marked text, a line each."""
    box = frame.format_box
    yield frame.entity
    if box.is_empty:
        return
    yield box.process
    yield box.name
    yield f"CÓDIGO: {box.code}" if box.code else ""
    yield f"VERSIÓN: {box.version}" if box.version else ""
    yield f"VIGENCIA: {printed_date(box.valid_from)}" if box.valid_from else ""
    yield "PÁGINA \rF PAGE \rf1 DE \rF NUMPAGES \rf1"


def foot_lines(report: Report, seal: Seal) -> Iterator[str]:
    """What an issued document says below every page, before the template's own."""
    yield f"Código de verificación: {seal.code}"
    yield f"Verifique este documento en {seal_values(report)['direccion']}"
