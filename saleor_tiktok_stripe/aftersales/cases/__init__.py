"""The buyer's cancellations, refund and return requests at the marketplace, and refunds that staff
ask of it: read, answered, opened, and told to Saleor."""
