"""Two paragraphs that one template wrote -> the second, in which what left and what came is tracked, word by word.

How Word writes it (ECMA-376 part 1, 17.13.5): runs that came stand in `w:ins`, runs that left in `w:del`, where a text
is `w:delText` and a field's instruction `w:delInstrText`. The end of a paragraph is tracked by an empty `w:ins` or
`w:del` among the properties of its mark, and properties that changed by `w:pPrChange`, which holds the old ones:

    <w:p><w:pPr><w:rPr><w:ins w:id="1" w:author="Folio" w:date="2024-10-15T04:30:00"/></w:rPr></w:pPr>
      <w:r><w:t>Versión </w:t></w:r>
      <w:del w:id="2" …><w:r><w:delText>1.0</w:delText></w:r></w:del><w:ins w:id="3" …><w:r><w:t>2.0</w:t></w:r></w:ins>
    </w:p>

What is no text (a field, a picture, a link) is one piece: it stays, leaves or comes whole. A text box, a link or a
content control that differs only in its texts is entered. Bookmarks that left are let go: two may not share a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import Final, Literal

from lxml import etree

from service.domain.changes import word_pieces

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MATH: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SPACE: Final = "{http://www.w3.org/XML/1998/namespace}space"


def w(name: str) -> str:
    """A name of WordprocessingML as lxml writes it."""
    return _W + name


_ID, _AUTHOR, _DATE = w("id"), w("author"), w("date")
_RUN: Final = w("r")
_TEXT: Final = w("t")
_LOOK: Final = w("rPr")
_PROPERTIES: Final = w("pPr")
_BREAKS: Final = {"\n": w("br"), "\t": w("tab")}
_LETTERS: Final = {tag: letter for letter, tag in _BREAKS.items()}
_RUNS: Final = {_RUN, _MATH + "oMath", _MATH + "oMathPara"}
# They may not stand in a change; what they hold may.
_HOLDERS: Final = {w(name) for name in ("hyperlink", "smartTag", "customXml", "sdtContent", "dir", "bdo")}
_CONTROL: Final = w("sdt")
_SIMPLE_FIELD: Final = w("fldSimple")
_ENTERED: Final = {w("txbxContent"), w("hyperlink"), w("sdtContent")}
# What a spelling checker and a page break left behind.
_TRACES: Final = {w("proofErr"), w("lastRenderedPageBreak")}
_ANCHORS: Final = {
    w(name + end) for name in ("bookmark", "perm", "commentRange") for end in ("Start", "End")
}  # fmt: skip
_DELETED: Final = {_TEXT: w("delText"), w("instrText"): w("delInstrText")}
# In w:pPr they stand behind the properties of the mark.
_BEHIND_MARK: Final = {w("sectPr"), w("pPrChange")}

Kind = Literal["ins", "del"]
Element = etree._Element  # noqa: SLF001 - lxml has no other name for it
_Content = Iterator[tuple[Literal["same", "ins", "del"], Element]]
MergeBlocks = Callable[[Element, Element], None]


@dataclass(frozen=True, slots=True)
class Signature:
    """Who changed it, and when, as `w:date` has it."""

    author: str
    date: str

    def mark(self, name: str) -> Element:
        """An empty change; `w:id` is given when all changes of the document are there."""
        return etree.Element(w(name), {_ID: "0", _AUTHOR: self.author, _DATE: self.date})


@dataclass(slots=True)
class _Text:
    """Letters, and at each the bytes of its run's properties."""

    letters: str = ""
    looks: list[bytes] = field(default_factory=list)

    def add(self, letters: str, look: bytes) -> None:
        self.letters += letters
        self.looks += [look] * len(letters)

    def stretches(self, begin: int, end: int) -> Iterator[tuple[int, int, bytes]]:
        """Where the look stays the same, between two letters: (begin, end, look)."""
        for look, letters in groupby(self.looks[begin:end]):
            begin, until = begin + len(list(letters)), begin
            yield until, begin, look


@dataclass(slots=True)
class _Line:
    """What a paragraph holds: texts, and between each two of them a piece that is no text, as its elements."""

    texts: list[_Text]
    pieces: list[tuple[Element, ...]]

    def keys(self) -> list[bytes]:
        return [b"".join(map(canonical, piece)) for piece in self.pieces]

    def elements(self, begin: int, end: int) -> Iterator[Element]:
        """All from one text to another, both included."""
        for index in range(begin, end + 1):
            text = self.texts[index]
            yield from (
                _run(text.letters[start:stop], look) for start, stop, look in text.stretches(0, len(text.looks))
            )
            if index < end:
                yield from self.pieces[index]


