// Renders mrkdwn. Text never becomes HTML: all of it is text nodes and components of parts.js.
import { html } from "../vendor/preact-htm.js";
import { PATTERN as EMOJI, emojiOf } from "./emoji.js";
import {
  Broadcast,
  ChannelMention,
  Emoji,
  GroupMention,
  Link,
  SlackDate,
  UserMention,
  isSafe,
} from "./parts.js";

const unescape = (text) =>
  text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);

const WORD = /[\p{L}\p{N}]/u;
const BARE_URL = /^https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)"'\]*_~]/;
const MARKS = {
  "*": (inner) => html`<b>${inner}</b>`,
  _: (inner) => html`<i>${inner}</i>`,
  "~": (inner) => html`<s>${inner}</s>`,
};

function command(body) {
  const [name, label] = split(body, "|");
  if (name.startsWith("date^")) {
    const [, seconds, format, url] = name.split("^");
    if (!/^\d+$/.test(seconds ?? "") || !format) return label ?? "";
    return html`<${SlackDate} seconds=${Number(seconds)} format=${unescape(format)} url=${url && unescape(url)} fallback=${label && unescape(label)} />`;
  }
  if (name.startsWith("subteam^")) return html`<${GroupMention} label=${label && unescape(label)} />`;
  if (/^(channel|here|everyone)$/.test(name)) return html`<${Broadcast} range=${name} />`;
  return unescape(label ?? `<!${body}>`);
}

function split(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function angle(body) {
  const [target, label] = split(body.slice(1), "|");
  if (/^@[UW]\w+/.test(body)) return html`<${UserMention} id=${target} label=${label && unescape(label)} />`;
  if (/^#[CGD]\w+/.test(body))
    return html`<${ChannelMention} id=${target} label=${label && unescape(label)} />`;
  if (body.startsWith("!")) return command(body.slice(1));
  const [url, words] = split(body, "|");
  if (!isSafe(url)) return unescape(`<${body}>`);
  const shown = words ? inline(words, { links: false }) : unescape(url.replace(/^(mailto|tel):/, ""));
  return html`<${Link} url=${unescape(url)}>${shown}<//>`;
}

/** The index of the closing mark for `start`, or -1. It is on the same line, after a word and not before a letter. */
function closing(text, start) {
  const mark = text[start];
  for (let at = start + 1; at < text.length && text[at] !== "\n"; at += 1) {
    const skip = { "<": ">", "`": "`" }[text[at]];
    if (skip) {
      const end = text.indexOf(skip, at + 1);
      if (end > 0) at = end;
    } else if (
      text[at] === mark &&
      at > start + 1 &&
      !/\s/.test(text[at - 1]) &&
      !WORD.test(text[at + 1] ?? "")
    ) {
      return at;
    }
  }
  return -1;
}

function opens(text, at) {
  const before = text[at - 1] ?? "";
  return (
    !WORD.test(before) && before !== text[at] && !/\s/.test(text[at + 1] ?? " ") && text[at + 1] !== text[at]
  );
}

const readers = {
  "<": (text, at) => {
    const end = text.indexOf(">", at);
    return end > at + 1 && !text.slice(at, end).includes("\n")
      ? [angle(text.slice(at + 1, end)), end + 1]
      : null;
  },
  "`": (text, at) => {
    const end = text.indexOf("`", at + 1);
    const body = text.slice(at + 1, end);
    return end > at + 1 && !body.includes("\n") ? [html`<code>${inlineCode(body)}</code>`, end + 1] : null;
  },
  ":": (text, at) => {
    const match = EMOJI.exec(text.slice(at, at + 80));
    return match?.index === 0 && emojiOf(match[1])
      ? [html`<${Emoji} name=${match[1]} />`, at + match[0].length]
      : null;
  },
  h: (text, at, { links }) => {
    const match = links && !WORD.test(text[at - 1] ?? "") && BARE_URL.exec(text.slice(at));
    return match
      ? [html`<${Link} url=${unescape(match[0])}>${unescape(match[0])}<//>`, at + match[0].length]
      : null;
  },
};

for (const mark of Object.keys(MARKS)) {
  readers[mark] = (text, at, options) => {
    const end = opens(text, at) ? closing(text, at) : -1;
    return end < 0 ? null : [MARKS[mark](inline(text.slice(at + 1, end), options)), end + 1];
  };
}

/** In code, only links and mentions are rendered. */
const inlineCode = (text) =>
  text.split(/(<[^>\n]+>)/).map((piece, index) => (index % 2 ? angle(piece.slice(1, -1)) : unescape(piece)));

/** Renders text without quotes and code blocks. `links`: whether bare addresses become links. */
export function inline(text, options = { links: true }) {
  const out = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const read = readers[text[at]]?.(text, at, options);
    if (read) {
      if (plain) out.push(unescape(plain));
      plain = "";
      out.push(read[0]);
      at = read[1];
    } else {
      plain += text[at];
      at += 1;
    }
  }
  if (plain) out.push(unescape(plain));
  return out;
}

const QUOTE = /^(?:>|&gt;)(?!(?:>|&gt;)) ?/;
const LONG_QUOTE = /^(?:>>>|&gt;&gt;&gt;) ?/;

function lines(text, options) {
  const groups = [];
  let rest = false;
  for (const line of text.split("\n")) {
    rest = rest || LONG_QUOTE.test(line);
    const quoted = rest || QUOTE.test(line);
    const body = line.replace(LONG_QUOTE, "").replace(quoted ? QUOTE : /^$/, "");
    const last = groups[groups.length - 1];
    if (last && last.quoted === quoted) last.lines.push(body);
    else groups.push({ quoted, lines: [body] });
  }
  return groups.map((group) => {
    const nodes = inline(group.lines.join("\n"), options);
    return group.quoted ? html`<blockquote>${nodes}</blockquote>` : html`<span class="run">${nodes}</span>`;
  });
}

/** Renders a mrkdwn text. `verbatim`: bare addresses are not links, as in Slack. */
export function mrkdwn(text, verbatim = false) {
  const pieces = String(text ?? "").split(/```\n?([\s\S]+?)```\n?/);
  return pieces.flatMap((piece, index) => {
    if (index % 2) return [html`<pre>${inlineCode(piece.replace(/\n$/, ""))}</pre>`];
    return piece === "" ? [] : lines(piece, { links: !verbatim });
  });
}
