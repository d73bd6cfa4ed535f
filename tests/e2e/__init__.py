import pytest

pytest.register_assert_rewrite(
    "tests.e2e.counter",
    "tests.e2e.scenarios_aftersales",
    "tests.e2e.scenarios_both_ways",
    "tests.e2e.scenarios_both_ways_markets",
    "tests.e2e.scenarios_both_ways_money",
    "tests.e2e.scenarios_mirror",
    "tests.e2e.scenarios_orders",
    "tests.e2e.scenarios_payments",
    "tests.e2e.scenarios_shop",
    "tests.e2e.scenarios_trouble",
    "tests.e2e.stage",
    "tests.e2e.trade",
)
