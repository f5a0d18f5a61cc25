// A description of elements, and a page made like it. Text is only ever text: nothing here reads markup.

const SVG = "http://www.w3.org/2000/svg";
const KEY = Symbol("key");
const SHOWN = Symbol("shown");

const ICONS = {
  sessions: "M4 7.5A2.5 2.5 0 0 1 6.5 5h11A2.5 2.5 0 0 1 20 7.5v9a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 4 16.5zM4 10h16M7.5 15h3",
  requests: "M8 4v13M8 4L4.5 7.5M8 4l3.5 3.5M16 20V7M16 20l-3.5-3.5M16 20l3.5-3.5",
  webhooks: "M4 12h4l2.5-7 4 14L17 12h3",
  customers: "M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8zM4.5 20c.8-3.4 3.8-5 7.5-5s6.7 1.6 7.5 5",
  faults: "M13 3L5 13.5h6L10 21l9-11h-6.5z",
  clock: "M12 7v5l3.5 2M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17z",
  back: "M14.5 6l-6 6 6 6",
  copy: "M9 9V6.5A1.5 1.5 0 0 1 10.5 5h7A1.5 1.5 0 0 1 19 6.5v7a1.5 1.5 0 0 1-1.5 1.5H15M6.5 9h7A1.5 1.5 0 0 1 15 10.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 5 17.5v-7A1.5 1.5 0 0 1 6.5 9z",
  away: "M9 6H6.5A1.5 1.5 0 0 0 5 7.5v10A1.5 1.5 0 0 0 6.5 19h10a1.5 1.5 0 0 0 1.5-1.5V15M13 5h6v6M19 5l-8.5 8.5",
  passed: "M5.5 12.5l4 4L18.5 7.5",
  failed: "M7 7l10 10M17 7L7 17",
  not_reached: "M8 12h8",
  play: "M8 5.5v13l10.5-6.5z",
  snow: "M12 3v18M4.2 7.5l15.6 9M19.8 7.5l-15.6 9",
};

/**
 * Describe an element. `key` says which of its neighbours it is when the page is made anew, `on` holds listeners,
 * `current` is what a control shows now; `true` and `false` switch attributes; absent children are left out.
 */
export function h(tag, { key, on = {}, current, ...attributes } = {}, ...children) {
  const present = children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false);
  return { tag, key, on, current, attributes, children: present };
}

/** A line drawing that screen readers pass over. */
export function icon(name) {
  const drawing = { viewBox: "0 0 24 24", class: `icon icon-${name}`, "aria-hidden": "true" };
  return h("svg", drawing, h("path", { d: ICONS[name] }));
}

/** Make the children of `parent` like `wanted`, with the nodes that are there already: focus and scrolling stay. */
export function render(parent, wanted) {
  const keys = new Set(wanted.map((item) => item.key));
  const keyed = new Map();
  for (const node of [...parent.childNodes]) {
    if (node[KEY] === undefined) continue;
    if (keys.has(node[KEY])) keyed.set(node[KEY], node);
    else node.remove();
  }
  const isUpdate = keyed.size > 0;
  let next = parent.firstChild;
  for (const item of wanted) {
    const found = item.key === undefined ? next : keyed.get(item.key);
    let node = found;
    if (fits(found, item)) update(found, item);
    else {
      node = create(item);
      if (isUpdate && item.key !== undefined) node.setAttribute("data-new", "");
    }
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  while (next) {
    const after = next.nextSibling;
    next.remove();
    next = after;
  }
}

function fits(node, item) {
  if (!node) return false;
  if (typeof item !== "object") return node.nodeType === Node.TEXT_NODE;
  return node.nodeType === Node.ELEMENT_NODE && node.localName === item.tag && node[KEY] === item.key;
}

function create(item) {
  if (typeof item !== "object") return document.createTextNode(String(item));
  const isDrawing = item.tag === "svg" || item.tag === "path";
  const node = isDrawing ? document.createElementNS(SVG, item.tag) : document.createElement(item.tag);
  node[KEY] = item.key;
  update(node, item);
  if (item.attributes.value !== undefined && "value" in node) node.value = item.attributes.value;
  return node;
}

function update(node, item) {
  if (typeof item !== "object") {
    if (node.data !== String(item)) node.data = String(item);
    return;
  }
  const before = node[SHOWN] ?? { attributes: {}, on: {} };
  node[SHOWN] = item;
  for (const name of Object.keys({ ...before.attributes, ...item.attributes })) {
    const value = item.attributes[name];
    if (value === before.attributes[name]) continue;
    if (value === undefined || value === null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const type of Object.keys(item.on)) {
    if (!(type in before.on)) node.addEventListener(type, (event) => node[SHOWN].on[type]?.(event));
  }
  render(node, item.children);
  if (item.current !== undefined && node.value !== item.current) node.value = item.current;
}
