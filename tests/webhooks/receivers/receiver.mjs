// A partner's webhook receiver in Node's standard library. Prints its port, then one line of JSON for each delivery.
import { createVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const publicKey = readFileSync(process.argv[2]);
const seen = new Set();

function judge(headers, raw) {
  const timestamp = headers["stablemint-timestamp"] ?? "";
  const signature = headers["stablemint-signature"] ?? "";
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp)) return "malformed timestamp";
  if (Math.abs(Date.now() - Date.parse(timestamp)) > 300_000) return "stale timestamp";
  const verify = createVerify("RSA-SHA256").update(`${timestamp},`).update(raw);
  if (!verify.verify(publicKey, signature, "base64")) return "bad signature";
  if (headers["content-type"] !== "application/json") return "wrong content type";
  return null;
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const raw = Buffer.concat(parts);
    const fault = judge(request.headers, raw);
    const event = fault ? null : JSON.parse(raw.toString("utf8"));
    const repeated = event !== null && seen.has(event.eventId);
    if (event) seen.add(event.eventId);
    console.log(JSON.stringify({ fault, repeated, eventId: event?.eventId, type: event?.data.eventType }));
    response.writeHead(fault ? 400 : 204).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
