"""The one table of the console's pages: where each is, whom it is for, and what it can do."""

from __future__ import annotations

from typing import Final

from ... import access
from .page import Action, Page
from .views import (
    activity,
    cases,
    dispute,
    drift,
    guide,
    insights,
    money,
    order,
    orders,
    settings,
    start,
    stock,
    told,
    transactions,
)

PAGES: Final[tuple[Page, ...]] = (
    Page(
        "start",
        "",
        access.HEALTH,
        "Start",
        start.show,
        {
            "verify": Action(start.verify, access.SETTINGS),
            "retry": Action(start.retry, access.ORDERS),
        },
        menu="Start",
        icon="start",
    ),
    Page(
        "guide",
        "guide/",
        access.SETTINGS,
        "Set up this channel",
        guide.show,
        {
            "enter_app": Action(guide.enter_app),
            "choose": Action(guide.choose),
            "enter_keys": Action(guide.enter_keys),
            "verify": Action(guide.verify),
            "preview": Action(guide.preview),
            "begin_import": Action(guide.begin_import),
        },
        within="start",
    ),
    Page(
        "orders",
        "orders/",
        access.ORDERS,
        "Orders",
        orders.show,
        {"retry": Action(orders.retry), "retry_all": Action(orders.retry_all)},
        menu="Orders",
        icon="orders",
    ),
    Page(
        "order",
        "orders/<id>/",
        access.ORDERS,
        "Order",
        order.show,
        {
            "retry": Action(order.retry),
            "plan": Action(order.plan),
            "push": Action(order.push),
            "repair": Action(order.repair),
            "accept": Action(order.accept),
            "check_refund": Action(order.check_refund, access.MONEY),
            "refund": Action(order.refund, access.MONEY),
        },
        within="orders",
    ),
    Page(
        "transactions",
        "transactions/",
        access.MONEY,
        "Transactions",
        transactions.show_list,
        menu="Transactions",
        icon="transactions",
    ),
    Page(
        "transaction",
        "transactions/<id>/",
        access.MONEY,
        "Payment",
        transactions.show,
        {
            "check_refund": Action(transactions.check_refund),
            "refund": Action(transactions.refund),
            "acknowledge": Action(transactions.acknowledge),
        },
        within="transactions",
    ),
    Page(
        "cases",
        "cases/",
        access.CASES,
        "After-sales",
        cases.show_queue,
        menu="After-sales",
        icon="cases",
    ),
    Page(
        "case",
        "cases/<id>/",
        access.CASES,
        "Request",
        cases.show,
        {
            "accept": Action(cases.accept, access.CASE_ANSWERS),
            "reject": Action(cases.reject, access.CASE_ANSWERS),
            "offer": Action(cases.offer, access.CASE_ANSWERS),
        },
        within="cases",
    ),
    Page(
        "dispute",
        "disputes/<id>/",
        access.CASES,
        "Dispute",
        dispute.show,
        {
            name: Action(view, access.CASE_ANSWERS)
            for name, view in {
                "draft": dispute.draft,
                "save": dispute.save,
                "attach": dispute.attach,
                "remove": dispute.remove,
                "stage": dispute.stage,
                "accept": dispute.accept,
            }.items()
        },
        within="cases",
    ),
    Page(
        "dispute_submit",
        "disputes/<id>/send/",
        access.CASE_ANSWERS,
        "Send the answer",
        dispute.show_review,
        {"submit": Action(dispute.submit)},
        within="cases",
    ),
    Page(
        "dispute_file",
        "disputes/<id>/files/<field>/",
        access.CASE_ANSWERS,
        "File of an answer",
        dispute.download,
        within="cases",
    ),
    Page(
        "money",
        "money/",
        access.MONEY,
        "Money",
        money.show,
        {"repair": Action(money.repair), "accept": Action(money.accept)},
        menu="Money",
        icon="money",
    ),
    Page(
        "payout",
        "money/payouts/<id>/",
        access.MONEY,
        "Payout",
        money.show_payout,
        within="money",
    ),
    Page(
        "money_file",
        "money/files/<kind>/",
        access.MONEY,
        "Books as a file",
        money.download,
        within="money",
    ),
    Page(
        "stock",
        "stock/",
        access.CATALOG,
        "Stock",
        stock.show_list,
        {
            "plan_stock": Action(stock.plan_stock),
            "push_stock": Action(stock.push_stock),
            "plan_prices": Action(stock.plan_prices),
            "push_prices": Action(stock.push_prices),
        },
        menu="Stock",
        icon="stock",
    ),
    Page(
        "sku",
        "stock/<id>/",
        access.CATALOG,
        "SKU",
        stock.show,
        {"link": Action(stock.link), "unlink": Action(stock.unlink)},
        within="stock",
    ),
    Page(
        "drift",
        "drift/",
        access.ORDERS,
        "Differences",
        drift.show,
        {
            "check": Action(drift.check),
            "plan": Action(drift.plan),
            "repair_all": Action(drift.repair_all),
            "repair": Action(drift.repair),
            "accept": Action(drift.accept),
        },
        menu="Differences",
        icon="drift",
    ),
    Page(
        "insights",
        "insights/",
        access.INSIGHTS,
        "Insights",
        insights.show,
        menu="Insights",
        icon="insights",
    ),
    Page(
        "insights_print",
        "insights/print/",
        access.INSIGHTS,
        "Sales report",
        insights.print_view,
        within="insights",
    ),
    Page(
        "insights_file",
        "insights/files/<table>/",
        access.INSIGHTS,
        "Sales as a file",
        insights.download,
        within="insights",
    ),
    Page(
        "settings",
        "settings/",
        access.SETTINGS,
        "Settings",
        settings.show,
        {
            "verify": Action(settings.verify),
            "choices": Action(settings.choices),
            "disconnect": Action(settings.disconnect),
            "link": Action(settings.link),
            "unlink": Action(settings.unlink),
            "refresh": Action(settings.refresh),
        },
        menu="Settings",
        icon="settings",
    ),
    Page(
        "notices",
        "settings/notices/",
        access.SETTINGS,
        "Notices",
        told.show,
        {
            "save": Action(told.save),
            "test": Action(told.test),
            "rotate": Action(told.rotate),
        },
        within="settings",
    ),
    Page(
        "activity",
        "activity/",
        access.HEALTH,
        "Activity",
        activity.show,
        {
            "retry": Action(activity.retry, access.ORDERS),
            "retry_one": Action(activity.retry_one, access.ORDERS),
            "replay": Action(activity.replay, access.ORDERS),
        },
        menu="Activity",
        icon="activity",
    ),
)


def find(path: str) -> tuple[Page, dict[str, str]] | None:
    """The page at ``path`` (below the console's address) and its arguments."""
    for page in PAGES:
        arguments = page.match(path)
        if arguments is not None:
            return page, arguments
    return None


def called(name: str) -> Page:
    """A page by its name. Raises ``StopIteration`` for one that is not in the table."""
    return next(page for page in PAGES if page.name == name)
