"""The door of the Stripe sandbox: keys, permissions, accounts, parameters, expand, lists."""

from __future__ import annotations

import pytest
import requests
import stripe

from saleor_tiktok_stripe.sandbox.stripe import StripeSandbox


def _get(server, path, key="", **headers):
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return requests.get(server.base_url + path, headers=headers, timeout=60)


def _error(response):
    return response.status_code, response.json()["error"]


def test_a_call_without_a_key_is_refused(stripe_server):
    status, error = _error(_get(stripe_server, "/v1/balance"))

    assert (status, error["type"]) == (401, "invalid_request_error")
    assert error["message"].startswith("You did not provide an API key.")


def test_an_unknown_key_is_refused_and_shown_masked(stripe_server):
    status, error = _error(_get(stripe_server, "/v1/balance", "sk_test_nobody_knows_this"))

    assert status == 401
    assert error["message"] == "Invalid API Key provided: sk_test_*************this"


def test_a_revoked_key_is_refused_from_then_on(stripe_server, control):
    key = control.secret_key
    assert _get(stripe_server, "/v1/balance", key).status_code == 200

    control.revoke_key(key)

    assert _get(stripe_server, "/v1/balance", key).status_code == 401


def test_basic_authentication_serves_as_well(stripe_server, control):
    response = requests.get(
        f"{stripe_server.base_url}/v1/balance", auth=(control.secret_key, ""), timeout=60
    )

    assert response.status_code == 200


def test_every_answer_has_a_request_id_and_the_version_asked_for(stripe_server, control):
    headers = {"Stripe-Version": "2025-04-30.basil"}
    response = _get(stripe_server, "/v1/balance", control.secret_key, **headers)

    assert response.headers["Stripe-Version"] == "2025-04-30.basil"
    assert response.headers["Request-Id"].startswith("req_")
    assert response.headers["Content-Type"] == "application/json"


def test_a_version_that_is_none_is_refused(stripe_server, control):
    headers = {"Stripe-Version": "newest"}
    status, error = _error(_get(stripe_server, "/v1/balance", control.secret_key, **headers))

    assert (status, error["message"]) == (400, "Invalid Stripe API version: newest")


def test_a_restricted_key_is_told_which_permission_it_lacks(control, connect):
    key = control.restricted_key("rak_payment_intent_write")
    api = connect(key).v1

    with pytest.raises(stripe.PermissionError) as caught:
        api.refunds.list()

    shown = f"{key[:8]}{'*' * (len(key) - 12)}{key[-4:]}"
    assert caught.value.http_status == 403
    assert caught.value.user_message == (
        f"The provided key '{shown}' does not have the required permissions for this endpoint on "
        f"account '{control.account_id}'. Having the 'rak_charge_read' permission would allow "
        "this request to continue."
    )


def test_write_includes_read_and_read_does_not_include_write(control, connect):
    writing = connect(control.restricted_key("rak_payment_intent_write")).v1
    reading = connect(control.restricted_key("rak_payment_intent_read")).v1

    assert writing.payment_intents.list().data == []
    assert reading.payment_intents.list().data == []
    with pytest.raises(stripe.PermissionError, match="rak_payment_intent_write"):
        reading.payment_intents.create({"amount": 1000, "currency": "usd"})
    assert control.objects("payment_intent") == []


def test_a_publishable_key_cannot_do_what_the_merchant_does(control, connect):
    with pytest.raises(stripe.PermissionError) as caught:
        connect(control.publishable_key).v1.refunds.list()

    assert caught.value.error.code == "secret_key_required"


def test_accounts_see_nothing_of_each_other(api, control, connect):
    payment = api.payment_intents.create({"amount": 1000, "currency": "usd"})
    other = connect(control.new_account().secret_key).v1

    with pytest.raises(stripe.InvalidRequestError) as caught:
        other.payment_intents.retrieve(payment.id)

    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    assert caught.value.user_message == f"No such payment_intent: '{payment.id}'"


def test_test_and_live_mode_see_nothing_of_each_other(api, control, connect):
    api.payment_intents.create({"amount": 1000, "currency": "usd"})
    live = control.other_mode()
    found = connect(live.secret_key).v1

    assert live.account_id == control.account_id
    assert live.secret_key.startswith("sk_live_")
    assert found.payment_intents.list().data == []
    assert found.balance.retrieve().livemode is True
    assert api.balance.retrieve().livemode is False


def test_stripe_account_acts_for_a_connected_account_only(control, connect):
    shop, stranger = control.new_account(), control.new_account()
    shop.connect(control.account_id)
    platform = connect(control.secret_key).v1

    made = platform.payment_intents.create(
        {"amount": 1000, "currency": "usd"}, {"stripe_account": shop.account_id}
    )
    with pytest.raises(stripe.PermissionError) as caught:
        platform.balance.retrieve(options={"stripe_account": stranger.account_id})

    assert [row["id"] for row in shop.objects("payment_intent")] == [made.id]
    assert control.objects("payment_intent") == []
    assert caught.value.error.code == "account_invalid"


