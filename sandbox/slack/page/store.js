// All that the page knows, in one place, and the only functions that change it.
import { follow, perform, readHistory, readState } from "./api.js";

const NOTICE_REPEAT_MS = 3000;

/** Who one is when the address names nobody. */
const FIRST_PERSON = "ana";

const listeners = new Set();

export let state = {
  ready: false,
  broken: null,
  person: null,
  people: {},
  channels: [],
  messages: {},
  commands: [],
  shortcuts: [],
  views: [],
  home: null,
  place: null,
  thread: null,
  toasts: [],
  ahead: 0,
};

export function change(patch) {
  state = { ...state, ...patch };
  listeners.forEach((listen) => listen(state));
}

export function subscribe(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Milliseconds since 1970 on the server's clock, which tests may have moved. */
export const now = () => Date.now() + state.ahead;

export const channelOf = (id) => state.channels.find((channel) => channel.id === id);

export const appChannel = () =>
  state.app && state.channels.find((channel) => channel.kind === "im" && channel.with === state.app.user_id);

/** The channel that what is typed or said goes to, or undefined on a tab that has none. */
export function channelInView() {
  const { place } = state;
  if (!place) return undefined;
  return place.kind === "app" ? appChannel()?.id : place.id;
}

const byTime = (a, b) => Number(a.ts) - Number(b.ts);

function put(channel, message) {
  const known = state.messages[channel] ?? [];
  const next = known
    .filter((each) => each.ts !== message.ts)
    .concat(message)
    .toSorted(byTime);
  change({ messages: { ...state.messages, [channel]: next } });
}

function take(channel, ts) {
  const known = state.messages[channel] ?? [];
  change({ messages: { ...state.messages, [channel]: known.filter((each) => each.ts !== ts) } });
}

function markUnread(channel, message) {
  const away = document.hidden || channelInView() !== channel;
  if (!away || message.user === state.person) return;
  change({
    channels: state.channels.map((each) =>
      each.id === channel ? { ...each, unread: (each.unread || 0) + 1 } : each,
    ),
  });
}

let saidLast = { text: "", at: 0 };

/** Slack's own words to this person: a line from Slackbot where they are, or a toast where no channel is open. */
export function notice(text) {
  if (!text) return;
  // The same words may come as an answer and on the stream: once is enough.
  if (saidLast.text === text && Date.now() - saidLast.at < NOTICE_REPEAT_MS) return;
  saidLast = { text, at: Date.now() };
  const channel = channelInView();
  const hidden = state.views.length > 0 || (state.place?.kind === "app" && state.place.tab !== "messages");
  if (!channel || hidden) {
    toast(text);
    return;
  }
  const ts = (now() / 1000).toFixed(6);
  put(channel, { ts, channel, user: "USLACKBOT", slackbot: true, text, ephemeral: true });
}

export function toast(text) {
  const id = `${Date.now()}-${Math.random()}`;
  change({ toasts: [...state.toasts, { id, text }] });
  setTimeout(() => dropToast(id), 8000);
}

export const dropToast = (id) => change({ toasts: state.toasts.filter((each) => each.id !== id) });

const events = {
  message: ({ channel, message }) => {
    // A new direct message may be in a conversation that the page has not heard of yet.
    if (!channelOf(channel)) refresh();
    put(channel, message);
    markUnread(channel, message);
  },
  message_changed: ({ channel, message }) => put(channel, message),
  message_deleted: ({ channel, message, ts }) => take(channel, ts ?? message?.ts),
  views: ({ stack }) => change({ views: stack ?? [] }),
  home: ({ view }) => change({ home: view }),
  notice: ({ text }) => notice(text),
};

/** One event of the stream. `views` carries its stack under `views` or `stack`. */
export function receive(event) {
  events[event.type]?.({ ...event, stack: event.views ?? event.stack });
}

function learn(answer) {
  const people = Object.fromEntries(answer.people.map((person) => [person.id, person]));
  people[answer.me.id] = answer.me;
  const unread = Object.fromEntries(state.channels.map((channel) => [channel.id, channel.unread]));
  change({
    ready: true,
    broken: null,
    person: answer.me.id,
    me: answer.me,
    team: answer.team,
    app: answer.app,
    people,
    channels: answer.channels.map((channel) => ({
      ...channel,
      unread: unread[channel.id] ?? channel.unread,
    })),
    commands: answer.commands ?? [],
    shortcuts: answer.shortcuts ?? [],
    home: answer.home ?? null,
    views: answer.views ?? [],
    ahead: answer.now ? answer.now - Date.now() : 0,
  });
}

async function refresh() {
  const answer = await readState(state.person);
  if (answer.ok) learn(answer);
}

async function read(channel) {
  const answer = await readHistory(state.person, channel);
  if (!answer.ok) {
    toast(answer.shown ?? `This conversation could not be read (${answer.error}).`);
    return;
  }
  // Slackbot's own lines live only here: keep them.
  const own = (state.messages[channel] ?? []).filter((each) => each.slackbot);
  change({ messages: { ...state.messages, [channel]: answer.messages.concat(own).toSorted(byTime) } });
}

const hashOf = (place) => (place.kind === "app" ? `#app-${place.tab}` : `#${place.id}`);

function placeFromHash() {
  const hash = decodeURIComponent(location.hash.slice(1));
  if (hash === "app-home" || hash === "app-messages") return { kind: "app", tab: hash.slice(4) };
  return channelOf(hash) ? { kind: "channel", id: hash } : null;
}

export async function goTo(place) {
  change({ place, thread: null });
  if (location.hash !== hashOf(place)) history.replaceState(null, "", hashOf(place));
  if (place.kind === "app") await openApp(place.tab);
  const channel = channelInView();
  if (!channel) return;
  change({
    channels: state.channels.map((each) => (each.id === channel ? { ...each, unread: 0 } : each)),
  });
  if (!state.messages[channel]) await read(channel);
}

async function openApp(tab) {
  if (tab === "home") await act("open_home");
  if (tab === "messages" && !appChannel()) {
    await act("open_im", { user: state.app.user_id });
    await refresh();
  }
}

export async function openPerson(id) {
  const answer = await act("open_im", { user: id });
  if (!answer.ok) return;
  await refresh();
  await goTo({ kind: "channel", id: answer.channel?.id ?? answer.channel });
}

export const openThread = (ts) => change({ thread: ts });

/** Does one act as this person; says Slack's words when it is refused, and answers as the server did. */
export async function act(name, details = {}) {
  const answer = await perform(state.person, name, details);
  if (!answer.ok && !answer.errors) notice(answer.shown ?? `That did not work (${answer.error}).`);
  return answer;
}

/** Asks an app for options; its failure is shown in the list itself, not as a notice. */
export const suggest = (details) => perform(state.person, "suggest", details);

const firstPlace = () => {
  const channel =
    state.channels.find((each) => each.name === "support") ??
    state.channels.find((each) => each.kind !== "im");
  return channel ? { kind: "channel", id: channel.id } : { kind: "app", tab: "home" };
};

export async function start() {
  const asked = new URLSearchParams(location.search).get("person");
  const answer = await readState(asked ?? FIRST_PERSON);
  if (!answer.ok) {
    change({ broken: answer.shown ?? `The workspace could not be read (${answer.error}).` });
    return;
  }
  learn(answer);
  // The address names the person, so that two tabs can be two people and a reload stays the same one.
  if (asked !== state.person) history.replaceState(null, "", `?person=${state.person}${location.hash}`);
  follow(state.person, receive, async () => {
    await refresh();
    const channel = channelInView();
    change({ messages: {} });
    if (channel) await read(channel);
  });
  window.addEventListener("hashchange", () => {
    const place = placeFromHash();
    if (place && hashOf(place) !== hashOf(state.place)) goTo(place);
  });
  await goTo(placeFromHash() ?? firstPlace());
}
