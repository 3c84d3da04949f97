// The server's API for the page: two reads, a stream of events and one POST for all actions.

const query = (values) => new URLSearchParams(values).toString();

async function answerOf(response) {
  try {
    return await response.json();
  } catch {
    return { ok: false, error: `http_${response.status}` };
  }
}

async function ask(url, options) {
  try {
    return await answerOf(await fetch(url, options));
  } catch {
    return {
      ok: false,
      error: "unreachable",
      shown: "The local Slack does not answer. Is it still running?",
    };
  }
}

export const readState = (person) => ask(`/-/state?${query({ person })}`);

export const readHistory = (person, channel) => ask(`/-/history?${query({ person, channel })}`);

/** Acts as a person. Returns {ok: true, …} or {ok: false, error, shown?, errors?}. */
export const perform = (person, act, details) =>
  ask("/-/do", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person, act, ...details }),
  });

/** Uploads a file that was picked in a form. Returns {ok: true, file: {id, name}} or {ok: false, error}. */
export const upload = (person, file) =>
  ask(`/-/upload?${query({ person, name: file.name })}`, { method: "POST", body: file });

/** For browsers without shared workers, such as some phones. */
function ownStream(told) {
  const source = new EventSource("/-/stream");
  source.addEventListener("message", ({ data }) => told({ event: JSON.parse(data) }));
  source.addEventListener("open", () => told({ open: true }));
  return () => source.close();
}

function sharedStream(told) {
  const { port } = new SharedWorker("/static/stream-worker.js", { name: "local-slack" });
  port.addEventListener("message", ({ data }) => told(data));
  port.start();
  // Unlike a window, a port has no target origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const tell = (word) => port.postMessage(word);
  tell("join");
  return () => tell("leave");
}

/**
 * Follows all changes in the workspace. Calls `onOpen` each time the stream opens: at first, after a lost connection,
 * and when the browser restores the page from its history. Events before that are lost, so the state must be reloaded.
 */
export function follow(onEvent, onOpen) {
  const told = ({ event }) => (event ? onEvent(event) : onOpen());
  const begin = () => (globalThis.SharedWorker ? sharedStream : ownStream)(told);
  let leave = begin();
  // A page in the browser history must not hold a connection.
  addEventListener("pagehide", () => leave());
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) leave = begin();
  });
}
