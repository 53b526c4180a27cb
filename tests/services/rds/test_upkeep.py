"""What an instance can become, and the logs that it may export."""

from tests.services.rds.test_instances import refused


def test_a_version_that_is_not_installed_is_refused_as_aws_refuses_an_upgrade(rds, create, becomes):
    create()
    becomes("available")
    current = rds.describe_db_instances()["DBInstances"][0]["EngineVersion"]
    rds.modify_db_instance(DBInstanceIdentifier="shop", EngineVersion=current)
    rds.modify_db_instance(DBInstanceIdentifier="shop", EngineVersion="15")
    with refused(rds, "InvalidParameterCombination", f"Cannot upgrade postgres from {current} to 16.1"):
        rds.modify_db_instance(DBInstanceIdentifier="shop", EngineVersion="16.1", AllowMajorVersionUpgrade=True)


def test_storage_may_grow_and_not_shrink(rds, create, becomes):
    create(AllocatedStorage=30)
    with refused(rds, "InvalidDBInstanceState"):
        rds.describe_valid_db_instance_modifications(DBInstanceIdentifier="shop")
    becomes("available")
    found = rds.describe_valid_db_instance_modifications(DBInstanceIdentifier="shop")
    storage = {each["StorageType"]: each for each in found["ValidDBInstanceModificationsMessage"]["Storage"]}
    assert storage["gp3"]["StorageSize"][0]["From"] == 30
    assert storage["gp3"]["SupportsStorageAutoscaling"]
    assert rds.describe_pending_maintenance_actions()["PendingMaintenanceActions"] == []


def test_only_logs_that_an_engine_has_are_exported(rds, create, becomes):
    """Source: `EnableCloudwatchLogsExports` in the API reference of CreateDBInstance."""
    with refused(rds, "InvalidParameterCombination", "You cannot use the log types 'slowquery'"):
        create(EnableCloudwatchLogsExports=["slowquery"])
    assert create(EnableCloudwatchLogsExports=["postgresql"])["EnabledCloudwatchLogsExports"] == ["postgresql"]
    becomes("available")
    rds.modify_db_instance(
        DBInstanceIdentifier="shop", CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]}
    )
    assert not rds.describe_db_instances()["DBInstances"][0].get("EnabledCloudwatchLogsExports")


def test_log_files_are_asked_for_where_a_machine_runs(rds, create, becomes):
    create()
    with refused(rds, "DBInstanceNotReady"):
        rds.describe_db_log_files(DBInstanceIdentifier="shop")
    becomes("available")
    with refused(rds, "DBInstanceNotReady"):
        rds.download_db_log_file_portion(DBInstanceIdentifier="shop", LogFileName="error/postgresql.log")
    with refused(rds, "DBInstanceNotFound"):
        rds.describe_db_log_files(DBInstanceIdentifier="other")
