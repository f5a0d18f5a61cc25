// How it looks. `--gateway-*` is the partner's page's to set, `--merchant-*` the session's.

export const STYLES = `
:host {
  display: block;
  container-type: inline-size; /* light or dark is inherited: as the page's color-scheme says */
  font-family: var(--gateway-font, "Inter", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
  font-size: 16px;
  line-height: 1.5;
}

:host([hidden]), [hidden] { display: none !important; }

.gateway {
  --accent: var(--gateway-accent, var(--merchant-accent, #0b6e57));
  --on-accent: var(--gateway-on-accent, var(--merchant-on-accent, #ffffff));
  --surface: var(--gateway-surface, light-dark(#ffffff, #161e1b));
  --side: var(--gateway-side, light-dark(#f6f8f7, #111815));
  --text: var(--gateway-text, light-dark(#14211d, #ecf3f0));
  --muted: var(--gateway-muted, light-dark(#55635e, #a5b3ad));
  --line: var(--gateway-line, light-dark(#d9e0dd, #2c3833));
  --edge: light-dark(#7d8a85, #84938d);
  --good: var(--gateway-good, light-dark(#0b6e4f, #5fd3a8));
  --good-soft: light-dark(#e2f3ec, #143025);
  --bad: var(--gateway-bad, light-dark(#b3261e, #ff9d94));
  --bad-soft: light-dark(#fdecea, #3b1916);
  --calm-soft: light-dark(#eceff5, #232c35);
  --focus: light-dark(#1d5fd1, #8ab4ff);
  --radius: var(--gateway-radius, 20px);
  display: grid;
  color: var(--text);
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: var(--radius);
  overflow: clip;
  box-shadow: 0 1px 2px rgb(10 30 24 / 5%), 0 18px 50px -18px light-dark(rgb(10 30 24 / 18%), rgb(0 0 0 / 60%));
}

* { box-sizing: border-box; }
h2, p, dl, dd, ol, fieldset { margin: 0; padding: 0; }
fieldset { min-width: 0; border: 0; }
button, input, select { font: inherit; color: inherit; letter-spacing: inherit; }
small { font-size: 0.84rem; }

:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.title:focus { outline: none; }

.icon { width: 1.15em; height: 1.15em; flex: none; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }

.visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

/* Summary */
.gateway::before { content: ""; grid-column: 1 / -1; height: 4px; background: var(--accent); }
.summary { display: flex; flex-direction: column; gap: 1rem; padding: 1.25rem; background: var(--side); border-bottom: 1px solid var(--line); min-width: 0; }
.merchant { display: flex; align-items: center; gap: 0.75rem; min-width: 0; min-height: 40px; }
.merchant strong { overflow-wrap: anywhere; font-weight: 600; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; }
.logo { width: 40px; height: 40px; flex: none; object-fit: contain; border-radius: 10px; background: #fff; border: 1px solid var(--line); }
.sum { display: flex; align-items: baseline; justify-content: space-between; gap: 1rem; flex-wrap: wrap; }
.label { color: var(--muted); font-size: 0.9rem; }
.amount { font-size: 1.7rem; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.timer { display: flex; align-items: center; gap: 0.45rem; color: var(--muted); font-size: 0.9rem; }
.digits { font-variant-numeric: tabular-nums; font-weight: 600; color: var(--text); }
.timer.hurry, .timer.hurry .digits { color: var(--bad); }
.summary-foot { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; font-size: 0.9rem; }
.help { color: var(--muted); overflow-wrap: anywhere; }
.help a { color: var(--text); text-underline-offset: 3px; }

.monogram { display: grid; place-items: center; flex: none; width: 40px; height: 40px; border-radius: 10px; font-weight: 650; color: #fff; }
.shade-0 { background: #0b6e57; } .shade-1 { background: #2f5bb7; } .shade-2 { background: #8a3f8f; }
.shade-3 { background: #a2491f; } .shade-4 { background: #4d5b66; } .shade-5 { background: #9a2f4f; }

/* Panel */
.panel { padding: 1.5rem 1.25rem 1.75rem; min-width: 0; display: flex; flex-direction: column; gap: 1.25rem; }
.stage { flex: 1; display: grid; }
.screen { display: flex; flex-direction: column; gap: 1.1rem; min-width: 0; animation: appear 0.22s ease-out; }
.title { font-size: 1.4rem; line-height: 1.25; font-weight: 650; letter-spacing: -0.015em; overflow-wrap: anywhere; }
.lead { color: var(--muted); overflow-wrap: anywhere; }
.hint { color: var(--muted); font-size: 0.88rem; overflow-wrap: anywhere; }
.form { display: flex; flex-direction: column; gap: 1.1rem; min-width: 0; }

.progress { display: flex; gap: 0.5rem; list-style: none; font-size: 0.82rem; color: var(--muted); }
.progress li { flex: 1; padding-top: 0.5rem; border-top: 3px solid var(--line); }
.progress .now { color: var(--text); font-weight: 600; border-top-color: var(--text); }
.progress .done { border-top-color: var(--good); }

.offline { display: flex; align-items: center; gap: 0.6rem; padding: 0.7rem 0.9rem; border-radius: 12px; background: var(--text); color: var(--surface); font-size: 0.92rem; }
.offline:empty, .slow:empty, .fault:empty { display: none; }
.note { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem; padding: 0.8rem 0.95rem; border-radius: 12px; font-size: 0.94rem; }
.note p { flex: 1 1 14rem; }
.problem { background: var(--bad-soft); border: 1px solid var(--bad); }
.slow { background: var(--calm-soft); }
.fault { color: var(--bad); font-size: 0.88rem; font-weight: 500; }

/* Fields */
.field { display: flex; flex-direction: column; gap: 0.3rem; }
.field label { font-weight: 550; font-size: 0.94rem; }
.input { width: 100%; min-height: 48px; padding: 0.6rem 0.85rem; background: var(--surface); border: 1px solid var(--edge); border-radius: 12px; appearance: none; }
select.input { padding-right: 2.4rem; background-image: linear-gradient(45deg, transparent 50%, var(--muted) 50%), linear-gradient(135deg, var(--muted) 50%, transparent 50%); background-position: right 1.35rem center, right 1rem center; background-size: 6px 6px; background-repeat: no-repeat; }
select.input option { color: var(--text); background: var(--surface); }
.input[aria-invalid] { border-color: var(--bad); box-shadow: inset 0 0 0 1px var(--bad); }
.money { font-size: 1.5rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.search { position: relative; }
.search .icon { position: absolute; left: 0.9rem; top: 50%; translate: 0 -50%; color: var(--muted); }
.search .input { padding-left: 2.6rem; }
.input::placeholder { color: var(--muted); opacity: 1; }

/* Choices */
.choices { display: flex; flex-direction: column; gap: 0.5rem; }
.choices legend { font-weight: 600; margin-bottom: 0.5rem; padding: 0; }
.banks { display: flex; flex-direction: column; gap: 1.1rem; }
.choice { position: relative; display: flex; align-items: center; gap: 0.85rem; min-height: 60px; padding: 0.65rem 0.9rem; border: 1px solid var(--line); border-radius: 14px; cursor: pointer; transition: border-color 0.12s, background-color 0.12s; }
.choice:hover { border-color: var(--edge); }
.choice input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.choice:has(:checked) { border-color: var(--text); box-shadow: inset 0 0 0 1px var(--text); }
.choice:has(:focus-visible) { outline: 3px solid var(--focus); outline-offset: 2px; }
.choice-text { flex: 1; min-width: 0; display: flex; flex-wrap: wrap; column-gap: 0.6rem; align-items: baseline; }
.choice-text strong { font-weight: 600; overflow-wrap: anywhere; }
.choice-text small { flex-basis: 100%; color: var(--muted); line-height: 1.4; }
.iban { color: var(--muted); font-size: 0.84rem; font-variant-numeric: tabular-nums; }
.tick { display: grid; place-items: center; flex: none; width: 24px; height: 24px; border-radius: 50%; border: 1.5px solid var(--edge); color: transparent; }
.tick .icon { width: 14px; height: 14px; stroke-width: 3.5; }
.choice:has(:checked) .tick { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }

/* Buttons */
.actions { display: flex; flex-direction: column; gap: 0.65rem; }
.button { display: inline-flex; align-items: center; justify-content: center; gap: 0.6rem; min-height: 50px; padding: 0.65rem 1.3rem; border: 1px solid transparent; border-radius: 14px; font-weight: 600; cursor: pointer; overflow-wrap: anywhere; transition: filter 0.12s, background-color 0.12s; }
.button.primary { background: var(--accent); color: var(--on-accent); border-color: color-mix(in srgb, var(--accent) 78%, var(--text)); }
.button.primary:hover { filter: brightness(1.07); }
.button.secondary, .button.quiet { background: transparent; border-color: var(--edge); }
.button.secondary:hover, .button.quiet:hover { background: color-mix(in srgb, var(--text) 6%, transparent); }
.button.danger { background: #b3261e; color: #fff; }
.button.small { min-height: 40px; padding: 0.35rem 0.95rem; border-radius: 10px; }
.button[aria-disabled="true"] { cursor: progress; }
.link { display: inline-flex; align-items: center; gap: 0.3rem; align-self: flex-start; min-height: 32px; padding: 0; border: 0; background: none; color: var(--muted); cursor: pointer; text-decoration: underline; text-decoration-color: var(--line); text-underline-offset: 3px; border-radius: 4px; }
.link:hover { color: var(--text); text-decoration-color: currentColor; }
.spinner { width: 1.1em; height: 1.1em; flex: none; border-radius: 50%; border: 2.5px solid currentColor; border-right-color: transparent; animation: turn 0.8s linear infinite; }
.foot { position: sticky; bottom: 0; margin: 0 -1.25rem -1.75rem; padding: 0.9rem 1.25rem 1.25rem; background: linear-gradient(transparent, var(--surface) 0.9rem); display: grid; gap: 0.7rem; }

/* Facts, steps, endings */
.facts { border: 1px solid var(--line); border-radius: 14px; }
.facts > div { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.1rem 1.5rem; padding: 0.75rem 1rem; }
.facts > div + div { border-top: 1px solid var(--line); }
.facts dt { color: var(--muted); }
.facts dd { font-weight: 550; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.bank-head { display: flex; align-items: center; gap: 0.85rem; padding-bottom: 1.1rem; border-bottom: 1px solid var(--line); }
.bank-head div { display: flex; flex-direction: column; }
.bank-head small { display: flex; align-items: center; gap: 0.3rem; color: var(--muted); }
.steps { list-style: none; display: flex; flex-direction: column; gap: 0; }
.steps li { position: relative; display: flex; align-items: center; gap: 0.8rem; padding: 0.42rem 0; color: var(--muted); }
.steps li + li::before { content: ""; position: absolute; left: 10.25px; top: -50%; height: calc(100% - 22px + 2px); translate: 0 11px; border-left: 1.5px solid var(--line); }
.steps .done { color: var(--text); }
.steps .next { color: var(--text); font-weight: 600; }
.dot { position: relative; display: grid; place-items: center; flex: none; width: 22px; height: 22px; border-radius: 50%; border: 1.5px solid var(--edge); }
.done .dot { background: var(--good); border-color: var(--good); color: var(--surface); }
.dot .icon { width: 13px; height: 13px; stroke-width: 3.5; }
.next .dot { border-color: var(--text); }
.next .dot::after { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--text); animation: pulse 1.4s ease-in-out infinite; }
.orbit { width: 44px; height: 44px; border-radius: 50%; border: 4px solid var(--line); border-top-color: var(--text); animation: turn 1s linear infinite; }
.ending { display: flex; flex-direction: column; gap: 0.9rem; margin: auto 0; }
.ending .facts { margin-top: 0.4rem; }
.ending .actions { margin-top: 0.6rem; }
.sign { display: grid; place-items: center; width: 64px; height: 64px; border-radius: 50%; font-size: 1.6rem; background: var(--calm-soft); }
.good .sign { background: var(--good-soft); color: var(--good); }
.bad .sign { background: var(--bad-soft); color: var(--bad); }
.good .sign .icon path { stroke-dasharray: 24; animation: draw 0.45s 0.1s ease-out backwards; }

.ghost { height: 60px; border-radius: 14px; background: color-mix(in srgb, var(--text) 7%, transparent); animation: pulse 1.4s ease-in-out infinite; }
.ghost.wide { height: 28px; width: 55%; }

dialog { max-width: min(26rem, calc(100vw - 2.5rem)); padding: 1.75rem; color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); }
dialog[open] { display: flex; flex-direction: column; gap: 0.9rem; animation: appear 0.18s ease-out; }
dialog::backdrop { background: rgb(8 16 13 / 55%); }

@keyframes appear { from { opacity: 0; transform: translateY(6px); } }
@keyframes turn { to { transform: rotate(1turn); } }
@keyframes pulse { 50% { opacity: 0.35; } }
@keyframes draw { from { stroke-dashoffset: 24; } }

/* Wide enough for two columns */
@container (min-width: 46rem) {
  .gateway { grid-template: auto 1fr / minmax(17rem, 2fr) minmax(0, 3fr); min-height: 35rem; }
  .summary { padding: 2.25rem 2rem 2rem; border-bottom: 0; border-right: 1px solid var(--line); gap: 1.75rem; }
  .merchant strong { font-size: 1.1rem; }
  .logo, .merchant .monogram { width: 48px; height: 48px; }
  .sum { display: block; }
  .amount { font-size: 2.5rem; }
  .summary-foot { margin-top: auto; flex-direction: column; align-items: flex-start; }
  .panel { padding: 2.25rem 2.25rem 2.5rem; }
  .foot { margin: 0 -2.25rem -2.5rem; padding: 0.9rem 2.25rem 1.75rem; }
  .methods { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); }
  .methods .choice { align-items: start; min-height: 76px; }
  .methods .tick { position: absolute; top: -7px; right: -7px; width: 20px; height: 20px; border-color: transparent; }
  .methods legend { grid-column: 1 / -1; }
  .banks { max-height: 19rem; overflow-y: auto; margin: -4px; padding: 4px; }
  .actions { flex-direction: row; flex-wrap: wrap; }
  .actions .button { flex: 1 1 auto; }
}

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}

@media (forced-colors: active) {
  .choice:has(:checked) { outline: 3px solid Highlight; }
}
`;
