// Elements are made from names and text, never from markup: whatever partners and payers wrote stays text.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  check: "M5 12.5l4.5 4.5L19 7.5",
  cross: "M7 7l10 10M17 7L7 17",
  clock: "M12 7v5l3.5 2M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H6a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1z",
  leave: "M14 7l-5 5 5 5",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20",
  offline: "M4 4l16 16M8.5 15.5a5 5 0 0 1 7 0M5 12a10 10 0 0 1 5-2.7M19 12a10 10 0 0 0-5.5-2.8M12 19h.01",
};

/** An element; `on` holds listeners, `true` and `false` switch attributes, absent children are left out. */
export function make(tag, { on = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  for (const [type, listener] of Object.entries(on)) node.addEventListener(type, listener);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A line drawing that screen readers pass over. */
export function icon(name) {
  const drawing = document.createElementNS(SVG, "svg");
  for (const [attribute, value] of [["viewBox", "0 0 24 24"], ["aria-hidden", "true"], ["class", `icon icon-${name}`]]) {
    drawing.setAttribute(attribute, value);
  }
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawing.append(path);
  return drawing;
}

/** A square with the first letter of a name, in one of six colours that the name decides. */
export function monogram(name) {
  const letters = [...name];
  const shade = letters.reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % 6;
  const initial = letters.find((letter) => /[\p{L}\p{N}]/u.test(letter)) ?? "•";
  return make("span", { class: `monogram shade-${shade}`, "aria-hidden": "true" }, initial.toUpperCase());
}

/** Set text only where it differs, so that live regions speak once. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
