// The payer API. The session's identifier is all the authority there is; no cookie and no key is ever sent.

const TIME_OUT = 30_000;

/** What went wrong: `connection` (no answer came), or `problem` with the status and the problem document. */
export class ApiError extends Error {
  constructor(kind, { status = 0, problem = {} } = {}) {
    super(problem.detail ?? kind);
    this.kind = kind;
    this.status = status;
    this.code = problem.code ?? null;
    this.faults = Array.isArray(problem.errors) ? problem.errors : [];
  }
}

export class PayerApi {
  #address;

  constructor(baseUrl, sessionId) {
    this.#address = `${baseUrl}/payer/session/${encodeURIComponent(sessionId)}`;
  }

  read() {
    return this.#call("GET", "");
  }

  async banks() {
    return (await this.#call("GET", "/banks")).banks;
  }

  identify(payer) {
    return this.#call("POST", "/identity", payer);
  }

  makeDeposit(choice) {
    return this.#call("POST", "/deposit", choice);
  }

  giveConsent(approved) {
    return this.#call("POST", "/consent", { approved });
  }

  exit() {
    return this.#call("POST", "/exit");
  }

  async #call(method, path, document) {
    let answer;
    let content;
    try {
      answer = await fetch(this.#address + path, {
        method,
        body: document === undefined ? undefined : JSON.stringify(document),
        headers: document === undefined ? {} : { "Content-Type": "application/json" },
        credentials: "omit",
        referrerPolicy: "no-referrer",
        redirect: "error",
        cache: "no-store",
        signal: AbortSignal.timeout(TIME_OUT),
      });
      content = await answer.text();
    } catch {
      throw new ApiError("connection");
    }
    let parsed;
    try {
      parsed = JSON.parse(content);
    } catch {
      parsed = {};
    }
    if (!answer.ok) throw new ApiError("problem", { status: answer.status, problem: parsed });
    return parsed;
  }
}
