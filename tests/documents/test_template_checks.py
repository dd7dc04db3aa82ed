"""A template that no report can fill is refused with its place; a hostile one is refused before anything of it runs."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from service.domain.errors import TemplateProblem
from service.domain.reports import DocumentKind
from tests.plans import reference_plan, report_of
from worker.documents.context import context_of
from worker.documents.package import deflate, deflate_stream, deflate_well, read_members, write_package
from worker.documents.template_files import TemplateFiles
from worker.documents.template_language import StrictEnvironment
from worker.documents.word import compile_document

TEMPLATES = Path(__file__).parents[2] / "templates_docx"
DOCUMENT = "word/document.xml"


def changed(old: str, new: str, part: str = DOCUMENT) -> bytes:
    """The official Word template with one text of a part replaced."""
    members = read_members((TEMPLATES / "plan_de_accion.docx").read_bytes())
    text = members[part].decode()
    assert old in text
    members[part] = text.replace(old, new, 1).encode()
    return write_package(deflate(name, content) for name, content in members.items())


def refusal(template: bytes) -> str:
    with pytest.raises(TemplateProblem) as caught:
        compile_document(template)
    return caught.value.detail


def test_an_unknown_name_is_refused_at_its_cell_with_the_nearest_name() -> None:
    detail = refusal(changed("{{ accion.responsable }}", "{{ accion.responsble }}"))
    assert "el cuerpo del documento, tabla 1, fila 4, celda 3" in detail
    assert "«accion.responsble», que no existe (¿quiso decir «responsable»?)" in detail


def test_an_unknown_name_in_the_page_header_is_refused_at_its_paragraph() -> None:
    detail = refusal(changed("{{ plan.objetivo }}", "{{ plan.objetvo }}", "word/header1.xml"))
    assert "el encabezado de página, párrafo 2" in detail


def test_all_mistakes_of_a_template_are_told_at_once() -> None:
    template = read_members(changed("{{ accion.meta }}", "{{ accion.metas }}"))
    template[DOCUMENT] = template[DOCUMENT].replace(b"{{ accion.indicador }}", b"{{ accion.indicadores }}")
    detail = refusal(write_package(deflate(name, content) for name, content in template.items()))
    assert "metas" in detail
    assert "indicadores" in detail


@pytest.mark.parametrize(
    "tag",
    [
        "{{ cycler.__init__.__globals__.os.getcwd() }}",
        "{{ plan.__class__ }}",
        "{{ plan['__class__'] }}",
        "{{ plan.titulo.__class__.__mro__ }}",
        "{{ accion.meta|attr('__class__') }}",
        "{{ accion.meta|map(attribute='x')|list }}",
        "{{ range(100000)|join }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 10 ** 10000000 }}",
        "{{ namespace(x=1) }}",
        "{{ lipsum() }}",
        "{{ plan.titulo.upper() }}",
        "{{ acciones }}",
        "{{ accion }}",
        "{{ self }}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% macro m() %}{% endmacro %}",
        "{% for a in acciones %}{% for b in [1, 2] %}{% endfor %}{% endfor %}",
        "{{ [1, 2] }}",
        "{{ accion.meta ~ accion.numero }}",
        "{{ accion.meta + 1 }}",
        "{{ accion.meta",
        "{{ }}",
    ],
)
@pytest.mark.parametrize("part", [DOCUMENT, "word/footer1.xml", "docProps/core.xml"])
def test_an_expression_beyond_names_and_conditions_is_refused(tag: str, part: str) -> None:
    old = {DOCUMENT: "{{ accion.meta }}", "word/footer1.xml": "Página ", "docProps/core.xml": "{{ plan.version }}"}[
        part
    ]
    assert "plantilla" in refusal(changed(old, tag.replace("<", "&lt;"), part))


@pytest.mark.parametrize("tag", ["{{ ''.__class__ }}", "{{ plan.update(x=1) }}", "{{ plan['update'] }}"])
def test_nothing_of_python_is_reached_even_past_the_allow_list(tag: str) -> None:
    with pytest.raises((SecurityError, UndefinedError)):
        StrictEnvironment().from_string(tag).render(plan={"titulo": "Plan de acción"})


def test_conditions_and_the_listed_filters_are_allowed() -> None:
    tag = "{% if accion.seguimiento == 'Anual' %}año{% else %}{{ accion.meta|default('sin meta')|upper }}{% endif %}"
    template = compile_document(changed("{{ accion.meta }}", tag))
    assert template.fill(context_of(report_of(reference_plan())))


def test_a_tag_that_word_saved_in_pieces_is_read_whole() -> None:
    pieces = '{{ accion</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:t>.meta }</w:t></w:r><w:r><w:t>}'
    whole = compile_document(changed("{{ accion.meta }}", "{{ accion.meta }}"))
    in_pieces = compile_document(changed("{{ accion.meta }}", pieces))
    context = context_of(report_of(reference_plan()))
    text = [b">4<", b">1<", b">3<", b">10<"]
    for template in (whole, in_pieces):
        document = read_members(template.fill(context))[DOCUMENT]
        assert all(piece in document for piece in text)


def test_a_condition_that_tears_an_element_apart_is_refused() -> None:
    members = read_members(changed("{{ accion.meta }}", "{%p if loop.first %}"))
    members[DOCUMENT] = members[DOCUMENT].replace(b"{{ accion.fecha_inicio }}", b"{{ accion.fecha_inicio }}{% endif %}")
    torn = write_package(deflate(name, content) for name, content in members.items())
    assert "mal formada" in refusal(torn)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda members: {**members, "word/vbaProject.bin": b"x"}, "macros"),
        (lambda members: {**members, "word/embeddings/oleObject1.bin": b"x"}, "objetos incrustados"),
        (lambda members: {**members, DOCUMENT: b"<!DOCTYPE a>" + members[DOCUMENT]}, "entidades"),
        (lambda members: {**members, DOCUMENT: members[DOCUMENT][:-20]}, "dañada"),
        (
            lambda members: {
                **members,
                "word/_rels/document.xml.rels": members["word/_rels/document.xml.rels"].replace(
                    b'Target="header1.xml"', b'Target="http://127.0.0.1/h.xml" TargetMode="External"'
                ),
            },
            "archivo externo",
        ),
        (
            lambda members: {
                **members,
                "[Content_Types].xml": members["[Content_Types].xml"].replace(
                    b"wordprocessingml.document.main", b"wordprocessingml.template.main"
                ),
            },
            "Documento de Word",
        ),
    ],
)
def test_active_or_damaged_templates_are_refused(
    damage: Callable[[dict[str, bytes]], dict[str, bytes]], said: str
) -> None:
    members = damage(read_members((TEMPLATES / "plan_de_accion.docx").read_bytes()))
    assert said in refusal(write_package(deflate(name, content) for name, content in members.items()))


@pytest.mark.parametrize("content", [b"", b"PK", b"no es un zip", b"\xd0\xcf\x11\xe0" + b"\0" * 600])
def test_what_is_no_word_file_is_refused(content: bytes) -> None:
    assert "archivo de Word" in refusal(content)


@pytest.mark.parametrize("form", ["{{r", "{{p", "{{tr", "{{tc"])
def test_forms_of_docxtpl_for_more_than_text_are_refused_at_their_cell(form: str) -> None:
    detail = refusal(changed("{{ accion.meta }}", f"{form} accion.meta }}}}"))
    assert (
        f"el cuerpo del documento, tabla 1, fila 4, celda 6 («{form} accion.meta }}}}»): «{form}» no se puede" in detail
    )


def test_a_template_is_compiled_once_and_again_when_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "plan_de_accion.docx"
    path.write_bytes((TEMPLATES / "plan_de_accion.docx").read_bytes())
    templates = TemplateFiles(tmp_path)
    first = templates.of(DocumentKind.WORD)
    assert templates.of(DocumentKind.WORD) is first
    path.write_bytes(changed("RESPONSABLE", "ENCARGADO"))
    assert templates.of(DocumentKind.WORD).fingerprint != first.fingerprint


def test_a_template_of_the_same_size_and_date_is_taken_up_too(tmp_path: Path) -> None:
    path, other = tmp_path / "plan_de_accion.docx", tmp_path / "otra.docx"
    written = (changed("RESPONSABLE", "".join(letters)) for letters in permutations("ENCARGADO"))
    path.write_bytes(next(written))
    other.write_bytes(next(content for content in written if len(content) == path.stat().st_size))
    templates = TemplateFiles(tmp_path)
    first = templates.of(DocumentKind.WORD)
    found = path.stat()
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.replace(path)
    assert templates.of(DocumentKind.WORD).fingerprint != first.fingerprint


def test_a_template_that_cannot_be_used_stays_refused_and_a_mended_one_is_taken_up(tmp_path: Path) -> None:
    path = tmp_path / "plan_de_accion.docx"
    path.write_bytes(b"no es un zip")
    templates = TemplateFiles(tmp_path)
    for _ in range(2):
        with pytest.raises(TemplateProblem):
            templates.of(DocumentKind.WORD)
    path.write_bytes((TEMPLATES / "plan_de_accion.docx").read_bytes())
    assert templates.of(DocumentKind.WORD).document is not None


def test_a_missing_template_is_named(tmp_path: Path) -> None:
    with pytest.raises(TemplateProblem) as caught:
        TemplateFiles(tmp_path).of(DocumentKind.WORD)
    assert caught.value.detail == "Falta la plantilla «plan_de_accion.docx»."


def test_the_package_that_we_write_is_a_zip_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(write_package([deflate("á.txt", b"uno" * 100), deflate("b/c.txt", b"")]))
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {"á.txt": b"uno" * 100, "b/c.txt": b""}


def test_what_is_deflated_as_it_comes_is_what_is_deflated_whole(tmp_path: Path) -> None:
    stretches = [b"uno" * 70_000, b"", b"dos", bytes(range(256)) * 900]
    path = tmp_path / "a.zip"
    path.write_bytes(write_package([deflate_stream("a", stretches), deflate_well("b", b"".join(stretches))]))
    assert read_members(path.read_bytes()) == {"a": b"".join(stretches), "b": b"".join(stretches)}
