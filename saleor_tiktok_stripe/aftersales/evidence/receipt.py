"""A receipt of the order as PDF, for the bank's reader.

Only the fonts that every PDF reader has are used, and they know Western letters alone. What they
cannot show is written in Latin letters (王小明 as WangXiaoMing), and the page says so: the texts of
the evidence keep the original spelling.
"""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any, Final

from anyascii import anyascii
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ...saleor_api.transactions import OrderFacts
from ..words import money
from .facts import EvidenceFacts
from .filling import address

_MARGIN: Final = 20 * mm
_WIDTHS: Final = (90 * mm, 25 * mm, 20 * mm, 35 * mm)
_LINES_MOST: Final = 120
"""Up to ten pages; an order with more says how many lines it left out."""
_NAME: Final = 150
_SKU: Final = 40
_CELL: Final = 600
_CELL_LINES: Final = 25
"""A cell never breaks over pages: what a buyer wrote into an address must not stop the receipt."""
_SHIPMENTS_MOST: Final = 60
_LATIN_NOTE: Final = (
    "Names in other scripts are written in Latin letters here; the texts of the evidence hold the "
    "original spelling."
)


def receipt_pdf(facts: EvidenceFacts) -> bytes | None:
    """The receipt of the disputed order; None without an order."""
    if facts.order is None:
        return None
    page = _Page()
    _head(page, facts, facts.order)
    _lines(page, facts.order)
    _payments(page, facts)
    return page.pdf(f"Receipt of order {facts.order.number}")


def latin(text: str) -> tuple[str, bool]:
    """``text`` in letters the fonts know, and whether any had to be written another way."""
    shown = "".join(c if _known(c) else anyascii(c) for c in text)
    return shown, shown != text


def _known(character: str) -> bool:
    if character in "\n":
        return True
    if not character.isprintable():
        return False
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


class _Page:
    """What goes into the document, top to bottom."""

    def __init__(self) -> None:
        self._story: list[Any] = []
        self._styles = getSampleStyleSheet()
        self._rewritten = False

    def text(self, text: str, style: str = "BodyText") -> Paragraph:
        """A piece of text that breaks into lines, safe against markup in it."""
        shown, rewritten = latin(text)
        self._rewritten = self._rewritten or rewritten
        escaped = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return Paragraph(escaped.replace("\n", "<br/>"), self._styles[style])

    def cell(self, text: str) -> Paragraph:
        """The same, of a bearable height: letters may get longer when written in Latin ones."""
        shown, rewritten = latin(text)
        self._rewritten = self._rewritten or rewritten
        lines = [line for line in shown.split("\n") if line.strip()]
        return self.text("\n".join(lines[:_CELL_LINES])[:_CELL])

    def add(self, text: str, style: str = "BodyText") -> None:
        self._story.append(self.text(text, style))

    def gap(self) -> None:
        self._story.append(Spacer(1, 5 * mm))

    def table(self, rows: list[list[str]], widths: tuple[float, ...], *, ruled: bool) -> None:
        cells = [[self.cell(cell) for cell in row] for row in rows]
        table = Table(cells, colWidths=widths, repeatRows=1 if ruled else 0)
        rules = [("VALIGN", (0, 0), (-1, -1), "TOP")]
        if ruled:
            rules.append(("LINEBELOW", (0, 0), (-1, 0), 0.5, colors.black))  # type: ignore[arg-type]
        table.setStyle(TableStyle(rules))
        self._story.append(table)

    def pdf(self, title: str) -> bytes:
        if self._rewritten:
            self.gap()
            self.add(_LATIN_NOTE, "Italic")
        out = io.BytesIO()
        # Without the date of making in it, the same order gives the same bytes.
        SimpleDocTemplate(
            out,
            pagesize=A4,
            title=latin(title)[0],
            leftMargin=_MARGIN,
            rightMargin=_MARGIN,
            invariant=1,
        ).build(self._story)
        return out.getvalue()


def _head(page: _Page, facts: EvidenceFacts, order: OrderFacts) -> None:
    page.add(order.shop_name or "Receipt", "Title")
    if order.shop_address is not None:
        page.add(address(order.shop_address))
    page.add(f"Receipt of order {order.number}", "Heading2")
    page.add(f"Placed on {order.created_at:%Y-%m-%d %H:%M} UTC")
    if order.email:
        page.add(f"Buyer: {order.customer_name} ({order.email})")
    page.gap()
    half = (85 * mm, 85 * mm)
    bill, ship = address(order.billing_address), address(order.shipping_address)
    rows = [["Billed to", "Shipped to"], [bill or "-", ship or "-"]]
    page.table(rows, half, ruled=True)
    page.gap()


def _lines(page: _Page, order: OrderFacts) -> None:
    rows = [["Item", "SKU", "Quantity", "Amount"]]
    for line in order.lines[:_LINES_MOST]:
        name, sku, amount = line.name[:_NAME], line.sku[:_SKU], line.total_gross
        rows.append([name, sku, str(line.quantity), money(amount, order.currency)])
    left_out = order.lines[_LINES_MOST:]
    if left_out:
        rest = sum((line.total_gross for line in left_out), Decimal(0))
        rows.append([f"{len(left_out)} more items", "", "", money(rest, order.currency)])
    if order.shipping_gross:
        rows.append(
            [
                f"Shipping: {order.shipping_method}",
                "",
                "",
                money(order.shipping_gross, order.currency),
            ]
        )
    rows.append(["Total", "", "", money(order.total_gross, order.currency)])
    if order.tax:
        rows.append(["of which tax", "", "", money(order.tax, order.currency)])
    page.table(rows, _WIDTHS, ruled=True)


def _payments(page: _Page, facts: EvidenceFacts) -> None:
    page.add("Payment", "Heading2")
    paid = f" on {facts.paid_at:%Y-%m-%d %H:%M} UTC" if facts.paid_at else ""
    page.add(
        f"{money(facts.paid_amount, facts.paid_currency)}{paid} with {facts.method}, payment "
        f"{facts.charge_id or facts.payment_id}"
    )
    for refund in facts.refunds:
        page.add(
            f"Refunded {money(refund.amount, refund.currency)} on {refund.at:%Y-%m-%d}, refund "
            f"{refund.refund_id}"
        )
    if facts.order is not None and facts.order.shipments:
        page.add("Shipping", "Heading2")
        for each in facts.order.shipments[:_SHIPMENTS_MOST]:
            number = f", tracking number {each.tracking_number}" if each.tracking_number else ""
            carrier = each.carrier or "carrier not recorded"
            page.add(f"{each.shipped_at:%Y-%m-%d}: {carrier}{number}")
