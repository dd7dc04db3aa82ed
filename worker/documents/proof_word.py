"""A finished Word file, the office's template and the report -> the proof that the file tells the report, all of it.

The template says what stands where; the values come from the report. What must be read is put together as text with
marks for rows and cells (`proof_word_text`), and so is what is read in the file: equal texts are the proof, and only
where they differ is it looked at closely. Nothing here comes from the code that writes documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from service.domain.proof import Difference, Proof
from service.domain.reports import Report
from worker.documents.proof_alignment import Fate, align
from worker.documents.proof_package import NotSound, Package, parse
from worker.documents.proof_properties import compare_identifier, compare_properties, tagged_properties
from worker.documents.proof_result import Findings, action_place
from worker.documents.proof_template import Names, Stretch, TextTemplate
from worker.documents.proof_values import (
    ACTIONS,
    all_shown,
    approval_values,
    change_values,
    plan_values,
    seal_values,
    shown_actions,
)
from worker.documents.proof_word_around import UNFINISHED, Around, compare_around, compare_lines, place_of, small_part
from worker.documents.proof_word_frame import (
    SIGNATURES,
    compare_lines_to_sign,
    with_block,
)
from worker.documents.proof_word_pages import DOCUMENT, sections_of
from worker.documents.proof_word_rows import Proved, prove_rows
from worker.documents.proof_word_text import (
    HIDDEN_MARK,
    UNFINISHED_MARK,
    W,
    cell_count,
    cells,
    letter_count,
    letters,
    marked_text,
    paragraphs,
    units,
)

_AROUND: Final = ("word/header", "word/footer")
_TELLING: Final = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_LEFT_OVER: Final = re.compile(r"\b[xX]{3,}\b")
_LOCKS: Final = ("documentProtection", "writeProtection")
# What stands between braces in a row, paragraph or cell that gives way to its instruction, and the element it empties.
_EMPTIED: Final = tuple(
    re.compile(
        f"\r{opens}(?:(?!\r[{opens}{closes}]).)*(\\{{[%{{]-?){word} (.*?[%}}]\\}})(?:(?!\r{closes}).)*\r{closes}",
        re.DOTALL,
    )
    for word, opens, closes in (("tr", "R", "r"), ("tc", "C", "c"), ("p", "P", "p"))
)
_JOINS_BEFORE: Final = re.compile(r"(?:\r[pP])+(?=\{%-)")
_JOINS_BEHIND: Final = re.compile(r"(?<=-%\})(?:\r[pP])+")
_RUN_TAG: Final = re.compile(r"(\{[%{])r ")
_TAG: Final = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_CHANGES: Final = "control_de_cambios"


@dataclass(frozen=True, slots=True)
class _Measure:
    """A Word template as it must be read in a document: the text of each part that tells something, and its frame."""

    parts: dict[str, TextTemplate]
    properties: dict[str, TextTemplate]
    around: Around
    left_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A row, or a paragraph outside tables, that must stand in the document, and whose it is."""

    turn: tuple[str, int] | None
    marked: str


def prove_word(content: bytes, template: bytes, report: Report) -> Proof:
    """Hold a finished Word file against its report.

    Args:
        content: the file.
        template: the office's template that it was made of.
        report: what it must tell, and whether as a draft.

    Raises:
        TemplateProblem: the template has a tag that cannot be read here.
    """
    findings = Findings()
    measure = _measured(template)
    names = names_of(report)
    around = {part: text.told(names) for part, text in measure.parts.items() if part != DOCUMENT}
    body = measure.parts[DOCUMENT]
    try:
        package = Package(content)
        turns = body.turns(ACTIONS, names)
        proved = prove_rows(package, DOCUMENT, turns, report) if turns else None
        if proved is None or not _is_told(package, proved, measure, report):
            _compare_document(package, body.told(names), measure, report, findings)
        else:
            _count(proved, findings)
        for part, stretches in around.items():
            if not part.startswith(_AROUND):
                _compare_part(package, part, stretches, findings)
        compare_around(package, measure.around, around, report, findings)
        _compare_frame(package, measure, report, findings)
    except NotSound as problem:
        findings = Findings()
        count_cells(body.told(names), findings)
        findings.refuse("un documento de Word sano", str(problem))
    return findings.proof()


def _is_told(package: Package, proved: Proved, measure: _Measure, report: Report) -> bool:
    """Whether what is left, once the rows of the actions are proved, reads as it must: then it is all there is."""
    found = marked_text(proved.xml)
    expected = with_block(proved.expected, found, report, tells_approval="aprobacion" in measure.around.tells)
    is_told = found == "".join([stretch.text for stretch in expected])
    package.put(DOCUMENT, proved.xml if is_told else None)
    return is_told


def _count(proved: Proved, findings: Findings) -> None:
    for place, cells_of_action in proved.cells.items():
        findings.count(place, cells_of_action)
    findings.count_letters(proved.letters)


