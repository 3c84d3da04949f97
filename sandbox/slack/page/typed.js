// Text as people type it: what to suggest, and stored messages converted back for editing.

const unescape = (text) =>
  text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);

const name = (list, id, key) => list.find((each) => each.id === id)?.[key];

/** Converts a stored text back to what was typed: `<@U01>` to "@Ana Silva". */
export function asTyped(text, people, channels) {
  const typed = text.replace(/<([^<>]+)>/g, (_, inside) => {
    const [target, label] = inside.split("|");
    if (target.startsWith("@"))
      return `@${name(people, target.slice(1), "real_name") ?? label ?? target.slice(1)}`;
    if (target.startsWith("#"))
      return `#${name(channels, target.slice(1), "name") ?? label ?? target.slice(1)}`;
    if (target.startsWith("!")) return label ?? `@${target.slice(1)}`;
    return label ?? target;
  });
  return unescape(typed);
}

/** The name being typed at the caret after `/` (at the start), `@` or `#`: {sign, query, from} or null. */
export function askedFor(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return { sign: "/", query: before, from: 0 };
  const match = /(?:^|[\s(])([@#])([\w.-]*)$/.exec(before);
  return match ? { sign: match[1], query: match[2], from: caret - match[2].length - 1 } : null;
}

/** Whether the caret is in an open ``` code block. */
export const inCode = (text, caret) => text.slice(0, caret).split("```").length % 2 === 0;
