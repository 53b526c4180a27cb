import json
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from tests.cloud import TestCloud


def make(iam, service: str = "elasticbeanstalk.amazonaws.com", **options):
    return iam.create_service_linked_role(AWSServiceName=service, **options)["Role"]


def test_a_service_gets_the_role_that_it_wants(iam, cloud: TestCloud):
    """Elastic Beanstalk guide, "Using service-linked roles"."""
    made = make(iam, Description="for the platform")
    name = "AWSServiceRoleForElasticBeanstalk"
    assert made["Arn"] == f"arn:aws:iam::{cloud.account}:role/aws-service-role/elasticbeanstalk.amazonaws.com/{name}"
    trust = made["AssumeRolePolicyDocument"]
    trust = trust if isinstance(trust, dict) else json.loads(unquote(trust))
    assert trust["Statement"][0]["Principal"] == {"Service": ["elasticbeanstalk.amazonaws.com"]}
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AWSElasticBeanstalkServiceRolePolicy"]
    with pytest.raises(iam.exceptions.InvalidInputException, match="has been taken in this account"):
        make(iam)


def test_a_suffix_is_for_the_services_that_take_one(iam):
    assert make(iam, "autoscaling.amazonaws.com", CustomSuffix="x")["RoleName"] == "AWSServiceRoleForAutoScaling_x"
    with pytest.raises(iam.exceptions.InvalidInputException, match="Custom suffix is not allowed"):
        make(iam, CustomSuffix="x")
    with pytest.raises(iam.exceptions.InvalidInputException):
        make(iam, "nobody.amazonaws.com")


def test_customers_do_not_change_a_service_linked_role_and_nobody_else_assumes_it(iam, cloud: TestCloud):
    role = make(iam)
    for call in (
        iam.delete_role,
        lambda RoleName: iam.update_assume_role_policy(RoleName=RoleName, PolicyDocument="{}"),
    ):
        with pytest.raises(iam.exceptions.UnmodifiableEntityException):
            call(RoleName=role["RoleName"])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="session")


def test_its_deletion_is_a_task(iam):
    role = make(iam)
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert task.startswith("task/aws-service-role/elasticbeanstalk.amazonaws.com/AWSServiceRoleForElasticBeanstalk/")
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName=role["RoleName"])
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_service_linked_role_deletion_status(DeletionTaskId=f"{task}x")
