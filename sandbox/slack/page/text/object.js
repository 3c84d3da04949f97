// Slack's text objects: {type: "plain_text" | "mrkdwn", text, emoji?, verbatim?}.
import { html } from "../vendor/preact-htm.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** A text object or string as plain text with emoji, for labels and attributes. */
export function words(text) {
  if (text === undefined || text === null) return "";
  if (typeof text === "string") return text;
  return text.emoji === false ? String(text.text ?? "") : withEmoji(String(text.text ?? ""));
}

export function Text({ text, class: name = "" }) {
  if (!text) return null;
  if (text.type === "mrkdwn")
    return html`<div class=${`text ${name}`}>${mrkdwn(text.text, text.verbatim)}</div>`;
  return html`<div class=${`text ${name}`}>${words(text)}</div>`;
}
