// The screens of an open session: who pays, how much, and by which bank.

import { listCountries } from "./countries.js";
import { icon, make, monogram, write } from "./dom.js";
import { formatMoney, parseMoney, shortenIban } from "./money.js";
import { field, heading, problemNote, slowNote, stepButton } from "./parts.js";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const SEARCH_FROM = 8; // banks; a shorter list is seen at a glance

const METHODS = {
  instant_bank_transfer: ["Instant transfer", "Arrives within seconds"],
  bank_transfer: ["Bank transfer", "Arrives the next working day"],
  open_banking: ["Open banking", "Approve in your bank’s app"],
};

function form(onSubmit, ...children) {
  return make(
    "form",
    {
      class: "form",
      novalidate: true,
      on: {
        submit: (event) => {
          event.preventDefault();
          onSubmit();
        },
      },
    },
    ...children,
  );
}

/** Where Stable Mint manages the customer, the payer says who pays. */
export function identityScreen({ flow }) {
  const input = (attributes) => make("input", { class: "input", autocapitalize: "off", ...attributes });
  const countries = listCountries().map(([code, name]) => make("option", { value: code }, name));
  const fields = {
    fullName: field({ label: "Full name", control: input({ name: "fullName", autocomplete: "name", autocapitalize: "words", maxlength: 200, required: true }) }),
    email: field({ label: "Email address", control: input({ name: "email", type: "email", autocomplete: "email", maxlength: 254, required: true }) }),
    residenceAddress: field({ label: "Home address (optional)", control: input({ name: "residenceAddress", autocomplete: "street-address", maxlength: 500 }) }),
    citizenshipCountryCode: field({
      label: "Citizenship (optional)",
      control: make("select", { class: "input", name: "citizenshipCountryCode", autocomplete: "country" }, make("option", { value: "" }, "Choose a country"), ...countries),
    }),
  };
  const submit = stepButton({ label: "Continue", busyLabel: "Saving your details…", type: "submit" });
  const problem = problemNote();
  const slow = slowNote("This takes longer than usual. Please keep this page open.");
  let shown = null;

  function complain(faults) {
    for (const [name, part] of Object.entries(fields)) part.complain(faults[name]);
    const first = Object.keys(fields).find((name) => faults[name]);
    if (first) fields[first].control.focus();
  }

  function send() {
    const values = Object.entries(fields).map(([name, { control }]) => [name, control.value.trim()]);
    const payer = Object.fromEntries(values.filter(([, value]) => value !== ""));
    const faults = {};
    if (!payer.fullName) faults.fullName = "Enter your full name.";
    if (!payer.email) faults.email = "Enter your email address.";
    else if (!EMAIL.test(payer.email)) faults.email = "Enter an email address such as name@example.com.";
    complain(faults);
    if (Object.keys(faults).length === 0) flow.identify(payer);
  }

  return {
    node: make(
      "div",
      { class: "screen" },
      heading("Your details"),
      make("p", { class: "lead" }, "We need to know who pays before we connect you to your bank."),
      form(send, ...Object.values(fields).map((part) => part.node), problem.node, slow.node, submit.node),
    ),
    update(state) {
      submit.update(state.busy === "identity", state.busy !== null);
      slow.update(state.slow);
      problem.update(state.problem);
      if (state.problem === shown) return;
      shown = state.problem;
      const faults = (shown?.faults ?? []).map(({ pointer }) => [pointer.slice(1), "This is not accepted. Please check it."]);
      if (faults.length > 0) complain(Object.fromEntries(faults));
    },
  };
}

/** The payer says how much, within the limits, where the partner did not. */
export function amountScreen({ flow, settings }) {
  const { currency, country, minimumAmount, maximumAmount } = flow.state.session;
  const show = (amount) => formatMoney(amount, currency, country);
  const amount = field({
    label: `Amount in ${currency}`,
    hint: `From ${show(minimumAmount)} to ${show(maximumAmount)}`,
    control: make("input", { class: "input money", name: "amount", inputmode: "decimal", autocomplete: "transaction-amount", required: true, value: settings.amount ?? "" }),
  });
  const submit = stepButton({ label: "Continue", busyLabel: "Continue", type: "submit" });

  function send() {
    const value = parseMoney(amount.control.value);
    const fault =
      value === null
        ? "Enter an amount with at most two decimals, such as 9.50."
        : value < minimumAmount || value > maximumAmount
          ? `Enter an amount from ${show(minimumAmount)} to ${show(maximumAmount)}.`
          : null;
    amount.complain(fault);
    if (fault) amount.control.focus();
    else flow.setAmount(value);
  }

  return {
    node: make("div", { class: "screen" }, heading("How much would you like to pay?"), form(send, amount.node, submit.node)),
    update() {},
  };
}

