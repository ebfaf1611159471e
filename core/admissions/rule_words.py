"""What is said about rules on pages and in files: outcomes, blindness, roles, parts of a configuration and of the policy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core.admissions.rulebook import Rulebook
from core.admissions.rules import TERMS, NationalPolicy, Reason, RuleConfig, UnknownRule, sentence
from core.admissions.rules.policy import CENTRAL_TEAM, PANEL_CHAIR, PARTNER_LEAD
from core.kernel.text import N_
from core.web.i18n import gettext, say

OUTCOMES = {
    "accept": (N_("Accept"), "ok"),
    "decline": (N_("Decline"), "err"),
    "panel": (N_("For the panel"), "warn"),
    "more_assessors": (N_("More assessors"), "info"),
}
"""{outcome of a proposal: (msgid, kind of tag)}."""
NONE, FAILED = "none", "failed"
FILTERS = {
    **{key: title for key, (title, _) in OUTCOMES.items()},
    NONE: N_("No proposal yet"),
    FAILED: N_("The rules failed"),
}
BLINDNESS = {
    "none": N_("Assessors see who applies"),
    "until_sealed": N_("Hidden from assessors until they have sealed their scores"),
    "always": N_("Hidden from assessors throughout"),
}
SIGNERS = {PANEL_CHAIR: N_("Panel chair"), PARTNER_LEAD: N_("Partner lead"), CENTRAL_TEAM: N_("Central team")}
PINNED = {
    "rule": N_("Rules"),
    "policy_id": N_("National policy"),
    "blindness": N_("Who applies"),
    "assess_days": N_("Days for assessing"),
    "appeal_days": N_("Days for an appeal"),
}
"""What a window pins beside the configuration, by the name of its column."""
CONFIG = "config."
"""With this a part of the configuration begins in the history."""
DIFFERS = {
    "proposal": N_("what is proposed"),
    "config": N_("the configuration with its defaults"),
    "incident": N_("whether the rules fail"),
    "unreadable": N_("what is stored cannot be read"),
}
"""What a replay can find; the hashes go with their texts."""


def signers(roles: Iterable[str]) -> str:
    """Who signs, in order."""
    return ", ".join(say(SIGNERS[role]) if role in SIGNERS else role for role in roles)


def reasons(book: Rulebook, rule: str, found: Iterable[Reason]) -> list[str]:
    """Reasons of `id@version` in the reader's language."""
    words = book.words_of(rule)
    return [sentence(words, one, say) for one in found]


def title(book: Rulebook, rule: str) -> str:
    """What a rule pack is called, with its version; the bare reference of one that is not in service."""
    try:
        pack = book.catalogue().resolve(rule)
    except UnknownRule:
        return rule
    return f"{say(pack.title)} ({pack.version})"


def _info(book: Rulebook, rules: Sequence[str], name: str) -> FieldInfo | None:
    models: list[type[BaseModel]] = []
    for rule in rules:
        try:
            models.append(book.catalogue().resolve(rule).config_model)
        except UnknownRule:
            continue
    models.append(RuleConfig)
    for model in models:
        if name in model.model_fields:
            return model.model_fields[name]
    return None


def label(book: Rulebook, rules: Sequence[str], name: str) -> str:
    """What a part of the configuration of one of `rules` is called."""
    info = _info(book, rules, name)
    return say(info.title) if info is not None and info.title else name


def value(name: str, what: Any) -> str:
    """A value of a configuration as people read it."""
    if name == "sign_off":
        return signers(what)
    if isinstance(what, bool):
        return gettext("Yes") if what else gettext("No")
    if isinstance(what, list):
        return ", ".join(map(str, what))
    return "–" if what is None else f"{what:g}" if isinstance(what, float) else str(what)


def config_lines(book: Rulebook, rule: str, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what it is called, value) of each part of a configuration, in the pack's order."""
    try:
        order = list(book.catalogue().resolve(rule).config_model.model_fields)
    except UnknownRule:
        order = []
    names = [*(name for name in order if name in config), *sorted(set(config) - set(order))]
    return [(label(book, [rule], name), value(name, config[name])) for name in names]


def changed(
    book: Rulebook, before: Mapping[str, Any], after: Mapping[str, Any], numbers: Mapping[str, int]
) -> list[tuple[str, str, str]]:
    """(what, before, after) of each thing that an amendment changed of what a window pins. `numbers` are those of the
    national policy's versions, by id."""
    rules = [one["rule"] for one in (after, before) if "rule" in one]
    found = []
    for key in sorted({**before, **after}, key=lambda name: (name.startswith(CONFIG), name)):
        if not (key in PINNED or key.startswith(CONFIG)):
            continue
        name = key.removeprefix(CONFIG)
        what = label(book, rules, name) if key.startswith(CONFIG) else say(PINNED[key])
        was, becomes = (_told(book, key, one[key], numbers) if key in one else "–" for one in (before, after))
        found.append((what, was, becomes))
    return found


def _told(book: Rulebook, key: str, what: Any, numbers: Mapping[str, int]) -> str:
    if key == "rule":
        return title(book, what)
    if key == "policy_id":
        return gettext("Version %(number)s", number=numbers[what]) if what in numbers else gettext("another version")
    if key == "blindness":
        return say(BLINDNESS[what])
    return value(key.removeprefix(CONFIG), what)


BOUNDS = {
    "threshold": N_("Mean score to accept"),
    "floor": N_("Lowest score for each criterion"),
    "borderline": N_("Borderline"),
    "discrepancy": N_("Scores that are far apart"),
}
"""What partners choose within bounds, as `RuleConfig` calls it."""


def policy_lines(policy: NationalPolicy) -> list[tuple[str, str]]:
    """(what it is called, value) of each part of a national policy."""
    span = N_("%(least)s to %(most)s")
    exceptions = [
        gettext(
            "%(rule)s: %(count)s (decided in %(decision)s)", rule=e.rule, count=e.min_assessors, decision=e.decision
        )
        for e in policy.exceptions
    ]
    return [
        (gettext("Criteria"), ", ".join(say(TERMS.get(one, one)) for one in policy.criteria)),
        (gettext("Scores"), say(span, {"least": policy.lowest, "most": policy.highest})),
        (gettext("Fewest assessors"), str(policy.min_assessors)),
        (gettext("Most assessors"), str(policy.max_assessors)),
        *(
            (say(words), say(span, {"least": f"{bounds.least:g}", "most": f"{bounds.most:g}"}))
            for name, words in BOUNDS.items()
            if (bounds := getattr(policy, name))
        ),
        (gettext("Who can sign"), signers(policy.sign_off_roles)),
        (gettext("Who always signs"), signers(policy.sign_off_needs)),
        (gettext("Rules allowed fewer assessors"), "; ".join(exceptions)),
    ]
