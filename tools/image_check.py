"""The Dockerfile -> both images, built and tried as production runs them: `make image-check`.

Run as root, with Debian's buildah and debootstrap. There is no Docker and no registry here: the base is a Debian 13
made by debootstrap under the name that the Dockerfile asks for, and the images are built in a chroot. They run as
their own user, with a read-only root and nothing to write to but /tmp and the volume of the secret, in namespaces that
end with this program. What it cannot try is Docker itself: compose's network, limits and restarts.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fresh import CACHE, PROJECT, bare_root

SUITE = "trixie"
ASKED_BASE = "debian:trixie-slim"
IMAGES = ("front", "worker")
USER = 10001
EXAMPLE = PROJECT / "examples" / "plan-de-accion-2024-v2.0.xlsx"
# As the tests find them in the PDF of the example (tests/documents/test_proof_pdf.py), there on Debian 12 too.
PAGES = 3
PATIENCE_SECONDS = 180

STORAGE = ["--root", str(CACHE / "images"), "--runroot", "/run/folio-images"]
BUILDAH = ["buildah", *STORAGE]

PRODUCTION = {
    "FOLIO_PUBLIC_URL": "https://folio.example",
    "TRUSTED_HOSTS": "folio.example,localhost",
    "FOLIO_SECRET_FILE": "/var/lib/folio/secret",
}


class NotAsPromised(Exception):
    """An image is not what the Dockerfile promises."""


@dataclass(frozen=True)
class Image:
    """A built image: its files, and what it says of how it is run."""

    name: str
    root: Path
    user: str
    variables: dict[str, str]
    command: list[str]
    health: list[str]


@dataclass(frozen=True)
class Places:
    """What the containers share, as volumes would be."""

    data: Path
    secret: Path


def main() -> int:
    """Build both, try both, and a line on each step."""
    missing = [program for program in ("buildah", "debootstrap", "unshare") if shutil.which(program) is None]
    if os.geteuid() != 0 or missing:
        print(f"make image-check needs root, and apt-get install {' '.join(missing) or 'nothing'}.", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory(prefix="folio-image-") as folder:
            build(Path(folder))
            with contextlib.ExitStack() as mounts:
                images = [mounts.enter_context(mounted(name)) for name in IMAGES]
                try_them(*images, Path(folder))
    except NotAsPromised as problem:
        say(f"FAILED: {problem}")
        return 1
    return 0


def build(folder: Path) -> None:
    """Both images, the base first."""
    if not buildah("images", "--quiet", "--filter", f"reference=localhost/{ASKED_BASE}"):
        root = bare_root(f"{SUITE}-base", SUITE, "ca-certificates")
        container = buildah("from", "scratch")
        buildah("add", "--quiet", container, str(root), "/")
        buildah("commit", "--quiet", "--rm", container, f"localhost/{ASKED_BASE}")
    for name in IMAGES:
        began = time.monotonic()
        machine = [word for binding in of_this_machine(folder) for word in ("--volume", binding)]
        built = subprocess.run(
            [
                *(*BUILDAH, "bud", "--isolation", "chroot", "--format", "docker", "--layers", "--pull-never"),
                *("--from", f"localhost/{ASKED_BASE}", "--target", name, "--tag", f"localhost/folio-{name}"),
                *(*machine, str(PROJECT)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode != 0:
            raise NotAsPromised(f"{name} does not build:\n{built.stdout[-2000:]}\n{built.stderr[-3000:]}")
        say(f"{name}: built in {time.monotonic() - began:.0f} s")


def of_this_machine(folder: Path) -> Iterator[str]:
    """Where this machine has packages and certificates from, for the build alone: none of it stays in an image."""
    said = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    settings = dict(re.findall(r"^(?:global|:env:)\.([a-z-]+)='(.*)'$", said.stdout, re.MULTILINE))
    conf = folder / "pip.conf"
    conf.write_text("[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items()), "utf-8")
    yield f"{conf}:/etc/pip.conf:ro"
    files = {"/etc/ssl/certs/ca-certificates.crt", settings.get("constraint", "")}
    words = " ".join(settings.values()).split()
    # An index of files names its packages beside itself.
    folders = {str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file://")}
    folders |= {word for word in words if word.startswith("/")}
    for place in sorted(files | folders):
        if place and Path(place).exists():
            yield f"{place}:{place}:ro"


@contextlib.contextmanager
def mounted(name: str) -> Iterator[Image]:
    """The files of an image while the block runs."""
    container = buildah("from", "--pull-never", f"localhost/folio-{name}")
    try:
        said = json.loads(buildah("inspect", "--type", "image", f"localhost/folio-{name}"))["Docker"]["config"]
        variables = dict(variable.split("=", 1) for variable in said["Env"])
        health = said["Healthcheck"]["Test"][1:]
        yield Image(name, Path(buildah("mount", container)), said["User"], variables, said["Cmd"], health)
    finally:
        buildah("umount", container)
        buildah("rm", container)


def try_them(front: Image, worker: Image, folder: Path) -> None:
    """A book goes in at the front's image, its Word and PDF come out of the worker's."""
    places = Places(folder / "data", folder / "secret")
    for place in (places.data, places.secret):
        place.mkdir(mode=0o700)
        os.chown(place, USER, USER)
    for image in (front, worker):
        look_into(image, places)
    redis_port, port = free_port(), free_port()
    address = {"REDIS_URL": f"redis://127.0.0.1:{redis_port}/0", "FOLIO_PORT": str(port)}
    server = "from service.serve import valkey_server as s; import os; p = str(s()); os.execv(p, [p, '--port', "
    server += f"'{redis_port}', '--bind', '127.0.0.1', '--save', '', '--dir', '/tmp'])"
    front_command = [word.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for word in front.command]
    run(front, places, ["folio", "migrate"], address)
    with (
        started(front, places, ["python", "-c", server], address),
        started(front, places, front_command, address),
        started(front, places, ["python", "-m", "service.reconciler"], address),
        started(worker, places, worker.command, address),
    ):
        for image in (front, worker):
            until(lambda image=image: healthy(image, places, address), f"the {image.name} said that it is well")
            say(f"{image.name}: its HEALTHCHECK says that it is well")
        token = run(front, places, ["folio", "token", "create", "--name", "image", "--role", "elabora"], address)
        answer = asked(port, "GET", "/readyz")
        say(f"front: /readyz {answer}")
        report = upload(port, token.split()[0])
        word, pdf = document(port, token.split()[0], report, "word"), document(port, token.split()[0], report, "pdf")
    if not word.startswith(b"PK") or not pdf.startswith(b"%PDF"):
        raise NotAsPromised("what came out is no Word and no PDF")
    pages = pages_of(worker, places, pdf)
    say(f"worker: a Word of {len(word)} bytes and a PDF of {len(pdf)} bytes with {pages} pages")
    if pages != PAGES:
        raise NotAsPromised(f"the example has {pages} pages, not {PAGES}")


def look_into(image: Image, places: Places) -> None:
    """It is not root, its root is read-only, and what it finds there is told."""
    asked_of = "id -u; touch /srv/folio/x 2>&1; touch $FOLIO_DATA_DIR/x && echo fine"
    who = run(image, places, ["sh", "-c", asked_of], {})
    say(f"{image.name}: {' | '.join(who.split(chr(10))).strip(' |')}")
    if image.user != "folio" or not who.startswith(f"{USER}\n") or "Read-only" not in who or "fine" not in who:
        raise NotAsPromised(f"{image.name} does not run as it should: {who}")
    refused = run(image, places, ["folio", "doctor"], dict.fromkeys(PRODUCTION, ""), may_fail=True)
    if "FOLIO_PUBLIC_URL" not in refused:
        raise NotAsPromised(f"{image.name} starts with unsafe settings: {refused}")
    for line in run(image, places, ["folio", "doctor"], {}, may_fail=True).splitlines():
        say(f"{image.name}: {line}")
    has_office = (image.root / "usr/lib/libreoffice/program/soffice.bin").exists()
    if has_office != (image.name == "worker"):
        raise NotAsPromised(f"LibreOffice belongs in the worker alone, and not in {image.name}")


def run(image: Image, places: Places, command: list[str], more: dict[str, str], *, may_fail: bool = False) -> str:
    """What a command in the image says."""
    ended = subprocess.run(inside(image, places, command, more), capture_output=True, text=True, check=False)
    if ended.returncode != 0 and not may_fail:
        raise NotAsPromised(f"{image.name}: {command}: {ended.stdout}{ended.stderr}")
    return ended.stdout + ended.stderr if may_fail else ended.stdout


@contextlib.contextmanager
def started(image: Image, places: Places, command: list[str], more: dict[str, str]) -> Iterator[None]:
    """A program of the image, for as long as the block runs."""
    with (places.data.parent / f"{image.name}.log").open("ab") as log:
        program = subprocess.Popen(inside(image, places, command, more), stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    except BaseException:
        print((places.data.parent / f"{image.name}.log").read_text("utf-8")[-3000:], file=sys.stderr, flush=True)
        raise
    finally:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def inside(image: Image, places: Places, command: list[str], more: dict[str, str]) -> list[str]:
    """The command line that runs a command as the image's user, in its files, read-only, in namespaces of its own."""
    at_tmp = f"{image.root}/tmp"  # noqa: S108 - in the image, a file system of its own
    variables = {**image.variables, **PRODUCTION, **more}
    root = image.root
    mounts = (
        f"mount --bind {root} {root} && mount -o remount,bind,ro {root}"
        f" && mount -t proc proc {root}/proc && mount --rbind /dev {root}/dev"
        f" && mount -t tmpfs -o mode=1777 tmpfs {at_tmp}"
        f" && mkdir {at_tmp}/folio && mount --bind {places.data} {at_tmp}/folio"
        f" && mount --bind {places.secret} {root}/var/lib/folio"
        f' && exec setpriv --no-new-privs chroot --userspec={USER}:{USER} {root} "$@"'
    )
    enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", mounts, "sh"]
    environment = [f"{name}={value}" for name, value in variables.items() if value]
    return [*enter, "env", "-i", *environment, "sh", "-c", 'cd /srv/folio && exec "$@"', "sh", *command]


