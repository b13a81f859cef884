// What the page asks of the server, each as one function; a refusal is a `Problem`.

import { retryAfter } from "./stream.js";

// What went wrong: `status` is 0 where the server was not reached; `waitMs` is how long it asks us to stay away.
export class Problem extends Error {
  constructor(status, detail, waitMs = null) {
    super(detail);
    this.status = status;
    this.waitMs = waitMs;
  }
}

export const shop = () => call("GET", "/v1/shop");

export const open = (token) => call("POST", "/v1/conversations", { body: { customer_token: token, channel: "web" } });

export const signIn = ({ id, secret }, token) =>
  call("POST", `${path(id)}/sign-in`, { secret, body: { customer_token: token } });

export const post = ({ id, secret }, clientId, text) =>
  call("POST", `${path(id)}/messages`, { secret, body: { client_id: clientId, text } });

export const stop = ({ id, secret }) => call("POST", `${path(id)}/stop`, { secret });

export const eventsUrl = (id) => `${path(id)}/events`;

const path = (id) => `/v1/conversations/${encodeURIComponent(id)}`;

async function call(method, url, { secret = null, body = null } = {}) {
  const headers = { Accept: "*/*" };
  if (secret) headers.Authorization = `Bearer ${secret}`;
  if (body) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body && JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new Problem(0, "The shop cannot be reached right now.");
  }
  const text = await response.text();
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    // not JSON: the status says enough
  }
  if (!response.ok) throw new Problem(response.status, data?.detail ?? data?.title ?? "", retryAfter(response));
  return data;
}
