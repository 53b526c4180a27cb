"""Secrets and KMS: AWS's own key, a customer's, and who may."""

from tests.services.kms.conftest import refused


def allow(action, resource="*", **more) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def test_the_first_secret_makes_the_aws_managed_key(secrets, made, kms, user):
    """User Guide, "Secret encryption and decryption": everyone who may read the secret may use aws/secretsmanager."""
    aliases = {alias["AliasName"]: alias.get("TargetKeyId") for alias in kms.list_aliases()["Aliases"]}
    assert aliases["alias/aws/secretsmanager"]
    alice = user("alice", allow("secretsmanager:GetSecretValue", made["ARN"]), service="secretsmanager")
    assert alice.get_secret_value(SecretId="shop/db")["SecretString"] == '{"password": "one"}'
    code, _ = refused(alice.put_secret_value, SecretId="shop/db", SecretString="x")
    assert code == "AccessDeniedException"


def test_a_customers_key_takes_a_permission_of_its_own(secrets, kms, user):
    key = kms.create_key()["KeyMetadata"]
    secrets.create_secret(Name="mine", SecretString="x", KmsKeyId=key["KeyId"])
    reading = allow("secretsmanager:GetSecretValue")
    alice = user("alice", reading, service="secretsmanager")
    assert refused(alice.get_secret_value, SecretId="mine") == (
        "AccessDeniedException",
        "Access to KMS is not allowed",
    )
    via = {"StringEquals": {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}}
    bob = user("bob", reading, allow("kms:Decrypt", key["Arn"], Condition=via), service="secretsmanager")
    assert bob.get_secret_value(SecretId="mine")["SecretString"] == "x"
    kms.disable_key(KeyId=key["KeyId"])
    assert refused(secrets.get_secret_value, SecretId="mine")[0] == "DecryptionFailure"
    assert refused(secrets.put_secret_value, SecretId="mine", SecretString="y")[0] == "EncryptionFailure"


def test_another_key_encrypts_what_is_there_again(secrets, made, kms):
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    secrets.update_secret(SecretId="shop/db", KmsKeyId=key)
    assert secrets.get_secret_value(SecretId="shop/db")["VersionId"] == made["VersionId"]
    kms.disable_key(KeyId=key)
    assert refused(secrets.get_secret_value, SecretId="shop/db")[0] == "DecryptionFailure"


def test_no_value_is_on_the_disk_in_the_clear(secrets, tmp_path):
    secrets.create_secret(Name="hidden", SecretString="a value that is easily found")
    assert all(b"easily found" not in path.read_bytes() for path in tmp_path.iterdir() if path.is_file())


def test_no_value_is_in_the_trail_or_the_log(secrets, cloud):
    secrets.create_secret(Name="hidden", SecretString="a value that is easily found")
    secrets.get_secret_value(SecretId="hidden")
    assert "easily found" not in str(cloud.events()) + str(cloud.calls())


def test_replicas_follow_their_primary(secrets, cloud, made):
    far = cloud.client("secretsmanager", region_name="eu-west-1")
    assert refused(far.get_secret_value, SecretId="shop/db")[0] == "ResourceNotFoundException"
    answer = secrets.replicate_secret_to_regions(SecretId="shop/db", AddReplicaRegions=[{"Region": "eu-west-1"}])
    assert [status["Status"] for status in answer["ReplicationStatus"]] == ["InSync"]
    assert far.get_secret_value(SecretId="shop/db")["ARN"] == made["ARN"].replace("us-east-1", "eu-west-1")
    secrets.put_secret_value(SecretId="shop/db", SecretString="two")
    assert far.get_secret_value(SecretId="shop/db")["SecretString"] == "two"
    assert far.describe_secret(SecretId="shop/db")["PrimaryRegion"] == "us-east-1"
    assert refused(far.put_secret_value, SecretId="shop/db", SecretString="x")[0] == "InvalidRequestException"
    assert refused(secrets.delete_secret, SecretId="shop/db")[0] == "InvalidRequestException"
    far.stop_replication_to_replica(SecretId="shop/db")
    far.put_secret_value(SecretId="shop/db", SecretString="mine now")
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == "two"
    secrets.delete_secret(SecretId="shop/db")


def test_a_region_is_taken_out_of_replication(secrets, cloud):
    secrets.create_secret(Name="both", SecretString="x", AddReplicaRegions=[{"Region": "eu-west-1"}])
    secrets.remove_regions_from_replication(SecretId="both", RemoveReplicaRegions=["eu-west-1"])
    far = cloud.client("secretsmanager", region_name="eu-west-1")
    assert refused(far.describe_secret, SecretId="both")[0] == "ResourceNotFoundException"
