"""Access control lists: canned ACLs, x-amz-grant-* headers, policies in XML, and whom grants let in.

Sources: S3 User Guide, "Access control list (ACL) overview" and "Controlling ownership of objects and disabling ACLs";
API Reference, PutBucketAcl, PutObjectAcl. Public access settings are in public.py.
"""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS = (ALL_USERS, AUTHENTICATED_USERS, LOG_DELIVERY)

PERMISSIONS = ("FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP")
GRANT_HEADERS = {
    "grant_full_control": ("x-amz-grant-full-control", "FULL_CONTROL"),
    "grant_read": ("x-amz-grant-read", "READ"),
    "grant_read_acp": ("x-amz-grant-read-acp", "READ_ACP"),
    "grant_write": ("x-amz-grant-write", "WRITE"),
    "grant_write_acp": ("x-amz-grant-write-acp", "WRITE_ACP"),
}
"""Members of requests, with their headers and permissions."""

BUCKET_OWNER_ENFORCED = "BucketOwnerEnforced"
BUCKET_OWNER_PREFERRED = "BucketOwnerPreferred"
OBJECT_WRITER = "ObjectWriter"

MAX_GRANTS = 100
EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"
"""The canonical user that `aws-exec-read` lets read bundles of images (EC2's own)."""

_GRANTEE = re.compile(r'\s*(id|uri|emailAddress)\s*=\s*(?:"([^"]*)"|([^",\s]+))\s*', re.IGNORECASE)

_CANNED: dict[str, tuple[tuple[str, str], ...]] = {
    "private": (),
    "public-read": ((ALL_USERS, "READ"),),
    "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
    "authenticated-read": ((AUTHENTICATED_USERS, "READ"),),
}


class Owner(Part):
    id: str | None = None
    display_name: str | None = None


class Grantee(Part):
    type: str
    id: str | None = None
    display_name: str | None = None
    email_address: str | None = None
    uri: str | None = None


class Grant(Part):
    grantee: Grantee
    permission: str


class AccessControlPolicy(Part):
    grants: list[Grant] | None = None
    owner: Owner | None = None


def canonical_id(key: bytes, account: str) -> str:
    """The canonical user id of an account: 64 hex digits that nobody makes without the installation's key."""
    return hmac.digest(key, b"s3/canonical-user/" + account.encode(), "sha256").hex()


def user(canonical: str) -> Grantee:
    return Grantee("CanonicalUser", id=canonical)


def group(uri: str) -> Grantee:
    return Grantee("Group", uri=uri)


def canned(name: str, *, owner: str, bucket_owner: str = "") -> list[Grant]:
    """The grants of a canned ACL; `owner` (and `bucket_owner`, for objects) are canonical ids.

    Leave `bucket_owner` empty for buckets: the two bucket-owner ACLs mean nothing there. Raises `InvalidArgument`.
    """
    found = [Grant(user(owner), "FULL_CONTROL")]
    if name in _CANNED:
        return found + [Grant(group(uri), permission) for uri, permission in _CANNED[name]]
    if name == "aws-exec-read":
        return [*found, Grant(user(EC2), "READ")]
    if name in ("bucket-owner-read", "bucket-owner-full-control"):
        if bucket_owner and bucket_owner != owner:
            found.append(Grant(user(bucket_owner), "READ" if name == "bucket-owner-read" else "FULL_CONTROL"))
        return found
    if name == "log-delivery-write" and not bucket_owner:
        return [*found, Grant(group(LOG_DELIVERY), "WRITE"), Grant(group(LOG_DELIVERY), "READ_ACP")]
    raise errors.InvalidArgument(message="", argument_name="x-amz-acl", argument_value=name)


class Accounts(Part):
    """How grants find accounts: whether a canonical id exists, and the canonical id of a root's e-mail address."""

    exists: Callable[[str], bool]
    by_email: Callable[[str], str | None]


def from_headers(members: Mapping[str, str | None], accounts: Accounts) -> list[Grant]:
    """The grants of `grant_read` and the other x-amz-grant-* members, in AWS's order of permissions.

    A value is a list of `id="..."`, `uri="..."`, `emailAddress="..."`. Raises `InvalidArgument` or
    `UnresolvableGrantByEmailAddress`.
    """
    found = []
    for member, (header, permission) in GRANT_HEADERS.items():
        value = members.get(member)
        if value is not None:
            found += [Grant(_grantee(kind, name, accounts), permission) for kind, name in _pairs(header, value)]
    if len(found) > MAX_GRANTS:
        raise errors.InvalidRequest(message=f"The number of grants exceeds the limit of {MAX_GRANTS}")
    return found


def _pairs(header: str, value: str) -> Iterable[tuple[str, str]]:
    at = 0
    while True:
        match = _GRANTEE.match(value, at)
        if match is None or (match.end() < len(value) and value[match.end()] != ","):
            raise errors.InvalidArgument(
                message="Argument format not recognized", argument_name=header, argument_value=value
            )
        yield match[1].lower(), match[2] if match[2] is not None else match[3]
        at = match.end() + 1
        if match.end() >= len(value):
            return


