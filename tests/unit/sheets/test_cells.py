from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from service.domain.findings import FindingCode
from service.domain.values import PlainText, Target
from service.sheets.cells import (
    Habits,
    plain_figures,
    printed,
    proven_decimal_mark,
    read_first_day,
    read_last_day,
    read_target,
    read_text,
)
from service.sheets.parsed import EPOCH_1904, Kind, RawCell

HABITS = Habits()


def cell(kind: Kind, text: str) -> RawCell:
    return RawCell(6, 1, kind, text)


def written(text: str) -> RawCell:
    return cell(Kind.TEXT, text)


@pytest.mark.parametrize("text", [" con  espacios \n", "=1+1", "R&D <eficaz>", "💧", "tab\tulado", "a\xa0b", "'x'"])
def test_text_is_kept_letter_for_letter(text: str) -> None:
    assert read_text(written(text), HABITS) == (PlainText(text), None)


@pytest.mark.parametrize("text", [" ", "\n\t", "\xa0"])
def test_white_space_alone_is_an_empty_cell(text: str) -> None:
    for parse in (read_text, read_first_day, read_last_day, read_target):
        assert parse(written(text), HABITS) == (None, None)


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        (Kind.NUMBER, "1234.5", "1234,5"),
        (Kind.GROUPED, "1234.5", "1.234,5"),
        (Kind.NUMBER, "0.30000000000000004", "0,3"),
        (Kind.NUMBER, "7.0", "7"),
        (Kind.NUMBER, "1e999", "1e999"),
        (Kind.PERCENTAGE, "0.255", "25,5 %"),
        (Kind.DATE, "2024-03-01", "1/03/2024"),
        (Kind.TRUTH, "1", "VERDADERO"),
        (Kind.TRUTH, "0", "FALSO"),
    ],
)
def test_a_value_in_a_column_of_text_is_what_the_sheet_shows(kind: Kind, text: str, shown: str) -> None:
    assert printed(cell(kind, text)) == shown
    assert read_text(cell(kind, text), HABITS) == (shown, None)


@pytest.mark.parametrize(
    ("text", "character", "position"), [("ab\x07c", "U+0007", 3), ("\u202eab", "U+202E", 1), ("x\ufdd0", "U+FDD0", 2)]
)
def test_a_character_that_cannot_be_printed_is_named_with_its_place(text: str, character: str, position: int) -> None:
    value, trouble = read_text(written(text), HABITS)
    assert value is None
    assert trouble is not None
    assert (trouble.code, trouble.words) == (FindingCode.TEXT_001, {"character": character, "position": position})


def test_a_text_as_long_as_a_cell_can_hold_is_good_and_one_longer_is_not() -> None:
    assert read_text(written("a" * 32_767), HABITS)[0] == "a" * 32_767
    value, trouble = read_text(written("a" * 32_768), HABITS)
    assert value is None
    assert trouble is not None
    assert trouble.code is FindingCode.TEXT_002


@pytest.mark.parametrize(
    "raw",
    [
        cell(Kind.DATE, "2024-03-01"),
        cell(Kind.NUMBER, "45352"),
        cell(Kind.NUMBER, "45352.0"),
        written("2024-03-01"),
        written("1 de marzo de 2024"),
        written("1 de Marzo del 2024"),
        written("1 marzo 2024"),
        written("1-mar-24"),
        written("viernes, 1 de marzo de 2024"),
    ],
)
def test_a_day_is_read_however_it_is_written(raw: RawCell) -> None:
    assert read_first_day(raw, HABITS) == (dt.date(2024, 3, 1), None)


@pytest.mark.parametrize("text", ["1/03/2024", "01/03/2024", " 1-3-2024 ", "1.03.2024"])
def test_a_day_that_could_be_a_month_is_read_as_a_day_and_doubted_until_the_file_shows_its_habit(text: str) -> None:
    value, trouble = read_first_day(written(text), HABITS)
    assert value == dt.date(2024, 3, 1)
    assert trouble is not None
    assert (trouble.code, trouble.words) == (FindingCode.DATE_004, {"day": "1/03/2024"})
    assert read_first_day(written(text), Habits(is_day_first=True)) == (dt.date(2024, 3, 1), None)


@pytest.mark.parametrize("text", ["3/03/2024", "31/03/2024"])
def test_a_day_that_can_be_read_one_way_only_is_not_doubted(text: str) -> None:
    assert read_first_day(written(text), HABITS)[1] is None


@pytest.mark.parametrize("text", ["feb-24", "Feb 2024", "febrero de 2024", "FEBRERO 2024"])
def test_a_month_alone_begins_on_its_first_day_and_ends_on_its_last(text: str) -> None:
    first, trouble = read_first_day(written(text), HABITS)
    last, _ = read_last_day(written(text), HABITS)
    assert (first, last) == (dt.date(2024, 2, 1), dt.date(2024, 2, 29))
    assert trouble is not None
    assert trouble.code is FindingCode.DATE_005


def test_a_serial_number_follows_the_date_system_of_its_workbook() -> None:
    assert read_first_day(cell(Kind.NUMBER, "43890"), Habits(EPOCH_1904)) == (dt.date(2024, 3, 1), None)


@pytest.mark.parametrize(
    "raw",
    [
        written("12/31/2024"),
        written("31/02/2024"),
        written("1/03-2024"),
        written("1/03/24"),
        written("Por definir"),
        written("32 de enero de 2024"),
        written("1 de brumario de 2024"),
        cell(Kind.NUMBER, "2024"),
        cell(Kind.NUMBER, "-1"),
        cell(Kind.PERCENTAGE, "0.5"),
        cell(Kind.TRUTH, "1"),
    ],
)
def test_what_is_no_day_is_refused_and_never_read_as_month_and_day(raw: RawCell) -> None:
    value, trouble = read_first_day(raw, HABITS)
    assert value is None
    assert trouble is not None
    assert trouble.code is FindingCode.DATE_001


