"""What a job does and when it comes round by itself, in words."""

from core.kernel.text import N_
from core.web.i18n import say
from core.work.registry import JOBS, SCHEDULES, Job

ASKED_FOR = N_("when it is asked for")
EACH_MINUTE, MINUTES, HOURLY = (
    N_("every minute"),
    N_("every %(minutes)s minutes"),
    N_("each hour, at minute %(minutes)s"),
)
DAILY, WEEKLY = N_("every day at %(time)s"), N_("once a week")


def called(name: str) -> str:
    """What the job of that name does, in the reader's language; the name itself where nobody here says it: its plugin may be gone."""
    found = JOBS.get(name)
    return say(found.title) if found is not None and found.title else name


def told(job: Job) -> str:
    """What a job does and when, in the reader's language; by its name and its five fields where these say no words."""
    schedule = SCHEDULES.get(job.name)
    return f"{say(job.title) or job.name} ({comes(schedule.cron) if schedule else say(ASKED_FOR)})"


def comes(cron: str) -> str:
    """A schedule's five fields in words, in the reader's language; the fields themselves where they are no usual ones."""
    minute, hour, *days = cron.split()
    every_day = days == ["*"] * 3
    if every_day and hour == "*":
        if minute in {"*", "*/1"}:
            return say(EACH_MINUTE)
        if minute.removeprefix("*/").isdecimal() and minute.startswith("*/"):
            return say(MINUTES, {"minutes": minute[2:]})
        if minute.replace(",", "").isdecimal():
            return say(HOURLY, {"minutes": minute.replace(",", ", ")})
    if minute.isdecimal() and hour.isdecimal() and every_day:
        return say(DAILY, {"time": f"{int(hour):02}:{int(minute):02}"})
    if minute.isdecimal() and hour.isdecimal() and len(days) == 3 and days[:2] == ["*", "*"] and days[2].isdecimal():
        return say(WEEKLY)
    return cron
