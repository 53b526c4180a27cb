"""What AWS refuses when a policy is stored: one check for each kind of policy, with AWS's sentences.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "Policy elements"; the sentences are those that
IAM answers in MalformedPolicyDocument. Whether a named principal exists is for IAM to say (Statement.principals).
"""

import re
from collections.abc import Callable, Iterable

from groundcloud.policy.conditions import parse_operator
from groundcloud.policy.document import MalformedPolicy
from groundcloud.policy.grammar import VERSIONS, Clause, Outline, outline
from groundcloud.policy.principals import account_of
from groundcloud.policy.statements import Policy, compile_policy
from groundcloud.policy.wildcard import Variable, matcher, tokens

_SID = re.compile(r"[0-9A-Za-z]*")
_VENDOR = re.compile(r"[0-9A-Za-z*?-]+")
_PARTITION = re.compile(r"aws(?:-cn|-us-gov|-iso(?:-[a-z])?|-eusc)?|.*[*?].*")
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
    "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
)  # fmt: skip
_TRUST_ACTIONS = (
    "sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity", "sts:assumeroot", "sts:tagsession",
    "sts:setsourceidentity", "sts:setcontext",
)  # fmt: skip
_ENTITY_ARN = re.compile(
    r"arn:aws[a-z-]*:(?:iam::\d{12}:(?:user|role)/[^*?\s]+|sts::\d{12}:(?:assumed-role/[^*?\s]+/|federated-user/)[^*?\s]+)"
    r"|arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity [A-Z0-9]+"
)
_UNIQUE_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,124}")
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|aws\.internal)")
_PROVIDER = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(?:saml-provider|oidc-provider)/[^*?\s]+|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
_COGNITO = "cognito-identity.amazonaws.com"


def check_identity_policy(document: str, managed: bool = False) -> Policy:
    """The policy of a user, group, role or session; a `managed` one must be of version 2012-10-17.

    Raises MalformedPolicy.
    """
    written = outline(document)
    if managed and written.version != VERSIONS[1]:
        raise MalformedPolicy("Policy document must be version 2012-10-17 or greater.")
    for clause in written.clauses:
        if clause.principal is not None or clause.not_principal is not None:
            raise MalformedPolicy("Policy document should not specify a principal.")
        if not (clause.actions or clause.not_actions):
            raise MalformedPolicy("Policy statement must contain actions.")
        if not (clause.resources or clause.not_resources):
            raise MalformedPolicy("Policy statement must contain resources.")
        for action in clause.actions or clause.not_actions or ():
            _check_action(action)
        for resource in clause.resources or clause.not_resources or ():
            _check_resource(resource)
        _check_conditions(clause)
        if not _SID.fullmatch(clause.sid or ""):
            raise MalformedPolicy(
                "Statement IDs (SID) must be alpha-numeric. "
                "Check that your input satisfies the regular expression [0-9A-Za-z]*"
            )
    _check_unique_sids(written, "Statement IDs (SID) in a single policy must be unique.")
    return compile_policy(document, written)


def check_trust_policy(document: str) -> Policy:
    """A role's trust policy. Raises MalformedPolicy."""
    written = _outline(document)
    for clause in written.clauses:
        if clause.not_principal is not None and clause.effect == "Deny":
            raise MalformedPolicy("AssumeRole policy must not contain NotPrincipal field.")
        if isinstance(clause.principal, str):
            raise MalformedPolicy(f'AssumeRolepolicy contained an invalid principal: "STAR":"{clause.principal}".')
        _check_principals(clause)
        actions = _required_actions(clause)
        if not all(_is_trust_action(action) for action in actions):
            raise MalformedPolicy("AssumeRole policy may only specify STS AssumeRole actions.")
        if clause.resources is not None:
            raise MalformedPolicy("Has prohibited field Resource")
        if clause.not_resources is not None:
            raise MalformedPolicy("AssumeRole policy must not contain resources.")
        _check_conditions(clause)
        federated = clause.principal.get("Federated", ()) if clause.principal else ()
        if _COGNITO in federated and not clause.condition:
            raise MalformedPolicy("A condition block must be present for the Cognito provider")
    _check_unique_sids(written, "The Statement Ids in the policy are not unique")
    return compile_policy(document, written)


