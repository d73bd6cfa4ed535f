"""The contract of ``Saleor``, over HTTP against the sandbox."""

from tests.contract.saleor_contract import *  # noqa: F403
