// What was said and done in a conversation, worked out from its AG-UI events.
//
// Every event may come twice, and a message that is begun again starts anew: all is kept by its id, so the same events
// always give the same transcript, however often the stream was cut. `take` returns the keys of what changed.

const RANK = { pending: 0, waiting: 0, started: 1 }; // whatever else a task is, it has ended

export class Transcript {
  constructor() {
    this.items = []; // {key, kind: "message" | "turn"} in the order of the conversation
    this.messages = new Map(); // id -> {id, role, name, text, isDone, at, turn, task}
    this.turns = new Map(); // id -> {id, state, tasks, parts: [{key, kind: "message" | "card", task}], question, at}
    this.cards = new Map(); // id -> {id, type, content}
    this.agents = new Map(); // a subagent's run -> its name
    this.own = new Map(); // our id of a message -> {clientId, text, state, messageId, detail, at}
    this.current = null; // the turn under way
    this.customer = null; // {name} once signed in
  }

  get isRunning() {
    return this.current !== null;
  }

  get isEmpty() {
    return this.items.length === 0 && this.own.size === 0;
  }

  take(event) {
    const handler = HANDLERS[event.type];
    return handler ? (handler.call(this, event) ?? []) : [];
  }

  // -- the customer's own messages, before the server has confirmed them ----------------------------------------------

  write(clientId, text, at = Date.now()) {
    this.own.set(clientId, { clientId, text, state: "sending", messageId: null, detail: "", at });
  }

  // The server took a message: it stays until the stream brings it.
  taken(clientId, messageId) {
    const own = this.own.get(clientId);
    if (!own) return;
    if (this.messages.has(messageId)) this.own.delete(clientId);
    else Object.assign(own, { state: "sent", messageId, detail: "" });
  }

  mark(clientId, state, detail = "") {
    const own = this.own.get(clientId);
    if (own) Object.assign(own, { state, detail });
  }

  forget(clientId) {
    this.own.delete(clientId);
  }

