import json

import pytest

from tests.cloud import Keys
from tests.services.iam.policies import EC2_TRUST, allow, refusal


def trusting(*arns: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": list(arns)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusted(iam) -> list[str]:
    """Whom the role `web` trusts, as it is shown."""
    names = iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]
    return names if isinstance(names, list) else [names]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ("{", "This policy contains invalid Json"),
        (allow("sts:AssumeRole"), None),
        (trusting("arn:aws:iam::000000000000:root").replace("sts:AssumeRole", "s3:GetObject"), None),
    ],
)
def test_a_trust_policy_that_is_none_is_refused(iam, document, sentence):
    code, message = refusal(iam.create_role, RoleName="web", AssumeRolePolicyDocument=document)
    assert code == "MalformedPolicyDocument"
    assert sentence is None or message == sentence


def test_a_trust_policy_names_users_and_roles_that_there_are(iam, cloud):
    """IAM guide, "AWS JSON policy elements: Principal": IAM refuses a principal that does not exist."""
    alice = f"arn:aws:iam::{cloud.account}:user/alice"
    assert refusal(iam.create_role, RoleName="web", AssumeRolePolicyDocument=trusting(alice)) == (
        "MalformedPolicyDocument",
        f'Invalid principal in policy: "AWS":"{alice}"',
    )
    iam.create_user(UserName="alice")
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trusting(alice, f"arn:aws:iam::{cloud.account}:root"))
    wrong_path = alice.replace("user/", "user/x/")
    assert (
        refusal(iam.update_assume_role_policy, RoleName="web", PolicyDocument=trusting(wrong_path))[0]
        == "MalformedPolicyDocument"
    )


def test_a_principal_of_an_account_elsewhere_is_taken_at_its_word(iam):
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trusting("arn:aws:iam::000000000000:role/agent"))


def test_a_trust_policy_has_2048_characters_at_most(iam):
    """IAM guide, "IAM and AWS STS quotas": role trust policy length."""
    arns = [f"arn:aws:iam::{number:012}:root" for number in range(80)]
    assert refusal(iam.create_role, RoleName="web", AssumeRolePolicyDocument=trusting(*arns)) == (
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 2048",
    )


def test_a_renamed_user_stays_trusted(iam, cloud):
    """IAM guide, "AWS JSON policy elements: Principal": IAM keeps the unique id of a principal, and shows its ARN."""
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    root = f"arn:aws:iam::{cloud.account}:root"
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trusting(arn, root))
    iam.update_user(UserName="alice", NewUserName="alicia")
    assert trusted(iam) == [arn.replace("alice", "alicia"), root]
    iam.update_user(UserName="alicia", NewPath="/people/")
    assert trusted(iam) == [f"arn:aws:iam::{cloud.account}:user/people/alicia", root]


def test_of_a_deleted_user_the_unique_id_is_left_and_a_new_one_of_the_name_is_not_trusted(iam):
    """The same page: if you delete and recreate the user, its new unique id does not match the one in the policy."""
    user = iam.create_user(UserName="alice")["User"]
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=trusting(user["Arn"]))
    iam.delete_user(UserName="alice")
    iam.create_user(UserName="alice")
    assert trusted(iam) == [user["UserId"]]


def test_of_a_deleted_role_the_unique_id_is_left(iam):
    role = iam.create_role(RoleName="agent", AssumeRolePolicyDocument=EC2_TRUST)["Role"]
    document = trusting(role["Arn"]).replace(f'["{role["Arn"]}"]', f'"{role["Arn"]}"')
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=document)
    iam.delete_role(RoleName="agent")
    assert trusted(iam) == [role["RoleId"]]


def test_trust_follows_into_other_accounts(iam, cloud):
    user = iam.create_user(UserName="alice")["User"]
    key = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    other = cloud.client("iam", Keys(key["access_key_id"], key["secret_access_key"]))
    other.create_role(RoleName="web", AssumeRolePolicyDocument=trusting(user["Arn"]))
    iam.delete_user(UserName="alice")
    assert trusted(other) == [user["UserId"]]


def test_what_a_condition_says_is_not_changed(iam, cloud):
    arn = iam.create_user(UserName="alice")["User"]["Arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "sts:AssumeRole",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": arn}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=document)
    iam.update_user(UserName="alice", NewUserName="alicia")
    shown = iam.get_role(RoleName="web")["Role"]["AssumeRolePolicyDocument"]["Statement"]
    assert shown["Principal"]["AWS"] == arn.replace("alice", "alicia")
    assert shown["Condition"] == statement["Condition"]
