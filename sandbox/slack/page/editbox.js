// Edits a person's own message in place.
import { html, useContext, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import { useEscape } from "./popover.js";
import { act, edit } from "./store.js";
import { asTyped, inCode } from "./typed.js";
import { Lookup } from "./context.js";

export function EditBox({ message }) {
  const { people, channels, app } = useContext(Lookup);
  const field = useRef();
  const everybody = [...Object.values(people), { id: app.user_id, real_name: app.name }];
  const before = asTyped(message.text, everybody, channels);
  const [text, setText] = useState(before);
  const stop = () => {
    edit(null);
    // Return to the message box.
    document
      .querySelector(`[data-composer="${field.current?.closest(".thread") ? "thread" : "main"}"]`)
      ?.focus();
  };
  useEscape(stop);
  useLayoutEffect(() => {
    field.current.focus();
    field.current.setSelectionRange(before.length, before.length);
    field.current.scrollIntoView({ block: "nearest" });
  }, []);
  useLayoutEffect(() => {
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, 220)}px`;
  }, [text]);
  const save = async () => {
    const line = text.trim();
    stop();
    const target = { channel: message.channel, ts: message.ts };
    if (!line) await act("delete", target);
    else if (line !== before) await act("edit", { ...target, text: line });
  };
  const keys = (event) => {
    if (
      event.key !== "Enter" ||
      event.shiftKey ||
      event.isComposing ||
      inCode(text, event.target.selectionStart)
    )
      return;
    event.preventDefault();
    save();
  };
  return html`<div class="composer edit-box">
    <textarea ref=${field} rows="1" aria-label="Edit message" value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${keys}></textarea>
    <div class="composer-foot"><span class="grow"></span>
      <button type="button" class="button" onClick=${stop}>Cancel</button>
      <button type="button" class="button primary" onClick=${save}>Save</button>
    </div>
  </div>`;
}
