"""Django settings of the sidecar: this app alone, talking to any Saleor over HTTP.

Everything comes from the environment; the defaults suit a laptop, not the internet.
"""

from __future__ import annotations

import os
import sys

import dj_database_url
import dj_email_url

DEBUG = False
SECRET_KEY = os.environ.get("SECRET_KEY", "sidecar-for-development-only")
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "127.0.0.1,localhost,testserver").split(",")
ROOT_URLCONF = "saleor_tiktok_stripe.sandbox.sidecar.urls"
ASGI_APPLICATION = "saleor_tiktok_stripe.sandbox.sidecar.asgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["saleor_tiktok_stripe"]
MIDDLEWARE: list[str] = ["django.middleware.security.SecurityMiddleware"]
TEMPLATES = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True},
]

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/saleor_tiktok_stripe"),
        conn_max_age=int(os.environ.get("DB_CONN_MAX_AGE", "0")),
    )
}

# A web server makes a thread for each request, and with it a connection, unless there is a pool.
DB_POOL_SIZE = int(os.environ.get("DB_POOL_SIZE", "0"))
if DB_POOL_SIZE:
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": DB_POOL_SIZE}}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# As in Saleor: nothing is mailed without EMAIL_URL.
_MAIL = dj_email_url.parse(os.environ.get("EMAIL_URL", ""))
EMAIL_BACKEND = _MAIL.get("EMAIL_BACKEND", "")
EMAIL_HOST = _MAIL["EMAIL_HOST"] or ""
EMAIL_PORT = _MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER = _MAIL["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = _MAIL["EMAIL_USE_TLS"]
EMAIL_USE_SSL = _MAIL["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = _MAIL["EMAIL_FILE_PATH"]
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", EMAIL_HOST_USER or "noreply@example.com")

CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "")
CELERY_TASK_ALWAYS_EAGER = not CELERY_BROKER_URL
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}
    },
    "root": {"level": os.environ.get("LOG_LEVEL", "INFO"), "handlers": ["stderr"]},
}
