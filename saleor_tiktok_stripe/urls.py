"""Saleor's addresses with our fields in its own API: for shops that want one endpoint.

``ROOT_URLCONF = "saleor_tiktok_stripe.urls"`` in the settings of a shop. The schema is Saleor's own
with the query field ``tiktokStripe`` and our mutations added; everything else is as Saleor has it.
Saleor's cost map knows none of our fields: our own bounds hold for them (``graphql/core/limits``).
"""

from __future__ import annotations

from typing import Any, Final

from django.urls import re_path
from django.views.decorators.csrf import csrf_exempt
from saleor.graphql import api
from saleor.graphql.core.federation import schema as federation
from saleor.graphql.views import GraphQLView
from saleor.urls import urlpatterns as _saleors

from .graphql.schema import TiktokStripeMutations, TiktokStripeQueries

# Made again for every schema.
_FEDERATION: Final = (federation._Any, federation._Entity, federation._Service)


def _schema() -> Any:
    """From the parts of Saleor's schema as it stands, since releases make it of different ones."""
    # graphene names types by their class.
    query = type("Query", (TiktokStripeQueries, api.Query), {})
    mutation = type("Mutation", (TiktokStripeMutations, api.Mutation), {})
    return federation.build_federated_schema(
        query,
        mutation=mutation,
        types=[one for one in api.schema.types if one not in _FEDERATION],
        subscription=api.schema._subscription,
        directives=api.schema._directives,
    )


schema = _schema()
_view = GraphQLView.as_view(backend=api.backend, schema=schema)
urlpatterns = [
    re_path(r"^graphql/$", csrf_exempt(_view), name="api"),
    *(one for one in _saleors if getattr(one, "name", "") != "api"),
]
