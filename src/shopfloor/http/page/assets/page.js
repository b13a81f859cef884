// The page: connects the conversation kept in this browser, the stream, the transcript and what is seen.
//
// `/#token=...` signs the customer in: the fragment never reaches a server, and it is taken out of the address at once.
// `/#ask=...` only puts words into the field; nobody but the customer sends them.

import * as api from "./api.js";
import { Problem } from "./api.js";
import { button, keepTo, make } from "./cards.js";
import { Stream } from "./stream.js";
import { Transcript } from "./transcript.js";
import { View } from "./view.js";

const KEPT = "shopfloor.conversation";
const UNSENT = "shopfloor.unsent";
const TOKEN = "shopfloor.token";
const ZONE = "shopfloor.zone"; // kept, as what comes again may come before the shop has answered
const SETTLED_MS = 350; // after so long without an event, what was said before has been read
const RESEND_MS = 6_000;
const SUGGESTIONS = ["Where is my order?", "Show me waterproof jackets", "How do returns work?", "Do you ship to Canada?"];

const at = (id) => document.getElementById(id);
const field = at("text");

class Page {
  constructor() {
    this.conversation = null; // {id, secret}
    this.stream = null;
    this.title = document.title;
    this.unread = 0;
    this.line = Promise.resolve(); // the messages that are being sent, one after the other
    this.start(kept(UNSENT) ?? []);
    this.view = new View({
      log: at("log"),
      entries: at("entries"),
      welcome: at("welcome"),
      say: (text) => this.say(text),
      retry: (clientId) => this.send(clientId),
      edit: (clientId) => this.edit(clientId),
    });
  }

  start(unsent = []) {
    this.transcript = new Transcript();
    for (const { clientId, text, at: when } of unsent) {
      this.transcript.write(clientId, text, when);
      this.transcript.mark(clientId, "failed", "This was not sent.");
    }
  }

  // -- beginning ----------------------------------------------------------------------------------------------------

  async begin() {
    this.#listen();
    const { token, ask } = fragment();
    if (ask) this.#fill(ask);
    keepTo(kept(ZONE) ?? undefined);
    this.#greet();
    this.conversation = kept(KEPT);
    this.token = kept(TOKEN, "sessionStorage");
    if (token) this.#once(this.#signIn(token));
    else if (this.conversation) this.#follow();
    this.#draw([]);
    field.focus({ preventScroll: true });
  }

