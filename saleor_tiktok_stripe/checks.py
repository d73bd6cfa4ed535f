"""System checks: what is wrong with the deployment, said at start-up with a hint that cures it."""

from __future__ import annotations
