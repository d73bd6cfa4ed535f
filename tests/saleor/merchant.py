"""A merchant at a real Saleor that is served over HTTP: signs in, saves the plugin's form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from django.conf import settings as django_settings
from django.contrib.sites.models import Site
from django.db import connections
from saleor.account.models import Group, User
from saleor.channel.models import Channel
from saleor.core.jwt import create_access_token
from saleor.permission.models import Permission
from saleor.site.models import SiteSettings

from saleor_tiktok_stripe import conf
from saleor_tiktok_stripe.saleor_api.ids import global_id

SAVE = """
mutation ($id: ID!, $channel: ID, $input: PluginUpdateInput!) {
  pluginUpdate(id: $id, channelId: $channel, input: $input) {
    plugin { channelConfigurations { active channel { slug } configuration { name value } } }
    errors { field message }
  }
}
"""


def sign_in(*permissions: str) -> str:
    """The token of somebody of the staff who may do these things in every channel."""
    email = f"{'-'.join(permissions)}@example.com"
    user = User.objects.create(email=email, is_staff=True, is_active=True)
    group = Group.objects.create(name=email, restricted_access_to_channels=False)
    group.permissions.add(*Permission.objects.filter(codename__in=permissions))
    user.groups.add(group)
    return create_access_token(user)


def save_form(url: str, token: str, slug: str, fields: dict[str, str]) -> dict[str, str]:
    """Save the plugin's settings of a channel, switched on; what the form shows then."""
    values = [{"name": name, "value": value} for name, value in fields.items()]
    answer = requests.post(
        f"{url}/graphql/",
        json={
            "query": SAVE,
            "variables": {
                "id": conf.PLUGIN_ID,
                "channel": global_id("Channel", Channel.objects.get(slug=slug).pk),
                "input": {"active": True, "configuration": values},
            },
        },
        headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    ).json()
    assert "errors" not in answer, answer
    saved = answer["data"]["pluginUpdate"]
    assert saved["errors"] == []
    forms = {
        row["channel"]["slug"]: row["configuration"]
        for row in saved["plugin"]["channelConfigurations"]
    }
    return {row["name"]: row["value"] for row in forms[slug]}


@contextmanager
def one_database() -> Iterator[None]:
    """Saleor reads from its replica; the server's threads would look for it outside the test."""
    replica = connections.settings["replica"]
    usual = replica["NAME"]
    replica["NAME"] = connections.settings["default"]["NAME"]
    yield
    replica["NAME"] = usual


def make_site() -> None:
    """Gone after a truncating test."""
    site, _ = Site.objects.get_or_create(pk=django_settings.SITE_ID)
    SiteSettings.objects.get_or_create(site=site)
