// Shows the document that the page carries. Every feature that would ask another machine for anything is off.
"use strict";

const apiDocument = JSON.parse(document.getElementById("document").textContent);
if (globalThis.tryIt) {
  apiDocument.servers = [{ url: location.origin, description: "This mock server" }];
}

Scalar.createApiReference("#reference", {
  content: apiDocument,
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

// What scrolls by itself must be reached by the keyboard; Scalar draws more of the page as one scrolls.
const reach = () => {
  for (const box of document.querySelectorAll("#reference :is(pre, pre > code, .endpoints, .overflow-x-auto):not([tabindex])")) {
    box.tabIndex = 0;
  }
};
new MutationObserver(reach).observe(document.getElementById("reference"), { childList: true, subtree: true });
reach();