def check_resource_policy(
    document: str,
    service: str = "",
    covers: Callable[[str], bool] | None = None,
    resource_required: bool = True,
) -> Policy:
    """The policy of a bucket, queue, key, ... Raises MalformedPolicy.

    `service` is the prefix that its actions must have; `covers` says for a Resource value, wildcards and all, whether
    the policy may speak of it.
    """
    written = _outline(document)
    for clause in written.clauses:
        _check_principals(clause)
        for action in _required_actions(clause):
            if service and action != "*" and action.partition(":")[0].lower() != service:
                raise MalformedPolicy("Policy has invalid action")
        resources = clause.resources or clause.not_resources
        if not resources and resource_required:
            raise MalformedPolicy("Missing required field Resource")
        if covers is not None and not all(covers(resource) for resource in resources or ()):
            raise MalformedPolicy("Policy has invalid resource")
        _check_conditions(clause)
    _check_unique_sids(written, "The Statement Ids in the policy are not unique")
    return compile_policy(document, written)


def _outline(document: str) -> Outline:
    try:
        return outline(document)
    except MalformedPolicy as flaw:
        raise MalformedPolicy(flaw.detail, flaw.detail) from None


def _check_unique_sids(written: Outline, message: str) -> None:
    sids = [clause.sid for clause in written.clauses if clause.sid]
    if len(set(sids)) < len(sids):
        raise MalformedPolicy(message)


def _check_action(action: str) -> None:
    if action == "*":
        return
    vendor, colon, name = action.partition(":")
    if not colon:
        raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if ":" in name:
        raise MalformedPolicy("Actions/Condition can contain only one colon.")
    if not _VENDOR.fullmatch(vendor):
        raise MalformedPolicy(f"Vendor {vendor} is not valid")


def _check_resource(resource: str) -> None:
    if not resource.strip("*") and resource:
        return
    if ":" not in resource:
        raise MalformedPolicy(f'Resource {resource} must be in ARN format or "*".')
    if not resource.startswith("arn:"):
        parts = (resource.split(":", 5) + ["*"] * 5)[1:6]
        raise MalformedPolicy(f'Partition "{parts[0]}" is not valid for resource "arn:{":".join(parts)}".')
    parts = resource.split(":", 5)
    if len(parts) < 6:
        raise MalformedPolicy("The policy failed legacy parsing")
    _, partition, vendor, region, _, path = parts
    if not _PARTITION.fullmatch(partition):
        raise MalformedPolicy(f'Partition "{partition}" is not valid for resource "{resource}".')
    if not _VENDOR.fullmatch(vendor):
        raise MalformedPolicy(f"Vendor {vendor} is not valid")
    if vendor == "iam":
        _check_iam_resource(resource, region, path)


def _check_iam_resource(resource: str, region: str, path: str) -> None:
    if region.strip("*"):
        raise MalformedPolicy(f"IAM resource {resource} cannot contain region information.")
    head = path.partition("/")[0]
    if path.startswith(_IAM_PATHS) or path == "root" or any(wild in head for wild in "*?$"):
        return
    raise MalformedPolicy(f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.')


def _check_conditions(clause: Clause) -> None:
    for spelled, keys in clause.condition.items():
        use = parse_operator(spelled)
        if use is None:
            raise MalformedPolicy
        for key, values in keys.items():
            if ":" not in key:
                raise MalformedPolicy("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
            if not all(use.operator.valid(value) or _has_variable(value) for value in values):
                raise MalformedPolicy


def _has_variable(text: str) -> bool:
    return any(isinstance(token, Variable) for token in tokens(text, variables=True))


def _required_actions(clause: Clause) -> list[str]:
    actions = clause.actions or clause.not_actions
    if not actions:
        raise MalformedPolicy("Missing required field Action")
    return actions


def _is_trust_action(action: str) -> bool:
    pattern = action.lower()
    test = matcher(tokens(pattern, variables=False))
    return pattern.startswith("sts:") and any(test(each) for each in _TRUST_ACTIONS)


def _check_principals(clause: Clause) -> None:
    if clause.not_principal is not None and clause.effect == "Allow":
        raise MalformedPolicy("Allow with NotPrincipal is not allowed.")
    element = clause.principal if clause.principal is not None else clause.not_principal
    if element is None:
        raise MalformedPolicy("Missing required field Principal")
    if isinstance(element, str):
        return
    if not any(element.values()):
        raise MalformedPolicy("Missing required field Principal cannot be empty!")
    for kind, names in element.items():
        for name in _invalid(kind, names):
            raise MalformedPolicy(f'Invalid principal in policy: "{kind.upper()}":"{name}"')


def _invalid(kind: str, names: Iterable[str]) -> list[str]:
    if kind == "AWS":
        return [name for name in names if not _is_aws_principal(name)]
    if kind == "CanonicalUser":
        return [name for name in names if not name.isalnum()]
    pattern = _SERVICE if kind == "Service" else _PROVIDER
    return [name for name in names if not pattern.fullmatch(name)]


def _is_aws_principal(name: str) -> bool:
    return name == "*" or bool(account_of(name) or _ENTITY_ARN.fullmatch(name) or _UNIQUE_ID.fullmatch(name))
