"""The operations of S3 Control: what belongs to an account rather than to a bucket."""

from groundcloud.operation import Service
from groundcloud.services.s3 import access_points, account_access, control_tags

service = Service("s3control", account_access, access_points, control_tags, prefix="s3")
