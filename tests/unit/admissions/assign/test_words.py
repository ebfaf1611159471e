"""Each reason for an assignment and each reason why something could not be met, in a case of its own."""

import pytest

from core.admissions.assign import Application, Assessor, plan
from core.admissions.assign.connect import connect, groups
from core.admissions.assign.state import State
from core.admissions.assign.words import reasons


def somebody(name: str, capacity: int = 5, *roles: str, workplace: str = "") -> Assessor:
    return Assessor(name, capacity, frozenset(roles), workplace)


LAY = {"lay": 1}


@pytest.mark.parametrize(
    ("code", "role", "assessors", "application"),
    [
        ("no_holder", "lay", [somebody("a"), somebody("b")], Application("p", 2, LAY)),
        ("too_few_holders", "lay", [somebody("a", 5, "lay"), somebody("b")], Application("p", 2, {"lay": 2})),
        (
            "holders_conflicted",
            "lay",
            [somebody("a", 5, "lay"), somebody("b")],
            Application("p", 2, LAY, frozenset("a")),
        ),
        ("holders_full", "lay", [somebody("a", 0, "lay"), somebody("b")], Application("p", 2, LAY)),
        (
            "no_place",
            "lay",
            [somebody("a", 5, "lay"), somebody("b")],
            Application("p", 1, LAY, existing=frozenset("b")),
        ),
        ("small_panel", "", [somebody("a"), somebody("b")], Application("p", 3)),
        ("conflicted", "", [somebody("a"), somebody("b")], Application("p", 2, {}, frozenset("a"))),
        ("full", "", [somebody("a"), somebody("b", 0)], Application("p", 2)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_why_something_is_not_met(code: str, role: str, assessors: list[Assessor], application: Application) -> None:
    (short,) = plan(assessors, [application]).shortfalls
    assert (short.application, short.missing, short.role, short.why.code) == ("p", 1, role, code)
    assert not role or short.why.values["role"] == role


def test_the_seat_that_a_role_needs_is_kept_for_it() -> None:
    """With nobody lay, one of the three seats stays open rather than looking complete."""
    made = plan([somebody(name) for name in "abcd"], [Application("p", 3, LAY)])
    assert len(made.assessors_of("p")) == 2


def test_one_person_may_stand_for_two_roles() -> None:
    both = {"lay": 1, "welsh_reader": 1}
    made = plan([somebody("a", 5, "lay", "welsh_reader"), somebody("b")], [Application("p", 2, both)])
    assert made.complete
    codes = [words.code for x in made.added if x.assessor == "a" for words in x.reasons]
    assert codes[:2] == ["only_role", "only_role"]


def test_roles_are_covered_by_separate_people_when_nobody_with_both_has_room() -> None:
    both = {"lay": 1, "welsh_reader": 1}
    panel = [
        somebody("full", 0, "lay", "welsh_reader"),
        somebody("reader", 5, "welsh_reader"),
        somebody("b"),
        somebody("c"),
    ]
    made = plan(panel, [Application("p", 3, both)])
    assert {(x.role, x.why.code) for x in made.shortfalls} == {("lay", "holders_full")}
    assert "reader" in made.assessors_of("p")


def test_why_somebody_was_chosen() -> None:
    panel = [somebody("lay", 9, "lay"), somebody("lay too", 9, "lay"), somebody("x"), somebody("y"), somebody("z", 0)]
    made = plan(panel, [Application("p", 2, LAY), Application("q", 2, LAY)])
    by_code = {words.code: words for x in made.added for words in x.reasons}
    assert by_code["role"].values == {"role": "lay", "may": 2}
    assert "new_pair" in by_code
    (first, *_) = plan(panel, [Application("p", 1)]).added
    assert [(words.code, words.values) for words in first.reasons] == [("least_loaded", {"may": 4})]
    (only, _) = plan(panel[2:4], [Application("p", 2)]).added
    assert only.reasons[0].code == "all"


def test_somebody_needed_elsewhere_is_the_reason_for_a_busier_one() -> None:
    """Only `scarce` may have the last application, so that `busy` has two although `scarce` could have had one."""
    panel = [Assessor("busy", 9, already=3), Assessor("scarce", 1)]
    applications = [Application("p", 1), Application("q", 1, {}, frozenset({"busy"}))]
    made = plan(panel, applications)
    (given,) = [x for x in made.added if x.assessor == "busy"]
    assert [words.code for words in given.reasons] == ["room"]
    roomy = plan(
        [panel[0], Assessor("scarce", 9, already=3)], [*applications, Application("r", 1, {}, frozenset({"busy"}))]
    )
    (given,) = [x for x in roomy.added if x.assessor == "busy"]
    assert [words.code for words in given.reasons] == ["least_loaded"]


def test_a_link_between_groups_says_so_and_leaves_loads_alone() -> None:
    panel = [somebody(name, 9) for name in "abcd"]
    state = State(panel, [Application(f"p{i}", 2) for i in range(4)], seed=0)
    for p, team in enumerate([(0, 1), (0, 1), (2, 3), (2, 3)]):
        for a in team:
            state.add(a, p)
    assert groups(state) == 2
    links = connect(state)
    assert groups(state) == 1
    assert state.load == [2, 2, 2, 2]
    assert links
    assert all("link" in {words.code for words in reasons(state, p, a, links)} for a, p in links)


def test_an_assignment_in_conflict_is_ended_and_its_place_filled() -> None:
    panel = [somebody("a"), somebody("b"), somebody("c")]
    made = plan(panel, [Application("p", 2, {}, frozenset("a"), frozenset("ab"))])
    assert [(x.assessor, x.reasons[0].code) for x in made.ended] == [("a", "conflict")]
    assert [(x.assessor, x.reasons[0].code) for x in made.kept] == [("b", "kept")]
    assert [x.assessor for x in made.added] == ["c"]


def test_somebody_over_their_capacity_keeps_what_they_have_and_is_named() -> None:
    made = plan([somebody("a", 1), somebody("b")], [Application(p, 2, existing=frozenset("a")) for p in "pqr"])
    assert [(note.code, note.values["assessor"]) for note in made.notes] == [("over_capacity", "a")]
    assert made.complete
    assert made.loads == {"a": 3, "b": 3}
