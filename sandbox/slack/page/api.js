// The server's page API: four reads and one verb. Every answer is JSON with `ok`.

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

/** Follows the person's events; calls `onReturn` when the line was lost and is back, so that the caller reads anew. */
export function follow(person, onEvent, onReturn) {
  const source = new EventSource(`/-/stream?${query({ person })}`);
  let lost = false;
  source.addEventListener("message", (message) => onEvent(JSON.parse(message.data)));
  source.addEventListener("error", () => {
    lost = true;
  });
  source.addEventListener("open", () => {
    if (lost) onReturn();
    lost = false;
  });
  return () => source.close();
}
