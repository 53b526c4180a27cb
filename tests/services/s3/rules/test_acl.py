"""Access control lists: the tables of the User Guide's "Access control list (ACL) overview"."""

import pytest

from groundcloud.services.s3.rules import acl, errors
from groundcloud.services.s3.rules.acl import AccessControlPolicy, Accounts, Grant, Grantee, Owner, canned

ME, OTHER, BUCKET = "a" * 64, "b" * 64, "c" * 64
ACCOUNTS = Accounts(
    exists=lambda canonical: canonical in (ME, OTHER, BUCKET), by_email={"other@example.com": OTHER}.get
)
FULL = {"READ", "WRITE", "READ_ACP", "WRITE_ACP"}


def may(grants, caller="", **options):
    return set(acl.permissions(grants, caller, authenticated=bool(caller), **options))


def test_a_canonical_id_is_64_hex_digits_and_always_the_same():
    found = acl.canonical_id(b"key", "111122223333")
    assert len(bytes.fromhex(found)) == 32
    assert found == acl.canonical_id(b"key", "111122223333")
    assert found != acl.canonical_id(b"key", "444455556666")
    assert found != acl.canonical_id(b"other", "111122223333")


@pytest.mark.parametrize(
    ("name", "anonymous", "other", "bucket_owner"),
    [
        ("private", set(), set(), set()),
        ("public-read", {"READ"}, {"READ"}, {"READ"}),
        ("public-read-write", {"READ", "WRITE"}, {"READ", "WRITE"}, {"READ", "WRITE"}),
        ("authenticated-read", set(), {"READ"}, {"READ"}),
        ("aws-exec-read", set(), set(), set()),
        ("bucket-owner-read", set(), set(), {"READ"}),
        ("bucket-owner-full-control", set(), set(), FULL),
    ],
)
def test_canned_acls_let_in_whom_the_table_says(name, anonymous, other, bucket_owner):
    grants = canned(name, owner=ME, bucket_owner=BUCKET)
    assert may(grants, ME) == FULL
    assert may(grants) == anonymous
    assert may(grants, OTHER) == other
    assert may(grants, BUCKET) == bucket_owner


def test_bucket_acls_for_logs_and_unknown_names():
    grants = canned("log-delivery-write", owner=ME)
    assert [(grant.grantee.uri, grant.permission) for grant in grants[1:]] == [
        (acl.LOG_DELIVERY, "WRITE"),
        (acl.LOG_DELIVERY, "READ_ACP"),
    ]
    assert may(grants, OTHER) == set()
    assert canned("bucket-owner-read", owner=ME) == canned("private", owner=ME)
    with pytest.raises(errors.InvalidArgument) as refused:
        canned("world-domination", owner=ME)
    assert refused.value.facts["argument_name"] == "x-amz-acl"


def test_an_owner_who_owns_the_bucket_is_granted_once():
    assert len(canned("bucket-owner-full-control", owner=ME, bucket_owner=ME)) == 1


def test_headers_name_grantees_in_three_ways():
    value = f'id="{ME}", uri="{acl.ALL_USERS}",emailAddress=other@example.com'
    grants = acl.from_headers({"grant_read": value, "grant_write_acp": f"id={OTHER}", "grant_write": None}, ACCOUNTS)
    assert grants == [
        Grant(acl.user(ME), "READ"),
        Grant(acl.group(acl.ALL_USERS), "READ"),
        Grant(acl.user(OTHER), "READ"),
        Grant(acl.user(OTHER), "WRITE_ACP"),
    ]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ("", errors.InvalidArgument, "Argument format not recognized"),
        ("name=x", errors.InvalidArgument, "Argument format not recognized"),
        (f'id="{ME}" id="{ME}"', errors.InvalidArgument, "Argument format not recognized"),
        (f'id="{ME}",', errors.InvalidArgument, "Argument format not recognized"),
        ('uri="http://example.com"', errors.InvalidArgument, "Invalid group uri"),
        ('id="unknown"', errors.InvalidArgument, "Invalid id"),
        ("emailAddress=no@example.com", errors.UnresolvableGrant, "does not match any account"),
    ],
)
def test_a_header_that_names_nobody_is_refused(value, error, text):
    with pytest.raises(error, match=text):
        acl.from_headers({"grant_read": value}, ACCOUNTS)


