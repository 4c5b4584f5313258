// A trainer types along, and gives hints: their forms, what is told of them, and which terminals may be typed in.

import { data, fill, post, say, words } from "./lab_calls.js";
import { show } from "./lab_trainer.js";

const GOES_ON = new Set(["asked", "allowed"]);
const byId = (id) => document.getElementById(id);

let terminals = null;

/** Show which terminals a trainer may type in, and whether they can ask for the one that is open; labd decides. */
export function showTyping() {
  if (!terminals || data.yours) return;
  const mine = new Set(data.typing.filter((one) => one.yours && one.state === "allowed").map((one) => one.terminal));
  for (const tab of terminals.tabs.values()) tab.screen?.letType(mine.has(tab.id));
  const open = terminals.tabs.get(terminals.active);
  const terminal = open && !open.over && open.kind !== "screen";
  byId("terminal-ask").hidden = !terminal || data.typing.some(({ terminal }) => terminal === open.id);
  byId("terminal-keys").hidden = !open || !mine.has(open.id);
}

/** Begin: `all` are the page's terminals, `refresh` brings the page up to date. */
export function setUpHelp(all, refresh) {
  terminals = all;
  terminals.onChange = showTyping;
  byId("terminal-ask")?.addEventListener("click", async () => {
    byId("lab-said").hidden = true;
    if ((await post("typing/ask", { terminal: terminals.active })).ok) refresh();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.helps) return;
    event.preventDefault();
    const fields = new FormData(form, event.submitter);
    const { ok } = await post(form.dataset.helps, fields);
    if (ok && fields.has("text")) {
      form.reset();
      say(words.hint_sent);
    }
    refresh();
  });
  showTyping();
}

function over(known, state, name) {
  if (known.state === "allowed") {
    if (data.yours || known.yours) say(fill(data.yours ? words.typing_over : words.typing_yours_over, { ...known, name }));
  } else if (known.yours && (state === "refused" || state === "unanswered")) {
    say(words[`typing_${state}`]);
  }
}

/** Return what answers to the events of help; `nameOf` gives a terminal's name. */
export function helpHeard(nameOf, refresh) {
  document.querySelector("#lab-hinted button")?.addEventListener("click", () => show("lab-hinted", ""));
  return {
    typing({ terminal, by, state }) {
      const known = data.typing.find((one) => one.terminal === terminal);
      if (known && !GOES_ON.has(state)) {
        over({ ...known, by }, state, nameOf(terminal));
        data.typing = data.typing.filter((one) => one !== known);
        showTyping();
      }
      refresh();
    },
    "trainer-hint"({ by, text }) {
      show("lab-hinted", fill(words.trainer_hint, { by, text }));
      refresh();
    },
    commented({ by }) {
      if (data.yours) say(fill(words.commented, { by }));
      refresh();
    },
  };
}
