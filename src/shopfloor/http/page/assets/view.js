// The conversation on the screen: one element for each message and turn of the transcript, changed in place.

import { button, link, make, orderCard, productCards } from "./cards.js";
import { shape } from "./pictures.js";

const ADDRESS = /https:\/\/[^\s<>"'`]+/g;
const NEAR_END_PX = 120;
const STATUS_WORDS = {
  done: "done", started: "under way", needs_input: "asks you something", handed_off: "passed on", failed: "did not work",
  skipped: "stopped",
};

export class View {
  // `log` scrolls, `entries` holds the messages, `say(text)` sends one; `retry(clientId)` and `edit(clientId)` are for one that failed.
  constructor({ log, entries, welcome, say, retry, edit }) {
    Object.assign(this, { log, entries, welcome, say, retry, edit });
    this.elements = new Map(); // key -> element
    this.shopName = "Shop"; // who speaks where no agent is named
    this.isCalm = true; // while old events are read again, nothing moves
    this.isFollowing = true; // until the customer scrolls away
    const leave = () => (this.isFollowing = false);
    for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) log.addEventListener(kind, leave, { passive: true });
    log.addEventListener("scroll", () => this.isAtEnd && (this.isFollowing = true), { passive: true });
  }

  get isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX;
  }

  toEnd(isSmooth = false) {
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: isSmooth && !isStill() ? "smooth" : "instant" });
  }

  // Shows what is new, but never lets the beginning of the last exchange leave at the top by itself.
  #follow() {
    const isBeginning = (element) =>
      element.matches(".message.is-own") || (element.matches(".turn") && !element.previousElementSibling.matches(".is-own"));
    const last = [...this.entries.children].filter(isBeginning).at(-1);
    const rise = (element) => element.getBoundingClientRect().top - this.entries.getBoundingClientRect().top;
    const top = last ? rise(last) - 16 : 0;
    if (top > this.log.scrollTop) this.log.scrollTo({ top, behavior: this.isCalm || isStill() ? "instant" : "smooth" });
  }

  clear() {
    for (const element of this.elements.values()) element.remove();
    this.elements.clear();
    this.entries.querySelectorAll(".day").forEach((line) => line.remove());
  }

  // Draws what changed: keys of messages, turns and own messages.
  draw(transcript, keys) {
    for (const key of new Set(keys)) {
      if (transcript.turns.has(key)) this.#turn(transcript, transcript.turns.get(key));
      else if (transcript.messages.has(key)) this.#message(transcript.messages.get(key));
    }
    this.#own(transcript);
    this.#order(transcript);
    this.#choices(transcript);
    if (this.isFollowing) this.#follow();
  }

  #element(key, create) {
    let element = this.elements.get(key);
    if (!element) {
      element = create();
      if (!this.isCalm) element.classList.add("is-new");
      this.elements.set(key, element);
    }
    return element;
  }

  // -- messages -------------------------------------------------------------------------------------------------------

  #message(message) {
    const element = this.#element(message.id, () =>
      message.role === "user" ? ownMessage(message.at) : agentMessage(message, this.shopName),
    );
    const isGrowing = !message.isDone;
    element.setAttribute("aria-busy", String(isGrowing));
    element.classList.toggle("is-growing", isGrowing && message.role !== "user");
    const body = element.querySelector(".body");
    if (body.dataset.text !== message.text) {
      body.dataset.text = message.text;
      body.replaceChildren(...(message.role === "user" ? linesOf(message.text) : written(message.text)));
    }
    return element;
  }

  #own(transcript) {
    for (const own of transcript.own.values()) {
      const key = `own/${own.clientId}`;
      const element = this.#element(key, () => ownMessage(own.at));
      const shown = `${own.state} ${own.detail}`;
      if (element.dataset.shown === shown) continue; // its buttons keep the focus
      element.dataset.shown = shown;
      element.dataset.state = own.state;
      element.querySelector(".body").replaceChildren(...linesOf(own.text));
      element.querySelector(".state")?.remove();
      element.append(this.#stateOf(own));
    }
    for (const [key, element] of this.elements) {
      if (key.startsWith("own/") && !transcript.own.has(key.slice(4))) {
        element.remove();
        this.elements.delete(key);
      }
    }
  }

  #stateOf(own) {
    const state = make("p", "state");
    if (own.state === "sending") state.append("Sending…");
    if (own.state === "failed") {
      state.append(make("span", "", own.detail || "This was not sent."), " ");
      if (!own.isHopeless) state.append(button("plain", "Try again", () => this.retry(own.clientId)), " ");
      state.append(button("plain", "Edit", () => this.edit(own.clientId)));
    }
    return state;
  }

  // -- turns ------------------------------------------------------------------------------------------------------------

  #turn(transcript, turn) {
    const element = this.#element(turn.id, () => {
      const group = make("div", "turn", make("ul", "work"), make("div", "parts"));
      group.setAttribute("role", "group"); // a region each would crowd the list of landmarks
      group.setAttribute("aria-label", "Answer");
      group.firstChild.setAttribute("aria-label", "What the team does");
      return group;
    });
    element.dataset.state = turn.state;
    this.#work(element.querySelector(".work"), turn);
    const parts = element.querySelector(".parts");
    const shown = inOrder(turn, transcript).map((part) => this.#part(transcript, part));
    shown.forEach((part, place) => {
      if (parts.children[place] !== part) parts.insertBefore(part, parts.children[place] ?? null);
    });
    let note = element.querySelector(".turn-note");
    const isSilent = !turn.parts.some((part) => part.kind === "message");
    const words = isSilent && { stopped: "Stopped.", failed: "This answer broke off." }[turn.state];
    if (words && !note) element.append((note = make("p", "turn-note", words)));
    if (!words) note?.remove();
  }

  #part(transcript, part) {
    if (part.kind === "message") return this.#message(transcript.messages.get(part.key));
    const { type, content } = transcript.cards.get(part.key);
    const element = this.#element(part.key, () => make("div", "card-row"));
    element.setAttribute("aria-live", "off"); // the words beside it are read out
    const written = JSON.stringify(content);
    if (element.dataset.of !== written.length + written.slice(0, 200)) {
      element.dataset.of = written.length + written.slice(0, 200);
      if (type === "PRODUCTS") element.replaceChildren(productCards(content, this.say));
      else if (type === "ORDER") element.replaceChildren(orderCard(content));
    }
    return element;
  }

  #work(list, turn) {
    const tasks = turn.tasks.filter((task) => task.status !== "pending" && task.statusLine);
    if (turn.state === "running" && tasks.length === 0 && turn.parts.length === 0) {
      tasks.push({ id: "reading", statusLine: "Reading your message…", status: "started", agentName: "" });
    }
    const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
    tasks.forEach((task, place) => {
      let row = rows.get(task.id);
      rows.delete(task.id);
      if (!row) {
        row = make("li", "task", mark(), make("span", "task-line"), make("span", "unseen"));
        row.dataset.id = task.id;
        if (!this.isCalm) row.classList.add("is-new");
      }
      row.dataset.status = task.status;
      put(row.children[1], task.statusLine);
      put(row.children[2], ` (${STATUS_WORDS[task.status] ?? task.status})`);
      if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    });
    for (const row of rows.values()) row.remove();
    list.hidden = tasks.length === 0;
  }

  // -- order, days, choices -------------------------------------------------------------------------------------------

  #order(transcript) {
    let after = this.welcome;
    let lastDay = "";
    const place = (element) => {
      if (after.nextSibling !== element) after.after(element);
      after = element;
    };
    const keys = [...transcript.items.map((item) => item.key), ...[...transcript.own.keys()].map((id) => `own/${id}`)];
    for (const key of keys) {
      const element = this.elements.get(key);
      if (!element) continue;
      const at = transcript.turns.get(key)?.at ?? transcript.messages.get(key)?.at ?? transcript.own.get(key.slice(4))?.at;
      const dayOf = dayName(at);
      if (dayOf !== lastDay) {
        const dayKey = `day/${dayOf}`;
        place(this.#element(dayKey, () => make("p", "day", make("span", "", dayOf))));
        lastDay = dayOf;
      }
      place(element);
    }
  }

  // Buttons for a question that takes a yes or a no; only the last turn may ask.
  #choices(transcript) {
    const last = transcript.items.at(-1);
    const turn = last?.kind === "turn" ? transcript.turns.get(last.key) : null;
    const isAsked = turn?.question && turn.state === "done" && transcript.own.size === 0;
    const old = this.elements.get("choices");
    if (old && old.dataset.of === turn?.id && isAsked) return;
    if (old?.contains(document.activeElement)) this.log.focus({ preventScroll: true });
    old?.remove();
    this.elements.delete("choices");
    if (!isAsked) return;
    const choices = this.#element("choices", () => make("div", "choices"));
    choices.dataset.of = turn.id;
    choices.setAttribute("role", "group");
    choices.setAttribute("aria-label", "Your answer");
    choices.append(button("choice choice-yes", "Yes, please", () => this.say("Yes, please")));
    choices.append(button("choice", "No, thanks", () => this.say("No, thanks")));
    const asking = [...transcript.messages.values()].find(({ turn: of, task }) => of === turn.id && turn.question.id === `${of}/${task}`);
    this.elements.get(asking?.id ?? turn.id).append(choices);
    if (this.isFollowing && !this.isCalm) choices.scrollIntoView({ block: "nearest" });
  }
}

