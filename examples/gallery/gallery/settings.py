"""Settings of the gallery, all from the environment: the same code runs on a laptop, on a server and in the cloud.

Without `BUCKET` files lie in folders; with it, static files and uploads are two locations of one bucket.
"""

import os
from pathlib import Path

import dj_database_url

BASE_DIR = Path(__file__).parents[1]

DEBUG = os.environ.get("DEBUG", "") == "1"
SECRET_KEY = os.environ.get("SECRET_KEY") or ("for development only" if DEBUG else "")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1").split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in os.environ.get("TRUSTED_ORIGINS", "").split(",") if origin]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "photos",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
ROOT_URLCONF = "gallery.urls"
WSGI_APPLICATION = "gallery.wsgi.application"

DATABASES = {"default": dj_database_url.config("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}", conn_max_age=60)}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a connection that a failover has cut is made anew
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

BUCKET = os.environ.get("BUCKET", "")
FILES = Path(os.environ.get("FILES", BASE_DIR))
STATIC_URL, STATIC_ROOT = "/static/", FILES / "static"
MEDIA_URL, MEDIA_ROOT = "/media/", FILES / "media"
if BUCKET:
    in_bucket = {"bucket_name": BUCKET, "signature_version": "s3v4"}
    S3 = "storages.backends.s3.S3Storage"
    STORAGES = {
        "default": {"BACKEND": S3, "OPTIONS": {**in_bucket, "location": "media", "file_overwrite": False}},
        "staticfiles": {"BACKEND": S3, "OPTIONS": {**in_bucket, "location": "static", "querystring_expire": 86400}},
    }

if not DEBUG:
    SECURE_CONTENT_TYPE_NOSNIFF = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = os.environ.get("HTTPS", "") == "1"
