"""A glance may send a text to be looked at in vain, but it never passes over what a rule would have found."""

from __future__ import annotations

import re

from hypothesis import example, given
from hypothesis import strategies as st

from service.domain.findings import FindingCode
from service.domain.rules import heights, privacy, words
from service.domain.rules.rows import Rows
from service.domain.rules.wording import check_wording
from service.domain.typography import SHEET_COLUMN_WIDTHS, needs_tall_row
from tests.unit.domain.rules.plans import OFFICE, action, mapping, plan

LETTERS = st.text(st.sampled_from('aáÁñÑüßÿ µªºIİıſ🚌“”\u00a0\u00ad\t\n?@["«»RMBC019٣.,- x()'), max_size=60)
ANY = st.one_of(LETTERS, st.text(max_size=40))


def told(**texts: str) -> list[FindingCode]:
    """What V13 and V22 say of a sound action with these texts."""
    return [finding.code for finding in check_wording(Rows(plan(action(**texts)), mapping()), OFFICE)]


@given(ANY)
@example("İSTANBUL")
def test_bare_text_is_the_same_however_it_is_made(text: str) -> None:
    assert words.bare(text) == words._bare(text)
    assert len(words.bare(text)) == len(text)


@given(ANY)
def test_what_rules_look_for_is_among_the_signs(text: str) -> None:
    signs = words.signs(text).decode("latin-1")
    assert [sign for sign in signs if sign != "?"] == [
        letter
        for letter in text
        if letter <= "ÿ" and (letter in 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@["«»' or not letter.isprintable())
    ]
    assert signs.count("?") == sum(letter > "ÿ" or letter == "?" for letter in text)


@given(st.text(st.sampled_from("cédula 3.-1٣7\n@"), max_size=40))
@example("cédula 79.123.456")
@example("310 123-45 67")
def test_a_text_that_names_somebody_is_looked_at(text: str) -> None:
    found = privacy._IDENTITY.search(text) or privacy._MOBILE.search(text) or privacy._MAILBOX.search(text)
    if found:
        assert privacy._may_name(text)


@given(
    st.lists(st.sampled_from(["W" * 9, "@@@@", "i", "palabra", "á" * 30, "M" * 70, "¿qué?"]), min_size=1, max_size=400)
)
def test_no_text_that_needs_a_taller_row_is_taken_for_a_low_one(parts: list[str]) -> None:
    text = " ".join(parts)
    for width in SHEET_COLUMN_WIDTHS.values():
        if needs_tall_row(text, width):
            assert not heights._is_surely_low(text, words.signs(text), heights._surely_fitting(width))


def test_the_widest_letter_of_the_glance_is_the_widest_there_is() -> None:
    widths = [width for code, width in enumerate(heights._latin_widths()) if chr(code).isprintable()]
    assert max(widths) == heights._WIDEST


@given(
    st.lists(st.sampled_from(["RMBC", "RMB", "RMCB", "MBC/R", "PERM", "la RMBC", "Ñ", "a R M B", "RM\nCB"]), max_size=8)
)
def test_an_acronym_with_a_slip_is_told_wherever_it_stands(parts: list[str]) -> None:
    text = f"Durante el tercer trimestre de 2024 se avanzó con 2 convenios {' '.join(parts)} y 3 mesas."
    slips = {"RMB", "RMCB", "MBC"}
    assert (FindingCode.TEXT_021 in told(qualitative_progress=text)) == bool(slips & set(re.findall("[A-Z]{3,}", text)))


def test_a_text_that_ends_in_a_capital_link_is_cut_whatever_else_stands_in_it() -> None:
    for text in ("Formular el plan de seguridad alimentaria y Se", "Formular el plan de la RMBC y el PERM con El"):
        assert told(action=text) == [FindingCode.TEXT_012]
