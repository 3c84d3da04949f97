// The combobox of all selects: type to filter or search, arrows to move, Enter to pick; several picks are chips.
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { Icon } from "../icons.js";
import { Popover } from "../popover.js";

let made = 0;

const NOTHING = { groups: [], busy: false, words: "" };

/** Loads the list: groups [{label?, options: [{key, label, note?, mark?}]}], busy, and words if it is empty. */
function useOptions(load, open, query) {
  const [late, setLate] = useState(NOTHING);
  const answer = useMemo(() => (open ? load(query) : null), [open, query, load]);
  const asking = typeof answer?.then === "function";
  useEffect(() => {
    if (!asking) return undefined;
    let current = true;
    setLate((before) => ({ ...before, busy: true, words: "" }));
    // Ignore the response to an earlier query.
    answer.then((got) => current && setLate({ ...NOTHING, ...got }));
    return () => {
      current = false;
    };
  }, [answer]);
  // Show what is known immediately, so that Enter right after a key picks what was typed.
  return asking ? late : { ...NOTHING, ...answer };
}

function useDelayed(text, delay) {
  const [late, setLate] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setLate(text), delay);
    return () => clearTimeout(timer);
  }, [text]);
  return delay ? late : text;
}

/**
 * chosen: [{key, label}] · load(text) → {groups, words?} or a promise of it · onPick(option) · onDrop(option) (several)
 * or onClear (one). `delay` ms between typing and asking.
 */
export function Combobox({
  label,
  placeholder,
  chosen,
  load,
  delay = 0,
  several,
  onPick,
  onDrop,
  icon,
  invalid,
  describedBy,
  autofocus,
  id,
  compact,
}) {
  const anchor = useRef();
  const field = useRef();
  const name = useRef(`list-${(made += 1)}`).current;
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const list = useOptions(load, open, useDelayed(text, delay));
  const flat = list.groups.flatMap((group) => group.options);
  useEffect(() => setAt(0), [text, open]);
  useEffect(() => {
    document.getElementById(`${name}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);

  const start = () => setOpen(true);
  const finish = () => {
    setOpen(false);
    setText("");
  };
  const pick = (option) => {
    onPick(option);
    if (several) setText("");
    else finish();
  };
  const keys = (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) start();
      else
        setAt((before) =>
          Math.max(0, Math.min(flat.length - 1, before + (event.key === "ArrowDown" ? 1 : -1))),
        );
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && flat[at]) pick(flat[at]);
      else start();
    } else if (event.key === "Backspace" && several && text === "" && chosen.length) {
      onDrop(chosen[chosen.length - 1]);
    } else if (event.key === "Tab") {
      finish();
    }
  };

  const single = several ? undefined : chosen[0];
  const isChosen = (option) => chosen.some((each) => each.key === option.key);
  let index = -1;
  const row = (option) => {
    index += 1;
    const here = index;
    return html`<div role="option" id=${`${name}-${here}`} class=${`option ${here === at ? "at" : ""}`} aria-selected=${String(isChosen(option))}
      onMouseEnter=${() => setAt(here)} onMouseDown=${(event) => event.preventDefault()} onClick=${() => pick(option)}>
      ${option.mark}
      <span class="option-words"><span class="option-label">${option.label}</span>${option.note && html`<span class="option-note">${option.note}</span>`}</span>
      ${isChosen(option) && html`<${Icon} name="check" size="16" />`}
    </div>`;
  };
  const empty = list.words || (flat.length === 0 && !list.busy ? "No results" : "");
  return html`<div class=${`combo ${compact ? "compact" : ""} ${invalid ? "invalid" : ""} ${open ? "open" : ""}`} ref=${anchor} onClick=${() => field.current.focus()}>
    ${icon && html`<span class="combo-icon"><${Icon} name=${icon} size="16" /></span>`}
    ${
      several &&
      chosen.map(
        (option) =>
          html`<span class="chip" key=${option.key}>${option.mark}<span>${option.label}</span>
      <button type="button" aria-label=${`Remove ${option.label}`} onClick=${(event) => {
        event.stopPropagation();
        onDrop(option);
      }}><${Icon} name="close" size="12" /></button></span>`,
      )
    }
    <input ref=${field} id=${id} role="combobox" autocomplete="off" spellcheck="false" aria-label=${label} aria-expanded=${String(open)} aria-controls=${name}
      aria-autocomplete="list" aria-activedescendant=${open && flat.length ? `${name}-${at}` : undefined} aria-invalid=${invalid ? "true" : undefined} aria-describedby=${describedBy}
      data-autofocus=${autofocus ? "" : undefined}
      value=${open ? text : (single?.label ?? "")} placeholder=${single?.label ?? (several && chosen.length ? "" : placeholder)}
      onClick=${start} onInput=${(event) => {
        setText(event.target.value);
        start();
      }} onKeyDown=${keys} onBlur=${(event) => {
        if (!anchor.current?.contains(event.relatedTarget)) finish();
      }} />
    ${
      single &&
      onDrop &&
      html`<button type="button" class="combo-clear" aria-label="Clear selection" onClick=${(event) => {
        event.stopPropagation();
        onDrop(single);
      }}><${Icon} name="close" size="14" /></button>`
    }
    <span class="combo-caret"><${Icon} name="caret" size="16" /></span>
    ${
      open &&
      html`<${Popover} anchor=${anchor} onClose=${finish} wide class="list">
      <div role="listbox" id=${name} aria-label=${label} aria-busy=${list.busy ? "true" : undefined}>
        ${list.groups.map((group) => html`<div role="group" aria-label=${group.label}>${group.label && html`<div class="list-heading">${group.label}</div>`}${group.options.map(row)}</div>`)}
        ${list.busy && flat.length === 0 && html`<div class="list-words">Loading…</div>`}
        ${empty && html`<div class="list-words" role="status">${empty}</div>`}
      </div>
    <//>`
    }
  </div>`;
}

/** Options whose label or note contains the text. */
export const matching = (options, text) => {
  const wanted = text.trim().toLowerCase();
  return wanted
    ? options.filter(({ label, note }) => `${label} ${note ?? ""}`.toLowerCase().includes(wanted))
    : options;
};
