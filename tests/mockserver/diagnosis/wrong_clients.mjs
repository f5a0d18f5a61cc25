// Wrong clients as they are written in Node. Prints, as JSON, the status and the diagnosis each one gets.
import { createHash, createHmac, createSign, constants, privateEncrypt, sign as signBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const { URL_OF_CREATION, URL_OF_SESSION, API_KEY, API_SECRET, PRIVATE_KEY, ORDER } = process.env;
const key = readFileSync(PRIVATE_KEY);
const order = JSON.parse(ORDER);
const body = JSON.stringify(order, null, 1);
const seconds = () => String(Math.floor(Date.now() / 1000));
const rsa = (text, algorithm = "SHA256") => createSign(algorithm).update(text).sign(key, "base64");

async function call({ timestamp, signature, sent = body, url = URL_OF_CREATION, method = "POST" }) {
  const headers = { ApiKey: API_KEY, Timestamp: timestamp, Signature: signature, "Content-Type": "application/json" };
  const answer = await fetch(url, { method, headers, body: sent });
  const { diagnosis } = await answer.json();
  return { status: answer.status, code: diagnosis?.code ?? null, further: diagnosis?.further ?? [] };
}

const read = (signature, timestamp) =>
  call({ timestamp, signature, sent: null, url: URL_OF_SESSION, method: "GET" });

const clients = {
  body_reserialised: (t) => call({ timestamp: t, signature: rsa(`${t},${API_SECRET},${JSON.stringify(order)}`) }),
  body_placeholder: (t) => call({ timestamp: t, signature: rsa(`${t},${API_SECRET},${order}`) }),
  "body_placeholder without a body": (t) => read(rsa(`${t},${API_SECRET},${undefined}`), t),
  "final_comma_missing": (t) => read(rsa([t, API_SECRET, ""].filter(Boolean).join(",")), t),
  timestamp_milliseconds: () => {
    const now = String(Date.now());
    return call({ timestamp: now, signature: rsa(`${now},${API_SECRET},${body}`) });
  },
  timestamp_signed_milliseconds: () => {
    const now = Date.now();
    return call({ timestamp: String(Math.floor(now / 1000)), signature: rsa(`${now},${API_SECRET},${body}`) });
  },
  sha512: (t) => call({ timestamp: t, signature: rsa(`${t},${API_SECRET},${body}`, "SHA512") }),
  sha1: (t) => call({ timestamp: t, signature: rsa(`${t},${API_SECRET},${body}`, "RSA-SHA1") }),
  pss: (t) => {
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING };
    const raw = signBytes("sha256", Buffer.from(`${t},${API_SECRET},${body}`), options);
    return call({ timestamp: t, signature: raw.toString("base64") });
  },
  hexadecimal: (t) =>
    call({ timestamp: t, signature: createSign("SHA256").update(`${t},${API_SECRET},${body}`).sign(key, "hex") }),
  byte_list: (t) => {
    const raw = signBytes("sha256", Buffer.from(`${t},${API_SECRET},${body}`), key);
    return call({ timestamp: t, signature: String(new Uint8Array(raw)) });
  },
  base64_of_hexadecimal: (t) => {
    const hex = createSign("SHA256").update(`${t},${API_SECRET},${body}`).sign(key, "hex");
    return call({ timestamp: t, signature: btoa(hex) });
  },
  digest_signed: (t) => {
    const digest = createHash("sha256").update(`${t},${API_SECRET},${body}`).digest();
    return call({ timestamp: t, signature: rsa(digest) });
  },
  digest_info_missing: (t) => {
    const digest = createHash("sha256").update(`${t},${API_SECRET},${body}`).digest();
    return call({ timestamp: t, signature: privateEncrypt(key, digest).toString("base64") });
  },
  not_hashed: (t) => read(privateEncrypt(key, Buffer.from(`${t},${API_SECRET},`)).toString("base64"), t),
  hmac: (t) => {
    const signature = createHmac("sha256", API_SECRET).update(`${t},${API_SECRET},${body}`).digest("base64");
    return call({ timestamp: t, signature });
  },
  signature_placeholder: (t) => call({ timestamp: t, signature: String(Promise.resolve("signature")) }),
  body_charset: (t) => {
    const raw = createSign("SHA256").update(`${t},${API_SECRET},${body}`, "latin1").sign(key, "base64");
    return call({ timestamp: t, signature: raw });
  },
};

const answers = {};
for (const [name, client] of Object.entries(clients)) answers[name] = await client(seconds());
console.log(JSON.stringify(answers));
