// Cards: products and orders, from the whitelisted fields that the server sends. All text is set as text.

import { kindOf, picture } from "./pictures.js";

// An element with a class and children; strings become text.
export function make(tag, className = "", ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function button(className, label, onClick, describes = "") {
  const element = make("button", className, label);
  element.type = "button";
  if (describes) element.setAttribute("aria-label", `${label}: ${describes}`);
  element.addEventListener("click", onClick);
  return element;
}

export function money(amount) {
  if (!amount || typeof amount.minor !== "number") return "";
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency: amount.currency });
    return format.format(amount.minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${amount.minor / 100} ${amount.currency}`;
  }
}

// A link to an https address, or plain text where it is none.
export function link(address, label = address) {
  const text = String(address ?? "");
  if (!/^https:\/\/[^\s/]+\.[^\s]+$/i.test(text)) return make("span", "", label);
  const element = make("a", "", label);
  element.href = text;
  element.target = "_blank";
  element.rel = "noopener noreferrer nofollow";
  return element;
}

// -- products -----------------------------------------------------------------------------------------------------------

export function productCards(content, say) {
  const list = make("ul", "products");
  for (const product of content.products ?? []) list.append(productCard(product, say));
  return list;
}

function productCard(product, say) {
  const variant = product.variant ?? {};
  const title = String(product.title ?? "");
  const colour = variant.colour ?? product.colours_in_stock?.[0] ?? product.colours?.[0] ?? product.colour ?? "";
  const price = variant.price ?? product.price ?? product.price_from;
  const before = variant.compare_at ?? product.compare_at;
  const isReduced = before && price && before.minor > price.minor;

  const art = make("div", "product-art", picture(kindOf(product.category, title), colour, `${colour} ${title}`.trim()));
  if (isReduced) art.append(make("span", "badge", `${Math.round((1 - price.minor / before.minor) * 100)}% off`));
  const name = make("h3", "product-title", title);
  const cost = make("p", "product-price", make("strong", "", money(price)));
  if (isReduced) cost.append(make("span", "unseen", " instead of "), make("s", "", money(before)));
  const facts = make("div", "product-facts", product.brand ? make("p", "product-brand", product.brand) : null, name, cost);
  if (product.rating) facts.append(stars(product));
  if (product.best_for) facts.append(make("p", "product-reason", product.best_for));
  facts.append(...stock(product, variant));

  const label = variant.label ?? [variant.colour, variant.size && `size ${variant.size}`].filter(Boolean).join(", ");
  const deeds = make("div", "product-deeds", button("deed", "Ask about this", () => say(`Tell me more about the ${title}`), title));
  if (product.in_stock !== false) {
    const wish = `Add the ${title}${label ? ` in ${label}` : ""} to my cart`;
    deeds.prepend(button("deed deed-main", "Add to cart", () => say(wish), title));
  }
  return make("li", "product", art, facts, deeds);
}

function stars(product) {
  const element = make("p", "product-stars");
  element.append(make("span", "star", "★"), ` ${Number(product.rating).toFixed(1)}`);
  element.firstChild.setAttribute("aria-hidden", "true");
  element.append(make("span", "unseen", " of 5 stars"));
  if (product.review_count) element.append(make("span", "reviews", ` (${Number(product.review_count).toLocaleString("en")})`));
  return element;
}

// Which colours and sizes can be had.
function stock(product, variant) {
  const colours = product.colours_in_stock ?? [];
  const sizes = product.sizes_in_stock ?? [];
  const found = [];
  if (variant.colour || variant.size) {
    const own = [variant.colour, variant.size && `size ${variant.size}`].filter(Boolean).join(", ");
    const isIn = product.in_stock !== false;
    found.push(make("p", isIn ? "product-stock is-in" : "product-stock", `${own} ${isIn ? "in stock" : "sold out"}`));
  } else if (product.in_stock === false) {
    found.push(make("p", "product-stock", "Sold out"));
  }
  if (sizes.length > 1) found.push(choice("Sizes", sizes, variant.size));
  if (colours.length > 1) found.push(choice("Colours", colours, variant.colour));
  return found;
}

function choice(name, values, own) {
  const list = make("ul", "options");
  list.setAttribute("aria-label", `${name} in stock`);
  for (const value of values.slice(0, 12)) list.append(make("li", value === own ? "option is-own" : "option", String(value)));
  return list;
}

// -- orders -------------------------------------------------------------------------------------------------------------

const STOPS = ["Ordered", "Packed", "On its way", "Delivered"];
const REACHED = { pending: 0, on_hold: 0, processing: 1, partially_shipped: 2, shipped: 2, delivered: 3 };
const STATES = {
  pending: "Ordered", processing: "Being packed", on_hold: "On hold", partially_shipped: "Partly on its way",
  shipped: "On its way", delivered: "Delivered", cancelled: "Cancelled",
};
const PARCELS = {
  label_created: "Label made", in_transit: "On its way", out_for_delivery: "Out for delivery", delivered: "Delivered",
  delayed: "Delayed", lost: "Lost",
};

export function orderCard(content) {
  const order = content.order ?? {};
  const number = String(order.number ?? "");
  const card = make("div", "order");
  card.setAttribute("role", "group");
  card.setAttribute("aria-label", `Order ${number}`);
  const state = make("span", `order-state is-${String(order.state ?? "").replace(/\W/g, "")}`, headline(order));
  card.append(make("header", "order-head", make("h3", "", `Order #${number}`), state));
  if (order.state === "cancelled") card.classList.add("is-cancelled");
  else if (order.state in REACHED) card.append(progress(order));
  for (const shipment of order.shipments ?? []) card.append(parcel(shipment, order.shipments.length));
  if (order.lines?.length) card.append(goods(order.lines));
  const sums = make("dl", "order-sums");
  if (order.placed_at) sums.append(pair("Ordered", day(order.placed_at)));
  if (order.total) sums.append(pair("Total", money(order.total)));
  if (sums.childElementCount) card.append(sums);
  return card;
}

