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
severities: Any = st.sampled_from(["block", "refer"])
few_pence = st.integers(0, 60_00)
mostly = st.sampled_from([True, True, True, False])
amounts = st.fixed_dictionaries({"": few_pence}, optional={"london": few_pence})
evidence: Any = st.frozensets(st.sampled_from(["receipt", "bank_line", "map"]))


@st.composite
def rates(draw: st.DrawFn, key: str, vehicle: str) -> Rate:
    """A yearly rate of one to three steps that fall."""
    ends = sorted(draw(st.sets(st.integers(1, 60), max_size=2)))
    worth = sorted(draw(st.lists(st.integers(0, 60_000), min_size=len(ends) + 1, max_size=len(ends) + 1)), reverse=True)
    tiers = tuple(Tier(up_to=end, rate=rate) for end, rate in zip([*ends, None], worth, strict=True))
    return Rate(
        key=key, category="miles", vehicle=vehicle, tiers=tiers, passenger=draw(st.integers(0, 9_000)), words=WORDS
    )


@st.composite
def caps(draw: st.DrawFn, key: str) -> Cap:
    """A cap of any width."""
    category = draw(st.sampled_from([*CATEGORIES, "meal", EVERYTHING]))
    per: Any = "trip" if category == EVERYTHING else draw(st.sampled_from(["unit", "day", "day", "trip"]))
    return Cap(key=key, category=category, severity=draw(severities), per=per, amounts=draw(amounts), words=WORDS)


@st.composite
def other_rules(draw: st.DrawFn, key: str) -> AnyRule:
    """Any rule but a rate or a cap."""
    category = draw(st.sampled_from([*CATEGORIES, EVERYTHING]))
    common: dict[str, Any] = {"key": key, "category": category, "severity": draw(severities), "words": WORDS}
    kind = draw(st.sampled_from(["receipt", "window", "class", "reason", "agreed", "never"]))
    if kind == "receipt":
        return Receipt(**common, over=draw(few_pence), accepts=draw(evidence.filter(bool)))
    if kind == "window":
        return Window(**common, measure=draw(st.sampled_from(["claimed", "incurred"])), days=draw(st.integers(0, 5)))
    if kind == "class":
        return TravelClass(**common, classes=frozenset({"standard"}))
    if kind == "reason":
        return NeedsReason(**common, over=draw(few_pence))
    return (Agreed if kind == "agreed" else Prohibited)(**common)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """A whole policy: rates for most vehicles, one to five caps, and up to three rules of other kinds."""
    vehicles = draw(st.sampled_from([VEHICLES, VEHICLES, VEHICLES[:1], ()]))
    rules: list[AnyRule] = [draw(rates(f"rate_{vehicle}", vehicle)) for vehicle in vehicles]
    rules += [draw(caps(f"cap_{number}")) for number in range(draw(st.integers(1, 5)))]
    rules += [draw(other_rules(f"rule_{number}")) for number in range(draw(st.integers(0, 3)))]
    return Policy.model_validate(
        {
            "categories": [{"key": key, "title": WORDS, "unit": unit} for key, unit in CATEGORIES.items()],
            "regions": {"london": WORDS},
            "rules": rules,
        }
    )


@st.composite
def additions(draw: st.DrawFn) -> list[AnyRule]:
    """Rules that a site may wish for: rates and others."""
    rules: list[AnyRule] = [
        draw(st.one_of(caps(f"site_{number}"), other_rules(f"site_{number}")))
        for number in range(draw(st.integers(1, 5)))
    ]
    rules += [draw(rates(f"site_rate_{vehicle}", vehicle)) for vehicle in draw(st.sets(st.sampled_from(VEHICLES)))]
    return rules


@st.composite
def lines(draw: st.DrawFn, key: str) -> Line:
    """A cost, in a category that the policy has or in one that it has not."""
    category = draw(st.sampled_from(["meal", "meal", "meal", "miles", "miles", "miles", "stay", "unheard_of"]))
    by_miles = category == "miles"
    return Line(
        key,
        category,
        FIRST + timedelta(days=draw(st.integers(0, 2))),
        None if by_miles and draw(st.booleans()) else draw(st.integers(1, 60_00)),
        quantity=draw(st.integers(1, 3)),
        miles=draw(st.integers(1, 90_000)) if by_miles else 0,
        vehicle=draw(st.sampled_from([*VEHICLES, "car", "car", "horse"])) if by_miles else "",
        passengers=draw(st.integers(0, 3)) if by_miles else 0,
        region=draw(st.sampled_from(["", "", "london"])),
        evidence=draw(st.one_of(st.just(frozenset({"receipt", "bank_line", "map"})), evidence)),
        travel_class=draw(st.sampled_from(["standard", "standard", "first", ""])),
        has_reason=draw(mostly),
        agreed=draw(mostly),
    )


@st.composite
def claims(draw: st.DrawFn) -> tuple[list[Line], Trip]:
    """Up to eight lines of one trip."""
    found = [draw(lines(f"line_{number}")) for number in range(draw(st.integers(3, 8)))]
    starts = FIRST + timedelta(days=draw(st.integers(0, 2)))
    ends = starts + timedelta(days=draw(st.integers(0, 2)))
    before = draw(
        st.dictionaries(st.tuples(st.sampled_from(VEHICLES), st.sampled_from([2025, 2026])), st.integers(0, 70_000))
    )
    return found, Trip(starts, ends, ends + timedelta(days=draw(st.integers(0, 8))), before)
