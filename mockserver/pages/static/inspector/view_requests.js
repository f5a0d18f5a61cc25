// Requests: which check decided each, and for a refused signature why.

import { path } from "./api.js";
import { h, icon } from "./dom.js";
import { fullTime, took, toneOfAnswer, words } from "./format.js";
import { empty, facts, fields, fold, foreign, gone, identifier, json, masterDetail, moment, pill, prose, section, select } from "./parts.js";
import { CHECKS } from "./vocabulary.js";

const VERDICTS = { passed: "passed", failed: "failed", not_reached: "not reached" };

export const title = "Requests";

export async function load(app) {
  const { id } = app.route;
  const [{ requests }, request] = await Promise.all([app.api.get("requests"), id && app.find(`requests/${path(id)}`)]);
  return { requests, request };
}

export function show(app, { requests, request }) {
  const { which = "" } = app.filters("requests");
  const shown = which ? requests.filter(({ status }) => status === null || status >= 400) : requests;
  const choices = [["", "All"], ["refused", "Refused"]];
  return masterDetail(app, {
    view: "requests",
    title,
    tools: [select("request-kind", choices, which, (value) => app.filter("requests", { which: value }), { "aria-label": "Which requests" })],
    rows: shown.map((each) => ({ id: each.requestId, content: row(app, each) })),
    none: which ? empty("No request was refused") : empty("No requests yet", "Whatever is sent to the session API and the payer API is listed here, with the verdict of every check."),
    detail: app.route.id === null ? empty("Choose a request", "Which check decided it, what was sent and what was answered.") : request ? detail(app, request) : gone("request"),
    heading: "Request",
  });
}

const answer = (request) => h("span", { class: `answer ${toneOfAnswer(request.status)}` }, request.status ?? "—");

function row(app, request) {
  const more = [request.code ?? request.operationId, request.partner, took(request.durationSeconds)].filter(Boolean).join(" · ");
  return [
    h("span", { class: "row-main" }, h("span", { class: "row-request" }, answer(request), h("strong", {}, request.method), " ", h("span", { class: "path" }, foreign(request.path)))),
    h("span", { class: "row-more" }, h("span", {}, request.faultId ? `struck by ${request.faultId} · ${more}` : more), moment(request.at, Date.now())),
  ];
}

function detail(app, request) {
  const { diagnosis } = request;
  return [
    h(
      "header",
      { key: "head", class: "detail-head" },
      h("div", { class: "detail-title" }, h("h2", { tabindex: "-1" }, request.method, " ", h("span", { class: "path" }, foreign(request.path))), answer(request)),
      identifier(app, request.requestId, "request identifier"),
    ),
    diagnosis?.title ? explain(diagnosis) : refused(request),
    section("Checks", request.verdicts.length ? checks(request.verdicts) : h("p", { class: "hint" }, undecided(request))),
    section("Request", request.bodySize > 0 && json(request.body, "Body of the request"), fold("asked", "Header fields", false, fields(request.headers))),
    section("Answer", request.status !== null && json(request.answerBody, "Body of the answer"), fold("answered", "Header fields", false, fields(request.answerHeaders))),
    section(
      "Details",
      facts([
        ["Partner", request.partner],
        ["Operation", request.operationId],
        ["At", fullTime(request.at)],
        ["Took", took(request.durationSeconds)],
        ["Body", `${request.bodySize} bytes`],
        ["Fault", request.faultId],
      ]),
    ),
  ];
}

function undecided(request) {
  if (request.faultId) return `${words(request.faultId)} decided this one, not a check.`;
  return request.status === null ? "The connection ended without an answer." : "No check decided this one.";
}

function refused(request) {
  const detail = request.answerBody?.detail;
  if (!request.code || typeof detail !== "string") return null;
  const errors = Array.isArray(request.answerBody.errors) ? request.answerBody.errors : [];
  return h(
    "section",
    { key: "why", class: "why" },
    h("h3", {}, words(request.code)),
    prose(detail),
    errors.length > 0 && h("ul", { class: "errors" }, errors.map((fault, index) => h("li", { key: index }, h("code", {}, String(fault.pointer || "/")), " ", String(fault.detail)))),
  );
}

function sureness({ certain, code }) {
  if (code === "unknown" || code === "unknown_string") return pill("Not found", "busy");
  return certain ? pill("Certain", "bad") : pill("Likely", "busy");
}

function explain(diagnosis) {
  const hints = Object.entries(diagnosis.hints ?? {});
  return h(
    "section",
    { key: "why", class: "why diagnosis", "aria-label": "Diagnosis" },
    h("div", { class: "why-head" }, h("h3", {}, diagnosis.title), sureness(diagnosis)),
    diagnosis.evidence && h("div", { class: "evidence" }, evidence(diagnosis.evidence)),
    h("h4", {}, "How it comes about"),
    prose(diagnosis.explanation),
    h("div", { class: "cure" }, h("h4", {}, "What to do"), prose(diagnosis.cure)),
    hints.map(([tool, code]) => h("figure", { key: tool, class: "hint-code" }, h("figcaption", {}, tool), h("pre", { class: "code", tabindex: "0" }, code))),
    diagnosis.further?.length > 0 && [
      h("h4", {}, "Then also"),
      h("ul", { class: "further" }, diagnosis.further.map((cause) => h("li", { key: cause.code }, h("strong", {}, `${cause.title}.`), " ", cause.cure))),
    ],
    diagnosis.ruledOut?.length > 0 &&
      fold("ruled out", `Ruled out: ${diagnosis.ruledOut.length}`, false, h("ul", { class: "further" }, diagnosis.ruledOut.map((cause) => h("li", { key: cause }, words(cause))))),
  );
}

/** Where two bodies begin to differ, they stand one above the other. */
function evidence(text) {
  const [, before, sent, signed] = text.match(/^(.*): sent `([^`]+)`, signed `([^`]+)`\.$/s) ?? [];
  if (!sent) return prose(text);
  const at = [...sent].findIndex((letter, index) => letter !== signed[index]);
  return [prose(`${before}.`), h("dl", { class: "difference" }, excerpt("Sent", sent, at), excerpt("Signed", signed, at))];
}

function excerpt(term, text, at) {
  const marked = at < 0 ? text : [text.slice(0, at), h("mark", {}, text.charAt(at) || "∎"), text.slice(at + 1)];
  return [h("dt", {}, term), h("dd", {}, h("code", {}, marked))];
}

function checks(verdicts) {
  return h(
    "ol",
    { class: "checks" },
    verdicts.map(({ check, verdict }) =>
      h("li", { key: check, class: verdict }, icon(verdict), h("span", {}, CHECKS[check] ?? words(check)), h("span", { class: "visually-hidden" }, VERDICTS[verdict] ?? verdict)),
    ),
  );
}
