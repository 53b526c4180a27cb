"""Who may use a key: key policies, IAM policies under the root statement, conditions; and the seed's two groups."""

import json

from tests.cloud import Keys
from tests.services.kms.conftest import refused


def arn_of(kms, key_id: str) -> str:
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]


def allow(action, resource="*", **more) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def policy_of(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_writers_make_data_keys_and_readers_open_them(cloud, kms, key_id):
    """ecs-compose-buddy-kms: groups KMSSecretWriter and KMSSecretReader with inline policies on the key's ARN."""
    iam = cloud.client("iam")
    arn = arn_of(kms, key_id)
    for group, action in (("KMSSecretWriter", "kms:GenerateDataKey"), ("KMSSecretReader", "kms:Decrypt")):
        iam.create_group(GroupName=group)
        iam.put_group_policy(GroupName=group, PolicyName=group[3:], PolicyDocument=policy_of(allow([action], arn)))
    clients = {}
    for name, groups in (
        ("writer", ["KMSSecretWriter"]),
        ("reader", ["KMSSecretReader"]),
        ("both", ["KMSSecretWriter", "KMSSecretReader"]),
    ):
        iam.create_user(UserName=name)
        for group in groups:
            iam.add_user_to_group(UserName=name, GroupName=group)
        clients[name] = cloud.client("kms", Keys.of(iam.create_access_key(UserName=name)["AccessKey"]))
    kms.create_alias(AliasName="alias/credstash", TargetKeyId=key_id)
    asked = {"KeyId": "alias/credstash", "NumberOfBytes": 64, "EncryptionContext": {"env": "live"}}
    made = clients["writer"].generate_data_key(**asked)
    opening = {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": {"env": "live"}}
    assert clients["reader"].decrypt(**opening)["Plaintext"] == made["Plaintext"]
    assert clients["both"].decrypt(**opening)["Plaintext"] == made["Plaintext"]
    assert refused(clients["writer"].decrypt, **opening) == (
        "AccessDeniedException",
        f"User: arn:aws:iam::{cloud.account}:user/writer is not authorized to perform: kms:Decrypt on resource: {arn} "
        "because no identity-based policy allows the kms:Decrypt action",
    )
    assert refused(clients["reader"].generate_data_key, **asked)[0] == "AccessDeniedException"


def test_without_the_root_statement_no_iam_policy_helps(kms, cloud, user):
    admin = f"arn:aws:iam::{cloud.account}:user/admin"
    document = policy_of({**allow("kms:*"), "Principal": {"AWS": admin}})
    key = kms.create_key(Policy=document)["KeyMetadata"]["KeyId"]
    alice = user("alice", allow("kms:*"))
    kms.encrypt(KeyId=key, Plaintext=b"x")
    code, message = refused(alice.encrypt, KeyId=key, Plaintext=b"x")
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the kms:Encrypt action")


def test_a_key_policy_that_names_a_user_is_enough(kms, cloud, user):
    alice = user("alice")
    root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"}}
    named = {**allow("kms:Encrypt"), "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:user/alice"}}
    key = kms.create_key(Policy=policy_of(root, named))["KeyMetadata"]["KeyId"]
    blob = alice.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert refused(alice.decrypt, CiphertextBlob=blob)[0] == "AccessDeniedException"


def test_policies_see_the_encryption_context(kms, key_id, user):
    """Developer Guide, "kms:EncryptionContext:context-key": keys without regard to capitals, values with."""
    condition = {"StringEquals": {"kms:EncryptionContext:AppName": "shop"}}
    alice = user("alice", allow("kms:Encrypt", Condition=condition))
    alice.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"AppName": "shop"})
    alice.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"appname": "shop", "b": "c"})
    for context in ({}, {"AppName": "Shop"}, {"Name": "shop"}):
        code, _ = refused(alice.encrypt, KeyId=key_id, Plaintext=b"x", EncryptionContext=context)
        assert code == "AccessDeniedException"


