"""What docxtpl itself, as it comes, makes of the same template and names: our parts say the same, element by element.

Forgiven, with the reason: what keeps rows whole or with the signatures is ours, and told of where rows are measured;
docxtpl gives a tab a run of its own with the same properties, and marks some texts to keep their spaces and not others.
It reads "{_{" in a value as an escaped brace, so that none is given to it.
"""

from __future__ import annotations

import dataclasses
import io
import re
from functools import cache
from typing import Any

import jinja2
import pytest
from docxtpl import DocxTemplate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from service.domain.frame import NO_FRAME, Frame, Seal
from service.domain.plan import Action
from service.domain.values import PlainText, Target, UnacceptableText
from tests.documents.conftest import ROOT
from tests.documents.test_frame_word import FULL, SEAL, SIGNED
from tests.plans import generated_plan, reference_plan, report_of
from worker.documents.context import Context, context_of, printed_names
from worker.documents.draft_mark import mark_document
from worker.documents.frame_word import frame_document
from worker.documents.package import read_members
from worker.documents.template_files import DocumentTemplate
from worker.documents.year_view import year_report

FOLDER = ROOT / "templates_docx"
QUARTERLY, YEARLY = "plan_de_accion.docx", "seguimiento_anual.docx"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CHANGE = {"version": "2.0", "fecha": "5/08/2024", "descripcion": "A & B\n«C»", "instancia": "D"}
LOOKS: tuple[tuple[str, Frame, Seal | None, bool], ...] = (
    (QUARTERLY, NO_FRAME, None, False),
    (QUARTERLY, NO_FRAME, None, True),
    (QUARTERLY, NO_FRAME, SEAL, False),
    (QUARTERLY, SIGNED, SEAL, False),
    (QUARTERLY, FULL, None, True),
    (YEARLY, NO_FRAME, None, False),
    (YEARLY, Frame("Entidad de Ejemplo"), None, True),
)
HARD_TEXTS = tuple(
    map(
        PlainText,
        (
            "",
            " ",
            "R&D & <eficaz> </w:t> &amp;",
            "{{ plan.titulo }} {% for %} {# no #}",
            "línea 1\nlínea 2\n\nlínea 4\n",
            "antes\tdespués\t\tfin\n\tsangrado",
            "  dos espacios al principio  y en medio, y al final  ",
            "«latinas» “inglesas” 'simples' \"dobles\"",
            "💧🚌👩🏽‍💻 café con ñandú",
            "palabra " * 1_000,
            "x" * 3_000,
        ),
    )
)


def admitted(raw: str) -> PlainText | None:
    try:
        return PlainText.admit(re.sub("{_[{%]|[}%]_}", "", raw))
    except UnacceptableText:
        return None


texts = st.integers(0, len(HARD_TEXTS) - 1).map(HARD_TEXTS.__getitem__) | st.text(max_size=80).map(admitted).filter(
    lambda text: text is not None
)
written_actions = st.builds(
    dataclasses.replace,
    st.sampled_from(reference_plan().actions),
    action=texts,
    lead=texts | st.none(),
    indicator=texts,
    unit=texts,
    target=st.sampled_from((None, Target.from_printed("1.234,5"), Target.from_printed("25 %")))
    | st.builds(Target, quantity=st.none(), text=texts),
    qualitative_progress=texts,
    starts_on=st.dates() | st.none(),
)
plans_actions = st.lists(written_actions, min_size=1, max_size=5) | st.integers(0, 10_000).map(
    lambda seed: [tame(action) for action in generated_plan(9, seed).actions]
)


def tame(action: Action) -> Action:
    return dataclasses.replace(
        action,
        **{
            name: admitted(value)
            for name in ("action", "lead", "indicator", "qualitative_progress")
            if (value := getattr(action, name)) is not None
        },
    )