def canonical(element: Element) -> bytes:
    """The same bytes for the same element, of all documents that one template wrote."""
    return bytes(etree.tostring(element, with_tail=False))


def track_paragraph(paragraph: Element, kind: Kind, signature: Signature) -> None:
    """Mark all that a paragraph holds, and its end."""
    properties = _properties(paragraph)
    mark = properties.find(_LOOK)
    if mark is None:
        mark = etree.Element(_LOOK)
        behind = next((child for child in properties if child.tag in _BEHIND_MARK), None)
        properties.insert(len(properties) if behind is None else properties.index(behind), mark)
    mark.insert(0, signature.mark(kind))
    _track_content(paragraph, kind, signature)


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Tracks how a paragraph differs from an older one; `merge_blocks` does it for what stands in text boxes."""

    signature: Signature
    merge_blocks: MergeBlocks

    def merge(self, old: Element, new: Element) -> None:
        """Track it in `new`."""
        self._merge_content(old, new)
        before, after = (_own_properties(paragraph) for paragraph in (old, new))
        if canonical(before) != canonical(after):
            change = self.signature.mark("pPrChange")
            change.append(before)
            _properties(new).append(change)

    def _merge_content(self, old: Element, new: Element) -> None:
        content = list(self._content(_taken_apart(old), _taken_apart(new)))
        properties = new.find(_PROPERTIES)
        new[:] = [] if properties is None else [properties]
        for kind, group in groupby(content, key=itemgetter(0)):
            elements = [element for _, element in group]
            new.extend(elements if kind == "same" else _tracked(elements, kind, self.signature))

    def _content(self, old: _Line, new: _Line) -> _Content:
        i = j = 0
        matcher = SequenceMatcher(None, old.keys(), new.keys(), autojunk=False)
        for a, b, size in matcher.get_matching_blocks():
            yield from self._between(old, (i, a), new, (j, b))
            for step in range(size):
                if step:
                    yield from _said(old.texts[a + step], new.texts[b + step])
                yield from (("same", element) for element in new.pieces[b + step])
            i, j = a + size, b + size

    def _between(self, old: _Line, olds: tuple[int, int], new: _Line, news: tuple[int, int]) -> _Content:
        """The texts between two pieces that stayed, with the pieces among them that did not."""
        (i, until_i), (j, until_j) = olds, news
        if until_i - i != until_j - j:
            yield from (("del", element) for element in old.elements(i, until_i))
            yield from (("ins", element) for element in new.elements(j, until_j))
            return
        while i < until_i:
            yield from _said(old.texts[i], new.texts[j])
            if self._enter(old.pieces[i], new.pieces[j]):
                yield from (("same", element) for element in new.pieces[j])
            else:
                yield from (("del", element) for element in old.pieces[i])
                yield from (("ins", element) for element in new.pieces[j])
            i, j = i + 1, j + 1
        yield from _said(old.texts[i], new.texts[j])

    def _enter(self, old: tuple[Element, ...], new: tuple[Element, ...]) -> bool:
        """Merge what two pieces hold, if they differ in nothing else."""
        (shell, stories), (new_shell, new_stories) = _opened(old[0]), _opened(new[0])
        if len(old) > 1 or len(new) > 1 or not stories or shell != new_shell:
            return False
        for before, after in zip(stories, new_stories, strict=True):
            is_line = after.tag != w("txbxContent")
            (self._merge_content if is_line else self.merge_blocks)(before, after)
        return True


def _properties(paragraph: Element) -> Element:
    found = paragraph.find(_PROPERTIES)
    if found is None:
        found = etree.Element(_PROPERTIES)
        paragraph.insert(0, found)
    return found


def _own_properties(paragraph: Element) -> Element:
    """A copy of the paragraph's properties; how its mark looks is none of them."""
    own = deepcopy(_properties(paragraph))
    for child in list(own):
        if child.tag == _LOOK or child.tag in _BEHIND_MARK:
            own.remove(child)
    return own


def _opened(piece: Element) -> tuple[bytes, list[Element]]:
    """The bytes of a piece without what it holds, and what it holds, which may be the piece itself."""

    def stories(element: Element) -> list[Element]:
        if element.tag in _ENTERED:
            return [element]
        return [story for child in element for story in stories(child)]

    shell = deepcopy(piece)
    for story in stories(shell):
        story[:] = []
    return canonical(shell), stories(piece)


