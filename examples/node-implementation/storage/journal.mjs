// A file to which one line is appended for each change: a JSON array of what was put. What is written survives the
// process; what is synchronised survives the machine.

import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { promisify } from "node:util";

const synchronise = promisify(fdatasync);

export class Journal {
  /** @param {string} path of a file that need not exist yet */
  constructor(path) {
    this.path = path;
    this.descriptor = openSync(path, "a+", 0o600);
    this.length = 0;
    /** @type {Promise<void>} */
    this.current = Promise.resolve();
    /** @type {Promise<void> | undefined} */
    this.next = undefined;
  }

  /**
   * The changes so far, in order. A last line that a crash cut off was never acknowledged, and is dropped.
   *
   * @returns {unknown[]}
   */
  read() {
    const bytes = readFileSync(this.path);
    this.length = bytes.lastIndexOf("\n") + 1;
    ftruncateSync(this.descriptor, this.length);
    const lines = bytes.subarray(0, this.length).toString("utf8").split("\n").slice(0, -1);
    return lines.map((line, index) => {
      try {
        return JSON.parse(line);
      } catch {
        throw new Error(`${this.path}: line ${index + 1} is damaged; restore the file, or begin with another`);
      }
    });
  }

  /** Append one change, all of it or nothing. @param {unknown} change */
  append(change) {
    const line = Buffer.from(`${JSON.stringify(change)}\n`);
    try {
      for (let written = 0; written < line.length; ) written += writeSync(this.descriptor, line, written);
    } catch (error) {
      ftruncateSync(this.descriptor, this.length);
      throw error;
    }
    this.length += line.length;
  }

  /** Resolves when all that was appended before the call is on the disk; calls of one moment share the effort. */
  synchronised() {
    this.next ??= this.current.then(() => {
      this.current = /** @type {Promise<void>} */ (this.next);
      this.next = undefined;
      return synchronise(this.descriptor);
    });
    return this.next;
  }

  /** Begin anew with one line: what all lines so far come to. @param {unknown} change */
  compact(change) {
    const line = Buffer.from(`${JSON.stringify(change)}\n`);
    const fresh = openSync(`${this.path}.new`, "w", 0o600);
    writeFileSync(fresh, line);
    fdatasyncSync(fresh);
    closeSync(fresh);
    renameSync(`${this.path}.new`, this.path);
    closeSync(this.descriptor);
    this.descriptor = openSync(this.path, "a", 0o600);
    this.length = line.length;
  }
}
