"""LibreOffice's PDF of a report -> the PDF that is issued: its metadata, its bookmarks, and the fields to sign in.

Everything is appended: what LibreOffice drew stays byte for byte, so that it costs milliseconds however long the plan.
LibreOffice 7.4 claims PDF/UA in words that PDF/A has not been told of; the metadata written here declare them, or the
file would be no PDF/A at all. A draft says in its title that it is one.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_date, pdf_name, pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from service.domain.reports import Report
from service.domain.values import BOGOTA
from worker.documents.draft_mark import WORD
from worker.documents.pdf_bookmarks import add_bookmarks
from worker.documents.pdf_fields import prepare_places_to_sign, tagged_document
from worker.documents.pdf_places import dictionary, placed_text

LANGUAGE: Final = "es-CO"

_XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"
 xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaid:part>2</pdfaid:part>
<pdfaid:conformance>B</pdfaid:conformance>
<pdfuaid:part>1</pdfuaid:part>
{told}
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 that the file keeps to</pdfaProperty:description>
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


def archive_pdf(pdf: bytes, report: Report) -> bytes:
    """The PDF of a report as it is signed and kept.

    Args:
        pdf: what LibreOffice made of the report's Word: tagged PDF/A-2b.
        report: which. It says who signs, and the instant that the file bears.
    """
    writer = _Writer(io.BytesIO(pdf))
    with placed_text(pdf) as text:
        _tell(writer, report)
        add_bookmarks(writer, text, report.plan)
        if report.is_draft:
            # Before the lines to sign on, some of which it lies under.
            _describe_mark(writer)
        prepare_places_to_sign(writer, text, report.frame.signers, is_draft=report.is_draft)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]  # our class, with its parent's method
    return out.getvalue()


class _Writer(IncrementalPdfFileWriter):
    """Leaves the metadata as they are, where its parent would put in its own name and the instant of now."""

    def _update_meta(self) -> None:
        pass


def _tell(writer: IncrementalPdfFileWriter, report: Report) -> None:
    """Title, author, subject and code, twice, in the same words: PDF/A reads the one, older programs the other."""
    told = _known(writer)
    title = told.get("/Title") or str(report.plan.title or "")
    if report.is_draft:
        # The mark on the pages is a drawing; this is what viewers show above them.
        title = f"{WORD}: {title}"
    author = report.frame.entity or told.get("/Author", "")
    keywords = told.get("/Keywords") or (report.seal.code if report.seal else "")
    at = report.created_at.astimezone(BOGOTA).replace(microsecond=0)
    texts = {"/Title": title, "/Author": author, "/Subject": told.get("/Subject", ""), "/Keywords": keywords}
    texts |= {name: told.get(name, "") for name in ("/Creator", "/Producer")}
    info = {name: pdf_string(text) for name, text in texts.items() if text}
    writer.set_info(generic.DictionaryObject(info | {"/CreationDate": pdf_date(at), "/ModDate": pdf_date(at)}))
    stream = generic.StreamObject(
        {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")},
        stream_data=_XMP.format(told="\n".join(_properties(texts, at))).encode(),
    )
    root = writer.root
    root["/Metadata"] = writer.add_object(stream)
    root["/Lang"] = pdf_string(LANGUAGE)
    root["/ViewerPreferences"] = dictionary(DisplayDocTitle=generic.BooleanObject(value=True))
    writer.update_root()


def _known(writer: IncrementalPdfFileWriter) -> dict[str, str]:
    """What LibreOffice took over from the properties of the Word file."""
    trailer = writer.trailer_view
    return {name: str(value) for name, value in trailer["/Info"].items()} if "/Info" in trailer else {}


def _properties(texts: dict[str, str], at: dt.datetime) -> Iterator[str]:
    elements = {
        "/Title": "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>{}</rdf:li></rdf:Alt></dc:title>",
        "/Author": "<dc:creator><rdf:Seq><rdf:li>{}</rdf:li></rdf:Seq></dc:creator>",
        "/Subject": "<dc:description><rdf:Alt><rdf:li xml:lang='x-default'>{}</rdf:li></rdf:Alt></dc:description>",
        "/Keywords": "<pdf:Keywords>{}</pdf:Keywords>",
        "/Creator": "<xmp:CreatorTool>{}</xmp:CreatorTool>",
        "/Producer": "<pdf:Producer>{}</pdf:Producer>",
    }
    for name, element in elements.items():
        if texts[name]:
            yield element.format(escape(texts[name]))
    yield f"<dc:language><rdf:Bag><rdf:li>{LANGUAGE}</rdf:li></rdf:Bag></dc:language>"
    for name in ("CreateDate", "ModifyDate", "MetadataDate"):
        yield f"<xmp:{name}>{at.isoformat()}</xmp:{name}>"


def _describe_mark(writer: IncrementalPdfFileWriter) -> None:
    """Where LibreOffice counts the mark of drafts among the content, it does not say what it shows."""
    for reference in tagged_document(writer).get_object()["/K"].iterate():
        element = reference.get_object()
        if isinstance(element, generic.DictionaryObject) and element["/S"] == "/Figure" and "/Alt" not in element:
            element["/Alt"] = pdf_string(WORD)
            writer.mark_update(reference)