def _taken_apart(holder: Element) -> _Line:
    line = _Line([_Text()], [])

    def put(*piece: Element) -> None:
        line.pieces.append(piece)
        line.texts.append(_Text())

    begun: list[Element] = []
    depth = 0
    for child in holder:
        if child.tag == _PROPERTIES or child.tag in _TRACES or not isinstance(child.tag, str):
            continue
        depths = [_DEPTHS.get(mark.get(w("fldCharType"), ""), 0) for mark in child.iterfind(w("fldChar"))]
        if begun or depths:
            begun.append(child)
            depth += sum(depths)
            if depth <= 0:
                put(*begun)
                begun, depth = [], 0
        elif child.tag == _RUN:
            _take_run(child, line.texts, put)
        else:
            put(child)
    if begun:
        put(*begun)
    return line


_DEPTHS: Final = {"begin": 1, "end": -1}


def _take_run(run: Element, texts: list[_Text], put: Callable[[Element], None]) -> None:
    properties = run.find(_LOOK)
    look = b"" if properties is None else canonical(properties)
    for part in run:
        if part.tag == _TEXT:
            # To Word a break inside w:t is a blank, and outer blanks that are not preserved are none.
            text = re.sub(r"[\n\t\r]", " ", part.text or "")
            texts[-1].add(text if part.get(_SPACE) == "preserve" else text.strip(" "), look)
        elif part.tag in _LETTERS and not part.attrib:
            texts[-1].add(_LETTERS[part.tag], look)
        elif part.tag != _LOOK and part.tag not in _TRACES:
            alone = _run("", look)
            alone.append(deepcopy(part))
            put(alone)


def _run(text: str, look: bytes) -> Element:
    run = etree.Element(_RUN)
    if look:
        run.append(etree.fromstring(look))
    for part in filter(None, re.split(r"([\n\t])", text)):
        if part in _BREAKS:
            etree.SubElement(run, _BREAKS[part])
        else:
            etree.SubElement(run, _TEXT, {_SPACE: "preserve"}).text = part
    return run


def _said(old: _Text, new: _Text) -> _Content:
    i = j = 0
    for piece in word_pieces(old.letters, new.letters):
        size = len(piece.text)
        if piece.kind == "removed":
            yield from (("del", _run(old.letters[a:b], look)) for a, b, look in old.stretches(i, i + size))
            i += size
        elif piece.kind == "added":
            yield from (("ins", _run(new.letters[a:b], look)) for a, b, look in new.stretches(j, j + size))
            j += size
        else:
            pairs = zip(old.looks[i : i + size], new.looks[j : j + size], strict=True)
            for (before, after), letters in groupby(pairs):
                text = new.letters[j : j + len(list(letters))]
                if before == after:
                    yield "same", _run(text, after)
                else:
                    yield "del", _run(text, before)
                    yield "ins", _run(text, after)
                i, j = i + len(text), j + len(text)


def _track_content(holder: Element, kind: Kind, signature: Signature) -> None:
    children = list(holder)
    holder[:] = []
    holder.extend(_tracked(children, kind, signature))


def _tracked(elements: Iterable[Element], kind: Kind, signature: Signature) -> Iterator[Element]:
    """The elements as children of a paragraph that came or left."""
    unfolded = (part for element in elements for part in _unfolded(element))
    for are_runs, group in groupby(unfolded, key=lambda element: element.tag in _RUNS):
        if are_runs:
            change = signature.mark(kind)
            change.extend(group)
            if kind == "del":
                _delete_texts(change)
            yield change
            continue
        for element in group:
            holder = element.find(w("sdtContent")) if element.tag == _CONTROL else element
            if holder is not None and holder.tag in _HOLDERS:
                _track_content(holder, kind, signature)
            if kind == "ins" or element.tag not in _ANCHORS:
                yield element


def _delete_texts(change: Element) -> None:
    for run in change:
        for part in run:
            part.tag = _DELETED.get(part.tag, part.tag)


def _unfolded(element: Element) -> Iterator[Element]:
    """A simple field as the runs that it is short for, because it may not stand in a change."""
    if element.tag != _SIMPLE_FIELD:
        yield element
        return
    instruction = etree.Element(w("instrText"), {_SPACE: "preserve"})
    instruction.text = element.get(w("instr"), "")
    marks = {kind: etree.Element(w("fldChar"), {w("fldCharType"): kind}) for kind in ("begin", "separate", "end")}
    for part in (marks["begin"], instruction, marks["separate"], *element.findall(_RUN), marks["end"]):
        if part.tag == _RUN:
            yield part
        else:
            run = etree.Element(_RUN)
            run.append(part)
            yield run
