// Keeps the keyboard where it was when what had the focus is drawn anew, or when a dialog over it closes.
import { useEffect, useLayoutEffect } from "./vendor/preact-htm.js";

const FOCUSABLE = "button, a[href], input, textarea, select, [tabindex]";

const nameOf = (element) => element.getAttribute("aria-label") ?? element.textContent.trim();

const within = (box) => [...box.querySelectorAll(FOCUSABLE)];

/** Where the focus is, in words that outlive a new drawing: which message, dialog or Home, which element, which place. */
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

/** Puts the focus back: on the very element, on the one that took its place, or on the message it was in. */
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

/** Mounted once: remembers the focus, and gives it back when the element that had it is gone from the page. */
export function useKeptFocus() {
  useEffect(() => {
    const gained = () => {
      last = placeOfFocus();
    };
    const lost = ({ target }) =>
      queueMicrotask(() => {
        // Still there: the person went elsewhere, and nothing is to be given back.
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

/** Called by what draws a surface, after each drawing. */
export function useFocusAgain() {
  useLayoutEffect(() => {
    if (last?.surface && !last.element.isConnected && document.activeElement === document.body)
      focusAgain(last);
  });
}
