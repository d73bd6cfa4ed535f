"""What ``saleor_api.http`` is made of: client, documents, readers, order creation, changes."""