def healthy(image: Image, places: Places, more: dict[str, str]) -> bool:
    """What the image's own check says."""
    asked_of = inside(image, places, image.health, more)
    return subprocess.run(asked_of, capture_output=True, check=False).returncode == 0


def asked(port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> str:
    """What the front answers."""
    return answered(port, method, path, body, headers).decode()


def answered(
    port: int, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> bytes:
    """The bytes of what the front answers."""
    connection = http.client.HTTPConnection("localhost", port, timeout=30)
    with contextlib.closing(connection):
        connection.request(method, path, body, {"Host": "folio.example", **(headers or {})})
        return connection.getresponse().read()


def upload(port: int, token: str) -> str:
    """The example, uploaded; its report's id."""
    line = "image-check"
    field = f'--{line}\r\nContent-Disposition: form-data; name="kinds"\r\n\r\n'
    fields = b"".join(f"{field}{kind}\r\n".encode() for kind in ("word", "pdf"))
    head = f'--{line}\r\nContent-Disposition: form-data; name="workbook"; filename="plan.xlsx"\r\n\r\n'.encode()
    body = fields + head + EXAMPLE.read_bytes() + f"\r\n--{line}--\r\n".encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={line}"}
    answer = asked(port, "POST", "/api/v1/reports", body, headers)
    if "id" not in (report := json.loads(answer)):
        raise NotAsPromised(f"the upload was refused: {answer}")
    return str(report["id"])


def document(port: int, token: str, report: str, kind: str) -> bytes:
    """A document of the report, once it is written."""
    headers = {"Authorization": f"Bearer {token}"}
    found: list[bytes] = []

    def is_written() -> bool:
        content = answered(port, "GET", f"/api/v1/reports/{report}/documents/{kind}", headers=headers)
        found[:] = [] if content.startswith(b"{") else [content]
        return bool(found)

    until(is_written, f"the {kind} was written")
    return found[0]


def pages_of(image: Image, places: Places, pdf: bytes) -> int:
    """How many pages a PDF has."""
    (places.data / "shown.pdf").write_bytes(pdf)
    os.chown(places.data / "shown.pdf", USER, USER)
    code = "import pypdfium2; print(len(pypdfium2.PdfDocument('/tmp/folio/shown.pdf')))"
    return int(run(image, places, ["python", "-c", code], {}))


def until(happened: object, what: str) -> None:
    """Look again and again; say what did not happen."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with contextlib.suppress(OSError):
            if happened():  # type: ignore[operator]
                return
        if time.monotonic() > deadline:
            raise NotAsPromised(f"within {PATIENCE_SECONDS} s it did not happen that {what}")
        time.sleep(0.5)


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def buildah(*order: str) -> str:
    """What buildah says."""
    ended = subprocess.run([*BUILDAH, *order], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NotAsPromised(f"buildah {' '.join(order)}: {ended.stderr}")
    return ended.stdout.strip()


def say(sentence: str) -> None:
    """A line on the terminal."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
