// The web component: attributes in, events out.

import { PaymentFlow } from "./flow.js";
import { PayerApi } from "./payer_api.js";
import { parseMoney } from "./money.js";
import { STYLES } from "./styles.js";
import { paymentView } from "./view.js";

const NAME = "stable-payment-gateway";

let payerApiUrl = new URL(import.meta.url).origin;
let sheet = null;

function stylesheet() {
  if (sheet === null) {
    sheet = new CSSStyleSheet(); // constructed, not inline: a page's `style-src` need not allow anything for it
    sheet.replaceSync(STYLES);
  }
  return sheet;
}

/**
 * `<stable-payment-gateway session-id="…">`: one payment session, paid where the element stands.
 *
 * Attributes: `session-id`; and, until the session is loaded or where it leaves a choice, `currency`, `country`,
 * `deposit-amount`, `allowed-payment-methods` and `saved-banks` (JSON, as the API answers them), `payment-method`;
 * `site-id` comes back in the events. The session's own amount and currency override the attributes.
 *
 * Events: `exit` when the payer leaves, `manual-success-primary-click` and `manual-success-secondary-click` for the two
 * buttons of a completed payment, `status-change` when the session's status does. `detail` holds `sessionId`, `siteId`,
 * `status` and, in `status-change`, `previousStatus`. None of them proves a payment: look the session up, or wait for the
 * webhook.
 *
 * It is light or dark as the page's `color-scheme` says. Colours, font and radius: `--gateway-accent`,
 * `--gateway-on-accent`, `--gateway-surface`, `--gateway-side`, `--gateway-text`, `--gateway-muted`, `--gateway-line`,
 * `--gateway-good`, `--gateway-bad`, `--gateway-font`, `--gateway-radius`. Parts: `gateway`, `summary`, `panel`, `amount`, `primary`, `secondary`, `cancel`.
 */
export class StablePaymentGateway extends HTMLElement {
  static observedAttributes = ["session-id"];

  #flow = null;
  #view = null;
  #status = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [stylesheet()];
  }

  connectedCallback() {
    this.#begin();
  }

  disconnectedCallback() {
    this.#end();
  }

  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    this.#end();
    this.#begin();
  }

  #begin() {
    if (this.#flow !== null) return;
    const sessionId = this.getAttribute("session-id");
    if (!sessionId) {
      console.error(`<${NAME}> needs the attribute session-id: the sessionId that the creation of the session answered.`);
      return;
    }
    this.#status = null;
    this.#flow = new PaymentFlow(new PayerApi(payerApiUrl, sessionId));
    this.#flow.addEventListener("change", () => this.#tellStatus());
    this.#view = paymentView({
      flow: this.#flow,
      settings: this.#settings(),
      shadow: this.shadowRoot,
      leave: () => this.#leave(),
      finish: (which) => this.#tell(`manual-success-${which}-click`),
    });
    this.#flow.start();
  }

  #end() {
    this.#flow?.stop();
    this.#view?.remove();
    this.#flow = this.#view = null;
  }

  async #leave() {
    if (await this.#flow.exit()) this.#tell("exit");
  }

  #tellStatus() {
    const status = this.#flow.state.session?.status ?? null;
    if (status === this.#status) return;
    const previousStatus = this.#status;
    this.#status = status;
    this.#tell("status-change", { previousStatus });
  }

  #tell(type, further = {}) {
    const detail = {
      sessionId: this.getAttribute("session-id"),
      siteId: this.getAttribute("site-id"),
      status: this.#flow?.state.session?.status ?? null,
      ...further,
    };
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #settings() {
    const methods = this.#list("allowed-payment-methods")?.filter((method) => typeof method === "string");
    return {
      currency: this.getAttribute("currency"),
      country: this.getAttribute("country"),
      amount: parseMoney(this.getAttribute("deposit-amount") ?? ""),
      method: this.getAttribute("payment-method"),
      allowedMethods: methods ?? null,
      savedBanks: (this.#list("saved-banks") ?? []).filter((bank) => typeof bank?.id === "string" && typeof bank.ibanMasked === "string"),
    };
  }

  #list(attribute) {
    const text = this.getAttribute(attribute);
    if (text === null) return null;
    try {
      const value = JSON.parse(text);
      if (Array.isArray(value)) return value;
    } catch {
      // Told below.
    }
    console.warn(`<${NAME}>: the attribute ${attribute} is no JSON array and is ignored.`);
    return null;
  }
}

/** Define the element; `baseUrl` is the server of the payer API, by default the one that this file came from. */
export function register({ baseUrl } = {}) {
  if (baseUrl !== undefined) payerApiUrl = new URL(baseUrl).href.replace(/\/+$/, "");
  if (customElements.get(NAME) === undefined) customElements.define(NAME, StablePaymentGateway);
}
