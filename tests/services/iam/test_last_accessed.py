import json

import pytest

from groundcloud.services.iam.service_uses import ServiceUsed, note_service_uses
from tests.cloud import TestCloud

DOCUMENT = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "sqs:Send*"], "Resource": "*"}]}
)


@pytest.fixture()
def alice(iam) -> str:
    arn: str = iam.create_user(UserName="alice")["User"]["Arn"]
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=DOCUMENT)
    return arn


def use(cloud: TestCloud, arn: str, action: str, region: str = "us-east-1") -> None:
    used = ServiceUsed(cloud.account, arn, "s3", action, region, cloud.clock())
    cloud.store.write(lambda tx: note_service_uses(tx, [used]))


def services(iam, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, dict]:
    job = iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    assert len(job) == 36
    found = iam.get_service_last_accessed_details(JobId=job)
    assert found["JobStatus"] == "COMPLETED"
    assert found["JobType"] == granularity
    return {each["ServiceNamespace"]: each for each in found["ServicesLastAccessed"]}


def test_the_services_that_policies_allow_are_listed_with_their_last_use(iam, cloud: TestCloud, alice: str):
    use(cloud, alice, "GetObject")
    cloud.clock.advance(minutes=5)
    use(cloud, alice, "PutObject", "eu-west-1")
    found = services(iam, alice)
    assert sorted(found) == ["s3", "sqs"]
    assert found["s3"]["LastAuthenticated"] == cloud.clock()
    assert found["s3"]["LastAuthenticatedEntity"] == alice
    assert found["s3"]["LastAuthenticatedRegion"] == "eu-west-1"
    assert found["s3"]["TotalAuthenticatedEntities"] == 1
    assert "LastAuthenticated" not in found["sqs"]


def test_operations_are_told_on_demand(iam, cloud: TestCloud, alice: str):
    use(cloud, alice, "GetObject")
    actions = services(iam, alice, "ACTION_LEVEL")["s3"]["TrackedActionsLastAccessed"]
    assert [(each["ActionName"], each["LastAccessedEntity"]) for each in actions] == [("GetObject", alice)]


def test_a_use_is_forgotten_after_four_hundred_days(iam, cloud: TestCloud, alice: str):
    """IAM guide, "Refine permissions using last accessed information"."""
    job = iam.generate_service_last_accessed_details(Arn=alice)["JobId"]
    used = ServiceUsed(cloud.account, alice, "s3", "GetObject", "us-east-1", cloud.clock())
    from datetime import timedelta

    old = used._replace(time=used.time - timedelta(days=401))
    cloud.store.write(lambda tx: note_service_uses(tx, [old]))
    found = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert all("LastAuthenticated" not in each for each in found)
    cloud.store.write(lambda tx: note_service_uses(tx, [used, old]))
    found = iam.get_service_last_accessed_details(JobId=job)["ServicesLastAccessed"]
    assert [each["LastAuthenticated"] for each in found if "LastAuthenticated" in each] == [used.time]


def test_a_policy_is_asked_about_with_whom_it_is_attached_to(iam, cloud: TestCloud, alice: str):
    policy = iam.create_policy(PolicyName="mine", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_user(UserName="bob")
    for name in ("alice", "bob"):
        iam.attach_user_policy(UserName=name, PolicyArn=policy)
    use(cloud, alice, "GetObject")
    job = iam.generate_service_last_accessed_details(Arn=policy)["JobId"]
    found = iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="s3")
    entities = {each["EntityInfo"]["Name"]: each.get("LastAuthenticated") for each in found["EntityDetailsList"]}
    assert entities == {"alice": cloud.clock(), "bob": None}


def test_a_job_or_an_entity_that_is_not_there_is_said_so(iam, alice: str):
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.generate_service_last_accessed_details(Arn=f"{alice}x")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_service_last_accessed_details(JobId="0" * 36)
