"""What the kernel has in a router's namespace, in the lines of `plan.py`, and the commands from there to what is
wanted. Pure but for `look`."""

from ipaddress import ip_network
from typing import Any

from msgspec import Struct

from groundcloud.engines.network.namespaces import Namespace
from groundcloud.engines.network.plan import LAST
from groundcloud.engines.network.wanted import Traffic

_KINDS = {"1": "unicast", "6": "blackhole", "9": "throw"}
_LOCAL = 255
"""The kernel's table of a host's own addresses, which it keeps itself."""


class Seen(Struct, frozen=True):
    links: set[str]
    dark: set[str]
    """Links whose other end is not up."""
    addresses: set[str]
    """Of the loopback link."""
    rules: dict[int, set[str]]
    """By IP version, as are routes."""
    routes: dict[int, set[str]]
    neighbours: set[str]


def look(space: Namespace, six: bool) -> Seen:
    """Read all of it from the kernel; with `six` that of IPv6, too."""
    lines = ["addr show", "route show table all", "rule show", "neigh show nud permanent"]
    links, routes, rules, neighbours = space.show(lines)
    own = (f"{each['local']}/{each['prefixlen']}" for link in links for each in link.get("addr_info", ()))
    return Seen(
        links={link["ifname"] for link in links},
        dark={link["ifname"] for link in links if "LOWER_UP" not in link["flags"]},
        addresses={address for address in own if ":" not in address and not address.startswith("127.")},
        rules={4: _rules(rules), 6: _rules(space.show(["rule show"], "-6")[0]) if six else set()},
        routes={version: route_lines(routes, version) for version in (4, 6)},
        neighbours={f"{each['dst']} lladdr {each['lladdr']} dev {each['dev']}" for each in neighbours},
    )


def counted(table: str) -> dict[str, Traffic]:
    """What went over a router's links, by link, out of /proc/net/dev: what the router received, a machine has sent."""
    found = {}
    for line in table.splitlines()[2:]:
        link, _, numbers = line.partition(":")
        fields = [int(each) for each in numbers.split()]
        found[link.strip()] = Traffic(
            bytes_in=fields[8], packets_in=fields[9], bytes_out=fields[0], packets_out=fields[1]
        )
    return found


def _rules(shown: list[dict[str, Any]]) -> set[str]:
    return {
        f"pref {each['priority']} fwmark {each['fwmark']} lookup {each['table']}" for each in shown if "fwmark" in each
    }


def route_lines(shown: list[dict[str, Any]], version: int) -> set[str]:
    """The routes of an IP version that are not the kernel's own."""
    return {
        route_line(each, version)
        for each in shown
        if (6 if "pref" in each else 4) == version
        and int(each.get("table", 254)) != _LOCAL
        and not each["dst"].startswith(("fe80", "ff00", "multicast"))
    }


def route_line(shown: dict[str, Any], version: int) -> str:
    """A route of `ip -json -Numeric` as `plan.py` writes it."""
    said = str(shown.get("type", "unicast"))
    kind = _KINDS.get(said, said)
    zero = "0.0.0.0/0" if version == 4 else "::/0"
    destination = str(ip_network(zero if shown["dst"] == "default" else shown["dst"]))
    line = f"{kind} {destination} table {shown.get('table', 254)}"
    if kind != "unicast":
        return f"{line} {LAST}" if shown.get("metric") == int(LAST.split()[1]) else line
    via = f" via {shown['gateway']}" if "gateway" in shown else ""
    onlink = " onlink" if "onlink" in shown.get("flags", ()) else ""
    return f"{line}{via} dev {shown['dev']}{onlink}"


def route_changes(wanted: set[str], seen: set[str]) -> list[str]:
    """Commands that make the routes so. A route takes the place of another one to the same range in one step."""
    places = {_place(line) for line in wanted}
    gone = [f"route del {line}" for line in sorted(seen - wanted) if _place(line) not in places]
    return [*gone, *(f"route replace {line}" for line in sorted(wanted - seen))]


def _place(line: str) -> tuple[str, str, bool]:
    words = line.split()
    return words[1], words[3], line.endswith(LAST)


def changes(what: str, wanted: set[str], seen: set[str], after: str = "") -> list[str]:
    """Commands that add what is wanted, and delete what is not."""
    return [
        *(f"{what} del {line}{after}" for line in sorted(seen - wanted)),
        *(f"{what} add {line}{after}" for line in sorted(wanted - seen)),
    ]
