// The page answers while a person types. Without this file it is a plain form with a button.
// Every change asks the server for the page at its new address, and takes the parts that changed out of it.

import { Chart } from "./chart.js";
import { followSlider, placeSliders } from "./sliders.js";

const TYPING_MS = 250; // a pause that ends a word
const parser = new DOMParser();
let chart = null;
let pending = null; // the address to ask for once the present answer has arrived
let asking = false;
let typing = 0;

const form = () => document.getElementById("ask");
/** The path of this page, which is not / where a proxy shows the server under a path. */
const home = () => form()?.getAttribute("action") ?? location.pathname;

/** The address of the page with the form as it is: no empty fields, and no field with its default. */
function address() {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form())) {
    const usual = document.querySelector(`select[name="${name}"]`)?.dataset.usual;
    if (value.trim() && value !== usual) fields.append(name, value.trim());
  }
  return `${home()}${fields.size ? `?${fields}` : ""}`;
}

/** Show the answer to the form as it is. Of several changes in a row, the last one counts. */
async function ask() {
  pending = address();
  if (asking) return;
  asking = true;
  document.documentElement.classList.add("busy");
  try {
    while (pending !== null) {
      const url = pending;
      pending = null;
      const fresh = await fetched(url);
      if (fresh && pending === null) show(fresh.document, fresh.url);
    }
  } finally {
    asking = false;
    document.documentElement.classList.remove("busy");
  }
}

/** The page at an address, and the address that the server gives it. Null where what is there has no form, and
    undefined where the server does not answer, which is then said. */
async function fetched(url) {
  const started = performance.now();
  try {
    const response = await fetch(url, { headers: { Accept: "text/html" } });
    const fresh = parser.parseFromString(await response.text(), "text/html");
    performance.measure("answer", { start: started, end: performance.now() });
    if (!fresh.getElementById("ask")) return null;
    // The server leads from an address that leaves something open to the one that says it.
    return { document: fresh, url: response.redirected ? response.url + new URL(url, location.href).hash : url };
  } catch {
    announce("The server does not answer. What is shown is the last answer.");
    return undefined;
  }
}

function announce(text) {
  const lead = document.getElementById("lead");
  let notice = document.getElementById("offline");
  if (!notice) {
    notice = document.createElement("p");
    notice.id = "offline";
    notice.className = "notice bad";
    notice.setAttribute("role", "alert");
    lead.prepend(notice);
  }
  notice.textContent = text;
}

/** Take the answer out of a fresh page. A field that is wrong is marked, and the last answer stays. */
function show(fresh, url) {
  const started = performance.now();
  const wrong = markFaults(fresh);
  history.replaceState(null, "", url);
  if (wrong) return;
  document.getElementById("offline")?.remove();
  copyCounts(fresh);
  const focused = remembered(document.activeElement);
  const plot = document.getElementById("plot");
  const scroll = window.scrollY;
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.getElementById(part.id);
    if (other) part.replaceChildren(...other.childNodes);
  }
  const place = document.getElementById("plot");
  if (plot && place) place.replaceWith(plot);
  refocus(focused);
  window.scrollTo({ top: scroll, behavior: "instant" });
  prepare();
  performance.measure("show", { start: started, end: performance.now() });
}

/** Mark the fields that the server refused, and unmark the others. Whether any is refused. */
function markFaults(fresh) {
  let wrong = false;
  for (const shown of document.querySelectorAll("[data-fault]")) {
    const text = fresh.getElementById(shown.id)?.textContent ?? "";
    const field = document.getElementById(shown.dataset.fault);
    shown.textContent = text;
    shown.hidden = !text;
    shown.setAttribute("role", "alert");
    if (!field) continue;
    if (text) {
      wrong = true;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", shown.id);
    } else {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    }
  }
  return wrong;
}

function copyCounts(fresh) {
  for (const output of document.querySelectorAll("[data-count]")) {
    const other = fresh.querySelector(`[data-count="${output.dataset.count}"]`);
    output.textContent = other ? other.textContent : "";
  }
}

