"""The data in the repository is what the script draws from the postcode directory."""

import pytest

from core.tenancy.geo.areas import HERE, load_areas
from core.tenancy.geo.build import UK, Postcode, britain_from_ireland, build, postcodes

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def directory() -> dict[str, Postcode]:
    """One postcode of each local authority in the directory."""
    return {place.authority: place for place in postcodes()}


def test_every_authority_of_the_directory_has_one_partner_or_is_outside(directory: dict[str, Postcode]) -> None:
    areas = load_areas()
    assert set(areas.tenant) <= set(directory) <= set(areas.tenant) | areas.outside
    assert not set(areas.tenant) & areas.outside


def test_the_data_is_in_step_with_the_script() -> None:
    dots, outcodes = build(load_areas())
    assert dots == (HERE / "dots.json").read_text("utf-8"), "run: python -m core.tenancy.geo.build"
    assert outcodes == (HERE / "outcodes.json").read_text("utf-8"), "run: python -m core.tenancy.geo.build"


def test_the_directory_gives_northern_ireland_on_another_grid_and_we_do_not(directory: dict[str, Postcode]) -> None:
    belfast = directory["N09000003"]
    assert 130_000 < belfast.x < 165_000
    assert 515_000 < belfast.y < 545_000


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
