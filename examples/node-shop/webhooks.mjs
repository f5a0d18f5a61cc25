// Webhooks: which deliveries are genuine, and what they say.
import { createVerify } from "node:crypto";

const TOLERANCE = 300_000; // milliseconds
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The status that a session has at least, by what happened to its deposit. */
const TOLD = {
  created: "processing", initiated: "processing", submitted: "processing", accepted: "processing",
  completed: "completed", failed: "failed",
};

/** A delivery that is not genuine, or not for this shop; the message says why. */
export class NotGenuine extends Error {}

export class Webhooks {
  #keys;
  #partnerName;

  /** `keys` are all that webhooks may be signed with, so that one can follow another. */
  constructor({ keys, partnerName }) {
    this.#keys = keys;
    this.#partnerName = partnerName;
  }

  /**
   * The event of a delivery. Throws NotGenuine. The signature comes first, over the bytes as they arrived; nothing
   * unsigned is parsed.
   */
  read(headers, body) {
    const timestamp = headers["stablemint-timestamp"] ?? "";
    const signature = headers["stablemint-signature"] ?? "";
    const isSignedBy = (key) => createVerify("RSA-SHA256").update(`${timestamp},`).update(body).verify(key, signature, "base64");
    if (!this.#keys.some(isSignedBy)) throw new NotGenuine("no trusted key made this signature");
    const age = TIME.test(timestamp) ? Date.now() - Date.parse(timestamp) : NaN;
    if (!(Math.abs(age) <= TOLERANCE)) throw new NotGenuine("the time stamp is too far from this machine's time");
    const { eventId, data } = JSON.parse(body.toString());
    if (data.partnerName !== this.#partnerName) throw new NotGenuine("the event is another partner's"); // one key signs for all
    return { eventId, sessionId: data.sessionId, status: statusOf(data) };
  }
}

/** null where an event says nothing of the session's status, as those of types to come. */
function statusOf({ eventType, status }) {
  if (eventType === "transaction.status.changed") return status;
  const [, step] = /^partner\.customer\.deposit\.(\w+)$/.exec(eventType) ?? [];
  return Object.hasOwn(TOLD, step ?? "") ? TOLD[step] : null;
}
