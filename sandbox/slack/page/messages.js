// A list of messages with day dividers, and one message.
import { html, useContext, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Blocks } from "./blocks/index.js";
import { Icon } from "./icons.js";
import { MenuButton } from "./popover.js";
import { Attachments } from "./attachments.js";
import { EditBox } from "./editbox.js";
import { useFocusAgain } from "./focus.js";
import { act, edit, openThread } from "./store.js";
import { useSurface } from "./surface.js";
import { clock, dayKey, dayWords, fullWords } from "./text/dates.js";
import { mrkdwn } from "./text/mrkdwn.js";
import { Lookup } from "./context.js";

const RUN_SECONDS = 300;
const SLACKBOT = { real_name: "Slackbot", color: "#007a5a", initials: "S" };

function authorOf(message, { people, app }) {
  if (message.slackbot || message.user === "USLACKBOT") return { name: "Slackbot", person: SLACKBOT };
  if (message.bot)
    return {
      name: message.app_name ?? app.name,
      app: { ...app, name: message.app_name ?? app.name },
      isApp: true,
    };
  const person = people[message.user];
  return { name: person?.real_name ?? message.user, person };
}

function size(bytes) {
  if (!bytes) return "";
  return bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
      ? `${Math.round(bytes / 1024)} kB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}

function File({ file }) {
  // Use only the path, so that no other host is asked.
  const { pathname } = new URL(file.url, location.href);
  if (file.mimetype?.startsWith("image/"))
    return html`<figure class="image-block"><figcaption>${file.name}</figcaption><img class="image" src=${pathname} alt=${file.name} /></figure>`;
  return html`<a class="file" href=${pathname} download=${file.name}><${Icon} name="file" size="28" /><span><b>${file.name}</b><span class="small">${file.mimetype} ${size(file.size)}</span></span></a>`;
}

function MessageMenu({ message, inThread }) {
  const { shortcuts, me } = useContext(Lookup);
  const target = { channel: message.channel, ts: message.ts };
  const own = message.user === me.id;
  const items = () => [
    ...(inThread
      ? []
      : [
          {
            label: "Reply in thread",
            mark: html`<${Icon} name="reply" size="16" />`,
            on: () => openThread(message.thread_ts ?? message.ts),
          },
          { line: true },
        ]),
    ...shortcuts
      .filter(({ type }) => type === "message")
      .map((each) => ({
        label: each.name,
        note: each.description,
        mark: html`<${Icon} name="bolt" size="16" />`,
        on: () => act("shortcut", { callback_id: each.callback_id, message: target }),
      })),
    ...(own
      ? [
          { line: true },
          {
            label: "Edit message",
            mark: html`<${Icon} name="pencil" size="16" />`,
            on: () => edit(message.ts, Boolean(inThread)),
          },
          {
            label: "Delete message",
            mark: html`<${Icon} name="trash" size="16" />`,
            danger: true,
            on: () => act("delete", target),
          },
        ]
      : []),
  ];
  return html`<div class="message-tools" role="group" aria-label="Message actions">
    ${!inThread && html`<button type="button" class="icon-button" aria-label="Reply in thread" title="Reply in thread" onClick=${() => openThread(message.thread_ts ?? message.ts)}><${Icon} name="reply" size="18" /></button>`}
    <${MenuButton} class="icon-button" label="More actions" items=${items} align="right"><${Icon} name="more" size="18" /><//>
  </div>`;
}

function Body({ message }) {
  const blocks = useMemo(() => blocksOf(message), [message.blocks, message.unfurls]);
  const surface = useSurface({ message: { channel: message.channel, ts: message.ts } }, blocks);
  const edited = message.edited && html`<span class="edited">(edited)</span>`;
  const previews =
    message.unfurls?.length > 0 && html`<${Attachments} unfurls=${message.unfurls} surface=${surface} />`;
  if (message.blocks?.length)
    return html`<${Blocks} blocks=${message.blocks} surface=${surface} />${edited}${previews}`;
  return html`<div class="text">${mrkdwn(message.text)} ${edited}</div>${previews}`;
}

/** The blocks of a message and its link previews. */
const blocksOf = (message) => [
  ...(message.blocks ?? []),
  ...(message.unfurls ?? []).flatMap(({ blocks }) => blocks ?? []),
];

export function Message({ message, follows, inThread, editing, target, answers = 0 }) {
  const lookup = useContext(Lookup);
  const box = useRef();
  useFocusAgain();
  useLayoutEffect(() => {
    if (target) box.current.scrollIntoView({ block: "center" });
  }, [target]);
  const { me, now } = lookup;
  const author = authorOf(message, lookup);
  const ms = Number(message.ts) * 1000;
  const time = html`<time class="time" datetime=${new Date(ms).toISOString()} title=${fullWords(ms, me.tz, now())}>${clock(ms, me.tz)}</time>`;
  // A reply may be newer than the count of the server.
  const replies = Math.max(message.reply_count ?? 0, answers);
  const look = ["message", follows && "follows", message.ephemeral && "ephemeral", target && "target"]
    .filter(Boolean)
    .join(" ");
  return html`<article ref=${box} class=${look} tabIndex="-1" data-surface=${`${inThread ? "thread" : "main"}-${message.ts}`} aria-label=${`${author.name}, ${clock(ms, me.tz)}`} data-ts=${message.ts}>
    ${message.ephemeral && html`<div class="only-you"><${Icon} name="eye" size="14" />Only visible to you</div>`}
    <div class="gutter">${follows ? time : html`<${Avatar} person=${author.person} app=${author.app} />`}</div>
    <div class="message-main">
      ${!follows && html`<div class="byline"><b class="author">${author.name}</b>${author.isApp && html`<span class="badge">APP</span>`}${time}</div>`}
      ${editing ? html`<${EditBox} message=${message} />` : html`<${Body} message=${message} />`}
      ${message.files?.map((file) => html`<${File} key=${file.id} file=${file} />`)}
      ${replies > 0 && !inThread && html`<button type="button" class="replies" onClick=${() => openThread(message.ts)}>${replies} ${replies === 1 ? "reply" : "replies"}<span>View thread</span></button>`}
    </div>
    ${!message.ephemeral && !editing && html`<${MessageMenu} message=${message} inThread=${inThread} />`}
  </article>`;
}

/** Whether a message follows another of the same author within five minutes, and is shown without a name. */
const followsOn = (before, message) =>
  Boolean(before) &&
  before.user === message.user &&
  before.app_name === message.app_name &&
  !before.ephemeral &&
  !message.ephemeral &&
  Number(message.ts) - Number(before.ts) < RUN_SECONDS;

/** The rows of a list: {divider}, {isNew} before the first unread message, and {message, follows}. */
export function rowsOf(messages, zone, firstNew) {
  const rows = [];
  let day = "";
  messages.forEach((message, at) => {
    const key = dayKey(Number(message.ts) * 1000, zone);
    if (key !== day) rows.push({ key, divider: Number(message.ts) * 1000 });
    const first = message.ts === firstNew;
    if (first) rows.push({ key: "new", isNew: true });
    rows.push({
      key: message.ts,
      message,
      follows: key === day && !first && followsOn(messages[at - 1], message),
    });
    day = key;
  });
  return rows;
}

/** `replies`: the number of known replies by the ts of their thread. */
export function MessageList({ messages, replies, name, intro, newSince, editing, target }) {
  const { me, now } = useContext(Lookup);
  const box = useRef();
  const stick = useRef(true);
  const newest = messages[messages.length - 1]?.ts;
  const firstNew = newSince && messages.find((each) => each.ts > newSince && each.user !== me.id)?.ts;
  const [missed, setMissed] = useState(false);
  const atEnd = () => box.current.scrollHeight - box.current.scrollTop - box.current.clientHeight < 60;
  const toEnd = () => {
    stick.current = true;
    setMissed(false);
    box.current.scrollTop = box.current.scrollHeight;
  };
  const scrolled = () => {
    stick.current = atEnd();
    if (stick.current) setMissed(false);
  };
  useLayoutEffect(() => {
    if (target) stick.current = false;
    else if (stick.current || messages[messages.length - 1]?.user === me.id) toEnd();
    else setMissed(true);
  }, [newest]);
  // A card that grows must not push the end out of view.
  useLayoutEffect(() => {
    if (stick.current) box.current.scrollTop = box.current.scrollHeight;
  });
  useLayoutEffect(() => {
    const watch = new ResizeObserver(
      () => stick.current && (box.current.scrollTop = box.current.scrollHeight),
    );
    watch.observe(box.current);
    watch.observe(box.current.firstElementChild);
    return () => watch.disconnect();
  }, []);
  return html`<div class="messages-frame"><div class="messages" ref=${box} onScroll=${scrolled} role="log" aria-label=${`Messages in ${name}`} tabIndex="0"><div class="messages-inner">
    ${intro}
    ${rowsOf(messages, me.tz, firstNew).map((row) => {
      if (row.divider)
        return html`<div class="day-line" key=${row.key} role="separator"><span>${dayWords(row.divider, me.tz, now())}</span></div>`;
      if (row.isNew) return html`<div class="new-line" key="new" role="separator"><span>New</span></div>`;
      const { ts } = row.message;
      return html`<${Message} key=${ts} message=${row.message} follows=${row.follows} answers=${replies[ts]} editing=${ts === editing} target=${ts === target} />`;
    })}
  </div></div>${missed && html`<button type="button" class="new-below" onClick=${toEnd}>New messages<${Icon} name="caret" size="14" /></button>`}</div>`;
}
