"""The database: MySQL of RDS in two availability zones, or on a machine of its own."""

from contextlib import suppress
from textwrap import dedent

from signup_deployment import ground
from signup_deployment.plan import Plan, unless_gone, until

ON_A_MACHINE = """\
    #!/bin/bash
    set -e
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q update
    apt-get -q install -y --no-install-recommends mariadb-server python3-boto3
    printf '[mysqld]\\nbind-address = 0.0.0.0\\n' > /etc/mysql/mariadb.conf.d/90-network.cnf
    systemctl restart mariadb
    python3 - <<'END' | mysql
    import boto3, json
    secret = boto3.client("secretsmanager", region_name="{region}").get_secret_value(SecretId="{name}/database")
    password = json.loads(secret["SecretString"])["admin"]
    print(f"CREATE OR REPLACE USER admin IDENTIFIED BY '{{password}}';")
    print("GRANT ALL PRIVILEGES ON *.* TO admin WITH GRANT OPTION;")
    END
    """


def make(plan: Plan) -> str:
    assert plan.passwords  # Secrets Manager has them before anything asks for them
    return _make_rds(plan) if plan.database == "rds" else _make_machine(plan)


def _make_rds(plan: Plan) -> str:
    rds = plan.client("rds")
    with suppress(rds.exceptions.DBInstanceAlreadyExistsFault):
        rds.create_db_instance(
            DBInstanceIdentifier=plan.name, Engine="mysql", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
            StorageType="gp2", MultiAZ=True, PubliclyAccessible=False, MasterUsername="admin",
            MasterUserPassword=plan.passwords["admin"], VpcSecurityGroupIds=[plan.found["database group"]],
            Tags=plan.tags,
        )  # fmt: skip

    def available() -> dict[str, object] | None:
        found: dict[str, object] = rds.describe_db_instances(DBInstanceIdentifier=plan.name)["DBInstances"][0]
        return found if found["DBInstanceStatus"] == "available" else None

    found = until(available, "the database", 1800, 1)
    plan.found["database"] = found["Endpoint"]["Address"]
    second = f", ready to go on in {found['SecondaryAvailabilityZone']}" if "SecondaryAvailabilityZone" in found else ""
    return f"{plan.found['database']} in {found['AvailabilityZone']}{second}"


def _make_machine(plan: Plan) -> str:
    script = dedent(ON_A_MACHINE).format(name=plan.name, region=plan.region)
    machine = ground.make_machine(plan, "database", plan.found["database group"], script)
    plan.found["database"] = machine["PrivateIpAddress"]
    return f"MariaDB on {machine['InstanceId']} ({machine['PrivateIpAddress']})"


def delete(plan: Plan) -> None:
    if plan.database == "rds":
        rds = plan.client("rds")
        gone = {"DBInstanceIdentifier": plan.name, "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True}
        if unless_gone(rds.delete_db_instance, **gone):
            rds.get_waiter("db_instance_deleted").wait(
                DBInstanceIdentifier=plan.name, WaiterConfig={"Delay": 2, "MaxAttempts": 900}
            )
    ground.delete_machine(plan, "database")
    vault = plan.client("secretsmanager")
    unless_gone(vault.delete_secret, SecretId=f"{plan.name}/database", ForceDeleteWithoutRecovery=True)
