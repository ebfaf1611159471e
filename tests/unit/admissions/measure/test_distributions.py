"""Quantiles against printed tables and an independent library's digits."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.admissions.measure.distributions import (
    beta_share,
    f_above,
    f_below,
    f_quantile,
    t_quantile,
    z_quantile,
    z_two_sided,
)
from tests.unit.admissions.measure.examples import WHENEVER

SHARES = st.floats(0.001, 0.999)
DEGREES = st.floats(0.5, 2000)


@pytest.mark.parametrize(
    ("share", "df1", "df2", "value"),
    [
        # The F tables in the back of any textbook.
        (0.95, 5, 10, 3.33), (0.95, 1, 1, 161.45), (0.95, 10, 20, 2.35), (0.975, 5, 18, 3.38), (0.975, 5, 15, 3.58),
        (0.99, 3, 12, 5.95), (0.90, 2, 30, 2.49),
        # The same and others to more digits, from scipy 1.17 (Cephes and Boost).
        (0.95, 5, 10, 3.3258345304130104), (0.975, 5, 18, 3.381967805875243), (0.025, 4.786, 5, 0.1333845021644372),
        (0.999, 1, 1000, 10.891865559487956), (0.025, 5, 15, 0.15557596307848703),
        (0.975, 1999, 3000, 1.082985552474548), (0.975, 0.5, 3, 19.171897589457945),
        (0.5, 200000, 300000, 0.999998888887649),
    ],
)  # fmt: skip
def test_quantiles_of_f(share: float, df1: float, df2: float, value: float) -> None:
    digits = len(str(value).split(".")[1])
    assert f_quantile(share, df1, df2) == pytest.approx(value, rel=1e-9, abs=0.0051 if digits < 4 else 0)


def test_other_published_values() -> None:
    assert t_quantile(0.975, 7) == pytest.approx(2.364624251592784, rel=1e-11)
    assert t_quantile(0.025, 7) == -t_quantile(0.975, 7)
    assert t_quantile(0.5, 3) == 0
    assert z_quantile(0.975) == pytest.approx(1.959963984540054, rel=1e-12)
    assert z_two_sided(1.959963984540054) == pytest.approx(0.05, rel=1e-12)
    assert f_above(11.03, 5, 15) == pytest.approx(0.00013437785204911817, rel=1e-9)
    assert f_above(200, 5, 15) == pytest.approx(3.5692075951043905e-13, rel=1e-9)
    assert beta_share(2, 3, 0.4) == pytest.approx(0.5248, rel=1e-14)  # 1 - P(at most 1 of 4 at 0.4)
    assert beta_share(0.5, 0.5, 0.25) == pytest.approx(1 / 3, rel=1e-13)  # the arcsine distribution


@given(SHARES, DEGREES, DEGREES)
@settings(WHENEVER, max_examples=50)
def test_a_quantile_leads_back_to_its_share(share: float, df1: float, df2: float) -> None:
    value = f_quantile(share, df1, df2)
    if 1e-290 < value < 1e290:
        assert f_below(value, df1, df2) == pytest.approx(share, abs=1e-9)
        assert f_quantile(1 - share, df2, df1) == pytest.approx(1 / value, rel=1e-6)


def test_ends_and_refusals() -> None:
    assert (f_below(0, 2, 3), f_below(math.inf, 2, 3), f_above(0, 2, 3), f_above(math.inf, 2, 3)) == (0, 1, 1, 0)
    assert (beta_share(2, 3, 0), beta_share(2, 3, 1)) == (0, 1)
    for share, df1, df2 in ((0, 1, 1), (1, 1, 1), (0.5, 0, 1), (0.5, 1, -1)):
        with pytest.raises(ValueError, match="quantile"):
            f_quantile(share, df1, df2)
    with pytest.raises(ValueError, match="incomplete beta"):
        beta_share(1, 1, 1.5)
