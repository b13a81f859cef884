// The conversation's event stream: server-sent events read over fetch, since EventSource cannot send a credential.
//
// A stream that breaks is taken up again after the last numbered event, with growing pauses. What a `Stream` promises:
// each event goes to `onEvent` in the order of the server; one that came before may come again.

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 20_000;
const SILENCE_MS = 40_000; // the server says something every 15 s: a longer silence is a dead connection

// Cuts text that arrives in pieces into frames: {id, data}. A frame without data (a heartbeat) is not returned.
export class FrameReader {
  #rest = "";

  push(text) {
    const frames = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?=.)/s);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length) frames.push({ id: this.#id, data: this.#data.join("\n") });
        this.#id = null;
        this.#data = [];
        continue;
      }
      const colon = line.indexOf(":");
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") this.#data.push(value);
      else if (field === "id") this.#id = value;
    }
    return frames;
  }

  #id = null;
  #data = [];
}

export class Stream {
  // `url`, `secret`; `onEvent(event)`, `onState(state, waitMs)` with state connecting, live, waiting; `onRefused()`.
  constructor({ url, secret, onEvent, onState, onRefused }) {
    Object.assign(this, { url, secret, onEvent, onState, onRefused });
    this.lastId = null;
    this.failures = 0;
    this.isClosed = false;
    this.hurry = this.hurry.bind(this);
    addEventListener("online", this.hurry);
  }

  async run() {
    while (!this.isClosed) {
      this.onState("connecting");
      const pause = await this.#follow();
      if (this.isClosed) return;
      this.failures += 1;
      const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
      await this.#wait(pause ?? grown * (0.75 + Math.random() / 2));
    }
  }

  close() {
    this.isClosed = true;
    removeEventListener("online", this.hurry);
    this.controller?.abort();
    this.wake?.();
  }

  // Tries again at once instead of waiting on.
  hurry() {
    this.wake?.();
  }

  // Reads until the stream ends, and returns how long the server wants us to stay away, if it says so.
  async #follow() {
    this.controller = new AbortController();
    const headers = { Accept: "text/event-stream", Authorization: `Bearer ${this.secret}` };
    if (this.lastId !== null) headers["Last-Event-ID"] = this.lastId;
    let guard = setTimeout(() => this.controller.abort(), SILENCE_MS);
    try {
      const response = await fetch(this.url, { headers, signal: this.controller.signal, cache: "no-store" });
      if (response.status === 401 || response.status === 404) {
        this.close();
        this.onRefused();
        return null;
      }
      if (!response.ok || !response.body) return retryAfter(response);
      this.onState("live");
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      const frames = new FrameReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        clearTimeout(guard);
        guard = setTimeout(() => this.controller.abort(), SILENCE_MS);
        for (const frame of frames.push(decoder.decode(value, { stream: true }))) this.#take(frame);
      }
    } catch {
      return null; // cut off, offline, or silent: the next attempt tells
    } finally {
      clearTimeout(guard);
    }
  }

  #take(frame) {
    this.failures = 0;
    let event;
    try {
      event = JSON.parse(frame.data);
    } catch {
      return; // not ours
    }
    this.onEvent(event);
    if (frame.id !== null) this.lastId = frame.id;
  }

  async #wait(ms) {
    this.onState("waiting", ms);
    await new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, ms);
    });
    this.wake = null;
  }
}

// Milliseconds that a response asks to stay away; null where it does not.
export function retryAfter(response) {
  const seconds = Number(response.headers.get("Retry-After"));
  return seconds > 0 ? Math.min(seconds, 120) * 1000 : null;
}
