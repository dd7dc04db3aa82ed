"""An empty store becomes one that holds the example, its documents written as files: Folio's main job, done once.

It is a client like any other: everything goes through the front's own API and queue, with a token that it gives itself
and takes back. When the store is not empty it only says where Folio answers. The address is said once the Word and the
Excel are there, and with it, while nobody has an account, the link of whoever is to administer Folio; the PDF and the
package, which wait for LibreOffice to start, follow.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from service import store
from service.domain.people import EXAMPLE_WRITER, FIRST_OFFICE, Role
from service.front_client import DONE, FrontClient, Json, NoAnswer
from service.settings import EXAMPLE, Settings, is_loopback
from service.supervisor import say

# The same key every time: an example that was cut off half-way is taken up again, not sent twice.
_KEY: Final = "folio-ejemplo-1"
_PATIENCE_SECONDS: Final = 120.0
_ASK_EVERY_SECONDS: Final = 0.2
_A_WHILE: Final = dt.timedelta(minutes=10)
_LINK_LASTS: Final = dt.timedelta(days=1)
_AT_ONCE: Final = ("word", "excel", "findings")
# What waits for LibreOffice, and what waits for that.
_LATER: Final = ("pdf", "package")


def greet(settings: Settings) -> None:
    """Do the example's work if the store is empty, and say where everything is.

    Raises:
        StoreUnavailable: the database does not answer.
    """
    kept = store.open_store(settings.database_url)
    try:
        with contextlib.ExitStack() as until_the_end:
            _greet(settings, kept, until_the_end)
    finally:
        kept.close()


@contextlib.contextmanager
def _token(kept: store.Store) -> Iterator[str]:
    """A token that lives no longer than this greeting."""
    secret, token_id, now = store.new_token(), store.new_id(), _now()
    kept.make_token(
        token_id,
        secret,
        EXAMPLE_WRITER,
        Role.APPROVES,
        FIRST_OFFICE,
        None,
        now=now,
        expires_at=now + _A_WHILE,
        by=EXAMPLE_WRITER,
    )
    try:
        yield secret
    finally:
        kept.end_token(token_id, now=_now(), by=EXAMPLE_WRITER)


def _front(settings: Settings) -> FrontClient:
    """The front as it is reached from this machine, by a name that it answers to."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not bound to
    host = settings.host.strip("[]")
    address = everywhere.get(host, host)
    shown = f"[{address}]" if ":" in address else address
    return FrontClient(f"http://{shown}:{settings.port}", host=settings.trusted_hosts[0])


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _link(kept: store.Store, settings: Settings, here: str) -> str | None:
    """The address at which whoever administers Folio opens the first account; None: there is one already.

    Behind a proxy with TLS it is the one from outside: the cookies of such a Folio travel over https alone.
    """
    if kept.has_administrator():
        return None
    secret = store.new_secret()
    until = _now() + _LINK_LASTS
    kept.make_link(secret, store.LinkPurpose.ADMINISTRATOR, None, now=_now(), expires_at=until, by=EXAMPLE_WRITER)
    is_reached_here = is_loopback(urlsplit(settings.public_url).hostname or "")
    return f"{here if is_reached_here else settings.public_url}/llave/{secret}"


def _greet(settings: Settings, kept: store.Store, until_the_end: contextlib.ExitStack) -> None:
    front = _front(settings)
    folder = settings.data_dir / "ejemplo"
    unfinished = None
    try:
        _wait_until_ready(front)
        if _is_to_be_written(kept, folder):
            front = replace(front, token=until_the_end.enter_context(_token(kept)))
            unfinished = _write_example(front, folder)
    except NoAnswer as problem:
        _say_no_answer(problem, settings)
    documents = sorted(folder.glob("*.*"))
    if documents:
        say("\nDocumentos del plan de ejemplo:")
        for document in documents:
            say(f"  {document}")
    say(f"\nFolio atiende en  {front.url}")
    if link := _link(kept, settings, front.url):
        say(f"Para entrar por primera vez, abra este enlace; sirve una sola vez:\n  {link}")
    say("Para terminar, pulse Ctrl+C.")
    if unfinished:
        try:
            _write_the_rest(front, folder, unfinished)
        except NoAnswer as problem:
            _say_no_answer(problem, settings)


def _say_no_answer(problem: NoAnswer, settings: Settings) -> None:
    say(f"No se pudo escribir el ejemplo ({problem}). Los registros están en {settings.data_dir / 'logs'}.")


def _wait_until_ready(front: FrontClient) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            status = front.ask("GET", "/readyz").status
            if status == HTTPStatus.OK:
                return
            problem = f"/readyz: {status}"
        except NoAnswer as no_answer:
            problem = str(no_answer)
        if time.monotonic() > deadline:
            raise NoAnswer(problem)
        time.sleep(_ASK_EVERY_SECONDS)


def _is_to_be_written(kept: store.Store, folder: Path) -> bool:
    if folder.is_dir():
        # Made when the example was sent; the package, which comes last, is not there when something cut it off.
        return not any(folder.glob("*.zip"))
    return kept.is_empty()


def _write_example(front: FrontClient, folder: Path) -> str:
    """The documents that are written at once; the id of the report whose others follow."""
    folder.mkdir(parents=True, exist_ok=True)
    say("Escribiendo los documentos del plan de ejemplo…")
    # Its official documents come with the issue; drafts of them would be written for nobody.
    sent, _ = front.send(EXAMPLE.name, EXAMPLE.read_bytes(), {"kinds": "findings"}, _KEY)
    # Issued once or again: its documents are those that an office would sign.
    report_id = str(front.issue(sent["id"])["id"])
    for document in front.finished(report_id, kinds=_AT_ONCE, tell=lambda percent: say(f"  {percent} %")):
        _keep(front, folder, document)
    return report_id


def _write_the_rest(front: FrontClient, folder: Path, report_id: str) -> None:
    say("\nFolio sigue con el PDF y con el paquete para publicar, y aquí dirá cuándo están.")
    late = front.finished(report_id, kinds=_LATER)
    kept = [_keep(front, folder, document) for document in late]
    if any(kept):
        say("\nYa están los que faltaban:")
    for path in filter(None, kept):
        say(f"  {path}")


def _keep(front: FrontClient, folder: Path, document: Json) -> Path | None:
    """A finished document as a file; of one that could not be written the reason is said."""
    if document["state"] != DONE:
        say(f"  No se pudo escribir {document['filename']}. {document['problem'] or ''}".rstrip())
        return None
    return front.keep(document, folder)


if __name__ == "__main__":
    greet(Settings.from_environment())
    sys.exit(0)
