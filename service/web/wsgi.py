"""The settings -> the application that gunicorn serves: `service.web.wsgi:app`.

Each server process imports this module for itself, after the fork: never preload it, for a database connection must
not be shared between processes. The reading room starts its children as they are needed. What a large upload takes goes
back to the system as soon as it is answered.
"""

from __future__ import annotations

import gc
import hmac
import signal
from types import FrameType

from gunicorn.errors import AppImportError

from service import logs
from service.jobs import Bell
from service.memory import bound_memory
from service.notices import Watch
from service.seals import Sealer, secret_in
from service.settings import Settings, UnusableSettings
from service.sheets.isolated import ReadingRoom
from service.store import open_store
from service.web.app import create_app
from service.web.front import GoverningFile

bound_memory()
try:
    _settings = Settings.from_environment()
except UnusableSettings as _problem:
    # gunicorn shows it as it stands, and ends instead of trying again for ever.
    raise AppImportError(str(_problem)) from None
logs.configure("front", as_json=_settings.logs_as_json)
_secret = secret_in(_settings.secret_file)
_watch = Watch(_settings.redis_url or "")
_end = signal.getsignal(signal.SIGTERM)


def _let_go(number: int, frame: FrameType | None) -> None:
    """Whoever waits is answered before this process ends: a server gives its threads a few seconds for that."""
    _watch.close()
    if callable(_end):
        _end(number, frame)


app = create_app(
    store=open_store(_settings.database_url),
    # Without an address nobody hears the bell, and uploads are accepted all the same.
    bell=Bell(_settings.redis_url or ""),
    reading_room=ReadingRoom(),
    trusted_hosts=_settings.trusted_hosts,
    max_upload_bytes=_settings.max_upload_bytes,
    office_file=GoverningFile(_settings.office_file, _settings.office_settings) if _settings.office_file else None,
    progress_folder=_settings.data_dir / "progress",
    sealer=Sealer(_secret, _settings.public_url).seal,
    # One secret to keep, and none that is made of it says anything of it or of the others.
    forms_secret=hmac.digest(_secret, b"forms", "sha256"),
    has_tls=_settings.public_url.startswith("https://"),
    proxies=_settings.trusted_proxies,
    counting_redis=_settings.redis_url,
    provider=_settings.provider,
    public_url=_settings.public_url,
    watch=_watch,
)
signal.signal(signal.SIGTERM, _let_go)
# What is loaded by now stays to the end: nobody need look through it for what may go.
gc.freeze()
