"""SEARCH: which metrics a text means. Pure.

Source: "CloudWatch search expression syntax" in the user guide: a schema in braces, then terms. A term in double quotes
is a whole name or value, another one some of its words; terms stand for themselves or behind a name (`MetricName=`),
and are joined by AND (which may be left out), OR and NOT.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from groundcloud.metrics import Metric

_SCHEMA = re.compile(r"\s*\{([^}]*)\}\s*,?")
_PART = re.compile(r'\s*(?:"([^"]*)"|([^,"]+?))\s*(?:,|$)')
_TOKEN = re.compile(r'\s*(?:(?P<paren>[()])|(?P<equals>=)|"(?P<exact>[^"]*)"|(?P<word>[^\s()="]+))')
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_CUT = re.compile(r"[^A-Za-z0-9]+")
MOST = 500
"""Series that one search gives, at most."""
_LONGEST = 1024

Test = Callable[[Metric], bool]


class Malformed(ValueError):
    """The text is no search."""


class Search(NamedTuple):
    """The namespace and the dimensions that metrics must have, where there is a schema, and the test of their names."""

    namespace: str
    dimensions: frozenset[str] | None
    test: Test

    def finds(self, metric: Metric) -> bool:
        if self.namespace and metric.namespace != self.namespace:
            return False
        if self.dimensions is not None and {name for name, _ in metric.dimensions} != self.dimensions:
            return False
        return self.test(metric)


def parse(text: str) -> Search:
    """Raises `Malformed`."""
    if len(text) > _LONGEST:
        raise Malformed(f"A search may have {_LONGEST} characters at most")
    schema = _SCHEMA.match(text)
    namespace, dimensions = "", None
    if schema is not None:
        names = [part[1] or part[2] for part in _PART.finditer(schema[1]) if part[0].strip()]
        if not names:
            raise Malformed("A schema needs a namespace")
        namespace, dimensions = names[0], frozenset(names[1:]) or None
        text = text[schema.end() :]
    tokens = list(_tokens(text))
    if not tokens:
        if schema is None:
            raise Malformed("A search needs a schema or a term")
        return Search(namespace, dimensions, lambda metric: True)
    terms = _Terms(tokens)
    test = terms.either()
    terms.end()
    return Search(namespace, dimensions, test)


def label(metric: Metric, found: Sequence[Metric]) -> str:
    """What tells a metric from the others that were found: values of dimensions, its name, its namespace."""
    parts = [value for name, value in metric.dimensions if len({dict(each.dimensions).get(name) for each in found}) > 1]
    if len({each.metric_name for each in found}) > 1 or not parts:
        parts.append(metric.metric_name)
    if len({each.namespace for each in found}) > 1:
        parts.insert(0, metric.namespace)
    return " ".join(parts)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, text = 0, text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Malformed(f"Unexpected character in the search at '{text[at:].strip()[:10]}'")
        kind = found.lastgroup or ""
        yield kind, found[kind]
        at = found.end()


class _Terms:
    """Reads terms: OR binds less than AND, and AND less than NOT."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self, ahead: int = 0) -> tuple[str, str]:
        place = self._at + ahead
        return self._tokens[place] if place < len(self._tokens) else ("end", "")

    def _takes(self, word: str) -> bool:
        kind, found = self._peek()
        if (kind == "word" and found.upper() == word) or (kind == "paren" and found == word):
            self._at += 1
            return True
        return False

    def end(self) -> None:
        if self._peek()[0] != "end":
            raise Malformed(f"Unexpected '{self._peek()[1]}' in the search")

    def either(self) -> Test:
        tests = [self._all()]
        while self._takes("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda metric: any(test(metric) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while True:
            joined = self._takes("AND")
            kind, word = self._peek()
            if not joined and (kind == "end" or word == ")" or (kind == "word" and word.upper() == "OR")):
                return tests[0] if len(tests) == 1 else lambda metric: all(test(metric) for test in tests)
            tests.append(self._one())

    def _one(self) -> Test:
        if self._takes("NOT"):
            test = self._one()
            return lambda metric: not test(metric)
        if self._takes("("):
            test = self.either()
            if not self._takes(")"):
                raise Malformed("Expected ')' in the search")
            return test
        kind, word = self._peek()
        if kind not in ("word", "exact"):
            raise Malformed(f"Unexpected '{word}' in the search" if word else "The search ends too early")
        self._at += 1
        if self._peek()[0] != "equals":
            return _anywhere(_match(kind, word))
        self._at += 1
        if self._takes("("):
            return self._values(word)
        kind, value = self._peek()
        if kind not in ("word", "exact"):
            raise Malformed(f"Expected a value for {word}")
        self._at += 1
        return _at(word, _match(kind, value))

    def _values(self, name: str) -> Test:
        """`InstanceId=(a OR b)`."""
        matches = []
        while not self._takes(")"):
            kind, value = self._peek()
            if kind not in ("word", "exact"):
                raise Malformed(f"Expected values for {name}")
            self._at += 1
            matches.append(_match(kind, value))
            self._takes("OR")
        return _at(name, lambda text: any(match(text) for match in matches))


def _match(kind: str, wanted: str) -> Callable[[str], bool]:
    if kind == "exact":
        return lambda text: text == wanted
    words = _split(wanted)
    return lambda text: text.lower() == wanted.lower() or (bool(words) and words <= _split(text))


def _split(text: str) -> frozenset[str]:
    """A text's words in lower case: what lies between other characters, and the parts of CamelCase."""
    pieces = [piece for piece in _CUT.split(text) if piece]
    return frozenset(word.lower() for piece in pieces for word in (piece, *_WORDS.findall(piece)))


def _anywhere(match: Callable[[str], bool]) -> Test:
    def test(metric: Metric) -> bool:
        if match(metric.metric_name) or match(metric.namespace):
            return True
        return any(match(name) or match(value) for name, value in metric.dimensions)

    return test


def _at(name: str, match: Callable[[str], bool]) -> Test:
    if name.lower() == "metricname":
        return lambda metric: match(metric.metric_name)
    if name.lower() == "namespace":
        return lambda metric: match(metric.namespace)
    if name.startswith(":"):
        raise Malformed(f"No other account is linked to this one: {name} is not there")
    return lambda metric: any(known == name and match(value) for known, value in metric.dimensions)
