// A text from a file: it is read here and put into a field, so that it can be seen before it is sent.

const LARGEST = 256 * 1024;

/** Return a file's text: UTF-8, or what spreadsheets in the west of Europe write instead. */
async function textOf(chosen) {
  const bytes = await chosen.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

async function take(file, chosen) {
  if (chosen.size > LARGEST) return file.dataset.large;
  try {
    document.getElementById(file.dataset.into).value = await textOf(chosen);
  } catch {
    return file.dataset.unread;
  }
  return file.dataset.taken;
}

/** Hear the fields of files of a part of the page. */
export function hear(part) {
  for (const file of part.querySelectorAll("input[type=file][data-into]")) {
    const said = document.getElementById(`${file.id}-said`);
    file.addEventListener("change", async () => {
      if (file.files.length) said.textContent = await take(file, file.files[0]);
    });
    file.closest(".field").hidden = false;
  }
}

hear(document);
