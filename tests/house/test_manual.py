"""The manual names every page, and its pictures are few, small and all shown."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from service.domain.people import Role
from service.web.navigation import PLACES
from tests.browser.manual import MANUAL, MOST_BYTES, PICTURES, SIZE, names


def test_the_manual_names_every_place_of_the_bar_and_every_role() -> None:
    text = MANUAL.read_text("utf-8")

    assert [place.label for place in PLACES if f"*{place.label}*" not in text] == []
    assert [role.value for role in Role if f"| {role.value} |" not in text] == []


def test_the_pictures_are_numbered_as_they_are_shown_and_none_is_left_over() -> None:
    shown = names()

    assert [name.partition("-")[0] for name in shown] == [f"{number:02}" for number in range(1, len(shown) + 1)]
    assert {file.stem for file in PICTURES.iterdir()} == set(shown)


@pytest.mark.parametrize("name", names())
def test_a_picture_of_the_manual_is_small(name: str) -> None:
    file = PICTURES / f"{name}.png"

    assert file.stat().st_size <= MOST_BYTES
    with Image.open(file) as drawn:
        assert drawn.mode == "P"
        assert drawn.width <= SIZE[0]


def test_every_link_inside_the_manual_leads_to_one_of_its_headings() -> None:
    text = MANUAL.read_text("utf-8")
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall("^#+ (.+)$", text, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings
