// A message and its replies in a side panel.
import { html } from "./vendor/preact-htm.js";
import { Composer } from "./composer.js";
import { Icon } from "./icons.js";
import { Message } from "./messages.js";
import { openThread } from "./store.js";
import { useEscape } from "./popover.js";

export const inMain = (message) => !message.thread_ts || message.thread_ts === message.ts;

/** The number of replies by the ts of their thread. */
export function countReplies(messages) {
  const count = {};
  for (const message of messages.filter((each) => !inMain(each) && !each.ephemeral))
    count[message.thread_ts] = (count[message.thread_ts] ?? 0) + 1;
  return count;
}

const close = () => openThread(null);

export function Thread({ ts, messages, channel, title, editing, target }) {
  useEscape(close);
  const parent = messages.find((message) => message.ts === ts);
  const replies = messages.filter((message) => message.thread_ts === ts && message.ts !== ts);
  const count = replies.filter((message) => !message.ephemeral).length;
  return html`<aside class="thread" aria-label="Thread">
    <header class="panel-head"><div class="panel-title"><h2>Thread</h2><span class="small">${title}</span></div>
      <button type="button" class="icon-button" aria-label="Close thread" onClick=${close}><${Icon} name="close" /></button></header>
    <div class="thread-body">
      ${parent ? html`<${Message} message=${parent} inThread editing=${ts === editing} />` : html`<p class="small gone">The first message of this thread is no longer here.</p>`}
      ${count > 0 && html`<div class="reply-line"><span>${count} ${count === 1 ? "reply" : "replies"}</span></div>`}
      ${replies.map((message) => html`<${Message} key=${message.ts} message=${message} inThread editing=${message.ts === editing} target=${message.ts === target} />`)}
      <${Composer} key=${ts} channel=${channel} thread=${ts} label="Reply…" />
    </div>
  </aside>`;
}
