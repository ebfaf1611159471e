"""Rules as plugins: rule packs propose, within the national policy; people decide. Pure: no web, no database."""

from core.admissions.rules.canonical import Frozen, Key, canonical, sha256
from core.admissions.rules.casework import Case, Mark, basis, case_name, snapshot_of, window_figures
from core.admissions.rules.catalogue import Catalogue, RuleProblem, UnknownRule, collect
from core.admissions.rules.checking import ConfigProblem, ConfigRefused, checked_config, outside_bounds
from core.admissions.rules.policy import CRITERIA, Bounds, NationalPolicy, PolicyException
from core.admissions.rules.proposal import Outcome, Proposal, Reason
from core.admissions.rules.reckoning import draw
from core.admissions.rules.ruleset import RuleConfig, RuleSet
from core.admissions.rules.running import Incident, Record, Replayed, replay, run
from core.admissions.rules.shadowing import Choice, Difference, ShadowReport, shadow
from core.admissions.rules.snapshot import Assessment, Input, Score, Snapshot, WindowFigures
from core.admissions.rules.standard import (
    APPEAL_DAYS,
    ASSESS_DAYS,
    STANDARD,
    Deviation,
    common,
    deviations,
    standard_config,
)
from core.admissions.rules.words import TERMS, sentence

__all__ = [
    "APPEAL_DAYS",
    "ASSESS_DAYS",
    "CRITERIA",
    "STANDARD",
    "TERMS",
    "Assessment",
    "Bounds",
    "Case",
    "Catalogue",
    "Choice",
    "ConfigProblem",
    "ConfigRefused",
    "Deviation",
    "Difference",
    "Frozen",
    "Incident",
    "Input",
    "Key",
    "Mark",
    "NationalPolicy",
    "Outcome",
    "PolicyException",
    "Proposal",
    "Reason",
    "Record",
    "Replayed",
    "RuleConfig",
    "RuleProblem",
    "RuleSet",
    "Score",
    "ShadowReport",
    "Snapshot",
    "UnknownRule",
    "WindowFigures",
    "basis",
    "canonical",
    "case_name",
    "checked_config",
    "collect",
    "common",
    "deviations",
    "draw",
    "outside_bounds",
    "replay",
    "run",
    "sentence",
    "sha256",
    "shadow",
    "snapshot_of",
    "standard_config",
    "window_figures",
]
