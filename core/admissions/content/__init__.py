"""What Joining Q starts with, as data in both languages: form, criteria, compact, equality questions. Read once per process.

The form and the compact seed version 1; from then on the database holds the versions. Each function returns the same
object every time and raises ValueError (pydantic's) for a file that does not hold what `shapes` asks for.
"""

from functools import cache
from pathlib import Path

from core.admissions.content.shapes import Compact, Criteria, DecisionLetters, Equality
from core.admissions.form.schema import FormSchema

HERE = Path(__file__).parent


@cache
def first_form() -> FormSchema:
    """The form's first version."""
    return FormSchema.model_validate_json((HERE / "first_form.json").read_bytes(), strict=True)


@cache
def criteria() -> Criteria:
    """The five criteria with their described levels."""
    return Criteria.model_validate_json((HERE / "criteria.json").read_bytes())


@cache
def compact() -> Compact:
    """The compact's first version."""
    return Compact.model_validate_json((HERE / "compact.json").read_bytes())


@cache
def equality() -> Equality:
    """The optional equality questions, for each nation, with the page that explains them."""
    return Equality.model_validate_json((HERE / "equality.json").read_bytes())


@cache
def decision_letters() -> DecisionLetters:
    """The standard text of the letters that tell a decision."""
    return DecisionLetters.model_validate_json((HERE / "decision_letter.json").read_bytes())
