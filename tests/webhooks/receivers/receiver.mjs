// A partner's webhook receiver in Node's standard library. Prints its port, then one line of JSON for each delivery.
// Usage: receiver.mjs PUBLIC_KEY[,PUBLIC_KEY] PARTNER API_URL CREDENTIALS
// Sessions that are not known by heart are asked for at the API, as the partner whose credentials these are.
import { createSign, createVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const [publicKeys, partner, api, credentials] = process.argv.slice(2);
const trusted = publicKeys.split(",").map((file) => readFileSync(file));
const [apiKey, apiSecret, privateKey] = ["api_key", "api_secret", "private_key.pem"].map((name) =>
  readFileSync(`${credentials}/${name}`, "utf8"),
);
const sessions = new Set();
const seen = new Set();

function judgeDelivery(headers, raw) {
  const timestamp = headers["stablemint-timestamp"] ?? "";
  const signature = headers["stablemint-signature"] ?? "";
  const verifies = (key) => createVerify("RSA-SHA256").update(`${timestamp},`).update(raw).verify(key, signature, "base64");
  if (!trusted.some(verifies)) return "bad signature";
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(timestamp)) return "malformed timestamp";
  if (Math.abs(Date.now() - Date.parse(timestamp)) > 300_000) return "stale timestamp";
  const mediaType = (headers["content-type"] ?? "").split(";")[0].trim().toLowerCase();
  return mediaType === "application/json" ? null : "wrong content type";
}

async function isOurs(session) {
  if (!sessions.has(session)) {
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const signature = createSign("RSA-SHA256").update(`${timestamp},${apiSecret},`).sign(privateKey, "base64");
    const headers = { ApiKey: apiKey, Timestamp: timestamp, Signature: signature };
    const answer = await fetch(`${api}/session/${encodeURIComponent(session)}`, { headers });
    if (answer.status === 200) sessions.add(session);
    else if (answer.status !== 404) throw new Error(`the API answers ${answer.status}`);
  }
  return sessions.has(session);
}

async function judge(headers, raw) {
  const fault = judgeDelivery(headers, raw);
  if (fault) return { fault };
  const { eventId, data } = JSON.parse(raw.toString("utf8"));
  if (data.partnerName !== partner) return { fault: "another partner" };
  if (!(await isOurs(data.sessionId))) return { fault: "unknown session" };
  const repeated = seen.has(eventId);
  seen.add(eventId);
  return { fault: null, repeated, eventId, type: data.eventType };
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", async () => {
    const verdict = await judge(request.headers, Buffer.concat(parts)).catch((error) => ({ fault: String(error) }));
    console.log(JSON.stringify(verdict));
    response.writeHead(verdict.fault ? 400 : 204).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
