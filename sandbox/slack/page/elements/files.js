// File inputs: files are uploaded when they are picked, and the form holds which they are.
import { html, useContext, useState } from "../vendor/preact-htm.js";
import { Icon } from "../icons.js";
import { pickFile } from "../store.js";
import { Surface } from "../surface.js";

export function FileInput({ block, element, field }) {
  const surface = useContext(Surface);
  const [names, setNames] = useState({});
  const picked = surface.value(block, element)?.files ?? [];
  const most = element.max_files ?? 10;
  const put = (files) => surface.set(block, element, { files });
  const pick = async (event) => {
    const chosen = [...event.target.files].slice(0, most);
    event.target.value = "";
    const kept = await Promise.all(chosen.map(pickFile));
    const uploaded = kept.filter(Boolean);
    setNames((before) => ({ ...before, ...Object.fromEntries(uploaded.map(({ id, name }) => [id, name])) }));
    put([...picked, ...uploaded.map(({ id }) => id)].slice(-most));
  };
  return html`<div class=${`files ${field.invalid ? "invalid" : ""}`}>
    <label class="button tall">
      <${Icon} name="file" size="18" />Choose a file
      <input id=${field.id} type="file" multiple=${most > 1} accept=${(element.filetypes ?? []).map((type) => `.${type}`).join(",")} aria-label=${field.label} aria-describedby=${field.describedBy} onChange=${pick} />
    </label>
    ${picked.map(
      (id) =>
        html`<span class="picked-file" key=${id}>${names[id]}<button type="button" class="icon-button" aria-label=${`Remove ${names[id]}`} onClick=${() => put(picked.filter((each) => each !== id))}><${Icon} name="close" size="14" /></button></span>`,
    )}
  </div>`;
}
