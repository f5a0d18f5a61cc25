// What surrounds every view: where one can go, which namespace this is, what the clock shows, whether the page is live.

import { useToken } from "./api.js";
import { h, icon } from "./dom.js";
import { clockTime, span } from "./format.js";
import { field, select } from "./parts.js";

const LIVE = { live: "Live", connecting: "Connecting", lost: "Connecting again" };

export function shell(app, content) {
  return h(
    "div",
    { key: "shell", class: "shell" },
    h("button", { type: "button", class: "skip", on: { click: () => document.querySelector("h1")?.focus() } }, "Skip to the content"),
    bar(app),
    rail(app),
    h("main", { key: "main", class: "main", "aria-busy": content ? undefined : "true" }, content || h("p", { key: "loading", class: "loading" }, "Loading…")),
  );
}

function bar(app) {
  const { namespace, view } = app.route;
  const names = [...new Set([...app.namespaces, namespace])];
  const change = (name) => {
    location.hash = app.link(view, null, name);
  };
  return h(
    "header",
    { key: "bar", class: "bar" },
    h("p", { class: "brand" }, h("img", { src: "../assets/icon.svg", alt: "", width: "28", height: "28" }), h("strong", {}, "Stable Mint"), h("span", { class: "tag" }, "Sandbox")),
    select("namespace", names.map((name) => [name, name]), namespace, change, { "aria-label": "Namespace", title: "Namespace" }),
    h("span", { class: "gap" }),
    h("p", { class: `live ${app.isCut ? "lost" : app.live}`, role: "status" }, h("span", {}, app.isCut ? "No answer" : LIVE[app.live])),
    clockLink(app),
  );
}

function clockLink(app) {
  const { isFrozen, aheadSeconds } = app.clock;
  const state = isFrozen ? "frozen" : aheadSeconds >= 1 ? `+${span(aheadSeconds)}` : "";
  return h(
    "a",
    { class: `clock-link ${isFrozen ? "frozen" : ""}`, href: app.link("clock"), title: "Session clock" },
    icon(isFrozen ? "snow" : "clock"),
    h("span", { class: "visually-hidden" }, "Session clock: "),
    h("time", {}, clockTime(app.now())),
    state && h("span", { class: "clock-state" }, state),
  );
}

function rail(app) {
  const items = Object.entries(app.views).map(([name, view]) =>
    h(
      "li",
      { key: name },
      h(
        "a",
        { href: app.link(name), "aria-current": name === app.route.view && "page" },
        icon(name),
        h("span", {}, view.title),
        name === "faults" && app.waiting > 0 && h("span", { class: "count" }, String(app.waiting), h("span", { class: "visually-hidden" }, " waiting")),
      ),
    ),
  );
  return h("nav", { key: "rail", class: "rail", "aria-label": "Views" }, h("ul", {}, items));
}

/** Where the control API asks for a token: from beyond loopback, or through a proxy. */
export function gate(app) {
  const enter = (event) => {
    event.preventDefault();
    useToken(document.getElementById("token").value.trim());
    app.retry();
  };
  return h(
    "main",
    { key: "gate", class: "gate" },
    h("img", { src: "../assets/icon.svg", alt: "", width: "44", height: "44" }),
    h("h1", { tabindex: "-1" }, "This sandbox asks for its token"),
    h("p", { class: "hint" }, "From beyond its own machine, and through a proxy, it is opened by the control token that the server was started with. This tab keeps it until it is closed."),
    h(
      "form",
      { class: "inline", on: { submit: enter } },
      field("Control token", h("input", { id: "token", class: "input", type: "password", autocomplete: "off" })),
      h("button", { class: "button primary" }, h("span", {}, "Open")),
    ),
  );
}

/** Why there is nothing to show. */
export function trouble(app, problem, { namespace }) {
  const isNowhere = problem.code === "namespace_not_found";
  return h(
    "div",
    { key: "trouble", class: "empty alone" },
    h("h1", { class: "empty-title", tabindex: "-1" }, isNowhere ? "There is no namespace of that name" : "The inspector cannot show this"),
    h("p", {}, isNowhere ? `“${namespace}” was dropped, or never made.` : problem.message),
    isNowhere
      ? h("a", { class: "button primary", href: app.link("sessions", null, "default") }, h("span", {}, "Go to the default namespace"))
      : h("button", { type: "button", class: "button", on: { click: app.retry } }, h("span", {}, "Try again")),
  );
}

/** What was said lately. */
export const notes = (said) => said.map(({ text, isBad }) => h("p", { class: `said ${isBad ? "bad" : ""}` }, text));