def _grantee(kind: str, name: str, accounts: Accounts) -> Grantee:
    if kind == "uri":
        if name not in GROUPS:
            raise errors.InvalidArgument(message="Invalid group uri", argument_name="uri", argument_value=name)
        return group(name)
    if kind == "id":
        if not accounts.exists(name):
            raise errors.InvalidArgument(message="Invalid id", argument_name="id", argument_value=name)
        return user(name)
    resolved = accounts.by_email(name)
    if resolved is None:
        raise errors.UnresolvableGrant(email_address=name)
    return user(resolved)


def check_one_way(
    acl: str | None, grants: bool, policy: AccessControlPolicy | None = None, *, needed: bool = False
) -> None:
    """An ACL comes as a canned one, in headers, or in the body: one way only; `needed`: it must come at all."""
    if acl is not None and grants:
        raise errors.InvalidRequest(message="Specifying both Canned ACLs and Header Grants is not allowed")
    if policy is not None and (acl is not None or grants):
        raise errors.UnexpectedContent()
    if needed and acl is None and not grants and policy is None:
        raise errors.MissingSecurityHeader(missing_header_name="x-amz-acl")


def from_policy(given: AccessControlPolicy, owner: str, accounts: Accounts) -> list[Grant]:
    """The grants of an AccessControlPolicy, every grantee resolved.

    Raises `MalformedACLError`, `InvalidArgument`, `UnresolvableGrantByEmailAddress`, or `AccessDenied` for a policy
    that names another owner than the resource's.
    """
    grants = given.grants or []
    if given.owner is None or not given.owner.id or len(grants) > MAX_GRANTS:
        raise errors.MalformedACLError()
    if given.owner.id != owner:
        raise errors.AccessDenied()
    return [_resolved(grant, accounts) for grant in grants]


def _resolved(grant: Grant, accounts: Accounts) -> Grant:
    given = grant.grantee
    named = {"CanonicalUser": given.id, "Group": given.uri, "AmazonCustomerByEmail": given.email_address}
    name = named.get(given.type)
    if grant.permission not in PERMISSIONS or not name:
        raise errors.MalformedACLError()
    kind = {"CanonicalUser": "id", "Group": "uri"}.get(given.type, "emailaddress")
    return Grant(_grantee(kind, name, accounts), grant.permission)


# -- who may


def permissions(
    grants: Sequence[Grant], caller: str, *, owner: str = "", authenticated: bool = True, ignore_public: bool = False
) -> frozenset[str]:
    """What grants give a caller: any of READ, WRITE, READ_ACP, WRITE_ACP.

    `caller` is a canonical id, empty for anonymous callers (then `authenticated` is False). `owner` owns the resource
    and can always read and write its ACL, whatever that says. `ignore_public`: the bucket's IgnorePublicAcls, under
    which grants to everyone count for nothing.
    """
    found: set[str] = {"READ_ACP", "WRITE_ACP"} if caller and caller == owner else set()
    for grant in grants:
        to = grant.grantee
        if to.uri is None:
            if not caller or to.id != caller:
                continue
        elif ignore_public or not (to.uri == ALL_USERS or (to.uri == AUTHENTICATED_USERS and authenticated)):
            continue
        if grant.permission == "FULL_CONTROL":
            return _FULL
        found.add(grant.permission)
    return frozenset(found)


_FULL = frozenset(("READ", "WRITE", "READ_ACP", "WRITE_ACP"))


def is_public(grants: Iterable[Grant]) -> bool:
    """Whether anything is granted to everyone, or to everyone with an AWS account ("The meaning of public")."""
    return any(grant.grantee.uri in (ALL_USERS, AUTHENTICATED_USERS) for grant in grants)


# -- ownership


def check_allowed(ownership: str, acl: str | None, grants: Sequence[Grant], bucket_owner: str) -> None:
    """Raises `AccessControlListNotSupported` for a request with an ACL to a bucket that has switched ACLs off.

    `bucket-owner-full-control`, canned or as a grant, is let through (User Guide, "Bucket owner enforced").
    """
    if ownership != BUCKET_OWNER_ENFORCED or (acl is None and not grants) or acl == "bucket-owner-full-control":
        return
    if acl is None and all(each == Grant(user(bucket_owner), "FULL_CONTROL") for each in map(_plain, grants)):
        return
    raise errors.AccessControlListNotSupported()


def _plain(grant: Grant) -> Grant:
    to = grant.grantee
    return Grant(Grantee(to.type, id=to.id, uri=to.uri), grant.permission)


def object_owner(ownership: str, *, writer: str, bucket_owner: str, acl: str | None) -> str:
    """The canonical id of the account that owns a new object."""
    if ownership == BUCKET_OWNER_ENFORCED:
        return bucket_owner
    preferred = ownership == BUCKET_OWNER_PREFERRED and acl == "bucket-owner-full-control"
    return bucket_owner if preferred else writer


def check_ownership(ownerships: Sequence[str], grants: Sequence[Grant], owner: str) -> str:
    """The one setting in PutBucketOwnershipControls.

    Raises `MalformedXML`, or `InvalidBucketAclWithObjectOwnership` for switching ACLs off while the bucket's own
    ACL lets others in.
    """
    if len(ownerships) != 1 or ownerships[0] not in (BUCKET_OWNER_ENFORCED, BUCKET_OWNER_PREFERRED, OBJECT_WRITER):
        raise errors.MalformedXML()
    if ownerships[0] == BUCKET_OWNER_ENFORCED and any(grant.grantee.id != owner for grant in grants):
        raise errors.InvalidBucketAclWithObjectOwnership()
    return ownerships[0]
