"""Orders on standard input -> files converted by a LibreOffice that stays on between them, answers on standard output.

Run by the system's own Python, which has UNO, in a process group of its own; it imports nothing of Folio. One JSON
object a line. First answer: `{"ready": true}`. An order is `{"source", "opened_by", "target", "filter", "options"}`: a
file and the import filter that it must fit, a file to write, the export filter and its settings. The answer is
`{"done": true}` or `{"error": SENTENCE}`, with the `memory` (bytes) that LibreOffice has come to hold. When its input
ends, in the middle of an order too, its owner is gone: it ends with LibreOffice and removes the folder.

Arguments: the folder of LibreOffice's programs, and an empty folder for its profile and the files of the orders.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

_CONFINED: Final = Path(__file__).with_name("confined.py")
_PR_SET_PDEATHSIG: Final = 1
# It maps much more than it uses; what it may use at most is for its owner to watch.
_ADDRESSES: Final = 8 * 1024**3
# LibreOffice ends so when it wants to start again.
_START_AGAIN: Final = 81
_START_SECONDS: Final = 60.0
_NEVER: Final = 0
_NOTHING_BUT_ITS_END: Final = 0

# It may fetch nothing, run nothing and update nothing, whatever a document asks for.
_HARDENED: Final = {
    "/org.openoffice.Office.Common/Security/Scripting": {
        "BlockUntrustedRefererLinks": "true",
        "DisableActiveContent": "true",
        "DisableMacrosExecution": "true",
        "MacroSecurityLevel": "3",
    },
    "/org.openoffice.Office.Writer/Content/Update": {"Link": "0"},
    "/org.openoffice.Office.Calc/Content/Update": {"Link": "1"},
    "/org.openoffice.Office.Common/Save/Document": {"AutoSave": "false"},
    "/org.openoffice.Office.Recovery/AutoSave": {"Enabled": "false"},
    "/org.openoffice.Setup/Office": {"ooSetupInstCompleted": "true", "OfficeRestartInProgress": "false"},
    "/org.openoffice.Office.Common/Misc": {"FirstRun": "false", "ShowTipOfTheDay": "false"},
}


def main() -> None:
    """Have a thread do what each line of the input says, and watch meanwhile that there is somebody who says it."""
    _bound_addresses()
    programs, folder = Path(sys.argv[1]), Path(sys.argv[2])
    offices = _Offices(programs, folder)
    over, is_over = os.pipe()
    threading.Thread(target=_serve, args=(offices, is_over), daemon=True).start()
    ends = select.poll()
    for end in (sys.stdin.fileno(), over):
        ends.register(end, _NOTHING_BUT_ITS_END)
    ends.poll()
    offices.end()
    # What is over may be so because the input is.
    if any(end == sys.stdin.fileno() for end, _ in ends.poll(0)):
        shutil.rmtree(folder, ignore_errors=True)
    # The thread may wait for an answer that never comes.
    os._exit(0)


class _Offices:
    """The LibreOffices that were started, of which the last one counts; none is started once they were ended."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._profile = folder / "profile"
        _write_profile(self._profile, programs)
        self._all: list[subprocess.Popen[bytes]] = []
        self._turn = threading.Lock()

    @property
    def last(self) -> subprocess.Popen[bytes]:
        return self._all[-1]

    def start(self) -> str:
        """The name of the pipe that it listens at."""
        with self._turn:
            turn = len(self._all)
            # One that ended left its sockets, which nobody can take for another profile's.
            self._profile = self._profile.rename(self._folder / f"profile-{turn}")
            pipe = f"folio-{os.getpid()}-{turn}"
            self._all.append(_start(self._programs, self._folder, self._profile, pipe))
        return pipe

    def end(self) -> None:
        self._turn.acquire()
        for office in self._all:
            office.kill()
            office.wait()


def _serve(offices: _Offices, is_over: int) -> None:
    """Start LibreOffice and answer orders."""
    try:
        desktop = _connect(offices)
        _forget_pipes(offices.last.pid)
        _say({"ready": True})
        for line in sys.stdin:
            _say(_answer(desktop, json.loads(line)) | {"memory": _memory(offices.last.pid)})
    finally:
        os.close(is_over)


