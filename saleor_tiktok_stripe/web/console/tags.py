"""Template tags and filters of the console: how each part is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from . import amounts, icons, rendering, serving, terms
from .parts import Badge, Code, Due, Form, Html, Lines, Link, Money, Table

register = template.Library()

DASH: Final = mark_safe('<span class="muted" aria-label="none">–</span>')  # noqa: S308


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of ``icons.PATHS``; never read out."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" '
        'focusable="false"><path d="{}"/></svg>',
        icons.PATHS.get(name, icons.PATHS["plain"]),
    )


@register.simple_tag(takes_context=True)
def asset(context: Mapping[str, Any], name: str) -> str:
    """The address of a file of ``assets/``."""
    place = context["visit"].place if "visit" in context else context["place"]
    return str(place.base) + serving.address(name)


@register.simple_tag(takes_context=True)
def draw(context: Mapping[str, Any], value: Any) -> SafeString:
    """Anything that may stand in a cell."""
    return _drawn(value, context)


@register.filter
def moment(value: datetime | None) -> SafeString:
    """A time in UTC; the script shows how long ago or ahead it is."""
    return DASH if value is None else _moment(value)


@register.filter
def deadline(value: datetime) -> SafeString:
    """Until when, or since when it is over: in words, and with a sign."""
    if not terms.is_over(value):
        return format_html('<span class="due">Until {}</span>', _moment(value))
    return format_html('<span class="due over">{}Was due {}</span>', icon("over"), _moment(value))


@register.filter
def plain(value: Decimal) -> str:
    """A number with thousands apart."""
    return f"{value:,}"


def _drawn(value: Any, context: Mapping[str, Any]) -> SafeString:
    if value is None or value == "" or value == ():
        return DASH
    for kind, drawn in _DRAWERS:
        if isinstance(value, kind):
            return drawn(value, context)
    return format_html("{}", value)


def _badge(value: Badge, context: Mapping[str, Any]) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', value.tone, value.text)


def _link(value: Link, context: Mapping[str, Any]) -> SafeString:
    style = mark_safe(' class="button plain"') if value.button else ""  # noqa: S308
    if not value.away:
        return format_html('<a href="{}"{}>{}</a>', value.url, style, value.text)
    return format_html(
        '<a href="{}"{} rel="noopener noreferrer" target="_blank">{}{}'
        '<span class="sr"> (opens a new tab)</span></a>',
        value.url,
        style,
        value.text,
        icon("away"),
    )


def _money(value: Money, context: Mapping[str, Any]) -> SafeString:
    if value.amount is None:
        return DASH
    sign = "−" if value.amount < 0 else ""
    shown = amounts.rounded(abs(value.amount), value.currency)
    return format_html(
        '<span class="money">{}{} <abbr>{}</abbr></span>',
        sign,
        f"{shown:,}",
        value.currency,
    )


def _lines(value: Lines, context: Mapping[str, Any]) -> SafeString:
    shown = [one for one in value.items if one not in (None, "", Code(""))]
    if not shown:
        return DASH
    return format_html(
        '<span class="lines">{}</span>',
        format_html_join("", "<span>{}</span>", ((_drawn(one, context),) for one in shown)),
    )


def _due(value: Due, context: Mapping[str, Any]) -> SafeString:
    return deadline(value.at)


def _code(value: Code, context: Mapping[str, Any]) -> SafeString:
    return format_html("<code>{}</code>", value.text) if value.text else DASH


def _form(value: Form, context: Mapping[str, Any]) -> SafeString:
    shown = {"visit": context["visit"], "form": context["visit"].filled(value)}
    return mark_safe(rendering.text("parts/form.html", shown))  # noqa: S308


def _table(value: Table, context: Mapping[str, Any]) -> SafeString:
    shown = {"visit": context["visit"], "table": value}
    return mark_safe(rendering.text("parts/table.html", shown))  # noqa: S308


def _several(value: tuple[Any, ...], context: Mapping[str, Any]) -> SafeString:
    return format_html(
        '<span class="several">{}</span>',
        format_html_join(" ", "{}", ((_drawn(one, context),) for one in value)),
    )


def _moment(value: datetime) -> SafeString:
    at = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}">{}</time>',
        at.isoformat(timespec="seconds"),
        f"{at:%-d %b %Y, %H:%M} UTC",
    )


def _at(value: datetime, context: Mapping[str, Any]) -> SafeString:
    return _moment(value)


def _number(value: int | Decimal, context: Mapping[str, Any]) -> SafeString:
    return format_html("{}", f"{value:,}".replace("-", "−"))


def _switch(value: bool, context: Mapping[str, Any]) -> SafeString:  # noqa: FBT001
    return format_html("{}", "Yes" if value else "No")


def _html(value: Html, context: Mapping[str, Any]) -> SafeString:
    return value.markup


_DRAWERS: Final[tuple[tuple[Any, Callable[[Any, Mapping[str, Any]], SafeString]], ...]] = (
    (Badge, _badge),
    (Link, _link),
    (Money, _money),
    (Lines, _lines),
    (Due, _due),
    (Code, _code),
    (Form, _form),
    (Table, _table),
    (Html, _html),
    (datetime, _at),
    (bool, _switch),
    ((int, Decimal), _number),
    (tuple, _several),
)
