"""The Word with tracked changes: accepting all gives the new official document, rejecting all the old one."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.errors import TemplateProblem
from service.domain.plan import Action, Plan
from service.domain.reports import ChangeLogEntry
from service.domain.values import PlainText, Quarter, VersionNumber
from tests.documents import tracked
from tests.documents.conftest import Pdf
from tests.plans import LABELS, OBJECTIVE, generated_plan, reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.draft_mark import mark_document
from worker.documents.package import deflate, read_members, write_package
from worker.documents.redline import render_redline
from worker.documents.template_files import DocumentTemplate
from worker.documents.word import compile_document

TEMPLATE = (Path(__file__).parents[2] / "templates_docx" / "plan_de_accion.docx").read_bytes()
DOCUMENT, HEADER, FOOTER = "word/document.xml", "word/header1.xml", "word/footer1.xml"
TEXT_FIELDS = ("number", "action", "lead", "indicator", "unit", "periodicity", "funding_source", "qualitative_progress")


compiled = functools.lru_cache(compile_document)
template_of = functools.lru_cache(DocumentTemplate)


def official(plan: Plan, template: bytes = TEMPLATE) -> bytes:
    return compiled(template).fill(context_of(report_of(plan)))


def redline(before: Plan, after: Plan, template: bytes = TEMPLATE) -> bytes:
    return render_redline(template_of(template), report_of(before), report_of(after))


def assert_gives_both(before: Plan, after: Plan, template: bytes = TEMPLATE) -> bytes:
    content = redline(before, after, template)
    made = tracked.changes(content)
    assert tracked.accepted(content) == tracked.untracked(official(after, template))
    assert tracked.rejected(content) == tracked.untracked(official(before, template))
    assert bool(made) == (tracked.accepted(content) != tracked.rejected(content))
    return content


def revised(plan: Plan) -> Plan:
    """Another year, quarter and version; one action left, one came, one moved, one was reworded."""
    first, second, third, *middle, eighth, ninth, tenth = plan.actions
    words = str(second.qualitative_progress).replace("Soacha", "Sibaté")
    reworded = dataclasses.replace(
        second, lead=PlainText("Subdirección de Planeación"), qualitative_progress=PlainText(f"{words}\nAdemás,\testo.")
    )
    came = dataclasses.replace(
        third,
        number=PlainText("11"),
        action=PlainText("Formular la política de datos\nabiertos"),
        indicator=PlainText("Política formulada"),
        lead=PlainText("Oficina de Tecnologías"),
        qualitative_progress=PlainText("Se publicó el borrador."),
    )
    return dataclasses.replace(
        plan,
        quarter=Quarter(2025, 1),
        version=VersionNumber(3, 0),
        title=PlainText("PLAN DE ACCIÓN 2025"),
        objective=PlainText(OBJECTIVE.replace("metas", "metas anuales")),
        actions=(first, reworded, *middle, tenth, eighth, came, ninth),
    )


words = st.text("aábñ{}<&\"'% 1,.", min_size=1, max_size=6)
sentences = st.builds(
    lambda parts: PlainText.admit("".join(parts)),
    st.lists(st.one_of(words, st.sampled_from(["\n", "\t", " ", "meta ", "avance ", "de ", "la "])), max_size=12),
)


@st.composite
def actions(draw: st.DrawFn) -> Action:
    model = draw(st.sampled_from(reference_plan().actions))
    fields = draw(st.dictionaries(st.sampled_from(TEXT_FIELDS), sentences, max_size=3))
    return dataclasses.replace(model, **fields)


@st.composite
def pairs_of_plans(draw: st.DrawFn) -> tuple[Plan, Plan]:
    """Two plans of which the second came of the first as offices revise theirs."""
    plan = dataclasses.replace(
        reference_plan(), actions=tuple(draw(st.lists(actions(), min_size=1, max_size=7))), objective=draw(sentences)
    )
    rows = list(plan.actions)
    for step in draw(st.lists(st.sampled_from(["remove", "add", "move", "reword", "renumber"]), max_size=6)):
        place = draw(st.integers(0, len(rows) - 1))
        match step:
            case "remove" if len(rows) > 1:
                del rows[place]
            case "add":
                rows.insert(place, draw(actions()))
            case "move":
                rows.insert(draw(st.integers(0, len(rows) - 1)), rows.pop(place))
            case "reword":
                field = draw(st.sampled_from(TEXT_FIELDS))
                old = str(getattr(rows[place], field))
                begin, end = sorted((draw(st.integers(0, len(old))), draw(st.integers(0, len(old)))))
                text = PlainText.admit(old[:begin] + str(draw(sentences)) + old[end:])
                rows[place] = dataclasses.replace(rows[place], **{field: text})
            case "renumber":
                rows = [
                    dataclasses.replace(action, number=PlainText(str(number)))
                    for number, action in enumerate(rows, start=1)
                ]
    header = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "title": sentences,
                "objective": sentences,
                "version": st.builds(VersionNumber, st.integers(1, 12), st.integers(0, 3)),
                "quarter": st.builds(Quarter, st.integers(2023, 2026), st.integers(1, 4)),
            },
        )
    )
    return plan, dataclasses.replace(plan, actions=tuple(rows), **header)


@given(pairs_of_plans())
@settings(max_examples=100, deadline=None)
def test_accepting_gives_the_new_official_document_and_rejecting_the_old_one(plans: tuple[Plan, Plan]) -> None:
    assert_gives_both(*plans)


@given(
    seed=st.integers(0, 10_000), other=st.integers(0, 10_000), sizes=st.tuples(st.integers(1, 25), st.integers(1, 25))
)
@settings(max_examples=15, deadline=None)
def test_two_plans_that_have_nothing_in_common_are_told_too(seed: int, other: int, sizes: tuple[int, int]) -> None:
    assert_gives_both(generated_plan(sizes[0], seed), generated_plan(sizes[1], other))


def test_every_change_says_who_made_it_and_when_on_the_offices_clocks() -> None:
    before, after = report_of(reference_plan()), report_of(revised(reference_plan()))
    after = dataclasses.replace(after, created_at=dt.datetime(2025, 4, 12, 2, 5, 7, 999, tzinfo=dt.UTC))
    content = render_redline(template_of(TEMPLATE), before, after, author="Oficina Asesora de Planeación")
    assert {(change.author, change.date) for change in tracked.changes(content)} == {
        ("Oficina Asesora de Planeación", "2025-04-11T21:05:07")
    }
    assert {change.author for change in tracked.changes(redline(before.plan, after.plan))} == {"Folio"}


def test_the_same_reports_give_the_same_bytes_and_equal_ones_no_change() -> None:
    plan = reference_plan()
    assert redline(plan, revised(plan)) == redline(plan, revised(plan))
    content = redline(plan, plan)
    assert tracked.changes(content) == []
    assert tracked.accepted(content) == tracked.untracked(official(plan))


def test_only_the_words_that_changed_are_marked() -> None:
    content = redline(reference_plan(), revised(reference_plan()))
    header = read_members(content)[HEADER].decode()
    assert re.findall(r"<w:delText[^>]*>([^<]*)", header) == ["2024", "2.0"]
    assert re.findall(r"<w:ins [^>]*>.*?<w:t[^>]*>([^<]*)", header) == ["2025", " anuales", "3.0"]


def test_rows_that_left_came_and_moved_are_tracked_as_rows() -> None:
    content = redline(reference_plan(), revised(reference_plan()))
    rows = [change.kind for change in tracked.changes(content) if change.of == "trPr"]
    # The third left and another came; the tenth moved up.
    assert sorted(rows) == ["del", "del", "ins", "ins"]


def test_what_the_control_de_cambios_tells_of_the_new_version_comes_with_it() -> None:
    def entry(version: VersionNumber, said: str) -> ChangeLogEntry:
        return ChangeLogEntry(version, dt.date(2025, version.major, 5), said, "Comité Institucional")

    first = entry(VersionNumber(1, 0), "Aprobación del plan.")
    second = entry(VersionNumber(2, 0), "Se modificó la acción 2.")
    reports = [
        dataclasses.replace(report_of(reference_plan()), change_log=log) for log in ((), (first,), (first, second))
    ]
    for before, after in itertools.permutations(reports, 2):
        content = render_redline(template_of(TEMPLATE), before, after)
        assert tracked.accepted(content) == tracked.untracked(compiled(TEMPLATE).fill(context_of(after)))
        assert tracked.rejected(content) == tracked.untracked(compiled(TEMPLATE).fill(context_of(before)))
    rows = [
        change for change in tracked.changes(render_redline(template_of(TEMPLATE), *reports[1:])) if change.of == "trPr"
    ]
    assert [row.kind for row in rows] == ["ins"]


def test_a_draft_says_so_on_its_pages_and_the_mark_is_no_change() -> None:
    before = report_of(reference_plan())
    after = dataclasses.replace(report_of(revised(reference_plan())), is_draft=True)
    content = render_redline(template_of(TEMPLATE), before, after)
    assert b'string="BORRADOR"' in read_members(content)[HEADER]
    assert tracked.accepted(content) == tracked.untracked(official(after.plan, mark_document(TEMPLATE)))
    assert tracked.rejected(content) == tracked.untracked(official(before.plan, mark_document(TEMPLATE)))


def test_a_row_that_would_no_longer_fit_a_page_with_what_left_may_be_split() -> None:
    def with_progress(text: str) -> Plan:
        first, *others = reference_plan().actions
        longer = dataclasses.replace(first, qualitative_progress=PlainText(text))
        return dataclasses.replace(reference_plan(), actions=(longer, *others))

    def kept_whole(content: bytes) -> list[bool]:
        rows = re.findall(r"<w:tr>.*?</w:tr>", read_members(content)[DOCUMENT].decode(), re.DOTALL)
        return ["<w:cantSplit/>" in row for row in rows]

    old, new = with_progress("antes " * 250), with_progress("después " * 220)
    assert kept_whole(official(old)) == kept_whole(official(new)) == [True] * 12
    assert kept_whole(redline(old, new)) == [True, True, False, *[True] * 9]


def edited(*changes: tuple[str, str, str]) -> bytes:
    """The official template with one text of a part replaced, for each change."""
    members = read_members(TEMPLATE)
    for part, old, new in changes:
        text = members[part].decode()
        assert old in text
        members[part] = text.replace(old, new, 1).encode()
    return write_package(deflate(name, content) for name, content in members.items())


def _p(text: str, style: str = "Textodetabla") -> str:
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>'
        f'<w:r><w:rPr><w:i/></w:rPr><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'
    )


def _row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc><w:tcPr/>{cell}</w:tc>' for cell in cells)}</w:tr>"


def _table(*rows: str, columns: int = 2) -> str:
    grid = '<w:gridCol w:w="4000"/>' * columns
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="0" w:type="auto"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{"".join(rows)}</w:tbl>'
    )


def _box(content: str) -> str:
    """A text box in the two languages that Word writes."""
    drawing = (
        '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
        '<wp:extent cx="914400" cy="457200"/><wp:docPr id="7" name="Cuadro"/>'
        '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        '<a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
        '<wps:wsp xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"><wps:cNvSpPr/>'
        '<wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="914400" cy="457200"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></wps:spPr>'
        f"<wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp>"
        "</a:graphicData></a:graphic></wp:inline></w:drawing>"
    )
    return (
        '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f'<mc:Choice xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" Requires="wps">'
        f'{drawing}</mc:Choice><mc:Fallback><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml" '
        f'style="width:72pt;height:36pt"><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:shape>'
        "</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )


END = '<w:p><w:pPr><w:pStyle w:val="Cierre"/></w:pPr></w:p><w:sectPr>'
PROGRESS = '<w:r><w:t xml:space="preserve">{{ accion.avance_cualitativo }}</w:t></w:r></w:p>'
ROW_END = f"{PROGRESS}</w:tc></w:tr>"
VERSION = '<w:r><w:t xml:space="preserve">Versión {{ plan.version }}</w:t></w:r>'
LOOP, END_OF_LOOP = "{%p for accion in acciones %}", "{%p endfor %}"

# What offices build: name -> the changes to the official template.
OFFICES = {
    "paragraphs by condition": [
        (
            DOCUMENT,
            PROGRESS,
            f"{PROGRESS}{_p('{%p if accion.meta == &quot;1&quot; %}')}{_p('Una sola')}{_p('{%p endif %}')}",
        ),
    ],
    "paragraphs by condition, at the beginning": [
        (
            DOCUMENT,
            '<w:p><w:pPr><w:pStyle w:val="Textodetabla"/></w:pPr>' + PROGRESS,
            _p("{%p if accion.numero > &quot;4&quot; %}")
            + _p("{{ accion.responsable }}", "Objetivo")
            + _p("{%p endif %}")
            + '<w:p><w:pPr><w:pStyle w:val="Textodetabla"/></w:pPr>'
            + PROGRESS,
        ),
    ],
    "two rows an action and a row below": [
        (DOCUMENT, ROW_END, ROW_END + _row(_p("Meta {{ accion.meta }}"), _p("hasta {{ accion.fecha_fin }}"))),
        (DOCUMENT, "</w:tbl>", _row(_p("Vigencia {{ plan.vigencia }}")) + "</w:tbl>"),
    ],
    "rows by condition": [
        (
            DOCUMENT,
            ROW_END,
            ROW_END
            + _row(_p("{%tr if accion.responsable != &quot;Subdirección de Gestión de Proyectos&quot; %}"))
            + _row(_p("Otra dependencia: {{ accion.responsable }}"))
            + _row(_p("{%tr endif %}")),
        ),
    ],
    "a loop that passes over actions": [
        (
            DOCUMENT,
            "{%tr for accion in acciones %}",
            "{%tr for accion in acciones if accion.numero != &quot;5&quot; %}",
        ),
    ],
    "a second table of the same actions": [
        (
            DOCUMENT,
            END,
            _p("Resumen")
            + _table(
                _row(_p("{%tr for a in acciones %}"), _p("")),
                _row(_p("{{ a.numero }}"), _p("{{ a.indicador }}: {{ a.meta }}")),
                _row(_p("{%tr endfor %}"), _p("")),
            )
            + END,
        ),
    ],
    "a paragraph and a table an action": [
        (
            DOCUMENT,
            END,
            _p(LOOP)
            + _p("{{ accion.numero }}. {{ accion.accion }}")
            + _table(_row(_p("{{ accion.responsable }}"), _p("{{ accion.avance_cualitativo }}")))
            + _p("")
            + _p(END_OF_LOOP)
            + END,
        ),
    ],
    "another table in another quarter": [
        (
            DOCUMENT,
            END,
            _p("{%p if plan.trimestre == &quot;I&quot; %}")
            + _table(_row(_p("{{ plan.vigencia }}"), _p("{{ plan.titulo }}"), _p("x")), columns=3)
            + _p("{%p else %}")
            + _table(_row(_p("{{ plan.vigencia }}"), _p("{{ plan.objetivo }}")), _row(_p("y"), _p("z")))
            + _p("{%p endif %}")
            + END,
        ),
    ],
    "a paragraph less in the page header": [
        (
            HEADER,
            '<w:p><w:pPr><w:pStyle w:val="Versin"/></w:pPr>',
            _p("{%p if plan.vigencia == &quot;2024&quot; %}")
            + _p("Corte {{ plan.fecha_de_corte }}")
            + _p("{%p endif %}")
            + '<w:p><w:pPr><w:pStyle w:val="Versin"/></w:pPr>',
        ),
    ],
    "another style in another quarter": [
        (
            HEADER,
            '<w:p><w:pPr><w:pStyle w:val="Ttulo"/></w:pPr>',
            (
                '<w:p><w:pPr>{% if plan.trimestre == &quot;I&quot; %}<w:pStyle w:val="Piedepgina"/>{% else %}'
                '<w:pStyle w:val="Ttulo"/>{% endif %}</w:pPr>'
            ),
        ),
    ],
    "bold in another quarter": [
        (
            HEADER,
            VERSION,
            (
                "<w:r>{% if plan.trimestre == &quot;I&quot; %}<w:rPr><w:b/></w:rPr>{% endif %}"
                '<w:t xml:space="preserve">Versión {{ plan.version }}</w:t></w:r>'
            ),
        ),
    ],
    "a text box in the page header": [(HEADER, VERSION, VERSION + _box(_p("Versión {{ plan.version }}")))],
    "a text box that comes": [
        (
            HEADER,
            '<w:p><w:pPr><w:pStyle w:val="Versin"/></w:pPr>' + VERSION,
            '<w:p><w:pPr><w:pStyle w:val="Versin"/></w:pPr>'
            + VERSION
            + "{% if plan.trimestre == &quot;I&quot; %}"
            + _box(_p("{{ plan.titulo }}"))
            + "{% endif %}",
        ),
    ],
    "a content control and a bookmark": [
        (
            HEADER,
            VERSION,
            (
                '<w:bookmarkStart w:id="3" w:name="version"/><w:sdt><w:sdtPr><w:alias w:val="Versión"/></w:sdtPr>'
                f'<w:sdtContent>{VERSION}</w:sdtContent></w:sdt><w:bookmarkEnd w:id="3"/>'
            ),
        ),
    ],
    "fields amid the text": [
        (
            HEADER,
            VERSION,
            (
                '<w:r><w:t>Página </w:t></w:r><w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>'
                '<w:r><w:t xml:space="preserve"> del plan {{ plan.vigencia }}, versión {{ plan.version }}</w:t></w:r>'
            ),
        ),
        (FOOTER, "Página ", "{{ plan.titulo }}, página "),
    ],
    "a field that leaves": [
        (
            HEADER,
            VERSION,
            (
                "<w:r><w:t>v{{ plan.version }}</w:t></w:r>{% if plan.trimestre != &quot;I&quot; %}"
                '<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple>{% endif %}'
            ),
        ),
    ],
    "actions side by side": [
        (
            DOCUMENT,
            END,
            _table(
                _row(_p("{%tc for accion in acciones %}"), _p("{{ accion.numero }}"), _p("{%tc endfor %}")), columns=10
            )
            + END,
        ),
    ],
}


@pytest.mark.parametrize("office", OFFICES)
def test_any_office_s_template_gives_both_documents(
    office: str, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    template = edited(*OFFICES[office])
    plan = reference_plan()
    for before, after in [(plan, revised(plan)), (revised(plan), plan), (generated_plan(4), generated_plan(6, 7))]:
        content = assert_gives_both(before, after, template)
        assert tracked.changes(content)
        if before is plan and (errors := validator_errors(content, "docx")):
            # What these templates make the validator say of every document made with them.
            known = {str(error) for error in validator_errors(official(after, template), "docx")}
            assert {str(error) for error in errors} <= known


def test_a_column_of_the_offices_own_that_the_older_plan_lacked_comes_with_its_texts() -> None:
    template = edited((DOCUMENT, "{{ accion.indicador }}", '{{ accion.otros["Línea"] }}: {{ accion.indicador }}'))
    old = reference_plan()
    extras = (("Línea", PlainText("Movilidad")),)
    new = dataclasses.replace(old, actions=tuple(dataclasses.replace(action, extras=extras) for action in old.actions))
    content = redline(old, new, template)
    assert tracked.accepted(content) == tracked.untracked(official(new, template))
    inserted = re.findall(r"<w:ins [^>]*><w:r><w:t[^>]*>([^<]*)", read_members(content)[DOCUMENT].decode())
    assert inserted == ["Movilidad"] * 10
    with pytest.raises(TemplateProblem):
        redline(new, old, template)


@pytest.mark.parametrize("actions", [10, 400])
def test_microsofts_validator_finds_no_error(
    actions: int, validator_errors: Callable[[bytes, str], list[object]]
) -> None:
    if actions == 10:
        content = redline(reference_plan(), revised(reference_plan()))
    else:
        content = assert_gives_both(generated_plan(actions), generated_plan(actions - 20, 7))
    assert validator_errors(content, "docx") == []


MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Changes" script:language="StarBasic">
Sub Settle(source As String, target As String, command As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  Dim word(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(ConvertToURL(source), "_blank", 0, hidden())
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  dispatcher.executeDispatch(document.CurrentController.Frame, ".uno:" + command, "", 0, Array())
  word(0).Name = "FilterName" : word(0).Value = "MS Word 2007 XML"
  document.storeToURL(ConvertToURL(target), word())
  document.close(True)
End Sub
</script:module>"""
LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" library:readonly="false" \
library:passwordprotected="false"><library:element library:name="Changes"/></library:library>"""
Settle = Callable[[bytes, str], bytes]


