"""`python -m saleor_tiktok_stripe.sandbox.tiktok`."""

from __future__ import annotations

import argparse

from saleor_tiktok_stripe.sandbox.tiktok.sandbox import run


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="saleor_tiktok_stripe.sandbox.tiktok")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--orders", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--region", action="append", help="one shop each; default US")
    parser.add_argument("--unlinked-share", type=float, default=0.0)
    parser.add_argument("--redirect-url", default="", help="where the consent page leads to")
    given = parser.parse_args()
    run(
        given.port,
        given.orders,
        given.seed,
        regions=tuple(given.region or ("US",)),
        unlinked_share=given.unlinked_share,
        redirect_url=given.redirect_url,
    )


if __name__ == "__main__":
    main()
