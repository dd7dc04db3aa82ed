"""The PDF of a report -> the same with an empty signature field for each signer, where the block leaves room to sign.

Only the printed page knows where that place is: it is the free room above the signer's name. Fields have names that
people can read ("Firma_Elaboro_1") and stand in the structure of the document, so that who listens to it meets them.
A signer whose name is not found gets a field without a place, which any program for signing lists all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, cast

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import InvisSigSettings, SigFieldSpec, append_signature_field

from service.domain.frame import Role, Signer
from worker.documents.pdf_places import Box, Place, PlacedText, dictionary

# Points. What a signature needs at least, what it gets at most, and what stays free around it.
_CENTIMETRE: Final = 72 / 2.54
_LOWEST, _HIGHEST, _NARROWEST = 0.8 * _CENTIMETRE, 1.5 * _CENTIMETRE, 5 * _CENTIMETRE
_MARGIN: Final = 2.0

_NAMES: Final = {Role.DRAFTED: "Elaboro", Role.REVIEWED: "Reviso", Role.APPROVED: "Aprobo"}


def prepare_places_to_sign(
    writer: IncrementalPdfFileWriter, text: PlacedText, signers: tuple[Signer, ...], *, is_draft: bool
) -> None:
    """Describe the lines to sign on in the PDF that is being written, and put an empty field on each.

    Args:
        writer: takes the fields; its document is tagged.
        text: of the same document.
        signers: as the report's frame has them, in the order in which they sign.
        is_draft: there are no fields then, for nobody signs a draft.
    """
    numbers: Counter[Role] = Counter()
    for signer, place in zip(signers, _places_to_sign(text, signers), strict=True):
        line = _described_line(writer, signer, place) if place else None
        if not is_draft:
            numbers[signer.role] += 1
            _add(writer, f"Firma_{_NAMES[signer.role]}_{numbers[signer.role]}", signer, place, line)


def _places_to_sign(text: PlacedText, signers: tuple[Signer, ...]) -> Iterator[Place | None]:
    """For each signer the free room above the name; who signs twice is named twice, at the end of the document."""
    times = Counter(signer.printed_name for signer in signers)
    rooms = {name: _rooms(text, name, count) for name, count in times.items()}
    for signer in signers:
        room = rooms[signer.printed_name]
        yield room.pop(0) if room else None


def _rooms(text: PlacedText, name: str, count: int) -> list[Place]:
    """The last so many rooms above a name, in the order of the text."""
    found: list[Place] = []
    for page in reversed(range(text.pages)):
        boxes = text.texts(page)
        here = [Place(page, room) for place in text.places(name, page) if (room := _room_above(place.box, boxes))]
        found = here + found
        if len(found) >= count:
            return found[-count:]
    return found


def _room_above(name: Box, texts: tuple[Box, ...]) -> Box | None:
    """What is free over a name, as high as a signature may be; None where it is too low for one."""
    bottom = name.top + _MARGIN
    wide = Box(name.left, name.bottom, max(name.right, name.left + _NARROWEST), name.top)
    beside = [text.left for text in texts if text.is_right_of(name)]
    right = min([wide.right, *(left - _MARGIN for left in beside)])
    above = [text.bottom for text in texts if text.is_above(wide)]
    top = min([bottom + _HIGHEST, *(lowest - _MARGIN for lowest in above)])
    return Box(name.left, bottom, right, top) if top - bottom >= _LOWEST else None


def tagged_document(writer: IncrementalPdfFileWriter) -> generic.IndirectObject:
    """The whole document in the structure; LibreOffice may put what is drawn behind the pages before it."""
    kids = writer.root["/StructTreeRoot"]["/K"].iterate()
    return cast(generic.IndirectObject, next(kid for kid in kids if kid.get_object()["/S"] == "/Document"))


def _described_line(writer: IncrementalPdfFileWriter, signer: Signer, place: Place) -> generic.IndirectObject | None:
    """The picture of the line to sign on, as the structure has it, with a description, which LibreOffice leaves out."""
    page, _ = writer.find_page_for_modification(place.page)
    line = _figure(writer.root["/StructTreeRoot"]["/ParentTree"], page.get_object(), place.box)
    if line:
        line.get_object()["/Alt"] = pdf_string(f"Lugar para la firma de {signer.name}")
        writer.mark_update(line)
    return line


def _add(
    writer: IncrementalPdfFileWriter,
    name: str,
    signer: Signer,
    place: Place | None,
    line: generic.IndirectObject | None,
) -> None:
    box = place.box if place else None
    spec = SigFieldSpec(
        name,
        on_page=place.page if place else -1,
        box=(box.left, box.bottom, box.right, box.top) if box else None,  # type: ignore[arg-type]  # it takes fractions
        readable_field_name=f"{signer.role.label}: firma de {signer.name}, {signer.printed_position}",
        # PDF/A admits no hidden annotation.
        invis_sig_settings=InvisSigSettings(set_hidden_flag=False),
    )
    append_signature_field(writer, spec)
    fields = writer.root["/AcroForm"]["/Fields"]
    _put_into_structure(writer, fields.raw_get(len(fields) - 1), line)


def _put_into_structure(
    writer: IncrementalPdfFileWriter, field: generic.IndirectObject, line: generic.IndirectObject | None
) -> None:
    """Beside the picture of the line to sign on, or at the end: the block follows the last row."""
    annotation, structure = field.get_object(), writer.root["/StructTreeRoot"]
    page = annotation.raw_get("/P")
    parent = line.get_object().raw_get("/P") if line else tagged_document(writer)
    element = writer.add_object(
        dictionary(
            Type=pdf_name("/StructElem"),
            S=pdf_name("/Form"),
            P=parent,
            Pg=page,
            K=dictionary(Type=pdf_name("/OBJR"), Obj=field),
        )
    )
    siblings = parent.get_object().raw_get("/K")
    if not isinstance(siblings, generic.ArrayObject):
        siblings = generic.ArrayObject([siblings])
    siblings.append(element)
    parent.get_object()["/K"] = siblings
    writer.mark_update(parent)
    annotation["/StructParent"] = generic.NumberObject(_entered(writer, structure["/ParentTree"], element))
    # Who goes through fields with the keyboard goes in the order of the structure.
    page.get_object()["/Tabs"] = pdf_name("/S")
    writer.mark_update(page)


def _figure(tree: generic.DictionaryObject, page: generic.DictionaryObject, box: Box) -> generic.IndirectObject | None:
    """The picture without a description that a place to sign lies on, as the structure has it."""
    middle = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    number, leaf = page["/StructParents"], tree
    while "/Kids" in leaf:
        leaf = next(kid for kid in leaf["/Kids"] if kid["/Limits"][0] <= number <= kid["/Limits"][1])
    numbers = list(leaf["/Nums"].iterate())
    elements = numbers[numbers[::2].index(number) * 2 + 1].get_object()
    found: list[tuple[float, generic.IndirectObject]] = []
    for reference in elements.iterate():
        element = reference.get_object()
        is_picture = isinstance(element, generic.DictionaryObject) and element.get("/S") == "/Figure"
        if is_picture and "/Alt" not in element and (size := _size_around(element, middle)):
            found.append((size, cast(generic.IndirectObject, reference)))
    # The mark of drafts may lie under it, and LibreOffice 25 names that one first.
    return min(found, key=lambda each: each[0])[1] if found else None


def _size_around(figure: generic.DictionaryObject, point: tuple[float, float]) -> float:
    """How large a picture is that has the point in it, in square points; 0 where it has not."""
    attributes = figure["/A"] if isinstance(figure["/A"], generic.ArrayObject) else [figure["/A"]]
    for own in attributes:
        if "/BBox" in own:
            left, bottom, right, top = map(float, own["/BBox"])
            is_in = left <= point[0] <= right and bottom <= point[1] <= top
            return (right - left) * (top - bottom) if is_in else 0.0
    return 0.0


def _entered(writer: IncrementalPdfFileWriter, tree: generic.DictionaryObject, element: generic.IndirectObject) -> int:
    """The number under which the structure's element of an annotation is from now on found."""
    leaf = tree
    while "/Kids" in leaf:
        leaf = leaf["/Kids"][-1]
    number = int(leaf["/Nums"][-2]) + 1
    leaf["/Nums"].extend([generic.NumberObject(number), element])
    writer.update_container(leaf["/Nums"])
    if "/Limits" in leaf:
        leaf["/Limits"][1] = generic.NumberObject(number)
    writer.update_container(leaf)
    return number
