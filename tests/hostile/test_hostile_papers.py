"""Whatever a stranger brings to be verified is answered in 3 s and 512 MB; the issued papers pass beside it."""

from __future__ import annotations

import hashlib
import inspect
import json
import resource

import pytest

from service.domain.reports import DocumentKind
from service.papers.room import CheckingRoom
from service.papers.verdicts import Altered, AsIssued, IssuedFile, NotOurs, Resaved, verdict_to_json
from tests.fuzz.targets import TEMPLATES, issued_papers
from tests.hostile.papers import PAPERS, png, word
from tests.hostile.zips import Entry, written
from tests.plans import generated_plan, report_of
from worker.documents.context import context_of
from worker.documents.package import read_members
from worker.documents.template_files import compile_template


@pytest.mark.parametrize("name", PAPERS)
def test_a_hostile_paper_is_answered_with_a_sentence(name: str) -> None:
    content, issued = PAPERS[name](), issued_papers()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    verdict = CheckingRoom().check(content, issued)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 3
    assert isinstance(verdict, NotOurs | Altered)
    assert verdict.sentence
    assert json.dumps(verdict_to_json(verdict), ensure_ascii=False).encode()


def test_the_kernel_lets_a_paper_have_512_mib_and_no_more() -> None:
    told = next(iter(inspect.signature(CheckingRoom).parameters.values())).default

    assert told == 512 * 1024**2
    assert isinstance(CheckingRoom(told // 4).check(PAPERS["paragraphs"](), issued_papers()), NotOurs)


def test_the_issued_papers_and_honest_ones_beside_them_are_told_as_what_they_are() -> None:
    room = CheckingRoom()
    for issued in issued_papers():
        assert room.check(issued.content, issued_papers()) == AsIssued(issued.kind)
    pictured = word(None, Entry("word/media/a.png", png(800, 600, bytes(481_000))))
    assert isinstance(room.check(pictured, issued_papers()), Resaved | Altered)


def test_a_large_honest_paper_is_looked_into_within_the_same_room() -> None:
    report = report_of(generated_plan(1_000))
    content = (TEMPLATES / "plan_de_accion.docx").read_bytes()
    made = compile_template(DocumentKind.WORD, content).fill(context_of(report))
    issued = IssuedFile(DocumentKind.WORD, "informe.docx", hashlib.sha256(made).hexdigest(), made)
    again = written(Entry(name, part) for name, part in read_members(made).items())

    assert isinstance(CheckingRoom().check(again, (issued,)), Resaved)


@pytest.mark.parametrize("scan", [png(60_000, 60_000), png(8_900, 8_900, bytes(100)), PAPERS["talking picture"]()])
def test_a_picture_that_promises_too_much_is_no_scan(scan: bytes) -> None:
    assert CheckingRoom().scan_ending(scan) == ""


def test_a_picture_of_a_page_is_a_scan() -> None:
    assert CheckingRoom().scan_ending(png(800, 600, bytes(801 * 600))) == "png"
