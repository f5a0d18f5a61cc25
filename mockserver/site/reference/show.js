// Shows the document that the page carries. Every feature that would ask another machine for anything is off.
"use strict";

const apiDocument = JSON.parse(document.getElementById("document").textContent);
if (globalThis.tryIt) {
  apiDocument.servers = [{ url: location.origin, description: "This mock server" }];
}

// An identifier of a requirement leads to it, as in the guides.
const citing = (value, name) => {
  if (typeof value !== "object" || value === null) {
    return name === "description" && typeof value === "string"
      ? value.replace(/`([A-Z]{3,4})-(\d\d)`/g, (code, area, number) =>
          `[${code}](requirements/${area}.html#${area.toLowerCase()}-${number})`)
      : value;
  }
  if (Array.isArray(value)) return value.map((each) => citing(each));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, citing(each, key)]));
};

Scalar.createApiReference("#reference", {
  content: citing(apiDocument),
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  withDefaultFonts: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  hideTestRequestButton: !globalThis.tryIt,
  documentDownloadType: "none",
  persistAuth: false,
  defaultOpenAllTags: false,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  authentication: globalThis.tryIt
    ? {
        securitySchemes: Object.fromEntries(
          ["ApiKey", "Timestamp", "Signature"].map((name) => [name, { value: "made by this page when sent" }]),
        ),
      }
    : undefined,
});

// What scrolls by itself must be reached by the keyboard, and a short name is not broken at its hyphen; Scalar draws more of the page as one scrolls.
const reach = () => {
  for (const box of document.querySelectorAll("#reference :is(pre, pre > code, .endpoints, .overflow-x-auto):not([tabindex])")) {
    box.tabIndex = 0;
  }
  for (const code of document.querySelectorAll("#reference .markdown code:not(pre code, .whole)")) {
    if (/^(?=.*-).{1,20}$/.test(code.textContent)) code.classList.add("whole");
  }
};
new MutationObserver(reach).observe(document.getElementById("reference"), { childList: true, subtree: true });
reach();
