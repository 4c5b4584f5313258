// The lab page: what happens in the lab is shown as it happens; what is done here is asked of the portal.

import { data, fill, fresh, make, now, post, say, setUpMessages, signedOut, troubleOver, words } from "./lab_calls.js";
import { LabEvents } from "./lab_events.js";
import { setUpDialogs, setUpMenus } from "./lab_menus.js";
import { keepPlace, keptPlace } from "./lab_place.js";
import { Terminals } from "./lab_terminals.js";
import { setUpTalk, takeTalk, talkHeard } from "./lab_talk.js";
import { trainerHeard } from "./lab_trainer.js";
import { helpHeard, setUpHelp, showTyping } from "./lab_typing.js";
import { saveByThemselves } from "./lab_writing.js";
import { leave } from "./leave.js";
import { released } from "./pressed.js";

const byId = (id) => document.getElementById(id);
const TOLD_AGAIN = new Set(["announced", "began", "step", "running", "result"]);
const IN_READ = new Set(["check", "talk"]); // views that are a tab of what is read
const REMAKES = new Set(["start", "reset", "resume", "stop"]);
let terminals = null;

// Parts that are replaced by those of the page as it is now ------------------------------------------------------

function keepOpen(old, young) {
  for (const details of young.querySelectorAll("details[id]")) details.open = byId(details.id)?.open ?? details.open;
}

const asServed = new Map([...document.querySelectorAll("[data-part]")].map((part) => [part.id, part.cloneNode(true)]));

function replace(old, young) {
  if (young.isEqualNode(asServed.get(old.id))) return;
  asServed.set(old.id, young.cloneNode(true));
  keepOpen(old, young);
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const chosen = [...old.querySelectorAll("select[id]")].map(({ id, value }) => [id, value]);
  old.replaceChildren(...young.childNodes);
  for (const [id, value] of chosen) if (focused?.id === id) byId(id).value = value;
  tellTimes();
  tellElapsed();
  sizeMap();
  if (!focused) return;
  const host = focused.dataset?.host;
  const again = focused.id ? byId(focused.id) : host && old.querySelector(`[data-host="${CSS.escape(host)}"]`);
  (again ?? old.querySelector("button, [tabindex]"))?.focus();
}

let refreshing = null;
let stale = false;
let told = data.last_event; // the newest event that was heard
let asking = false; // a check was asked for, and its beginning not heard yet

/** Bring the page up to date; calls that come meanwhile are one more. */
async function refresh() {
  if (refreshing) {
    stale = true;
    return;
  }
  refreshing = fresh();
  const page = await refreshing;
  await released();
  refreshing = null;
  if (page) update(page);
  if (stale) {
    stale = false;
    refresh();
  } else if (data.phase === "started") showBusy(); // not before: what has ended is shown with what came of it
}

function update(page) {
  const there = JSON.parse(page.getElementById("lab-data").textContent);
  if (there.phase !== data.phase) {
    if (there.busy !== "stop") leave(); // one that is stopped may be gone before: its end leads to the path
    return;
  }
  for (const old of document.querySelectorAll("[data-part]")) {
    const young = page.getElementById(old.id);
    if (young) replace(old, young);
  }
  takeTalk(page);
  tellTimes();
  const solved = page.getElementById("tab-debrief")?.hidden === false;
  if (solved) byId("tab-debrief").hidden = false;
  if (!asking && there.last_event >= told) data.busy = there.busy; // what was heard since is newer than this page
  data.idle = there.idle;
  terminals?.take(there.terminals);
  data.typing = there.typing;
  showTyping();
}

// The check as it goes ------------------------------------------------------------------------------------------

function showBusy() {
  const checking = data.busy === "check";
  const live = byId("lab-live");
  if (!live) return;
  live.hidden = !checking;
  byId("part-check").hidden = checking;
  const button = byId("lab-check-form")?.querySelector("button");
  button?.setAttribute("aria-disabled", String(checking));
  if (!checking) byId("lab-running").replaceChildren();
}

/** Say what is being checked: several checks may say the same, such as all of those that what worked still works. */
function showRunning(sentences) {
  byId("lab-running").replaceChildren(...[...new Set(sentences)].map((sentence) => make("li", "", sentence)));
}

function showResult(check) {
  const line = make("li", `lab-result lab-${check.outcome}`);
  line.dataset.check = check.id;
  const mark = make("span", "lab-mark", { pass: "✔", fail: "✘", error: "!" }[check.outcome]);
  mark.setAttribute("aria-hidden", "true");
  const sentence = make("span", "", check.sentence);
  if (check.role === "guard") sentence.append(" ", make("span", "lab-badge", words.guard));
  line.append(mark, make("span", "lab-sr", words[check.outcome]), sentence);
  const results = byId("lab-results");
  const old = [...results.children].find((child) => child.dataset.check === check.id);
  if (old) old.replaceWith(line);
  else results.append(line);
}

