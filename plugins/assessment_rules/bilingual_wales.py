"""`bilingual_wales`: an application in Welsh is read in Welsh, or by all from one translation logged beforehand."""

from collections.abc import Mapping

from pydantic import Field

from core.sdk import N_, Input, NationalPolicy, Outcome, Proposal, Reason, RuleConfig, RuleSet, Snapshot
from plugins.assessment_rules.standard import INPUTS, WORDS, proposed

READER = "cy_reader"


class BilingualWalesConfig(RuleConfig):
    """As `standard`, and from which difference between the languages a notice says so."""

    slower_by_days: int = Field(
        default=10,
        ge=1,
        title=N_("Slower by days"),
        description=N_(
            "When applications in one language wait this many days longer than in the other, a notice says so."
        ),
    )


class BilingualWales(RuleSet[BilingualWalesConfig]):
    """As `standard`, for two languages alike."""

    id, version, title = "bilingual_wales", "1.0.0", N_("Bilingual, for Wales")
    config_model = BilingualWalesConfig
    words = {
        **WORDS,
        "no_reader": N_("This application is in Welsh and needs an assessor who reads Welsh."),
        "cannot_read": N_(
            "Assessors who do not read Welsh, without a translation logged before assignment: %(count)s."
        ),
        "translated_for_some": N_("A translation was made for some of the assessors only."),
        "slower": N_("Applications in this language wait longer than in the other, by days: %(days)s."),
    }
    inputs = INPUTS | {Input.ROLES, Input.LANGUAGE, Input.TRANSLATION, Input.WINDOW}

    def required_roles(self, config: BilingualWalesConfig, language: str = "en") -> Mapping[str, int]:
        """One who reads Welsh, for an application in Welsh."""
        return {READER: 1} if language == "cy" else {}

    def propose(self, snapshot: Snapshot, config: BilingualWalesConfig, policy: NationalPolicy) -> Proposal:
        """The language first, then as `standard`."""
        found = _of_language(snapshot, config) or proposed(snapshot, config, policy)
        return found.model_copy(update={"notices": (*found.notices, *_slower(snapshot, config))})


def _of_language(snapshot: Snapshot, config: BilingualWalesConfig) -> Proposal | None:
    """What stands in the way of an application in Welsh, if anything does."""
    if snapshot.language != "cy" or not snapshot.scored:
        return None
    if snapshot.translation == "some":
        return Proposal(outcome=Outcome.PANEL, reasons=(Reason.of("translated_for_some"),), sign_off=config.sign_off)
    others = sum(READER not in one.roles for one in snapshot.scored)
    reasons = []
    if others == len(snapshot.scored):
        reasons.append(Reason.of("no_reader"))
    if others and snapshot.translation == "none":
        reasons.append(Reason.of("cannot_read", count=others))
    if not reasons:
        return None
    # An assessor who could not read it has sealed a score that should not be: only people can put that right.
    outcome = Outcome.PANEL if others < len(snapshot.scored) else Outcome.MORE_ASSESSORS
    return Proposal(outcome=outcome, reasons=tuple(reasons), sign_off=config.sign_off)


def _slower(snapshot: Snapshot, config: BilingualWalesConfig) -> tuple[Reason, ...]:
    """A notice when this language waits longer; it sways nothing."""
    days = {"en": snapshot.window.median_days_en, "cy": snapshot.window.median_days_cy}
    mine, other = days.pop(snapshot.language), next(iter(days.values()))
    if mine is None or other is None or mine - other < config.slower_by_days:
        return ()
    return (Reason.of("slower", days=mine - other),)
