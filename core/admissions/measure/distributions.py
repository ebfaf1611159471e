"""Distribution functions and quantiles of F, Student's t and the normal, in plain Python.

The incomplete beta function is Lentz's evaluation of its continued fraction (NIST Digital Library of Mathematical
Functions 8.17.22; Press et al., Numerical Recipes, 3rd edition, section 6.4). Quantiles are found by bisection.
Degrees of freedom need not be whole numbers: ICC(2,1)'s interval has Satterthwaite's.
"""

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300
_STEPS = 100_000
_NORMAL = NormalDist()


def beta_share(a: float, b: float, x: float, rest: float | None = None) -> float:
    """The regularised incomplete beta function I_x(a, b).

    `rest` is 1 - x where the caller knows it better than the subtraction would. Raises ValueError outside a, b > 0 and 0 ≤ x ≤ 1.
    """
    rest = 1 - x if rest is None else rest
    if a <= 0 or b <= 0 or x < 0 or rest < 0:
        raise ValueError("the incomplete beta function needs a, b > 0 and x from 0 to 1")
    if x == 0 or rest == 0:
        return 1.0 if rest == 0 else 0.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(rest))
    # The fraction converges fast on the left of the mean; on the right the other tail is taken.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function by Lentz's method."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            value *= c * d
        if abs(c * d - 1) < 1e-15:
            return value
    raise ArithmeticError(f"the incomplete beta function did not settle for {a}, {b}, {x}")


def f_below(value: float, df1: float, df2: float) -> float:
    """P(F ≤ value) with `df1` and `df2` degrees of freedom."""
    if value <= 0:
        return 0.0
    if math.isinf(value):
        return 1.0
    whole = df1 * value + df2
    return beta_share(df1 / 2, df2 / 2, df1 * value / whole, df2 / whole)


def f_above(value: float, df1: float, df2: float) -> float:
    """P(F > value), exact in the far tail where 1 - `f_below` would lose its digits."""
    if value <= 0:
        return 1.0
    return 0.0 if math.isinf(value) else f_below(1 / value, df2, df1)


@lru_cache(maxsize=4096)
def f_quantile(share: float, df1: float, df2: float) -> float:
    """The value that F stays below with probability `share`. Raises ValueError unless 0 < share < 1 and both df > 0."""
    if not 0 < share < 1 or df1 <= 0 or df2 <= 0:
        raise ValueError("a quantile needs a share between 0 and 1 and positive degrees of freedom")
    low, high = -1.0, 1.0  # exponents: the search is over the logarithm of F
    while f_below(math.exp(low), df1, df2) > share:
        low *= 2
        if low < -700:
            return 0.0
    while f_below(math.exp(high), df1, df2) < share:
        high *= 2
        if high > 700:
            return math.inf
    while high - low > 1e-13 * max(1.0, abs(low)):
        middle = (low + high) / 2
        if f_below(math.exp(middle), df1, df2) < share:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)


def t_quantile(share: float, df: float) -> float:
    """The value that Student's t stays below with probability `share`: t² with `df` is F with 1 and `df`."""
    if share == 0.5:
        return 0.0
    size = math.sqrt(f_quantile(abs(2 * share - 1), 1, df))
    return size if share > 0.5 else -size


def z_quantile(share: float) -> float:
    """The value that a standard normal stays below with probability `share`."""
    return _NORMAL.inv_cdf(share)


def z_two_sided(value: float) -> float:
    """The probability that a standard normal is at least as far from zero as `value`."""
    return math.erfc(abs(value) / math.sqrt(2))
