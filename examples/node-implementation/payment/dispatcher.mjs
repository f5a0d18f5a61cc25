// Does what is due: as time goes by, and on the way when the clock is moved.

const LONGEST_TIMER = 2 ** 30;

/** @typedef {{ dueAt: number }} Occurrence */

export class Dispatcher {
  /**
   * @param {object} parts
   * @param {import("./clock.mjs").Clock} parts.clock
   * @param {import("./agenda.mjs").Agenda} parts.agenda
   * @param {import("./payments.mjs").Payments} parts.payments
   * @param {import("../webhook/deliveries.mjs").Deliveries} parts.deliveries
   */
  constructor({ clock, agenda, payments, deliveries }) {
    this.clock = clock;
    this.agenda = agenda;
    this.payments = payments;
    this.deliveries = deliveries;
    /** Attempts under way, with their due times. @type {Map<Promise<void>, number>} */
    this.underWay = new Map();
    /** What is done while the clock is moved. @type {Occurrence[] | undefined} */
    this.occurrences = undefined;
    /** @type {Promise<unknown>} */
    this.lastMove = Promise.resolve();
    /** @type {NodeJS.Timeout | undefined} */
    this.timer = undefined;
  }

  /** Do all that is due by now, so that nobody sees a session that should have moved on (SESS-16). */
  catchUp() {
    const now = this.clock.now();
    while (this.agenda.next && this.agenda.next.dueAt <= now) this.perform(this.agenda.take());
    clearTimeout(this.timer);
    if (!this.agenda.next || this.clock.isFrozen) return;
    this.timer = setTimeout(() => this.catchUp(), Math.min(this.agenda.next.dueAt - now, LONGEST_TIMER));
  }

  /** Catch up soon, and not before whoever caused it has been answered (HOOK-21). */
  wake() {
    setImmediate(() => this.catchUp());
  }

  /** @param {import("./agenda.mjs").Entry} entry */
  perform({ kind, id, dueAt }) {
    if (kind === "session") {
      this.note(/** @type {Occurrence | undefined} */ (this.payments.fallDue(id, dueAt)));
    } else if (this.deliveries.isDue(id, dueAt)) {
      const attempt = this.deliveries
        .attempt(id, dueAt)
        .then((occurrence) => this.note(occurrence))
        .catch((error) => void process.stderr.write(`delivery ${id}: ${error.stack}\n`))
        .finally(() => {
          this.underWay.delete(attempt);
          this.wake();
        });
      this.underWay.set(attempt, dueAt);
    }
  }

  /** @param {Occurrence | undefined} occurrence */
  note(occurrence) {
    if (occurrence) this.occurrences?.push(occurrence);
  }

  /**
   * Move the clock, and do all that falls due on the way, each thing when the clock shows its time. One move at a time.
   *
   * @param {() => number} target where to, asked for when it begins; it may refuse by throwing
   * @returns {Promise<Occurrence[]>} in order of due time
   */
  move(target) {
    const move = this.lastMove.then(async () => {
      const end = target();
      /** @type {Occurrence[]} */
      const occurrences = [];
      this.occurrences = occurrences;
      try {
        await this.pass(end);
      } finally {
        this.occurrences = undefined;
      }
      return occurrences.sort((one, other) => one.dueAt - other.dueAt);
    });
    this.lastMove = move.catch(() => {});
    return move;
  }

  /** @param {number} end */
  async pass(end) {
    for (;;) {
      this.catchUp();
      const attempts = [...this.underWay].filter(([, dueAt]) => dueAt <= end).map(([attempt]) => attempt);
      if (attempts.length > 0) await Promise.all(attempts); // a retry may be due before what comes next
      else if (this.agenda.next && this.agenda.next.dueAt <= end) this.clock.reach(this.agenda.next.dueAt);
      else if (this.clock.now() < end) this.clock.reach(end);
      else return;
    }
  }
}