  async #greet() {
    let shop;
    try {
      shop = await api.shop();
    } catch {
      shop = { shop_name: "Our shop", greeting: "Hello! What can we do for you?", is_open: null };
    }
    if (shop.zone) keep(ZONE, shop.zone);
    keepTo(kept(ZONE) ?? shop.zone);
    at("shop-name").textContent = shop.shop_name;
    this.title = document.title = this.view.shopName = shop.shop_name;
    at("greeting").textContent = shop.greeting;
    if (shop.is_open !== null) {
      at("open").textContent = shop.is_open ? "Our staff are in, the AI team too" : "Our staff are out, the AI team is in";
      at("open").classList.toggle("is-in", shop.is_open);
      at("open").hidden = false;
    }
    at("chips").replaceChildren(...SUGGESTIONS.map((text) => button("chip", text, () => this.say(text))));
  }

  // Signs in the conversation at hand, or begins a new one where there is none or it is not this customer's.
  async #signIn(token) {
    this.#hold(token);
    try {
      if (!this.conversation || !(await this.#isJoined(token))) await this.#open();
    } catch (problem) {
      const isRefused = problem.status === 401;
      if (isRefused) this.#hold(null);
      this.#notice(isRefused ? "This sign-in link does not work any more. You can go on as a guest." : problem.message, "error");
    }
    if (this.conversation) this.#follow();
    this.#draw([]);
  }

  async #isJoined(token) {
    try {
      await api.signIn(this.conversation, token);
      return true;
    } catch (problem) {
      if ([401, 404, 409].includes(problem.status)) return false;
      throw problem;
    }
  }

  // The token stays for this tab, so that a new conversation is this customer's as well.
  #hold(token) {
    this.token = token;
    keep(TOKEN, token, "sessionStorage");
  }

  // Holds messages back until a conversation is opened or signed in.
  #once(promise) {
    this.opening = promise.finally(() => (this.opening = null));
    return this.opening;
  }

  async #open() {
    const { conversation_id: id, secret } = await api.open(this.token);
    if (this.conversation) this.#leave(this.transcript.own);
    this.conversation = { id, secret };
    keep(KEPT, this.conversation);
  }

  // Opens a conversation for the first message; as a guest where the sign-in has expired.
  async #openAnyhow() {
    try {
      await this.#open();
    } catch (problem) {
      if (problem.status !== 401 || !this.token) throw problem;
      this.#hold(null);
      this.#notice("You are no longer signed in here, and go on as a guest.", "error");
      await this.#open();
    }
  }

  #leave(own = new Map()) {
    this.stream?.close();
    this.stream = null;
    this.conversation = null;
    keep(KEPT, null);
    this.start();
    this.transcript.own = own;
    this.view.clear();
    at("who").hidden = true;
  }

  // -- the stream -----------------------------------------------------------------------------------------------------

  #follow() {
    this.stream?.close();
    const stream = new Stream({
      url: api.eventsUrl(this.conversation.id),
      secret: this.conversation.secret,
      onEvent: (event) => stream === this.stream && this.#take(event),
      onState: (state, waitMs) => stream === this.stream && this.#connection(state, waitMs),
      onRefused: () => stream === this.stream && this.#refused(),
    });
    this.stream = stream;
    this.view.isCalm = true;
    stream.run();
  }

  #take(event) {
    this.#settle();
    const keys = this.transcript.take(event);
    if (!this.view.isCalm && event.type === "TEXT_MESSAGE_END") this.#unread(event);
    this.pending = [...(this.pending ?? []), ...keys];
    if (!this.frame) {
      this.frame = true; // one drawing for all events that come together, also where the page is not seen
      queueMicrotask(() => {
        this.frame = false;
        const changed = this.pending;
        this.pending = [];
        this.#draw(changed);
      });
    }
  }

  #settle() {
    if (!this.view.isCalm) return;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => (this.view.isCalm = false), SETTLED_MS);
  }

  #connection(state, waitMs) {
    if (state === "live") {
      this.#settle();
      if (this.isWaiting) this.#notice("");
      this.isWaiting = false;
      this.#resend();
    } else if (state === "waiting") {
      this.view.isCalm = true; // what is read again must not move
      this.isWaiting = true;
      const words = navigator.onLine ? "The connection broke off. Trying again…" : "You are offline. What you wrote stays here.";
      this.#notice(words, "waiting", waitMs > 1500 ? ["Try now", () => this.stream?.hurry()] : null);
    }
  }

  // The conversation is not known here any more: the next message begins a new one.
  #refused() {
    this.#leave(this.transcript.own);
    this.#draw([]);
    this.#notice("The earlier conversation is no longer here. You can begin a new one.", "waiting");
  }

  // -- what the customer does -----------------------------------------------------------------------------------------

  say(text) {
    const clientId = newId();
    this.transcript.write(clientId, text);
    this.view.isCalm = false;
    this.view.isFollowing = true;
    this.#draw([]);
    this.send(clientId);
  }

  // Sends a message once those before it have been sent, so that they arrive in the order they were written.
  send(clientId) {
    const own = this.transcript.own.get(clientId);
    if (!own || own.isUnderWay) return;
    Object.assign(own, { isUnderWay: true, isOffline: false });
    this.transcript.mark(clientId, "sending");
    this.#draw([]);
    this.line = this.line.then(() => this.#deliver(own));
  }

  async #deliver(own) {
    try {
      await this.opening; // a sign-in under way
      if (this.transcript.own.get(own.clientId) !== own) return; // the conversation was left
      if (!this.conversation) await this.#once(this.#openAnyhow());
      if (!this.stream) this.#follow();
      const { message_id: messageId } = await this.#posted(own);
      this.transcript.taken(own.clientId, messageId);
    } catch (problem) {
      this.#failed(own, problem);
    }
    own.isUnderWay = false;
    this.#draw([]);
  }

  // Posts a message, and waits where the server asks for it.
  async #posted(own) {
    for (;;) {
      try {
        return await api.post(this.conversation, own.clientId, own.text);
      } catch (problem) {
        if (problem.status !== 429) throw problem;
        const waitMs = problem.waitMs ?? RESEND_MS;
        this.#notice("That was a lot at once. Your message goes out in a moment.");
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        this.#notice("");
      }
      if (this.transcript.own.get(own.clientId) !== own) throw new Problem(0, "");
    }
  }

  #failed(own, problem) {
    own.isOffline = problem.status === 0 || problem.status === 429 || problem.status >= 500;
    own.isHopeless = problem.status === 413 || problem.status === 422;
    if (own.isOffline) setTimeout(() => this.#resend(), problem.waitMs ?? RESEND_MS);
    const words = {
      0: "Not sent: the shop cannot be reached. It goes out when it can be.",
      401: "Not sent: this conversation is no longer here.",
      413: "Not sent: this is too long. 8,000 characters are the most.",
    };
    const detail = words[problem.status] ?? `Not sent: ${(problem.message || "something went wrong").replace(/\.$/, "")}.`;
    this.transcript.mark(own.clientId, "failed", detail);
    if (problem.status === 401) {
      this.stream?.close();
      this.stream = this.conversation = null;
    }
  }

  // Sends what could not be sent while the server was out of reach.
  #resend() {
    for (const own of this.transcript.own.values()) if (own.state === "failed" && own.isOffline) this.send(own.clientId);
  }

  edit(clientId) {
    this.#fill(this.transcript.own.get(clientId)?.text ?? "");
    this.transcript.forget(clientId);
    this.#draw([]);
    field.focus();
  }

  async #stop() {
    at("stop").disabled = true;
    try {
      await api.stop(this.conversation);
    } catch (problem) {
      this.#notice(problem.message || "This could not be stopped.", "error");
    }
    at("stop").disabled = false;
  }

  // -- what is seen ---------------------------------------------------------------------------------------------------

  #draw(keys) {
    const { transcript } = this;
    this.view.draw(transcript, keys);
    document.body.classList.toggle("is-empty", transcript.isEmpty);
    document.body.classList.toggle("is-running", transcript.isRunning);
    at("stop").hidden = !transcript.isRunning;
    at("new").hidden = !this.conversation && transcript.isEmpty;
    at("to-end").hidden = transcript.isEmpty || this.view.isAtEnd;
    if (transcript.customer) {
      at("who").textContent = transcript.customer.name ? `Signed in as ${transcript.customer.name}` : "Signed in";
      at("who").hidden = false;
    }
    const unsent = [...transcript.own.values()].filter((own) => own.state !== "sent");
    const left = unsent.length ? unsent.map(({ clientId, text, at: when }) => ({ clientId, text, at: when })) : null;
    if (JSON.stringify(left) === this.left) return;
    this.left = JSON.stringify(left);
    keep(UNSENT, left);
  }

  #notice(text, kind = "waiting", deed = null) {
    const notice = at("notice");
    notice.hidden = !text;
    notice.className = `notice is-${kind}`;
    notice.replaceChildren(make("span", "", text));
    if (deed) notice.append(button("plain", deed[0], deed[1]));
  }

  #unread(event) {
    if (!document.hidden || this.transcript.messages.get(event.messageId)?.role === "user") return;
    this.unread += 1;
    document.title = `(${this.unread}) ${this.title}`;
  }

  #fill(text) {
    field.value = text.slice(0, 8_000);
    this.#sized();
  }

  #sized() {
    at("send").disabled = !field.value.trim();
    if (CSS.supports("field-sizing", "content")) return;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  }

  #listen() {
    at("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      this.#fill("");
      this.say(text);
    });
    field.addEventListener("input", () => this.#sized());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      at("composer").requestSubmit();
    });
    at("stop").addEventListener("click", () => this.#stop());
    at("new").addEventListener("click", () => {
      this.#leave();
      this.#notice("");
      if (this.token) this.#once(this.#signIn(this.token));
      this.#draw([]);
      field.focus();
    });
    at("to-end").addEventListener("click", () => this.view.toEnd(true));
    const showEnd = () => (at("to-end").hidden = this.transcript.isEmpty || this.view.isAtEnd);
    at("log").addEventListener("scroll", showEnd, { passive: true });
    addEventListener("offline", () => this.#notice("You are offline. What you wrote stays here.", "waiting"));
    addEventListener("online", () => {
      this.#notice("");
      this.#resend();
    });
    addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.unread = 0;
      document.title = this.title;
      this.stream?.hurry();
    });
    addEventListener("hashchange", () => {
      const { token, ask } = fragment();
      if (ask) this.#fill(ask);
      if (token) this.#once(this.#signIn(token));
    });
  }
}

// What stands behind the `#` of the address, which is then cleared.
function fragment() {
  const given = new URLSearchParams(location.hash.slice(1));
  const found = { token: given.get("token"), ask: given.get("ask") };
  if (found.token || found.ask) history.replaceState(null, "", location.pathname);
  return found;
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

// A browser that keeps nothing (private, or forbidden) still has its conversation until the page is left.
function kept(name, store = "localStorage") {
  try {
    return JSON.parse(window[store].getItem(name));
  } catch {
    return null;
  }
}

function keep(name, value, store = "localStorage") {
  try {
    if (value === null) window[store].removeItem(name);
    else window[store].setItem(name, JSON.stringify(value));
  } catch {
    // nothing is kept
  }
}

new Page().begin();
