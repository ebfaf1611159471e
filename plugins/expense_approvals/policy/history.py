"""Which version of a policy held on a day, as it was known at an instant: two times, so that a late change rewrites nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from plugins.expense_approvals.policy.rules import Policy


@dataclass(frozen=True, slots=True)
class Version:
    """A published policy: it holds from `effective_from` on, and was known from `published_at` on."""

    number: int
    effective_from: date
    published_at: datetime
    policy: Policy


def in_force(versions: Iterable[Version], on: date, known_at: datetime) -> Version | None:
    """The version that held on the day `on`, as far as it was published at `known_at`; None where there was none.

    The latest beginning counts; of two with the same beginning the one published last, and then the higher number. So a
    version that is published late for an earlier day holds until the next one begins, and one that was wrong is replaced by
    another with the same beginning.
    """
    known = (one for one in versions if one.effective_from <= on and one.published_at <= known_at)
    return max(known, key=lambda one: (one.effective_from, one.published_at, one.number), default=None)


class Policies(Protocol):
    """The policy by day, national (`Known`) or one site's (`local.Local`)."""

    def version_on(self, day: date) -> Version | None:
        """The national version in force on `day`."""

    def __call__(self, day: date) -> Policy | None:
        """The policy in force on `day`; None before the first."""


@dataclass(frozen=True, slots=True)
class Known:
    """The versions as they were known at one instant: what a claim is held against."""

    versions: tuple[Version, ...]
    known_at: datetime

    def version_on(self, day: date) -> Version | None:
        """The version in force on `day`."""
        return in_force(self.versions, day, self.known_at)

    def __call__(self, day: date) -> Policy | None:
        """The policy in force on `day`; None before the first."""
        version = self.version_on(day)
        return version.policy if version is not None else None


def tax_year(day: date) -> int:
    """The calendar year in which the tax year of `day` began: years begin on 6 April."""
    return day.year if (day.month, day.day) >= (4, 6) else day.year - 1
