"""Lines and heights of text: never less than any program needs, and the text itself never touched."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.typography import (
    SHEET_COLUMN_WIDTHS,
    SHEET_FONT_SIZE,
    TALLEST_ROW,
    cell_lines,
    cell_room,
    is_borrowing,
    line_height,
    lines_in_rooms,
    lines_needed,
    needs_tall_row,
    row_height,
    split_text,
    surely_fits,
    text_width,
)
from tests.plans import generated_plan

words = st.text(alphabet="abñWim-中é.😀", max_size=4)
texts_of_short_words = st.lists(words, max_size=40).map(" ".join)
texts = st.text(alphabet="abñW im-—\n\t😀中é.", max_size=200)


def greedy_lines(text: str, width: float, size: float) -> int:
    """Lines as a typesetter counts them, a character at a time: the slow way that the module is held to."""
    lines = 0
    for paragraph in text.split("\n"):
        line = ""
        lines += 1
        for word in re.findall(r"[^ ]* ?", paragraph)[:-1]:
            if line and text_width((line + word).rstrip(" "), size) > width:
                lines += 1
                line = ""
            line += word
    return lines


def test_widths_are_those_of_arial() -> None:
    # Advances that Arial's own metrics give: A 1366, space 569, ñ 1139, € 1139 of 2048.
    assert text_width("A ñ€", 2048) == 1366 + 569 + 1139 + 1139
    assert text_width("A ñ€", 2048, bold=True) == 1479 + 569 + 1251 + 1139


def test_a_line_is_the_fonts_own_height() -> None:
    assert line_height(10) == pytest.approx(11.499, abs=0.001)
    assert line_height(10, "emoji 😀") > line_height(10)


@pytest.mark.parametrize(("size", "excel"), [(8, 11.25), (9, 12.0), (10, 12.75)])
def test_a_row_of_one_line_is_as_tall_as_excel_makes_it(size: float, excel: float) -> None:
    assert row_height(1, size) == excel


@given(st.text(alphabet="abcñ Wi.", max_size=300), st.sampled_from([40.0, 90.0, 240.0]))
def test_words_wrap_as_a_typesetter_wraps_them(text: str, width: float) -> None:
    if max((text_width(word, 8) for word in text.split(" ")), default=0) < width - 0.01:
        assert lines_needed(text, width, 8) == pytest.approx(greedy_lines(text, width, 8), abs=0)


def test_a_word_wider_than_the_column_is_cut_letter_by_letter() -> None:
    width = text_width("x" * 10, 8) + 0.01
    assert lines_needed("x" * 95, width, 8) == 10
    assert lines_needed("corto " + "x" * 95, width, 8) == 11


def test_line_breaks_each_begin_a_line_even_at_the_end() -> None:
    assert lines_needed("uno\ndos\n\ncuatro\n", 500, 8) == 5
    assert lines_needed("", 500, 8) == 1


def test_a_column_narrower_than_a_letter_still_ends() -> None:
    assert lines_needed("abc def", 0.1, 8) >= 6


@given(texts, st.integers(1, 12), st.sampled_from([0.5, 30.0, 100.0]))
def test_stretches_are_the_text_again_and_none_is_too_long(text: str, lines: int, width: float) -> None:
    stretches = split_text(text, width, 8, lines)
    assert "".join(stretches) == text
    for stretch in stretches:
        assert lines_needed(stretch.removesuffix("\n"), width, 8) <= lines
    assert text == "" or all(stretches)


@given(texts_of_short_words, st.sampled_from([60.0, 100.0, 241.5]))
def test_a_sheet_never_gets_fewer_lines_than_paper(text: str, column: float) -> None:
    # Words that fit: a cut one may come out shorter where there is less room, "-a中", "中W" for "-", "a中中", "W".
    assert cell_lines(text, column, 8.5) >= lines_needed(text, column - 3.75, 8.5)


def test_letters_have_less_room_on_a_screen_than_on_paper() -> None:
    # At 9 points Excel sets "e" on 7 pixels, and paper on 6.67.
    assert cell_room(100, 9) == pytest.approx((100 - 3.75) * 6.67 / 7, rel=0.02)


def test_glyphs_that_arial_lacks_are_known() -> None:
    assert is_borrowing("agua 💧")
    assert not is_borrowing("«Ñandú» — 25 % €\n\t“fin”…")


def test_the_finding_begins_exactly_where_one_row_ends() -> None:
    width = SHEET_COLUMN_WIDTHS["qualitative_progress"]
    lines = math.floor(TALLEST_ROW / row_height(1, SHEET_FONT_SIZE))
    assert not needs_tall_row("\n".join("línea" for _ in range(lines)), width)
    assert needs_tall_row("\n".join("línea" for _ in range(lines + 1)), width)
    assert text_width("línea", SHEET_FONT_SIZE) < width


@given(
    st.text(st.sampled_from("abcdefghijklmnoprstuvwxyz    ABCMW@-—“💧中é\n%1.,?\t"), max_size=900)
    | st.lists(st.sampled_from(("palabra", "a-b-c-", "W" * 40, "i", "metropolitana")), max_size=120).map(" ".join),
    st.floats(12, 320),
    st.sampled_from((7.5, 8.0, 11.0)),
)
@settings(max_examples=300, deadline=None)
def test_what_surely_fits_does_fit_when_it_is_measured(text: str, width: float, size: float) -> None:
    height = lines_needed(text, width, size) * line_height(size, text)
    assert not surely_fits(text, height * 0.999, width, size)


def test_most_texts_that_fit_are_told_without_measuring() -> None:
    texts = [str(action.qualitative_progress) for action in generated_plan(300).actions]
    fitting = [text for text in texts if lines_needed(text, 305.0, 8.0) * line_height(8.0, text) <= 249]
    told = [text for text in fitting if surely_fits(text, 249, 305.0, 8.0)]
    assert len(told) > 0.9 * len(fitting)


@given(st.text(max_size=200), st.lists(st.integers(1, 90_000), min_size=1, max_size=4))
@settings(max_examples=150, deadline=None)
def test_a_text_takes_the_same_lines_in_many_rooms_as_in_one(text: str, rooms: list[int]) -> None:
    one_by_one = [lines_in_rooms(text, (room,))[0] for room in rooms]
    assert lines_in_rooms(text, tuple(rooms)) == one_by_one
    size = 2_048 / 72  # at which a point is 72 units
    assert lines_in_rooms(text, (7_200,)) == [lines_needed(text, 100.0, size)]
