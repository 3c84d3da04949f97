// An input block with label, element, hint and error.
import { html, useContext } from "../vendor/preact-htm.js";
import { Element } from "../elements/index.js";
import { Icon } from "../icons.js";
import { Surface } from "../surface.js";
import { words } from "../text/object.js";

export function InputBlock({ block }) {
  const { errors } = useContext(Surface);
  const id = `input-${block.block_id}`;
  const error = errors?.[block.block_id];
  const label = words(block.label);
  const described = [block.hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const field = {
    id,
    label,
    optional: block.optional,
    invalid: Boolean(error),
    describedBy: described || undefined,
    dispatch: block.dispatch_action,
  };
  return html`<div class=${`input-block ${error ? "has-error" : ""}`}>
    <label class="input-label" for=${id}>${label}${block.optional && html`<span class="optional"> (optional)</span>`}</label>
    <${Element} block=${block} element=${block.element} field=${field} />
    ${error && html`<div class="input-error" id=${`${id}-error`} role="alert"><${Icon} name="warn" size="16" />${error}</div>`}
    ${block.hint && html`<div class="input-hint" id=${`${id}-hint`}>${words(block.hint)}</div>`}
  </div>`;
}
