// A candidate waits until somebody confirms who sits there: then, or where that is not to be, the page is asked anew.

const lost = document.getElementById("seat-lost");
const source = new EventSource(document.getElementById("waiting").dataset.events);

const again = () => {
  source.close();
  location.reload();
};

source.addEventListener("open", () => {
  lost.hidden = true;
});
source.addEventListener("message", again);
source.addEventListener("end", again);
source.addEventListener("error", () => {
  lost.hidden = false;
  if (source.readyState === EventSource.CLOSED) setTimeout(again, 5_000);
});
