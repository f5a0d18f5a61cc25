// All that the implementation remembers, in memory, and in a journal where it has one. Records are never changed in
// place: a changed copy is put.

import { Journal } from "./journal.mjs";

/** @typedef {"settings" | "endpoints" | "sessions" | "answers" | "deliveries" | "savedBanks"} Table */
/** @typedef {[table: Table, key: string, record: any]} Put */

/** @type {Table[]} */
const TABLES = ["settings", "endpoints", "sessions", "answers", "deliveries", "savedBanks"];
/** What a reset forgets. @type {Table[]} */
const RESET = ["sessions", "answers", "deliveries", "savedBanks"];
const WORTH_COMPACTING = 1000;

export class Store {
  /** @param {string | undefined} path of the journal; without one everything ends with the process */
  constructor(path) {
    /** @type {Record<Table, Map<string, any>>} */
    this.tables = { settings: new Map(), endpoints: new Map(), sessions: new Map(), answers: new Map(), deliveries: new Map(), savedBanks: new Map() };
    if (path === undefined) return;
    this.journal = new Journal(path);
    const changes = this.journal.read();
    for (const change of changes) this.apply(/** @type {Put[] | "reset"} */ (change));
    if (changes.length > WORTH_COMPACTING) this.journal.compact(this.everything());
  }

  /** @param {Table} table @param {string} key */
  get(table, key) {
    return this.tables[table].get(key);
  }

  /** All records of a table, in the order in which they were made. @param {Table} table */
  all(table) {
    return [...this.tables[table].values()];
  }

  /** Put records, all of them or none. A process that is killed afterwards has them still. @param {Put[]} puts */
  put(puts) {
    this.journal?.append(puts);
    this.apply(puts);
  }

  /** Forget all but settings and endpoints. */
  reset() {
    this.journal?.append("reset");
    this.apply("reset");
  }

  /** Resolves when all that was put is on the disk, so that it can be acknowledged. */
  async synchronised() {
    await this.journal?.synchronised();
  }

  /** @param {Put[] | "reset"} change */
  apply(change) {
    if (change === "reset") for (const table of RESET) this.tables[table].clear();
    else for (const [table, key, record] of change) this.tables[table].set(key, record);
  }

  /** @returns {Put[]} */
  everything() {
    return TABLES.flatMap((table) => [...this.tables[table]].map(([key, record]) => /** @type {Put} */ ([table, key, record])));
  }
}