def test_policies_see_what_a_key_is(kms, key_id, user):
    kms.create_alias(AliasName="alias/shop-a", TargetKeyId=key_id)
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    condition = {
        "ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/shop-*"},
        "StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT", "kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"},
        "Null": {"kms:ViaService": "true"},
    }
    alice = user("alice", allow("kms:Encrypt", Condition=condition))
    alice.encrypt(KeyId=key_id, Plaintext=b"x")
    assert refused(alice.encrypt, KeyId=other, Plaintext=b"x")[0] == "AccessDeniedException"
    bob = user("bob", allow("kms:*", Condition={"StringEquals": {"kms:RequestAlias": "alias/shop-a"}}))
    bob.encrypt(KeyId="alias/shop-a", Plaintext=b"x")
    assert refused(bob.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"


def test_tags_of_a_key_and_of_a_request_decide(kms, key_id, user):
    alice = user("alice", allow("kms:*", Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}))
    assert refused(alice.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"
    kms.tag_resource(KeyId=key_id, Tags=[{"TagKey": "team", "TagValue": "a"}])
    alice.encrypt(KeyId=key_id, Plaintext=b"x")
    kms.untag_resource(KeyId=key_id, TagKeys=["team"])
    assert refused(alice.encrypt, KeyId=key_id, Plaintext=b"x")[0] == "AccessDeniedException"
    bob = user("bob", allow("kms:*", Condition={"StringEquals": {"aws:RequestTag/team": "b"}}))
    bob.create_key(Tags=[{"TagKey": "team", "TagValue": "b"}])
    assert refused(bob.create_key, Tags=[{"TagKey": "team", "TagValue": "c"}])[0] == "AccessDeniedException"


def test_re_encrypt_takes_a_permission_on_each_key(kms, key_id, user):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    away = allow("kms:ReEncryptFrom", arn_of(kms, key_id))
    to = allow("kms:ReEncryptTo", arn_of(kms, other))
    user("both", away, to).re_encrypt(CiphertextBlob=blob, DestinationKeyId=other)
    for name, statement in (("away", away), ("to", to)):
        code, _ = refused(user(name, statement).re_encrypt, CiphertextBlob=blob, DestinationKeyId=other)
        assert code == "AccessDeniedException"


def test_another_account_needs_the_key_policy_and_its_own(kms, cloud):
    account = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(account)
    stranger = cloud.client("kms", Keys(key["access_key_id"], key["secret_access_key"]))
    root = {**allow("kms:*"), "Principal": {"AWS": f"arn:aws:iam::{cloud.account}:root"}}
    arn = kms.create_key(Policy=policy_of(root))["KeyMetadata"]["Arn"]
    assert refused(stranger.encrypt, KeyId=arn, Plaintext=b"x")[0] == "AccessDeniedException"
    shared = {**allow(["kms:Encrypt", "kms:Decrypt"]), "Principal": {"AWS": account}}
    kms.put_key_policy(KeyId=arn, Policy=policy_of(root, shared))
    blob = stranger.encrypt(KeyId=arn, Plaintext=b"x")["CiphertextBlob"]
    assert stranger.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == arn


def test_a_key_with_tags_takes_the_permission_to_tag(cloud, kms):
    iam = cloud.client("iam")
    iam.create_user(UserName="maker")
    iam.put_user_policy(UserName="maker", PolicyName="p", PolicyDocument=policy_of(allow("kms:CreateKey")))
    maker = cloud.client("kms", Keys.of(iam.create_access_key(UserName="maker")["AccessKey"]))
    tags = [{"TagKey": "team", "TagValue": "blue"}]
    assert maker.create_key()["KeyMetadata"]["Enabled"]
    code, message = refused(maker.create_key, Tags=tags)
    assert (code, "kms:TagResource" in message) == ("AccessDeniedException", True)
    iam.put_user_policy(
        UserName="maker", PolicyName="p", PolicyDocument=policy_of(allow(["kms:CreateKey", "kms:TagResource"]))
    )
    assert maker.create_key(Tags=tags)["KeyMetadata"]["Enabled"]