def names_of(report: Report) -> Names:
    """What a Word template may name, as printed."""
    return {
        "plan": all_shown(plan_values(report)),
        "aprobacion": all_shown(approval_values(report)),
        "sello": all_shown(seal_values(report)),
        ACTIONS: shown_actions(report),
        _CHANGES: [all_shown(change) for change in change_values(report)],
    }


def told_by(template: bytes, report: Report) -> dict[str, tuple[Stretch, ...]]:
    """The marked text that each part of a document made of this template must hold."""
    names = names_of(report)
    return {part: text.told(names) for part, text in _measured(template).parts.items()}


def around_of(template: bytes) -> Around:
    """What stands above and below a template's pages."""
    return _measured(template).around


def units_of(stretches: tuple[Stretch, ...]) -> list[tuple[tuple[str, int] | None, str]]:
    """The rows and paragraphs of a part, each with the item that it tells: its list and its place in it, from 0."""
    whole = "".join(stretch.text for stretch in stretches)
    ends: list[tuple[int, tuple[str, int] | None]] = []
    done = 0
    for stretch in stretches:
        done += len(stretch.text)
        ends.append((done, stretch.turn))
    told = []
    place = at = 0
    for unit in units(whole):
        at = whole.index(unit, at) + len(unit)
        while ends[place][0] < at:
            place += 1
        told.append((ends[place][1], unit))
    return told


@lru_cache(maxsize=8)
def _measured(template: bytes) -> _Measure:
    package = Package(template)
    parts, literal = {}, []
    tells: set[str] = set()
    for name in package.names:
        if _TELLING.fullmatch(name):
            source = _with_plain_tags(_TAG.sub(_seen, marked_text(package.read(name))))
            literal.append(re.sub(r"\{[{%].*?[%}]\}", " ", letters(source), flags=re.DOTALL))
            parts[name] = TextTemplate(source)
            tells |= {holder for holder in ("sello", "aprobacion") if f"{holder}." in source}
    left_over = tuple(_LEFT_OVER.findall(" ".join(literal)))
    return _Measure(parts, tagged_properties(package), Around(sections_of(package), frozenset(tells)), left_over)


def _seen(tag: re.Match[str]) -> str:
    """A tag in several runs, whatever its letters look like."""
    return tag[0].replace(HIDDEN_MARK, "")


def _with_plain_tags(marked: str) -> str:
    """Instructions for a whole row, cell or paragraph take its place."""
    for emptied in _EMPTIED:
        marked = emptied.sub(r"\1 \2", marked)
    return _JOINS_BEHIND.sub("", _JOINS_BEFORE.sub("", _RUN_TAG.sub(r"\1 ", marked)))


def count_cells(stretches: tuple[Stretch, ...], findings: Findings) -> None:
    """Note how many actions, cells and characters the document must hold."""
    told = [stretch for stretch in stretches if stretch.turn and stretch.turn[0] == ACTIONS]
    for stretch in told:
        findings.count(stretch.turn[1] if stretch.turn else 0, cell_count(stretch.text))
    findings.count_letters(letter_count("".join([stretch.text for stretch in told])))


def _compare_document(
    package: Package, stretches: tuple[Stretch, ...], measure: _Measure, report: Report, findings: Findings
) -> None:
    """The body; `stretches` are what the template asks for, its block of signatures apart."""
    count_cells(stretches, findings)
    found = marked_text(package.read(DOCUMENT))
    if UNFINISHED_MARK in found:
        findings.tell(place_of(DOCUMENT), *UNFINISHED)
    stretches = with_block(stretches, found, report, tells_approval="aprobacion" in measure.around.tells)
    if found != "".join([stretch.text for stretch in stretches]):
        _look_closely(stretches, found, report, findings)


def _compare_part(package: Package, part: str, stretches: tuple[Stretch, ...], findings: Findings) -> None:
    found = small_part(package.read(part))
    if UNFINISHED_MARK in found:
        findings.tell(place_of(part), *UNFINISHED)
    expected = paragraphs("".join([stretch.text for stretch in stretches]))
    compare_lines(place_of(part), expected, paragraphs(found), findings)


def _look_closely(stretches: tuple[Stretch, ...], found: str, report: Report, findings: Findings) -> None:
    expected = [Unit(turn, unit) for turn, unit in units_of(stretches)]
    texts, read = [unit.marked for unit in expected], units(found)
    before = len(findings.differences)
    places = Places(report, expected)
    for mismatch in align(texts, read):
        at, place = mismatch.expected, places.of_unit(mismatch.expected)
        match mismatch.fate:
            case Fate.CHANGED:
                _compare_unit(at, expected[at], read[mismatch.found], places, findings)
            case Fate.MISSING:
                _miss_unit(at, expected[at], "", places, findings)
            case Fate.MOVED:
                _miss_unit(at, expected[at], "está en otro lugar", places, findings)
            case Fate.REPEATED:
                findings.tell(place, "una sola vez", "está repetida")
            case Fate.ADDED:
                findings.tell(f"después de {place}", "nada más", letters(read[mismatch.found]))
    if len(findings.differences) == before:
        findings.tell("documento", "la misma estructura de la plantilla", "otra")


