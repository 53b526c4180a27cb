"""The policy simulators' view of a decision: every statement that matched, each layer's verdict, missing keys.

It decides nothing itself and is slower than `decide`.
"""

import msgspec

from groundcloud.policy.decision import Decision, Layer, Match, Policies, Question, applies, decide, layers


class Simulation(msgspec.Struct, frozen=True):
    """What SimulateCustomPolicy and SimulatePrincipalPolicy answer about one action and resource."""

    decision: Decision
    matched: tuple[Match, ...]  # those with the decision's effect, of all layers
    verdicts: dict[Layer, str]  # "allowed", "explicitDeny" or "implicitDeny" of each layer that was given
    missing_context_keys: list[str]

    @property
    def verdict(self) -> str:
        """EvalDecision."""
        if self.decision.allowed:
            return "allowed"
        return "explicitDeny" if self.decision.reason.explicit else "implicitDeny"


def simulate(question: Question, policies: Policies) -> Simulation:
    """Decides, and tells which statements matched and which context keys would have been needed."""
    decision = decide(question, policies)
    bounded = policies.boundary is not None
    matched: list[Match] = []
    verdicts: dict[Layer, str] = {}
    missing: dict[str, str] = {}
    for layer, group in layers(question, policies):
        found = []
        for policy in group:
            for statement in (each for half in policy.candidates(question.action) for each in half):
                for key in statement.context_keys:
                    if question.facts(key.lower()) is None:
                        missing.setdefault(key.lower(), key)
                if applies(statement, question, bounded):
                    found.append(Match(policy, statement))
        matched += found
        verdicts[layer] = _both(verdicts.get(layer), _verdict(found))
    if policies.boundary is not None:
        verdicts.setdefault(Layer.BOUNDARY, "implicitDeny")
    if policies.session is not None:
        verdicts.setdefault(Layer.SESSION, "implicitDeny")
    shown = () if not decision.reason.explicit else tuple(m for m in matched if m.statement.allows is decision.allowed)
    return Simulation(decision, shown, verdicts, list(missing.values()))


def _verdict(found: list[Match]) -> str:
    if not found:
        return "implicitDeny"
    return "allowed" if all(match.statement.allows for match in found) else "explicitDeny"


def _both(first: str | None, second: str) -> str:
    """Of two levels of an organization the stricter counts."""
    order = ("allowed", "implicitDeny", "explicitDeny")
    return second if first is None else max(first, second, key=order.index)
