// A surface is a message, a view or the Home. It holds the inputs of its elements and sends their actions.
import { createContext, useMemo, useState } from "./vendor/preact-htm.js";
import { act, suggest } from "./store.js";
import { initialInput } from "./elements/initial.js";

export const Surface = createContext(null);

/** The interactive elements of `blocks`, each with its block. */
export function elementsOf(blocks) {
  return (blocks ?? []).flatMap((block) => {
    const children = [block.element, block.accessory, ...(block.elements ?? []), ...(block.actions ?? [])];
    const nested = block.type === "carousel" ? elementsOf(block.elements) : [];
    return children
      .filter((each) => each?.action_id)
      .map((element) => ({ block, element }))
      .concat(nested);
  });
}

/** {block_id: {action_id: input}} for the server: the input of the person or the initial value. */
function collect(blocks, typed) {
  const out = {};
  for (const { block, element } of elementsOf(blocks)) {
    const key = `${block.block_id}/${element.action_id}`;
    const input = key in typed ? typed[key] : initialInput(element);
    if (input) (out[block.block_id] ??= {})[element.action_id] = input;
  }
  return out;
}

/**
 * The state of a surface. As in Slack, an input is kept while there is an element with the same block_id and action_id.
 */
export function useSurface(source, blocks) {
  const [typed, setTyped] = useState({});
  const [pending, setPending] = useState({});
  const id = JSON.stringify(source);
  return useMemo(() => {
    const key = (block, element) => `${block.block_id}/${element.action_id}`;
    const surface = {
      source,
      typed,
      state: () => collect(blocks, typed),
      value: (block, element) => {
        const at = key(block, element);
        return at in typed ? typed[at] : initialInput(element);
      },
      set: (block, element, input) => setTyped((before) => ({ ...before, [key(block, element)]: input })),
      pending: (block, element) => pending[key(block, element)],
      act: async (block, element, input) => {
        const at = key(block, element);
        const state = collect(blocks, Object.keys(input).length ? { ...typed, [at]: input } : typed);
        setPending((before) => ({ ...before, [at]: "busy" }));
        const answer = await act("action", {
          source,
          block_id: block.block_id,
          action_id: element.action_id,
          input,
          state,
        });
        setPending((before) => ({ ...before, [at]: answer.ok ? undefined : "failed" }));
      },
      suggest: (block, element, text) =>
        suggest({
          source,
          block_id: block.block_id,
          action_id: element.action_id,
          text,
          state: collect(blocks, typed),
        }),
    };
    return surface;
  }, [id, blocks, typed, pending]);
}
