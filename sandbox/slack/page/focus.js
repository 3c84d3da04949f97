// Keeps the keyboard focus when the focused element is re-rendered, and restores it after a dialog.
import { useEffect, useLayoutEffect } from "./vendor/preact-htm.js";

const FOCUSABLE = "button, a[href], input, textarea, select, [tabindex]";

const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent.trim();

const within = (box) => [...box.querySelectorAll(FOCUSABLE)];

/** Describes the focused element so that it can be found after a new render: its surface, action, name and index. */
export function placeOfFocus() {
  const element = document.activeElement;
  const box = element?.closest("[data-surface]");
  if (!box) return { element };
  return {
    element,
    surface: box.dataset.surface,
    action: element.dataset.action,
    name: nameOf(element),
    at: within(box).indexOf(element),
  };
}

/** Focuses the element, or the one that replaced it, or the message it was in. */
export function focusAgain(place) {
  const { element, surface, action, name, at } = place;
  const box = surface && document.querySelector(`[data-surface="${CSS.escape(surface)}"]`);
  const all = box ? within(box) : [];
  const next =
    element?.isConnected && element !== document.body
      ? element
      : (all.find((each) => action && each.dataset.action === action) ??
        all.find((each) => nameOf(each) === name) ??
        all[Math.min(at, all.length - 1)] ??
        box);
  next?.focus?.({ preventScroll: true });
}

let last = null;

/** Remembers the focused element. Used once, at the top of the page. */
export function useKeptFocus() {
  useEffect(() => {
    const gained = () => {
      last = placeOfFocus();
    };
    const lost = ({ target }) =>
      queueMicrotask(() => {
        // The element is still there: the person moved the focus away.
        if (target.isConnected && last?.element === target && document.activeElement === document.body)
          last = null;
      });
    document.addEventListener("focusin", gained);
    document.addEventListener("focusout", lost);
    return () => {
      document.removeEventListener("focusin", gained);
      document.removeEventListener("focusout", lost);
    };
  }, []);
}

/** Restores the focus after a render that removed the focused element. Used by each surface. */
export function useFocusAgain() {
  useLayoutEffect(() => {
    if (last?.surface && !last.element.isConnected && document.activeElement === document.body)
      focusAgain(last);
  });
}
