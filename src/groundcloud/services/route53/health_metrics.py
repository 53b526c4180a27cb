"""What health checks tell CloudWatch, in the Region us-east-1: HealthCheckStatus and, of those that ask an endpoint,
HealthCheckPercentageHealthy ("Monitoring health checks using CloudWatch" in the developer guide)."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.engines.probes.board import Board, Health
from groundcloud.metrics import Datum, publish
from groundcloud.services.route53.health_chores import checks, repeat
from groundcloud.store import Store, Transaction

_EVERY = 15.0
"""Seconds. AWS tells once a minute; an alarm of one minute then sees a failure up to a minute later."""
_NAMESPACE, _REGION = "AWS/Route53", "us-east-1"


class HealthMetrics:
    """Publishes for all health checks at once."""

    def __init__(self, store: Store, metrics: Store, board: Board, now: Callable[[], datetime]) -> None:
        self._store = store
        self._metrics = metrics
        self._board = board
        self._now = now

    async def run(self) -> None:
        """Until it is cancelled."""
        await repeat(_EVERY, self.write, "metrics of health checks are lost")

    async def write(self) -> None:
        """Everything in one transaction."""
        data: dict[str, list[Datum]] = {}
        with self._store.snapshot() as tx:
            for found in checks(tx, self._board.all):
                data.setdefault(found.account, []).extend(_data(found.id, self._board.all[found.id]))
        if not data:
            return
        now = self._now()

        def work(tx: Transaction) -> None:
            for account, found in data.items():
                publish(tx, account, _REGION, found, now)

        await self._metrics.submit(work)


def _data(id_: str, health: Health) -> list[Datum]:
    dimensions = (("HealthCheckId", id_),)
    found = [Datum(_NAMESPACE, "HealthCheckStatus", float(health.healthy), dimensions)]
    if health.checkers:
        share = 100 * sum(checker.healthy for checker in health.checkers) / len(health.checkers)
        found.append(Datum(_NAMESPACE, "HealthCheckPercentageHealthy", share, dimensions, "Percent"))
    return found