@pytest.mark.parametrize("look", LOOKS, ids=range(len(LOOKS)))
@given(actions=plans_actions, entries=st.integers(0, 2))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_docxtpl_itself_writes_the_same_parts(
    look: tuple[str, Frame, Seal | None, bool], actions: list[Action], entries: int
) -> None:
    name, frame, seal, is_draft = look
    plan = dataclasses.replace(reference_plan(), actions=tuple(actions))
    report = dataclasses.replace(report_of(plan), frame=frame, approval=frame.approval, seal=seal, is_draft=is_draft)
    context = context_of(year_report((report,)) if name == YEARLY else report)
    if name == QUARTERLY:
        context = dataclasses.replace(context, control_de_cambios=(CHANGE,) * entries)
    ours = read_members(compiled(name).fill(context))
    theirs = rendered_by_docxtpl(name, context)
    assert {"word/document.xml", "word/header1.xml", "word/footer1.xml"} <= set(theirs)
    for part, content in theirs.items():
        assert canonical(ours[part]) == canonical(content), part


@cache
def compiled(name: str) -> DocumentTemplate:
    return DocumentTemplate((FOLDER / name).read_bytes())


def rendered_by_docxtpl(name: str, context: Context) -> dict[str, bytes]:
    """The parts that docxtpl renders: the body, the headers and footers."""
    source = frame_document(
        (FOLDER / name).read_bytes(), context.frame, has_approval=context.has_approval, has_seal=context.has_seal
    )
    template = DocxTemplate(io.BytesIO(mark_document(source) if context.borrador else source))
    template.render(names_of(context), jinja2.Environment(autoescape=True))
    written = io.BytesIO()
    template.save(written)
    return {
        part: content
        for part, content in read_members(written.getvalue()).items()
        if re.fullmatch(r"word/(document|header\d+|footer\d+)\.xml", part)
    }


def names_of(context: Context) -> dict[str, Any]:
    actions = [printed_names(action) for action in context.acciones]
    for action, names in zip(actions, context.acciones, strict=True):
        action["otros"] = {header: names[f'otros["{header}"]'] for header in context.otros}  # type: ignore[assignment]
    return {
        "plan": printed_names(context.plan),
        "acciones": actions,
        "aprobacion": printed_names(context.aprobacion),
        "sello": printed_names(context.sello),
        "control_de_cambios": [printed_names(change) for change in context.control_de_cambios],
    }


def canonical(xml: bytes) -> bytes:
    root = etree.fromstring(xml)
    for ours in (*root.iter(f"{W}cantSplit"), *root.iter(f"{W}keepNext"), *root.iter(etree.ProcessingInstruction)):
        ours.getparent().remove(ours)
    for text in root.iter(f"{W}t"):
        text.attrib.pop(SPACE, None)
    for paragraph in root.iter(f"{W}p"):
        join_alike_runs(paragraph)
    return bytes(etree.tostring(root, method="c14n"))


def join_alike_runs(paragraph: etree._Element) -> None:
    """Make one run of those that follow each other with the same properties, and leave out empty texts."""
    before: etree._Element | None = None
    for run in list(paragraph):
        if run.tag == f"{W}r":
            for text in run.findall(f"{W}t"):
                if not text.text:
                    run.remove(text)
            if before is not None and look_of(before) == look_of(run):
                before.extend(child for child in run if child.tag != f"{W}rPr")
                paragraph.remove(run)
                continue
        before = run if run.tag == f"{W}r" else None


def look_of(run: etree._Element) -> bytes:
    properties = run.find(f"{W}rPr")
    return b"" if properties is None else bytes(etree.tostring(properties, method="c14n"))


def test_the_comparison_sees_a_letter_that_differs() -> None:
    context = context_of(report_of(reference_plan()))
    ours = read_members(compiled(QUARTERLY).fill(context))["word/document.xml"]
    theirs = rendered_by_docxtpl(QUARTERLY, context)["word/document.xml"]
    assert canonical(ours) == canonical(theirs) != canonical(theirs.replace(b"Trimestral", b"Trimestrel", 1))