function remembered(element) {
  if (!element || element === document.body) return null;
  if (element.id) return { id: element.id, from: element.selectionStart, to: element.selectionEnd };
  if (element.name) return { name: element.name, value: element.value };
  return null;
}

function refocus(focused) {
  if (!focused) return;
  const element = focused.id
    ? document.getElementById(focused.id)
    : [...document.getElementsByName(focused.name)].find((one) => one.type !== "checkbox" || one.value === focused.value);
  if (!element || element === document.activeElement) return;
  element.focus({ preventScroll: true });
  if (focused.from != null && element.setSelectionRange && element.type === "text") {
    element.setSelectionRange(focused.from, focused.to);
  }
}

/** Go to another address of this page, with all that belongs to it. */
async function visit(url, { push = true } = {}) {
  const fresh = await fetched(url);
  if (fresh === null) location.assign(url);
  if (!fresh) return;
  if (push) history.pushState(null, "", fresh.url);
  const plot = document.getElementById("plot");
  document.getElementById("main").replaceChildren(...fresh.document.getElementById("main").childNodes);
  const place = document.getElementById("plot");
  if (plot && place) place.replaceWith(plot);
  prepare();
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  if (target) target.scrollIntoView();
  else window.scrollTo({ top: 0, behavior: "instant" });
}

/** Set one field and ask: where `value` is null, the field is emptied. */
function set(name, value) {
  const field = document.getElementById(`f-${name}`);
  if (field) field.value = value ?? "";
  return ask();
}

function prepare() {
  placeSliders(document);
  for (const button of document.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
  const data = document.getElementById("chart-data");
  const plot = document.getElementById("plot");
  if (!data || !plot) return;
  const shown = JSON.parse(data.textContent);
  suggestNetworks(shown.points);
  if (!chart || chart.element !== plot) {
    chart = new Chart(plot, {
      onPick: (point) => set("why", point.architecture).then(() => document.getElementById("why").scrollIntoView({ block: "nearest" })),
      onTick: tick,
    });
  }
  chart.show(shown, document.getElementById("families"));
}

/** Tick a candidate for the comparison, or untick it. At most five are ticked. */
function tick(point) {
  const url = new URL(address(), location.href);
  const ticked = url.searchParams.getAll("compare");
  const rest = ticked.filter((name) => name !== point.architecture);
  if (rest.length === ticked.length) rest.push(point.architecture);
  url.searchParams.delete("compare");
  for (const name of rest.slice(-5)) url.searchParams.append("compare", name);
  return visit(`${url.pathname}${url.search}#compare`);
}

function suggestNetworks(points) {
  if (document.getElementById("names-networks")) return;
  const list = document.createElement("datalist");
  list.id = "names-networks";
  list.append(...points.map((point) => new Option(point.architecture, point.architecture)));
  form().append(list);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (field.matches?.(".slider")) {
    followSlider(field);
    ask();
    return;
  }
  if (field.form !== form() || field.type === "checkbox" || field.tagName === "SELECT" || field.id === "f-why") return;
  clearTimeout(typing);
  typing = setTimeout(() => {
    placeSliders(document);
    ask();
  }, TYPING_MS);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.form !== form() || field.matches(".slider")) return;
  if (field.name === "target") {
    visit(address()); // other hardware has other ranges
  } else if (field.type === "checkbox" || field.tagName === "SELECT") {
    ask();
  }
});

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  event.preventDefault();
  clearTimeout(typing);
  ask();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (button) {
    const text = "copyLink" in button.dataset ? location.href : button.dataset.copy;
    await navigator.clipboard.writeText(text);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
    return;
  }
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.hasAttribute("download")) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== home() || link.closest(".top")) return;
  if (url.search === location.search && url.hash) return;
  event.preventDefault();
  visit(`${url.pathname}${url.search}${url.hash}`);
});

addEventListener("popstate", () => visit(location.href, { push: false }));

document.documentElement.classList.add("scripted");
if (form()) prepare();
else for (const button of document.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
