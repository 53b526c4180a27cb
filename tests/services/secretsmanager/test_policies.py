import json
import string

import pytest

from tests.cloud import Keys
from tests.services.kms.conftest import refused


def policy(principal, action="secretsmanager:GetSecretValue") -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_a_resource_policy_lets_another_account_in(secrets, kms, cloud):
    account = cloud.cloud.create_account("other", "other@example.com")
    stranger = cloud.client("secretsmanager", Keys(*_pair(cloud.cloud.create_admin(account))))
    root = {"Sid": "root", "Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "kms:*", "Resource": "*"}
    other = {"Sid": "other", "Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:Decrypt", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [root, other]})
    key = kms.create_key(Policy=document)["KeyMetadata"]["Arn"]
    arn = secrets.create_secret(Name="shared", SecretString="x", KmsKeyId=key)["ARN"]
    assert refused(stranger.get_secret_value, SecretId=arn)[0] == "AccessDeniedException"
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy({"AWS": account}))
    assert stranger.get_secret_value(SecretId=arn)["SecretString"] == "x"
    secrets.delete_resource_policy(SecretId=arn)
    assert refused(stranger.get_secret_value, SecretId=arn)[0] == "AccessDeniedException"


def _pair(key: dict[str, str]) -> tuple[str, str]:
    return key["access_key_id"], key["secret_access_key"]


def test_a_public_policy_is_blocked_unless_asked_for(secrets, made):
    everyone = policy("*")
    code, _ = refused(secrets.put_resource_policy, SecretId="shop/db", ResourcePolicy=everyone, BlockPublicPolicy=True)
    assert code == "PublicPolicyException"
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId="shop/db")
    secrets.put_resource_policy(SecretId="shop/db", ResourcePolicy=everyone)
    assert secrets.get_resource_policy(SecretId="shop/db")["ResourcePolicy"] == everyone


def test_policies_are_validated(secrets, made, cloud):
    good = secrets.validate_resource_policy(SecretId="shop/db", ResourcePolicy=policy({"AWS": cloud.account}))
    assert (good["PolicyValidationPassed"], good["ValidationErrors"]) == (True, [])
    assert secrets.validate_resource_policy(ResourcePolicy=policy("*"))["PolicyValidationPassed"] is False
    code, _ = refused(secrets.put_resource_policy, SecretId="shop/db", ResourcePolicy="{}")
    assert code == "MalformedPolicyDocumentException"


def test_policies_of_users_know_the_arn_before_the_secret_is_made(secrets, user, cloud):
    prefix = f"arn:aws:secretsmanager:us-east-1:{cloud.account}:secret:"
    for name, pattern, allowed in (("a", "team/*", True), ("b", "team/x-??????", True), ("c", "other/*", False)):
        statement = {"Effect": "Allow", "Action": "secretsmanager:CreateSecret", "Resource": prefix + pattern}
        client = user(name, statement, service="secretsmanager")
        if allowed:
            client.create_secret(Name="team/x")
            secrets.delete_secret(SecretId="team/x", ForceDeleteWithoutRecovery=True)
        else:
            assert refused(client.create_secret, Name="team/x")[0] == "AccessDeniedException"


def test_a_random_password_has_each_kind_of_character(secrets):
    for _ in range(20):
        password = secrets.get_random_password(PasswordLength=4)["RandomPassword"]
        for kind in (string.ascii_uppercase, string.ascii_lowercase, string.digits, string.punctuation):
            assert any(character in kind for character in password)
    assert len(secrets.get_random_password()["RandomPassword"]) == 32


@pytest.mark.parametrize(
    ("asked", "alphabet"),
    [
        ({"ExcludePunctuation": True, "ExcludeNumbers": True}, string.ascii_letters),
        ({"ExcludeUppercase": True, "ExcludeLowercase": True, "ExcludePunctuation": True}, string.digits),
        (
            {"ExcludeCharacters": string.punctuation[1:] + string.ascii_letters[1:], "RequireEachIncludedType": False},
            "a!" + string.digits,
        ),
    ],
)
def test_a_random_password_has_only_what_is_not_excluded(secrets, asked, alphabet):
    password = secrets.get_random_password(PasswordLength=200, **asked)["RandomPassword"]
    assert set(password) <= set(alphabet)
    assert len(password) == 200


def test_a_password_that_cannot_be_is_refused(secrets):
    for asked in ({"PasswordLength": 3}, {"ExcludeCharacters": string.digits}):
        assert refused(secrets.get_random_password, **asked)[0] == "InvalidParameterException"
