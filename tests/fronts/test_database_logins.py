"""Tokens of `generate_db_auth_token`, as boto3 makes them, before the door of a database."""

import json

import boto3
import pytest

from groundcloud.fronts.database_logins import DatabaseLogins, Refused
from groundcloud.services.rds.records import DBInstance
from tests.cloud import Keys

ENDPOINT = "shop.cabcdefghijk.us-east-1.rds.amazonaws.com"


@pytest.fixture()
def instance(cloud):
    return DBInstance(
        cloud.account, "us-east-1", "shop", "db-ABCDEFGH", "db.t3.micro", "postgres", "15.18", "lab", 20, 5432,
        ENDPOINT, "default", "vpc-1", [], "default.postgres15", "default:postgres-15", cloud.clock(),
        iam_database_authentication_enabled=True,
    )  # fmt: skip


@pytest.fixture()
def check(cloud, instance):
    """Whether a token lets a user in; what speaks against it is raised."""
    world = cloud.cloud.world
    logins = DatabaseLogins(cloud.store, world.identities, cloud.clock, cloud.cloud.within_rds)

    def ask(user, token):
        with cloud.store.snapshot() as tx:
            logins.check(tx, instance, user, token)

    return ask


@pytest.fixture()
def iam(cloud):
    return cloud.client("iam")


def allowing(cloud, user, region="us-east-1"):
    resource = f"arn:aws:rds-db:{region}:{cloud.account}:dbuser:db-ABCDEFGH/{user}"
    statement = [{"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}]
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture()
def jane(cloud, iam):
    """The keys of a user who may connect as `jane_doe`."""
    iam.create_user(UserName="jane")
    iam.put_user_policy(UserName="jane", PolicyName="p", PolicyDocument=allowing(cloud, "jane_doe"))
    return Keys.of(iam.create_access_key(UserName="jane")["AccessKey"])


def token(keys, user="jane_doe", host=ENDPOINT, port=5432, region="us-east-1"):
    session = boto3.Session(
        aws_access_key_id=keys.access_key_id, aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token, region_name=region,
    )  # fmt: skip
    return session.client("rds").generate_db_auth_token(host, port, user)


def test_a_token_of_boto3_lets_the_user_in_whom_a_policy_lets_connect(check, jane):
    check("jane_doe", token(jane))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"user": "somebody"}, "for another user"),
        ({"host": "store.cabcdefghijk.us-east-1.rds.amazonaws.com"}, "for another endpoint"),
        ({"port": 3306}, "for another endpoint"),
        ({"region": "eu-west-1"}, "(?i)region|scope"),
    ],
)
def test_a_token_for_something_else_is_refused(check, jane, more, reason):
    with pytest.raises(Refused, match=reason):
        check("jane_doe", token(jane, **more))


def test_a_token_that_somebody_changed_is_refused(check, jane):
    made = token(jane)
    with pytest.raises(Refused, match="signature"):
        check("jane_doe", made[:-1] + ("0" if made[-1] != "0" else "1"))
    with pytest.raises(Refused):
        check("jane_doe", "a password")


def test_a_token_is_good_for_fifteen_minutes(cloud, check, jane):
    made = token(jane)
    cloud.clock.advance(minutes=14)
    check("jane_doe", made)
    cloud.clock.advance(minutes=2)
    with pytest.raises(Refused, match="expired"):
        check("jane_doe", made)


def test_a_user_without_the_permission_or_with_it_for_another_name_stays_outside(cloud, iam, check):
    iam.create_user(UserName="eve")
    eve = Keys.of(iam.create_access_key(UserName="eve")["AccessKey"])
    with pytest.raises(Refused, match="rds-db:connect"):
        check("jane_doe", token(eve))
    iam.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=allowing(cloud, "eve"))
    with pytest.raises(Refused, match="rds-db:connect"):
        check("jane_doe", token(eve))
    iam.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=allowing(cloud, "*"))
    check("jane_doe", token(eve))


def test_the_keys_of_a_role_are_as_good(cloud, iam, check):
    trust = {"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName="app", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=allowing(cloud, "jane_doe"))
    made = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="app")["Credentials"]
    keys = Keys(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])
    check("jane_doe", token(keys))
    keys.session_token = keys.session_token[:-4] + "AAAA"
    with pytest.raises(Refused, match="session token"):
        check("jane_doe", token(keys))


def test_nobody_gets_in_by_a_token_where_iam_authentication_is_off(instance, check, jane):
    instance.iam_database_authentication_enabled = False
    with pytest.raises(Refused, match="not enabled"):
        check("jane_doe", token(jane))
