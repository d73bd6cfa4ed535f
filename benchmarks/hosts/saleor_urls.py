from saleor import urls

from . import empty

urlpatterns = [*empty.urlpatterns, *urls.urlpatterns]
