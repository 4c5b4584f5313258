// What the portal's scripts share: requests that carry the page's form key, and WebSockets that do.

const key = document.querySelector('meta[name="form-key"]').content;

/** Send fields (an object, or a form) to a path of the portal; resolves to its Response. */
export function post(path, fields = {}) {
  return fetch(path, {
    method: "POST",
    headers: { "X-Form-Key": key, Accept: "application/json" },
    body: new URLSearchParams(fields instanceof HTMLFormElement ? new FormData(fields) : fields),
    redirect: "error",
  });
}

/** Open a WebSocket at a path of the portal; the form key travels as a subprotocol, for browsers send no header there. */
export function openSocket(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(address, ["breakfix", `key-${key}`]);
  socket.binaryType = "arraybuffer";
  return socket;
}
