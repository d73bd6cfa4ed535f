// A checkout (or an order) paid with Stripe through Saleor's own API. Plain JavaScript, no build.
//
// 1. paymentGatewayInitialize  -> the publishable key
// 2. transactionInitialize     -> the client secret
// 3. stripe.confirmPayment     -> the buyer pays, here or on the page of a bank, and comes back
// 4. transactionProcess        -> how it ended, from Stripe itself
// 5. checkoutComplete          -> the order (not for an order that exists)
//
// Nothing the browser says about the payment is believed by anybody: step 4 asks Stripe. So every
// step may be repeated, in any tab, after any failure.

const GATEWAY = "saleor.tiktok_stripe";
const OPERATIONS = new URL("../../graphql/storefront/", import.meta.url);
const STRIPE_JS = "https://js.stripe.com/clover/stripe.js";
const TRIES = 3;

// A storefront of yours knows its own API and checkout: do not take them from the address.
const query = new URLSearchParams(location.search);
const api = query.get("api");
const source = query.get("checkout");
const isOrder = () => atob(source).startsWith("Order:");
const $ = (id) => document.getElementById(id);

/** What a buyer or a developer is told. `retry`: what the button does, if trying again can help. */
class Problem extends Error {
  constructor(words, retry = null) {
    super(words);
    this.retry = retry;
  }
}

// --- Saleor ---------------------------------------------------------------------------------------

const texts = new Map();

async function operation(name) {
  if (!texts.has(name)) {
    const reply = await fetch(new URL(`${name}.graphql`, OPERATIONS));
    if (!reply.ok) throw new Problem(`graphql/storefront/${name}.graphql is not served here.`);
    texts.set(name, await reply.text());
  }
  return texts.get(name);
}

/** Run a ready-made operation. Networks fail: it is tried again, as every one here may be. */
async function run(name, variables) {
  const body = JSON.stringify({ query: await operation(name), variables });
  for (let tries = 1; ; tries += 1) {
    try {
      const reply = await fetch(api, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      if (reply.status >= 500 || reply.status === 429) throw new TypeError(`HTTP ${reply.status}`);
      const answer = await reply.json();
      if (answer.errors) throw new Problem(answer.errors[0].message);
      return answer.data[name];
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (tries === TRIES) throw new Problem("The shop could not be reached.", start);
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
    }
  }
}

function refuse(errors) {
  if (errors.length) throw new Problem(`${errors[0].message} (${errors[0].code})`);
}

// --- the idempotency key: one per payment, kept over reloads ------------------------------------

const slot = `payment-key:${source}`;

function key() {
  const kept = sessionStorage.getItem(slot) ?? crypto.randomUUID();
  sessionStorage.setItem(slot, kept);
  return kept;
}

const forgetKey = () => sessionStorage.removeItem(slot);

// --- the steps ------------------------------------------------------------------------------------

async function gateway() {
  const answer = await run("paymentGatewayInitialize", {
    id: source,
    paymentGateways: [{ id: GATEWAY }],
  });
  refuse(answer.errors);
  const [config] = answer.gatewayConfigs;
  refuse(config.errors ?? []);
  return config.data;
}

async function initialize() {
  const answer = await run("transactionInitialize", {
    id: source,
    idempotencyKey: key(),
    paymentGateway: { id: GATEWAY },
  });
  if (answer.errors.some((error) => error.code === "UNIQUE")) {
    forgetKey(); // the total changed since: another payment
    return initialize();
  }
  refuse(answer.errors);
  return answer;
}

async function stripeOf(config) {
  if (!window.Stripe) {
    const script = document.createElement("script");
    script.src = STRIPE_JS;
    document.head.append(script);
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Problem("Stripe.js could not be loaded.", start));
    });
  }
  const options = config.stripeAccountId ? { stripeAccount: config.stripeAccountId } : {};
  return window.Stripe(config.publishableKey, options);
}

