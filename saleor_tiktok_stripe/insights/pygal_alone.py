"""pygal without its import hook: it puts a finder of an old kind into ``sys.meta_path`` for plugins
that nobody here has. The host's imports are left as they were."""

from __future__ import annotations

import sys

from pygal import Line, StackedBar
from pygal.graph.graph import Graph
from pygal.style import Style

sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "pygal"]

__all__ = ["Graph", "Line", "StackedBar", "Style"]
