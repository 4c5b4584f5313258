// Rows of a plan are added and taken away without leaving the page: the portal makes the form, and it takes its place.

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
  form.inert = true; // what is typed now would be lost
  try {
    const page = await changed(button);
    form.replaceChildren(...page.getElementById("plan-form").childNodes);
    say(page.getElementById("rows-said").textContent);
  } catch {
    say(said.dataset.failed);
  }
  form.inert = false;
  (form.querySelector("[autofocus]") ?? button).focus();
});