def test_an_acl_comes_one_way_only():
    acl.check_one_way("private", False)
    with pytest.raises(errors.InvalidRequest, match="both Canned ACLs and Header Grants"):
        acl.check_one_way("private", True)
    with pytest.raises(errors.UnexpectedContent):
        acl.check_one_way("private", False, AccessControlPolicy())
    with pytest.raises(errors.MissingSecurityHeader):
        acl.check_one_way(None, False, needed=True)


def test_a_policy_in_xml_is_resolved_and_keeps_the_owner():
    by_email = Grant(Grantee("AmazonCustomerByEmail", email_address="other@example.com"), "READ")
    assert acl.from_policy(AccessControlPolicy([by_email], Owner(ME)), ME, ACCOUNTS) == [Grant(acl.user(OTHER), "READ")]
    with pytest.raises(errors.AccessDenied):
        acl.from_policy(AccessControlPolicy([by_email], Owner(OTHER)), ME, ACCOUNTS)
    for wrong in (
        AccessControlPolicy([by_email]),
        AccessControlPolicy([by_email] * 101, Owner(ME)),
        AccessControlPolicy([Grant(acl.user(ME), "OWN")], Owner(ME)),
        AccessControlPolicy([Grant(Grantee("Group"), "READ")], Owner(ME)),
        AccessControlPolicy([Grant(Grantee("Robot", id=ME), "READ")], Owner(ME)),
    ):
        with pytest.raises(errors.MalformedACLError):
            acl.from_policy(wrong, ME, ACCOUNTS)


def test_public_grants_are_known_and_can_be_ignored():
    grants = canned("public-read", owner=ME)
    assert acl.is_public(grants)
    assert acl.is_public(canned("authenticated-read", owner=ME))
    assert not acl.is_public(canned("log-delivery-write", owner=ME))
    assert may(grants, ignore_public=True) == set()
    assert may(grants, ME, ignore_public=True) == FULL


def test_an_owner_can_always_mend_the_acl():
    locked_out = [Grant(acl.user(OTHER), "READ")]
    assert may(locked_out, ME) == set()
    assert may(locked_out, ME, owner=ME) == {"READ_ACP", "WRITE_ACP"}
    assert may(locked_out, owner="") == set()


def test_a_bucket_without_acls_refuses_them():
    def check(name=None, grants=()):
        acl.check_allowed("BucketOwnerEnforced", name, list(grants), BUCKET)

    check()
    check("bucket-owner-full-control")
    check(grants=[Grant(acl.user(BUCKET), "FULL_CONTROL")])
    for refused in ({"name": "public-read"}, {"name": "private"}, {"grants": [Grant(acl.user(OTHER), "READ")]}):
        with pytest.raises(errors.AccessControlListNotSupported, match="The bucket does not allow ACLs"):
            check(**refused)
    acl.check_allowed("ObjectWriter", "public-read", [], BUCKET)


@pytest.mark.parametrize(
    ("ownership", "name", "owner"),
    [
        ("BucketOwnerEnforced", None, BUCKET),
        ("BucketOwnerPreferred", "bucket-owner-full-control", BUCKET),
        ("BucketOwnerPreferred", None, ME),
        ("ObjectWriter", "bucket-owner-full-control", ME),
    ],
)
def test_ownership_controls_say_who_owns_a_new_object(ownership, name, owner):
    assert acl.object_owner(ownership, writer=ME, bucket_owner=BUCKET, acl=name) == owner


def test_acls_are_not_switched_off_while_the_bucket_lets_others_in():
    private = canned("private", owner=BUCKET)
    assert acl.check_ownership(["BucketOwnerEnforced"], private, BUCKET) == "BucketOwnerEnforced"
    with pytest.raises(errors.InvalidBucketAclWithObjectOwnership):
        acl.check_ownership(["BucketOwnerEnforced"], canned("public-read", owner=BUCKET), BUCKET)
    for wrong in ([], ["Mine"], ["ObjectWriter", "ObjectWriter"]):
        with pytest.raises(errors.MalformedXML):
            acl.check_ownership(wrong, private, BUCKET)
