"""The Celery application: queues, delivery, limits, what beat runs, and the log context of a task."""

import os
import sys
import threading
import time
from typing import Any

import structlog
from celery import Celery, signals
from kombu import Queue

from shared.errors import DatabaseDown, UsageError
from shared.logs import configure_logs
from shared.settings import settings
from workers.acknowledging import outlive_connections
from workers.flower import check_flower

# A queue per kind of work: `fetch` waits for the network, `articles` uses the CPU. `dispatch` is listened to by every
# worker, whatever -Q says, so that the first free slot of the cluster takes a tick.
FETCH, ARTICLES, DISPATCH = "fetch", "articles", "dispatch"

outlive_connections()
app = Celery("copydesk", include=["workers.tasks"])
app.conf.update(
    broker_url=settings().broker,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # however long it is away
    broker_transport_options={
        "visibility_timeout": settings().visibility_timeout_s,
        "socket_connect_timeout": 5,
        "socket_timeout": 10,  # longer than a worker waits for a message in one go
        "health_check_interval": 10,  # a connection that has died without a word is left within half a minute
        "socket_keepalive": not settings().broker.startswith("redis+socket"),
        "max_retries": 1,  # a hand-on that fails is found by dispatch; waiting for it would hold a lease
    },
    task_publish_retry=False,
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    # late acknowledgement: a message outlives its worker; claims make a second delivery harmless
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=settings().time_limit_s,
    # Flower asks for events when it starts; nobody else needs them, and a fifth of a task's cost is theirs
    worker_send_task_events=False,
    task_send_sent_event=False,
    task_default_queue=ARTICLES,
    task_queues=[Queue(FETCH), Queue(ARTICLES), Queue(DISPATCH)],
    task_routes={"copydesk.fetch": {"queue": FETCH}, "copydesk.dispatch": {"queue": DISPATCH}},
    task_create_missing_queues=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_cancel_long_running_tasks_on_connection_loss=False,  # claims, not connections, say whose work it is
    worker_proc_alive_timeout=60,
    worker_max_tasks_per_child=500,  # the HTML libraries' memory grows over thousands of pages
    beat_scheduler="workers.beat:Scheduler",
    beat_schedule={
        "dispatch": {
            "task": "copydesk.dispatch",
            "schedule": settings().dispatch_interval_s,
        }
    },
    timezone="UTC",
)


signals.import_modules.connect(check_flower)


@signals.setup_logging.connect
def _configure_logs(**_: Any) -> None:
    """Take over from Celery: one handler for structlog and the standard library."""
    configure_logs()


@signals.celeryd_after_setup.connect
def _listen_to_dispatch(instance: Any, **_: Any) -> None:
    instance.app.amqp.queues.select_add(DISPATCH)


@signals.task_prerun.connect
def _bind_context(task_id: str, task: Any, **_: Any) -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)


@signals.worker_process_init.connect
def _end_with_parent(**_: Any) -> None:
    """A pool process whose worker was killed would wait for ever: let it go too."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()


@signals.worker_process_init.connect
def _forget_connections(**_: Any) -> None:
    """Connections made before the fork belong to the parent."""
    from shared.database import engine

    engine().dispose(close=False)


@signals.celeryd_init.connect
@signals.beat_init.connect
def _check_schema(**_: Any) -> None:
    """A worker that is newer than its database ends here with one line, not later with an error per article."""
    from shared import schema
    from shared.database import engine

    try:
        warning = schema.check()
    except UsageError as error:
        sys.exit(f"copydesk: {error}")
    except DatabaseDown:
        return  # it will be back
    finally:
        engine().dispose()  # beat and the pool are forked next, and SQLite's locks do not survive that
    if warning:
        structlog.get_logger(__name__).warning("database_newer", detail=warning)
