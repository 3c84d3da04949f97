// What a person typed, as Slack sends it on: escaped, with names turned into mentions.

const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** `@Ana Ruiz` and `#support` become `<@U…>` and `<#C…>`; longer names first, so that "@Ana Ruiz" is not read as "@Ana". */
export function asSent(text, people, channels) {
  const names = [
    ...people.flatMap((each) => [
      [`@${each.real_name}`, `<@${each.id}>`],
      [`@${each.name}`, `<@${each.id}>`],
    ]),
    ...channels.filter(({ kind }) => kind !== "im").map((each) => [`#${each.name}`, `<#${each.id}>`]),
  ].toSorted(([a], [b]) => b.length - a.length);
  const known = new Map(names.map(([name, mention]) => [escaped(name), mention]));
  if (known.size === 0) return escaped(text);
  const pattern = new RegExp(`(^|[\\s(])(${[...known.keys()].map(literal).join("|")})(?![\\w-])`, "g");
  return escaped(text).replace(pattern, (_, before, name) => before + known.get(name));
}

/** The words being typed at the caret after a `/` at the start, `@` or `#`: {sign, query, from} or null. */
export function askedFor(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return { sign: "/", query: before, from: 0 };
  const match = /(?:^|\s)([@#])([\w.-]*)$/.exec(before);
  return match ? { sign: match[1], query: match[2], from: caret - match[2].length - 1 } : null;
}
