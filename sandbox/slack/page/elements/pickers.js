// Date, time, and date-and-time pickers, in the person's time zone.
import { html, useCallback, useContext, useRef, useState } from "../vendor/preact-htm.js";
import { confirmed } from "../dialog.js";
import { Icon } from "../icons.js";
import { Popover } from "../popover.js";
import { Surface } from "../surface.js";
import { dayKey, epochOf, wall } from "../text/dates.js";
import { words } from "../text/object.js";
import { Lookup } from "../context.js";
import { Calendar, longDate } from "./calendar.js";
import { Combobox, matching } from "./combobox.js";

const two = (number) => String(number).padStart(2, "0");

function timeWords(time) {
  const [hour, minute] = time.split(":").map(Number);
  return `${hour % 12 || 12}:${two(minute)} ${hour < 12 ? "AM" : "PM"}`;
}

const timeOption = (time) => ({ key: time, label: timeWords(time), note: time });
const HALF_HOURS = Array.from({ length: 48 }, (_, half) =>
  timeOption(`${two(Math.floor(half / 2))}:${half % 2 ? "30" : "00"}`),
);

/** "9:15", "21:05", "9pm" as "HH:MM", or null. */
export function parseTime(text) {
  const match = /^\s*(\d{1,2})(?::(\d{2}))?\s*([ap])?\.?m?\.?\s*$/i.exec(text);
  if (!match || (!match[2] && !match[3])) return null;
  let hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  if (match[3]) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (match[3].toLowerCase() === "p" ? 12 : 0);
  }
  return hour < 24 && minute < 60 ? `${two(hour)}:${two(minute)}` : null;
}

function times(text) {
  const exact = parseTime(text);
  return { groups: [{ options: exact ? [timeOption(exact)] : matching(HALF_HOURS, text) }] };
}

function DateButton({ date, placeholder, label, field, onPick, autofocus }) {
  const { me, now } = useContext(Lookup);
  const anchor = useRef();
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    anchor.current?.focus();
  };
  const pick = (day) => {
    close();
    onPick(day);
  };
  return html`<span class="picker">
    <button type="button" ref=${anchor} id=${field?.id} class=${`combo as-button ${field?.invalid ? "invalid" : ""} ${field ? "" : "compact"}`} aria-label=${`${label}${date ? `: ${longDate(date)}` : ""}`}
      aria-haspopup="dialog" aria-expanded=${String(open)} aria-describedby=${field?.describedBy} data-autofocus=${autofocus ? "" : undefined} onClick=${() => setOpen(!open)}>
      <span class="combo-icon"><${Icon} name="calendar" size="16" /></span>
      <span class=${date ? "" : "placeholder"}>${date ? longDate(date) : placeholder}</span>
      <span class="combo-caret"><${Icon} name="caret" size="16" /></span>
    </button>
    ${open && html`<${Popover} anchor=${anchor} onClose=${close}><${Calendar} date=${date} today=${dayKey(now(), me.tz)} onPick=${pick} /><//>`}
  </span>`;
}

function TimeBox({ time, placeholder, label, field, onPick, autofocus }) {
  const load = useCallback(times, []);
  return html`<${Combobox} label=${label} placeholder=${placeholder} chosen=${time ? [timeOption(time)] : []} load=${load} icon="clock"
    onPick=${(option) => onPick(option.key)} onDrop=${field?.optional ? () => onPick(null) : undefined} invalid=${field?.invalid}
    describedBy=${field?.describedBy} autofocus=${autofocus} compact=${!field} />`;
}

function useKeep(block, element, field) {
  const surface = useContext(Surface);
  return async (input) => {
    if (!field && !(await confirmed(element.confirm))) return;
    surface.set(block, element, input);
    if (!field || field.dispatch) surface.act(block, element, input);
  };
}

export function Datepicker({ block, element, field }) {
  const date = useContext(Surface).value(block, element)?.date;
  const keep = useKeep(block, element, field);
  const placeholder = words(element.placeholder) || "Select a date";
  return html`<${DateButton} date=${date} placeholder=${placeholder} label=${field?.label ?? placeholder} field=${field} autofocus=${element.focus_on_load} onPick=${(day) => keep({ date: day })} />`;
}

export function Timepicker({ block, element, field }) {
  const time = useContext(Surface).value(block, element)?.time ?? undefined;
  const keep = useKeep(block, element, field);
  const placeholder = words(element.placeholder) || "Select a time";
  return html`<${TimeBox} time=${time} placeholder=${placeholder} label=${field?.label ?? placeholder} field=${field} autofocus=${element.focus_on_load} onPick=${(next) => keep({ time: next })} />`;
}

export function Datetimepicker({ block, element, field }) {
  const { me, now } = useContext(Lookup);
  const seconds = useContext(Surface).value(block, element)?.datetime;
  const keep = useKeep(block, element, field);
  const at = seconds === undefined ? null : wall(seconds * 1000, me.tz);
  const date = seconds === undefined ? undefined : dayKey(seconds * 1000, me.tz);
  const time = at && `${two(at.hour)}:${two(at.minute)}`;
  const set = (day, clock) => {
    const [year, month, dayNumber] = day.split("-").map(Number);
    const [hour, minute] = clock.split(":").map(Number);
    return keep({ datetime: epochOf({ year, month, day: dayNumber, hour, minute }, me.tz) / 1000 });
  };
  const label = field?.label ?? "Select a date and time";
  return html`<span class="two-pickers">
    <${DateButton} date=${date} placeholder="Select a date" label=${`${label} (date)`} field=${field} autofocus=${element.focus_on_load} onPick=${(day) => set(day, time ?? "09:00")} />
    <${TimeBox} time=${time} placeholder="Select a time" label=${`${label} (time)`} field=${field && { ...field, id: undefined, optional: false }} onPick=${(next) => set(date ?? dayKey(now(), me.tz), next)} />
  </span>`;
}
