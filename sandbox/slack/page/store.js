// All that the page knows, in one place, and the only functions that change it.
import { follow, perform, readHistory, readState } from "./api.js";

const NOTICE_REPEAT_MS = 3000;

/** The person to be when the address names nobody. */
const FIRST_PERSON = "ana";

const listeners = new Set();

export let state = {
  ready: false,
  broken: null,
  person: null,
  people: {},
  groups: [],
  channels: [],
  messages: {},
  commands: [],
  shortcuts: [],
  views: [],
  home: null,
  place: null,
  thread: null,
  editing: null,
  jumping: false,
  newSince: null,
  target: null,
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

/** The channel whose messages are on the screen, or undefined where there are none. */
export function channelInView() {
  const { place } = state;
  if (!place) return undefined;
  if (place.kind === "app") return place.tab === "messages" ? appChannel()?.id : undefined;
  return place.id;
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

/** Tells the server what this person has seen. It counts what is unread, so that a reload or a second tab agrees. */
function markRead() {
  const channel = channelOf(channelInView());
  if (channel?.unread && !document.hidden) perform(state.person, "read", { channel: channel.id });
}

let lastNotice = { text: "", at: 0 };

/** Slack's own words to this person: a line from Slackbot in the conversation, or a toast where that is not on the screen. */
export function notice({ text, channel = channelInView(), thread_ts: thread }) {
  if (!text) return;
  // The same words may come as an answer and on the stream: once is enough.
  if (lastNotice.text === text && Date.now() - lastNotice.at < NOTICE_REPEAT_MS) return;
  lastNotice = { text, at: Date.now() };
  if (!channel || state.views.length > 0 || channel !== channelInView()) {
    toast(text);
    return;
  }
  const ts = (now() / 1000).toFixed(6);
  put(channel, {
    ts,
    channel,
    user: "USLACKBOT",
    slackbot: true,
    text,
    ephemeral: true,
    thread_ts: thread ?? undefined,
  });
}

export function toast(text) {
  const id = `${Date.now()}-${Math.random()}`;
  change({ toasts: [...state.toasts, { id, text }] });
  setTimeout(() => dropToast(id), 8000);
}

export const dropToast = (id) => change({ toasts: state.toasts.filter((each) => each.id !== id) });

const events = {
  message: ({ channel, message }) => {
    // A conversation that has not been opened yet is read whole when it is.
    if (state.messages[channel]) put(channel, message);
    if (message.user !== state.person) refreshSoon();
  },
  message_changed: ({ channel, message }) => state.messages[channel] && put(channel, message),
  message_deleted: ({ channel, message, ts }) => take(channel, ts ?? message?.ts),
  views: ({ views }) => change({ views: views ?? [] }),
  home: ({ view }) => change({ home: view }),
  notice,
  read: () => refreshSoon(),
};

/** Events that came while the state was being read. */
const early = [];

function receive(event) {
  if (!state.ready) early.push(event);
  else if (event.to.includes(state.person)) events[event.type]?.(event);
}

function learn(answer) {
  const people = Object.fromEntries(answer.people.map((person) => [person.id, person]));
  people[answer.me.id] = answer.me;
  change({
    ready: true,
    broken: null,
    person: answer.me.id,
    me: answer.me,
    team: answer.team,
    app: answer.app,
    people,
    groups: answer.groups ?? [],
    channels: answer.channels,
    commands: answer.commands ?? [],
    shortcuts: answer.shortcuts ?? [],
    home: answer.home ?? null,
    views: answer.views ?? [],
    ahead: answer.now ? answer.now - Date.now() : 0,
  });
  early.splice(0).forEach(receive);
}

async function refresh() {
  const answer = await readState(state.person);
  if (answer.ok) learn(answer);
  markRead();
}

let refreshing = null;

/** Several events in a row lead to one reading. */
function refreshSoon() {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    refresh();
  }, 30);
}

async function read(channel) {
  // From here on events are kept: what they bring is newer than the answer.
  change({ messages: { [channel]: [], ...state.messages } });
  const answer = await readHistory(state.person, channel);
  if (!answer.ok) {
    toast(answer.shown ?? `This conversation could not be read (${answer.error}).`);
    return;
  }
  const known = state.messages[channel] ?? [];
  const newer = new Set(known.map(({ ts }) => ts));
  const older = answer.messages.filter(({ ts }) => !newer.has(ts));
  change({ messages: { ...state.messages, [channel]: older.concat(known).toSorted(byTime) } });
}

