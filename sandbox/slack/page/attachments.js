// Link previews of the app under a message.
import { html } from "./vendor/preact-htm.js";
import { Blocks } from "./blocks/index.js";
import { mrkdwn } from "./text/mrkdwn.js";
import { Link } from "./text/parts.js";

const isColor = (color) => /^#?[0-9a-f]{6}$/i.test(color ?? "");

function Attachment({ unfurl, surface }) {
  const color = isColor(unfurl.color) ? `#${unfurl.color.replace("#", "")}` : undefined;
  return html`<div class="attachment" role="group" aria-label="Link preview" style=${{ borderLeftColor: color }}>
    ${unfurl.title && html`<div class="attachment-title"><${Link} url=${unfurl.title_link ?? unfurl.url}>${unfurl.title}<//></div>`}
    ${unfurl.text && html`<div class="text">${mrkdwn(unfurl.text)}</div>`}
    ${unfurl.blocks?.length > 0 && html`<${Blocks} blocks=${unfurl.blocks} surface=${surface} />`}
  </div>`;
}

export const Attachments = ({ unfurls, surface }) =>
  unfurls.map((unfurl) => html`<${Attachment} key=${unfurl.url} unfurl=${unfurl} surface=${surface} />`);
