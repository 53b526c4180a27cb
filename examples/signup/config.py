"""The application's settings. Values are changed here; the environment wins where it has a variable of that name."""

import os

DB_HOST = os.environ.get("DB_HOST", "")
DB_NAME = os.environ.get("DB_NAME", "form")
DB_USER = os.environ.get("DB_USER", "form_user")
DB_USERPASSWORD = os.environ.get("DB_USERPASSWORD", "")

S3_BUCKET = os.environ.get("S3_BUCKET", "")
"""Where attachments go; empty: a form takes none."""
S3_REGION = os.environ.get("S3_REGION", "ap-northeast-2")
S3_LINKS = os.environ.get("S3_LINKS", "")
"""Where browsers reach S3, if that is not at AWS's host names: http://127.0.0.1:4566."""
PRESIGNED_URL = os.environ.get("PRESIGNED_URL", "False") == "True"
"""Whether the links to attachments are signed, so that they open for whoever has one, for a time."""
PRESIGNED_SECONDS = int(os.environ.get("PRESIGNED_SECONDS", "300"))
