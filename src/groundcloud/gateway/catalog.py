"""Every service that botocore knows, as the router sees it: how its requests name it.

The table is data (`catalog.json`), made from botocore's models by `python -m groundcloud.gateway.catalog`: reading all
models at start would take seconds.
"""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from botocore.loaders import Loader

_FILE = Path(__file__).with_name("catalog.json")


class Entry(NamedTuple):
    """One service: botocore's name, and the names that signatures, hosts, targets and versions call it by."""

    name: str
    signing_name: str
    endpoint_prefix: str
    target_prefix: str
    api_version: str
    protocol: str


class Catalog:
    """The entries by each of the names that a request can bring."""

    def __init__(self, entries: list[Entry]) -> None:
        self.by_name = {entry.name: entry for entry in entries}
        self.by_signing_name = _grouped(entries, "signing_name")
        self.by_endpoint = _grouped(entries, "endpoint_prefix")
        self.by_target = _grouped([entry for entry in entries if entry.target_prefix], "target_prefix")
        self.by_version = _grouped([entry for entry in entries if entry.protocol in ("query", "ec2")], "api_version")


def _grouped(entries: list[Entry], field: str) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[getattr(entry, field)].append(entry)
    return dict(groups)


@cache
def catalog() -> Catalog:
    """The catalog as it was made."""
    return Catalog([Entry(*row) for row in json.loads(_FILE.read_text())])


def read_models() -> list[Entry]:
    """The catalog as the installed botocore has it. Takes seconds."""
    loader = Loader()
    entries = []
    for name in loader.list_available_services("service-2"):
        metadata: dict[str, Any] = loader.load_service_model(name, "service-2")["metadata"]
        entries.append(
            Entry(
                name=name,
                signing_name=metadata.get("signingName") or metadata["endpointPrefix"],
                endpoint_prefix=metadata["endpointPrefix"],
                target_prefix=metadata.get("targetPrefix", ""),
                api_version=metadata["apiVersion"],
                protocol=metadata["protocol"],
            )
        )
    return entries


def main() -> None:
    rows = ",\n".join(json.dumps(row) for row in read_models())
    _FILE.write_text(f"[\n{rows}\n]\n")


if __name__ == "__main__":
    main()