// A turn's messages and cards by task, each task's words first; a card waits for the words it belongs to.
function inOrder(turn, transcript) {
  const rank = new Map(turn.tasks.map((task, place) => [task.id, place]));
  const place = (part) => rank.get(part.task) ?? (part.kind === "message" ? rank.size : -1);
  const spoken = new Set(turn.parts.filter((part) => part.kind === "message").map((part) => part.task));
  const isShown = (part) =>
    part.kind === "message" ? transcript.messages.get(part.key).text !== "" : turn.state !== "running" || spoken.has(part.task);
  const parts = turn.parts.filter(isShown);
  return parts
    .map((part, index) => ({ part, order: [place(part), part.kind === "message" ? 0 : 1, index] }))
    .sort((one, two) => one.order[0] - two.order[0] || one.order[1] - two.order[1] || one.order[2] - two.order[2])
    .map(({ part }) => part);
}

// -- pieces -------------------------------------------------------------------------------------------------------------

function ownMessage(at) {
  const article = make("article", "message is-own", make("h2", "unseen", "You"), make("div", "body"));
  article.append(time(at));
  return article;
}

function agentMessage(message, shopName) {
  const name = shownName(message.name) || shopName;
  const face = make("span", `face face-${colourOf(message.name)}`, initials(name));
  face.setAttribute("aria-hidden", "true");
  const head = make("header", "head", face, make("h2", "name", name), time(message.at));
  return make("article", "message is-agent", head, make("div", "body"));
}

