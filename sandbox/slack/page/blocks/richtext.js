// rich_text: sections, lists, preformatted text and quotes, with styled runs inside.
import { html } from "../vendor/preact-htm.js";
import {
  Broadcast,
  ChannelMention,
  Emoji,
  GroupMention,
  Link,
  SlackDate,
  UserMention,
} from "../text/parts.js";

const PIECES = {
  text: ({ text }) => String(text),
  link: ({ url, text }) => html`<${Link} url=${url}>${text || url}<//>`,
  emoji: ({ name, unicode }) => html`<${Emoji} name=${name} unicode=${unicode} />`,
  user: ({ user_id: id }) => html`<${UserMention} id=${id} />`,
  usergroup: ({ usergroup_id: id }) => html`<${GroupMention} label=${id} />`,
  channel: ({ channel_id: id }) => html`<${ChannelMention} id=${id} />`,
  broadcast: ({ range }) => html`<${Broadcast} range=${range} />`,
  date: ({ timestamp, format, url, fallback }) =>
    html`<${SlackDate} seconds=${timestamp} format=${format} url=${url} fallback=${fallback} />`,
  color: ({ value }) =>
    html`<span class="swatch" style=${{ background: /^#[0-9a-f]{3,8}$/i.test(value) ? value : "none" }}></span>${value}`,
};

const STYLES = [
  ["code", (inner) => html`<code>${inner}</code>`],
  ["bold", (inner) => html`<b>${inner}</b>`],
  ["italic", (inner) => html`<i>${inner}</i>`],
  ["strike", (inner) => html`<s>${inner}</s>`],
  ["underline", (inner) => html`<u>${inner}</u>`],
  ["highlight", (inner) => html`<mark>${inner}</mark>`],
];

function piece(element) {
  const drawn = PIECES[element.type]?.(element) ?? `[${element.type}]`;
  return STYLES.reduce((inner, [name, wrap]) => (element.style?.[name] ? wrap(inner) : inner), drawn);
}

const run = (section) => section.elements.map(piece);

const letters = (number) => String.fromCharCode(97 + ((number - 1) % 26));
const ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"];
const ORDERED = [String, letters, (number) => ROMAN[number - 1] ?? String(number)];
const BULLETS = ["•", "◦", "▪"];

function List({ list }) {
  const depth = list.indent ?? 0;
  const start = (list.offset ?? 0) + 1;
  const mark = (index) =>
    list.style === "ordered" ? `${ORDERED[depth % 3](index + start)}.` : BULLETS[depth % 3];
  // Slack cycles markers by depth, but each depth is a separate list, so CSS counters do not apply.
  return html`<ul class=${`rich-list ${list.border ? "bordered" : ""}`} style=${{ marginLeft: `${depth * 28}px` }}>
    ${list.elements.map((item, index) => html`<li><span class="rich-mark">${mark(index)}</span><span>${run(item)}</span></li>`)}
  </ul>`;
}

const PARTS = {
  rich_text_section: (part) => html`<div class="text">${run(part)}</div>`,
  rich_text_list: (part) => html`<${List} list=${part} />`,
  rich_text_preformatted: (part) => html`<pre>${run(part)}</pre>`,
  rich_text_quote: (part) => html`<blockquote>${run(part)}</blockquote>`,
};

export const RichText = ({ block }) =>
  html`<div class="rich">${block.elements.map((part) => PARTS[part.type]?.(part) ?? html`<span class="unsupported">Unsupported text: ${part.type}</span>`)}</div>`;
