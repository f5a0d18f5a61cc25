// The hosted page: the widget, and the way back to the partner, which the server decides.

import { register } from "/widget/stable-payment-gateway.js";

const RETURN_AFTER = 5; // seconds

const sessionId = decodeURIComponent(location.pathname.split("/")[2]);
const wayBack = `/checkout/${encodeURIComponent(sessionId)}/return`;
const gateway = document.createElement("stable-payment-gateway");

// Replaced, not added to the history: the back button of the next page does not lead into a payment that is over.
const goBack = () => location.replace(wayBack);

/** Say that the payer is taken back, then do so; not to those who come to look at a payment that was over before. */
function returnSoon() {
  const note = document.createElement("p");
  note.className = "returning";
  note.textContent = `Taking you back in ${RETURN_AFTER} seconds…`;
  gateway.append(note);
  setTimeout(goBack, RETURN_AFTER * 1000);
}

gateway.addEventListener("exit", goBack);
gateway.addEventListener("manual-success-primary-click", goBack);
gateway.addEventListener("status-change", ({ detail: { status, previousStatus } }) => {
  if (status === "completed" && previousStatus !== null) returnSoon();
});

register({ baseUrl: location.origin });
gateway.setAttribute("session-id", sessionId);
document.querySelector("main").append(gateway);
