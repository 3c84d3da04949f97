// Slack's date tokens and the times of the page, in the reader's time zone.

const DAY_MS = 86_400_000;
const HALF_YEAR_MS = 183 * DAY_MS;
const formats = new Map();

function formatter(zone) {
  if (!formats.has(zone)) {
    formats.set(
      zone,
      new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        hourCycle: "h23",
        weekday: "long",
        year: "numeric",
        month: "long",
        day: "numeric",
        hour: "numeric",
        minute: "2-digit",
        second: "2-digit",
      }),
    );
  }
  return formats.get(zone);
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/** The wall clock in `zone` at `ms`: {year, month (1–12), day, hour, minute, second, monthName, weekday}. */
export function wall(ms, zone) {
  const got = Object.fromEntries(
    formatter(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, value]),
  );
  return {
    year: Number(got.year),
    month: MONTHS.indexOf(got.month) + 1,
    monthName: got.month,
    day: Number(got.day),
    weekday: got.weekday,
    hour: Number(got.hour),
    minute: Number(got.minute),
    second: Number(got.second),
  };
}

/** Epoch milliseconds of a wall clock time in `zone`. The second pass corrects for daylight saving. */
export function epochOf({ year, month, day, hour = 0, minute = 0 }, zone) {
  const wanted = Date.UTC(year, month - 1, day, hour, minute);
  let ms = wanted;
  for (let look = 0; look < 2; look += 1) {
    const got = wall(ms, zone);
    ms += wanted - Date.UTC(got.year, got.month - 1, got.day, got.hour, got.minute);
  }
  return ms;
}

const two = (number) => String(number).padStart(2, "0");
const ordinal = (day) => {
  const tail = day % 100 >= 11 && day % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${tail}`;
};

export const dayKey = (ms, zone) => {
  const { year, month, day } = wall(ms, zone);
  return `${year}-${two(month)}-${two(day)}`;
};

export function clock(ms, zone, seconds = false) {
  const { hour, minute, second } = wall(ms, zone);
  const tail = seconds ? `:${two(second)}` : "";
  return `${hour % 12 || 12}:${two(minute)}${tail} ${hour < 12 ? "AM" : "PM"}`;
}

function relativeDay(ms, zone, nowMs) {
  const days = Math.round((Date.parse(dayKey(ms, zone)) - Date.parse(dayKey(nowMs, zone))) / DAY_MS);
  return { "-1": "Yesterday", 0: "Today", 1: "Tomorrow" }[days];
}

const AGO = [
  ["year", 365 * DAY_MS],
  ["month", 30 * DAY_MS],
  ["day", DAY_MS],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

export function ago(ms, nowMs) {
  const gap = Math.abs(nowMs - ms);
  const [unit, size] = AGO.find(([, length]) => gap >= length) ?? [];
  if (!unit) return ms > nowMs ? "in a moment" : "just now";
  const count = Math.floor(gap / size);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return ms > nowMs ? `in ${words}` : `${words} ago`;
}

/** The values of Slack's date tokens at a given time. */
function tokens(ms, zone, nowMs) {
  const at = wall(ms, zone);
  // Slack omits the year of near dates in these formats.
  const near = Math.abs(ms - nowMs) < HALF_YEAR_MS;
  const long = `${at.weekday}, ${at.monthName} ${ordinal(at.day)}`;
  const middle = `${at.monthName} ${ordinal(at.day)}`;
  const short = `${at.monthName.slice(0, 3)} ${at.day}`;
  const plain = {
    date_num: `${at.year}-${two(at.month)}-${two(at.day)}`,
    date_slash: `${two(at.month)}/${two(at.day)}/${at.year}`,
    date_long: `${long}, ${at.year}`,
    date_long_full: `${at.monthName} ${at.day}, ${at.year}`,
    date: near ? middle : `${middle}, ${at.year}`,
    date_short: near ? short : `${short}, ${at.year}`,
    time: clock(ms, zone),
    time_secs: clock(ms, zone, true),
    ago: ago(ms, nowMs),
  };
  const day = relativeDay(ms, zone, nowMs);
  const sameYear = at.year === wall(nowMs, zone).year;
  return {
    ...plain,
    date_pretty: day ?? plain.date,
    date_short_pretty: day ?? plain.date_short,
    date_long_pretty: day ?? plain.date_long,
    day_divider_pretty: day ?? (sameYear ? long : plain.date_long),
  };
}

/** Fills in Slack's {tokens}; null if one is unknown, since Slack then shows the fallback. Today is lower-case within a sentence. */
export function fillDate(format, ms, zone, nowMs) {
  const known = tokens(ms, zone, nowMs);
  let unknown = false;
  const filled = format.replace(/\{(\w+)\}/g, (whole, name, at) => {
    const value = known[name];
    if (value === undefined) {
      unknown = true;
      return whole;
    }
    const word = /^(Today|Yesterday|Tomorrow)$/.test(value);
    return word && at > 0 ? value.toLowerCase() : value;
  });
  return unknown ? null : filled;
}

export const dayWords = (ms, zone, nowMs) => tokens(ms, zone, nowMs).day_divider_pretty;

export const fullWords = (ms, zone, nowMs) =>
  `${tokens(ms, zone, nowMs).date_long_pretty} at ${clock(ms, zone, true)}`;

export const MONTH_NAMES = MONTHS;
