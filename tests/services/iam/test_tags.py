import pytest

from tests.services.iam.policies import EC2_TRUST, allow, keys_for, refusal


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


class Tagged:
    """One resource and its tag operations, under one name for all kinds."""

    def __init__(self, iam, kind, cloud):
        self.iam, self.kind = iam, kind
        camel = "".join(part.capitalize() for part in kind.split("_"))
        self.name = {f"{camel}Name": "subject"}
        self.arguments = {
            "role": {"AssumeRolePolicyDocument": EC2_TRUST},
            "policy": {"PolicyDocument": allow("s3:*")},
        }.get(kind, {})
        getattr(iam, f"create_{kind}")(**self.name, **self.arguments)
        if kind == "policy":
            self.name = {"PolicyArn": f"arn:aws:iam::{cloud.account}:policy/subject"}
        self.missing = {key: value.replace("subject", "nobody") for key, value in self.name.items()}

    def tag(self, tags):
        return getattr(self.iam, f"tag_{self.kind}")(**self.name, Tags=tags)

    def untag(self, *keys):
        return getattr(self.iam, f"untag_{self.kind}")(**self.name, TagKeys=list(keys))

    def list(self, **page):
        return getattr(self.iam, f"list_{self.kind}_tags")(**self.name, **page)

    @property
    def folds(self):
        return self.kind in ("user", "role")


@pytest.fixture(params=["user", "role", "instance_profile", "policy"])
def tagged(iam, cloud, request):
    return Tagged(iam, request.param, cloud)


def test_tags_are_set_replaced_listed_by_key_and_taken_away(tagged):
    tagged.tag(tags(b="1", a="2"))
    assert tagged.list()["Tags"] == tags(a="2", b="1")
    tagged.tag(tags(a=""))
    assert tagged.list()["Tags"] == tags(a="", b="1")
    tagged.untag("b", "never-there")
    assert tagged.list()["Tags"] == tags(a="")


def test_tags_come_in_pages(tagged):
    tagged.tag(tags(a="1", b="2", c="3"))
    first = tagged.list(MaxItems=2)
    assert first["Tags"] == tags(a="1", b="2")
    assert tagged.list(Marker=first["Marker"])["Tags"] == tags(c="3")


def test_capitals_in_keys_matter_except_for_users_and_roles(tagged):
    """IAM guide, "Tags for IAM resources", Rules for tagging: keys of users and roles are not case-sensitive."""
    tagged.tag(tags(Team="a"))
    tagged.tag(tags(team="b"))
    assert tagged.list()["Tags"] == (tags(team="b") if tagged.folds else tags(Team="a", team="b"))
    tagged.untag("TEAM", "Team")
    assert tagged.list()["Tags"] == ([] if tagged.folds else tags(team="b"))


def test_a_key_is_given_once(tagged):
    note = " Please note that Tag keys are case insensitive." if tagged.folds else ""
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refusal(tagged.tag, tags=twice) == ("InvalidInput", f"Duplicate tag keys found.{note}")
    if tagged.folds:
        assert refusal(tagged.tag, tags=tags(a="1", A="2"))[0] == "InvalidInput"


def test_keys_that_begin_with_aws_are_awss(tagged):
    """IAM guide, "Tags for IAM resources": the prefix aws: is reserved, in whatever capitals."""
    assert refusal(tagged.tag, tags=[{"Key": "AWS:x", "Value": "1"}])[0] == "InvalidInput"


def test_there_are_fifty_tags_at_most(tagged):
    tagged.tag([{"Key": f"k{number}", "Value": ""} for number in range(50)])
    tagged.tag(tags(k0="again"))
    assert refusal(tagged.tag, tags=tags(more=""))[0] == "LimitExceeded"


def test_what_is_not_there_has_no_tags(tagged):
    for call, more in (("tag", {"Tags": tags(a="1")}), ("untag", {"TagKeys": ["a"]})):
        code, _ = refusal(getattr(tagged.iam, f"{call}_{tagged.kind}"), **tagged.missing, **more)
        assert code == "NoSuchEntity"
    assert refusal(getattr(tagged.iam, f"list_{tagged.kind}_tags"), **tagged.missing)[0] == "NoSuchEntity"


def test_a_policy_may_speak_of_tags(iam, cloud):
    """Global condition keys aws:ResourceTag, aws:RequestTag and aws:TagKeys."""
    iam.create_user(UserName="alice")
    iam.create_user(UserName="ours", Tags=tags(team="a"))
    iam.create_user(UserName="theirs", Tags=tags(team="b"))
    document = allow(
        "iam:TagUser",
        Condition={
            "StringEquals": {"iam:ResourceTag/team": "a", "aws:RequestTag/stage": "test"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]},
        },
    )
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    alice = keys_for(cloud, iam, "alice")
    alice.tag_user(UserName="ours", Tags=tags(stage="test"))
    assert refusal(alice.tag_user, UserName="theirs", Tags=tags(stage="test"))[0] == "AccessDenied"
    assert refusal(alice.tag_user, UserName="ours", Tags=tags(stage="live"))[0] == "AccessDenied"
    assert refusal(alice.tag_user, UserName="ours", Tags=tags(stage="test", x=""))[0] == "AccessDenied"
