"""The machine with the application, and the address that stays."""

import urllib.request
from textwrap import dedent
from typing import Any

from signup_deployment import ground
from signup_deployment.plan import Plan, until

INSTALL = """\
    #!/bin/bash
    # Installs the form and starts it on port 80; its output is in /var/log/cloud-init-output.log.
    set -e
    export DEBIAN_FRONTEND=noninteractive AWS_DEFAULT_REGION={region}
    apt-get -q update
    apt-get -q install -y --no-install-recommends python3-flask python3-pymysql python3-boto3 gunicorn
    python3 -c 'import boto3; boto3.client("s3").download_file("{bucket}", "{release}", "/tmp/signup.tar.gz")'
    tar -xzf /tmp/signup.tar.gz -C /opt --no-same-owner
    install -m 600 /dev/null /etc/signup.env
    cat > /etc/signup.env <<'END'
    DB_HOST={database}
    DB_NAME=form
    DB_USER=form_user
    S3_BUCKET={bucket}
    S3_REGION={region}
    S3_LINKS={links}
    PRESIGNED_URL=True
    END
    cd /opt/signup
    python3 - <<'END'
    import boto3, json, pymysql, time
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="{name}/database")["SecretString"]
    password = json.loads(secret)
    for attempt in range(120):
        try:
            database = pymysql.connect(host="{database}", user="admin", password=password["admin"], connect_timeout=5)
            break
        except pymysql.err.OperationalError as error:
            print("waiting for the database:", error)
            time.sleep(2)
    with database.cursor() as cursor:
        cursor.execute("CREATE DATABASE IF NOT EXISTS form")
        cursor.execute("CREATE USER IF NOT EXISTS form_user IDENTIFIED BY %s", [password["form_user"]])
        cursor.execute("GRANT ALL PRIVILEGES ON form.* TO form_user")
        cursor.execute("USE form")
        cursor.execute(open("schema.sql").read())
    with open("/etc/signup.env", "a") as settings:
        settings.write("DB_USERPASSWORD=" + password["form_user"] + "\\n")
    END
    cat > /etc/systemd/system/signup.service <<'END'
    [Unit]
    Description=The signup form
    After=network-online.target

    [Service]
    EnvironmentFile=/etc/signup.env
    WorkingDirectory=/opt/signup
    ExecStart=/usr/bin/gunicorn --bind 0.0.0.0:80 --workers 2 --access-logfile - form:app
    DynamicUser=yes
    AmbientCapabilities=CAP_NET_BIND_SERVICE
    Restart=on-failure

    [Install]
    WantedBy=multi-user.target
    END
    systemctl daemon-reload
    systemctl enable --now signup
    """


def make_machine(plan: Plan) -> str:
    script = dedent(INSTALL).format(
        name=plan.name, region=plan.region, bucket=plan.bucket, release=ground.RELEASE,
        database=plan.found["database"], links=plan.links(),
    )  # fmt: skip
    machine = ground.make_machine(plan, "web", plan.found["web group"], script)
    plan.found["instance"] = machine["InstanceId"]
    return f"{machine['InstanceId']} runs in {machine['Placement']['AvailabilityZone']}"


def delete_machine(plan: Plan) -> None:
    ground.delete_machine(plan, "web")


def _addresses(plan: Plan) -> list[dict[str, Any]]:
    wanted = [{"Name": "tag:Name", "Values": [f"{plan.name}-address"]}]
    found: list[dict[str, Any]] = plan.client("ec2").describe_addresses(Filters=wanted)["Addresses"]
    return found


def make_address(plan: Plan) -> str:
    ec2 = plan.client("ec2")
    found = _addresses(plan) or [ec2.allocate_address(
        Domain="vpc", TagSpecifications=plan.tagged("elastic-ip", "address")
    )]  # fmt: skip
    if found[0].get("InstanceId") != plan.found["instance"]:
        ec2.associate_address(AllocationId=found[0]["AllocationId"], InstanceId=plan.found["instance"])
    plan.found["address"] = found[0]["PublicIp"]
    return plan.found["address"]


def delete_address(plan: Plan) -> None:
    ec2 = plan.client("ec2")
    for found in _addresses(plan):
        if "AssociationId" in found:
            ec2.disassociate_address(AssociationId=found["AssociationId"])
        ec2.release_address(AllocationId=found["AllocationId"])


def wait_for_application(plan: Plan) -> str:
    url = f"http://{plan.found['address']}/"
    until(lambda: _answers(url + "health"), f"The application at {url}", 600)
    return f"{url} answers"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - the URL is made above
            return bool(answer.status == 200)
    except OSError:
        return False
