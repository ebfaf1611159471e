"""Background work: `@job`, `@every`, `enqueue`, `mail.send`. The engine behind it is known to the worker process alone."""

from core.work import delivery, housekeeping, mail
from core.work.outbox import enqueue, enqueue_many, hold
from core.work.registry import GiveUp, UnknownJob, every, job

__all__ = [
    "GiveUp",
    "UnknownJob",
    "delivery",
    "enqueue",
    "enqueue_many",
    "every",
    "hold",
    "housekeeping",
    "job",
    "mail",
]
