// A sitting is being graded again: the page is asked anew once that is done.

const source = new EventSource(document.getElementById("grading").dataset.events);

const again = () => {
  source.close();
  location.reload();
};

source.addEventListener("message", again);
source.addEventListener("end", again);
source.addEventListener("error", () => {
  if (source.readyState === EventSource.CLOSED) setTimeout(again, 5_000);
});
