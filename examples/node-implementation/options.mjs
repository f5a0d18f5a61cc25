// The command line.

import { parseArgs } from "node:util";

import { toHundredths } from "./session/amount.mjs";

export const USAGE = `node server.mjs --partners DIR [options]

  --partners DIR        a folder with one folder for each partner: api_key, api_secret, public_key.pem
  --host ADDRESS        where to listen (127.0.0.1)
  --port PORT           which port, 0 for any free one (8080)
  --state FILE          a journal: what it holds survives the process (nothing survives without it)
  --webhook-key FILE    the private key that signs webhooks, PEM (one is made, and kept in the journal)
  --public-url URL      how clients reach this server (http://ADDRESS:PORT)
  --checkout-url URL    where sessionUrl leads, before / and the session (PUBLIC-URL/checkout)
  --maximum-amount N    the largest amount of a session (10)
  --control-token TOKEN who has it may use the control API from beyond loopback
`;

/** What the command line asks for cannot be done; the message says why. */
export class UsageError extends Error {}

/** @param {string[]} words */
export function readOptions(words) {
  const { values } = parse(words);
  if (values.partners === undefined) throw new UsageError("--partners is missing");
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new UsageError("--port must be from 0 to 65535");
  const maximumAmount = toHundredths(Number(values["maximum-amount"]));
  if (maximumAmount === undefined) throw new UsageError("--maximum-amount must be a number with at most two decimals");
  return {
    partners: values.partners,
    host: /** @type {string} */ (values.host),
    port,
    state: values.state,
    webhookKey: values["webhook-key"],
    publicUrl: values["public-url"]?.replace(/\/+$/, ""),
    checkoutUrl: values["checkout-url"]?.replace(/\/+$/, ""),
    maximumAmount,
    controlToken: values["control-token"],
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        partners: { type: "string" },
        host: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "8080" },
        state: { type: "string" },
        "webhook-key": { type: "string" },
        "public-url": { type: "string" },
        "checkout-url": { type: "string" },
        "maximum-amount": { type: "string", default: "10" },
        "control-token": { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(/** @type {Error} */ (error).message);
  }
}
