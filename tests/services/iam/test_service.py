from groundcloud.operation import NO_PERMISSION
from groundcloud.services.iam.service import service


def test_every_operation_fits_awss_model_and_says_what_it_acts_on():
    """Binding refuses a name or an argument that botocore's model does not have, and an operation without `on`."""
    operations = service.operations
    assert len(operations) >= 91
    for operation in operations.values():
        assert operation.declaration.on
        assert operation.declaration.on is not NO_PERMISSION


def test_operations_that_are_named_as_reading_are_marked_so():
    for name, operation in service.operations.items():
        assert operation.declaration.read is name.startswith(("Get", "List", "Simulate")), name
