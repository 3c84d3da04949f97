// Popovers and menus, and which of them the Escape key closes.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";

const escapes = [];

document.addEventListener(
  "keydown",
  (event) => {
    if (event.key !== "Escape" || escapes.length === 0) return;
    // Only the topmost closes: Escape in a menu must not close the modal around it.
    event.preventDefault();
    event.stopPropagation();
    escapes[escapes.length - 1].current();
  },
  true,
);

/** While mounted and `active`, Escape calls `close` (the last one mounted wins). */
export function useEscape(close, active = true) {
  const latest = useRef(close);
  latest.current = close;
  // Before the browser paints, so that a visible dialog can be closed.
  useLayoutEffect(() => {
    if (!active) return undefined;
    escapes.push(latest);
    return () => escapes.splice(escapes.indexOf(latest), 1);
  }, [active]);
}

const GAP = 4;

function placeAt(anchor, box, { align, above }) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = box;
  const wantsAbove = above
    ? at.top - height - GAP > 0
    : at.bottom + height + GAP > innerHeight && at.top - height - GAP > 0;
  const left = align === "right" ? at.right - width : at.left;
  return {
    top: Math.max(
      GAP,
      wantsAbove ? at.top - height - GAP : Math.min(at.bottom + GAP, innerHeight - height - GAP),
    ),
    left: Math.max(GAP, Math.min(left, innerWidth - width - GAP)),
    min: at.width,
  };
}

/** Floats beside the element in `anchor` (a ref); a click elsewhere or Escape closes it. */
export function Popover({
  anchor,
  onClose,
  align = "left",
  above = false,
  class: name = "",
  wide = false,
  children,
}) {
  const box = useRef();
  const [spot, setSpot] = useState({ top: -9999, left: -9999, min: 0 });
  useEscape(onClose);
  useLayoutEffect(() => {
    const next = placeAt(anchor.current, box.current, { align, above });
    if (next.top !== spot.top || next.left !== spot.left || next.min !== spot.min) setSpot(next);
  });
  useEffect(() => {
    const outside = (event) => {
      if (!box.current?.contains(event.target) && !anchor.current?.contains(event.target)) onClose();
    };
    const moved = (event) => {
      if (!box.current?.contains(event.target))
        setSpot(placeAt(anchor.current, box.current, { align, above }));
    };
    document.addEventListener("mousedown", outside);
    document.addEventListener("scroll", moved, true);
    return () => {
      document.removeEventListener("mousedown", outside);
      document.removeEventListener("scroll", moved, true);
    };
  });
  const style = { top: `${spot.top}px`, left: `${spot.left}px`, minWidth: wide ? `${spot.min}px` : "" };
  return html`<div ref=${box} class=${`popover ${name}`} style=${style}>${children}</div>`;
}

function step(list, direction) {
  const items = [...list.querySelectorAll('[role^="menuitem"]:not([aria-disabled="true"])')];
  const next = items.indexOf(document.activeElement) + direction;
  items[(next + items.length) % items.length]?.focus();
}

/** A menu of buttons under an anchor. items: [{label, note?, mark?, danger?, href?, on?, checked?} | {heading} | {line: true}]. */
export function Menu({ anchor, items, onClose, label, align, above }) {
  const list = useRef();
  useEffect(() => step(list.current, 1), []);
  const keys = (event) => {
    const direction = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!direction) return;
    event.preventDefault();
    step(list.current, direction);
  };
  const choose = (item) => () => {
    onClose();
    item.on?.();
  };
  const draw = (item) => {
    if (item.line) return html`<hr />`;
    if (item.heading) return html`<div class="menu-heading">${item.heading}</div>`;
    const role = item.checked === undefined ? "menuitem" : "menuitemradio";
    const inside = html`${item.mark}<span class="menu-words"><span class="menu-label">${item.label}</span>${item.note && html`<span class="menu-note">${item.note}</span>`}</span>`;
    const shape = {
      role,
      class: `menu-item ${item.danger ? "danger" : ""}`,
      tabIndex: -1,
      "aria-checked": item.checked,
    };
    if (item.href)
      return html`<a ...${shape} href=${item.href} target=${item.target} rel="noopener noreferrer" onClick=${choose(item)}>${inside}</a>`;
    return html`<button type="button" ...${shape} onClick=${choose(item)}>${inside}</button>`;
  };
  return html`<${Popover} anchor=${anchor} onClose=${onClose} align=${align} above=${above} class="menu">
    <div role="menu" aria-label=${label} ref=${list} onKeyDown=${keys}>${items.map(draw)}</div>
  <//>`;
}

/** A button that opens a menu; `items` may be a function, asked when it opens. */
export function MenuButton({ items, label, title, class: name, align, above, children, disabled }) {
  const anchor = useRef();
  const [open, setOpen] = useState(false);
  const close = () => {
    setOpen(false);
    anchor.current?.focus();
  };
  return html`<span class="menu-holder">
    <button type="button" ref=${anchor} class=${name} aria-label=${label} title=${title ?? label} aria-haspopup="menu" aria-expanded=${String(open)} disabled=${disabled} onClick=${() => setOpen(!open)}>${children}</button>
    ${open && html`<${Menu} anchor=${anchor} items=${typeof items === "function" ? items() : items} label=${label} onClose=${close} align=${align} above=${above} />`}
  </span>`;
}
