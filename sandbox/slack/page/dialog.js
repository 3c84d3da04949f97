// The frame of modals and confirmation dialogs.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import { focusAgain, placeOfFocus, useFocusAgain } from "./focus.js";
import { Icon } from "./icons.js";
import { useEscape } from "./popover.js";
import { Text, words } from "./text/object.js";

const TABBABLE =
  'button:not([disabled]), a[href], input:not([disabled]), textarea:not([disabled]), select, [tabindex="0"]';

/** Keeps Tab within the dialog. */
function cycle(event, box) {
  if (event.key !== "Tab") return;
  const stops = [...box.querySelectorAll(TABBABLE)].filter((each) => each.offsetParent !== null);
  const [first, last] = [stops[0], stops[stops.length - 1]];
  const edge = event.shiftKey ? first : last;
  if (stops.length === 0 || document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}

export function Dialog({
  title,
  icon,
  onClose,
  onBack,
  onSubmit,
  active = true,
  size = "",
  footer,
  children,
}) {
  const box = useRef();
  const name = useRef(`dialog-${Math.random().toString(36).slice(2)}`).current;
  useEscape(onBack ?? onClose, active);
  useFocusAgain();
  useLayoutEffect(() => {
    const before = placeOfFocus();
    // After the next render: the same event may change what is behind the dialog.
    return () => requestAnimationFrame(() => document.activeElement === document.body && focusAgain(before));
  }, []);
  useEffect(() => {
    const wanted = box.current.querySelector("[data-autofocus]") ?? box.current;
    if (active) wanted.focus();
  }, [active]);
  const submit = (event) => {
    event.preventDefault();
    onSubmit?.();
  };
  return html`<div class="veil" hidden=${!active}>
    <form novalidate data-surface=${name} class=${`dialog ${size}`} role="dialog" aria-modal="true" aria-labelledby=${name} tabIndex="-1" ref=${box} onSubmit=${submit} onKeyDown=${(event) => cycle(event, box.current)}>
      <header class="dialog-head">
        ${icon}
        <h1 id=${name}>${title}</h1>
        <button type="button" class="icon-button" aria-label="Close dialog" onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      <div class="dialog-body">${children}</div>
      ${footer && html`<footer class="dialog-foot">${footer}</footer>`}
    </form>
  </div>`;
}

let show = () => {};

/** Shows a confirmation object of Block Kit. True if the person agrees, or if there is none. */
export const confirmed = (confirm) =>
  confirm ? new Promise((answer) => show({ confirm, answer })) : Promise.resolve(true);

export function ConfirmHost() {
  const [asked, setAsked] = useState(null);
  show = setAsked;
  if (!asked) return null;
  const { confirm, answer } = asked;
  const say = (agreed) => () => {
    setAsked(null);
    answer(agreed);
  };
  const style = confirm.style === "danger" ? "danger" : "primary";
  const footer = html`
    <button type="button" class="button tall" onClick=${say(false)}>${words(confirm.deny) || "Cancel"}</button>
    <button type="submit" class=${`button tall ${style}`} data-autofocus>${words(confirm.confirm) || "OK"}</button>`;
  return html`<${Dialog} title=${words(confirm.title) || "Are you sure?"} size="narrow" onClose=${say(false)} onSubmit=${say(true)} footer=${footer}>
    <${Text} text=${confirm.text} />
  <//>`;
}
