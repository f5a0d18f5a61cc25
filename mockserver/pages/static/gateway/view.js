// One payment on the page: the summary, the screen of the moment, and what screen readers are told.

import { icon, make, write } from "./dom.js";
import { stageOf } from "./flow.js";
import { heading, problemNote, stepButton } from "./parts.js";
import { cancelledScreen, completedScreen, consentScreen, expiredScreen, failedScreen, unavailableScreen, waitingScreen } from "./screens_later.js";
import { amountScreen, bankScreen, identityScreen } from "./screens_open.js";
import { paymentSummary } from "./summary.js";

const SCREENS = {
  loading: loadingScreen,
  unavailable: unavailableScreen,
  identity: identityScreen,
  amount: amountScreen,
  bank: bankScreen,
  consent: consentScreen,
  waiting: waitingScreen,
  completed: completedScreen,
  failed: failedScreen,
  expired: expiredScreen,
  cancelled: cancelledScreen,
};

const PROGRESS = { identity: 0, amount: 0, bank: 1, consent: 2, waiting: 2 };
const PROGRESS_NAMES = ["Details", "Bank", "Approval"];

function loadingScreen() {
  const problem = problemNote();
  return {
    node: make(
      "div",
      { class: "screen" },
      make("p", { class: "visually-hidden" }, "Loading your payment…"),
      problem.node,
      ...["wide", "", "", ""].map((width) => make("div", { class: `ghost ${width}`, "aria-hidden": "true" })),
    ),
    update: (state) => problem.update(state.problem),
  };
}

/** Three steps at most; a session that knows payer and amount begins at the second. */
function progressLine(startsAtBank) {
  const names = startsAtBank ? PROGRESS_NAMES.slice(1) : PROGRESS_NAMES;
  const items = names.map((name) => make("li", {}, name));
  const node = make("ol", { class: "progress", "aria-label": "Steps of the payment" }, ...items);
  return {
    node,
    update(stage) {
      node.hidden = !(stage in PROGRESS);
      items.forEach((item, place) => {
        const at = PROGRESS[stage] - (startsAtBank ? 1 : 0);
        item.className = place < at ? "done" : place === at ? "now" : "";
        place === at ? item.setAttribute("aria-current", "step") : item.removeAttribute("aria-current");
      });
    },
  };
}

/** Asks whether to cancel; a dialog of the page's own, which keeps the focus and closes on Escape. */
function cancelDialog({ flow, leave }) {
  const confirm = stepButton({ label: "Cancel payment", busyLabel: "Cancelling…", kind: "danger", onClick: leave });
  const stay = stepButton({ label: "Keep paying", kind: "secondary", onClick: () => node.close() });
  stay.node.autofocus = true; // a key that was pressed once too often cancels nothing
  const title = heading("Cancel this payment?");
  title.id = "cancel-title";
  const problem = problemNote();
  const node = make(
    "dialog",
    { "aria-labelledby": title.id },
    title,
    make("p", { class: "lead" }, "Nothing has been paid yet. If you cancel, you have to start again."),
    problem.node,
    make("div", { class: "actions" }, confirm.node, stay.node),
  );
  return {
    node,
    open: () => flow.state.busy === null && node.showModal(),
    update(state) {
      confirm.update(state.busy === "exit", state.busy !== null);
      problem.update(node.open ? state.problem : null);
      if (node.open && state.session?.status !== "open") node.close();
    },
  };
}

/** Draws a flow into a shadow root until `remove` is called. */
export function paymentView({ flow, settings, shadow, leave, finish }) {
  const root = make("div", { class: "gateway", part: "gateway" });
  const told = make("p", { class: "visually-hidden", role: "status" });
  const offline = make("p", { class: "offline", role: "status" });
  const stageNode = make("div", { class: "stage" });
  const say = (text) => write(told, text);
  const dialog = cancelDialog({ flow, leave });
  const context = { flow, settings, root, say, leave, finish };
  const summary = paymentSummary({ ...context, leave: dialog.open });
  const panel = make("section", { class: "panel", "aria-label": "Payment", part: "panel" }, offline, stageNode);
  root.append(summary.node, panel, told, dialog.node);
  shadow.append(root);

  let stage = null;
  let screen = null;
  let progress = null;

  function enter(next) {
    const hadFocus = shadow.activeElement !== null || document.activeElement === document.body;
    const isFirst = stage === null || stage === "loading";
    stage = next;
    screen = SCREENS[next](context);
    stageNode.replaceChildren(screen.node);
    stageNode.dataset.stage = next;
    root.dataset.stage = next;
    const title = screen.node.querySelector(".title");
    if (title === null || isFirst) return;
    say(title.textContent);
    if (hadFocus) title.focus({ preventScroll: true });
    if (root.getBoundingClientRect().top < 0) root.scrollIntoView({ block: "start" });
  }

  function update() {
    const { state } = flow;
    const next = stageOf(state);
    if (next !== stage) enter(next);
    if (progress === null && state.session !== null && next in PROGRESS) {
      const { needsIdentity, needsAmount } = state.session;
      progress = progressLine(!needsIdentity && !needsAmount);
      panel.prepend(progress.node);
    }
    progress?.update(next);
    summary.update(state);
    screen.update(state);
    dialog.update(state);
    offline.replaceChildren(...(state.offline ? [icon("offline"), "You are offline. This page goes on by itself when the connection is back."] : []));
    root.toggleAttribute("aria-busy", state.busy !== null);
  }

  flow.addEventListener("change", update);
  const ticking = setInterval(() => summary.tick(), 1000);
  update();
  return {
    remove() {
      clearInterval(ticking);
      flow.removeEventListener("change", update);
      root.remove();
    },
  };
}
