"""What the demonstration tells of expenses: activities, and people at every step between asking and being paid.

Days are counted from the day on which the demonstration is filled; the days of a cost from the first day of its activity.
"""

from typing import NamedTuple

TRAVEL, VISITS = "Travel to events", "Travel to site visits"
BUDGETS = ((TRAVEL, 1_200_00), (VISITS, 90_00))
"""Name and limit, in pence. The second is nearly used: its page warns."""


LUNCH_AT_MOST = 700
LUNCH_WORDS = {"en": "What you paid, up to £7.00.", "cy": "Yr hyn a daloch, hyd at £7.00."}
"""What the draft of the policy covers of a lunch, in pence and in words."""


class Planned(NamedTuple):
    """An activity. No budget: its costs are not covered, as a rule."""

    title: str
    begins: int
    days: int
    budget: str | None


ACTIVITIES = {
    "over": Planned("Measuring for improvement: two days together", -124, 2, TRAVEL),
    "spring": Planned("Human factors on a night shift: masterclass", -66, 1, TRAVEL),
    "recent": Planned("Patients and staff redesign a clinic: workshop", -16, 1, TRAVEL),
    "visit": Planned("Visit: a discharge lounge that works", 20, 1, VISITS),
    "not_covered": Planned("Breakfast for new members", 12, 1, None),
}


class Cost(NamedTuple):
    """One cost. `miles` are whole ones, at the rate: then there is no amount."""

    category: str
    pence: int | None
    day: int = 0
    miles: int = 0
    reason: str = ""
    quantity: int = 1
    proof: str = "receipt"
    way: tuple[str, str] = ("", "")


class Told(NamedTuple):
    """One step: what was done, so many days ago, and the words that went with it."""

    event: str
    ago: int
    words: str = ""


class Run(NamedTuple):
    """A batch of payments: so many days ago it was prepared, released with its file fetched, and answered by the bank. None: not
    yet."""

    prepared: int
    released: int | None = None
    answered: int | None = None


AUTUMN, WINTER, NEXT = Run(94, 93, 90), Run(46, 45, 42), Run(0)
RUNS = (AUTUMN, WINTER, NEXT)
"""The batches of a site, the first first. Of two that pay one claim, the bank sent the first payment back."""


class Claimed(NamedTuple):
    """A claim. `costs` are what was agreed unless others are named. `cut` is (number of a cost, pence, why); `twin`: its first
    proof is the same file as that of the story before. `runs` pay it; `account`: the person has given one."""

    steps: tuple[Told, ...]
    costs: tuple[Cost, ...] = ()
    cut: tuple[int, int, str] | None = None
    twin: bool = False
    runs: tuple[Run, ...] = ()
    account: bool = False


class Story(NamedTuple):
    """What one person asked for and what became of it. `cut` is as in Claimed."""

    activity: str
    costs: tuple[Cost, ...]
    steps: tuple[Told, ...]
    claim: Claimed | None = None
    cut: tuple[int, int, str] | None = None


BUS, LUNCH, TRAIN = Cost("coach", 640), Cost("lunch", 780), Cost("rail", 3_450)
LATE_BUS = Cost("coach", 480, day=1)
DRIVE = Cost("mileage", None, miles=38, reason="There is no early bus.", proof="map", way=("EH1 1YZ", "PH1 5AA"))
NIGHT = Cost("hotel", 8_400)
TAXI = Cost("taxi", 1_450, reason="I cannot walk from the station with my crutches.")
CARER = Cost("carer", 6_000, reason="Somebody is with my mother while I am away.")
DINNER, WINE = Cost("dinner", 2_150), Cost("alcohol", 720, reason="A glass with the evening meal.")
WORKBOOK = Cost("other", 1_900, reason="The workbook that we were asked to bring.")


def _agreed(ago: int, event: str = "approve", words: str = "") -> tuple[Told, ...]:
    """Asked for and decided four days later."""
    return Told("ask", ago), Told(event, ago - 4, words)


def _judged(ago: int, days: int, event: str = "approve") -> tuple[Told, ...]:
    """Sent, checked after two days and decided so many days after that."""
    return Told("submit", ago), Told("check", ago - 2), Told(event, ago - 2 - days)


QUESTION = Told("query", 5, "Is there a cheaper ticket on the day before? Please look, and tell us.")
STORIES = (
    # the first person is the one whom visitors of the demonstration can be
    Story("recent", (BUS, LUNCH, DRIVE), _agreed(40), Claimed((), (BUS, LUNCH))),
    Story("visit", (TRAIN, LUNCH), (Told("ask", 2),)),
    Story("visit", (TRAIN, DINNER, WINE), (Told("ask", 9), QUESTION)),
    Story("visit", (TRAIN, LUNCH), _agreed(12)),
    Story("visit", (TRAIN, NIGHT), _agreed(14, "part_approve", "The visit ends at three: there is a train home."), cut=(1, 0, "")),
    Story("visit", (WORKBOOK,), _agreed(13, "decline", "The hosts bring workbooks for everybody.")),
    Story("visit", (BUS, WORKBOOK, CARER), (Told("ask", 6),)),
    Story("visit", (BUS,), (Told("ask", 15), Told("withdraw", 11, ""))),
    Story("over", (TRAIN, NIGHT, DINNER), _agreed(150, "part_approve", "Evening meals are covered up to £15."), Claimed(_judged(118, 3, "part_approve"), runs=(AUTUMN,))),
    Story("over", (BUS, LUNCH, TAXI), _agreed(149), Claimed(_judged(110, 12, "part_approve"), cut=(2, 900, "The receipt says £9.00."), runs=(AUTUMN,))),
    Story("over", (DRIVE, LUNCH), _agreed(151), Claimed(_judged(119, 6), runs=(AUTUMN, WINTER))),
    Story("over", (BUS,), (*_agreed(152), Told("expire", 32))),
    Story("over", (LUNCH, LATE_BUS), _agreed(148), Claimed((Told("submit", 112), Told("reject", 109, "These receipts are of another day.")))),
    Story("spring", (TRAIN, LUNCH), _agreed(90), Claimed(_judged(60, 4), runs=(WINTER,))),
    Story("spring", (DRIVE,), _agreed(91), Claimed(_judged(62, 9), runs=(WINTER,))),
    Story("spring", (BUS, CARER), _agreed(92), Claimed(_judged(30, 7), account=True)),
    Story("recent", (TRAIN, LUNCH), _agreed(41), Claimed((Told("submit", 9),))),
    Story("recent", (BUS, LUNCH), _agreed(42), Claimed(_judged(12, 3)[:2])),
    Story("spring", (TRAIN, NIGHT, CARER), _agreed(89), Claimed((*_judged(20, 3)[:2], Told("first_approve", 14)))),
    Story("recent", (TAXI, BUS), _agreed(43), Claimed((Told("submit", 11), Told("query", 8, "The receipt cannot be read. Please photograph it again.")))),
    Story("recent", (TRAIN,), _agreed(44), Claimed(_judged(10, 4), runs=(NEXT,))),
    Story("recent", (BUS, LUNCH), _agreed(45), Claimed(_judged(13, 2, "part_approve"), (BUS, Cost("lunch", 1_150)), (1, 700, "Two people ate: this is your half."))),
    Story("recent", (TRAIN, LUNCH), _agreed(39), Claimed((Told("submit", 7),), (TRAIN, Cost("lunch", 390), Cost("lunch", 380)), twin=True)),
)  # fmt: skip
