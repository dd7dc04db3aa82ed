"""The settings -> the application that gunicorn serves: `service.web.wsgi:app`.

Each server process imports this module for itself, after the fork: never preload it, for a database connection must
not be shared between processes. The reading room starts its child at the first upload.
"""

from __future__ import annotations

from service.jobs import Bell
from service.settings import Settings
from service.sheets.isolated import ReadingRoom
from service.store import open_store
from service.web.app import create_app

_settings = Settings.from_environment()

app = create_app(
    store=open_store(_settings.database_url),
    # Without an address nobody hears the bell, and uploads are accepted all the same.
    bell=Bell(_settings.redis_url or ""),
    reading_room=ReadingRoom(office=_settings.office),
    trusted_hosts=_settings.trusted_hosts,
    max_upload_bytes=_settings.max_upload_bytes,
    office=_settings.office,
    progress_folder=_settings.data_dir / "progress",
)
