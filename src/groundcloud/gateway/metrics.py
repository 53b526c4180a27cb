"""Counters of calls, in Prometheus's text form."""

from collections import Counter


class Metrics:
    """Counts calls by service, operation and status, and adds up their time."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str, int]] = Counter()
        self._seconds: Counter[tuple[str, str]] = Counter()

    def count(self, service: str, operation: str, status: int, seconds: float) -> None:
        self._calls[service, operation, status] += 1
        self._seconds[service, operation] += seconds  # type: ignore[assignment]  # a Counter adds floats as well

    def render(self) -> str:
        lines = ["# HELP groundcloud_calls_total API calls answered.", "# TYPE groundcloud_calls_total counter"]
        for (service, operation, status), count in sorted(self._calls.items()):
            labels = f'service="{service}",operation="{operation}",status="{status}"'
            lines.append(f"groundcloud_calls_total{{{labels}}} {count}")
        lines += [
            "# HELP groundcloud_call_seconds_total Time spent on API calls.",
            "# TYPE groundcloud_call_seconds_total counter",
        ]
        for (service, operation), seconds in sorted(self._seconds.items()):
            labels = f'service="{service}",operation="{operation}"'
            lines.append(f"groundcloud_call_seconds_total{{{labels}}} {seconds:.6f}")
        return "\n".join(lines) + "\n"
