"""What a person says beside the workbook, as text -> the mapping, acceptances and corrections that the reader takes.

The web and the terminal both ask here, so that a field has the same names at every door.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from service.domain.corrections import Correction
from service.domain.findings import CellRef, FindingCode
from service.domain.reading import Acceptance
from service.domain.values import PlainText, UnacceptableText

# The names that the official templates use, which planners see in templates_docx/README.md, first.
FIELDS: Final[Mapping[str, str]] = {
    "numero": "number",
    "accion": "action",
    "responsable": "lead",
    "indicador": "indicator",
    "unidad_de_medida": "unit",
    "meta": "target",
    "fecha_inicio": "starts_on",
    "fecha_fin": "ends_on",
    "seguimiento": "periodicity",
    "fuente_de_financiacion": "funding_source",
    "avance_cualitativo": "qualitative_progress",
}

# A code, the sheet and cell where a finding has them, and the reason; sheets may have signs in their names.
_ACCEPTANCE: Final = re.compile(
    r"(?P<code>\w+)(?::(?:(?P<sheet>[^!]+|.+?)!(?P<cell>[A-Za-z]{1,3}[0-9]{1,7})|(?P<whole_sheet>[^=]+)))?"
    r"\s*=(?P<reason>.*)",
    re.DOTALL,
)

_CORRECTION: Final = re.compile(r"(?P<sheet>[^!]+|.+?)!(?P<cell>[A-Za-z]{1,3}[0-9]{1,7})\s*=(?P<after>.*)", re.DOTALL)
_CELL: Final = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")

LONGEST_HEADER: Final = 1_000
LONGEST_REASON: Final = 1_000
MOST_COLUMNS: Final = 200
LONGEST_CELL: Final = 32_767
MOST_ACCEPTANCES: Final = 5_000
MOST_CORRECTIONS: Final = 5_000


class NotUnderstood(Exception):
    """What was said makes no sense; the message is a Spanish sentence for who said it."""


def mapping_of(text: str) -> tuple[tuple[str, str], ...]:
    """The pairs of a JSON object: a header or a column's letters, and the field ("" for none) under its English name.

    Raises:
        NotUnderstood: no such object, or a field that does not exist.
    """
    said = json_in(text)
    if not isinstance(said, dict) or not all(isinstance(field, str | None) for field in said.values()):
        raise NotUnderstood('Escriba un objeto JSON, como {"Dependencia": "responsable"}.')
    if len(said) > MOST_COLUMNS:
        raise NotUnderstood(f"Indique {MOST_COLUMNS} columnas como máximo.")
    return tuple(pair_of(header, field or "") for header, field in said.items())


def pair_in(text: str) -> tuple[str, str]:
    """The column and the field in "Dependencia=responsable"; a header may hold further equals signs.

    Raises:
        NotUnderstood: as `pair_of`, or there is no equals sign.
    """
    header, sign, field = text.rpartition("=")
    if not sign:
        raise NotUnderstood(
            f"«{text[:80]}» no dice qué columna es qué campo: escríbalo como «Dependencia=responsable»."
        )
    return pair_of(header, field)


def pair_of(header: str, field: str) -> tuple[str, str]:
    """One column and its field; Spanish and English names of the field are one.

    Raises:
        NotUnderstood: the header is empty or too long, or there is no such field.
    """
    header, name = header.strip(), field.strip().lower()
    if not 0 < len(header) <= LONGEST_HEADER:
        raise NotUnderstood("Escriba el encabezado de la columna, o su letra, delante del campo.")
    if name and name not in FIELDS and name not in FIELDS.values():
        raise NotUnderstood(f"«{field[:80]}» no es un campo del plan; los campos son {', '.join(FIELDS)}.")
    return header, FIELDS.get(name, name)


def acceptances_of(text: str) -> tuple[Acceptance, ...]:
    """The acceptances in a JSON list of `{code, sheet, cell, reason}`; sheet and cell as the finding gave them.

    Raises:
        NotUnderstood: no such list, a code that does not exist, or an acceptance without a reason.
    """
    said = json_in(text)
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise NotUnderstood(
            'Escriba una lista JSON, como [{"code": "ROW_002", "sheet": "Plan", "cell": "A9", "reason": "…"}].'
        )
    if len(said) > MOST_ACCEPTANCES:
        raise NotUnderstood(f"Acepte {MOST_ACCEPTANCES} hallazgos como máximo.")
    return tuple(_acceptance(each) for each in said)


def acceptance_in(text: str) -> Acceptance:
    """The acceptance in "ROW_002:Plan!A9=razón", "FILE_002=razón" or "TABLE_006:Plan=razón".

    Raises:
        NotUnderstood: as `acceptances_of`, or it is not written so.
    """
    found = _ACCEPTANCE.fullmatch(text.strip())
    if not found:
        raise NotUnderstood(
            f"«{text[:80]}» no dice qué se acepta y por qué: escríbalo como «ROW_002:Plan!A9=Lo aprobó el comité»."
        )
    said = found.groupdict(default="")
    return _acceptance({**said, "code": said["code"].upper(), "sheet": said["sheet"] or said["whole_sheet"]})


def corrections_of(text: str) -> tuple[Correction, ...]:
    """The corrections in a JSON list of `{sheet, cell, after, before}`; without `before` whatever the cell says.

    Raises:
        NotUnderstood: no such list, or what is to stand in a cell is no text that one can hold.
    """
    said = json_in(text)
    if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
        raise NotUnderstood('Escriba una lista JSON, como [{"sheet": "Plan", "cell": "G7", "after": "31/12/2024"}].')
    if len(said) > MOST_CORRECTIONS:
        raise NotUnderstood(f"Corrija {MOST_CORRECTIONS} celdas como máximo.")
    return tuple(_correction(each) for each in said)


def correction_in(text: str) -> Correction:
    """The correction in "Plan!G7=31/12/2024".

    Raises:
        NotUnderstood: as `corrections_of`, or it is not written so.
    """
    found = _CORRECTION.fullmatch(text.strip())
    if not found:
        raise NotUnderstood(
            f"«{text[:80]}» no dice qué celda se corrige y qué debe decir: escríbalo como «Plan!G7=31/12/2024»."
        )
    return _correction(found.groupdict())


def reason_of(text: str) -> str:
    """The reason for which a finding is let stand.

    Raises:
        NotUnderstood: none, too long, or with a character that cannot be printed.
    """
    reason = text.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise NotUnderstood(f"Cada hallazgo se acepta con una razón, de {LONGEST_REASON} caracteres como máximo.")
    return plain_text(reason, LONGEST_REASON)


def plain_text(text: str, longest: int) -> str:
    """A text that can be kept and printed, of that many characters at most.

    Raises:
        NotUnderstood: too long, or with a character that cannot be printed.
    """
    if len(text) > longest:
        raise NotUnderstood(f"El texto puede tener hasta {longest} caracteres.")
    try:
        return str(PlainText.admit(text.strip()))
    except UnacceptableText as problem:
        raise NotUnderstood("El texto tiene un carácter invisible que no puede imprimirse.") from problem


def json_in(text: str | bytes) -> Any:
    """The value that a JSON text is.

    Raises:
        NotUnderstood: it is none, or its texts cannot be written down again.
    """
    try:
        said = json.loads(text)
        # JSON can name half a character ("\ud800"), which no page, file or database takes.
        json.dumps(said, ensure_ascii=False).encode()
    except UnicodeEncodeError as problem:
        raise NotUnderstood("El JSON tiene un carácter que no existe: revise las secuencias como \\ud800.") from problem
    except (ValueError, RecursionError) as problem:
        raise NotUnderstood("No se entiende como JSON: revise comillas, comas y llaves.") from problem
    return said


def _acceptance(said: dict[str, Any]) -> Acceptance:
    words = {name: said.get(name) or "" for name in ("code", "sheet", "cell", "reason")}
    if not all(isinstance(word, str) for word in words.values()):
        raise NotUnderstood("De cada hallazgo aceptado, code, sheet, cell y reason son textos.")
    code = words["code"]
    if code not in FindingCode.__members__:
        raise NotUnderstood(f"No existe ningún hallazgo con el código «{code[:80]}».")
    place = CellRef(words["sheet"], words["cell"].upper()) if words["sheet"] else None
    return Acceptance(FindingCode[code], place, reason_of(words["reason"]))


def _correction(said: dict[str, Any]) -> Correction:
    words = [said.get(name) for name in ("sheet", "cell", "after")]
    before = said.get("before")
    if not all(isinstance(word, str) for word in words) or not isinstance(before, str | None):
        raise NotUnderstood("De cada corrección, sheet, cell, after y, si se da, before son textos.")
    sheet, cell, after = map(str, words)
    if not sheet or not _CELL.fullmatch(cell.upper()):
        raise NotUnderstood(f"«{sheet[:80]}!{cell[:20]}» no es una celda: diga la hoja y la celda, como Plan y G7.")
    return Correction(CellRef(sheet, cell.upper()), plain_text(after, LONGEST_CELL), before)
