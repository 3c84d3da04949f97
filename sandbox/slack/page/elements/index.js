// Maps element types to components. Unknown types are named, not hidden.
import { html } from "../vendor/preact-htm.js";
import { Image } from "../blocks/image.js";
import { Button, FeedbackButtons, IconButton, Overflow } from "./button.js";
import { Choices } from "./choices.js";
import { Field, isField } from "./fields.js";
import { FileInput } from "./files.js";
import { Datepicker, Datetimepicker, Timepicker } from "./pickers.js";
import { Select, isSelect } from "./select.js";

const DRAWN = {
  button: Button,
  workflow_button: Button,
  icon_button: IconButton,
  feedback_buttons: FeedbackButtons,
  overflow: Overflow,
  radio_buttons: Choices,
  checkboxes: Choices,
  datepicker: Datepicker,
  timepicker: Timepicker,
  datetimepicker: Datetimepicker,
  file_input: FileInput,
  image: ({ element }) => html`<${Image} image=${element} />`,
};

function drawerOf(type) {
  if (isSelect(type)) return Select;
  if (isField(type)) return Field;
  return DRAWN[type];
}

/** An element of a block. Input blocks pass `field`: {id, label, optional, invalid, describedBy, dispatch}. */
export function Element({ block, element, field, class: name }) {
  const Drawer = drawerOf(element.type);
  if (!Drawer) return html`<span class="unsupported">Unsupported element: ${element.type}</span>`;
  return html`<${Drawer} block=${block} element=${element} field=${field} class=${name} />`;
}
