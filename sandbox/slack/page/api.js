// The server's page API: two reads, one stream and one verb. Every answer is JSON with `ok`.

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

/** POST one act of a person; answers {ok: true, …} or {ok: false, error, shown?, errors?}. */
export const perform = (person, act, details) =>
  ask("/-/do", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ person, act, ...details }),
  });

/** Without shared workers (some phones): a stream of this tab's own. */
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
  // A port has no target to name, as a window has.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  const tell = (word) => port.postMessage(word);
  tell("join");
  return () => tell("leave");
}

/**
 * Follows what changes in the workspace, for everybody. `onOpen` is called whenever the stream opens: at first, after
 * it was cut off, and when the browser brings this page back from its history; what happened before is to be read anew.
 */
export function follow(onEvent, onOpen) {
  const told = ({ event }) => (event ? onEvent(event) : onOpen());
  const begin = () => (globalThis.SharedWorker ? sharedStream : ownStream)(told);
  let leave = begin();
  // A page that is left must not keep a connection.
  addEventListener("pagehide", () => leave());
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted) leave = begin();
  });
}
