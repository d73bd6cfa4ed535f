from saleor_tiktok_stripe.sandbox.sidecar import urls

from . import empty

urlpatterns = [*urls.urlpatterns, *empty.urlpatterns]
