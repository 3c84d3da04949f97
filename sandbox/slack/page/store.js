// The state of the page and the only functions that change it.
import { follow, perform, readHistory, readState, upload } from "./api.js";

const NOTICE_REPEAT_MS = 3000;

/** The person if the address names none. */
const FIRST_PERSON = "ana";

const listeners = new Set();

/** As the page begins. */
export const BLANK = {
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

export let state = BLANK;

export function change(patch) {
  state = { ...state, ...patch };
  listeners.forEach((listen) => listen(state));
}

export function subscribe(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** Epoch milliseconds by the server's clock, which tests may move. */
export const now = () => Date.now() + state.ahead;

export const channelOf = (id) => state.channels.find((channel) => channel.id === id);

export const appChannel = () =>
  state.app && state.channels.find((channel) => channel.kind === "im" && channel.with === state.app.user_id);

/** The id of the channel on the screen, if any. */
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

/** Marks the channel on the screen as read. The server keeps this, so that it is the same after a reload and in other tabs. */
function markRead() {
  const channel = channelOf(channelInView());
  if (channel?.unread && !document.hidden) perform(state.person, "read", { channel: channel.id });
}

let lastNotice = { text: "", at: 0 };

/** Shows a message of Slack itself: as Slackbot in the conversation or, if that is not on the screen, as a toast. */
export function notice({ text, channel = channelInView(), thread_ts: thread }) {
  if (!text) return;
  // The same text may come both in a response and on the stream.
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
    // Other conversations are loaded when they are opened.
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

/** Events received while the state was loading. */
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

/** Several events in a row cause one refresh. */
function refreshSoon() {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    refresh();
  }, 30);
}

async function read(channel) {
  // From now on events are stored; they are newer than the response.
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

/** The direct message with the app opens as the Messages tab of the app. */
const settle = (place) =>
  place.kind === "channel" && place.id === appChannel()?.id ? { kind: "app", tab: "messages" } : place;

/** Parses #C01/p1750000000000000/1740000000.000000: channel, message and thread. */
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

/** Opens a permalink of this workspace. Returns false for any other address. */
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

/** Edits a message, in the conversation or in the thread beside it; the first message of a thread is in both. */
export const edit = (ts, inThread = false) => change({ editing: ts && { ts, inThread } });

export const jump = (jumping) => change({ jumping });

/** Acts as this person, shows Slack's message if that is refused, and returns the response. */
export async function act(name, details = {}) {
  const answer = await perform(state.person, name, details);
  if (!answer.ok && !answer.errors) {
    notice({ text: answer.shown ?? `That did not work (${answer.error}).`, thread_ts: details.thread_ts });
  }
  return answer;
}

/** Gets the options of an external select. The list itself shows errors. */
export const suggest = (details) => perform(state.person, "suggest", details);

/** Uploads a picked file as this person. Returns {id, name}, or undefined after Slack's message. */
export async function pickFile(file) {
  const answer = await upload(state.person, file);
  if (answer.ok) return answer.file;
  notice({ text: `${file.name} could not be uploaded.` });
  return undefined;
}

const firstPlace = () => {
  const channel =
    state.channels.find((each) => each.name === "support") ??
    state.channels.find((each) => each.kind !== "im");
  return channel ? { kind: "channel", id: channel.id } : { kind: "app", tab: "home" };
};

/** Reads the workspace as the person in the address, and goes to the place there. */
export async function begin() {
  const asked = new URLSearchParams(location.search).get("person");
  const answer = await readState(asked ?? FIRST_PERSON);
  if (!answer.ok) {
    change({ broken: answer.shown ?? `The workspace could not be read (${answer.error}).` });
    return;
  }
  learn(answer);
  // The address names the person, so that tabs can be different people and a reload keeps the person.
  if (asked !== state.person) history.replaceState(null, "", `?person=${state.person}${location.hash}`);
  const { place, ...where } = fromHash() ?? { place: firstPlace() };
  await goTo(place, where);
}

async function readAnew() {
  await refresh();
  const channel = channelInView();
  // Keep Slackbot's messages, which only this page has.
  const own = (state.messages[channel] ?? []).filter((each) => each.slackbot);
  change({ messages: channel ? { [channel]: own } : {} });
  if (channel) await read(channel);
}

export function start() {
  // Load the state once the stream is open, so that no event is missed.
  follow(receive, () => (state.ready ? readAnew() : begin()));
  addEventListener("hashchange", () => {
    const { place, ...where } = fromHash() ?? {};
    if (place && (where.target || hashOf(settle(place)) !== hashOf(state.place))) goTo(place, where);
  });
  document.addEventListener("visibilitychange", markRead);
}
