// The payment-session API and the driver operations of its sandbox, in Node's standard library alone.
//
// Written from openapi/dist/openapi.yaml and openapi/sandbox/dist/openapi.yaml, as a stranger would: it shares no
// code with the other implementations, and none of it is generated.

import { readFileSync } from "node:fs";

import { controlResources } from "./control/resources.mjs";
import { fence } from "./control/fence.mjs";
import { createListener } from "./http/listener.mjs";
import { USAGE, readOptions } from "./options.mjs";
import { readPartners } from "./partners.mjs";
import { payerResources } from "./payer/resources.mjs";
import { Agenda } from "./payment/agenda.mjs";
import { Clock } from "./payment/clock.mjs";
import { Dispatcher } from "./payment/dispatcher.mjs";
import { Payments } from "./payment/payments.mjs";
import { sessionResources } from "./session/resources.mjs";
import { Store } from "./storage/store.mjs";
import { Deliveries } from "./webhook/deliveries.mjs";
import { Signer, newPrivateKey } from "./webhook/signer.mjs";

/** @param {ReturnType<typeof readOptions>} options */
function start(options) {
  const partners = readPartners(options.partners);
  const store = new Store(options.state);
  const clock = new Clock(store.get("settings", "clock") ?? { aheadBy: 0, frozenAt: null }, (reading) => store.put([["settings", "clock", reading]]));
  const signer = new Signer(webhookKey(store, options.webhookKey));
  const agenda = new Agenda();
  const deliveries = new Deliveries({ store, clock, agenda, signer });
  const payments = new Payments({ store, agenda, deliveries });
  const dispatcher = new Dispatcher({ clock, agenda, payments, deliveries });

  let publicUrl = options.publicUrl ?? "";
  const parts = {
    partners: new Map(partners.map((partner) => [partner.apiKey, partner])),
    partnerNames: new Set(partners.map(({ name }) => name)),
    store,
    clock,
    agenda,
    signer,
    deliveries,
    payments,
    dispatcher,
    maximumAmount: options.maximumAmount,
    checkoutUrl: () => options.checkoutUrl ?? `${publicUrl}/checkout`,
    guard: fence(() => publicUrl, options.controlToken),
  };
  const server = createListener([...sessionResources(parts), ...controlResources(parts), ...payerResources(parts)], () => publicUrl);
  server.on("error", (error) => fail(error));
  server.listen(options.port, options.host, () => {
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    publicUrl ||= `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`;
    dispatcher.wake();
    process.stdout.write(`${JSON.stringify({ url: publicUrl, port, partners: partners.map(({ name }) => name) })}\n`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0)); // all that was acknowledged is kept
}

/** @param {Store} store @param {string | undefined} path */
function webhookKey(store, path) {
  if (path !== undefined) return readFileSync(path, "utf8");
  const kept = store.get("settings", "webhookKey") ?? newPrivateKey();
  store.put([["settings", "webhookKey", kept]]);
  return kept;
}

/** @param {unknown} error @returns {never} */
function fail(error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  process.exit(2);
}

try {
  start(readOptions(process.argv.slice(2)));
} catch (error) {
  fail(error);
}
