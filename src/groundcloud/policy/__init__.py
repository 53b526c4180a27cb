"""The IAM policy language: a pure function from policies and a request's facts to a decision and its reason.

    parse(document) -> Policy                      compiled, remembered by text
    check_identity_policy / check_trust_policy / check_resource_policy(document) -> Policy, or MalformedPolicy
    decide(Question(...), Policies(...)) -> Decision
    everywhere(caller, action, Policies(...)) -> bool      the same of all that a caller's account has

    document.py     JSON with places                   principals.py   who calls, and how directly a policy names them
    grammar.py      elements of a policy, their shape  statements.py   compiled statements and policies
    wildcard.py     * ? ${variables}, ARNs             decision.py     the order of evaluation, the sentence of refusal
    operators.py    what condition operators compare   simulation.py   the same with everything that matched
    conditions.py   Condition blocks                   validation.py   what each kind of policy must and must not hold

It knows no service, no store and no clock: the time, the caller's address and every tag come in as facts, which are
asked for only when a policy uses them.
"""

from groundcloud.policy.decision import Decision, Layer, Match, Policies, Question, Reason, decide, everywhere
from groundcloud.policy.document import MalformedPolicy
from groundcloud.policy.grammar import Position
from groundcloud.policy.principals import Caller, Grant
from groundcloud.policy.simulation import Simulation, simulate
from groundcloud.policy.statements import Policy, Statement, parse
from groundcloud.policy.validation import check_identity_policy, check_resource_policy, check_trust_policy

__all__ = [
    "Caller",
    "Decision",
    "Grant",
    "Layer",
    "MalformedPolicy",
    "Match",
    "Policies",
    "Policy",
    "Position",
    "Question",
    "Reason",
    "Simulation",
    "Statement",
    "check_identity_policy",
    "check_resource_policy",
    "check_trust_policy",
    "decide",
    "everywhere",
    "parse",
    "simulate",
]
