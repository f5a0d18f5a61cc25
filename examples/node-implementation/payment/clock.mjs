// The session clock: real time, until it is moved or stopped. It governs what happens to sessions and when deliveries
// are due; real time, which governs signatures and time-outs, never follows it.

/** @typedef {{ aheadBy: number, frozenAt: number | null }} Reading milliseconds */

export class Clock {
  /**
   * @param {Reading} reading
   * @param {(reading: Reading) => void} keep called whenever it is set
   */
  constructor(reading, keep) {
    this.reading = reading;
    this.keep = keep;
  }

  /** Milliseconds since 1970. */
  now() {
    return this.reading.frozenAt ?? Date.now() + this.reading.aheadBy;
  }

  get isFrozen() {
    return this.reading.frozenAt !== null;
  }

  /** Go to a time, unless it has passed already: the clock never goes back. @param {number} time */
  reach(time) {
    if (time <= this.now()) return;
    this.set(this.isFrozen ? { ...this.reading, frozenAt: time } : { aheadBy: time - Date.now(), frozenAt: null });
  }

  freeze() {
    this.set({ ...this.reading, frozenAt: this.now() });
  }

  /** Run on from where it stands. */
  resume() {
    if (this.isFrozen) this.set({ aheadBy: this.now() - Date.now(), frozenAt: null });
  }

  /** @param {Reading} reading */
  set(reading) {
    this.keep(reading);
    this.reading = reading;
  }
}

/** @param {number} time in milliseconds since 1970 */
export const toText = (time) => new Date(time).toISOString();
