"""What the demo prints at the end, and that as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from saleor_tiktok_stripe.accounts import Finding, Severity
from saleor_tiktok_stripe.orders.summary import Summary
from saleor_tiktok_stripe.sandbox.demo import money
from saleor_tiktok_stripe.sandbox.demo.payments import Row

_COLORS = {Severity.OK: "green", Severity.WARNING: "yellow", Severity.ERROR: "red"}
_SHOWN = 5


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """One line with the counts, and a line for each finding that is not ok."""
    counts = Counter(finding.severity for finding in findings)
    console.print("Verified: " + ", ".join(f"{counts[name]} {name.value}" for name in _COLORS))
    for finding in findings:
        if finding.severity != Severity.OK:
            color = _COLORS[finding.severity]
            console.print(
                f"  [{color}]{finding.severity.value}[/] {finding.message} {finding.cure}"
            )


def print_summary(console: Console, summary: Summary) -> None:
    """TikTok's counts and sums beside ours, the difference, and what is parked with its reason."""
    table = Table(title="TikTok Shop and Saleor, order by order")
    for name in ("status", "currency"):
        table.add_column(name, no_wrap=True)
    for name in ("TikTok", "sum", "held back", "parked", "Saleor", "sum", "difference"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in summary.rows:
        color = "red" if row.difference or row.difference_sum else "green"
        table.add_row(
            row.state,
            row.currency,
            str(row.theirs),
            row.shown(row.their_sum),
            str(row.held_back),
            str(row.parked),
            str(row.ours),
            row.shown(row.our_sum),
            f"[{color}]{row.difference} / {row.shown(row.difference_sum)}",
        )
    console.print(table)
    console.print("[dim]held back: unpaid, never paid, or in the buyer's hour to change their mind")
    for code, parked in sorted(_by_code(summary).items()):
        console.print(f"[yellow]{len(parked)} parked[/] {code}: {parked[0]}")
    for order_id, what in list(summary.disagreeing.items())[:_SHOWN]:
        console.print(f"[red]{order_id} {what}")


def print_payments(console: Console, rows: Sequence[Row]) -> None:
    """Per order: what Stripe took, gave back and lost to banks, and what Saleor shows of it."""
    table = Table(title="Stripe and Saleor, payment by payment (USD)")
    for name in ("order", "what happened"):
        table.add_column(name, no_wrap=True)
    for name in ("Stripe", "refunded", "disputed", "Saleor", "refunded", "off by"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        color = "red" if row.difference else "green"
        table.add_row(
            row.number,
            row.story,
            f"{row.charged:.2f}",
            f"{row.refunded:.2f}",
            f"{row.charged_back:.2f}",
            f"{row.saleor.charged:.2f}",
            f"{row.saleor.refunded:.2f}",
            f"[{color}]{row.difference:.2f}",
        )
    console.print(table)
    console.print("[dim]Saleor takes refunds and chargebacks off what it shows as charged.")


def print_sales(console: Console, rows: Sequence[money.Row], closing: money.Closing) -> None:
    """Per order: from what the buyer paid to the bank, and whether TikTok's books agree; then the
    sums of all statements and payouts."""
    table = Table(title="TikTok Shop and Saleor both ways, and the money to the bank (USD)")
    for name in ("order", "what happened", "TikTok"):
        table.add_column(name, no_wrap=True)
    for name in ("paid", "refunded", "fees", "settled", "to the bank", "off by"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        refunded, settled, paid_out = row.ours
        color = "red" if row.difference else "green"
        table.add_row(
            row.number,
            row.story,
            row.state,
            *(f"{amount:.2f}" for amount in (row.paid, refunded, row.kept, settled, paid_out)),
            f"[{color}]{row.difference:.2f}",
        )
    console.print(table)
    color = "red" if closing.difference else "green"
    console.print(
        f"{closing.statements} statements of {closing.settled:,.2f} = their rows of "
        f"{closing.rows:,.2f}; less {closing.reserve:,.2f} in reserve = {closing.payouts} payouts "
        f"of {closing.paid_out:,.2f}, their parts {closing.parts:,.2f}; "
        f"off by [{color}]{closing.difference:.2f}"
    )
    for words in closing.words:
        console.print(f"[yellow]to look at[/] {words}")


def _by_code(summary: Summary) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for one in summary.parked:
        grouped.setdefault(one.code, []).append(f"{one.cause} {one.cure}")
    return grouped


def save_picture(console: Console, path: str) -> None:
    """The printout as SVG, without a font from another host."""
    picture = console.export_svg(title="make demo")
    start, end = picture.find("@font-face"), picture.find(".terminal")
    while 0 <= start < end:
        close = picture.find("}", start) + 1
        picture = picture[:start] + picture[close:]
        start = picture.find("@font-face")
    Path(path).write_text(picture)