def test_an_unknown_parameter_is_named(api):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.create(
            {"amount": 1000, "currency": "usd", "automatic_payment_methods": {"on": True}}
        )

    assert caught.value.code == "parameter_unknown"
    assert caught.value.param == "automatic_payment_methods[on]"
    assert caught.value.user_message == (
        "Received unknown parameter: automatic_payment_methods[on]"
    )


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": "10.5", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0, "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"amount": 1000, "currency": "xyz"}, None, "currency"),
        (
            {"amount": 100050, "currency": "isk"},
            "invalid_charge_amount_no_decimal_compatible",
            "amount",
        ),
        ({"amount": 50001, "currency": "kwd"}, None, "amount"),
        ({"amount": 1000, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, None),
        ({"amount": 1000, "currency": "usd", "metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    ],
)
def test_wrong_parameters_are_refused_and_nothing_is_made(api, control, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.create(params)

    assert (caught.value.http_status, caught.value.code) == (400, code)
    if param is not None:
        assert caught.value.param == param
    assert control.objects("payment_intent") == []


@pytest.mark.parametrize("spelling", ["true", "True", "1"])
def test_booleans_come_in_the_spellings_that_clients_use(stripe_server, control, spelling):
    response = requests.post(
        f"{stripe_server.base_url}/v1/payment_intents",
        data={
            "amount": "1000",
            "currency": "usd",
            "automatic_payment_methods[enabled]": spelling,
        },
        headers={"Authorization": f"Bearer {control.secret_key}"},
        timeout=60,
    )

    assert response.json()["automatic_payment_methods"]["enabled"] is True


def test_expand_reaches_down_and_refuses_what_is_no_reference(api, pay):
    payment = pay()

    found = api.payment_intents.retrieve(
        payment.id, {"expand": ["latest_charge.balance_transaction", "payment_method"]}
    )
    listed = api.payment_intents.list({"expand": ["data.latest_charge"]})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.retrieve(payment.id, {"expand": ["amount"]})

    assert found.latest_charge.balance_transaction.net == 2000 - 88
    assert found.payment_method.card.last4 == "4242"
    assert listed.data[0].latest_charge.id == found.latest_charge.id
    assert caught.value.user_message == "This property cannot be expanded (amount)."
    assert isinstance(api.payment_intents.retrieve(payment.id).latest_charge, str)


def test_refunds_of_a_charge_show_only_when_expanded(api, pay):
    payment = pay()
    refund = api.refunds.create({"payment_intent": payment.id, "amount": 500})

    plain = api.charges.retrieve(payment.latest_charge)
    expanded = api.charges.retrieve(payment.latest_charge, {"expand": ["refunds"]})

    assert "refunds" not in plain
    assert [row.id for row in expanded.refunds.data] == [refund.id]


def test_lists_are_paged_in_both_directions(api, control):
    made = [
        api.payment_intents.create({"amount": 1000 + n, "currency": "usd"}).id for n in range(7)
    ]
    newest_first = made[::-1]

    first = api.payment_intents.list({"limit": 3})
    second = api.payment_intents.list({"limit": 3, "starting_after": first.data[-1].id})
    before = api.payment_intents.list({"limit": 2, "ending_before": newest_first[5]})
    everything = [row.id for row in api.payment_intents.list({"limit": 2}).auto_paging_iter()]

    assert [row.id for row in first.data] == newest_first[:3]
    assert first.has_more is True
    assert [row.id for row in second.data] == newest_first[3:6]
    assert [row.id for row in before.data] == newest_first[3:5]
    assert everything == newest_first
    assert api.payment_intents.list({"limit": 100}).has_more is False


def test_lists_are_filtered_by_time(api, control):
    early = api.payment_intents.create({"amount": 1000, "currency": "usd"})
    control.turn(60)
    late = api.payment_intents.create({"amount": 1000, "currency": "usd"})

    since = api.payment_intents.list({"created": {"gt": early.created}})
    until = api.payment_intents.list({"created": {"lte": early.created}})

    assert [row.id for row in since] == [late.id]
    assert [row.id for row in until] == [early.id]


def test_a_cursor_that_is_not_there_is_refused(api):
    with pytest.raises(stripe.InvalidRequestError) as caught:
        api.payment_intents.list({"starting_after": "pi_gone"})

    assert (caught.value.code, caught.value.param) == ("resource_missing", "starting_after")


def test_an_address_serves_only_its_own_paths(stripe_server, control):
    headers = {"Authorization": f"Bearer {control.secret_key}"}
    response = requests.get(f"{stripe_server.files_url}/v1/balance", headers=headers, timeout=60)
    unknown = _get(stripe_server, "/v1/nothing", control.secret_key)

    assert response.status_code == 404
    assert unknown.status_code == 404
    assert unknown.json()["error"]["message"].startswith(
        "Unrecognized request URL (GET: /v1/nothing)."
    )


def test_accounts_are_seen_with_their_requirements(api, control):
    assert api.accounts.retrieve_current().requirements.currently_due == []

    control.account_state("past_due")
    found = api.accounts.retrieve(control.account_id)

    assert (found.charges_enabled, found.payouts_enabled) == (False, False)
    assert found.requirements.disabled_reason == "requirements.past_due"
    assert [event.type for event in api.events.list()] == ["capability.updated", "account.updated"]


def test_ids_and_keys_follow_from_the_seed_alone():
    with StripeSandbox(seed=3) as one, StripeSandbox(seed=3) as two, StripeSandbox(seed=4) as three:
        assert one.secret_key == two.secret_key
        assert one.webhook_secret == two.webhook_secret
        assert one.account_id != three.account_id
