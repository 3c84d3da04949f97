// The table block, and the data_table block that sorts, filters and pages itself.
import { html, useMemo, useState } from "./vendor/preact-htm.js";
import { RichText } from "./blocks/richtext.js";
import { Icon } from "./icons.js";

const DEFAULT_PAGE = 5;

function richWords(element) {
  if (Array.isArray(element.elements)) return element.elements.map(richWords).join("");
  return String(element.text ?? element.name ?? element.fallback ?? element.url ?? "");
}

const wordsOf = (cell) =>
  cell?.type === "rich_text" ? richWords(cell) : String(cell?.text ?? cell?.value ?? "");

const Cell = ({ cell }) => (cell?.type === "rich_text" ? html`<${RichText} block=${cell} />` : wordsOf(cell));

const isNumber = (cell) => cell?.type === "raw_number";

export function PlainTable({ block }) {
  const [head, ...rows] = block.rows;
  const look = (column, cell) => {
    const setting = block.column_settings?.[column];
    return {
      class: setting?.is_wrapped === false ? "one-line" : "",
      style: { textAlign: setting?.align ?? (isNumber(cell) ? "right" : "left") },
    };
  };
  return html`<div class="table-box"><table class="grid">
    <thead><tr>${head.map((cell, column) => html`<th scope="col" ...${look(column, cell)}><${Cell} cell=${cell} /></th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${row.map((cell, column) => html`<td ...${look(column, cell)}><${Cell} cell=${cell} /></td>`)}</tr>`)}</tbody>
  </table></div>`;
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(a, b) {
  if (isNumber(a) && isNumber(b)) return a.value - b.value;
  return collator.compare(wordsOf(a), wordsOf(b));
}

function arranged(rows, { column, down }, filters) {
  const wanted = Object.entries(filters).filter(([, text]) => text.trim() !== "");
  const kept = rows.filter((row) =>
    wanted.every(([at, text]) => wordsOf(row[at]).toLowerCase().includes(text.trim().toLowerCase())),
  );
  if (column === null) return kept;
  return kept.toSorted((a, b) => (down ? -1 : 1) * compare(a[column], b[column]));
}

/** Clicking a header sorts up, down, and in the order of the app. */
function nextSort(sort, column) {
  if (sort.column !== column) return { column, down: false };
  return sort.down ? { column: null, down: false } : { column, down: true };
}

function Pages({ page, pages, shown, total, onGo }) {
  return html`<div class="table-pages">
    <span role="status">${shown}${` of ${total}`}</span>
    ${
      pages > 1 &&
      html`<span class="table-turn">
      <button type="button" class="icon-button" aria-label="Previous page" disabled=${page === 0} onClick=${() => onGo(page - 1)}><${Icon} name="left" size="16" /></button>
      <span>Page ${page + 1} of ${pages}</span>
      <button type="button" class="icon-button" aria-label="Next page" disabled=${page >= pages - 1} onClick=${() => onGo(page + 1)}><${Icon} name="right" size="16" /></button>
    </span>`
    }
  </div>`;
}

export function DataTable({ block }) {
  const [sort, setSort] = useState({ column: null, down: false });
  const [filters, setFilters] = useState({});
  const [filtering, setFiltering] = useState(false);
  const [asked, setPage] = useState(0);
  const [head, ...all] = block.rows;
  const rows = useMemo(() => arranged(all, sort, filters), [block.rows, sort, filters]);
  const size = block.page_size ?? DEFAULT_PAGE;
  const pages = Math.max(1, Math.ceil(rows.length / size));
  // The table may have become shorter.
  const page = Math.min(asked, pages - 1);
  const first = page * size;
  const numeric = head.map((_, column) => all.some((row) => isNumber(row[column])));
  const toggleFilters = () => {
    setFiltering(!filtering);
    if (filtering) setFilters({});
  };
  const order = (column) => (sort.column !== column ? "none" : sort.down ? "descending" : "ascending");
  const heading = (cell, column) =>
    html`<th scope="col" class=${numeric[column] ? "number" : ""} aria-sort=${order(column)}>
    <button type="button" class="sort" aria-label=${wordsOf(cell)} title=${`Sort by ${wordsOf(cell)}`} onClick=${() => setSort(nextSort(sort, column))}><${Cell} cell=${cell} /><span class=${`sort-mark ${order(column)}`} aria-hidden="true"></span></button>
  </th>`;
  const filter = (cell, column) =>
    html`<th><input class="field tiny" aria-label=${`Filter ${wordsOf(cell)}`} placeholder="Contains…" value=${filters[column] ?? ""}
    onInput=${(event) => {
      setFilters({ ...filters, [column]: event.target.value });
      setPage(0);
    }} /></th>`;
  const body = (cell, column) => {
    const tag = column === block.row_header_column_index ? "th" : "td";
    // A date or an amount stays in one line.
    const look = [numeric[column] && "number", !/\p{L}/u.test(wordsOf(cell)) && "one-line"];
    return html`<${tag} scope=${tag === "th" ? "row" : undefined} class=${look.filter(Boolean).join(" ")}><${Cell} cell=${cell} /><//>`;
  };
  const shown = rows.length ? `${first + 1}–${Math.min(first + size, rows.length)}` : "0";
  return html`<div class="data-table">
    <div class="table-top">
      <span class="table-caption">${block.caption}</span>
      <button type="button" class=${`icon-button ${filtering ? "on" : ""}`} aria-label="Filter rows" aria-pressed=${String(filtering)} title="Filter rows" onClick=${toggleFilters}><${Icon} name="filter" size="16" /></button>
    </div>
    <div class="table-box"><table class="grid" aria-label=${block.caption}>
      <thead><tr>${head.map(heading)}</tr>${filtering && html`<tr class="filters">${head.map(filter)}</tr>`}</thead>
      <tbody>${rows.slice(first, first + size).map((row) => html`<tr>${row.map(body)}</tr>`)}
        ${rows.length === 0 && html`<tr><td colspan=${head.length} class="none">No rows match</td></tr>`}</tbody>
    </table></div>
    ${(rows.length > size || rows.length < all.length) && html`<${Pages} page=${page} pages=${pages} shown=${shown} total=${rows.length} onGo=${setPage} />`}
  </div>`;
}