function time(at) {
  const element = make("time", "time", new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" }).format(at));
  element.dateTime = new Date(at).toISOString();
  return element;
}

// The mark before a status line: a ring that turns, then a tick.
function mark() {
  const svg = shape("svg", { viewBox: "0 0 20 20", class: "mark", "aria-hidden": "true" });
  svg.append(shape("circle", { class: "ring", cx: 10, cy: 10, r: 7 }));
  svg.append(shape("path", { class: "tick", d: "M6 10.500l2.800 2.800L14.200 7.400", pathLength: 1 }));
  svg.append(shape("path", { class: "cross", d: "M7 7l6 6M13 7l-6 6" }));
  return svg;
}

// An agent's text: paragraphs, lists of lines that begin with a hyphen, links to https addresses; nothing else.
function written(text) {
  const blocks = [];
  for (const line of text.split("\n")) {
    const item = line.match(/^\s*(?:[-•*]|\d{1,2}[.)])\s+(.*)$/);
    const last = blocks.at(-1);
    if (item) {
      const list = last?.tagName === "UL" ? last : make("ul", "list");
      if (list !== last) blocks.push(list);
      list.append(make("li", "", ...linked(item[1])));
    } else if (line.trim()) {
      blocks.push(make("p", "", ...linked(line)));
    }
  }
  return blocks;
}

function linked(text) {
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = match[0].replace(/[.,;:!?)\]]+$/, "");
    pieces.push(text.slice(from, match.index), link(address));
    from = match.index + address.length;
  }
  pieces.push(text.slice(from));
  return pieces;
}

const linesOf = (text) => [make("p", "own-text", text)];

// `OrderManagementAgent` is shown as `Order Management`; a name with spaces stays as it is.
export function shownName(name) {
  return /\s/.test(name) ? name : name.replace(/Agent$/, "").replace(/([a-z\d])([A-Z])/g, "$1 $2");
}

function initials(name) {
  const words = name.split(/[\s_-]+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 2)).toUpperCase();
}

// One of eight colours, always the same for a name.
function colourOf(name) {
  const known = ["OrderManagementAgent", "ShoppingAssistantAgent", "GeneralSupportAgent", "ReturnManagementAgent", "ProductUpsellAgent", "LeadGenerationAgent", "HumanTransferAgent"];
  const place = known.indexOf(name);
  if (place >= 0) return place;
  return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 8, 7);
}

function dayName(at) {
  const date = new Date(at);
  const days = Math.round((new Date().setHours(12, 0, 0, 0) - new Date(at).setHours(12, 0, 0, 0)) / 86_400_000);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const year = date.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric", year }).format(date);
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
