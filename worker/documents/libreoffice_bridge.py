"""Orders on standard input -> files converted by a LibreOffice that stays on between them, answers on standard output.

Run by the system's own Python, which has UNO, in a process group of its own; it imports nothing of Folio. One JSON
object a line. First answer: `{"ready": true}`. An order is `{"source", "opened_by", "target", "filter", "options"}`: a
file and the import filter that it must fit, a file to write, the export filter and its settings. The answer is
`{"done": true}` or `{"error": SENTENCE}`, with the `memory` (bytes) that LibreOffice has come to hold. It ends, and
LibreOffice with it, when its input ends or its parent dies.

Arguments: the folder of LibreOffice's programs, and an empty folder for its profile.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

_PR_SET_PDEATHSIG: Final = 1
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000
# It maps much more than it uses; what it may use at most is for its owner to watch.
_ADDRESSES: Final = 8 * 1024**3
# LibreOffice ends so when its profile was new and it wants to start again.
_START_AGAIN: Final = 81
_START_SECONDS: Final = 60.0
_NEVER: Final = 0

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
    """Start LibreOffice, then do what each line of the input says."""
    _die_with_parent()
    _bound_addresses()
    _leave_the_network()
    programs, profile = Path(sys.argv[1]), Path(sys.argv[2])
    _write_profile(profile)
    pipe = f"folio-{os.getpid()}"
    desktop, process = _connect(programs, profile, pipe)
    try:
        _say({"ready": True})
        for line in sys.stdin:
            _say(_answer(desktop, json.loads(line)) | {"memory": _memory(process.pid)})
    finally:
        process.kill()


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bound_addresses() -> None:
    """The parent's own limit, which comes along, is too small for LibreOffice."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = _ADDRESSES if hard == resource.RLIM_INFINITY else min(_ADDRESSES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _leave_the_network() -> None:
    """Where the machine allows it, in a network of its own that leads nowhere; tried by a child first."""
    trial = os.fork()
    if trial == 0:
        os._exit(0 if _isolate() else 1)
    if os.waitstatus_to_exitcode(os.waitpid(trial, 0)[1]) == 0:
        _isolate()


def _isolate() -> bool:
    user, group = os.getuid(), os.getgid()
    if ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        return False
    try:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    except OSError:
        return False
    return True


def _write_profile(profile: Path) -> None:
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


def _start(programs: Path, profile: Path, pipe: str) -> subprocess.Popen[bytes]:
    """The program itself, not the script around it: what is started is what gets killed."""
    return subprocess.Popen(
        [
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
        preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
    )


def _connect(programs: Path, profile: Path, pipe: str) -> tuple[Any, subprocess.Popen[bytes]]:
    process = _start(programs, profile, pipe)
    import uno  # noqa: PLC0415 - while LibreOffice starts, which takes ten times as long

    resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context), process
        except Exception as problem:  # UNO raises what it likes while nobody listens yet
            ended = process.poll()
            if ended == _START_AGAIN:
                process = _start(programs, profile, pipe)
            elif ended is not None:
                raise SystemExit(f"LibreOffice ended with {ended}") from problem
            if time.monotonic() > deadline:
                raise SystemExit("LibreOffice does not answer") from problem
            time.sleep(0.05)


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
