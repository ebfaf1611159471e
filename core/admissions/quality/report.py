"""A report's figures, as they are kept (JSON) and shown. Ratios and intervals are numbers, not words; nothing is rounded.

`parts` of scores are the criteria and OVERALL. Sites and assessors stand with their ids: names are the page's to add.
"""

from pydantic import BaseModel, ConfigDict

from core.admissions.measure.results import Caution

OVERALL = "overall"
SHAPE = 1
"""Of the content as a whole: a report of another shape is made anew."""

Pair = tuple[float, float]
"""A confidence interval, 95 %."""


class Figures(BaseModel):
    """Anything of a report: frozen, with nothing unknown in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Alpha(Figures):
    """Krippendorff's alpha of one part at one level."""

    part: str
    level: str
    value: float | None
    interval: Pair | None
    units: int
    marks: int
    cautions: tuple[Caution, ...] = ()


class Correlation(Figures):
    """One intraclass correlation of one part. `kind` is one_way, absolute or consistency; `name` has the number of marks."""

    part: str
    form: str
    kind: str
    name: str
    value: float | None
    interval: Pair | None
    targets: int
    raters: float
    cautions: tuple[Caution, ...] = ()


class Needs(Figures):
    """How many assessors a target takes; None when no number is enough."""

    target: float
    assessors: int | None


class Leniency(Figures):
    """How far above (or below) the others of the same `group` an assessor marks. Groups are those that something links."""

    assessor: str
    site: int
    group: int
    marks: int
    effect: float | None
    interval: Pair | None
    cautions: tuple[Caution, ...] = ()


class SiteLeniency(Figures):
    """A partner's assessors against all others that something links them with."""

    site: int
    estimate: float
    interval: Pair | None


class Adjusted(Figures):
    """An application's raw mean, which is the record, and the mean without its assessors' severity."""

    application: str
    raw: float
    adjusted: float | None


class Moved(Figures):
    """What discussion did: marks that have both, by how much they moved and how many came nearer to the sealed mean."""

    part: str
    both: int
    mean: float | None
    size: float | None
    nearer: int
    further: int


class Apart(Figures):
    """Applications whose assessors differ at most by so much on any criterion."""

    points: int
    applications: int


class Scoring(Figures):
    """All that is said about marking. `islands` are groups of sites that nothing links; empty where all are linked.
    `sites` leaves out whoever nothing links."""

    assessments: int
    calibration: int
    applications: int
    assessors: int
    not_scored: int
    alphas: tuple[Alpha, ...]
    one_way: tuple[Correlation, ...]
    crossed: tuple[Correlation, ...]
    curve: tuple[Pair, ...]
    needs: tuple[Needs, ...]
    groups: int
    islands: tuple[tuple[int, ...], ...]
    sites: tuple[SiteLeniency, ...]
    lenient: tuple[Leniency, ...]
    adjusted: tuple[Adjusted, ...]
    moved: tuple[Moved, ...]
    apart: tuple[Apart, ...]


class RateOf(Figures):
    """How many of a group's decided applications were accepted. `ratio` is to the group with the highest rate;
    `flagged` says that it is below four fifths."""

    key: str
    accepted: int
    decided: int
    interval: Pair | None
    ratio: float | None = None
    ratio_interval: Pair | None = None
    flagged: bool = False


class Funnelled(Figures):
    """A partner in the funnel: the limits at its number, narrow and wide; `outside` the narrow ones, or the wide, or none."""

    site: int
    accepted: int
    decided: int
    narrow: Pair
    wide: Pair
    outside: float | None


class Waited(Figures):
    """Days from submission to the first release."""

    key: str
    decided: int
    median: float
    ninth: float
    """Nine of ten were decided within so many days."""


class Voices(Figures):
    """What applicants said: `understood` counts the answers 1 to 5 to "I understand why"."""

    accepted: bool
    understood: tuple[int, int, int, int, int]
    again: int
    not_again: int


class Outcomes(Figures):
    """All that is said about outcomes: released decisions alone."""

    submitted: int
    overall: RateOf
    by_site: tuple[RateOf, ...]
    by_sector: tuple[RateOf, ...]
    by_learnt: tuple[RateOf, ...]
    funnel: tuple[Funnelled, ...]
    waited_by_site: tuple[Waited, ...]
    waited_by_locale: tuple[Waited, ...]
    voices: tuple[Voices, ...]


class Report(Figures):
    """Everything."""

    shape: int = SHAPE
    scoring: Scoring
    outcomes: Outcomes
