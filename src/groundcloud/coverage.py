"""What of AWS's API there is, read off the signatures: `python -m groundcloud.coverage` writes `docs/coverage.md`."""

import sys
from pathlib import Path

from groundcloud.main import Services
from groundcloud.operation import Service

PAGE = Path(__file__).parent.parent.parent / "docs" / "coverage.md"

_HEAD = """\
# Coverage

Made by `python -m groundcloud.coverage` from the operations' signatures; do not edit. An operation that is not listed
as written answers `501 NotImplemented` and names itself, and so does a parameter that an operation lacks.
"""


def page() -> str:
    """The whole page."""
    services = [service for _, service in sorted(Services().items())]
    rows = ["| service | operations written | of AWS's |", "|---|---|---|"]
    rows += [
        f"| [{service.model.metadata['serviceId']}](#{service.name}) "
        f"| {len(service.operations)} | {len(service.model.operation_names)} |"
        for service in services
    ]
    return "\n".join([_HEAD, *rows, "", *(line for service in services for line in _section(service))])


def _section(service: Service) -> list[str]:
    lines = [f"## {service.name}", "", f"{service.model.metadata['serviceFullName']}.", ""]
    lines += ["| operation | parameters that it lacks |", "|---|---|"]
    for name, operation in sorted(service.operations.items()):
        lacking = ", ".join(f"`{operation.members[member]}`" for member in sorted(operation.not_written))
        lines.append(f"| `{name}` | {lacking} |")
    absent = sorted(set(service.model.operation_names) - service.operations.keys())
    if absent:
        lines += ["", f"Not written: {', '.join(f'`{name}`' for name in absent)}."]
    return [*lines, ""]


def main() -> int:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
    print(PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
