// The rail and the list of conversations, with the menus for person and theme.
import { html, useContext, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Icon } from "./icons.js";
import { MenuButton } from "./popover.js";
import { goTo, openPerson } from "./store.js";
import { currentTheme, setTheme } from "./theme.js";
import { Lookup } from "./context.js";

export const KIND_ICON = { public: "hash", private: "lock", shared: "hash" };

const KIND_WORDS = {
  admin: "admin",
  guest: "guest",
  single_channel_guest: "guest in one channel",
  external: "another company",
  deactivated: "deactivated",
};

function PersonMenu() {
  const { people, me, app } = useContext(Lookup);
  const items = () => [
    { heading: "Switch to another person" },
    ...Object.values(people)
      .filter(({ id }) => id !== app.user_id)
      .map((person) => ({
        label: person.real_name,
        note: [person.title, KIND_WORDS[person.kind]].filter(Boolean).join(" · "),
        mark: html`<${Avatar} person=${person} size="24" />`,
        checked: person.id === me.id,
        href: `?person=${encodeURIComponent(person.id)}${location.hash}`,
      })),
    { line: true },
    { heading: "Ctrl-click opens another tab" },
  ];
  return html`<${MenuButton} class="rail-person" label=${`You are ${me.real_name}: switch to another person`} title=${`You are ${me.real_name}`} items=${items} above><${Avatar} person=${me} size="36" /><//>`;
}

function ThemeButton() {
  const [theme, setShown] = useState(currentTheme());
  const other = theme === "dark" ? "light" : "dark";
  const turn = () => {
    setTheme(other);
    setShown(other);
  };
  return html`<button type="button" class="rail-button" aria-label=${`Switch to ${other} mode`} title=${`Switch to ${other} mode`} onClick=${turn}><${Icon} name=${other === "dark" ? "moon" : "sun"} /></button>`;
}

const railButton = (icon, words, on, chosen, calls = 0) =>
  html`<button type="button" class=${`rail-button with-words ${chosen ? "on" : ""}`} onClick=${on}><span class="rail-icon"><${Icon} name=${icon} />${calls > 0 && html`<span class="count on-rail" aria-label=${`${calls} unread`}>${calls}</span>`}</span>${words}</button>`;

export function Rail({ place, onChosen }) {
  const { team, channels, app } = useContext(Lookup);
  const inDm =
    place?.kind === "channel"
      ? channels.find((each) => each.id === place.id)?.kind === "im"
      : place?.tab === "messages";
  // An unread direct message, else the most recent one; the app's if there is no other.
  const ims = channels.filter((each) => each.kind === "im");
  const rank = (each) => [each.unread > 0, each.with !== app.user_id, Number(each.latest)];
  const [nextIm] = ims.toSorted((a, b) => rank(b).reduce((sum, value, at) => sum || value - rank(a)[at], 0));
  const dmCalls = ims.reduce((sum, each) => sum + each.mentions, 0);
  const firstChannel =
    channels.find((each) => each.name === "support") ?? channels.find((each) => each.kind !== "im");
  const go =
    ({ id }) =>
    () => {
      goTo({ kind: "channel", id });
      onChosen();
    };
  return html`<nav class="rail" aria-label="Workspace">
    <span class="team-sign" aria-hidden="true">${team.name[0]}</span>
    ${firstChannel && railButton("home", "Home", go(firstChannel), !inDm)}
    ${nextIm && railButton("chat", "DMs", go(nextIm), inDm, dmCalls)}
    <span class="grow"></span>
    <${ThemeButton} />
    <${PersonMenu} />
  </nav>`;
}

function Group({ title, children }) {
  const [open, setOpen] = useState(true);
  return html`<section class="side-group">
    <button type="button" class="side-title" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}><${Icon} name=${open ? "caret" : "right"} size="14" />${title}</button>
    ${open && html`<ul>${children}</ul>`}
  </section>`;
}

/** As in Slack: bold if unread, and a number for mentions. */
function Row({ chosen, channel, onClick, mark, label, tail }) {
  const { unread = 0, mentions = 0 } = channel ?? {};
  return html`<li><button type="button" class=${`side-row ${chosen ? "on" : ""} ${unread ? "unread" : ""}`} aria-current=${chosen ? "page" : undefined} aria-label=${unread > 0 && mentions === 0 ? `${label}, unread` : undefined} onClick=${onClick}>
    ${mark}<span class="side-label">${label}</span>${tail}${mentions > 0 && html`<span class="count" aria-label=${`${mentions} unread`}>${mentions}</span>`}
  </button></li>`;
}

export function Sidebar({ place, onChosen }) {
  const { team, channels, people, me, app } = useContext(Lookup);
  const go = (next) => () => {
    goTo(next);
    onChosen();
  };
  const here = (id) => place?.kind === "channel" && place.id === id;
  const ims = channels.filter((each) => each.kind === "im" && each.with !== app.user_id);
  const spoken = new Set(ims.map((each) => each.with));
  const others = Object.values(people).filter(
    ({ id, team_id: home }) => id !== me.id && id !== app.user_id && !spoken.has(id) && home === me.team_id,
  );
  const appIm = channels.find((each) => each.kind === "im" && each.with === app.user_id);
  const appTab = appIm?.unread ? "messages" : place?.kind === "app" ? place.tab : "home";
  return html`<nav class="sidebar" aria-label="Conversations">
    <div class="side-head"><h1>${team.name}</h1></div>
    <div class="side-body">
      <${Group} title="Channels">${channels
        .filter(({ kind }) => kind !== "im")
        .map(
          (each) =>
            html`<${Row} key=${each.id} chosen=${here(each.id)} channel=${each}
        onClick=${go({ kind: "channel", id: each.id })} label=${each.name} mark=${html`<${Icon} name=${KIND_ICON[each.kind]} size="16" />`}
        tail=${each.kind === "shared" && html`<span class="shared-mark" role="img" title="Shared with another company" aria-label="shared"><${Icon} name="shared" size="14" /></span>`} />`,
        )}<//>
      <${Group} title="Direct messages">
        ${ims.map(
          (each) =>
            html`<${Row} key=${each.id} chosen=${here(each.id)} channel=${each} onClick=${go({ kind: "channel", id: each.id })}
          mark=${html`<${Avatar} person=${people[each.with]} size="20" />`} label=${people[each.with]?.real_name ?? each.name} />`,
        )}
        ${others.map(
          (person) =>
            html`<${Row} key=${person.id} onClick=${() => {
              openPerson(person.id);
              onChosen();
            }} mark=${html`<${Avatar} person=${person} size="20" />`} label=${person.real_name} />`,
        )}
      <//>
      <${Group} title="Apps"><${Row} chosen=${place?.kind === "app"} channel=${appIm} onClick=${go({ kind: "app", tab: appTab })} mark=${html`<${Avatar} app=${app} size="20" />`} label=${app.name} /><//>
    </div>
    <div class="side-foot">You are <b>${me.real_name}</b>${KIND_WORDS[me.kind] ? ` (${KIND_WORDS[me.kind]})` : ""}</div>
  </nav>`;
}
