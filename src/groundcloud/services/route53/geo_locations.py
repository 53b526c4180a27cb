"""The places that geolocation routing knows: continents, countries, states of the USA, and everywhere."""

from collections.abc import Iterator
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.geo_data import CONTINENTS, COUNTRIES, STATES
from groundcloud.services.route53.records import GeoLocation
from groundcloud.services.route53.shared import first_page, limit

_Place = tuple[str, str, str]
"""Continent, country and subdivision."""


def _places() -> Iterator[_Place]:
    """Continents, then everywhere, then countries, each before its subdivisions."""
    for continent in CONTINENTS:
        yield continent, "", ""
    yield "", "*", ""
    for country in sorted(COUNTRIES):
        yield "", country, ""
        if country == "US":
            for state in sorted(STATES):
                yield "", country, state


_PLACES = list(_places())


def _order(place: _Place) -> tuple[bool, str, str, str]:
    return not place[0], place[0], place[1], place[2]


def is_known(given: GeoLocation) -> bool:
    """Whether records can be for this place."""
    return (given.continent_code or "", given.country_code or "", given.subdivision_code or "") in _PLACES


def _shown(place: _Place) -> dict[str, Any]:
    continent, country, state = place
    return {
        "continent_code": continent or None,
        "continent_name": CONTINENTS.get(continent),
        "country_code": country or None,
        "country_name": "Default" if country == "*" else COUNTRIES.get(country),
        "subdivision_code": state or None,
        "subdivision_name": STATES.get(state),
    }


@operation(on="*", read=True)
def get_geo_location(
    ctx: Context,
    continent_code: str | None = None,
    country_code: str | None = None,
    subdivision_code: str | None = None,
) -> object:
    place = (continent_code or "", country_code or "", subdivision_code or "")
    if place == ("", "", ""):
        place = ("", "*", "")
    if place not in _PLACES:
        raise errors.NoSuchGeoLocation(location=" ".join(part for part in place if part))
    return {"geo_location_details": _shown(place)}


@operation(on="*", read=True)
def list_geo_locations(
    ctx: Context,
    start_continent_code: str | None = None,
    start_country_code: str | None = None,
    start_subdivision_code: str | None = None,
    max_items: str | None = None,
) -> object:
    count = limit(max_items, 100)
    start = (start_continent_code or "", start_country_code or "", start_subdivision_code or "")
    left = (place for place in _PLACES if start == ("", "", "") or _order(place) >= _order(start))
    page, further = first_page(left, count)
    continent, country, state = further or ("", "", "")
    return {
        "geo_location_details_list": [_shown(place) for place in page],
        "is_truncated": further is not None,
        "next_continent_code": continent or None,
        "next_country_code": country or None,
        "next_subdivision_code": state or None,
        "max_items": str(count),
    }
