"""A bare Debian -> what a stranger sees there: `make run` to the example's documents, Ctrl-C, and a green `make test`.

Run as root by `make fresh`. The root is made once by debootstrap, kept in a cache outside the clone and copied for each
run, which happens in mount and process namespaces of its own: whatever happens, nothing stays mounted or running.
Mirror, certificates, proxies and the configuration of pip and npm are this machine's own, read at run time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("FOLIO_FRESH_CACHE", "/var/cache/folio-fresh"))
LOGS = PROJECT / ".cache" / "fresh"
PACKAGES = "git,make,ca-certificates,python3,python3-venv"

STRANGER = 1000
HOMES = {"stranger": STRANGER, "administrator": 0}
READY = "Folio atiende en"
URL = "http://127.0.0.1:8000/readyz"
PATIENCE_SECONDS = 900
END_SECONDS = 10

MACHINE_FILES = ("etc/resolv.conf", "etc/hosts", "etc/pip.conf", "etc/ssl/certs/ca-certificates.crt")
MACHINE_VARIABLES = ("PIP_", "NPM_CONFIG_", "SSL_CERT_", "NODE_EXTRA_", "REQUESTS_CA_", "CURL_CA_")
PROXIES = ("http_proxy", "https_proxy", "no_proxy")


class NotFresh(Exception):
    """Something did not go as the README promises."""


def main() -> int:
    """`fresh.py SUITE` prepares the root and enters the namespaces; `fresh.py SUITE inside` is the stranger."""
    suite = sys.argv[1]
    root = CACHE / f"{suite}.run"
    if sys.argv[2:] == ["inside"]:
        return as_init(partial(try_as_stranger, suite, root))
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        print("make fresh needs root and debootstrap.", file=sys.stderr)
        return 1
    prepare(suite, root)
    namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return subprocess.run([*namespaces, sys.executable, __file__, suite, "inside"], check=False).returncode


def as_init(work: Callable[[], int]) -> int:
    """Be the first process of a namespace: collect what others leave behind, as init does, until the work is done."""
    worker = os.fork()
    if worker == 0:
        os._exit(work())
    while True:
        pid, status = os.wait()
        if pid == worker:
            return os.waitstatus_to_exitcode(status)


def prepare(suite: str, root: Path) -> None:
    """Make the bare root if there is none yet, and a copy of it with a clone for each user."""
    bare = bare_root(suite, suite, PACKAGES)
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "--archive", "--reflink=auto", bare, root], check=True)
    for name in MACHINE_FILES:
        if Path("/", name).exists():
            shutil.copyfile(Path("/", name), root / name)
    for name, user in HOMES.items():
        home = root / "home" / name
        home.mkdir(parents=True, exist_ok=True)
        if (npmrc := Path.home() / ".npmrc").exists():
            shutil.copyfile(npmrc, home / ".npmrc")
        subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", PROJECT, home / "folio"], check=True)
        subprocess.run(["chown", "-R", f"{user}:{user}", home], check=True)
    with (root / "etc/passwd").open("a", encoding="ascii") as passwd:
        passwd.write(f"stranger:x:{STRANGER}:{STRANGER}::/home/stranger:/bin/sh\n")


def bare_root(name: str, suite: str, packages: str) -> Path:
    """A Debian of that suite with these packages and no more, made once and kept in the cache under that name."""
    bare = CACHE / name
    if not bare.exists():
        say(suite, "making a bare root, once...")
        unfinished = CACHE / f"{name}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={packages}", suite, unfinished, *debian_mirror()],
            check=True,
        )
        unfinished.rename(bare)
    return bare


def debian_mirror() -> list[str]:
    """Where this machine itself gets Debian from; empty: debootstrap's own choice."""
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=False
    )
    return [site for site in sites.stdout.split() if site.rstrip("/").endswith("/debian")][:1]


