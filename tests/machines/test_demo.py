"""The deployment of `signup` as a user gets it: made, made again, failing over, taken down."""

import re
import subprocess
import urllib.request

import pytest

from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines


def page(address, path="/", data=None):
    with urllib.request.urlopen(f"http://{address}{path}", data, timeout=5) as answer:
        return answer.read().decode()


def resolved(ground, name):
    """The addresses of a name, as the cloud's DNS server says."""
    import dns.message
    import dns.query

    host, port = ground.cloud.printed["dns"].rsplit(":", 1)
    answer = dns.query.udp(dns.message.make_query(name, "A"), host, port=int(port), timeout=5)
    return {item.address for each in answer.answer for item in each}


@pytest.fixture(scope="module")
def demo(ground):
    """What the deployment has found."""
    return ground.run("demo", "--data", ground.data, "--json", timeout=400).json


def test_the_application_takes_a_form_and_shows_it(demo):
    form = b"name=Anne&email=anne@example.com&password=secret"
    assert "Thank you" in page(demo["address"], "/", form)
    assert "anne@example.com" in page(demo["address"], "/admin")


def test_an_attachment_goes_to_the_bucket_and_comes_back_by_its_signed_link(demo):
    subprocess.run(
        ["curl", "-sf", "-F", "name=Bert", "-F", "email=b@example.com", "-F", "password=secret",
         "-F", "attachment=@-;filename=note.txt", f"http://{demo['address']}/"], input=b"a note", check=True,
        timeout=60,
    )  # fmt: skip
    link = re.search(r'href="(http[^"]*note\.txt\?[^"]*)"', page(demo["address"], "/admin"))[1].replace("&amp;", "&")
    with urllib.request.urlopen(link, timeout=5) as answer:
        assert answer.read() == b"a note"


def test_the_database_is_open_to_the_web_group_only(ground, demo):
    groups = ground.ec2.describe_security_groups(GroupNames=["signup-database", "signup-web"])["SecurityGroups"]
    rules = {each["GroupName"]: each["IpPermissions"] for each in groups}
    (rule,) = rules["signup-database"]
    assert rule["IpRanges"] == []
    assert [each["GroupId"] for each in rule["UserIdGroupPairs"]] == [demo["web group"]]


def test_a_second_run_changes_nothing(ground, demo):
    before = [
        each["InstanceId"] for one in ground.ec2.describe_instances()["Reservations"] for each in one["Instances"]
    ]
    assert ground.run("demo", "--data", ground.data, "--json", timeout=400).json == demo
    after = [each["InstanceId"] for one in ground.ec2.describe_instances()["Reservations"] for each in one["Instances"]]
    assert after == before


def test_when_the_application_stops_its_name_leads_to_the_maintenance_page(ground, demo):
    assert resolved(ground, demo["host"]) == {demo["address"]}
    ssh = ["ssh", "--data", ground.data, "-i", ground.data / "demo" / "signup.pem", "signup-web", "--", "sudo"]
    ground.run(*ssh, "systemctl", "stop", "signup")
    other = eventually(lambda: resolved(ground, demo["host"]) - {demo["address"]}, 240, 0.5)
    assert other
    website = demo["host"] + ".s3-website.us-east-1.amazonaws.com"
    endpoint = ground.cloud.endpoint.rpartition("/")[2]
    request = urllib.request.Request(f"http://{endpoint}/", headers={"Host": website})
    assert "Back soon" in urllib.request.urlopen(request, timeout=5).read().decode()
    ground.run(*ssh, "systemctl", "start", "signup")
    assert eventually(lambda: resolved(ground, demo["host"]) == {demo["address"]}, 240, 0.5)


def test_what_is_taken_down_leaves_nothing(ground, demo):
    ground.run("demo", "--delete", "--data", ground.data, timeout=400)
    ec2 = ground.ec2
    alive = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped", "shutting-down"]}]
    left = {
        "instances": ec2.describe_instances(Filters=alive)["Reservations"],
        "volumes": ec2.describe_volumes()["Volumes"],
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "addresses": ec2.describe_addresses()["Addresses"],
        "groups": [each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]],
        "keys": [each["KeyName"] for each in ec2.describe_key_pairs()["KeyPairs"]],
        "buckets": ground.client("s3").list_buckets()["Buckets"],
        "zones": ground.client("route53").list_hosted_zones()["HostedZones"],
        "checks": ground.client("route53").list_health_checks()["HealthChecks"],
        "topics": ground.client("sns").list_topics()["Topics"],
        "secrets": ground.client("secretsmanager").list_secrets()["SecretList"],
        "profiles": ground.client("iam").list_instance_profiles()["InstanceProfiles"],
        "roles": [each for each in ground.client("iam").list_roles()["Roles"] if each["RoleName"] == "signup"],
    }
    assert {what: found for what, found in left.items() if found} == {"groups": ["default"], "keys": ["lab"]}
    assert not (ground.data / "demo").exists()
