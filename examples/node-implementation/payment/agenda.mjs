// What falls due, in order of due time, and at one time in the order in which it was entered: a binary heap.

/** @typedef {{ dueAt: number, order: number, kind: "session" | "delivery", id: string }} Entry */

/** @param {Entry} one @param {Entry} other */
const isBefore = (one, other) => one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order);

export class Agenda {
  constructor() {
    /** @type {Entry[]} */
    this.heap = [];
    this.order = 0;
  }

  /** The next entry, which stays. */
  get next() {
    return this.heap[0];
  }

  /** @param {Entry["kind"]} kind @param {string} id @param {number} dueAt */
  enter(kind, id, dueAt) {
    const entry = { dueAt, order: (this.order += 1), kind, id };
    let index = this.heap.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, this.heap[parent])) break;
      this.heap[index] = this.heap[parent];
      index = parent;
    }
    this.heap[index] = entry;
  }

  /** Take the next entry out. */
  take() {
    const first = this.heap[0];
    const last = /** @type {Entry} */ (this.heap.pop());
    const size = this.heap.length;
    if (size === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child + 1 < size && isBefore(this.heap[child + 1], this.heap[child])) child += 1;
      if (child >= size || !isBefore(this.heap[child], last)) break;
      this.heap[index] = this.heap[child];
      index = child;
    }
    this.heap[index] = last;
    return first;
  }

  clear() {
    this.heap = [];
  }
}
