"""django-storages, unmodified: `collectstatic` into static/, uploads into media/, headers and signed addresses."""

import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.clients.conftest import S3User

pytestmark = pytest.mark.clients

SITE = """
import os
SECRET_KEY = "example"
INSTALLED_APPS = ["django.contrib.staticfiles", "storages"]
STATICFILES_DIRS = [os.path.join(os.path.dirname(__file__), "assets")]
STATIC_URL = "/static/"
COMMON = {
    "bucket_name": "of-django",
    "endpoint_url": os.environ["ENDPOINT"],
    "region_name": "us-east-1",
    "signature_version": "s3v4",
    "default_acl": None,
}
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {**COMMON, "location": "media", "file_overwrite": False},
    },
    "staticfiles": {
        "BACKEND": "storages.backends.s3.S3ManifestStaticStorage",
        "OPTIONS": {
            **COMMON,
            "location": "static",
            "querystring_auth": False,
            "gzip": True,
            "object_parameters": {"CacheControl": "max-age=94608000", "Expires": os.environ["EXPIRES"]},
        },
    },
}
"""
UPLOAD = """
import django
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage as storage
first = storage.save("avatars/me.txt", ContentFile(b"first"))
second = storage.save("avatars/me.txt", ContentFile(b"second"))
assert first != second and storage.exists(first) and storage.size(first) == 5
with storage.open(second) as file:
    assert file.read() == b"second"
folders, files = storage.listdir("avatars")
assert len(files) == 2, files
storage.delete(second)
assert not storage.exists(second)
assert storage.get_modified_time(first) is not None
print(storage.url(first, expire=60))
"""


@pytest.fixture()
def site(user: S3User) -> Path:
    """A Django project with two static files."""
    assets = user.folder / "assets" / "css"
    assets.mkdir(parents=True)
    (assets / "site.css").write_text("body { background: url(dot.svg) }\n" + "/* long */\n" * 200)
    (assets / "dot.svg").write_text("<svg/>")
    (user.folder / "site_settings.py").write_text(SITE)
    (user.folder / "upload.py").write_text(UPLOAD)
    user.environment |= {
        "ENDPOINT": user.cloud.endpoint,
        "EXPIRES": (datetime.now(UTC) + timedelta(days=365)).strftime("%a, %d %b %Y 20:00:00 GMT"),
        "DJANGO_SETTINGS_MODULE": "site_settings",
        "PYTHONPATH": str(user.folder),
    }
    if "of-django" not in [each["Name"] for each in user.s3.list_buckets()["Buckets"]]:
        user.s3.create_bucket(Bucket="of-django")
    return user.folder


def test_static_files_are_collected_with_their_headers(user: S3User, site: Path):
    assert "2 static files" in user.run(sys.executable, "-m", "django", "collectstatic", "--noinput")
    keys = user.keys("of-django")
    assert all(key.startswith("static/") for key in keys)
    (hashed,) = (key for key in keys if key.startswith("static/css/site.") and key != "static/css/site.css")
    head = user.s3.head_object(Bucket="of-django", Key=hashed)
    assert head["CacheControl"] == "max-age=94608000"
    assert parsedate_to_datetime(head["ExpiresString"]) > datetime.now(UTC) + timedelta(days=300)
    assert (head["ContentType"], head["ContentEncoding"]) == ("text/css", "gzip")
    again = user.run(sys.executable, "-m", "django", "collectstatic", "--noinput")
    assert "0 static files" in again


def test_uploads_go_to_media_and_are_read_by_signed_addresses(user: S3User, site: Path):
    url = user.run(sys.executable, "upload.py").strip()
    assert "/media/avatars/me.txt?" in url
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == b"first"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url.partition("?")[0], timeout=20)
    assert refused.value.code == 403
