"""Filter patterns: which log events a metric filter, a subscription filter, FilterLogEvents or Live Tail takes.

Pure: a pattern is a text, an event a message. Source: "Filter pattern syntax for metric filters, subscription filters,
filter log events, and Live Tail" in the CloudWatch Logs guide. Terms (`terms.py`), JSON (`documents.py`) and
space-delimited events (`columns.py`) are the three forms.
"""

from functools import lru_cache

from groundcloud.services.logs.patterns import columns, documents, terms
from groundcloud.services.logs.patterns.common import Extracted, InvalidPattern, Pattern


class Everything:
    """The empty pattern."""

    def match(self, message: str) -> Extracted | None:
        return {}

    def value(self, message: str, selector: str) -> str | None:
        return None


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Pattern:
    """A pattern, ready to be asked. Raises `InvalidPattern`."""
    stripped = text.strip()
    if not stripped:
        return Everything()
    if stripped.startswith("{"):
        return documents.parse(stripped)
    if stripped.startswith("["):
        return columns.parse(stripped)
    return terms.parse(stripped)


__all__ = ["Extracted", "InvalidPattern", "Pattern", "compile_pattern"]