function headline(order) {
  const parcels = order.shipments ?? [];
  const odd = parcels.find((shipment) => ["delayed", "lost", "out_for_delivery"].includes(shipment.state));
  return odd && order.state !== "delivered" ? PARCELS[odd.state] : (STATES[order.state] ?? String(order.state ?? ""));
}

function progress(order) {
  const reached = REACHED[order.state];
  const line = make("ol", `progress reached-${reached}`);
  line.setAttribute("aria-label", "Progress");
  STOPS.forEach((name, place) => {
    const stop = make("li", place < reached ? "is-past" : place === reached ? "is-now" : "", make("span", "", name));
    if (place === reached) stop.setAttribute("aria-current", "step");
    line.append(stop);
  });
  return line;
}

function parcel(shipment, count) {
  const box = make("div", "parcel");
  const facts = make("dl", "parcel-facts");
  if (count > 1 && shipment.state) facts.append(pair("Parcel", PARCELS[shipment.state] ?? shipment.state));
  if (shipment.delivered_at) facts.append(pair("Delivered", day(shipment.delivered_at)));
  else if (shipment.expected_on) facts.append(pair("Expected", day(shipment.expected_on)));
  if (shipment.carrier) facts.append(pair("Carrier", shipment.carrier));
  if (shipment.tracking_id) facts.append(pair("Tracking", tracking(shipment)));
  box.append(facts);
  return box;
}

function tracking(shipment) {
  const id = String(shipment.tracking_id);
  const copy = button("copy", "Copy", async () => {
    try {
      await navigator.clipboard.writeText(id);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(shown); // not allowed to copy: leave it selected
      copy.textContent = "Selected";
    }
    setTimeout(() => (copy.textContent = "Copy"), 2000);
  }, `tracking id ${id}`);
  copy.setAttribute("aria-live", "polite");
  const shown = make("span", "tracking-id", shipment.tracking_url ? link(shipment.tracking_url, id) : id);
  return make("span", "tracking", shown, copy);
}

function goods(lines) {
  const list = make("ul", "goods");
  list.setAttribute("aria-label", "Items");
  for (const line of lines) {
    const title = String(line.title ?? "");
    const about = [line.colour, line.size && `size ${line.size}`, line.quantity > 1 && `${line.quantity} pieces`].filter(Boolean);
    list.append(
      make(
        "li",
        "",
        make("div", "good-art", picture(kindOf(line.category, title), line.colour)),
        make("div", "good-facts", make("span", "good-title", title), make("span", "good-about", about.join(", "))),
        make("span", "good-price", money(line.unit_price)),
      ),
    );
  }
  return list;
}

const pair = (name, value) => make("div", "", make("dt", "", name), make("dd", "", value));

// The shop's time zone, once it is known: a card names the day that the team names.
let zone;
export function keepTo(timeZone) {
  zone = timeZone;
}

// `Mon, Nov 23`; a day without an hour is that day wherever the reader is.
export function day(text) {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const date = new Date(isDay ? `${text}T12:00:00` : text);
  if (Number.isNaN(date.getTime())) return String(text);
  const timeZone = isDay ? undefined : zone;
  return new Intl.DateTimeFormat("en", { weekday: "short", month: "short", day: "numeric", timeZone }).format(date);
}
