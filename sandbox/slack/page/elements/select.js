// The selects of Block Kit over one combobox: static, external, users, channels, conversations, each single or multi.
import { html, useCallback, useContext, useRef } from "../vendor/preact-htm.js";
import { Avatar } from "../avatar.js";
import { confirmed } from "../dialog.js";
import { Icon } from "../icons.js";
import { Surface } from "../surface.js";
import { words } from "../text/object.js";
import { Lookup } from "../context.js";
import { Combobox, matching } from "./combobox.js";

const plain = (option) => ({
  key: option.value,
  label: words(option.text),
  note: words(option.description),
  raw: option,
});

function grouped(groups, text) {
  return groups
    .map((group) => ({ label: words(group.label), options: matching(group.options.map(plain), text) }))
    .filter((group) => group.options.length);
}

const allStatic = (element) =>
  element.options ?? (element.option_groups ?? []).flatMap((group) => group.options);

const staticKind = {
  load: (element) => (text) => ({
    groups: element.option_groups
      ? grouped(element.option_groups, text)
      : [{ options: matching(element.options.map(plain), text) }],
  }),
  find: (element) => (value) =>
    plain(allStatic(element).find((each) => each.value === value) ?? { value, text: value }),
  one: "option",
  many: "options",
  give: (option) => option.key,
};

const externalKind = {
  load: (element, lookup, ask) => {
    const least = element.min_query_length ?? 3;
    return (text) => {
      if (text.trim().length < least)
        return { words: `Type at least ${least} character${least === 1 ? "" : "s"} to search` };
      return ask(text).then((answer) => {
        if (!answer.ok) return { words: answer.shown ?? "The options could not be loaded." };
        const groups = answer.groups ?? answer.option_groups;
        return {
          groups: groups?.length ? grouped(groups, "") : [{ options: (answer.options ?? []).map(plain) }],
        };
      });
    };
  },
  find: () => (option) => plain(option),
  one: "option",
  many: "options",
  give: (option) => option.raw,
};

const person = (each) => ({
  key: each.id,
  label: each.real_name,
  note: each.title,
  mark: html`<${Avatar} person=${each} size="20" />`,
});
const channel = (each, people) =>
  each.kind === "im"
    ? { ...person(people[each.with] ?? { id: each.with, real_name: each.name }), key: each.id }
    : {
        key: each.id,
        label: each.name,
        mark: html`<${Icon} name=${each.kind === "private" ? "lock" : "hash"} size="16" />`,
      };

const usersKind = {
  load: (element, lookup) => (text) => ({
    groups: [{ options: matching(Object.values(lookup.people).map(person), text) }],
  }),
  find: (element, lookup) => (id) => person(lookup.people[id] ?? { id, real_name: id }),
  one: "user",
  many: "users",
  give: (option) => option.key,
};

const isOfKind = (each, include) =>
  !include ||
  include.includes(each.kind === "shared" ? "public" : each.kind) ||
  (each.kind === "shared" && include.includes("private"));

const conversationsIn = (element, lookup, kinds) =>
  lookup.channels
    .filter((each) => (kinds ? kinds.includes(each.kind) : isOfKind(each, element.filter?.include)))
    .filter((each) => !(element.filter?.exclude_external_shared_channels && each.kind === "shared"));

const channelsKind = (kinds, one, many) => ({
  load: (element, lookup) => (text) => ({
    groups: [
      {
        options: matching(
          conversationsIn(element, lookup, kinds).map((each) => channel(each, lookup.people)),
          text,
        ),
      },
    ],
  }),
  find: (element, lookup) => (id) =>
    channel(lookup.channels.find((each) => each.id === id) ?? { id, name: id }, lookup.people),
  one,
  many,
  give: (option) => option.key,
});

const KINDS = {
  static: staticKind,
  external: externalKind,
  users: usersKind,
  channels: channelsKind(["public", "shared"], "channel", "channels"),
  conversations: channelsKind(null, "conversation", "conversations"),
};

const TYPE = /^(multi_)?(static|external|users|channels|conversations)_select$/;

export const isSelect = (type) => TYPE.test(type);

/** `field`: set inside an input block, which provides label and error. */
export function Select({ block, element, field }) {
  const surface = useContext(Surface);
  const lookup = useContext(Lookup);
  const [, several, name] = TYPE.exec(element.type);
  const kind = KINDS[name];
  const current = surface.value(block, element);
  const raw = several
    ? (current?.[kind.many] ?? [])
    : (current?.[kind.one] ?? null) === null
      ? []
      : [current[kind.one]];
  const chosen = raw.map(kind.find(element, lookup));
  // Through a ref, so that input elsewhere does not reload the list.
  const asking = useRef();
  asking.current = (text) => surface.suggest(block, element, text);
  const load = useCallback(
    kind.load(element, lookup, (text) => asking.current(text)),
    [element, name === "external" ? null : lookup.people, name === "external" ? null : lookup.channels],
  );
  const keep = async (options) => {
    const given = options.map(kind.give);
    const input = several ? { [kind.many]: given } : { [kind.one]: given[0] ?? null };
    if (!field && !(await confirmed(element.confirm))) return;
    surface.set(block, element, input);
    if (!field || field.dispatch) surface.act(block, element, input);
  };
  const pick = (option) => {
    if (!several) return keep([option]);
    const without = chosen.filter((each) => each.key !== option.key);
    if (without.length < chosen.length) return keep(without);
    return element.max_selected_items && chosen.length >= element.max_selected_items
      ? undefined
      : keep([...chosen, option]);
  };
  const drop = (option) => keep(chosen.filter((each) => each.key !== option.key));
  const placeholder = words(element.placeholder) || (several ? "Select options" : "Select an option");
  return html`<${Combobox} label=${field?.label ?? placeholder} placeholder=${placeholder} chosen=${chosen} load=${load} delay=${name === "external" ? 180 : 0}
    several=${Boolean(several)} onPick=${pick} onDrop=${several || field?.optional ? drop : undefined} invalid=${field?.invalid} describedBy=${field?.describedBy}
    id=${field?.id} autofocus=${element.focus_on_load} compact=${!field} icon=${name === "external" ? "search" : undefined} />`;
}