  #confirm(message) {
    if (message.clientId) {
      this.own.delete(message.clientId);
      return;
    }
    const same = (own) => (own.messageId ? own.messageId === message.id : squeezed(own.text) === squeezed(message.text));
    const own = [...this.own.values()].find(same);
    if (own) this.own.delete(own.clientId);
  }

  // -- events -----------------------------------------------------------------------------------------------------

  runStarted(event) {
    const turn = this.#turn(event.runId, event);
    if (turn.state === "running") this.current = turn.id;
    return [turn.id];
  }

  runEnded(event) {
    const turn = this.#turn(event.runId ?? this.current, event);
    const outcome = event.outcome?.type ?? "success";
    turn.state = event.type === "RUN_ERROR" ? "failed" : outcome === "cancelled" ? "stopped" : "done";
    turn.question = outcome === "interrupt" ? (event.outcome.interrupts.find(isYesOrNo) ?? null) : null;
    for (const task of turn.tasks) if (task.status in RANK) task.status = turn.state === "done" ? "done" : "skipped";
    if (this.current === turn.id) this.current = null;
    return [turn.id];
  }

  messageStarted(event) {
    const role = event.role ?? "assistant";
    const known = this.messages.get(event.messageId);
    const message = known ?? { id: event.messageId, role, at: event.timestamp ?? Date.now(), turn: null, task: null };
    Object.assign(message, { name: event.name ?? "", text: "", isDone: false, clientId: event.metadata?.clientId ?? null });
    if (!known) {
      this.messages.set(message.id, message);
      if (role === "assistant" && this.current) this.#attach(message.id, "message", event, message);
      else this.items.push({ key: message.id, kind: "message" });
    }
    return [message.turn ?? message.id];
  }

  messageGrew(event) {
    const message = this.messages.get(event.messageId);
    if (!message || message.isDone) return [];
    message.text += event.delta;
    return [message.turn ?? message.id];
  }

  messageEnded(event) {
    const message = this.messages.get(event.messageId);
    if (!message) return [];
    message.isDone = true;
    if (message.role === "user") this.#confirm(message);
    return [message.turn ?? message.id];
  }

  snapshot(event) {
    if (event.activityType === "PLAN") {
      const turn = this.#turn(event.messageId.replace(/^plan\//, ""), event);
      const known = new Map(turn.tasks.map((task) => [task.id, task]));
      turn.tasks = (event.content.tasks ?? []).map((task) => ({ ...task, status: later(known.get(task.id), task) }));
      return [turn.id];
    }
    const isNew = !this.cards.has(event.messageId);
    this.cards.set(event.messageId, { id: event.messageId, type: event.activityType, content: event.content });
    const turn = isNew ? this.#attach(event.messageId, "card", event) : this.#turnOfCard(event.messageId);
    return turn ? [turn.id] : [];
  }

  delta(event) {
    if (event.activityType !== "PLAN") return [];
    const turn = this.#turn(event.messageId.replace(/^plan\//, ""), event);
    for (const { op, path, value } of event.patch) {
      const [, place, field] = path.match(/^\/tasks\/(\d+|-)(?:\/(\w+))?$/) ?? [];
      if (place === undefined) continue;
      const task = turn.tasks[Number(place)];
      if (task && field === "status") task.status = later(task, { status: value });
      else if (task && field && op !== "remove") task[field] = value;
      else if (!field && op === "add" && !turn.tasks.some((known) => known.id === value.id)) turn.tasks.push(value);
      else if (task && !field && op === "replace") turn.tasks[Number(place)] = value;
    }
    return [turn.id];
  }

  agentStarted(event) {
    this.agents.set(event.subagentRunId, event.name);
    return [];
  }

  custom(event) {
    if (event.name === "signed_in") {
      this.customer = { name: String(event.value?.name ?? "") };
      return ["customer"];
    }
    return [];
  }

  #turn(id, event) {
    let turn = this.turns.get(id);
    if (!turn) {
      turn = { id, state: "running", tasks: [], parts: [], question: null, at: event.timestamp ?? Date.now() };
      this.turns.set(id, turn);
      this.items.push({ key: id, kind: "turn" });
    }
    return turn;
  }

  // A message or a card of a turn: which task it is of stands in the subagent's run, or in a card's own id.
  #attach(key, kind, event, message = null) {
    const named = kind === "card" ? event.messageId.split("/") : [];
    const turn = this.turns.get(named[1]) ?? this.turns.get(this.current);
    if (!turn) return null;
    const run = event.subagentRunId ?? "";
    const task = turn.tasks.find((known) => named[2] === known.id || run === known.id || run.endsWith(`/${known.id}`));
    if (message) Object.assign(message, { turn: turn.id, task: task?.id ?? null });
    turn.parts.push({ key, kind, task: task?.id ?? named[2] ?? null });
    return turn;
  }

  #turnOfCard(key) {
    return [...this.turns.values()].find((turn) => turn.parts.some((part) => part.key === key));
  }
}

const HANDLERS = {
  RUN_STARTED: Transcript.prototype.runStarted,
  RUN_FINISHED: Transcript.prototype.runEnded,
  RUN_ERROR: Transcript.prototype.runEnded,
  TEXT_MESSAGE_START: Transcript.prototype.messageStarted,
  TEXT_MESSAGE_CONTENT: Transcript.prototype.messageGrew,
  TEXT_MESSAGE_END: Transcript.prototype.messageEnded,
  ACTIVITY_SNAPSHOT: Transcript.prototype.snapshot,
  ACTIVITY_DELTA: Transcript.prototype.delta,
  SUBAGENT_STARTED: Transcript.prototype.agentStarted,
  CUSTOM: Transcript.prototype.custom,
};

// The later one of two states of a task: one that has ended does not begin again.
function later(known, task) {
  const rank = (status) => RANK[status] ?? 2;
  return known && rank(known.status) > rank(task.status) ? known.status : task.status;
}

const isYesOrNo = (interrupt) => /yes|confirm|consent|approv/i.test(interrupt.reason);

const squeezed = (text) => text.trim().replace(/\s+/g, " ");
