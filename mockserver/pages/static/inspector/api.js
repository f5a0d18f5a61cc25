// The control API, from its own origin. Where it asks for a token, that is kept for this tab alone.

const KEPT = "stablemint.control-token";

let token = sessionStorage.getItem(KEPT) ?? "";

/** What the control API refused, or `status` 0 where it did not answer; `message` is for the developer. */
export class Refusal extends Error {
  constructor(status, problem) {
    const faults = (problem.errors ?? []).map((fault) => `${fault.pointer}: ${fault.detail}`);
    super([problem.detail ?? problem.title ?? `The answer was ${status}.`, ...faults].join(" "));
    this.status = status;
    this.code = problem.code ?? "";
  }
}

/** Send this token from now on. */
export function useToken(value) {
  token = value;
  sessionStorage.setItem(KEPT, value);
}

/** The answer to one request of the control API, not read yet. Raises `Refusal`. */
export async function send(method, path, { body, signal } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const content = body === undefined ? undefined : JSON.stringify(body);
    answer = await fetch(new URL(path, document.baseURI), { method, headers, body: content, signal, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { detail: "The mock server does not answer. Is it still running?" });
  }
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
  return answer;
}

/** The operations of one namespace, by path. */
export function namespaceApi(name) {
  const base = `namespaces/${encodeURIComponent(name)}/`;
  const call = async (method, path, body) => (await send(method, base + path, { body })).json();
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    put: (path, body) => call("PUT", path, body),
    remove: (path) => call("DELETE", path),
  };
}

/** The names of all namespaces. */
export async function listNamespaces() {
  const { namespaces } = await (await send("GET", "namespaces")).json();
  return namespaces.map(({ name }) => name);
}

/** A path made of parts, whatever characters are in them. */
export const path = (...parts) => parts.map(encodeURIComponent).join("/");
