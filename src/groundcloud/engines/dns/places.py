"""Who asks from where: networks with a place, VPCs in their regions, and everybody else in the cloud's own region.

There is no register of all addresses on earth here: who is not named is taken to be beside this cloud. Regions lie
where AWS says their data centres are, to about a degree; the latency between two is taken to grow with the distance.
"""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from groundcloud.engines.dns.zones import Location

_REGIONS = """
us-east-1 39.0 -77.5 NA US VA; us-east-2 40.0 -83.0 NA US OH; us-west-1 37.4 -122.0 NA US CA
us-west-2 45.8 -119.7 NA US OR; us-gov-east-1 40.0 -83.0 NA US OH; us-gov-west-1 45.8 -119.7 NA US OR
ca-central-1 45.5 -73.6 NA CA; ca-west-1 51.0 -114.1 NA CA; mx-central-1 20.6 -100.4 NA MX; sa-east-1 -23.5 -46.6 SA BR
eu-west-1 53.3 -6.3 EU IE; eu-west-2 51.5 -0.1 EU GB; eu-west-3 48.9 2.4 EU FR; eu-central-1 50.1 8.7 EU DE
eu-central-2 47.4 8.5 EU CH; eu-north-1 59.3 18.1 EU SE; eu-south-1 45.5 9.2 EU IT; eu-south-2 41.6 -0.9 EU ES
af-south-1 -33.9 18.4 AF ZA; me-south-1 26.1 50.6 AS BH; me-central-1 24.5 54.4 AS AE; il-central-1 32.1 34.8 AS IL
ap-south-1 19.1 72.9 AS IN; ap-south-2 17.4 78.5 AS IN; ap-east-1 22.3 114.2 AS HK; ap-east-2 25.0 121.5 AS TW
ap-northeast-1 35.7 139.7 AS JP; ap-northeast-2 37.6 127.0 AS KR; ap-northeast-3 34.7 135.5 AS JP
ap-southeast-1 1.3 103.8 AS SG; ap-southeast-2 -33.9 151.2 OC AU; ap-southeast-3 -6.2 106.8 AS ID
ap-southeast-4 -37.8 145.0 OC AU; ap-southeast-5 3.1 101.7 AS MY; ap-southeast-6 -36.8 174.8 OC NZ
ap-southeast-7 13.8 100.5 AS TH; cn-north-1 39.9 116.4 AS CN; cn-northwest-1 37.5 105.2 AS CN
eusc-de-east-1 52.4 13.1 EU DE
"""


def _regions() -> dict[str, Location]:
    found = {}
    for line in _REGIONS.strip().replace("\n", ";").split(";"):
        region, latitude, longitude, continent, country, *subdivision = line.split()
        found[region] = Location(continent, country, (subdivision or [""])[0], float(latitude), float(longitude))
    return found


REGIONS = _regions()
Network = IPv4Network | IPv6Network


class Asker(NamedTuple):
    """Who asks: an address, or the network that a resolver names; inside a VPC, or from outside."""

    address: str = ""
    vpc: str | None = None
    subnet: Network | None = None

    @property
    def network(self) -> Network | None:
        if self.subnet is not None:
            return self.subnet
        return ip_network(ip_address(self.address)) if self.address else None


class Places:
    """The place of each asker."""

    def __init__(
        self, region: str, networks: Iterable[tuple[str, Location]] = (), vpc_regions: Mapping[str, str] | None = None
    ) -> None:
        self._home = REGIONS.get(region, REGIONS["us-east-1"])
        self._networks = sorted(
            ((ip_network(text), location) for text, location in networks), key=lambda pair: -pair[0].prefixlen
        )
        self._vpc_regions = vpc_regions if vpc_regions is not None else {}

    @property
    def one_for_all(self) -> bool:
        """Whether all who ask from outside, and all of one VPC, are in one place whatever their addresses are."""
        return not self._networks

    def of(self, asker: Asker) -> Location:
        network = asker.network
        for known, location in self._networks if network is not None else ():
            if network is not None and covers(known, network):
                return location
        if asker.vpc is not None:
            return REGIONS.get(self._vpc_regions.get(asker.vpc, ""), self._home)
        return self._home


def covers(outer: Network, inner: Network) -> bool:
    return outer.version == inner.version and inner.subnet_of(outer)  # type: ignore[arg-type]  # one version


def parse_place(text: str) -> tuple[str, Location]:
    """`NETWORK REGION` or `NETWORK CONTINENT [COUNTRY [SUBDIVISION]]`. Raises `ValueError`."""
    network, *rest = text.split()
    ip_network(network)
    if len(rest) == 1 and rest[0] in REGIONS:
        return network, REGIONS[rest[0]]
    if not 1 <= len(rest) <= 3:
        raise ValueError(text)
    continent, country, subdivision = (*rest, "", "")[:3]
    near = next((each for each in REGIONS.values() if each.country == country and country), None)
    near = near or next((each for each in REGIONS.values() if each.continent == continent), None)
    point = (near.latitude, near.longitude) if near else (None, None)
    return network, Location(continent, country, subdivision, *point)


def distance(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres along the surface of the earth."""
    lat1, lon1, lat2, lon2 = map(radians, (latitude, longitude, other_latitude, other_longitude))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 12742.0 * asin(min(1.0, sqrt(half)))
