// A candidate waits until somebody confirms who sits there: then the page is asked anew; where that is not to be, they
// are asked for a code again, and told why.

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
source.addEventListener("end", () => location.assign("/seat?gone=yes"));
source.addEventListener("error", () => {
  lost.hidden = false;
  if (source.readyState === EventSource.CLOSED) setTimeout(again, 5_000);
});
