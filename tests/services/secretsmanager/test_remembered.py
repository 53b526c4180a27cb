"""Reading the same secret again asks KMS no more than it must, and never less: what KMS opened for a caller is
remembered until anything is committed, for this caller and request alone."""

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.services.kms.records import KeyUse
from groundcloud.services.secretsmanager import values
from tests.services.kms.conftest import refused
from tests.services.secretsmanager.test_encryption import allow


@pytest.fixture()
def key(secrets, kms):
    """A customer's key with a secret under it."""
    made = kms.create_key()["KeyMetadata"]
    secrets.create_secret(Name="mine", SecretString="x", KmsKeyId=made["KeyId"])
    return made


@pytest.fixture()
def opened(monkeypatch):
    """How often a value is opened."""
    found = []

    def cipher(data_key):
        found.append(data_key)
        return AESGCM(data_key)

    monkeypatch.setattr(values, "AESGCM", cipher)
    return found


def test_a_value_that_nothing_changed_is_opened_once(secrets, key, opened):
    assert {secrets.get_secret_value(SecretId="mine")["SecretString"] for _ in range(5)} == {"x"}
    assert len(opened) == 1


def test_every_read_is_counted_as_a_use_of_the_key(secrets, cloud, key):
    for _ in range(5):
        secrets.get_secret_value(SecretId="mine")
    request = secrets.get_secret_value(SecretId="mine")["ResponseMetadata"]["RequestId"]
    cloud.settle()
    with cloud.store.snapshot() as tx:
        use = tx.get(KeyUse, cloud.account, "us-east-1", key["KeyId"], f"{cloud.clock():%Y-%m}")
    assert use.counts["Decrypt"] == 6
    last = cloud.client("kms").get_key_last_usage(KeyId=key["KeyId"])["KeyLastUsage"]
    assert (last["Operation"], last["KmsRequestId"]) == ("Decrypt", request)


def test_a_key_that_is_disabled_opens_nothing_from_that_call_on(secrets, kms, key):
    for _ in range(3):
        assert secrets.get_secret_value(SecretId="mine")["SecretString"] == "x"
    kms.disable_key(KeyId=key["KeyId"])
    assert refused(secrets.get_secret_value, SecretId="mine")[0] == "DecryptionFailure"
    kms.enable_key(KeyId=key["KeyId"])
    assert secrets.get_secret_value(SecretId="mine")["SecretString"] == "x"


def test_what_was_opened_for_one_is_not_there_for_another(secrets, key, user):
    assert secrets.get_secret_value(SecretId="mine")["SecretString"] == "x"
    alice = user("alice", allow("secretsmanager:GetSecretValue"), service="secretsmanager")
    assert secrets.get_secret_value(SecretId="mine")["SecretString"] == "x"
    assert refused(alice.get_secret_value, SecretId="mine")[0] == "AccessDeniedException"


def test_a_permission_that_is_taken_away_is_missed_at_once(secrets, key, user, cloud):
    rights = allow(["secretsmanager:GetSecretValue", "kms:Decrypt"])
    alice = user("alice", rights, service="secretsmanager")
    assert alice.get_secret_value(SecretId="mine")["SecretString"] == "x"
    denied = '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*"}}'
    cloud.client("iam").put_user_policy(UserName="alice", PolicyName="no", PolicyDocument=denied)
    assert refused(alice.get_secret_value, SecretId="mine")[0] == "AccessDeniedException"


def test_a_permission_that_ends_at_a_time_ends_then(secrets, key, user, cloud):
    end = (cloud.clock().replace(microsecond=0)).isoformat().replace("+00:00", "Z")
    until = {"DateLessThanEquals": {"aws:CurrentTime": end}}
    alice = user(
        "alice", allow("secretsmanager:GetSecretValue"), allow("kms:Decrypt", Condition=until), service="secretsmanager"
    )
    assert alice.get_secret_value(SecretId="mine")["SecretString"] == "x"
    cloud.clock.advance(seconds=1)
    assert refused(alice.get_secret_value, SecretId="mine")[0] == "AccessDeniedException"
