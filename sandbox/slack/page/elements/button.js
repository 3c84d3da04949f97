// Buttons, icon buttons, feedback buttons and overflow menus.
import { html, useContext } from "../vendor/preact-htm.js";
import { confirmed } from "../dialog.js";
import { Icon } from "../icons.js";
import { MenuButton } from "../popover.js";
import { Surface } from "../surface.js";
import { words } from "../text/object.js";
import { isSafe } from "../text/parts.js";

function Inside({ state, children }) {
  if (state === "busy")
    return html`<span class="button-words ghost">${children}</span><span class="spinner" aria-hidden="true"></span>`;
  const warning = html`<span class="button-warning" title="This did not work"><${Icon} name="warn" size="14" /></span>`;
  return html`<span class="button-words">${children}</span>${state === "failed" && warning}`;
}

export function Button({ block, element, class: size = "" }) {
  const surface = useContext(Surface);
  const state = surface.pending(block, element);
  const look = `button ${element.style ?? ""} ${size}`;
  const label = element.accessibility_label;
  const press = async () => {
    if (state === "busy" || !(await confirmed(element.confirm))) return;
    surface.act(block, element, {});
  };
  // A link button opens its address and sends the action, too.
  if (isSafe(element.url)) {
    return html`<a class=${look} href=${element.url} target="_blank" rel="noopener noreferrer" aria-label=${label} onClick=${() => surface.act(block, element, {})}>
      <${Inside} state=${state === "failed" ? state : ""}>${words(element.text)}<//>
    </a>`;
  }
  return html`<button type="button" class=${look} data-action=${element.action_id} aria-label=${label} aria-busy=${state === "busy" ? "true" : undefined} onClick=${press}>
    <${Inside} state=${state}>${words(element.text)}<//>
  </button>`;
}

export function IconButton({ block, element }) {
  const surface = useContext(Surface);
  const press = async () => {
    if (await confirmed(element.confirm)) surface.act(block, element, {});
  };
  const label = element.accessibility_label || words(element.text);
  return html`<button type="button" class="icon-button" aria-label=${label} title=${words(element.text)} onClick=${press}><${Icon} name=${element.icon} /></button>`;
}

export function FeedbackButtons({ block, element }) {
  const surface = useContext(Surface);
  const one = (button, icon) =>
    html`<button type="button" class="icon-button" aria-label=${button.accessibility_label || words(button.text)} title=${words(button.text)} onClick=${() => surface.act(block, element, { option: button.value })}><${Icon} name=${icon} /></button>`;
  return html`<span class="feedback">${one(element.positive_button, "up")}${one(element.negative_button, "down")}</span>`;
}

export function Overflow({ block, element }) {
  const surface = useContext(Surface);
  const choose = (option) => async () => {
    if (await confirmed(element.confirm)) surface.act(block, element, { option: option.value });
  };
  const items = element.options.map((option) => ({
    label: words(option.text),
    note: words(option.description),
    href: isSafe(option.url) ? option.url : undefined,
    target: "_blank",
    on: choose(option),
  }));
  return html`<${MenuButton} class="button square" label="More options" items=${items} align="right"><${Icon} name="dots" /><//>`;
}
