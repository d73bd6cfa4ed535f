"""Giving money back, and answering the bank."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

from PIL import Image
from reportlab.pdfgen import canvas

from .chromium import Browser
from .looking import Looks
from .stage import Stage


def test_a_payment_is_refunded_in_part_and_never_beyond(
    set_up: Stage, browser: Browser, looks: Looks
) -> None:
    payment = set_up.buy()
    before = set_up.refunds()
    browser.go("transactions/")
    browser.wait_for(f"Order #{payment.number}")
    browser.press(f"Order #{payment.number}")
    assert browser.words("h1") == f"Payment {payment.payment_id}"

    browser.fill("Amount in USD", f"{payment.total + 1}")
    browser.press("Check the refund")
    assert "This would be refused" in browser.words("#checked")
    assert f"at most {payment.total}" in browser.words("#checked")
    assert browser.all("#checked form") == []
    looks.look("refund_refused")
    assert set_up.refunds() == before

    browser.fill("Amount in USD", "7.50")
    browser.fill("Note", "One of three was scratched")
    browser.press("Check the refund")
    left = payment.total - Decimal("7.50")
    assert f"Left afterwards {left} USD" in browser.words("#checked")
    assert set_up.refunds() == before
    looks.look("transaction_checked")

    browser.press("Refund 7.50 USD")
    assert "The refund of 7.50 USD is on its way to Stripe." in browser.words(".flash")
    browser.wait_for(f"Can be refunded {left}")
    browser.wait_for("Partly refunded", ".lead")
    assert "Refunded 7.50 USD" in browser.words(".figures")
    assert "One of three was scratched" in browser.words()
    assert set_up.refunds() == before + 1
    assert set_up.stripe.totals(payment.payment_id).refunded == 750

    looks.look("transaction")


def test_a_dispute_is_answered_once_with_texts_and_a_file(
    set_up: Stage, browser: Browser, looks: Looks, tmp_path: Path
) -> None:
    payment = set_up.buy()
    dispute_id = set_up.stripe.dispute(payment.payment_id, reason="product_not_received")
    browser.go("cases/")
    browser.wait_for(f"Order #{payment.number}")
    looks.look("cases")
    browser.go(f"disputes/{dispute_id}/")
    browser.press("Prepare the answer")
    assert "The draft is made from what the order tells." in browser.words(".flash")

    browser.fill("What happened", "The parcel was handed over on Monday.")
    browser.press("Save the draft")
    assert "Saved. Only your staff sees it." in browser.words(".flash")
    _refuse_files(browser, looks, tmp_path)
    proof = tmp_path / "proof-of-delivery.pdf"
    proof.write_bytes(_pdf())
    browser.fill("File", str(proof))
    browser.press("Add the file")
    assert "The file is in the draft." in browser.words(".flash")
    assert "proof-of-delivery.pdf" in browser.words("section[aria-labelledby=files]")
    looks.look("dispute")

    browser.press("Look through and send…")
    assert "The parcel was handed over on Monday." in browser.words()
    assert "proof-of-delivery.pdf" in browser.words()
    looks.look("dispute_submit")
    with browser.refused(422):
        browser.press("Send it to the bank")
        assert set_up.stripe.dispute_now(dispute_id)["status"] == "needs_response"
    with browser.another_window():
        browser.go(f"disputes/{dispute_id}/send/")  # and left open there
    browser.labelled("It is complete.").click()
    browser.press("Send it to the bank")
    assert "The answer is on its way to the bank." in browser.words(".flash")
    browser.wait_for("Under review", ".lead")
    looks.look("dispute_sent")

    sent = set_up.stripe.dispute_now(dispute_id)
    assert sent["status"] == "under_review"
    assert sent["evidence"]["uncategorized_text"] == "The parcel was handed over on Monday."
    assert _pdf_of(set_up, sent) == _pdf()
    _cannot_be_sent_again(set_up, browser, dispute_id)


def _refuse_files(browser: Browser, looks: Looks, folder: Path) -> None:
    """What banks do not take is refused in words, and is not in the draft."""
    large, text = folder / "large.png", folder / "letter.pdf"
    large.write_bytes(_png() + bytes(5_100_000))
    text.write_text("This is no PDF.")
    for path, words in ((large, "Stripe takes 5 MB"), (text, "Banks read PDF, JPEG and PNG")):
        with browser.refused(422):
            browser.fill("File", str(path))
            browser.press("Add the file")
            assert words in browser.words("#failure")
            assert words in browser.words("section[aria-labelledby=files] .wrong")
            assert path.name not in browser.words("section[aria-labelledby=files] table")
    looks.look("dispute_file_refused")


def _cannot_be_sent_again(stage: Stage, browser: Browser, dispute_id: str) -> None:
    calls = len(stage.stripe.calls("POST", f"/v1/disputes/{dispute_id}"))
    with browser.another_window():
        browser.labelled("It is complete.").click()
        browser.press("Send it to the bank")
        assert "Sent to the bank" in browser.words(".lead")
    browser.go(f"disputes/{dispute_id}/")
    assert browser.all("form#submit, form#save, form#attach") == []
    assert len(stage.stripe.calls("POST", f"/v1/disputes/{dispute_id}")) == calls


def _pdf_of(stage: Stage, dispute: dict[str, dict[str, str]]) -> bytes:
    files = [one for one in dispute["evidence"].values() if str(one).startswith("file_")]
    found = [stage.stripe.file_content(one) for one in files]
    return next(one for one in found if one == _pdf())


def _pdf() -> bytes:
    made = io.BytesIO()
    page = canvas.Canvas(made, invariant=True)
    page.drawString(72, 720, "Handed over on Monday, signed by J. Rivers.")
    page.save()
    return made.getvalue()


def _png() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(made, "PNG")
    return made.getvalue()
