from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.changes import Piece, word_pieces


def marked(before: str, after: str) -> str:
    """Removed words in brackets, added ones in braces."""
    signs = {"same": "{}", "removed": "[{}]", "added": "{{{}}}"}
    return "".join(signs[piece.kind].format(piece.text) for piece in word_pieces(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("Se hizo el plan.", "Se hizo el plan.", "Se hizo el plan."),
        ("", "", ""),
        ("", "Se hizo.", "{Se hizo.}"),
        ("Se hizo.", "", "[Se hizo.]"),
        ("Durante el tercer trimestre se avanzó", "Durante el cuarto trimestre se avanzó",
         "Durante el [tercer]{cuarto} trimestre se avanzó"),
        ("a la región", "a toda la región", "a {toda }la región"),
        ("Se entregó. Fin", "Se entregó", "Se entregó[. Fin]"),
        ("con  dos blancos", "con dos blancos", "con[  ]{ }dos blancos"),
        ("de 1.234,5 a", "de 1.234,6 a", "de [1.234,5]{1.234,6} a"),
        ("31/12/2024", "30/12/2024", "[31/12/2024]{30/12/2024}"),
        ("Primera línea\nSegunda", "Primera línea\n\nSegunda", "Primera línea[\n]{\n\n}Segunda"),
    ],
)  # fmt: skip
def test_the_words_that_changed_are_marked_and_no_others(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


def test_a_sentence_that_was_written_anew_is_not_told_in_scraps() -> None:
    before = "Formular el plan de acción institucional de la región metropolitana"
    after = "Contratar un operador de logística para la feria anual"
    assert marked(before, after) == f"[{before}]{{{after}}}"


def test_what_stayed_between_two_small_changes_is_still_told() -> None:
    before = "Se publicaron tres informes y se atendieron nueve peticiones de la ciudadanía"
    after = "Se publicaron cuatro informes y se atendieron diez peticiones de la ciudadanía"
    expected = "Se publicaron [tres]{cuatro} informes y se atendieron [nueve]{diez} peticiones de la ciudadanía"
    assert marked(before, after) == expected


def test_a_text_of_the_longest_cell_is_compared_word_by_word() -> None:
    words = [f"palabra{number % 700}" for number in range(3_000)]
    before, after = " ".join(words), " ".join([*words[:1_500], "nueva", *words[1_500:]])
    assert [piece for piece in word_pieces(before, after) if piece.kind != "same"] == [Piece("added", "nueva ")]


_TEXTS = st.one_of(st.text(), st.text(alphabet="ab .,\n1é/", max_size=60))


@given(_TEXTS, _TEXTS)
def test_the_pieces_give_both_texts_back_character_for_character(before: str, after: str) -> None:
    pieces = word_pieces(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))
    assert {piece.kind for piece in pieces} <= {"same"} or before != after
