"""The console's own icons: lines on a field of 20 by 20, drawn in the colour of the text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PATHS: Final[Mapping[str, str]] = {
    "start": "M3 9l7-6 7 6v8h-5v-5H8v5H3z",
    "orders": "M4 3h12v14l-2-1.4L12 17l-2-1.4L8 17l-2-1.4L4 17zM7 7h6M7 10.5h6",
    "transactions": "M2.5 5h15v10h-15zM2.5 8.5h15M5.5 12h3",
    "cases": "M4 4v6h9a3 3 0 0 1 0 6H8M4 10l3.5-3.5M4 10l3.5 3.5",
    "disputes": "M10 3v14M5 17h10M4 6h12M4 6l-2 5h4zM16 6l-2 5h4z",
    "money": "M3 6.5c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5S13.9 4 10 4 3 5.1 3 6.5zM3 6.5v7C3 14.9 "
    "6.1 16 10 16s7-1.1 7-2.5v-7M3 10c0 1.4 3.1 2.5 7 2.5s7-1.1 7-2.5",
    "stock": "M3 6.5L10 3l7 3.5v7L10 17l-7-3.5zM3 6.5L10 10l7-3.5M10 10v7",
    "drift": "M3 7h11l-3-3M17 13H6l3 3",
    "insights": "M3 17h14M5.5 14v-4M10 14V5M14.5 14V8",
    "settings": "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
    "activity": "M2.5 10.5h3.5l2-6 4 11 2-5h3.5",
    "out": "M8 3H4v14h4M8 10h9M14 7l3 3-3 3",
    "menu": "M3 5.5h14M3 10h14M3 14.5h14",
    "good": "M4 10.5l4 4 8-9",
    "bad": "M10 5v6M10 14.5v.2",
    "warn": "M10 5v6M10 14.5v.2",
    "info": "M10 9v6M10 5.5v.2",
    "over": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6v4.3l2.7 1.7",
    "plain": "M6 10h8",
    "away": "M8 5H4v11h11v-4M11 4h5v5M16 4l-7 7",
}
