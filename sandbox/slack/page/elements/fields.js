// Typed inputs: plain text, number, email, address.
import { html, useContext } from "../vendor/preact-htm.js";
import { Surface } from "../surface.js";
import { words } from "../text/object.js";

const SHAPES = {
  plain_text_input: { type: "text" },
  number_input: { type: "text", inputmode: "decimal" },
  email_text_input: { type: "email" },
  url_text_input: { type: "url" },
};

export const isField = (type) => type in SHAPES;

const tellsOn = (element) => element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];

export function Field({ block, element, field }) {
  const surface = useContext(Surface);
  const text = surface.value(block, element)?.text ?? "";
  const input = (event) => {
    const next = { text: event.target.value };
    surface.set(block, element, next);
    if (field.dispatch && tellsOn(element).includes("on_character_entered"))
      surface.act(block, element, next);
  };
  const keys = (event) => {
    if (event.key !== "Enter" || event.isComposing || (element.multiline && !event.metaKey && !event.ctrlKey))
      return;
    if (!field.dispatch || !tellsOn(element).includes("on_enter_pressed")) return;
    event.preventDefault();
    surface.act(block, element, { text: event.target.value });
  };
  const shape = {
    id: field.id,
    class: `field ${field.invalid ? "invalid" : ""}`,
    value: text,
    placeholder: words(element.placeholder),
    maxLength: element.max_length,
    "aria-label": field.label,
    "aria-invalid": field.invalid ? "true" : undefined,
    "aria-describedby": field.describedBy,
    "data-autofocus": element.focus_on_load ? "" : undefined,
    onInput: input,
    onKeyDown: keys,
  };
  if (element.multiline) return html`<textarea rows="4" ...${shape}></textarea>`;
  const left =
    element.max_length && text.length > element.max_length - 20 ? element.max_length - text.length : null;
  return html`<span class="field-box"><input autocomplete="off" ...${shape} ...${SHAPES[element.type]} />${left !== null && html`<span class="field-left">${left}</span>`}</span>`;
}
