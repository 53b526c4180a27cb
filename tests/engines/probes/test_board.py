"""Who is healthy (Developer Guide, "How Amazon Route 53 determines whether a health check is healthy")."""

from datetime import UTC, datetime
from typing import Any

import pytest

from groundcloud.engines.probes.board import Board, Check, Seen

AT = datetime(2026, 1, 1, tzinfo=UTC)
REGIONS = tuple(f"region-{number}" for number in range(16))


class Watched:
    """A board, and what it told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool]] = []
        self.board = Board(lambda id_, healthy: self.told.append((id_, healthy)))

    def put(self, id_: str, type_: str = "HTTP", **settings: Any) -> None:
        self.board.put(Check(id_, type_, **{"regions": REGIONS if type_ == "HTTP" else (), **settings}))

    def see(self, id_: str, healthy: bool, *numbers: int) -> None:
        for number in numbers or range(16):
            self.board.report(id_, number, Seen(healthy, "text"), AT)

    def __call__(self, id_: str) -> bool:
        return self.board.all[id_].healthy


@pytest.fixture()
def watched() -> Watched:
    return Watched()


def test_a_new_check_is_healthy_and_an_inverted_one_is_not(watched: Watched) -> None:
    watched.put("a")
    watched.put("b", inverted=True)
    assert (watched("a"), watched("b")) == (True, False)


def test_a_checker_changes_its_mind_after_the_threshold(watched: Watched) -> None:
    watched.put("a", threshold=3)
    watched.see("a", False)
    watched.see("a", False)
    assert watched("a")
    watched.see("a", False)
    assert not watched("a")
    watched.see("a", True)
    watched.see("a", True)
    watched.see("a", False)
    watched.see("a", True)
    watched.see("a", True)
    assert not watched("a")
    watched.see("a", True)
    assert watched("a")


def test_more_than_eighteen_percent_of_the_checkers_have_to_find_it_healthy(watched: Watched) -> None:
    watched.put("a", threshold=1)
    watched.see("a", False, *range(13))
    assert watched("a")  # 3 of 16 are 18.75 %
    watched.see("a", False, 13)
    assert not watched("a")
    assert watched.told == [("a", True), ("a", False)]


def test_inversion_turns_the_result_around(watched: Watched) -> None:
    watched.put("a", threshold=1, inverted=True)
    watched.see("a", False)
    assert watched("a")


def test_a_disabled_check_is_healthy_and_an_inverted_one_is_not(watched: Watched) -> None:
    watched.put("a", threshold=1)
    watched.see("a", False)
    watched.put("a", threshold=1, disabled=True)
    assert watched("a")
    watched.put("a", threshold=1, disabled=True, inverted=True)
    assert not watched("a")


def test_a_calculated_check_counts_its_healthy_children(watched: Watched) -> None:
    for child in "abc":
        watched.put(child, threshold=1)
    watched.put("two", "CALCULATED", children=("a", "b", "c"), needed=2)
    watched.put("none", "CALCULATED", children=("a",), needed=0)
    watched.put("many", "CALCULATED", children=("a",), needed=2)
    watched.see("a", False)
    assert (watched("two"), watched("none"), watched("many")) == (True, True, False)
    watched.see("b", False)
    assert not watched("two")
    watched.see("a", True)
    assert watched("two")


@pytest.mark.parametrize(("missing", "healthy"), [("Healthy", True), ("Unhealthy", False), ("LastKnownStatus", False)])
def test_an_alarm_decides_and_without_data_the_setting(watched: Watched, missing: str, healthy: bool) -> None:
    states = {("1", "us-east-1", "cpu"): "ALARM"}
    watched.board.alarms = lambda *alarm: states.get(alarm)
    watched.put("a", "CLOUDWATCH_METRIC", alarm=("1", "us-east-1", "cpu"), insufficient=missing)
    assert not watched("a")
    states[("1", "us-east-1", "cpu")] = "INSUFFICIENT_DATA"
    watched.board.look_at_alarms()
    assert watched("a") is healthy
    states[("1", "us-east-1", "cpu")] = "OK"
    watched.board.look_at_alarms()
    assert watched("a")


def test_a_check_that_is_gone_is_told_healthy(watched: Watched) -> None:
    watched.put("a", threshold=1)
    watched.see("a", False)
    watched.board.remove("a")
    assert watched.told[-1] == ("a", True)
