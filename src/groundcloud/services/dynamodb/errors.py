"""DynamoDB's errors. Sources: the API reference, "Error handling with DynamoDB", and the messages that AWS answers."""

from groundcloud.errors import AwsError


class ValidationException(AwsError):
    """{message}"""


class SerializationException(AwsError):
    """{message}"""


class ResourceNotFound(AwsError, code="ResourceNotFoundException"):
    """Requested resource not found"""


class TableNotFound(AwsError, code="ResourceNotFoundException"):
    """Requested resource not found: Table: {table_name} not found"""


class ResourceArnNotFound(AwsError, code="ResourceNotFoundException"):
    """Requested resource not found: ResourcArn: {arn} not found"""


class NoSuchTable(AwsError, code="TableNotFoundException"):
    """Table not found: {table_name}"""


class TableExists(AwsError, code="ResourceInUseException"):
    """Table already exists: {table_name}"""


class TableAlreadyExists(AwsError, code="TableAlreadyExistsException"):
    """Table already exists: {table_name}"""


class BackupNotFound(AwsError, code="BackupNotFoundException"):
    """Backup not found: {arn}"""


class BackupInUse(AwsError, code="BackupInUseException"):
    """Backup is being used by another operation: {arn}"""


class ContinuousBackupsUnavailable(AwsError, code="ContinuousBackupsUnavailableException"):
    """Backups are being used by another operation: {table_name}"""


class NoPointInTimeRecovery(AwsError, code="PointInTimeRecoveryUnavailableException"):
    """Point in time recovery is not enabled for table '{table_name}'"""


class InvalidRestoreTime(AwsError, code="InvalidRestoreTimeException"):
    """An invalid restore time was specified. RestoreDateTime must be between EarliestRestorableDateTime and
    LatestRestorableDateTime."""


class InvalidExportTime(AwsError, code="InvalidExportTimeException"):
    """The specified ExportTime is outside of the point in time recovery window."""


class ExportConflict(AwsError, code="ExportConflictException"):
    """There was a conflict when writing to the specified S3 bucket."""


class ExportNotFound(AwsError, code="ExportNotFoundException"):
    """Export not found: {arn}"""


class ImportConflict(AwsError, code="ImportConflictException"):
    """The same client token was used for another import."""


class ImportNotFound(AwsError, code="ImportNotFoundException"):
    """Import not found: {arn}"""


class TableInUse(AwsError, code="ResourceInUseException"):
    """Attempt to change a resource which is still in use: Table is being updated: {table_name}"""


class KmsAccessDenied(AwsError, code="AccessDeniedException"):
    """KMS key access denied error: {reason}"""


class ConditionalCheckFailed(AwsError, code="ConditionalCheckFailedException"):
    """The conditional request failed"""


class LimitExceeded(AwsError, code="LimitExceededException"):
    """{message}"""


class ItemCollectionTooLarge(AwsError, code="ItemCollectionSizeLimitExceededException"):
    """Collection size exceeded."""


class TransactionCanceled(AwsError, code="TransactionCanceledException"):
    """Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]"""


class IdempotentParameterMismatch(AwsError, code="IdempotentParameterMismatchException"):
    """An error occurred (IdempotentParameterMismatchException) when calling the operation: the request uses the same
    client token as a previous, but non-identical request. Do not reuse a client token with different requests, unless
    the requests are identical."""


class Throttled(AwsError, code="ThrottlingException"):
    """Throughput exceeds the current capacity of your table or index."""

    reason = "ThrottlingError"
    """How the reasons of a cancelled transaction name it."""


class OnDemandThroughputExceeded(Throttled, code="ThrottlingException"):
    """Throughput exceeds the maximum OnDemandThroughput configured on table or index."""


class TableThroughputExceeded(Throttled, code="ProvisionedThroughputExceededException"):
    """The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning
    level with the UpdateTable API."""

    reason = "ProvisionedThroughputExceeded"


class IndexThroughputExceeded(TableThroughputExceeded, code="ProvisionedThroughputExceededException"):
    """The level of configured provisioned throughput for one or more global secondary indexes of the table was
    exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the
    UpdateTable API"""


class PolicyNotFound(AwsError, code="PolicyNotFoundException"):
    """Resource-based policy not found for the provided ResourceArn: Policy for {arn} not found."""


class DuplicateItem(AwsError, code="DuplicateItemException"):
    """Duplicate primary key exists in table"""


def invalid(message: str) -> ValidationException:
    """DynamoDB's one error for requests that are wrong."""
    return ValidationException(message=message)


def invalid_value(reason: str) -> ValidationException:
    """The same for a parameter's value."""
    return ValidationException(message=f"One or more parameter values were invalid: {reason}")
