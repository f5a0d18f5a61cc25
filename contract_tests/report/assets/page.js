
"use strict";
const form = document.querySelector(".filter");
const input = form.querySelector("input");
const toggles = [...form.querySelectorAll("button")];
const rows = [...document.querySelectorAll(".row")];

function filter() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = new Set(toggles.filter((toggle) => toggle.ariaPressed === "true").map((toggle) => toggle.dataset.verdict));
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !shown.has(row.dataset.verdict) || !words.every((word) => text.includes(word));
  }
  for (const area of document.querySelectorAll(".area")) {
    area.hidden = !area.querySelector(".row:not([hidden])");
  }
  document.querySelector(".nothing").hidden = rows.some((row) => !row.hidden);
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("input", filter);
for (const toggle of toggles) {
  toggle.addEventListener("click", () => {
    toggle.ariaPressed = String(toggle.ariaPressed !== "true");
    filter();
  });
}
for (const button of document.querySelectorAll(".again button")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
  });
}
window.addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details")) details.open = true;
});
