"""The errors RDS answers with, in AWS's words."""

from groundcloud.errors import AwsError


class DBInstanceNotFound(AwsError, status=404):
    """DBInstance {db_instance_identifier} not found."""


class DBInstanceAlreadyExists(AwsError):
    """DB instance already exists"""


class DBSnapshotNotFound(AwsError, status=404):
    """DBSnapshot {db_snapshot_identifier} not found."""


class DBSnapshotAlreadyExists(AwsError):
    """Cannot create the snapshot because a snapshot with the identifier {name} already exists."""


class DBSubnetGroupNotFound(AwsError, code="DBSubnetGroupNotFoundFault", status=404):
    """DB subnet group '{db_subnet_group_name}' does not exist."""


class DBSubnetGroupAlreadyExists(AwsError):
    """The DB subnet group '{name}' already exists."""


class DBSubnetGroupDoesNotCoverEnoughAZs(AwsError):
    """The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {zones}. Add
    subnets to cover at least 2 AZs."""


class InvalidSubnet(AwsError):
    """{reason}"""


class InvalidVPCNetworkState(AwsError, code="InvalidVPCNetworkStateFault"):
    """{reason}"""


class InvalidDBSubnetGroupState(AwsError, code="InvalidDBSubnetGroupStateFault"):
    """Cannot delete the subnet group '{name}' because at least one database instance: {user} is still using it."""


class DBParameterGroupNotFound(AwsError, status=404):
    """DBParameterGroup not found: {db_parameter_group_name}"""


class DBParameterGroupAlreadyExists(AwsError):
    """Parameter group {name} already exists"""


class InvalidDBParameterGroupState(AwsError):
    """{reason}"""


class OptionGroupNotFound(AwsError, code="OptionGroupNotFoundFault", status=404):
    """Specified OptionGroupName: {option_group_name} not found."""


class OptionGroupAlreadyExists(AwsError, code="OptionGroupAlreadyExistsFault"):
    """An option group named {name} already exists."""


class InvalidOptionGroupState(AwsError, code="InvalidOptionGroupStateFault"):
    """{reason}"""


class InvalidDBInstanceState(AwsError):
    """{reason}"""


class InvalidDBSnapshotState(AwsError):
    """{reason}"""


class InvalidParameterValue(AwsError):
    """{reason}"""


class InvalidParameterCombination(AwsError):
    """{reason}"""


class InvalidRestore(AwsError, code="InvalidRestoreFault"):
    """{reason}"""


class KMSKeyNotAccessible(AwsError, code="KMSKeyNotAccessibleFault"):
    """{reason}"""


class PointInTimeRestoreNotEnabled(AwsError):
    """Automated backups are not enabled for the DB instance {name}."""


class DBInstanceAutomatedBackupNotFound(AwsError, status=404):
    """Unable to find an automated backup of {dbi_resource_id}."""


class InvalidDBInstanceAutomatedBackupState(AwsError):
    """{reason}"""


class CertificateNotFound(AwsError, status=404):
    """Certificate {name} not found."""


class DBLogFileNotFound(AwsError, code="DBLogFileNotFoundFault", status=404):
    """DBLogFile not found: {name}"""


class DBInstanceNotReady(AwsError):
    """The DB instance {db_instance_identifier} is not ready: its log files cannot be read now."""


class SubscriptionNotFound(AwsError, status=404):
    """Event subscription {cust_subscription_id} not found."""


class SubscriptionAlreadyExist(AwsError):
    """Event subscription already exists: {name}"""


class EventSubscriptionQuotaExceeded(AwsError):
    """An account has at most {most} event subscriptions."""


class SubscriptionCategoryNotFound(AwsError, status=404):
    """The following event categories were not found: {names}"""


class SourceNotFound(AwsError, status=404):
    """Source {name} not found."""


class SNSInvalidTopic(AwsError):
    """SNS topic {arn} is not valid for event subscriptions."""


class SNSTopicArnNotFound(AwsError, status=404):
    """The SNS topic {arn} does not exist."""


class StorageTypeNotSupported(AwsError):
    """{reason}"""


class InvalidMarker(AwsError, code="InvalidParameterValue"):
    """The request cannot be processed because the marker is invalid."""


class NoMachines(AwsError, code="InsufficientDBInstanceCapacity"):
    """This cloud has no machines: databases need `groundcloud up` as root on Linux. `groundcloud doctor` says what is
    missing."""


class DBClusterNotFound(AwsError, code="DBClusterNotFoundFault", status=404):
    """DBCluster {db_cluster_identifier} not found."""


class DBClusterAlreadyExists(AwsError, code="DBClusterAlreadyExistsFault"):
    """DB Cluster already exists"""


class InvalidDBClusterState(AwsError, code="InvalidDBClusterStateFault"):
    """{reason}"""


class ResourceNotFound(AwsError, code="InvalidParameterValue"):
    """Invalid resource name: {name}"""