class Places:
    """How a person finds a row or a cell of the document."""

    def __init__(self, report: Report, expected: list[Unit]) -> None:
        self._report = report
        self._expected = expected

    def of_unit(self, at: int) -> str:
        """Of a row, or a paragraph between tables: "acción 3"."""
        return self._name(self._expected[at], at)

    def of_cell(self, at: int, column: int) -> str:
        """Of a cell, counted from 0: "acción 3, columna META"."""
        unit = self._expected[at]
        if unit.marked.startswith("\rP") or (unit.turn and unit.turn[0] == SIGNATURES):
            return self._name(unit, at)
        label = self._label(at, column)
        return f"{self._name(unit, at)}, columna {label or column + 1}"

    def _name(self, unit: Unit, at: int) -> str:
        if unit.turn and unit.turn[0] == ACTIONS:
            return action_place(self._report, unit.turn[1])
        if unit.turn and unit.turn[0] == SIGNATURES:
            return "bloque de firmas"
        if unit.turn:
            return f"control de cambios, fila {unit.turn[1] + 1}"
        if unit.marked.startswith("\rP"):
            return f"párrafo «{letters(unit.marked)[:40]}»"
        if unit.marked.startswith("\rRH"):
            return "encabezado de la tabla"
        return f"fila «{letters(unit.marked)[:40]}», la {at + 1} del documento"

    def _label(self, at: int, column: int) -> str:
        """The header over a cell: the lowest row of headers that says something there."""
        left = sum(span for span, _ in cells(self._expected[at].marked)[:column])
        for unit in reversed(self._expected[: at + (0 if self._expected[at].turn else 1)]):
            if not unit.marked.startswith("\rR"):
                break
            if unit.turn or not unit.marked.startswith("\rRH"):
                continue
            edge = 0
            for span, text in cells(unit.marked):
                if edge <= left < edge + span and letters(text):
                    return letters(text)
                edge += span
        return ""


def _compare_unit(at: int, expected: Unit, found: str, places: Places, findings: Findings) -> None:
    wanted, read = cells(expected.marked), cells(found)
    if len(wanted) != len(read):
        _miss_unit(at, expected, letters(found), places, findings)
        return
    if [text for _, text in wanted] == [text for _, text in read]:
        findings.tell(places.of_unit(at), *_repetition(expected.marked, found))
        return
    for column, ((_, text), (_, one)) in enumerate(zip(wanted, read, strict=True)):
        if text == one:
            continue
        told, heard = letters(text), letters(one)
        if told == heard and HIDDEN_MARK in one:
            heard = "está oculto, en blanco o en letra diminuta"
        elif told == heard:
            told, heard = (each.replace("\r", "¶") for each in (text, one))
        _note(expected, Difference(places.of_cell(at, column), told, heard), findings)


def _repetition(expected: str, found: str) -> tuple[str, str]:
    if HIDDEN_MARK in found and HIDDEN_MARK not in expected:
        return "una fila tan alta como lo que dice", "una fila de altura fija, que lo puede cortar"
    repeats, plain = "una fila que se repite en cada página", "una fila que no se repite"
    is_header, is_read_header = expected.startswith("\rRH"), found.startswith("\rRH")
    return (repeats if is_header else plain, repeats if is_read_header else plain)


def _note(expected: Unit, difference: Difference, findings: Findings, count: int = 1) -> None:
    if expected.turn and expected.turn[0] == ACTIONS:
        findings.miss(expected.turn[1], difference, count)
    else:
        findings.differences.append(difference)


def _miss_unit(at: int, expected: Unit, found: str, places: Places, findings: Findings) -> None:
    difference = Difference(places.of_unit(at), letters(expected.marked), found)
    _note(expected, difference, findings, cell_count(expected.marked))


def _compare_frame(package: Package, measure: _Measure, report: Report, findings: Findings) -> None:
    """What stands around the text: headers in use, the mark of drafts, what no finished document holds."""
    for what in package.forbidden:
        findings.tell("el archivo entero", "un documento sin macros, objetos ni contraseña", what)
    if any("comments" in name for name in package.names):
        findings.tell("documento", "un texto sin comentarios", "quedan comentarios")
    settings = next((one.target for one in package.relations(DOCUMENT) if one.kind == "settings"), None)
    if settings and _is_locked(package.read(settings)):
        findings.tell("documento", "un documento que se puede abrir y firmar", "está protegido con contraseña")
    if measure.left_over and not report.is_draft:
        findings.tell("documento", "un texto sin espacios por llenar", ", ".join(measure.left_over))
    compare_lines_to_sign(package.read(DOCUMENT), report, findings)
    compare_properties(package, measure.properties, report, findings)
    if report.seal:
        compare_identifier(package, report.seal, findings)


@lru_cache(maxsize=16)
def _is_locked(settings: bytes) -> bool:
    return any(True for _ in parse(settings).iter(*(W + name for name in _LOCKS)))
