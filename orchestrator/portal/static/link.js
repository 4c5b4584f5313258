// A one-time link's secret stands behind #, where no server and no log sees it: it goes to the form, and out of sight.

const secret = location.hash.slice(1);
if (secret) {
  history.replaceState(null, "", location.pathname);
  const form = document.getElementById("link-form");
  form.elements.link.value = secret;
  form.requestSubmit();
}