def try_as_stranger(suite: str, root: Path) -> int:
    """Both commands, and a line on each."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for what, where, options in (
        ("proc", "proc", ["-t", "proc"]),
        ("/sys", "sys", ["--rbind"]),
        ("/dev", "dev", ["--rbind"]),
        (kept("pip", STRANGER), "home/stranger/.cache/pip", ["--bind"]),
        (kept("pip-administrator", 0), "home/administrator/.cache/pip", ["--bind"]),
        (kept(f"apt-{suite}", 0), "var/cache/apt/archives", ["--bind"]),
    ):
        (root / where).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", *options, what, root / where], check=True)
    subprocess.run(["chown", f"{STRANGER}:{STRANGER}", root / "home/stranger/.cache"], check=True)
    try:
        make_run(suite, root)
        make_test(suite, root)
    except NotFresh as problem:
        say(suite, f"FAILED: {problem}")
        return 1
    return 0


def kept(name: str, user: int) -> Path:
    """A cache of packages that outlives the run, as a stranger's own would."""
    directory = CACHE / name
    directory.mkdir(parents=True, exist_ok=True)
    os.chown(directory, user, user)
    return directory


def make_run(suite: str, root: Path) -> None:
    """`make run` as a plain user, until it answers; then what Ctrl-C does, and nothing may be left."""
    log = LOGS / f"{suite}-run.log"
    started = time.monotonic()
    with log.open("wb") as output:
        run = subprocess.Popen(
            stranger(root, "make run", user=STRANGER),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    while READY not in log.read_text("utf-8"):
        if run.poll() is not None or time.monotonic() - started > PATIENCE_SECONDS:
            raise NotFresh(f"make run did not get as far as its address: {log}")
        time.sleep(0.2)
    ready_after = time.monotonic() - started
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(URL, timeout=10) as answer:
        answer.read()
    documents = sorted(path.suffix for path in (root / "home/stranger/folio/var/ejemplo").iterdir())
    # The package comes when it comes; there is no LibreOffice here to make a PDF.
    if [suffix for suffix in documents if suffix != ".zip"] != [".docx", ".xlsx", ".xlsx"]:
        raise NotFresh(f"the example's documents are {documents}: {log}")
    interrupted = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    run.wait(END_SECONDS)
    ended_after = time.monotonic() - interrupted
    if left := subprocess.run(["pgrep", "-a", "-U", str(STRANGER)], capture_output=True, text=True, check=False).stdout:
        raise NotFresh(f"processes are left: {left}")
    say(suite, f"make run: documents and address after {ready_after:.0f} s; ended in {ended_after:.1f} s, nothing left")


def make_test(suite: str, root: Path) -> None:
    """`make test` as root, who may install system packages."""
    log = LOGS / f"{suite}-test.log"
    started = time.monotonic()
    with log.open("wb") as output:
        test = subprocess.run(
            stranger(root, "make test", user=0),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    took = time.monotonic() - started
    if test.returncode != 0:
        raise NotFresh(f"make test after {took:.0f} s: {log}")
    counts = [line for line in log.read_text("utf-8").splitlines() if " passed" in line][-1].strip("= ")
    say(suite, f"make test: {took:.0f} s in all; {counts}")


def stranger(root: Path, command: str, *, user: int) -> list[str]:
    """The command line that runs `command` in the clone of `user`, with a bare environment."""
    home = next(f"/home/{name}" for name, number in HOMES.items() if number == user)
    machine = {
        name: value
        for name, value in os.environ.items()
        if name.upper().startswith(MACHINE_VARIABLES) or name.lower() in PROXIES
    }
    bare = {"HOME": home, "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    variables = [f"{name}={value}" for name, value in {**machine, **bare}.items()]
    enter = ["chroot", f"--userspec={user}:{user}", str(root)]
    return [*enter, "env", "-i", *variables, "sh", "-c", f"cd {home}/folio && exec {command}"]


def say(suite: str, sentence: str) -> None:
    """A line on the terminal, and the same in the log that stays."""
    LOGS.mkdir(parents=True, exist_ok=True)
    line = f"{time.strftime('%H:%M:%S')} {suite}: {sentence}"
    print(line, flush=True)
    with (LOGS / "fresh.log").open("a", encoding="utf-8") as log:
        log.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
