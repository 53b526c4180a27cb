"""An alarm's change of state: history, actions, and the composite alarms that look at it, in one transaction."""

import json
from typing import Any

from groundcloud.context import Context
from groundcloud.services.cloudwatch import actions, rules
from groundcloud.services.cloudwatch.history import note
from groundcloud.services.cloudwatch.reasons import iso
from groundcloud.services.cloudwatch.records import Alarm, Parent


def turn(ctx: Context, alarm: Alarm, state: str, reason: str, reason_data: str | None) -> None:
    """Let an alarm be in a state; what it does in that case is done if the state is a new one."""
    now = ctx.world.clock()
    old = {"value": alarm.state_value, "reason": alarm.state_reason, "data": alarm.state_reason_data}
    changed = alarm.state_value != state
    alarm.state_value, alarm.state_reason, alarm.state_reason_data = state, reason[:1023], reason_data
    alarm.state_updated_timestamp = now
    if changed:
        alarm.state_transitioned_timestamp = now
    ctx.put(alarm)
    if not changed:
        return
    data = {"version": "1.0", "oldState": _shown(old["value"], old["reason"], old["data"]),
        "newState": _shown(state, reason, reason_data)}  # fmt: skip
    note(ctx.tx, alarm, now, "StateUpdate", f"Alarm updated from {old['value']} to {state}", data)
    actions.run(ctx, alarm, str(old["value"]), now)
    for parent in list(ctx.scan(Parent, alarm.alarm_name)):
        composite = ctx.get(Alarm, parent.alarm_name)
        if composite is not None and composite.composite:
            follow(ctx, composite, alarm)


def _shown(value: str | None, reason: str | None, data: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"stateValue": value, "stateReason": reason}
    return {**shown, "stateReasonData": json.loads(data)} if data else shown


def follow(ctx: Context, composite: Alarm, child: Alarm | None = None) -> None:
    """Let a composite alarm be in the state that its rule gives; `child` is what made it look."""
    rule = rules.parse(composite.alarm_rule or "FALSE")
    children = {name: ctx.get(Alarm, name) for name in rules.children(rule)}
    states = {name: found.state_value if found is not None else "INSUFFICIENT_DATA" for name, found in children.items()}
    state = "ALARM" if rules.holds(rule, states) else "OK"
    if state == composite.state_value:
        return
    if child is None:
        moment = ctx.now()
        reason = f"{composite.alarm_arn} was evaluated at {moment:%A %d %B, %Y %H:%M:%S} UTC"
        turn(ctx, composite, state, reason, None)
        return
    moment = child.state_transitioned_timestamp
    reason = f"{child.alarm_arn} transitioned to {child.state_value} at {moment:%A %d %B, %Y %H:%M:%S} UTC"
    triggering = [{"arn": child.alarm_arn, "state": {"value": child.state_value, "timestamp": iso(moment)}}]
    turn(ctx, composite, state, reason, json.dumps({"triggeringAlarms": triggering}, separators=(",", ":")))
