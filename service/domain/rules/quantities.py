"""V17 and V18: the quantities, weights and budget that an office keeps in columns of its own agree with one another.

Folio asks for none of these columns; where headers say that they exist, they are read as Colombia writes numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from service.domain.findings import Finding, FindingCode
from service.domain.office import Office
from service.domain.plan import Action
from service.domain.rules.rows import Cell, Rows
from service.domain.rules.words import bare, words_of
from service.domain.values import ROMAN, printed_number


class Role(Enum):
    """What an extra column holds."""

    PLANNED = auto()
    DONE = auto()
    SHARE = auto()
    CUMULATIVE = auto()
    WEIGHT = auto()
    STATUS = auto()
    APPROPRIATED = auto()
    COMMITTED = auto()
    OBLIGATED = auto()
    PAID = auto()


class Amount(NamedTuple):
    """A number in an extra: `percent` when it carries the sign."""

    cell: Cell
    header: str
    number: Decimal
    is_percent: bool


_CHAIN: Final = (
    (Role.APPROPRIATED, "apropiado"),
    (Role.COMMITTED, "comprometido"),
    (Role.OBLIGATED, "obligado"),
    (Role.PAID, "pagado"),
)
_TOLD: Final = frozenset({Role.DONE, Role.SHARE, Role.CUMULATIVE, Role.STATUS})
_BUDGET_WORDS: Final = {
    Role.PAID: {"pagado", "pagados", "pagada", "pagos", "pago", "girado", "giros"},
    Role.OBLIGATED: {"obligado", "obligada", "obligacion", "obligaciones"},
    Role.COMMITTED: {"comprometido", "comprometida", "comprometidos", "compromiso", "compromisos", "crp"},
    Role.APPROPRIATED: {"apropiado", "apropiada", "apropiacion"},
}
_FINAL_BUDGET: Final = {"definitiva", "definitivo", "vigente", "modificado", "modificada", "actual"}
_MONEY: Final = {"recursos", "presupuesto", "presupuestal", "ppto", "financiera", "financiero", "pesos", "valor", "cop"}
_DONE: Final = {"ejecutado", "ejecutada", "logro", "logrado", "cuantitativo", "alcanzado", "realizado", "resultado"}
_PLANNED: Final = {"programado", "programada", "programacion", "planeado", "planeada", "planificado"}
_CUMULATIVE: Final = {"acumulado", "acumulada"}
_STATUS: Final = {"estado", "semaforo", "cumplimiento", "cuantitativo", "ejecutado", "porcentaje"}
_GROUP_WORDS: Final = (
    _DONE | _PLANNED | {"de", "del", "la", "el", "en", "meta", "fisica", "fisico", "avance", "cantidad"}
)
_TEXTUAL: Final = {
    "descripcion",
    "observacion",
    "observaciones",
    "cualitativo",
    "analisis",
    "indicador",
    "tipo",
    "producto",
}
_AMOUNT: Final = re.compile(r"(?:\$|cop)?\s*(-?)\s*\$?\s*([\d.,]*\d)\s*(%?)", re.IGNORECASE)
_GROUPED_DOTS: Final = re.compile(r"\d{1,3}(?:\.\d{3})+")
_GROUPED_COMMAS: Final = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
_EXPLAINED: Final = re.compile(r"super|sobre ?cumpl|sobre ?ejec|adicional|mayor demanda|por encima|mas de lo")
_NOT_ACCUMULATING: Final = re.compile(r"reduccion|decrecient|stock|capacidad|constante|promedio")
_QUARTERS: Final = {roman.lower(): number for number, roman in ROMAN.items()}
_ORDINALS: Final = {"primer": 1, "segundo": 2, "tercer": 3, "cuarto": 4, "t1": 1, "t2": 2, "t3": 3, "t4": 4}
_WHOLE: Final = Decimal(100)
_WEIGHT_SLACK: Final = Decimal("0.1")
_SHARE_SLACK: Final = Decimal(1)
_FEWEST: Final = 2


@lru_cache(maxsize=2048)
def role_of(header: str) -> Role | None:
    """What a column holds by its header; None for the many that are none of these."""
    words = set(words_of(header))
    is_share = "%" in header or "porcentaje" in words
    budget = next((role for role, names in _BUDGET_WORDS.items() if words & names and not is_share), None)
    if budget or words & _TEXTUAL or words & _MONEY or "$" in header:
        return budget
    if words & {"ponderacion", "peso"} or {"importancia", "relativa"} <= words:
        return Role.WEIGHT
    if is_share:
        return Role.SHARE if words & {"avance", "cumplimiento", "ejecucion"} and "ponderado" not in words else None
    kinds = ((Role.CUMULATIVE, _CUMULATIVE), (Role.DONE, _DONE), (Role.PLANNED, _PLANNED), (Role.STATUS, _STATUS))
    return next((role for role, names in kinds if words & names), None)


@lru_cache(maxsize=2048)
def _group_of(header: str) -> frozenset[str]:
    """What is left of a header without its role: the period it belongs to."""
    return frozenset(words_of(header)) - _GROUP_WORDS


def has_status(action: Action) -> bool:
    """Whether a column of the office already says how much of the action is done."""
    return any(role_of(header) in _TOLD for header, _ in action.extras) if action.extras else False


def amount_in(text: str) -> tuple[Decimal, bool] | None:
    """The number in an extra, and whether it carries a percent sign; None when it is text."""
    found = _AMOUNT.fullmatch(text.strip())
    if not found:
        return None
    sign, figures, percent = found.groups()
    if "." in figures and "," in figures:
        comma_last = figures.rfind(",") > figures.rfind(".")
        figures = figures.replace(".", "").replace(",", ".") if comma_last else figures.replace(",", "")
    elif "." in figures and _GROUPED_DOTS.fullmatch(figures):
        figures = figures.replace(".", "")
    elif _GROUPED_COMMAS.fullmatch(figures):
        figures = figures.replace(",", "")
    else:
        figures = figures.replace(",", ".")
    return (Decimal(f"{sign}{figures}"), bool(percent)) if figures.count(".") <= 1 else None


def amounts_of(rows: Rows, action: Action) -> dict[Role, list[Amount]]:
    """The numbers that stand in the extra columns of an action, by what their columns hold."""
    amounts: dict[Role, list[Amount]] = {}
    for header, value in action.extras:
        role = role_of(header)
        amount = amount_in(value) if role else None
        if role and amount:
            amounts.setdefault(role, []).append(Amount(rows.extra_cell(action, header, value), header, *amount))
    return amounts


def check_quantities(rows: Rows, office: Office) -> Iterator[Finding]:
    """Columns against one another in each row, and the weights down their column."""
    weights: list[Amount] = []
    last_weight: object = None
    for action in rows.plan.actions:
        if not action.extras:
            continue
        amounts = amounts_of(rows, action)
        yield from _check_plan_and_done(action, amounts, office)
        yield from _check_share(action, amounts)
        yield from _check_cumulative(action, amounts.get(Role.CUMULATIVE, []))
        yield from _check_budget(amounts)
        for weight in amounts.get(Role.WEIGHT, [])[:1]:
            # A weight merged over several rows counts once.
            if weight.cell.value is not last_weight:
                weights.append(weight)
            last_weight = weight.cell.value
    yield from _check_weights(weights)


def _check_plan_and_done(action: Action, amounts: dict[Role, list[Amount]], office: Office) -> Iterator[Finding]:
    planned = {_group_of(amount.header): amount for amount in amounts.get(Role.PLANNED, [])}
    for done in amounts.get(Role.DONE, []):
        plan = planned.get(_group_of(done.header))
        if plan is None or done.number <= plan.number * Decimal(str(office.overachievement)):
            continue
        if not _EXPLAINED.search(bare(action.qualitative_progress or "")):
            yield done.cell.says(FindingCode.QUANTITY_001, value=done.cell.value, planned=plan.cell.value)


def _check_share(action: Action, amounts: dict[Role, list[Amount]]) -> Iterator[Finding]:
    """A percentage of advance against what was done, when it is neither of the target nor of what was planned."""
    target = action.target.quantity if action.target else None
    bases = [amount.number for amount in amounts.get(Role.PLANNED, [])]
    bases += [target] if target is not None and action.target and not action.target.is_percentage else []
    done = amounts.get(Role.CUMULATIVE, []) + amounts.get(Role.DONE, [])
    if not done or target is None or target <= 0 or (action.target and action.target.is_percentage):
        return
    for share in amounts.get(Role.SHARE, []):
        stated = share.number if share.is_percent or share.number > 1 else share.number * 100
        possible = [part.number * 100 / base for part in done for base in bases if base > 0]
        if possible and all(abs(stated - percent) > _SHARE_SLACK for percent in possible):
            right = f"{printed_number((done[0].number * 100 / target).quantize(Decimal('0.1')))} %"
            words = {"done": done[0].cell.value, "target": action.target.printed if action.target else ""}
            yield share.cell.says(
                FindingCode.QUANTITY_003, value=share.cell.value, proposal=right, right=right, **words
            )


def _check_cumulative(action: Action, cumulative: list[Amount]) -> Iterator[Finding]:
    by_quarter = {quarter: amount for amount in cumulative if (quarter := _quarter_of(amount.header))}
    if len(by_quarter) < _FEWEST or not is_accumulating(action):
        return
    ordered = [by_quarter[quarter] for quarter in sorted(by_quarter)]
    for before, now in pairwise(ordered):
        if now.number < before.number:
            yield now.cell.says(FindingCode.QUANTITY_002, value=now.cell.value, before=before.cell.value)


def is_accumulating(action: Action) -> bool:
    """Whether what is done adds up from quarter to quarter; some indicators say in a column that it does not."""
    return not any(
        "tipo" in words_of(header) and _NOT_ACCUMULATING.search(bare(value)) for header, value in action.extras
    )


def _quarter_of(header: str) -> int | None:
    found = [{**_QUARTERS, **_ORDINALS}.get(word) for word in words_of(header)]
    return next((quarter for quarter in found if quarter), None)


def _check_budget(amounts: dict[Role, list[Amount]]) -> Iterator[Finding]:
    chain: list[tuple[str, Amount]] = []
    for role, name in _CHAIN:
        for amount in amounts.get(role, []):
            if amount.number < 0:
                yield amount.cell.says(FindingCode.BUDGET_002, value=amount.cell.value)
        if found := amounts.get(role):
            # The last appropriation rules: the initial one stands beside the one in force.
            chain.append(
                (name, next((each for each in found if set(words_of(each.header)) & _FINAL_BUDGET), found[-1]))
            )
    for (more, larger), (less, smaller) in pairwise(chain):
        if smaller.number > larger.number:
            words = {"less": less, "more": more, "other": larger.cell.value}
            yield smaller.cell.says(FindingCode.BUDGET_001, value=smaller.cell.value, **words)


def _check_weights(weights: list[Amount]) -> Iterator[Finding]:
    """The weights of a plan add up to 100 %; those of each part of it may, and then the sum is a multiple."""
    if len(weights) < _FEWEST:
        return
    total = sum((weight.number for weight in weights), Decimal(0))
    if total <= len(weights) and all(weight.number <= 1 and not weight.is_percent for weight in weights):
        total *= 100
    parts = (total / _WHOLE).to_integral_value()
    if parts < 1 or abs(total - parts * _WHOLE) > _WEIGHT_SLACK:
        first = weights[0]
        yield first.cell.says(FindingCode.QUANTITY_004, value=f"{printed_number(total.quantize(Decimal('0.01')))} %")
