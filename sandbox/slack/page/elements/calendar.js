// A month to pick a day from, by mouse or arrows.
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Icon } from "../icons.js";
import { MONTH_NAMES } from "../text/dates.js";

const DAY_MS = 86_400_000;
const WEEKDAYS = ["Su", "Mo", "Tu", "We", "Th", "Fr", "Sa"];
const MOVES = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

const stamp = (date) => Date.parse(`${date}T00:00:00Z`);
const dateOf = (ms) => new Date(ms).toISOString().slice(0, 10);

function weeksOf(month) {
  const first = stamp(`${month}-01`);
  const start = first - new Date(first).getUTCDay() * DAY_MS;
  const weeks = [];
  for (let week = 0; week < 6; week += 1) {
    const days = WEEKDAYS.map((_, day) => dateOf(start + (week * 7 + day) * DAY_MS));
    if (week === 0 || days.some((day) => day.startsWith(month))) weeks.push(days);
  }
  return weeks;
}

export function longDate(date) {
  const [year, month, day] = date.split("-").map(Number);
  return `${MONTH_NAMES[month - 1]} ${day}, ${year}`;
}

/** `date` and `today` are "2026-01-31"; onPick(date). */
export function Calendar({ date, today, onPick }) {
  const [at, setAt] = useState(date ?? today);
  const grid = useRef();
  const month = at.slice(0, 7);
  // Synchronously: otherwise a quick arrow key would go to the button that changed the month.
  useLayoutEffect(() => grid.current.querySelector('[tabindex="0"]')?.focus(), [at]);
  const turn = (by) => {
    const [year, number] = month.split("-").map(Number);
    setAt(dateOf(Date.UTC(year, number - 1 + by, 1)));
  };
  const keys = (event) => {
    if (!MOVES[event.key]) return;
    event.preventDefault();
    setAt(dateOf(stamp(at) + MOVES[event.key] * DAY_MS));
  };
  const cell = (day) => {
    const look = `${day.startsWith(month) ? "" : "faint"} ${day === today ? "today" : ""} ${day === date ? "chosen" : ""}`;
    return html`<td role="gridcell"><button type="button" class=${`day ${look}`} aria-label=${longDate(day)} aria-pressed=${String(day === date)}
      tabIndex=${day === at ? 0 : -1} onClick=${() => onPick(day)}>${Number(day.slice(8))}</button></td>`;
  };
  const [year, number] = month.split("-").map(Number);
  return html`<div class="calendar">
    <div class="calendar-head">
      <button type="button" class="icon-button" aria-label="Previous month" onClick=${() => turn(-1)}><${Icon} name="left" /></button>
      <b aria-live="polite">${MONTH_NAMES[number - 1]} ${year}</b>
      <button type="button" class="icon-button" aria-label="Next month" onClick=${() => turn(1)}><${Icon} name="right" /></button>
    </div>
    <table role="grid" aria-label=${`${MONTH_NAMES[number - 1]} ${year}`} ref=${grid} onKeyDown=${keys}>
      <thead><tr>${WEEKDAYS.map((day) => html`<th>${day}</th>`)}</tr></thead>
      <tbody>${weeksOf(month).map((week) => html`<tr>${week.map(cell)}</tr>`)}</tbody>
    </table>
    <button type="button" class="link-button" onClick=${() => onPick(today)}>Today</button>
  </div>`;
}
