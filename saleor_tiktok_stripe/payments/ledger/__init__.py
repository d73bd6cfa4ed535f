"""Every amount from the order to the payout: brought in, compared, shown and exported."""