@pytest.mark.parametrize("raw", [written("1/03/1024"), written("1/03/2204"), cell(Kind.DATE, "1989-12-31")])
def test_a_day_outside_the_years_a_plan_may_have_is_refused(raw: RawCell) -> None:
    value, trouble = read_first_day(raw, HABITS)
    assert value is None
    assert trouble is not None
    assert trouble.code is FindingCode.DATE_002


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (cell(Kind.NUMBER, "4"), "4"),
        (cell(Kind.NUMBER, "1234.5"), "1.234,5"),
        (cell(Kind.GROUPED, "1.2345E3"), "1.234,5"),
        (cell(Kind.PERCENTAGE, "0.25"), "25 %"),
        (cell(Kind.PERCENTAGE, "0.07"), "7 %"),
        (cell(Kind.NUMBER, "-0"), "0"),
        (cell(Kind.NUMBER, "100000"), "100.000"),
        (written("4"), "4"),
        (written("1.234,5"), "1.234,5"),
        (written("1234,50"), "1.234,5"),
        (written("25 %"), "25 %"),
        (written("25%"), "25 %"),
        (written("12,5\xa0%"), "12,5 %"),
        (written("-3"), "-3"),
    ],
)
def test_a_target_is_a_quantity_or_a_percentage(raw: RawCell, shown: str) -> None:
    target, trouble = read_target(raw, HABITS)
    assert trouble is None
    assert target is not None
    assert target.printed == shown
    assert Target.from_printed(target.printed) == target


@pytest.mark.parametrize("text", ["N/A", "Por definir", "A demanda", "n.a.", "No aplica"])
def test_a_target_without_a_quantity_keeps_its_words_with_a_warning(text: str) -> None:
    target, trouble = read_target(written(text), HABITS)
    assert target == Target(None, text=PlainText(text))
    assert trouble is not None
    assert trouble.code is FindingCode.TARGET_002


@pytest.mark.parametrize(
    "text", ["1_000", "1,23,456", "12.34.567", "1.234.56", "1.", "cuatro", "4 documentos", "1e3", "--1", "%"]
)
def test_a_target_that_is_no_number_is_refused(text: str) -> None:
    target, trouble = read_target(written(text), HABITS)
    assert target is None
    assert trouble is not None
    assert trouble.code is FindingCode.TARGET_001


@pytest.mark.parametrize(
    "raw",
    [cell(Kind.NUMBER, "1e15"), cell(Kind.NUMBER, "1e999"), written("1234567890123456"), written("0,1234567890123456")],
)
def test_a_target_of_more_than_fifteen_figures_is_refused(raw: RawCell) -> None:
    target, trouble = read_target(raw, HABITS)
    assert target is None
    assert trouble is not None
    assert trouble.code is FindingCode.TARGET_003


@pytest.mark.parametrize(
    ("text", "shown"),
    [("1,234.56", "1.234,56"), ("1.23", "1,23"), ("1.234.567", "1.234.567"), ("1,234,567", "1.234.567"),
     ("0.125", "0,125"), ("12 500", "12.500"), ("1 234,5", "1.234,5")],
)  # fmt: skip
def test_marks_that_can_mean_one_thing_only_are_read_so_whoever_wrote_them(text: str, shown: str) -> None:
    target, trouble = read_target(written(text), HABITS)
    assert trouble is None
    assert target is not None
    assert target.printed == shown


@pytest.mark.parametrize(
    ("text", "mark", "shown"),
    [("1.234", ",", "1.234"), ("1.234", ".", "1,234"), ("1,234", ",", "1,234"), ("1,234", ".", "1.234")],
)
def test_what_one_cell_leaves_open_is_read_as_its_file_writes(text: str, mark: str, shown: str) -> None:
    target, trouble = read_target(written(text), Habits(decimal_mark=mark))
    assert trouble is None
    assert target is not None
    assert target.printed == shown


def test_what_nothing_in_the_file_decides_is_read_as_colombia_writes_and_said() -> None:
    target, trouble = read_target(written("1.234"), HABITS)
    assert target == Target(Decimal(1234))
    assert trouble is not None
    assert (trouble.code, trouble.words) == (FindingCode.TARGET_004, {"read": "1.234"})


@pytest.mark.parametrize(
    ("figures", "mark"),
    [("1.234,5", ","), ("1,234.5", "."), ("12,5", ","), ("12.5", "."), ("1.234.567", ","), ("1,234,567", "."),
     ("1.234", ""), ("1,234", ""), ("4", ""), ("1.23.4", "")],
)  # fmt: skip
def test_only_figures_that_can_be_read_one_way_prove_a_decimal_mark(figures: str, mark: str) -> None:
    assert proven_decimal_mark(figures) == mark
    assert (plain_figures(figures) is None) == (figures == "1.23.4")


def test_fifteen_figures_are_exact() -> None:
    target, _ = read_target(cell(Kind.NUMBER, "999999999999999"), HABITS)
    assert target == Target(Decimal(999_999_999_999_999))


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.ERROR, FindingCode.CELL_002),
        (Kind.NO_RESULT, FindingCode.CELL_003),
        (Kind.NOT_A_NUMBER, FindingCode.CELL_004),
    ],
)
def test_a_cell_without_a_value_is_refused_in_every_column(kind: Kind, code: FindingCode) -> None:
    for parse in (read_text, read_first_day, read_last_day, read_target):
        value, trouble = parse(cell(kind, "#REF!"), HABITS)
        assert value is None
        assert trouble is not None
        assert trouble.code is code
