"""Libraries that many Python applications use, unmodified, on a real server: PynamoDB, AWS's Encryption SDK and its
client-side encryption of DynamoDB's items."""

from collections.abc import Iterator
from pathlib import Path

import aws_encryption_sdk
import boto3
import botocore.session
import pytest
from aws_encryption_sdk import StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.exceptions import AWSEncryptionSDKClientError
from dynamodb_encryption_sdk.encrypted.table import EncryptedTable
from dynamodb_encryption_sdk.exceptions import UnwrappingError
from dynamodb_encryption_sdk.identifiers import CryptoAction
from dynamodb_encryption_sdk.material_providers.aws_kms import AwsKmsCryptographicMaterialsProvider
from dynamodb_encryption_sdk.structures import AttributeActions
from pynamodb.attributes import ListAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import PutError, TransactWriteError
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from tests.clouds import CommandLine, RunningCloud

pytestmark = pytest.mark.clients


@pytest.fixture()
def up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningCloud]:
    command = CommandLine(tmp_path / "home")
    try:
        cloud = command.up(tmp_path / "cloud")
        monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloud.printed["access_key_id"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", cloud.printed["secret_access_key"])
        yield cloud
    finally:
        command.close()


def test_pynamodb_keeps_models(up: RunningCloud):
    class ByAge(GlobalSecondaryIndex):
        class Meta:
            index_name = "by-age"
            projection = AllProjection()

        city = UnicodeAttribute(hash_key=True)
        age = NumberAttribute(range_key=True)

    class Person(Model):
        class Meta:
            table_name = "people"
            region = "us-east-1"
            host = up.endpoint
            billing_mode = "PAY_PER_REQUEST"

        city = UnicodeAttribute(hash_key=True)
        name = UnicodeAttribute(range_key=True)
        age = NumberAttribute(default=0)
        pets: ListAttribute = ListAttribute(default=list)
        by_age = ByAge()

    Person.create_table(wait=True)
    with Person.batch_write() as batch:
        for number in range(30):
            batch.save(Person("Seoul", f"p{number:02}", age=number))
    ann = Person("Busan", "ann", age=30, pets=["cat"])
    ann.save(Person.name.does_not_exist())
    with pytest.raises(PutError):
        ann.save(Person.name.does_not_exist())
    ann.update([Person.age.add(1), Person.pets.set(Person.pets.append(["dog"]))], condition=Person.age == 30)
    found = Person.get("Busan", "ann")
    assert (found.age, found.pets) == (31, ["cat", "dog"])
    assert [one.name for one in Person.query("Seoul", Person.name.startswith("p0"), Person.age > 7)] == ["p08", "p09"]
    assert [one.age for one in Person.by_age.query("Seoul", ByAge.age < 3, scan_index_forward=False)] == [2, 1, 0]
    assert len(list(Person.scan(page_size=7))) == 31
    with pytest.raises(TransactWriteError), TransactWrite(connection=Person._get_connection().connection) as write:
        write.save(Person("Seoul", "new"))
        write.condition_check(Person, "Busan", "ann", condition=Person.age == 1)
    assert Person.count("Seoul") == 30


def test_the_encryption_sdk_wraps_its_keys_in_kms(up: RunningCloud):
    kms = up.client("kms")
    arns = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    client = aws_encryption_sdk.EncryptionSDKClient()

    def provider(*keys: str) -> StrictAwsKmsMasterKeyProvider:
        return StrictAwsKmsMasterKeyProvider(key_ids=keys, botocore_session=botocore.session.get_session())

    sealed, _ = client.encrypt(
        source=b"some bytes" * 1000, key_provider=provider(*arns), encryption_context={"purpose": "test"}
    )
    kms.disable_key(KeyId=arns[0])  # the other key opens it as well
    opened, header = client.decrypt(source=sealed, key_provider=provider(*arns))
    assert opened == b"some bytes" * 1000
    assert header.encryption_context["purpose"] == "test"
    with pytest.raises(AWSEncryptionSDKClientError):
        client.decrypt(source=sealed, key_provider=provider(arns[0]))


def test_the_encryption_client_keeps_items_that_dynamodb_cannot_read(up: RunningCloud):
    key = up.client("kms").create_key()["KeyMetadata"]["Arn"]
    table = boto3.resource("dynamodb").create_table(
        TableName="notes",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True},  # at rest as well, under another key
    )
    table.wait_until_exists()
    actions = AttributeActions(attribute_actions={"colour": CryptoAction.SIGN_ONLY})
    encrypted = EncryptedTable(
        table=table,
        materials_provider=AwsKmsCryptographicMaterialsProvider(key_id=key),
        attribute_actions=actions,
    )
    item = {"id": "a", "colour": "red", "text": "a secret", "tags": {"x", "y"}, "count": 7}
    encrypted.put_item(Item=item)
    assert encrypted.get_item(Key={"id": "a"})["Item"] == item
    stored = table.get_item(Key={"id": "a"})["Item"]
    assert stored["colour"] == "red"
    assert b"secret" not in stored["text"].value
    assert [one["text"] for one in encrypted.scan()["Items"]] == ["a secret"]
    up.client("kms").disable_key(KeyId=key)
    with pytest.raises(UnwrappingError):
        encrypted.get_item(Key={"id": "a"})
