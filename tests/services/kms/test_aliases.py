from tests.services.kms.conftest import refused


def named(kms, prefix: str) -> list[dict]:
    return [alias for alias in kms.list_aliases()["Aliases"] if alias["AliasName"].startswith(prefix)]


def test_an_alias_stands_for_its_key(kms, key_id, cloud):
    kms.create_alias(AliasName="alias/shop/main", TargetKeyId=key_id)
    arn = f"arn:aws:kms:us-east-1:{cloud.account}:alias/shop/main"
    for name in ("alias/shop/main", arn):
        blob = kms.encrypt(KeyId=name, Plaintext=b"x")["CiphertextBlob"]
        assert kms.decrypt(CiphertextBlob=blob, KeyId=name)["Plaintext"] == b"x"
    (listed,) = named(kms, "alias/shop")
    assert (listed["AliasArn"], listed["TargetKeyId"]) == (arn, key_id)
    assert kms.list_aliases(KeyId=key_id)["Aliases"] == [listed]


def test_an_alias_moves_to_a_key_of_the_same_kind(kms, key_id):
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    signing = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)
    kms.update_alias(AliasName="alias/a", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/a")["KeyMetadata"]["KeyId"] == other
    assert refused(kms.update_alias, AliasName="alias/a", TargetKeyId=signing)[0] == "ValidationException"
    kms.delete_alias(AliasName="alias/a")
    assert refused(kms.describe_key, KeyId="alias/a")[0] == "NotFoundException"


def test_names_are_checked(kms, key_id, cloud):
    kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)
    assert refused(kms.create_alias, AliasName="alias/a", TargetKeyId=key_id) == (
        "AlreadyExistsException",
        f"An alias with the name arn:aws:kms:us-east-1:{cloud.account}:alias/a already exists",
    )
    assert refused(kms.create_alias, AliasName="plain", TargetKeyId=key_id)[0] == "InvalidAliasNameException"
    assert refused(kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=key_id)[0] == "NotAuthorizedException"


def test_an_operation_that_manages_a_key_takes_no_alias(kms, key_id):
    kms.create_alias(AliasName="alias/a", TargetKeyId=key_id)
    assert refused(kms.disable_key, KeyId="alias/a") == ("NotFoundException", "Invalid keyId 'alias/a'")


def test_describing_a_predefined_alias_makes_the_aws_managed_key(kms):
    """API reference, DescribeKey: "If you call the DescribeKey operation on a predefined AWS alias, that is, an AWS
    alias with no key ID, KMS creates an AWS managed key"."""
    assert all("TargetKeyId" not in alias for alias in named(kms, "alias/aws/"))
    made = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert made["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"] == made
    assert [alias["TargetKeyId"] for alias in named(kms, "alias/aws/s3")] == [made["KeyId"]]
    assert kms.get_key_rotation_status(KeyId=made["KeyId"])["KeyRotationEnabled"] is True


def test_an_aws_managed_key_is_for_its_service_alone(kms):
    key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["KeyId"]
    for call, arguments in (
        (kms.encrypt, {"Plaintext": b"x"}),
        (kms.schedule_key_deletion, {}),
        (kms.disable_key, {}),
        (kms.put_key_policy, {"Policy": "{}"}),
    ):
        assert refused(call, KeyId=key, **arguments)[0] == "AccessDeniedException"