@pytest.fixture(scope="module")
def settle(tmp_path_factory: pytest.TempPathFactory) -> Settle:
    """LibreOffice's own "Accept All" and "Reject All", told by a macro in a profile of its own.

    It saves `_x0041_` as `_x005F_x0041_`, which is right in a workbook and strange in Word.
    """
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    assert soffice, "LibreOffice is missing: make test installs it"
    home = tmp_path_factory.mktemp("settle")
    source, target = home / "source.docx", home / "target.docx"

    def run(*arguments: str) -> None:
        profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
        subprocess.run(
            [soffice, profile, "--headless", "--norestore", *arguments],
            check=True, capture_output=True, timeout=140, env={**os.environ, "HOME": str(home)},
        )  # fmt: skip

    def settled(content: bytes, command: str) -> bytes:
        source.write_bytes(content)
        target.unlink(missing_ok=True)
        run(f'macro:///Standard.Changes.Settle("{source}","{target}","{command}")')
        members = read_members(target.read_bytes())
        return write_package(deflate(name, part.replace(b"_x005F_x", b"_x")) for name, part in members.items())

    # A new profile gets libraries of LibreOffice's own, over whatever lies there.
    run("--terminate_after_init")
    library = home / "profile" / "user" / "basic" / "Standard"
    (library / "Changes.xba").write_text(MACRO, "utf-8")
    (library / "script.xlb").write_text(LIBRARY, "utf-8")
    return settled