function choice({ name, value, checked, onChange }, ...content) {
  const radio = make("input", { type: "radio", name, value, checked, on: { change: onChange } });
  return make("label", { class: "choice" }, radio, ...content, make("span", { class: "tick" }, icon("check")));
}

function methodChoices(methods, chosen, onChoose) {
  if (methods.length < 2) return null;
  return make(
    "fieldset",
    { class: "choices methods" },
    make("legend", {}, "How would you like to pay?"),
    ...methods.map((method) => {
      const [title, description] = METHODS[method] ?? [method, ""];
      const text = make("span", { class: "choice-text" }, make("strong", {}, title), make("small", {}, description));
      return choice({ name: "method", value: method, checked: method === chosen, onChange: () => onChoose(method) }, text);
    }),
  );
}

function bankChoice(bank, checked, onChoose) {
  const text = make(
    "span",
    { class: "choice-text" },
    make("strong", {}, bank.name),
    bank.ibanMasked && make("span", { class: "iban" }, shortenIban(bank.ibanMasked)),
    bank.description && make("small", {}, bank.description),
  );
  return { bank, node: choice({ name: "bank", value: bank.id, checked, onChange: () => onChoose(bank) }, monogram(bank.name), text) };
}

/** Method and bank. A returning customer finds the bank of last time first, and chosen. */
export function bankScreen({ flow, settings }) {
  const { session, banks, amount } = flow.state;
  const wanted = settings.allowedMethods;
  const narrowed = session.allowedPaymentMethods.filter((method) => wanted === null || wanted.includes(method));
  const methods = narrowed.length > 0 ? narrowed : session.allowedPaymentMethods;
  const known = new Map(settings.savedBanks.map((bank) => [bank.id, bank]));
  const offers = banks.map((bank) => ({ ...bank, ibanMasked: bank.ibanMasked ?? known.get(bank.id)?.ibanMasked }));
  const saved = offers.filter((bank) => bank.ibanMasked);
  const others = offers.filter((bank) => !bank.ibanMasked);

  let method = [session.paymentMethod, settings.method].find((name) => methods.includes(name)) ?? methods[0];
  let chosen = saved[0] ?? null;

  const submit = stepButton({ label: "Continue", busyLabel: "Connecting to your bank…", type: "submit" });
  const fault = make("p", { class: "fault", role: "alert" });
  const problem = problemNote();
  const slow = slowNote("Your bank takes longer than usual. Please keep this page open.");

  function choose(bank) {
    chosen = bank;
    write(fault, "");
    submit.rename(`Continue with ${bank.name}`);
  }

  const groups = [
    ["Your bank", saved.map((bank) => bankChoice(bank, bank === chosen, choose))],
    [saved.length > 0 ? "Another bank" : "Choose your bank", others.map((bank) => bankChoice(bank, false, choose))],
  ].filter(([, choices]) => choices.length > 0);
  const every = groups.flatMap(([, choices]) => choices);
  const found = make("p", { class: "visually-hidden", role: "status" });
  const nothing = make("p", { class: "hint", hidden: true }, "No bank of that name.");

  function filter(event) {
    const word = event.target.value.trim().toLowerCase();
    for (const { bank, node } of every) node.hidden = !bank.name.toLowerCase().includes(word);
    const count = every.filter(({ node }) => !node.hidden).length;
    nothing.hidden = count > 0;
    write(found, count === 1 ? "1 bank" : `${count} banks`);
  }

  const search =
    every.length >= SEARCH_FROM &&
    make(
      "div",
      { class: "search" },
      icon("search"),
      make("input", {
        class: "input",
        type: "search",
        "aria-label": "Search for your bank",
        placeholder: "Search for your bank",
        autocomplete: "off",
        on: { input: filter, keydown: (event) => event.key === "Enter" && event.preventDefault() },
      }),
    );

  function send() {
    if (chosen !== null) {
      flow.makeDeposit({ paymentMethod: method, bankId: chosen.id });
      return;
    }
    write(fault, "Choose your bank first.");
    every[0]?.node.querySelector("input").focus();
  }

  if (chosen !== null) choose(chosen);
  const change =
    amount !== null &&
    make("button", { class: "link", type: "button", on: { click: () => flow.setAmount(null) } }, "Change the amount");
  return {
    node: make(
      "div",
      { class: "screen" },
      heading("Pay by bank"),
      change,
      form(
        send,
        methodChoices(methods, method, (name) => (method = name)),
        search,
        found,
        make(
          "div",
          { class: "banks" },
          ...groups.map(([title, choices]) =>
            make("fieldset", { class: "choices" }, make("legend", {}, title), ...choices.map(({ node }) => node)),
          ),
          nothing,
        ),
        make("div", { class: "foot" }, fault, problem.node, slow.node, submit.node),
      ),
    ),
    update(state) {
      submit.update(state.busy === "deposit", state.busy !== null);
      slow.update(state.slow && state.busy === "deposit");
      problem.update(state.problem);
    },
  };
}