async function show(begun) {
  const { type, message, amount } = begun.transactionEvent;
  if (!type.endsWith("_ACTION_REQUIRED")) return settle(begun); // paid before: nothing to ask
  if (!begun.data?.clientSecret) throw new Problem(message || "The payment could not begin.", start);
  const stripe = await stripeOf(begun.data);
  const elements = stripe.elements({ clientSecret: begun.data.clientSecret });
  elements.create("payment").mount("#payment-element");
  $("total").textContent = new Intl.NumberFormat(navigator.language, {
    style: "currency",
    currency: amount.currency,
  }).format(amount.amount);
  $("payment").hidden = false;
  $("payment").onsubmit = (event) => {
    event.preventDefault();
    guard(() => confirm(stripe, elements, begun.transaction.id));
  };
  say(message);
}

async function confirm(stripe, elements, transaction) {
  const back = new URL(location.href);
  back.searchParams.set("transaction", transaction);
  const { error } = await stripe.confirmPayment({
    elements,
    confirmParams: { return_url: back.href },
    redirect: "if_required",
  });
  // Wrong card numbers and declines: the same form, the same payment, another try.
  if (error && ["card_error", "validation_error"].includes(error.type)) {
    throw new Problem(error.message);
  }
  // Anything else may have paid all the same: Saleor asks Stripe.
  await process(transaction);
}

async function process(transaction) {
  const answer = await run("transactionProcess", { id: transaction });
  refuse(answer.errors);
  await settle(answer);
}

/** What to do on each result. */
async function settle(answer) {
  const { type, message } = answer.transactionEvent;
  if (type.endsWith("_SUCCESS")) return complete("Your payment has arrived.");
  if (type.endsWith("_REQUEST")) {
    return complete("Your payment is on its way. We will let you know when it has arrived.");
  }
  if (type.endsWith("_ACTION_REQUIRED")) {
    const words = message || "The payment is not complete yet.";
    throw new Problem(words, $("payment").hidden ? start : null);
  }
  forgetKey(); // *_FAILURE is final: a new payment
  throw new Problem(message || "The payment failed.", start);
}

async function complete(words) {
  if (!isOrder()) {
    const answer = await run("checkoutComplete", { id: source });
    const [error] = answer.errors;
    // The money is there; what is missing is in the checkout (an address, stock): mend, then again.
    if (error) throw new Problem(`${error.message} (${error.code})`, () => complete(words));
    words += ` Your order number is ${answer.order.number}.`;
  }
  forgetKey();
  $("payment").hidden = true;
  $("done").hidden = false;
  $("done-words").textContent = words;
  say("");
}

// --- the page -------------------------------------------------------------------------------------

function say(words, isProblem = false) {
  $("status").textContent = words;
  $("status").className = isProblem ? "problem" : "";
}

/** One thing at a time; what goes wrong is said, with a way on where there is one. */
async function guard(step) {
  $("pay").disabled = true;
  $("again").hidden = true;
  say("One moment…");
  try {
    await step();
  } catch (error) {
    say(error instanceof Problem ? error.message : `Something went wrong: ${error.message}`, true);
    const retry = error.retry ?? null;
    $("again").hidden = !retry;
    $("again").onclick = retry && (() => guard(retry));
  } finally {
    $("pay").disabled = false;
  }
}

async function start() {
  const returned = query.get("transaction");
  if (returned) {
    // Back from a bank. Afterwards a reload begins where the checkout stands.
    query.delete("transaction");
    history.replaceState(null, "", `?${cleaned()}`);
    return process(returned);
  }
  await gateway(); // says in words when this channel takes no payments
  await show(await initialize());
}

function cleaned() {
  for (const name of ["payment_intent", "payment_intent_client_secret", "redirect_status"]) {
    query.delete(name);
  }
  return query;
}

if (api && source) {
  guard(start);
} else {
  say("");
  $("start").hidden = false;
}
