import pytest

from groundcloud.engines.objects.local import LocalObjects
from groundcloud.services.rds.records import DBInstance
from tests.cloud import TestCloud


@pytest.fixture()
def cloud(tmp_path):
    """A cloud that says that it has machines, and whose controllers nobody runs: instances stay as calls leave them."""
    made = TestCloud(tmp_path, engines={"objects": LocalObjects(tmp_path / "objects"), "machines": object()})
    yield made
    made.close()


@pytest.fixture()
def rds(cloud):
    return cloud.client("rds")


@pytest.fixture()
def ec2(cloud):
    return cloud.client("ec2")


@pytest.fixture()
def create(rds):
    """Ask for an instance; what is not given is usual."""

    def ask(name="shop", **more):
        asked = {
            "DBInstanceIdentifier": name, "Engine": "postgres", "DBInstanceClass": "db.t3.micro",
            "AllocatedStorage": 20, "MasterUsername": "lab", "MasterUserPassword": "not-so-secret",
        }  # fmt: skip
        return rds.create_db_instance(**{**asked, **more})["DBInstance"]

    return ask


@pytest.fixture()
def becomes(cloud):
    """Put an instance into a status, as its controller would."""

    def put(status, name="shop", **fields):
        def work(tx):
            found = tx.get(DBInstance, cloud.account, "us-east-1", name)
            found.db_instance_status = status
            found.availability_zone = found.availability_zone or "us-east-1a"
            for field, value in fields.items():
                setattr(found, field, value)
            tx.put(found)

        cloud.store.write(work)

    return put
