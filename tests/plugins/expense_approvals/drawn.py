"""Policies, trips and claims drawn at random."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from plugins.expense_approvals.claims.lines import Line, Trip
from plugins.expense_approvals.policy.rules import (
    EVERYTHING,
    Agreed,
    AnyRule,
    Cap,
    NeedsReason,
    Policy,
    Prohibited,
    Rate,
    Receipt,
    Tier,
    TravelClass,
    Window,
    Words,
)

WORDS = Words(en="in words", cy="mewn geiriau")
FIRST = date(2026, 4, 4)
"""Two days before a tax year begins: claims cross its end."""
CATEGORIES = {"meal": "each", "stay": "night", "miles": "mile"}
VEHICLES = ("car", "cycle")
# All that can be is made once, because to make and check a way of drawing takes longer than to draw.
severities: Any = st.sampled_from(["block", "refer"])
few_pence = st.integers(0, 60_00)
mostly = st.sampled_from([True, True, True, False])
amounts = st.fixed_dictionaries({"": few_pence}, optional={"london": few_pence})
evidence: Any = st.frozensets(st.sampled_from(["receipt", "bank_line", "map"]))
some_evidence = evidence.filter(bool)
mostly_all_evidence = st.one_of(st.just(frozenset({"receipt", "bank_line", "map"})), evidence)
ends_of_steps = st.sets(st.integers(1, 60), max_size=2)
worths = [st.lists(st.integers(0, 60_000), min_size=steps, max_size=steps) for steps in range(1, 4)]
of_caps = st.sampled_from([*CATEGORIES, "meal", EVERYTHING])
of_rules = st.sampled_from([*CATEGORIES, EVERYTHING])
of_lines = st.sampled_from(["meal", "meal", "meal", "miles", "miles", "miles", "stay", "unheard_of"])
spans: Any = st.sampled_from(["unit", "day", "day", "trip"])
kinds_of_rules = st.sampled_from(["receipt", "window", "class", "reason", "agreed", "never"])
measures: Any = st.sampled_from(["claimed", "incurred"])
rated = st.sampled_from([VEHICLES, VEHICLES, VEHICLES[:1], ()])
some_vehicles = st.sets(st.sampled_from(VEHICLES))
driven = st.sampled_from([*VEHICLES, "car", "car", "horse"])
regions = st.sampled_from(["", "", "london"])
travel_classes = st.sampled_from(["standard", "standard", "first", ""])
miles_before = st.dictionaries(
    st.tuples(st.sampled_from(VEHICLES), st.sampled_from([2025, 2026])), st.integers(0, 70_000)
)


@st.composite
def rates(draw: st.DrawFn, key: str, vehicle: str) -> Rate:
    """A yearly rate of one to three steps that fall."""
    ends = sorted(draw(ends_of_steps))
    worth = sorted(draw(worths[len(ends)]), reverse=True)
    tiers = tuple(Tier(up_to=end, rate=rate) for end, rate in zip([*ends, None], worth, strict=True))
    return Rate(
        key=key, category="miles", vehicle=vehicle, tiers=tiers, passenger=draw(st.integers(0, 9_000)), words=WORDS
    )


@st.composite
def caps(draw: st.DrawFn, key: str) -> Cap:
    """A cap of any width."""
    category = draw(of_caps)
    per: Any = "trip" if category == EVERYTHING else draw(spans)
    return Cap(key=key, category=category, severity=draw(severities), per=per, amounts=draw(amounts), words=WORDS)


@st.composite
def other_rules(draw: st.DrawFn, key: str) -> AnyRule:
    """Any rule but a rate or a cap."""
    category = draw(of_rules)
    common: dict[str, Any] = {"key": key, "category": category, "severity": draw(severities), "words": WORDS}
    kind = draw(kinds_of_rules)
    if kind == "receipt":
        return Receipt(**common, over=draw(few_pence), accepts=draw(some_evidence))
    if kind == "window":
        return Window(**common, measure=draw(measures), days=draw(st.integers(0, 5)))
    if kind == "class":
        return TravelClass(**common, classes=frozenset({"standard"}))
    if kind == "reason":
        return NeedsReason(**common, over=draw(few_pence))
    return (Agreed if kind == "agreed" else Prohibited)(**common)


drawn_rates = {vehicle: rates(f"rate_{vehicle}", vehicle) for vehicle in VEHICLES}
drawn_caps = [caps(f"cap_{number}") for number in range(5)]
drawn_rules = [other_rules(f"rule_{number}") for number in range(3)]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A whole policy: rates for most vehicles, one to five caps, and up to three rules of other kinds."""
    vehicles = draw(rated)
    rules: list[AnyRule] = [draw(drawn_rates[vehicle]) for vehicle in vehicles]
    rules += [draw(cap) for cap in drawn_caps[: draw(st.integers(1, 5))]]
    rules += [draw(rule) for rule in drawn_rules[: draw(st.integers(0, 3))]]
    return Policy.model_validate(
        {
            "categories": [{"key": key, "title": WORDS, "unit": unit} for key, unit in CATEGORIES.items()],
            "regions": {"london": WORDS},
            "rules": rules,
        }
    )


site_rules = [st.one_of(caps(f"site_{number}"), other_rules(f"site_{number}")) for number in range(5)]
site_rates = {vehicle: rates(f"site_rate_{vehicle}", vehicle) for vehicle in VEHICLES}


@st.composite
def additions(draw: st.DrawFn) -> list[AnyRule]:
    """Rules that a site may wish for: rates and others."""
    rules: list[AnyRule] = [draw(rule) for rule in site_rules[: draw(st.integers(1, 5))]]
    rules += [draw(site_rates[vehicle]) for vehicle in draw(some_vehicles)]
    return rules


@st.composite
def lines(draw: st.DrawFn, key: str) -> Line:
    """A cost, in a category that the policy has or in one that it has not."""
    category = draw(of_lines)
    by_miles = category == "miles"
    return Line(
        key,
        category,
        FIRST + timedelta(days=draw(st.integers(0, 2))),
        None if by_miles and draw(st.booleans()) else draw(st.integers(1, 60_00)),
        quantity=draw(st.integers(1, 3)),
        miles=draw(st.integers(1, 90_000)) if by_miles else 0,
        vehicle=draw(driven) if by_miles else "",
        passengers=draw(st.integers(0, 3)) if by_miles else 0,
        region=draw(regions),
        evidence=draw(mostly_all_evidence),
        travel_class=draw(travel_classes),
        has_reason=draw(mostly),
        agreed=draw(mostly),
    )


drawn_lines = [lines(f"line_{number}") for number in range(8)]


@st.composite
def claims(draw: st.DrawFn) -> tuple[list[Line], Trip]:
    """Up to eight lines of one trip."""
    found = [draw(line) for line in drawn_lines[: draw(st.integers(3, 8))]]
    starts = FIRST + timedelta(days=draw(st.integers(0, 2)))
    ends = starts + timedelta(days=draw(st.integers(0, 2)))
    return found, Trip(starts, ends, ends + timedelta(days=draw(st.integers(0, 8))), draw(miles_before))
