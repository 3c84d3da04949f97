// The message box, with suggestions for commands and mentions, formatting, emoji and shortcuts.
import { html, useContext, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { MenuButton, Popover, useEscape } from "./popover.js";
import { act, edit, state } from "./store.js";
import { commonEmoji } from "./text/emoji.js";
import { askedFor, inCode } from "./typed.js";
import { Lookup } from "./context.js";

// Drafts by conversation, as long as the page is open.
export const drafts = new Map();

/** Who can be mentioned: people, the app, groups of people, and everybody. */
function mentionable({ people, groups, app }) {
  const everybody = [
    ["here", "Notify everyone who is online"],
    ["channel", "Notify everyone in this channel"],
  ];
  return [
    ...Object.values(people).map((each) => ({
      key: each.id,
      words: `${each.real_name} ${each.name}`,
      insert: `@${each.real_name} `,
      label: each.real_name,
      note: each.title,
      mark: html`<${Avatar} person=${each} size="24" />`,
    })),
    {
      key: app.user_id,
      words: app.name,
      insert: `@${app.name} `,
      label: app.name,
      note: "App",
      mark: html`<${Avatar} app=${app} size="24" />`,
    },
    ...groups.map((each) => ({
      key: each.id,
      words: `${each.handle} ${each.name}`,
      insert: `@${each.handle} `,
      label: `@${each.handle}`,
      note: each.name,
      mark: html`<${Icon} name="people" size="20" />`,
    })),
    ...everybody.map(([name, note]) => ({
      key: name,
      words: name,
      insert: `@${name} `,
      label: `@${name}`,
      note,
      mark: html`<${Icon} name="at" size="20" />`,
    })),
  ];
}

/** Matches at the beginning of a word come before other matches. */
function byBeginning(list, wanted) {
  const begins = ({ words }) =>
    words
      .toLowerCase()
      .split(/[\s.-]+/)
      .some((word) => word.startsWith(wanted));
  const having = list.filter(({ words }) => words.toLowerCase().includes(wanted));
  return [...having.filter(begins), ...having.filter((each) => !begins(each))].slice(0, 8);
}

function offers(asked, lookup) {
  const { commands, channels, app } = lookup;
  if (!asked) return [];
  const wanted = asked.query.toLowerCase();
  if (asked.sign === "/") {
    return commands
      .filter(({ command }) => command.startsWith(wanted))
      .map((each) => ({
        key: each.command,
        insert: `${each.command} `,
        label: each.command,
        hint: each.usage_hint,
        note: each.description,
        mark: html`<${Avatar} app=${app} size="24" />`,
      }));
  }
  if (asked.sign === "@") return byBeginning(mentionable(lookup), wanted);
  return channels
    .filter((each) => each.kind !== "im" && each.name.includes(wanted))
    .slice(0, 8)
    .map((each) => ({ key: each.id, insert: `#${each.name} `, label: `#${each.name}`, note: each.topic }));
}

function Offers({ list, at, onPick, anchor, onClose, id }) {
  return html`<${Popover} anchor=${anchor} onClose=${onClose} above wide class="list offers">
    <div role="listbox" id=${id} aria-label="Suggestions">
      ${list.map(
        (each, index) =>
          html`<div role="option" id=${`${id}-${index}`} key=${each.key} class=${`option ${index === at ? "at" : ""}`} aria-selected=${String(index === at)}
        onMouseDown=${(event) => event.preventDefault()} onClick=${() => onPick(each)}>
        ${each.mark}<span class="option-words"><span class="option-label">${each.label}${each.hint && html`<span class="hint"> ${each.hint}</span>`}</span>${each.note && html`<span class="option-note">${each.note}</span>`}</span>
      </div>`,
      )}
    </div>
  <//>`;
}

const MARKS = [
  ["bold", "Bold", "*"],
  ["italic", "Italic", "_"],
  ["strike", "Strikethrough", "~"],
  ["code", "Code", "`"],
];

function EmojiButton({ onPick }) {
  const anchor = useRef();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const pick = (name) => () => {
    close();
    onPick(`:${name}: `);
  };
  return html`<span class="menu-holder">
    <button type="button" ref=${anchor} class="icon-button" aria-label="Emoji" title="Emoji" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}><${Icon} name="smile" size="18" /></button>
    ${open && html`<${Popover} anchor=${anchor} onClose=${close} above class="emoji-box"><div class="emoji-grid">${commonEmoji(72).map(([name, sign]) => html`<button type="button" aria-label=${name} title=${`:${name}:`} onClick=${pick(name)}>${sign}</button>`)}</div><//>`}
  </span>`;
}

function ShortcutsButton() {
  const { shortcuts, commands, app } = useContext(Lookup);
  const items = () => {
    const global = shortcuts.filter(({ type }) => type === "global");
    const listed = global.map((each) => ({
      label: each.name,
      note: each.description,
      mark: html`<${Avatar} app=${app} size="24" />`,
      on: () => act("shortcut", { callback_id: each.callback_id }),
    }));
    return [
      { heading: global.length ? "Shortcuts" : "No shortcuts" },
      ...listed,
      ...(commands.length ? [{ line: true }, { heading: "Type / for commands" }] : []),
    ];
  };
  return html`<${MenuButton} class="icon-button" label="Shortcuts" items=${items} above><${Icon} name="bolt" size="18" /><//>`;
}

/** The command in the box, to show its hint. */
const commandIn = (text, commands) =>
  commands.find(({ command }) => text === command || text.startsWith(`${command} `));

/** Whether a message is in the conversation, or in the thread if one is given. */
const isIn = (thread, { ts, thread_ts: root }) => (thread ? root === thread || ts === thread : !root);

export function Composer({ channel, thread, label }) {
  const lookup = useContext(Lookup);
  const key = `${channel}/${thread ?? ""}`;
  const [text, setText] = useState(drafts.get(key) ?? "");
  const [caret, setCaret] = useState(0);
  const [at, setAt] = useState(0);
  const [hidden, setHidden] = useState(false);
  const [busy, setBusy] = useState(false);
  const box = useRef();
  const field = useRef();
  const asked = askedFor(text, caret);
  // Slack refuses commands in threads and suggests none.
  const list = hidden || (thread && asked?.sign === "/") ? [] : offers(asked, lookup);
  const listId = `offers-${thread ?? "main"}`;
  const command = !thread && commandIn(text, lookup.commands);

  const write = (next, position = next.length) => {
    setText(next);
    setCaret(position);
    setHidden(false);
    setAt(0);
    drafts.set(key, next);
  };
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, 220)}px`;
  }, [text]);
  useEscape(() => setHidden(true), list.length > 0);

  const insert = (piece, from, to) => {
    const next = text.slice(0, from) + piece + text.slice(to);
    write(next, from + piece.length);
    // Now rather than on the next render: another key may come first.
    field.current.focus();
    field.current.value = next;
    field.current.setSelectionRange(from + piece.length, from + piece.length);
  };
  const wrap = (mark) => () => {
    const { selectionStart: from, selectionEnd: to } = field.current;
    insert(`${mark}${text.slice(from, to)}${mark}`, from, to);
  };
  const send = async () => {
    const line = text.trim();
    if (!line || busy) return;
    write("");
    field.current.focus();
    const details = { channel, text: line, ...(thread ? { thread_ts: thread } : {}) };
    if (line.startsWith("/")) {
      // The box stays usable while the app responds.
      setBusy(true);
      const answer = await act("command", details);
      setBusy(false);
      // Slack keeps a refused command in the box.
      if (answer.error === "not_supported_in_thread" && !drafts.get(key)) write(line);
      return;
    }
    const answer = await act("say", details);
    if (!answer.ok && !drafts.get(key)) write(line);
  };
  const editLast = () => {
    const own = (state.messages[channel] ?? []).filter(
      (each) => each.user === lookup.me.id && isIn(thread, each),
    );
    if (own.length) edit(own[own.length - 1].ts, Boolean(thread));
  };
  const pick = (offer) => insert(offer.insert, asked.from, caret);
  const keys = (event) => {
    if (event.isComposing) return;
    const upDown = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (list.length && upDown) {
      event.preventDefault();
      setAt((at + upDown + list.length) % list.length);
    } else if (event.key === "ArrowUp" && text === "") {
      event.preventDefault();
      editLast();
    } else if (
      list.length &&
      (event.key === "Tab" || (event.key === "Enter" && text.trim() !== list[at].label))
    ) {
      event.preventDefault();
      pick(list[at]);
    } else if (event.key === "Enter" && !event.shiftKey && !inCode(text, caret)) {
      event.preventDefault();
      send();
    }
  };
  return html`<div class="composer-frame">
    <div class="composer" ref=${box} onClick=${(event) => event.target === event.currentTarget && field.current.focus()}>
      <div class="composer-marks" role="toolbar" aria-label="Formatting">${MARKS.map(([icon, name, mark]) => html`<button type="button" class="icon-button" aria-label=${name} title=${name} onMouseDown=${(event) => event.preventDefault()} onClick=${wrap(mark)}><${Icon} name=${icon} size="16" /></button>`)}</div>
      ${command && html`<div class="command-hint"><b>${command.command}</b> <span class="hint">${command.usage_hint}</span><span class="hint-note">${command.description}</span></div>`}
      <textarea ref=${field} rows="1" data-composer=${thread ? "thread" : "main"} aria-label=${label} placeholder=${label} value=${text} aria-autocomplete="list" aria-controls=${list.length ? listId : undefined}
        aria-activedescendant=${list.length ? `${listId}-${at}` : undefined}
        onInput=${(event) => write(event.target.value, event.target.selectionStart)} onKeyDown=${keys}
        onSelect=${(event) => setCaret(event.target.selectionStart)}></textarea>
      <div class="composer-foot">
        ${!thread && html`<${ShortcutsButton} />`}
        <${EmojiButton} onPick=${(piece) => insert(piece, caret, caret)} />
        <button type="button" class="icon-button" aria-label="Mention someone" title="Mention someone" onClick=${() => insert("@", caret, caret)}><${Icon} name="at" size="18" /></button>
        <span class="grow"></span>
        ${busy && html`<span class="spinner" role="status" aria-label="Waiting for the app"></span>`}
        <button type="button" class=${`send ${text.trim() ? "ready" : ""}`} aria-label="Send now" disabled=${!text.trim()} onClick=${send}><${Icon} name="send" size="16" /></button>
      </div>
    </div>
    ${list.length > 0 && html`<${Offers} list=${list} at=${at} id=${listId} anchor=${box} onPick=${pick} onClose=${() => setHidden(true)} />`}
  </div>`;
}
