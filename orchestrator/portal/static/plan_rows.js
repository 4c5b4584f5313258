// Rows of a plan are added and taken away without leaving the page: the portal makes the form, and it takes its place.

import { hear } from "./text_file.js";

const form = document.getElementById("plan-form");
const said = document.getElementById("rows-said");

function say(text) {
  said.hidden = !text;
  said.textContent = text;
}

async function changed(button) {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new URLSearchParams(new FormData(form, button)),
    redirect: "error",
  });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

form.addEventListener("submit", async (event) => {
  const button = event.submitter;
  if (!button?.matches("[data-rows]")) return;
  event.preventDefault();
  let landed = "";
  form.inert = true; // what is typed now would be lost
  try {
    const page = await changed(button);
    const made = page.getElementById("plan-form");
    landed = made.querySelector("[autofocus]")?.id ?? "";
    document.adoptNode(made).querySelector("[autofocus]")?.removeAttribute("autofocus");
    const open = [...form.querySelectorAll("details.more")].map((one) => one.open);
    form.replaceChildren(...made.childNodes);
    form.querySelectorAll("details.more").forEach((one, i) => { one.open ||= open[i]; });
    hear(form);
    say(page.getElementById("rows-said").textContent);
  } catch {
    say(said.dataset.failed);
  }
  form.inert = false;
  (document.getElementById(landed) ?? button).focus();
});
