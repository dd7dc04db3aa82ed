"""The Celery application of the worker, and the limits that its processes live under.

Assumes that the job rows are the truth: a message is acknowledged before its task runs, because a lost one is rung
again and a message that kills its worker must not come back by itself.
"""

from __future__ import annotations

import ctypes
import gc
import resource
import signal
from typing import Any, Final

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from service import logs
from service.jobs import celery_settings
from service.settings import Settings
from worker.wires import Wires

# A task that takes longer is stopped from outside, with its process; the job's lease then passes on. 1,000 actions take
# a few seconds in Word and Excel, and LibreOffice has its own limits: two starts and two tries at a PDF fit in here.
TASK_SECONDS: Final = 360
# By then it can still say so itself.
_SECONDS_TO_SAY_SO: Final = 20

# A thousand actions need some 300 MB of addresses; a broken template or workbook that asks for more gets a MemoryError
# in its own process instead of the kernel choosing whom to kill. Only the soft limit: programs that a task starts and
# that need more addresses (not memory) may raise it for themselves.
ADDRESS_SPACE_BYTES: Final = 1024**3

# What a stopping worker gives to tasks under way; it sleeps that long whenever there is one, so not more. Most take
# less than a second; the rest lose their lease.
LAST_SECONDS: Final = 3

_PR_SET_PDEATHSIG: Final = 1


_settings = Settings.at_start()

app = Celery("folio", include=["worker.tasks"], amqp=Wires)
app.conf.update(celery_settings(_settings.redis_url or ""))
app.conf.update(
    worker_concurrency=_settings.worker_processes,
    task_time_limit=TASK_SECONDS,
    task_soft_time_limit=TASK_SECONDS - _SECONDS_TO_SAY_SO,
    # Compiled templates are kept per process, so a process is worth keeping; a slow leak is not.
    worker_max_tasks_per_child=2000,
    worker_soft_shutdown_timeout=LAST_SECONDS,
    worker_hijack_root_logger=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,
)


@setup_logging.connect  # type: ignore[untyped-decorator]  # Celery has no types
def log_as_all_do(**_signal: Any) -> None:
    """In the place of Celery's own way of logging."""
    logs.configure("worker", as_json=_settings.logs_as_json)


@worker_process_init.connect  # type: ignore[untyped-decorator]  # Celery has no types
def limit_process(**_signal: Any) -> None:
    """Each process that runs tasks: bounded addresses, and an end together with the worker that started it."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, hard))
    # Without it a process whose worker was killed finishes its task and then waits for ever for the next.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # What is loaded by now stays to the end: nobody need look through it for what may go.
    gc.freeze()