// Events --------------------------------------------------------------------------------------------------------

function sayRefusal(refusal) {
  say([refusal.text, refusal.hint].filter(Boolean).join(" "), { trouble: true });
}

const HEARD = {
  began({ act }, again) {
    byId("lab-steps")?.replaceChildren();
    byId("lab-results")?.replaceChildren();
    if (again) return;
    asking = false;
    data.busy = act;
    if (data.phase === "waiting") refresh();
    if (data.phase !== "started") return;
    if (REMAKES.has(act)) refresh();
    else showBusy();
  },
  step({ text }) {
    byId("lab-steps")?.append(make("li", "", text));
  },
  running({ sentences }) {
    if (byId("lab-running")) showRunning(sentences);
  },
  result(check) {
    if (byId("lab-results")) showResult(check);
  },
  cable({ host, interface: end, plugged }) {
    say(fill(plugged ? words.plugged : words.unplugged, { cable: `${host}:${end}` }));
    refresh();
  },
  ...trainerHeard((id) => terminals?.tabs.get(id)?.name ?? ""),
  ...helpHeard((id) => terminals?.tabs.get(id)?.name ?? "", () => refresh()),
  ...talkHeard(() => refresh(), sayRefusal),
  ended({ act, refusal }) {
    asking = false;
    data.busy = "";
    if (refusal) sayRefusal(refusal);
    else if (act === "check" && data.phase === "started") say(words.graded);
    refresh();
  },
};

function heard({ kind, body, number }) {
  told = Math.max(told, number);
  const again = number <= data.last_event;
  if (again && !TOLD_AGAIN.has(kind)) return; // the page has it already
  (HEARD[kind] ?? refresh)(body, again);
}

function listen() {
  // While something is being done, its events are told from its beginning: the page does not hold its steps.
  const lost = byId("lab-lost");
  let before = false;
  new LabEvents(data.busy || data.phase === "starting" ? 0 : data.last_event, {
    onEvent: heard,
    onOpen() {
      lost.hidden = true;
      troubleOver();
      if (before) refresh();
      before = true;
    },
    onLost() {
      lost.querySelector("p").textContent = words.lost;
      lost.hidden = false;
    },
    onEnd({ kind }) {
      if (kind === "signed-out") signedOut();
      else leave("/");
    },
  });
}

// Views, tabs, dialogs, forms -----------------------------------------------------------------------------------

function chooseTab(name, { focus = false } = {}) {
  const tabs = [...byId("lab-tabs").querySelectorAll('[role="tab"]')];
  const chosen = tabs.find((tab) => tab.id === `tab-${name}` && !tab.hidden) ?? tabs[0];
  for (const tab of tabs) {
    const own = tab === chosen;
    tab.setAttribute("aria-selected", String(own));
    tab.tabIndex = own ? 0 : -1;
    byId(tab.getAttribute("aria-controls")).hidden = !own;
  }
  if (focus) chosen.focus();
}

/** Have a page that is loaded again begin where this one is. */
function remember(place) {
  history.replaceState(null, "", `#${place}`);
}

