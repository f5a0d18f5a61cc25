// What happens in a namespace, as it happens. Read by fetch, as EventSource can send no token.

import { send } from "./api.js";

const FIRST_PAUSE = 500; // milliseconds; doubled up to the longest
const LONGEST_PAUSE = 10_000;
const LONGEST_SILENCE = 40_000; // the server says something every 15 seconds
const LONGEST_EVENT = 1_000_000; // characters

/** Follows one namespace until it is stopped, and connects again whenever the stream ends. */
export class Stream {
  #namespace;
  #tell;
  #stopped = new AbortController();

  /** `tell` is called with "live" once connected, "event" for each thing that happened, and "lost". */
  constructor(namespace, tell) {
    this.#namespace = namespace;
    this.#tell = tell;
    this.#follow();
  }

  stop() {
    this.#stopped.abort();
  }

  async #follow() {
    let pause = FIRST_PAUSE;
    while (!this.#stopped.signal.aborted) {
      const began = Date.now();
      await this.#read().catch(() => {}); // whatever ended it, the page says so and tries again
      if (this.#stopped.signal.aborted) return;
      this.#tell("lost");
      pause = Date.now() - began > LONGEST_PAUSE ? FIRST_PAUSE : Math.min(pause * 2, LONGEST_PAUSE);
      await new Promise((resume) => setTimeout(resume, pause));
    }
  }

  async #read() {
    const connection = new AbortController();
    const end = () => connection.abort();
    this.#stopped.signal.addEventListener("abort", end, { once: true });
    let silence = setTimeout(end, LONGEST_SILENCE);
    try {
      const path = `namespaces/${encodeURIComponent(this.#namespace)}/events`;
      const answer = await send("GET", path, { signal: connection.signal });
      this.#tell("live");
      let text = "";
      for await (const part of parts(answer.body.pipeThrough(new TextDecoderStream()))) {
        clearTimeout(silence);
        silence = setTimeout(end, LONGEST_SILENCE);
        const events = (text + part).split("\n\n");
        text = events.pop();
        for (const event of events) if (/^event: /m.test(event)) this.#tell("event");
        if (text.length > LONGEST_EVENT) throw new RangeError("an event without an end");
      }
    } finally {
      clearTimeout(silence);
      this.#stopped.signal.removeEventListener("abort", end);
      end();
    }
  }
}

async function* parts(stream) {
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
