"""How directly a Principal element names a caller (IAM User Guide, "Policy elements: Principal" and "NotPrincipal")."""

import pytest

from groundcloud.policy import Caller, Grant
from groundcloud.policy.principals import compile_principals

ACCOUNT = "123456789012"
ROOT = Caller("Root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", canonical_id="79a59df900b949e55d96a1e698fbacedEXAMPLE")
USER = Caller("User", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/div/bob", canonical_id=ROOT.canonical_id)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/path/ops"
SESSION = Caller("AssumedRole", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/s", ROLE_ARN)
FEDERATED_USER = Caller("FederatedUser", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/amy", USER.arn)
SERVICE = Caller("Service", service="ec2.amazonaws.com")
TOKEN = Caller("WebIdentityUser", federated="accounts.google.com")
ANONYMOUS = Caller("Anonymous")
EVERYONE = (ROOT, USER, SESSION, FEDERATED_USER, SERVICE, TOKEN, ANONYMOUS)


@pytest.mark.parametrize(
    ("element", "grants"),
    [
        ("*", "DDDDD D"),
        ({"AWS": ["*"]}, "DDDDD D"),
        ({"AWS": [ACCOUNT]}, "DAAA   "),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}, "DAAA   "),
        ({"AWS": ["210987654321"]}, "       "),
        ({"AWS": [USER.arn]}, " D R   "),
        ({"AWS": [ROLE_ARN]}, "  R    "),
        ({"AWS": [SESSION.arn]}, "  D    "),
        ({"AWS": [SESSION.arn, ROLE_ARN, ACCOUNT]}, "DADA   "),
        ({"AWS": [FEDERATED_USER.arn]}, "   D   "),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:user/*"]}, "       "),
        ({"Service": ["ec2.amazonaws.com"]}, "    D  "),
        ({"Service": ["s3.amazonaws.com"]}, "       "),
        ({"Federated": ["accounts.google.com"]}, "     D "),
        ({"CanonicalUser": [ROOT.canonical_id]}, "DA     "),
        ({}, "       "),
    ],
)
def test_a_principal_element_grades_callers(element, grants):
    letters = {Grant.NONE: " ", Grant.ACCOUNT: "A", Grant.ROLE: "R", Grant.DIRECT: "D"}
    principals = compile_principals(element)
    grades = "".join(letters[principals.grade(caller)] for caller in EVERYONE)
    assert grades == grants


@pytest.mark.parametrize(
    ("element", "spared"),
    [
        ({"AWS": [USER.arn, ACCOUNT]}, [ROOT, USER, FEDERATED_USER]),
        ({"AWS": [ROLE_ARN, ACCOUNT]}, [ROOT]),
        ({"AWS": [ROLE_ARN, SESSION.arn, ACCOUNT]}, [ROOT, SESSION]),
        ({"Service": ["ec2.amazonaws.com"]}, [SERVICE]),
        ("*", [ROOT, USER, SESSION, FEDERATED_USER, SERVICE, ANONYMOUS]),
    ],
)
def test_not_principal_spares_who_is_named_in_full(element, spared):
    principals = compile_principals(element)
    assert [caller for caller in EVERYONE if principals.spares(caller)] == spared
