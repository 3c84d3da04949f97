// The page.
import { html, render, useEffect, useMemo, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Composer } from "./composer.js";
import { ConfirmHost } from "./dialog.js";
import { AppHeader, Home } from "./home.js";
import { useKeptFocus } from "./focus.js";
import { Icon } from "./icons.js";
import { Jump } from "./jump.js";
import { MessageList } from "./messages.js";
import { Modals } from "./modal.js";
import { KIND_ICON, Rail, Sidebar } from "./sidebar.js";
import {
  appChannel,
  channelOf,
  dropToast,
  goTo,
  jump,
  now,
  start,
  state as first,
  subscribe,
} from "./store.js";
import { Thread, countReplies, inMain } from "./thread.js";
import { Lookup } from "./context.js";
import "./theme.js";

function ChannelHeader({ channel, people }) {
  const partner = people[channel.with];
  const mark = partner
    ? html`<${Avatar} person=${partner} size="24" />`
    : html`<${Icon} name=${KIND_ICON[channel.kind]} size="18" />`;
  return html`<header class="panel-head">
    <div class="panel-title">${mark}<h2>${partner?.real_name ?? channel.name}</h2>
      ${channel.kind === "shared" && html`<span class="badge">SHARED</span>`}
      ${channel.topic && html`<span class="topic" title=${channel.topic}>${channel.topic}</span>`}</div>
    ${channel.member_count > 0 && channel.kind !== "im" && html`<span class="members" title=${`${channel.member_count} members`}><${Icon} name="people" size="18" />${channel.member_count}</span>`}
  </header>`;
}

function Intro({ channel, people }) {
  const partner = people[channel.with];
  if (channel.kind === "im")
    return html`<div class="intro"><h2>${partner?.real_name ?? channel.name}</h2><p>This conversation is just between the two of you.</p></div>`;
  return html`<div class="intro"><h2><${Icon} name=${KIND_ICON[channel.kind]} size="26" />${channel.name}</h2>
    <p>${channel.topic || `This is the start of #${channel.name}.`} ${channel.kind === "shared" ? "People of another company are in this channel." : ""}</p></div>`;
}

const AppIntro = ({ app }) =>
  html`<div class="intro"><h2><${Avatar} app=${app} size="36" />${app.name}</h2><p>${app.description}</p></div>`;

function Conversation({ channel, state }) {
  const all = state.messages[channel.id] ?? [];
  const partner = state.people[channel.with];
  const name = partner?.real_name ?? (channel.kind === "im" ? state.app.name : `#${channel.name}`);
  const withApp = channel.with === state.app.user_id;
  const intro = withApp
    ? html`<${AppIntro} app=${state.app} />`
    : html`<${Intro} channel=${channel} people=${state.people} />`;
  return html`
    <${MessageList} key=${channel.id} messages=${all.filter(inMain)} replies=${countReplies(all)} name=${name} intro=${intro} newSince=${state.newSince} editing=${state.editing?.inThread ? null : state.editing?.ts} target=${state.target} />
    ${
      withApp && state.app.messages_read_only
        ? html`<p class="read-only">Sending messages to this app has been turned off.</p>`
        : html`<${Composer} key=${`composer-${channel.id}`} channel=${channel.id} label=${`Message ${name}`} />`
    }`;
}

function Panel({ state }) {
  const { place } = state;
  if (!place) return html`<main class="panel"></main>`;
  const channel = place.kind === "app" ? appChannel() : channelOf(place.id);
  const home = place.kind === "app" && place.tab === "home";
  const title =
    channel &&
    (state.people[channel.with]?.real_name ?? (channel.kind === "im" ? state.app.name : `#${channel.name}`));
  return html`
    <main class="panel">
      ${place.kind === "app" ? html`<${AppHeader} tab=${place.tab} onGo=${goTo} />` : channel && html`<${ChannelHeader} channel=${channel} people=${state.people} />`}
      ${home ? html`<${Home} home=${state.home} />` : channel && html`<${Conversation} key=${channel.id} channel=${channel} state=${state} />`}
    </main>
    ${state.thread && channel && !home && html`<${Thread} key=${state.thread} ts=${state.thread} messages=${state.messages[channel.id] ?? []} channel=${channel.id} title=${title} editing=${state.editing?.inThread ? state.editing.ts : null} target=${state.target} />`}`;
}

/** As in Slack: the number of mentions, or * for other unread messages. */
function titleOf({ me, team, channels }) {
  const calls = channels.reduce((sum, { mentions }) => sum + mentions, 0);
  const mark = calls ? `(${calls}) ` : channels.some(({ unread }) => unread) ? "* " : "";
  return `${mark}${me.real_name} · ${team.name}`;
}

const Toasts = ({ toasts }) =>
  html`<div class="toasts" role="status" aria-live="polite">
  ${toasts.map(({ id, text }) => html`<div class="toast" key=${id}><${Icon} name="warn" size="18" /><span>${text}</span><button type="button" class="icon-button" aria-label="Dismiss" onClick=${() => dropToast(id)}><${Icon} name="close" size="16" /></button></div>`)}
</div>`;

function App() {
  const [state, setState] = useState(first);
  const [sideOpen, setSideOpen] = useState(false);
  const hideSide = () => setSideOpen(false);
  useEffect(() => subscribe(setState), []);
  useEffect(() => {
    start();
  }, []);
  useEffect(() => {
    if (state.ready) document.title = titleOf(state);
  }, [state.ready, state.channels]);
  useKeptFocus();
  const { people, groups, channels, me, app, team, commands, shortcuts } = state;
  const lookup = useMemo(
    () => ({ people, groups, channels, me, app, team, commands, shortcuts, now, goTo }),
    [people, groups, channels, me, app, team, commands, shortcuts],
  );
  if (state.broken)
    return html`<div class="broken" role="alert"><p>${state.broken}</p><button type="button" class="button tall" onClick=${() => location.reload()}>Try again</button></div>`;
  if (!state.ready) return html`<div class="broken" role="status"><span class="spinner"></span></div>`;
  return html`<${Lookup.Provider} value=${lookup}>
    <div class=${`workspace ${sideOpen ? "side-open" : ""} ${state.thread ? "with-thread" : ""}`}>
      <div class="top-bar"><button type="button" class="icon-button side-toggle" aria-label="Show conversations" aria-expanded=${String(sideOpen)} onClick=${() => setSideOpen(!sideOpen)}><${Icon} name="menu" /></button>
        <button type="button" class="top-words" title="Jump to a conversation (Ctrl+K)" onClick=${() => jump(true)}><${Icon} name="search" size="14" /><span class="top-label">Search ${team.name}<span class="top-note"> · a local workspace: nothing here leaves this machine</span></span><kbd>Ctrl K</kbd></button></div>
      ${sideOpen && html`<button type="button" class="side-veil" aria-label="Hide conversations" onClick=${hideSide}></button>`}
      <${Rail} place=${state.place} onChosen=${hideSide} />
      <${Sidebar} place=${state.place} onChosen=${hideSide} />
      <${Panel} state=${state} />
    </div>
    <${Jump} open=${state.jumping} />
    <${Modals} views=${state.views} />
    <${ConfirmHost} />
    <${Toasts} toasts=${state.toasts} />
  <//>`;
}

render(html`<${App} />`, document.getElementById("app"));