def plain(content: bytes) -> dict[str, list[object]]:
    """The texts of the body, of the page headers and of the footers: LibreOffice numbers their files its own way.

    Newer ones also write empty headers and repeat one for the first page and for even pages.
    """
    found: dict[str, list[object]] = {}
    for name, blocks in tracked.untracked(content).items():
        told = found.setdefault(re.sub(r"\W|\d|xml", "", name), [])
        texts = tracked.texts(blocks)
        if any(texts) and texts not in told:
            told.append(texts)
    return found


@pytest.mark.parametrize("plans", ["the reference revised", "the reference taken back", "generated"])
def test_libreoffice_accepts_to_the_new_document_and_rejects_to_the_old(plans: str, settle: Settle) -> None:
    reference = reference_plan()
    before, after = {
        "the reference revised": (reference, revised(reference)),
        "the reference taken back": (revised(reference), reference),
        "generated": (generated_plan(25), generated_plan(30, 7)),
    }[plans]
    content = redline(before, after)
    assert plain(settle(content, "AcceptAllTrackedChanges")) == plain(official(after))
    assert plain(settle(content, "RejectAllTrackedChanges")) == plain(official(before))


def test_libreoffice_prints_the_changes_and_keeps_the_headers_of_every_page(
    to_pdf: Callable[[bytes, str], Pdf],
) -> None:
    def squeezed(text: str) -> str:
        return re.sub(r"\s", "", text)

    pdf = to_pdf(redline(reference_plan(), revised(reference_plan())), "docx")
    assert len(pdf.pages) in {3, 4}
    for number, page in enumerate(pdf.pages, start=1):
        for label in (*LABELS[4:], "PLANDEACCIÓN20242025", "Versión2.03.0", f"Página{number}de{len(pdf.pages)}"):
            assert squeezed(label) in squeezed(page), f"«{label}» is missing on page {number}"
    whole = squeezed(pdf.text)
    for action in (*reference_plan().actions, *revised(reference_plan()).actions):
        assert squeezed(str(action.indicator)) in whole
