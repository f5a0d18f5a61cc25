// The screens of a payment that is under way or over.

import { icon, make, monogram } from "./dom.js";
import { formatMoney } from "./money.js";
import { ending, facts, heading, problemNote, slowNote, stepButton } from "./parts.js";

const STEPS = [
  ["created", "Payment order made"],
  ["initiated", "Order sent to your bank"],
  ["submitted", "Approved by you"],
  ["accepted", "Accepted by your bank"],
  ["completed", "Payment complete"],
];

const WAITING = {
  created: "We are sending the payment order to your bank.",
  initiated: "We are waiting for your bank.",
  submitted: "Your bank is working on your payment.",
  accepted: "Your bank has accepted the payment, and the money is on its way. You can leave this page.",
};

const ADVICE = {
  refused_by_bank: "Nothing was paid. Your bank can tell you more.",
  insufficient_funds: "Nothing was paid. You can pay from another account.",
  authorisation_timed_out: "Nothing was paid. You can start again when you have time.",
  identity_rejected: "Nothing was paid. Check that your details are those your bank knows.",
  risk_declined: "Nothing was paid.",
  amount_mismatch: "If money has left your account, it will be sent back.",
  processing_error: "If money has left your account, it will be sent back.",
};

function money({ amount, currency, country }) {
  return amount === null ? null : formatMoney(amount, currency, country);
}

/** What the bank would ask on its own page. */
export function consentScreen({ flow }) {
  const { session } = flow.state;
  const { bankName, reference } = session.deposit;
  const approve = stepButton({ label: "Approve payment", busyLabel: "Approving…", onClick: () => flow.giveConsent(true) });
  const refuse = stepButton({ label: "Refuse", busyLabel: "Refusing…", kind: "secondary", onClick: () => flow.giveConsent(false) });
  const problem = problemNote();
  const slow = slowNote("Your bank takes longer than usual. Please keep this page open.");
  return {
    node: make(
      "div",
      { class: "screen consent" },
      make(
        "div",
        { class: "bank-head" },
        monogram(bankName),
        make("div", {}, make("strong", {}, bankName), make("small", {}, icon("lock"), "Simulated online banking")),
      ),
      heading("Approve this payment?"),
      facts([
        ["Pay to", session.merchant.name],
        ["Amount", money(session)],
        ["Reference", reference],
      ]),
      problem.node,
      slow.node,
      make("div", { class: "actions" }, approve.node, refuse.node),
    ),
    update(state) {
      approve.update(state.busy === "approve", state.busy !== null);
      refuse.update(state.busy === "refuse", state.busy !== null);
      slow.update(state.slow && ["approve", "refuse"].includes(state.busy));
      problem.update(state.problem);
    },
  };
}

/** The bank is at work. */
export function waitingScreen({ flow, leave }) {
  const { merchant } = flow.state.session;
  const lead = make("p", { class: "lead" });
  const steps = make("ol", { class: "steps" });
  const back = stepButton({ label: `Return to ${merchant.name}`, busyLabel: "Leaving…", kind: "secondary", onClick: leave });
  const problem = problemNote();
  let shown = null;
  return {
    node: make(
      "div",
      { class: "screen waiting" },
      make("div", { class: "orbit", "aria-hidden": "true" }),
      heading("Your payment is being made"),
      lead,
      steps,
      problem.node,
      make("div", { class: "actions" }, back.node),
      make("p", { class: "hint" }, `You can leave: ${merchant.name} will be told how the payment ends.`),
    ),
    update(state) {
      back.update(state.busy === "exit", state.busy !== null);
      problem.update(state.problem);
      const { status } = state.session.deposit ?? { status: "created" };
      if (status === shown) return;
      shown = status;
      lead.textContent = WAITING[status] ?? "";
      const reached = STEPS.findIndex(([name]) => name === status);
      steps.replaceChildren(
        ...STEPS.map(([, title], place) => {
          const kind = place <= reached ? "done" : place === reached + 1 ? "next" : "later";
          const word = { done: "Done: ", next: "Now: ", later: "" }[kind];
          const sign = make("span", { class: "dot" }, kind === "done" && icon("check"));
          return make("li", { class: kind, "aria-current": kind === "next" && "step" }, sign, make("span", {}, make("span", { class: "visually-hidden" }, word), title));
        }),
      );
    },
  };
}

function receipt({ deposit, ...session }) {
  return [
    ["Amount", money(session)],
    ["Bank", deposit?.bankName],
    ["Reference", deposit?.reference],
  ];
}

function end(parts) {
  return { node: make("div", { class: "screen" }, ending(parts)), update() {} };
}

export function completedScreen({ flow, finish }) {
  const { session } = flow.state;
  const isHosted = session.type === "hosted";
  const primary = stepButton({ label: isHosted ? `Return to ${session.merchant.name}` : "Continue", onClick: () => finish("primary") });
  const secondary = stepButton({ label: "Close", kind: "secondary", onClick: () => finish("secondary") });
  return end({
    sign: "check",
    tone: "good",
    title: "Payment complete",
    text: [`You have paid ${session.merchant.name}.`],
    rows: receipt(session),
    actions: isHosted ? [primary.node] : [primary.node, secondary.node],
  });
}

export function failedScreen({ flow, leave }) {
  const { session } = flow.state;
  const { failureReason, failureCode } = session.deposit ?? {};
  return end({
    sign: "cross",
    tone: "bad",
    title: "Payment failed",
    text: [failureReason, ADVICE[failureCode], `To try again, return to ${session.merchant.name} and start a new payment.`],
    rows: receipt(session),
    actions: [back(session, leave, "primary")],
  });
}

export function expiredScreen({ flow, leave }) {
  const { session } = flow.state;
  return end({
    sign: "clock",
    tone: "calm",
    title: "This payment has expired",
    text: ["The time to pay is over, and nothing was paid.", `To try again, return to ${session.merchant.name} and start a new payment.`],
    actions: [back(session, leave, "primary")],
  });
}

export function cancelledScreen({ flow, leave }) {
  const { session } = flow.state;
  return end({
    sign: "leave",
    tone: "calm",
    title: "Payment cancelled",
    text: ["Nothing was paid."],
    actions: [back(session, leave, "primary")],
  });
}

export function unavailableScreen() {
  return end({
    sign: "cross",
    tone: "calm",
    title: "There is no such payment",
    text: ["The link may be incomplete, or too old. Please go back to where you came from and start again."],
  });
}

function back(session, leave, kind) {
  return stepButton({ label: `Return to ${session.merchant.name}`, kind, onClick: leave }).node;
}
