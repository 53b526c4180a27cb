"""What is kept of each call: its event, its line in the log, the counters, and whose credentials were used."""

import time
from collections.abc import Callable
from typing import Any

from groundcloud.gateway.call import Call, uuid_of
from groundcloud.gateway.endpoint import Endpoint
from groundcloud.gateway.log import CallLog
from groundcloud.gateway.metrics import Metrics
from groundcloud.gateway.protocol import Answer
from groundcloud.gateway.trail import Recorder
from groundcloud.gateway.trail.event import Call as Event
from groundcloud.gateway.trail.event import document
from groundcloud.identity import ANONYMOUS
from groundcloud.store import Transaction


class Notes:
    """Keeps it. The gateway has one."""

    def __init__(self, recorder: Recorder, call_log: CallLog, entropy: Callable[[int], bytes]) -> None:
        self._recorder = recorder
        self._log = call_log
        self._entropy = entropy
        self.metrics = Metrics()
        self.listener: Callable[[Call, Answer], None] | None = None
        """Is told of each call that is over, and of its answer."""

    def put(self, tx: Transaction, call: Call, endpoint: Endpoint) -> None:
        """Keep a call's event together with what it wrote."""
        self._recorder.put(tx, call.principal.account, call.region, call.now, *self._event(call, endpoint))

    def gather(self, call: Call, endpoint: Endpoint) -> None:
        """Keep the call's event soon; a data event only where a trail wants it."""
        account = call.principal.account
        data = endpoint.operation.declaration.data_event
        if data and not self._recorder.wants_data(account):
            return
        gather = self._recorder.gather_data if data else self._recorder.gather
        gather(account, call.region, call.now, *self._event(call, endpoint))

    def note(self, call: Call, answer: Answer) -> None:
        """Count a call that is over, and write its line."""
        if self.listener is not None:
            self.listener(call, answer)
        status = answer.status
        seconds = time.perf_counter() - call.started
        service = call.target.service if call.target is not None else ""
        operation = call.target.operation if call.target is not None else ""
        self.metrics.count(service, operation, status, seconds)
        if call.principal is not ANONYMOUS and call.endpoint is not None:
            used = call.endpoint.operation
            self._recorder.used(call.principal, used.service.prefix, call.region, call.now, used.name)
        fields: dict[str, Any] = {
            "request": call.request_id,
            "service": service,
            "operation": operation,
            "principal": call.principal.arn,
            "region": call.region,
            "source": call.request.client,
            "decision": call.decision,
            "status": status,
            "ms": round(seconds * 1000, 2),
        }
        if call.error is not None:
            fields["error"] = call.error.code
        self._log.write(call.now, fields)

    def _event(self, call: Call, endpoint: Endpoint) -> tuple[str, bytes]:
        event_id = uuid_of(self._entropy(16))
        operation = endpoint.operation
        read = operation.declaration.read
        event = Event(
            event_source=endpoint.event_source,
            event_name=operation.name,
            region=call.region,
            read=read,
            principal=call.principal,
            facts=call.facts,
            request_id=call.request_id,
            event_id=event_id,
            time=call.now,
            management=not operation.declaration.data_event,
            parameters=endpoint.show_parameters(call.arguments),
            answer=endpoint.show_answer(call.result) if call.result is not None and not read else None,
            error_code=call.error.code if call.error is not None else "",
            error_message=call.error.message if call.error is not None else "",
        )
        return event_id, document(event)
