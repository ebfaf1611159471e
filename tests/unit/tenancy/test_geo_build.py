"""The data in the repository is what the script draws from the postcode directory."""

from collections import Counter

import pytest

from core.tenancy.geo.areas import HERE, load_areas
from core.tenancy.geo.build import SQUARE, UK, Square, britain_from_ireland, build, squares

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def directory() -> Counter[Square]:
    """The postcode directory, read once: it takes seconds."""
    return squares()


def test_every_authority_of_the_directory_has_one_partner_or_is_outside(directory: Counter[Square]) -> None:
    areas, known = load_areas(), {authority for _, authority, _, _ in directory}
    assert set(areas.tenant) <= known <= set(areas.tenant) | areas.outside
    assert not set(areas.tenant) & areas.outside


def test_the_data_is_in_step_with_the_script(directory: Counter[Square]) -> None:
    dots, outcodes = build(load_areas(), directory)
    assert dots == (HERE / "dots.json").read_text("utf-8"), "run: python -m core.tenancy.geo.build"
    assert outcodes == (HERE / "outcodes.json").read_text("utf-8"), "run: python -m core.tenancy.geo.build"


def test_the_directory_gives_northern_ireland_on_another_grid_and_we_do_not(directory: Counter[Square]) -> None:
    belfast = [(x * SQUARE, y * SQUARE) for _, authority, x, y in directory if authority == "N09000003"]
    assert all(130_000 < x < 165_000 and 515_000 < y < 545_000 for x, y in belfast)
    assert belfast


@pytest.mark.parametrize(
    ("irish", "british"),
    [
        # Reckoned with the full series of both projections on their own ellipsoids.
        ((333_765, 374_006), (146_171, 529_482)),  # Belfast
        ((244_245, 416_790), (60_587, 579_794)),  # Derry
        ((223_963, 343_994), (34_132, 508_918)),  # Enniskillen
        ((308_383, 326_395), (116_822, 484_190)),  # Newry
    ],
)
def test_the_irish_grid_is_carried_over_to_within_a_kilometre(
    irish: tuple[float, float], british: tuple[float, float]
) -> None:
    x, y = britain_from_ireland(*irish)
    assert abs(x - british[0]) < 1_000
    assert abs(y - british[1]) < 1_000


def test_a_place_goes_to_the_nearest_dot() -> None:
    assert UK.nearest(0, 0) == (0, 0)
    assert UK.nearest(UK.across, 0) == (2, 0)
    assert UK.nearest(UK.across / 2, UK.down) == (1, 1)
    assert UK.nearest(UK.across * 0.4, UK.down * 0.4) == (0, 0)