const hashOf = (place) => (place.kind === "app" ? `#app-${place.tab}` : `#${place.id}`);

/** The direct message with the app is the Messages tab of the app. */
const settle = (place) =>
  place.kind === "channel" && place.id === appChannel()?.id ? { kind: "app", tab: "messages" } : place;

/** #C01/p1750000000000000/1740000000.000000: a channel, a message in it, and the thread that this is in. */
function fromHash() {
  const [name, message, thread] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (name === "app-home" || name === "app-messages") return { place: { kind: "app", tab: name.slice(4) } };
  if (!channelOf(name)) return null;
  const digits = /^p(\d+)(\d{6})$/.exec(message ?? "");
  return {
    place: { kind: "channel", id: name },
    target: digits && `${digits[1]}.${digits[2]}`,
    thread: thread ?? null,
  };
}

export async function goTo(asked, { target = null, thread = null } = {}) {
  const place = settle(asked);
  const channel = channelOf(place.kind === "app" ? appChannel()?.id : place.id);
  const unread =
    channel && channelInView() !== channel.id ? channel.unread && channel.last_read !== "0" : false;
  change({
    place,
    thread,
    target,
    editing: null,
    jumping: false,
    newSince: unread ? channel.last_read : null,
  });
  if (location.hash !== hashOf(place)) history.replaceState(null, "", hashOf(place));
  if (place.kind === "app") await openApp(place.tab);
  const id = channelInView();
  if (!id) return;
  if (!state.messages[id]) await read(id);
  markRead();
}

async function openApp(tab) {
  if (tab === "home") await act("open_home");
  if (tab === "messages" && !appChannel()) {
    await act("open_im", { user: state.app.user_id });
    await refresh();
  }
}

/** A permalink of this workspace opens here. False for any other address. */
export function openPermalink(url) {
  const { origin, pathname, searchParams } = new URL(url, location.href);
  const [, id, whole, rest] = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(pathname) ?? [];
  if (origin !== location.origin || !id || !channelOf(id)) return false;
  goTo({ kind: "channel", id }, { target: `${whole}.${rest}`, thread: searchParams.get("thread_ts") });
  return true;
}

export async function openPerson(id) {
  const answer = await act("open_im", { user: id });
  if (!answer.ok) return;
  await refresh();
  await goTo({ kind: "channel", id: answer.channel.id });
}

export const openThread = (ts) => change({ thread: ts, editing: null });

/** Which message is being edited, in the conversation or in the thread beside it, where it may be as well. */
export const edit = (ts, inThread = false) => change({ editing: ts && { ts, inThread } });

export const jump = (jumping) => change({ jumping });

/** Does one act as this person; shows Slack's words when it is refused, and returns the server's answer. */
export async function act(name, details = {}) {
  const answer = await perform(state.person, name, details);
  if (!answer.ok && !answer.errors) {
    notice({ text: answer.shown ?? `That did not work (${answer.error}).`, thread_ts: details.thread_ts });
  }
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

async function begin() {
  const asked = new URLSearchParams(location.search).get("person");
  const answer = await readState(asked ?? FIRST_PERSON);
  if (!answer.ok) {
    change({ broken: answer.shown ?? `The workspace could not be read (${answer.error}).` });
    return;
  }
  learn(answer);
  // The address names the person, so that two tabs can be two people and a reload stays the same one.
  if (asked !== state.person) history.replaceState(null, "", `?person=${state.person}${location.hash}`);
  const { place, ...where } = fromHash() ?? { place: firstPlace() };
  await goTo(place, where);
}

async function readAnew() {
  await refresh();
  const channel = channelInView();
  // Slackbot's own lines live only here: keep them.
  const own = (state.messages[channel] ?? []).filter((each) => each.slackbot);
  change({ messages: channel ? { [channel]: own } : {} });
  if (channel) await read(channel);
}

export function start() {
  // The state is read when the stream is open, so that nothing falls between them.
  follow(receive, () => (state.ready ? readAnew() : begin()));
  addEventListener("hashchange", () => {
    const { place, ...where } = fromHash() ?? {};
    if (place && (where.target || hashOf(settle(place)) !== hashOf(state.place))) goTo(place, where);
  });
  document.addEventListener("visibilitychange", markRead);
}
