// Components for links, mentions, dates and emoji.
import { html, useContext } from "../vendor/preact-htm.js";
import { openPermalink } from "../store.js";
import { Lookup } from "../context.js";
import { emojiOf } from "./emoji.js";
import { fillDate } from "./dates.js";

const SAFE = /^(https?:|mailto:|tel:|slack:)/i;

export const isSafe = (url) => SAFE.test(url ?? "");

/** A link, if its scheme is safe; otherwise text. */
export function Link({ url, children }) {
  if (!isSafe(url)) return html`<span>${children}</span>`;
  const open = (event) => {
    if (!event.ctrlKey && !event.metaKey && openPermalink(url)) event.preventDefault();
  };
  return html`<a href=${url} target="_blank" rel="noopener noreferrer" title=${url} onClick=${open}>${children}</a>`;
}

export function UserMention({ id, label }) {
  const { people, app, me } = useContext(Lookup);
  const name = people[id]?.real_name ?? (app?.user_id === id ? app.name : (label ?? id));
  return html`<span class=${`mention ${me?.id === id ? "mention-me" : ""}`}>@${name}</span>`;
}

export function ChannelMention({ id, label }) {
  const { channels, goTo } = useContext(Lookup);
  const channel = channels.find((each) => each.id === id);
  if (!channel) return html`<span class="mention">${label ? `#${label}` : "🔒private-channel"}</span>`;
  return html`<button class="mention mention-link" onClick=${() => goTo({ kind: "channel", id })}>#${channel.name}</button>`;
}

export const Broadcast = ({ range }) => html`<span class="mention mention-me">@${range}</span>`;

export const GroupMention = ({ label }) =>
  html`<span class="mention">${label?.startsWith("@") ? label : `@${label ?? "group"}`}</span>`;

export function SlackDate({ seconds, format, url, fallback }) {
  const { me, now } = useContext(Lookup);
  const words = fillDate(format, seconds * 1000, me.tz, now()) ?? fallback ?? "";
  const exact = new Date(seconds * 1000).toISOString();
  const time = html`<time class="moment" datetime=${exact} title=${fallback || exact}>${words}</time>`;
  return url ? html`<${Link} url=${url}>${time}<//>` : time;
}

export function Emoji({ name, unicode }) {
  const found =
    emojiOf(name) ??
    (unicode && String.fromCodePoint(...unicode.split("-").map((code) => parseInt(code, 16))));
  return found
    ? html`<span class="emoji" role="img" aria-label=${name} title=${`:${name}:`}>${found}</span>`
    : html`<span>:${name}:</span>`;
}
