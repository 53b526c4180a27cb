"""What IAM remembers. Everything of an account is keyed by names; a rename moves it.

Secrets are in records of their own (`AccessKeySecret`), which no output shape can pick.
"""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.iam import errors
from groundcloud.store import Key, Part, Record


class Tag(Part):
    key: str
    value: str = ""


def by_path(record: "User | Group | Role | InstanceProfile | ManagedPolicy") -> Iterable[Key]:
    """The folders of its path, one by one: what lies below a folder is one range."""
    folders = record.path[1:-1].split("/") if len(record.path) > 1 else []
    return [(record.account, *folders)]


def by_policy(record: "User | Group | Role") -> Iterable[Key]:
    """Who a managed policy is attached to."""
    return [(record.account, arn) for arn in record.attached_policies]


def by_group(user: "User") -> Iterable[Key]:
    return [(user.account, name) for name in user.groups]


def by_folded_name(record: "User | Group | Role | InstanceProfile | ManagedPolicy") -> Iterable[Key]:
    """Names are unique without regard to capitals."""
    name: str = getattr(record, record.key[1])
    return [(record.account, name.lower())]


def by_boundary(record: "User | Role") -> Iterable[Key]:
    return [(record.account, record.boundary_arn)] if record.boundary_arn else []


class User(Record):
    table = "iam.user"
    key = ("account", "user_name")
    indexes = {
        "by_policy": by_policy,
        "by_group": by_group,
        "by_boundary": by_boundary,
        "by_folded_name": by_folded_name,
        "by_path": by_path,
    }
    absent = errors.NoSuchUser

    account: str
    user_name: str
    user_id: str
    arn: str
    create_date: datetime
    path: str = "/"
    password_last_used: datetime | None = None
    inline_policies: dict[str, str] = {}
    """Documents by name."""
    attached_policies: list[str] = []
    """ARNs of managed policies."""
    groups: list[str] = []
    boundary_arn: str = ""
    tags: list[Tag] = []


class Group(Record):
    table = "iam.group"
    key = ("account", "group_name")
    indexes = {"by_policy": by_policy, "by_folded_name": by_folded_name, "by_path": by_path}
    absent = errors.NoSuchGroup

    account: str
    group_name: str
    group_id: str
    arn: str
    create_date: datetime
    path: str = "/"
    inline_policies: dict[str, str] = {}
    attached_policies: list[str] = []


class Role(Record):
    table = "iam.role"
    key = ("account", "role_name")
    indexes = {
        "by_trusted": lambda role: [(arn,) for arn in role.trusted],
        "by_policy": by_policy,
        "by_boundary": by_boundary,
        "by_folded_name": by_folded_name,
        "by_path": by_path,
    }
    absent = errors.NoSuchRole

    account: str
    role_name: str
    role_id: str
    arn: str
    create_date: datetime
    assume_role_policy_document: str
    path: str = "/"
    description: str | None = None
    max_session_duration: int = 3600
    inline_policies: dict[str, str] = {}
    attached_policies: list[str] = []
    boundary_arn: str = ""
    tags: list[Tag] = []
    trusted: list[str] = []
    """ARNs of the users and roles, of any account, that the trust policy names."""


class RoleUse(Record):
    """When a session of a role was last used."""

    table = "iam.role_use"
    key = ("role_id",)
    watched = False

    role_id: str
    last_used_date: datetime
    region: str


class InstanceProfile(Record):
    """What carries a role to machines; it has one role or none."""

    table = "iam.instance_profile"
    key = ("account", "instance_profile_name")
    indexes = {
        "by_role": lambda profile: [(profile.account, profile.role_name)] if profile.role_name else [],
        "by_folded_name": by_folded_name,
        "by_path": by_path,
    }
    absent = errors.NoSuchInstanceProfile

    account: str
    instance_profile_name: str
    instance_profile_id: str
    arn: str
    create_date: datetime
    path: str = "/"
    role_name: str = ""
    tags: list[Tag] = []


class PolicyVersion(Part):
    version_id: str
    document: str
    create_date: datetime


class ManagedPolicy(Record):
    """A policy of the customer's; AWS's own are data (`managed.py`)."""

    table = "iam.policy"
    key = ("account", "policy_name")
    indexes = {"by_folded_name": by_folded_name, "by_path": by_path}

    account: str
    policy_name: str
    policy_id: str
    arn: str
    create_date: datetime
    update_date: datetime
    path: str = "/"
    description: str | None = None
    default_version_id: str = "v1"
    next_version: int = 2
    versions: list[PolicyVersion] = []
    tags: list[Tag] = []

    @property
    def document(self) -> str:
        """That of the default version."""
        return next(version.document for version in self.versions if version.version_id == self.default_version_id)


class PolicyUse(Record):
    """How often an account attaches a managed policy, AWS's or its own, and uses it as a permissions boundary."""

    table = "iam.policy_use"
    key = ("account", "policy_arn")
    watched = False

    account: str
    policy_arn: str
    attachments: int = 0
    boundaries: int = 0


class LoginProfile(Record):
    """That a user has a password, and since when."""

    table = "iam.login_profile"
    key = ("account", "user_name")
    absent = errors.NoSuchLoginProfile

    account: str
    user_name: str
    create_date: datetime
    password_changed: datetime
    password_reset_required: bool = False


class LoginProfileSecret(Record):
    """The password, hashed. All of a user's passwords have one salt, so that one hash tells whether one came before."""

    table = "iam.login_profile_secret"
    key = ("account", "user_name")

    account: str
    user_name: str
    salt: bytes
    hash: bytes
    earlier: list[bytes] = []
    """Hashes of those before it, the newest first; up to twenty-four."""


class PasswordPolicy(Record):
    """An account's own rules for passwords. One that sets none has AWS's default rules, and no record."""

    table = "iam.password_policy"
    key = ("account",)

    account: str
    minimum_password_length: int = 6
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase_characters: bool = False
    require_lowercase_characters: bool = False
    allow_users_to_change_password: bool = False
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    hard_expiry: bool | None = None

    @property
    def expire_passwords(self) -> bool:
        return bool(self.max_password_age)


class AccountAlias(Record):
    """The name of an account; no two accounts of the cloud have the same."""

    table = "iam.account_alias"
    key = ("account",)
    indexes = {"by_alias": ("account_alias",)}

    account: str
    account_alias: str


class AccessKey(Record):
    """A long-lived key of a user, or of the root user (whose name is empty)."""

    table = "iam.access_key"
    key = ("account", "user_name", "access_key_id")

    account: str
    user_name: str
    access_key_id: str
    create_date: datetime
    status: str = "Active"


class AccessKeySecret(Record):
    """What a signature is verified with: found by the key's id alone, whatever the account."""

    table = "iam.access_key_secret"
    key = ("access_key_id",)
    indexes = {"by_user": ("account", "user_name")}

    access_key_id: str
    account: str
    user_name: str
    sealed: bytes
    active: bool = True


class AccessKeyUse(Record):
    table = "iam.access_key_use"
    key = ("access_key_id",)
    watched = False

    access_key_id: str
    last_used_date: datetime
    service_name: str
    region: str
