// Standard Markdown, for Slack's markdown block: headings, lists, quotes, code, tables, rules, bold, italic, links.
import { html } from "../vendor/preact-htm.js";
import { Emoji, Link } from "./parts.js";
import { emojiOf } from "./emoji.js";

const INLINE =
  /(`[^`]+`)|\*\*([^*]+(?:\*[^*]+)*)\*\*|__([^_]+)__|~~([^~]+)~~|\*([^*\s][^*]*)\*|\b_([^_]+)_\b|!?\[([^\]]*)\]\(([^)\s]+)[^)]*\)|:([a-z0-9_+-]+):|(https?:\/\/[^\s<>)]+)/;

function inline(text) {
  const match = INLINE.exec(text);
  if (!match) return text ? [text] : [];
  const [whole, code, strong, strong2, strike, slant, slant2, label, url, emoji, bare] = match;
  let node = whole;
  if (code) node = html`<code>${code.slice(1, -1)}</code>`;
  else if (strong ?? strong2) node = html`<b>${inline(strong ?? strong2)}</b>`;
  else if (strike) node = html`<s>${inline(strike)}</s>`;
  else if (slant ?? slant2) node = html`<i>${inline(slant ?? slant2)}</i>`;
  else if (url) node = html`<${Link} url=${url}>${inline(label || url)}<//>`;
  else if (emoji && emojiOf(emoji)) node = html`<${Emoji} name=${emoji} />`;
  else if (bare) node = html`<${Link} url=${bare}>${bare}<//>`;
  return [
    ...(match.index ? [text.slice(0, match.index)] : []),
    node,
    ...inline(text.slice(match.index + whole.length)),
  ];
}

const cells = (line) =>
  line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

const KINDS = [
  ["rule", /^ {0,3}([-*_])( *\1){2,}\s*$/],
  ["heading", /^(#{1,6})\s+(.*?)\s*#*$/],
  ["quote", /^>\s?(.*)$/],
  ["ordered", /^\s*\d+[.)]\s+(.*)$/],
  ["bullet", /^\s*[-*+]\s+(.*)$/],
  ["table", /^\s*\|.*\|\s*$/],
  ["blank", /^\s*$/],
];

function kindOf(line) {
  for (const [kind, pattern] of KINDS) {
    const match = pattern.exec(line);
    if (match) return { kind, match, line };
  }
  return { kind: "text", match: [line], line };
}

const task = (text) => text.replace(/^\[ \] /, "☐ ").replace(/^\[x\] /i, "☑ ");

const drawers = {
  rule: () => html`<hr />`,
  heading: ([{ match }]) =>
    html`<div class=${`md-heading md-${match[1].length}`} role="heading" aria-level=${match[1].length}>${inline(match[2])}</div>`,
  quote: (group) => html`<blockquote>${inline(group.map(({ match }) => match[1]).join("\n"))}</blockquote>`,
  ordered: (group) => html`<ol>${group.map(({ match }) => html`<li>${inline(match[1])}</li>`)}</ol>`,
  bullet: (group) => html`<ul>${group.map(({ match }) => html`<li>${inline(task(match[1]))}</li>`)}</ul>`,
  table: (group) => {
    const [head, ...body] = group
      .filter(({ line }) => !/^[\s|:-]+$/.test(line))
      .map(({ line }) => cells(line));
    return html`<table class="grid"><thead><tr>${head.map((cell) => html`<th>${inline(cell)}</th>`)}</tr></thead>
      <tbody>${body.map((row) => html`<tr>${row.map((cell) => html`<td>${inline(cell)}</td>`)}</tr>`)}</tbody></table>`;
  },
  blank: () => null,
  text: (group) => html`<p>${inline(group.map(({ line }) => line).join("\n"))}</p>`,
};

function drawLines(text) {
  const groups = [];
  for (const item of text.split("\n").map(kindOf)) {
    const last = groups[groups.length - 1];
    if (last && last[0].kind === item.kind && item.kind !== "heading" && item.kind !== "rule")
      last.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => drawers[group[0].kind](group));
}

export function markdown(text) {
  const pieces = String(text ?? "").split(/^```[^\n]*\n([\s\S]*?)^```\s*$/m);
  return pieces.flatMap((piece, index) =>
    index % 2 ? [html`<pre>${piece.replace(/\n$/, "")}</pre>`] : drawLines(piece),
  );
}
