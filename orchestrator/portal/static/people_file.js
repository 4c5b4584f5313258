// A list of people from a file: it is read here and put into the text, so that it can be seen before it is sent.

const LARGEST = 256 * 1024;
const file = document.getElementById("file");
const said = document.getElementById("file-said");

/** Return a file's text: UTF-8, or what spreadsheets in the west of Europe write instead. */
async function textOf(chosen) {
  const bytes = await chosen.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

async function take(chosen) {
  if (chosen.size > LARGEST) return file.dataset.large;
  try {
    document.getElementById("people").value = await textOf(chosen);
  } catch {
    return file.dataset.unread;
  }
  return file.dataset.taken;
}

file.addEventListener("change", async () => {
  if (file.files.length) said.textContent = await take(file.files[0]);
});
document.getElementById("file-field").hidden = false;
