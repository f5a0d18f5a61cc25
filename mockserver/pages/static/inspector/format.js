// How times, amounts and states are written.

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const FULL = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

const TONES = {
  open: "calm", processing: "busy", completed: "good", failed: "bad", expired: "idle", cancelled: "idle",
  created: "busy", initiated: "busy", submitted: "busy", accepted: "busy",
  pending: "busy", delivered: "good", not_configured: "idle",
};

/** Hours, minutes and seconds. */
export const clockTime = (time) => CLOCK.format(new Date(time));

/** Day, month and year. */
export const day = (time) => YEAR.format(new Date(time));

/** Everything about a moment, in the time zone of whoever reads it. */
export const fullTime = (time) => FULL.format(new Date(time));

/** The time of day, after the day where that is not today. */
export function shortTime(time, now) {
  const at = new Date(time);
  const isToday = at.toDateString() === new Date(now).toDateString();
  return isToday ? CLOCK.format(at) : `${DAY.format(at)}, ${CLOCK.format(at).slice(0, 5)}`;
}

/** An amount with its currency; a dash where there is none yet. */
export function money(amount, currency) {
  if (amount === null || amount === undefined) return "No amount yet";
  try {
    return new Intl.NumberFormat("en-IE", { style: "currency", currency }).format(amount);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** A length of time in its two largest units. */
export function span(seconds) {
  const units = [["d", 86_400], ["h", 3_600], ["min", 60], ["s", 1]];
  let left = Math.round(seconds);
  const words = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count) words.push(`${count} ${unit}`);
  }
  return words.slice(0, 2).join(" ") || "0 s";
}

/** How long something took. */
export const took = (seconds) => (seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${seconds.toFixed(1)} s`);

/** The beginning of an identifier. */
export const brief = (identifier) => (identifier.length > 12 ? `${identifier.slice(0, 8)}…` : identifier);

/** An identifier of the API in words. */
export function words(code) {
  const text = code.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The part of an event's type that tells it from the others. */
export const eventName = (type) => type.replace(/^partner\.customer\./, "");

/** Good, bad, busy, calm or idle: the colour of a status of sessions, deposits and deliveries. */
export const toneOf = (status) => TONES[status] ?? "idle";

/** The same for the status of an answer; without one the connection broke. */
export function toneOfAnswer(status) {
  if (status === null) return "bad";
  return status < 300 ? "good" : status < 400 ? "calm" : "bad";
}
