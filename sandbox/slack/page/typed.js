// What is being typed, for the offers above the composer.

/** The words being typed at the caret after a `/` at the start, `@` or `#`: {sign, query, from} or null. */
export function askedFor(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return { sign: "/", query: before, from: 0 };
  const match = /(?:^|\s)([@#])([\w.-]*)$/.exec(before);
  return match ? { sign: match[1], query: match[2], from: caret - match[2].length - 1 } : null;
}
