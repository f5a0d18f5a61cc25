// The inspector: what the address names is loaded from the control API, shown, and loaded again when something happens.

import { listNamespaces, namespaceApi, Refusal } from "./api.js";
import { render } from "./dom.js";
import { gate, notes, shell, trouble } from "./shell.js";
import { Stream } from "./stream.js";
import * as clock from "./view_clock.js";
import * as customers from "./view_customers.js";
import * as faults from "./view_faults.js";
import * as requests from "./view_requests.js";
import * as sessions from "./view_sessions.js";
import * as webhooks from "./view_webhooks.js";

const VIEWS = { sessions, requests, webhooks, customers, faults, clock };
const REST = 250; // milliseconds between two loads, however much happens
const LOOK_AGAIN = 5_000; // milliseconds: for what the stream does not tell, such as a clock that others moved
const NOTE_LASTS = 6_000;
const MOST_NOTES = 3;

const root = document.getElementById("app");
const kept = new Map(); // choices in forms and lists, by their name
let wanted = read(location.hash);
let data = null;
let problem = null;
let stream = null;
let isLoading = false;
let isStale = false;
let loadedAt = 0;
let planned = 0;
let taken = 0; // when the clock was read, on the page's own
let said = [];

/** What views are given: where they are, what they may ask for and do, and what all of them show. */
const app = {
  views: VIEWS,
  route: wanted,
  api: namespaceApi(wanted.namespace),
  clock: { now: new Date().toISOString(), isFrozen: false, aheadSeconds: 0 },
  namespaces: [wanted.namespace],
  waiting: 0,
  live: "connecting",
  moved: null,
  busy: new Set(),

  /** The session clock, in milliseconds. */
  now: () => Date.parse(app.clock.now) + (app.clock.isFrozen ? 0 : performance.now() - taken),

  link: (view, id = null, namespace = app.route.namespace) => `#/${[namespace, view, ...(id === null ? [] : [id])].map(encodeURIComponent).join("/")}`,

  filters: (name) => kept.get(name) ?? {},
  filter(name, change) {
    kept.set(name, { ...app.filters(name), ...change });
    paint();
    refresh();
  },

  /** Do something once, and say what became of it. */
  async act(name, doing, done = "") {
    app.busy.add(name);
    paint();
    let fault = "";
    try {
      await doing();
    } catch (error) {
      fault = error.message;
    }
    app.busy.delete(name);
    await refresh(); // what is said then is true of what is shown
    if (fault || done) app.say(fault || done, fault !== "");
  },

  async move(path, body) {
    const { occurrences = app.moved, ...moved } = await app.api.post(path, body);
    app.moved = occurrences;
    setClock(moved);
  },

  say(text, isBad = false) {
    const note = { text, isBad };
    said = [...said.slice(1 - MOST_NOTES), note];
    paintNotes();
    setTimeout(() => {
      said = said.filter((each) => each !== note);
      paintNotes();
    }, NOTE_LASTS);
  },

  retry: () => refresh(),
};

function read(hash) {
  const [namespace, view, id] = hash.replace(/^#\/?/, "").split("/").map(decode);
  return { namespace: namespace || "default", view: view in VIEWS ? view : "sessions", id: id || null };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function setClock(shown) {
  app.clock = shown;
  taken = performance.now();
}

/** Load what is wanted; calls that come meanwhile are one more load after it. */
async function refresh() {
  isStale = true;
  if (isLoading) return;
  isLoading = true;
  while (isStale) {
    isStale = false;
    await load();
  }
  isLoading = false;
  loadedAt = Date.now();
}

async function load() {
  const route = wanted;
  const api = namespaceApi(route.namespace);
  const find = (path) => api.get(path).catch((error) => (error.code.endsWith("not_found") ? null : Promise.reject(error)));
  const asking = { route, api, find, filters: app.filters };
  try {
    const [shown, namespaces, waiting, misbehaving, loaded] = await Promise.all([
      api.get("clock"),
      listNamespaces(),
      api.get("faults"),
      api.get("webhook-behaviours"),
      VIEWS[route.view].load(asking),
    ]);
    if (route !== wanted) return;
    const isElsewhere = route.namespace !== app.route.namespace;
    Object.assign(app, { route, api, namespaces, waiting: waiting.faults.length + misbehaving.behaviours.length });
    if (isElsewhere) app.moved = null;
    setClock(shown);
    [data, problem] = [loaded, null];
    if (!stream || isElsewhere) follow();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (route !== wanted) return;
    if (error.status) data = null;
    problem = error;
  }
  paint();
}

function follow() {
  stream?.stop();
  stream = null;
  if (document.visibilityState === "hidden" || problem) return;
  app.live = "connecting";
  const mine = new Stream(app.route.namespace, (what) => {
    if (mine !== stream) return;
    if (what !== "event") app.live = what;
    soon();
  });
  stream = mine;
}

/** Load again shortly; what happens until then is in the same load. */
function soon() {
  if (planned) return;
  const pause = Math.max(20, loadedAt + REST - Date.now());
  planned = setTimeout(() => {
    planned = 0;
    refresh();
  }, pause);
}

function paint() {
  if (problem?.status === 401) return render(root, [gate(app)]);
  document.title = `${VIEWS[app.route.view].title} · Stable Mint sandbox`;
  const content = data ? VIEWS[app.route.view].show(app, data) : problem && trouble(app, problem, wanted);
  app.isCut = problem?.status === 0;
  return render(root, [shell(app, content)]);
}

const paintNotes = () => render(document.getElementById("notes"), notes(said));

async function go() {
  wanted = read(location.hash);
  await refresh();
  // The focus follows where what had it is gone, as the list is on a phone.
  const focused = document.activeElement;
  const isLost = focused === document.body || !focused.checkVisibility();
  if (isLost) document.querySelector(app.route.id === null ? "h1" : ".detail h2")?.focus();
}

addEventListener("hashchange", go);
addEventListener("online", refresh);
addEventListener("offline", refresh);
document.addEventListener("visibilitychange", () => {
  // A hidden tab holds no connection: browsers have few for one server.
  if (document.visibilityState === "hidden") follow();
  else refresh().then(() => stream ?? follow());
});
setInterval(() => document.visibilityState === "visible" && refresh(), LOOK_AGAIN);
setInterval(() => document.visibilityState === "visible" && !app.clock.isFrozen && paint(), 1000);
refresh();
