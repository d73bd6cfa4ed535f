"""dj-stripe as its documentation sets it up, otherwise like our sidecar: same server, same
database, same pool. Runs in an environment of its own, without this package's dependencies."""

import os
from urllib.parse import urlsplit

_url = urlsplit(os.environ["DATABASE_URL"])

DEBUG = False
SECRET_KEY = "for-a-benchmark-only"
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "benchmarks.hosts.dj_stripe"
ASGI_APPLICATION = "benchmarks.hosts.dj_stripe_asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "djstripe"]
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": _url.hostname,
        "PORT": _url.port,
        "USER": _url.username,
        "PASSWORD": _url.password or "",
        "NAME": _url.path.lstrip("/"),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 10}},
    }
}
# Its tables as they are now: its hundred migrations take a minute.
MIGRATION_MODULES = dict.fromkeys(("contenttypes", "auth", "djstripe"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"stderr": {"class": "logging.StreamHandler"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
}
STRIPE_LIVE_MODE = False
STRIPE_TEST_SECRET_KEY = "sk_test_ForABenchmarkOnly00000000000000"
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"


def __getattr__(name: str) -> object:
    """Addresses are named after the apps are loaded."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import include, path

    return [path("stripe/", include("djstripe.urls", namespace="djstripe"))]
