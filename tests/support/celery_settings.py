"""The sidecar with a broker that is a folder, and the test kinds of jobs."""

import os

from saleor_tiktok_stripe.sandbox.sidecar.settings import *  # noqa: F403
from saleor_tiktok_stripe.sandbox.sidecar.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.support.noting.NotingConfig"]
if folder := os.environ.get("BROKER_FOLDER"):
    CELERY_BROKER_URL = "filesystem://"
    CELERY_TASK_ALWAYS_EAGER = False
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": folder + "/control",
    }
