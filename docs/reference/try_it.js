// Lets the session API be tried where the mock server serves this page: each request is signed, over the exact bytes
// that are sent, with a key that this page makes for itself and forgets when it is closed. Its partner is made by the
// control API, which lets in pages of its own origin alone; so nothing here works anywhere else.
"use strict";

(() => {
  const control = "/_sandbox/namespaces/default";
  const isApiPage = location.pathname.endsWith("/reference.html") || location.pathname.endsWith("/reference");
  const isServed = /^https?:$/.test(location.protocol) && location.pathname.startsWith("/docs/");
  if (!isServed || !isApiPage || !globalThis.crypto?.subtle) return;

  const send = globalThis.fetch.bind(globalThis);
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
  let demo = null;

  globalThis.tryIt = true;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    if (url.origin !== location.origin || !url.pathname.startsWith("/session/")) return send(request);
    return send(await sign(request));
  };

  async function sign(request) {
    demo ??= makePartner();
    const { apiKey, apiSecret, key, partner } = await demo;
    const body = new Uint8Array(await request.clone().arrayBuffer());
    const timestamp = String(Math.floor(Date.now() / 1000));
    const start = new TextEncoder().encode(`${timestamp},${apiSecret},`);
    const signed = new Uint8Array(start.length + body.length);
    signed.set(start);
    signed.set(body, start.length);
    const signature = await crypto.subtle.sign(algorithm.name, key, signed);
    const headers = new Headers(request.headers);
    headers.set("ApiKey", apiKey);
    headers.set("Timestamp", timestamp);
    headers.set("Signature", encode(signature));
    tell(`Signed as ${partner}`);
    return new Request(request.url, {
      method: request.method,
      headers,
      body: body.length && request.method !== "GET" && request.method !== "HEAD" ? body : undefined,
    });
  }

  async function makePartner() {
    tell("Making a key…");
    const pair = await crypto.subtle.generateKey(algorithm, false, ["sign", "verify"]);
    const spki = encode(await crypto.subtle.exportKey("spki", pair.publicKey));
    const publicKey = `-----BEGIN PUBLIC KEY-----\n${spki.match(/.{1,64}/g).join("\n")}\n-----END PUBLIC KEY-----\n`;
    const suffix = Array.from(crypto.getRandomValues(new Uint8Array(4)), (n) => n.toString(16).padStart(2, "0")).join("");
    const answer = await send(`${control}/partners`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ partner: `docs-${suffix}`, publicKey, displayName: "Docs demo" }),
    });
    const made = await answer.json();
    if (!answer.ok) {
      demo = null; // the next request tries again
      tell(made.title ?? "No demo partner could be made");
      throw new Error(made.detail ?? made.title);
    }
    return { ...made, key: pair.privateKey };
  }

  function encode(buffer) {
    return btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""));
  }

  function tell(text) {
    const place = document.getElementById("trying");
    place.textContent = text;
    place.hidden = false;
  }
})();