function showView(view) {
  byId("lab").dataset.view = IN_READ.has(view) ? "read" : view;
  if (IN_READ.has(view)) chooseTab(view);
  for (const button of byId("lab-bar").querySelectorAll("button")) {
    const own = button.dataset.view === view;
    if (own) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function setUpTabs() {
  const list = byId("lab-tabs");
  for (const tab of list.querySelectorAll('[role="tab"]')) {
    const panel = byId(tab.getAttribute("aria-controls"));
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    panel.tabIndex = 0;
  }
  list.addEventListener("click", (event) => {
    const tab = event.target.closest('[role="tab"]');
    if (!tab) return;
    chooseTab(tab.getAttribute("aria-controls"));
    const name = tab.getAttribute("aria-controls");
    showView(IN_READ.has(name) ? name : "read");
    remember(name);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tabs = [...list.querySelectorAll('[role="tab"]')].filter((tab) => !tab.hidden);
    const at = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    const next = tabs.at((at + step) % tabs.length).getAttribute("aria-controls");
    chooseTab(next, { focus: true });
    remember(next);
  });
  byId("lab-bar").addEventListener("click", (event) => {
    const view = event.target.closest("[data-view]")?.dataset.view;
    if (!view) return;
    showView(view);
    remember(view);
    const chosen = list.querySelector('[aria-selected="true"]').getAttribute("aria-controls");
    if (view === "read" && IN_READ.has(chosen)) chooseTab("ticket");
  });
  const kept = keptPlace();
  const place = kept.tab ?? location.hash.slice(1);
  chooseTab(byId(`tab-${place}`) ? place : "ticket");
  showView(kept.view ?? { check: "check", talk: byId("talk") ? "talk" : "read", map: "map", cables: "map", terminals: "terminals" }[place] ?? "read");
  if (kept.view) remember(kept.view === "read" ? kept.tab : kept.view);
  keepPlace(() => ({
    tab: list.querySelector('[aria-selected="true"]').getAttribute("aria-controls"),
    view: byId("lab-bar").querySelector('[aria-current="true"]').dataset.view,
  }));
}

const READABLE = 0.6; // of the size that the map is drawn for

/** Tell the style sheet how small the map may become. */
function sizeMap() {
  for (const side of ["height", "width"]) {
    const drawn = Number(document.querySelector(".lab-picture")?.getAttribute(side));
    if (drawn) byId("part-map").style.setProperty(`--lab-readable-${side}`, `${drawn * READABLE}px`);
  }
}

function setUpFolds() {
  for (const fold of document.querySelectorAll("#fold-hosts, #fold-cables")) {
    fold.addEventListener("toggle", () => fold.open && fold.scrollIntoView({ block: "nearest" }));
  }
}

const DONE = {
  async thaw() {
    if ((await post("thaw")).ok) refresh();
  },
  async resume() {
    if ((await post("resume")).ok) refresh();
  },
  async hint() {
    if ((await post("hint")).ok) refresh();
  },
  async cable(form, submitter) {
    const answer = await post("cable", new FormData(form, submitter));
    if (answer.ok) refresh();
  },
  async reset(form) {
    form.closest("dialog")?.close();
    if ((await post("reset")).ok) refresh();
  },
  async stop(form) {
    form.closest("dialog")?.close();
    if ((await post("stop")).ok) refresh();
  },
};

/** Any click or key in a page says that somebody is there, once that matters. */
function setUpPresence() {
  for (const kind of ["pointerdown", "keydown"]) {
    document.addEventListener(kind, ({ target }) => {
      if (!data.idle || target.closest?.('[data-act="thaw"]')) return; // that form says it by itself
      data.idle = false;
      post("thaw", {}, { quiet: true }).then(refresh);
    });
  }
}

async function check() {
  if (data.busy) return;
  chooseTab("check");
  showView("check");
  remember("check");
  data.busy = "check";
  asking = true;
  byId("lab-results").replaceChildren();
  showBusy();
  const answer = await post("check");
  if (answer.ok) return;
  asking = false;
  data.busy = "";
  showBusy();
  refresh(); // it may be busy, with what another began
}

function setUpForms() {
  byId("lab-check-form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    check();
  });
  document.addEventListener("submit", (event) => {
    const act = DONE[event.target.dataset.act];
    if (!act) return;
    event.preventDefault();
    act(event.target, event.submitter);
  });
}

// Times ---------------------------------------------------------------------------------------------------------

const ago = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "always", style: "short" });

function since(moment) {
  const minutes = Math.floor((now() - Date.parse(moment)) / 60_000);
  if (minutes < 1) return "";
  if (minutes < 60) return ` (${ago.format(-minutes, "minute")})`;
  const [count, unit] = minutes < 48 * 60 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  return ` (${ago.format(-count, unit)})`;
}

function tellTimes() {
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  for (const time of document.querySelectorAll("time[data-at]")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang, clock);
  }
  for (const time of document.querySelectorAll("time[data-when]")) {
    const day = { weekday: "long", day: "numeric", month: "long", ...clock };
    const said = new Date(time.dateTime).toLocaleString(document.documentElement.lang, day);
    time.textContent = document.documentElement.lang === "fr" ? said.replace(" 1 ", " 1er ") : said;
  }
  for (const time of document.querySelectorAll("time[data-since]")) {
    const at = new Date(time.dateTime).toLocaleTimeString(document.documentElement.lang, clock);
    time.textContent = `${words.since} ${at}${since(time.dateTime)}`;
  }
}

function tellElapsed() {
  const element = byId("lab-elapsed");
  const begun = Date.parse(data.since);
  if (!element || Number.isNaN(begun)) return;
  const seconds = Math.max(0, Math.floor((now() - begun) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  element.textContent = `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const over = data.minutes && seconds > data.minutes * 60;
  byId("lab-timer").classList.toggle("lab-over", Boolean(over));
  byId("lab-timer").title = over ? words.over_time : "";
}

// -----------------------------------------------------------------------------------------------------------------

function begin() {
  document.documentElement.classList.add("lab-scripts");
  setUpMessages();
  setUpDialogs();
  setUpForms();
  tellTimes();
  setInterval(tellTimes, 30_000);
  if (data.phase === "started") {
    setUpTabs();
    setUpFolds();
    sizeMap();
    setUpMenus();
    setUpPresence();
    showBusy();
    tellElapsed();
    setInterval(tellElapsed, 1000);
    saveByThemselves();
    terminals = new Terminals(() => showView("terminals"));
    terminals.take(data.terminals);
    setUpHelp(terminals, refresh);
    setUpTalk(refresh);
  }
  if (data.phase !== "gone") listen();
}

begin();
