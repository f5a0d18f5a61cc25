// Whom the payer pays, how much, and until when.

import { isColour, isImageAddress, isLink, textOn } from "./colours.js";
import { icon, make, monogram, write } from "./dom.js";
import { formatMoney } from "./money.js";

const LABELS = { completed: "Paid", failed: "Not paid", expired: "Not paid", cancelled: "Not paid" };
const WARN_AT = 5 * 60_000;
const HURRY_AT = 60_000;

function logo({ name, logoUrl }) {
  const letter = monogram(name);
  if (!logoUrl || !isImageAddress(logoUrl)) return letter;
  const image = make("img", { class: "logo", alt: "", src: logoUrl, referrerpolicy: "no-referrer", width: 48, height: 48 });
  image.addEventListener("error", () => image.replaceWith(letter));
  return image;
}

/** `29:05`. */
function digits(milliseconds) {
  const seconds = Math.ceil(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The column beside the screens; `say` speaks to screen readers, `leave` asks whether to cancel. */
export function paymentSummary({ flow, settings, root, say, leave }) {
  const merchant = make("div", { class: "merchant" });
  const label = make("p", { class: "label" });
  const amount = make("p", { class: "amount", part: "amount" });
  const time = make("span", { class: "digits" });
  const timer = make("p", { class: "timer", role: "timer", hidden: true }, icon("clock"), make("span", {}, "Time left ", time));
  const cancel = make("button", { class: "link", type: "button", part: "cancel", on: { click: leave } }, icon("leave"), "Cancel payment");
  const help = make("p", { class: "help", hidden: true });
  const node = make(
    "section",
    { class: "summary", "aria-label": "Your payment", part: "summary" },
    merchant,
    make("div", { class: "sum" }, label, amount),
    timer,
    make("div", { class: "summary-foot" }, cancel, help),
  );
  let dressedFor = null;
  let warned = Infinity;

  function dress(session) {
    const { name, colour } = session.merchant;
    merchant.replaceChildren(logo(session.merchant), make("strong", {}, name));
    if (isColour(colour)) {
      root.style.setProperty("--merchant-accent", colour);
      root.style.setProperty("--merchant-on-accent", textOn(colour));
    }
    if (session.supportUrl && isLink(session.supportUrl)) {
      const link = make("a", { href: session.supportUrl, target: "_blank", rel: "noopener noreferrer" }, `Ask ${name}`, make("span", { class: "visually-hidden" }, " (opens in a new tab)"));
      help.replaceChildren("Need help? ", link);
      help.hidden = false;
    }
  }

  return {
    node,
    update(state) {
      const { session } = state;
      const sum = session?.amount ?? state.amount ?? (session ? null : settings.amount);
      const currency = session?.currency ?? settings.currency;
      write(amount, sum === null || !currency ? (session ? "Your choice" : "\u00a0") : formatMoney(sum, currency, session?.country ?? settings.country));
      write(label, session === null && sum === null ? "" : (LABELS[session?.status] ?? "To pay"));
      cancel.hidden = session?.status !== "open" || state.unavailable;
      node.hidden = state.unavailable;
      if (session === null) return;
      const subject = JSON.stringify([session.merchant, session.supportUrl]);
      if (subject !== dressedFor) dress(session);
      dressedFor = subject;
      this.tick();
    },
    /** Show the time that is left. */
    tick() {
      const { remaining } = flow;
      timer.hidden = remaining === null;
      if (remaining === null) return;
      write(time, digits(remaining));
      timer.classList.toggle("hurry", remaining <= HURRY_AT);
      for (const limit of [WARN_AT, HURRY_AT]) {
        if (remaining <= limit && warned > limit) say(limit === HURRY_AT ? "One minute left to pay." : "Less than five minutes left to pay.");
      }
      warned = Math.min(warned, remaining);
    },
  };
}
