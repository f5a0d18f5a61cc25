// The way of a payment through the payer's browser: what the server says the session is, and what is done about it.
// The server alone decides; this asks often, sends each step once, and shows the last answer.

import { ApiError } from "./payer_api.js";

const EVERY = { open: 3000, processing: 1000 };
const SLOW_AFTER = 3000;
const FINAL = ["completed", "failed", "expired", "cancelled"];

const START = {
  session: null,
  banks: null,
  amount: null, // what the payer typed, where the session has none
  busy: null, // the name of the step that is under way
  slow: false,
  offline: false,
  problem: null, // { text, faults, retry }
  unavailable: false,
};

/** Which screen a state is shown on. */
export function stageOf({ session, amount, unavailable }) {
  if (unavailable) return "unavailable";
  if (session === null) return "loading";
  if (FINAL.includes(session.status)) return session.status;
  if (session.status === "processing") return session.deposit?.awaitsConsent ? "consent" : "waiting";
  if (session.needsIdentity) return "identity";
  return session.needsAmount && amount === null ? "amount" : "bank";
}

/** Tells of every change by a `change` event; `state` is what there is to show. */
export class PaymentFlow extends EventTarget {
  #api;
  #timer = null;
  #generation = 0; // of requests: an answer that a later step has overtaken is dropped
  #clockAhead = 0;
  #failures = 0;
  #wake = () => this.refresh();
  #wakeIfVisible = () => document.visibilityState === "visible" && this.refresh();
  #wakeIfRestored = (event) => event.persisted && this.refresh(); // from the back-forward cache

  state = START;

  constructor(api) {
    super();
    this.#api = api;
  }

  start() {
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#wake);
    addEventListener("pageshow", this.#wakeIfRestored);
    document.addEventListener("visibilitychange", this.#wakeIfVisible);
    this.refresh();
  }

  stop() {
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#wake);
    removeEventListener("pageshow", this.#wakeIfRestored);
    document.removeEventListener("visibilitychange", this.#wakeIfVisible);
    this.#interrupt();
  }

  /** Milliseconds until the session expires, by the session clock as last told; null when it does not. */
  get remaining() {
    const { session } = this.state;
    if (session?.status !== "open") return null;
    return Math.max(0, Date.parse(session.expiresAt) - (performance.now() + this.#clockAhead));
  }

  get isFinal() {
    return FINAL.includes(this.state.session?.status);
  }

  /** Read the session now, and go on reading it until it is final. */
  async refresh() {
    if (this.state.busy || this.isFinal || this.state.unavailable) return;
    const generation = this.#interrupt();
    try {
      const session = await this.#api.read();
      const banks = this.state.banks ?? (session.status === "open" ? await this.#api.banks() : null);
      if (generation === this.#generation) this.#take(session, { banks });
    } catch (error) {
      if (generation === this.#generation) this.#meet(error, null);
    }
    if (generation === this.#generation) this.#schedule();
  }

  identify(payer) {
    return this.#step("identity", () => this.#api.identify(payer));
  }

  /** The amount is kept here until the deposit is made with it; null asks for it again. */
  setAmount(amount) {
    this.#set({ amount, problem: null });
  }

  makeDeposit({ paymentMethod, bankId }) {
    const { session, amount } = this.state;
    const choice = session.needsAmount ? { paymentMethod, bankId, amount } : { paymentMethod, bankId };
    return this.#step("deposit", () => this.#api.makeDeposit(choice));
  }

  giveConsent(approved) {
    return this.#step(approved ? "approve" : "refuse", () => this.#api.giveConsent(approved));
  }

  /** Leave: true when the payer can go, false where the step was not made. */
  async exit() {
    if (this.isFinal || this.state.unavailable) return true;
    return this.#step("exit", () => this.#api.exit());
  }

  async #step(name, call) {
    if (this.state.busy) return false; // the second click of a double click
    const generation = this.#interrupt();
    this.#set({ busy: name, slow: false, problem: null });
    const slow = setTimeout(() => this.#set({ slow: true }), SLOW_AFTER);
    let done = false;
    try {
      const session = await call();
      if (generation === this.#generation) {
        this.#take(session, { busy: null, slow: false });
        done = true;
      }
    } catch (error) {
      if (generation === this.#generation) {
        this.#set({ busy: null, slow: false });
        this.#meet(error, () => this.#step(name, call));
      }
    } finally {
      clearTimeout(slow);
    }
    // A step that was not possible was made before, here or in another tab: show what the session is now.
    if (generation === this.#generation) done ? this.#schedule() : this.refresh();
    return done;
  }

  #take(session, changes = {}) {
    this.#failures = 0;
    this.#clockAhead = Date.parse(session.now) - performance.now();
    const before = stageOf(this.state);
    const next = { ...this.state, ...changes, session, offline: false };
    if (stageOf(next) !== before) next.problem = null;
    this.#set(next);
  }

  #meet(error, retry) {
    if (!(error instanceof ApiError)) throw error;
    this.#failures += 1;
    if (error.kind === "connection") {
      const text = retry && "We could not reach the payment service, so this step may not have been made.";
      this.#set({ offline: true, ...(text && { problem: { text, faults: [], retry } }) });
    } else if (error.status === 404) {
      this.#set({ unavailable: true });
    } else if (error.status === 400 && retry) {
      const text = error.code === "amount_out_of_range" ? "This amount is not possible." : "Please check what you entered.";
      this.#set({ problem: { text, faults: error.faults, retry: null } });
    } else if (error.status !== 409 && retry) {
      const text = "The payment service is busy, and this step was not made. Nothing is paid twice if you try again.";
      this.#set({ problem: { text, faults: [], retry } });
    } else if (error.status !== 409 && this.state.session === null) {
      this.#set({ problem: { text: "The payment service does not answer. We keep trying.", faults: [], retry: this.#wake } });
    }
  }

  #schedule() {
    clearTimeout(this.#timer);
    const status = this.state.session?.status ?? "open";
    if (!(status in EVERY) || this.state.unavailable) return;
    const patience = EVERY[status] * Math.min(4, 1 + this.#failures);
    this.#timer = setTimeout(this.#wake, Math.min(patience, Math.max(250, this.remaining ?? patience)));
  }

  #interrupt() {
    clearTimeout(this.#timer);
    return ++this.#generation;
  }

  #set(changes) {
    this.state = { ...this.state, ...changes };
    this.dispatchEvent(new Event("change"));
  }
}
