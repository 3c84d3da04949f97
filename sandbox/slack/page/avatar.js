// The initials of a person, or the letter of the app, on their colour.
import { html } from "./vendor/preact-htm.js";

const initialsOf = (name) =>
  String(name ?? "?")
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => [...part][0] ?? "")
    .join("")
    .toUpperCase();

export function Avatar({ person, app, size = 36 }) {
  const color = (app ?? person)?.color ?? "#616061";
  const sign = app
    ? (app.icon_text ?? initialsOf(app.name))
    : (person?.initials ?? initialsOf(person?.real_name));
  const style = {
    width: `${size}px`,
    height: `${size}px`,
    background: color,
    fontSize: `${Math.round(size * (app ? 0.55 : 0.42))}px`,
  };
  return html`<span class=${`avatar ${size < 28 ? "tiny" : ""}`} style=${style} aria-hidden="true">${sign}</span>`;
}
