// Ctrl+K: go to a conversation by typing part of its name.
import { html, useContext, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { placeOfFocus, focusAgain } from "./focus.js";
import { Icon } from "./icons.js";
import { useEscape } from "./popover.js";
import { channelInView, goTo, jump, openPerson, state } from "./store.js";
import { Lookup } from "./context.js";

const latest = (channel) => Number(channel?.latest ?? 0);

const close = () => jump(false);

function places({ channels, people, app, me }) {
  const ims = new Map(channels.filter(({ kind }) => kind === "im").map((each) => [each.with, each]));
  return [
    ...channels
      .filter(({ kind }) => kind !== "im")
      .map((each) => ({
        key: each.id,
        label: each.name,
        unread: each.unread,
        latest: latest(each),
        go: () => goTo({ kind: "channel", id: each.id }),
        mark: html`<${Icon} name=${each.kind === "private" ? "lock" : "hash"} size="18" />`,
      })),
    {
      key: app.id,
      label: app.name,
      note: "App",
      unread: ims.get(app.user_id)?.unread,
      latest: latest(ims.get(app.user_id)),
      mark: html`<${Avatar} app=${app} size="20" />`,
      go: () => goTo({ kind: "app", tab: "messages" }),
    },
    ...Object.values(people)
      .filter(({ id, team_id: team }) => id !== me.id && (team === me.team_id || ims.has(id)))
      .map((each) => ({
        key: each.id,
        label: each.real_name,
        words: each.name,
        note: each.title,
        unread: ims.get(each.id)?.unread,
        latest: latest(ims.get(each.id)),
        mark: html`<${Avatar} person=${each} size="20" />`,
        go: () => openPerson(each.id),
      })),
  ];
}

const here = ({ key }) =>
  Number(key === channelInView() || (key === state.app.id && state.place?.kind === "app"));

/** Matches at the beginning of a word first, then unread, then recent conversations; the open one is last. */
function matching(list, text) {
  const wanted = text.trim().toLowerCase().replace(/^[#@]/, "");
  const rank = (each) =>
    `${each.label} ${each.words ?? ""}`
      .toLowerCase()
      .split(/[\s-]+/)
      .some((word) => word.startsWith(wanted))
      ? 0
      : 1;
  return list
    .filter(({ label, words }) => `${label} ${words ?? ""}`.toLowerCase().includes(wanted))
    .toSorted(
      (a, b) =>
        rank(a) - rank(b) ||
        Boolean(b.unread) - Boolean(a.unread) ||
        here(a) - here(b) ||
        b.latest - a.latest,
    )
    .slice(0, 10);
}

function JumpBox() {
  const lookup = useContext(Lookup);
  const field = useRef();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = matching(places(lookup), text);
  useEscape(close);
  useLayoutEffect(() => {
    const before = placeOfFocus();
    const from = state.place;
    field.current.focus();
    return () => {
      if (state.place === from) requestAnimationFrame(() => focusAgain(before));
    };
  }, []);
  const pick = (each) => {
    close();
    each.go();
  };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && list.length) {
      event.preventDefault();
      setAt((at + step + list.length) % list.length);
    } else if (event.key === "Enter" && list[at]) {
      event.preventDefault();
      pick(list[at]);
    } else if (event.key === "Tab") {
      event.preventDefault();
    }
  };
  return html`<div class="veil jump-veil" onMouseDown=${(event) => event.target === event.currentTarget && close()}>
    <div class="jump" role="dialog" aria-modal="true" aria-label="Jump to a conversation">
      <div class="jump-field"><${Icon} name="search" size="18" />
        <input ref=${field} role="combobox" aria-label="Jump to" aria-expanded="true" aria-controls="jump-list" aria-activedescendant=${list.length ? `jump-${at}` : undefined}
          autocomplete="off" spellcheck="false" placeholder="Find a conversation" value=${text} onInput=${(
            event,
          ) => {
            setText(event.target.value);
            setAt(0);
          }} onKeyDown=${keys} /></div>
      <div role="listbox" id="jump-list" aria-label="Conversations">
        ${list.map(
          (each, index) =>
            html`<div role="option" id=${`jump-${index}`} key=${each.key} class=${`option ${index === at ? "at" : ""} ${each.unread ? "unread" : ""}`} aria-selected=${String(index === at)}
          onMouseEnter=${() => setAt(index)} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(each)}>${each.mark}<span class="option-label">${each.label}</span>${each.note && html`<span class="option-note">${each.note}</span>`}</div>`,
        )}
        ${list.length === 0 && html`<div class="list-words" role="status">No conversation has this name</div>`}
      </div>
    </div>
  </div>`;
}

export function Jump({ open }) {
  // Before the browser paints, so that the key works as soon as the page is visible.
  useLayoutEffect(() => {
    const keys = (event) => {
      if (
        event.key.toLowerCase() !== "k" ||
        !(event.ctrlKey || event.metaKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      // A modal covers everything else, as in Slack.
      if (!state.views.length) jump(!state.jumping);
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);
  return open ? html`<${JumpBox} />` : null;
}
