"""Quarters, deadlines and the states of actions -> the Spanish that the first page and the committee's board say."""

from __future__ import annotations

import datetime as dt
from typing import Final

from service.domain.deadlines import FollowUp, QuarterState
from service.domain.overview import ActionState
from service.domain.rules.words import MONTHS
from service.domain.values import Quarter, printed_date
from service.web.wording import counted

# Business days that somebody still counts: how long ago a deadline passed, how long until the next.
_TOLD_SINCE: Final = 40
_TOLD_BEFORE: Final = 25

_WEEKDAYS: Final = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")

QUARTER_STATES: Final = {
    QuarterState.ISSUED: "Emitido",
    QuarterState.OVERDUE: "Sin emitir",
    QuarterState.DUE: "Por entregar",
    QuarterState.RUNNING: "En curso",
    QuarterState.AHEAD: "Por venir",
    QuarterState.MISSING: "Sin informe",
}

ACTION_STATES: Final = {
    ActionState.COMPLETED: "Cumplida",
    ActionState.OVERDUE: "Vencida",
    ActionState.ENDED: "Plazo terminado",
    ActionState.NOT_STARTED: "Por iniciar",
    ActionState.WITHOUT_PROGRESS: "Sin avance",
    ActionState.NOT_DUE: "No reporta en este trimestre",
    ActionState.IN_PROGRESS: "En curso",
}

ACTION_STATES_TOLD: Final = {
    ActionState.COMPLETED: "su avance dice que se cumplió",
    ActionState.OVERDUE: "su plazo terminó y nada en el informe dice que se cumplió",
    ActionState.ENDED: "su plazo terminó y el informe cuenta lo que se hizo",
    ActionState.NOT_STARTED: "comienza después del corte",
    ActionState.WITHOUT_PROGRESS: "debía contar su avance y no lo cuenta",
    ActionState.NOT_DUE: "su periodicidad no pide avance en este trimestre",
    ActionState.IN_PROGRESS: "cuenta su avance y su plazo sigue abierto",
}


def day_told(day: dt.date, year: int) -> str:
    """A day where the year is known: "7 de octubre"; one of another year with it: "9 de enero de 2025"."""
    return f"{day.day} de {MONTHS[day.month - 1]}{f' de {day.year}' if day.year != year else ''}"


def weekday_told(day: dt.date, year: int) -> str:
    """The same with its name: "lunes 7 de octubre"."""
    return f"{_WEEKDAYS[day.weekday()]} {day_told(day, year)}"


def quarter_told(quarter: Quarter) -> str:
    """A quarter in a sentence: "III trimestre de 2024"."""
    return f"{quarter.roman} trimestre de {quarter.year}"


def follow_up_told(follow_up: FollowUp, today: dt.date) -> str:
    """Until when the follow-up of a quarter is delivered, in a sentence."""
    quarter, due, days = follow_up.quarter, follow_up.due_on, follow_up.days
    cut, until = day_told(quarter.ends_on, quarter.year), weekday_told(due, quarter.year)
    of = f"El seguimiento del {quarter_told(quarter)}, con corte al {cut},"
    match follow_up.state:
        case QuarterState.OVERDUE if days is None or days > _TOLD_SINCE:
            return f"{of} se entregaba a más tardar el {until}, y no se ha emitido."
        case QuarterState.OVERDUE:
            since = counted(days or 0, "día hábil", "días hábiles")
            passed = f"hace {since}" if days else "el último día hábil"
            return f"{of} debía entregarse a más tardar el {until}: el plazo venció {passed}."
        case QuarterState.DUE:
            return f"{of} se entrega a más tardar el {until}: {_left(due, days, today)}."
        case QuarterState.RUNNING:
            told = f"El {quarter_told(quarter)} termina el {cut}"
            near = f" ({_left(due, days, today)})" if days is not None and days <= _TOLD_BEFORE else ""
            return f"{told}; su seguimiento se entrega a más tardar el {until}{near}."
        case _:
            return f"Sigue el {quarter_told(quarter)}, con corte al {cut}: se entrega a más tardar el {until}."


def due_told(follow_up: FollowUp, today: dt.date, *, may_upload: bool) -> str:
    """Until when a quarter is delivered of a year of which Folio has no plan yet; it blames nobody."""
    quarter, due = follow_up.quarter, follow_up.due_on
    until = f"{'se entrega' if today <= due else 'se entregaba'} a más tardar el {weekday_told(due, quarter.year)}"
    told = f"{quarter.year}: el seguimiento del {quarter.roman} trimestre, con corte al"
    told = f"{told} {day_told(quarter.ends_on, quarter.year)}, {until}"
    return f"{told}; suba su libro." if may_upload else f"{told}."


def complete_told(year: int, following: FollowUp | None, today: dt.date) -> str:
    """That nothing is owed of a year any more, and what comes next; `following` is of the year after, if any."""
    told = f"El seguimiento de {year} está completo: ya se emitió el del IV trimestre."
    if following is None:
        return f"{told} Para continuar, suba el libro del plan de {today.year}."
    return f"{told} {follow_up_told(following, today)}"


def deadline_short(follow_up: FollowUp, today: dt.date) -> str:
    """The dates of a quarter on its card."""
    due = printed_date(follow_up.due_on)
    match follow_up.state:
        case QuarterState.OVERDUE:
            return f"Se entregaba hasta el {due}"
        case QuarterState.DUE:
            return f"Hasta el {due}: {_left(follow_up.due_on, follow_up.days, today)}"
        case QuarterState.RUNNING | QuarterState.AHEAD:
            return f"Se entrega hasta el {due}"
        case _:
            return ""


def number_told(number: int) -> str:
    """A number with point for thousands: "1.200"."""
    return f"{number:,}".replace(",", ".")


def actions_told(number: int) -> str:
    """A number of actions: "1 acción", "1.200 acciones"."""
    return f"{number_told(number)} {'acción' if number == 1 else 'acciones'}"


def due_soon_told(quarter: Quarter, today: dt.date) -> str:
    """What those that end within the next quarter are called, at a day that may be long after."""
    verb = "Terminaban" if today > quarter.next.ends_on else "Terminan"
    return f"{verb} en el {quarter_told(quarter.next)}"


def due_soon_short(quarter: Quarter, number: int, today: dt.date) -> str:
    """The same beside their number: "termina en el IV trimestre"."""
    is_past = today > quarter.next.ends_on
    verb = ("terminaba" if number == 1 else "terminaban") if is_past else ("termina" if number == 1 else "terminan")
    return f"{verb} en el {quarter.next.roman} trimestre"


def due_soon_why(quarter: Quarter, today: dt.date) -> str:
    """What to think of those that end within the next quarter."""
    if today > quarter.next.ends_on:
        return f"Su plazo ya pasó: el seguimiento del {quarter_told(quarter.next)} dice si se cumplieron."
    return "Su plazo termina después de este corte y antes del siguiente."


def _left(due: dt.date, days: int | None, today: dt.date) -> str:
    if due == today:
        return "es hoy"
    return f"{'falta' if days == 1 else 'faltan'} {counted(days or 0, 'día hábil', 'días hábiles')}"
