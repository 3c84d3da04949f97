// Modals: a stack of views, of which the top one is shown; the others keep their inputs.
import { html, useContext, useEffect, useState } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Blocks } from "./blocks/index.js";
import { Dialog } from "./dialog.js";
import { act } from "./store.js";
import { useSurface } from "./surface.js";
import { words } from "./text/object.js";
import { Lookup } from "./context.js";

const EMPTY = "Please complete this required field.";

function wrongText({ element }, text) {
  if (element.min_length && [...text].length < element.min_length)
    return `Please enter at least ${element.min_length} characters.`;
  if (element.type === "email_text_input" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
    return "Please enter a valid email address.";
  if (element.type === "url_text_input" && !/^https?:\/\/\S+$/.test(text)) return "Please enter a valid URL.";
  return element.type === "number_input" ? wrongNumber(element, text) : undefined;
}

function wrongNumber(element, text) {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number)) return "Please enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Please enter a whole number.";
  if (element.min_value !== undefined && number < Number(element.min_value))
    return `Please enter a number of at least ${element.min_value}.`;
  if (element.max_value !== undefined && number > Number(element.max_value))
    return `Please enter a number of at most ${element.max_value}.`;
  return undefined;
}

const isEmpty = (input) =>
  input === undefined ||
  Object.values(input).every(
    (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0),
  );

/** Slack's own validation, before the app is asked: {block_id: words}. */
export function wrongIn(blocks, state) {
  const wrong = {};
  for (const block of blocks.filter(({ type }) => type === "input")) {
    const input = state[block.block_id]?.[block.element.action_id];
    const said = isEmpty(input)
      ? block.optional
        ? undefined
        : EMPTY
      : typeof input.text === "string"
        ? wrongText(block, input.text)
        : undefined;
    if (said) wrong[block.block_id] = said;
  }
  return wrong;
}

const SUBMIT_NEEDED = "This form could not be sent. Check the marked fields.";

function View({ view, top, below }) {
  const { app } = useContext(Lookup);
  const surface = useSurface({ view: view.id }, view.blocks);
  const [local, setLocal] = useState({});
  const [busy, setBusy] = useState(false);
  // The app has updated the view, so old errors no longer apply.
  useEffect(() => setLocal({}), [view.hash]);
  // Errors of the app come with the view; hide them during the next submission.
  const errors = busy ? {} : { ...view.errors, ...local };
  const submit = async () => {
    if (busy || !view.submit) return;
    const state = surface.state();
    const wrong = wrongIn(view.blocks, state);
    setLocal(wrong);
    if (Object.keys(wrong).length) return;
    setBusy(true);
    const answer = await act("submit", { view: view.id, state });
    setBusy(false);
    setLocal(answer.errors ?? {});
  };
  const close = (cleared) => () => act("close", { view: view.id, cleared });
  const footer = html`
    ${Object.keys(errors).length > 0 && html`<span class="foot-error" role="status">${SUBMIT_NEEDED}</span>`}
    <button type="button" class="button tall" onClick=${close(false)}>${words(view.close) || (below ? "Back" : view.submit ? "Cancel" : "Close")}</button>
    ${
      view.submit &&
      html`<button type="submit" class="button tall primary" aria-busy=${busy ? "true" : undefined}>
      ${busy ? html`<span class="button-words ghost">${words(view.submit)}</span><span class="spinner"></span>` : words(view.submit)}
    </button>`
    }`;
  return html`<${Dialog} title=${words(view.title)} icon=${html`<${Avatar} app=${app} size="28" />`} active=${top} onClose=${close(true)} onBack=${close(false)} onSubmit=${submit} footer=${footer}>
    <${Blocks} blocks=${view.blocks} surface=${{ ...surface, errors }} />
  <//>`;
}

export const Modals = ({ views }) =>
  views.map(
    (view, at) =>
      html`<${View} key=${view.id} view=${view} top=${at === views.length - 1} below=${at > 0} />`,
  );