def _die_with_bridge() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bound_addresses() -> None:
    """The parent's own limit, which comes along, is too small for LibreOffice."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _ADDRESSES if hard == resource.RLIM_INFINITY else min(_ADDRESSES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _write_profile(profile: Path, programs: Path) -> None:
    items = "".join(
        f'<item oor:path="{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
        for path, values in _HARDENED.items()
        for name, value in values.items()
    )
    user = profile / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{items}</oor:items>',
        "utf-8",
    )
    # Or it takes the profile for one of another release, puts its extensions in order and ends to start again.
    if known := re.search(r"(?m)^buildid=(.+)$", _text(programs / "versionrc")):
        (user / "extensions").mkdir()
        (user / "extensions" / "buildid").write_text(known[1], "utf-8")


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.exists() else ""


def _start(programs: Path, folder: Path, profile: Path, pipe: str) -> subprocess.Popen[bytes]:
    """The program itself, not the script around it: what is started is what gets killed."""
    return subprocess.Popen(
        [
            sys.executable,
            "-I",
            _CONFINED,
            folder,
            programs,
            programs / "soffice.bin",
            f"-env:UserInstallation={profile.as_uri()}",
            f"--accept=pipe,name={pipe};urp",
            "--headless",
            "--invisible",
            "--norestore",
            "--nologo",
            "--nodefault",
            "--nolockcheck",
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_die_with_bridge,  # noqa: PLW1509 - the other thread of this process only waits
    )


def _connect(offices: _Offices) -> Any:
    pipe = offices.start()
    import uno  # noqa: PLC0415 - while LibreOffice starts, which takes ten times as long

    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except Exception as problem:  # UNO raises what it likes while nobody listens yet
            ended = offices.last.poll()
            if ended == _START_AGAIN:
                pipe = offices.start()
            elif ended is not None:
                raise SystemExit(f"LibreOffice ended with {ended}") from problem
            if time.monotonic() > deadline:
                raise SystemExit("LibreOffice does not answer") from problem
            time.sleep(0.05)


def _forget_pipes(pid: int) -> None:
    """Nobody else will connect, and LibreOffice, which is always killed, would leave the names of its pipes in /tmp."""
    with contextlib.suppress(OSError):
        held = {str(handle.readlink()) for handle in Path(f"/proc/{pid}/fd").iterdir()}
        for line in Path("/proc/self/net/unix").read_text("utf-8").splitlines():
            *_, inode, name = line.split(maxsplit=7)
            if f"socket:[{inode}]" in held and Path(name).name.startswith("OSL_PIPE_"):
                Path(name).unlink(missing_ok=True)


def _answer(desktop: Any, order: dict[str, Any]) -> dict[str, Any]:
    try:
        _convert(desktop, order)
    except Exception as problem:  # noqa: BLE001 as above; whoever ordered it decides what it means
        return {"error": f"{type(problem).__name__}: {problem}"}
    return {"done": True}


def _convert(desktop: Any, order: dict[str, Any]) -> None:
    opened = desktop.loadComponentFromURL(
        Path(order["source"]).as_uri(),
        "_blank",
        0,
        _values(
            {
                # Without the filter's name anything at all is opened as a text.
                "FilterName": order["opened_by"],
                "Hidden": True,
                "ReadOnly": True,
                "MacroExecutionMode": _NEVER,
                "UpdateDocMode": _NEVER,
            }
        ),
    )
    if opened is None:
        raise ValueError("LibreOffice cannot open the file")
    try:
        settings = {"FilterName": order["filter"], "FilterData": _typed(order["options"]), "Overwrite": True}
        opened.storeToURL(Path(order["target"]).as_uri(), _values(settings))
    finally:
        opened.close(True)  # noqa: FBT003 - UNO takes no names


def _values(settings: dict[str, Any]) -> tuple[Any, ...]:
    from com.sun.star.beans import PropertyValue  # noqa: PLC0415 - importable once uno is

    return tuple(PropertyValue(Name=name, Value=value) for name, value in settings.items())


def _typed(options: dict[str, Any]) -> Any:
    import uno  # noqa: PLC0415 - as above

    return uno.Any("[]com.sun.star.beans.PropertyValue", _values(options))


def _memory(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        main()
