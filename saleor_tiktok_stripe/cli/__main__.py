"""``python -m saleor_tiktok_stripe.cli``."""

from . import main

if __name__ == "__main__":
    main()
