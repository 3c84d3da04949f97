// Radio buttons and checkboxes.
import { html, useContext, useRef } from "../vendor/preact-htm.js";
import { confirmed } from "../dialog.js";
import { Surface } from "../surface.js";
import { Text } from "../text/object.js";

export function Choices({ block, element, field }) {
  const surface = useContext(Surface);
  const group = useRef(`choice-${Math.random().toString(36).slice(2)}`).current;
  const several = element.type === "checkboxes";
  const current = surface.value(block, element);
  const chosen = several ? (current?.options ?? []) : [current?.option];
  const toggle = (value) => async (event) => {
    const box = event.target;
    const next = several
      ? { options: box.checked ? [...chosen, value] : chosen.filter((each) => each !== value) }
      : { option: value };
    if (!field && !(await confirmed(element.confirm))) {
      box.checked = chosen.includes(value);
      return;
    }
    surface.set(block, element, next);
    if (!field || field.dispatch) surface.act(block, element, next);
  };
  return html`<div class="choices" role=${several ? "group" : "radiogroup"} aria-label=${field?.label} aria-describedby=${field?.describedBy}>
    ${element.options.map(
      (option) =>
        html`<label class="choice" key=${option.value}>
      <input type=${several ? "checkbox" : "radio"} name=${group} checked=${chosen.includes(option.value)} onChange=${toggle(option.value)} />
      <span><${Text} text=${option.text} />${option.description && html`<${Text} text=${option.description} class="small" />`}</span>
    </label>`,
    )}
  </div>`;
}
