import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_benchmark_is_named_and_nothing_is_started():
    listed = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert listed.stdout.split() == [
        "import_vs_order_bulk_create",
        "import_vs_raw_insert",
        "import_end_to_end_vs_order_bulk_create",
        "webhook_ack_vs_empty_view",
        "webhook_ack_vs_empty_view_in_saleor",
        "stripe_webhook_vs_dj_stripe",
        "api_overhead",
        "transaction_initialize_overhead",
        "reconcile_cost_growth",
        "reconcile_growth",
        "insights_growth",
        "stock_push_growth",
        "stock_latency",
        "memory_added",
        "startup_added",
    ]


def test_an_unknown_name_is_refused_before_anything_starts():
    refused = subprocess.run(
        [sys.executable, "-m", "benchmarks", "webhook"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert refused.returncode == 2
    assert "there is no webhook" in refused.stderr
    assert refused.stdout == ""
