"""The contract between the front and the worker: task names, queues, and how the bell is rung.

A message carries a job's id and nothing else. The job row in the database is the truth; a lost message costs a
second's wait, never a report.
"""

from __future__ import annotations

from typing import Any, Final

WRITE_DOCUMENT: Final = "folio.write_document"
QUEUE: Final = "documents"

# Above the longest a task may run: below it Redis would deliver a running task a second time.
VISIBILITY_TIMEOUT_SECONDS: Final = 3600


def celery_settings(broker_url: str) -> dict[str, Any]:
    """Celery's settings, the same on both ends; each was tried with workers and broker being killed (docs/data-flow.md)."""
    return {
        "broker_url": broker_url,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": QUEUE,
        "task_acks_late": False,
        "worker_prefetch_multiplier": 1,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
        },
        "worker_enable_remote_control": False,
        "worker_send_task_events": False,
    }
