// Maps block types to components.
import { html } from "../vendor/preact-htm.js";
import { Chart } from "../charts.js";
import { Element } from "../elements/index.js";
import { Icon } from "../icons.js";
import { Surface } from "../surface.js";
import { DataTable, PlainTable } from "../table.js";
import { Text, words } from "../text/object.js";
import { markdown } from "../text/markdown.js";
import { Image, ImageBlock } from "./image.js";
import { InputBlock } from "./input.js";
import { RichText } from "./richtext.js";

const Header = ({ block }) =>
  html`<div class="header-block" role="heading" aria-level=${block.level ?? 3}>${words(block.text)}</div>`;

function Section({ block }) {
  const { accessory } = block;
  const beside =
    accessory &&
    html`<div class=${`accessory of-${accessory.type}`}><${Element} block=${block} element=${accessory} /></div>`;
  const fields =
    block.fields &&
    html`<div class="fields">${block.fields.map((field) => html`<${Text} text=${field} />`)}</div>`;
  // Checkboxes and radio buttons are below the text at full width.
  const under = accessory && ["checkboxes", "radio_buttons"].includes(accessory.type);
  return html`<div class=${`section-block ${under ? "stacked" : ""}`}><div class="section-main"><${Text} text=${block.text} />${fields}</div>${beside}</div>`;
}

const Context = ({ block }) =>
  html`<div class="context-block">${block.elements.map((each) => (each.type === "image" ? html`<${Image} image=${each} />` : html`<${Text} text=${each} class="small" />`))}</div>`;

const Actions = ({ block }) =>
  html`<div class="actions-block">${block.elements.map((each) => html`<${Element} key=${each.action_id} block=${block} element=${each} />`)}</div>`;

const ALERT_ICONS = { default: "info", info: "info", warning: "warn", error: "stop", success: "check" };

function Alert({ block }) {
  const level = block.level ?? "default";
  return html`<div class=${`alert-block ${level}`} role=${level === "error" ? "alert" : "status"}><${Icon} name=${ALERT_ICONS[level] ?? "info"} size="18" /><${Text} text=${block.text} /></div>`;
}

const Card = ({ block }) =>
  html`<div class="card-block" role="group" aria-label=${words(block.title)}>
  ${block.hero_image && html`<${Image} image=${block.hero_image} class="hero" />`}
  <div class="card-head">
    ${block.icon && html`<${Image} image=${block.icon} />`}
    <div><${Text} text=${block.title} class="card-title" /><${Text} text=${block.subtitle} class="small" /></div>
  </div>
  <${Text} text=${block.body} />
  ${block.subtext && html`<${Text} text=${block.subtext} class="small" />`}
  ${block.actions?.length && html`<div class="actions-block">${block.actions.map((each) => html`<${Element} key=${each.action_id} block=${block} element=${each} class="small-button" />`)}</div>`}
</div>`;

const Carousel = ({ block }) =>
  html`<div class="carousel-block">${block.elements.map((card) => html`<${Card} block=${{ ...card, block_id: card.block_id ?? block.block_id }} />`)}</div>`;

const ContextActions = ({ block }) =>
  html`<div class="context-actions-block">${block.elements.map((each) => html`<${Element} key=${each.action_id} block=${block} element=${each} />`)}</div>`;

const Unsupported = ({ block }) =>
  html`<div class="unsupported" role="note">This block cannot be shown here: ${String(block.type)}</div>`;

const DRAWN = {
  header: Header,
  section: Section,
  divider: () => html`<hr class="divider-block" />`,
  context: Context,
  actions: Actions,
  image: ImageBlock,
  input: InputBlock,
  rich_text: RichText,
  table: PlainTable,
  data_table: DataTable,
  data_visualization: Chart,
  markdown: ({ block }) => html`<div class="markdown">${markdown(block.text)}</div>`,
  alert: Alert,
  card: Card,
  carousel: Carousel,
  context_actions: ContextActions,
};

/** The blocks of a surface from useSurface. */
export function Blocks({ blocks, surface }) {
  return html`<${Surface.Provider} value=${surface}>
    <div class="blocks">${blocks.map((block, index) => {
      const Drawer = DRAWN[block.type] ?? Unsupported;
      return html`<div class=${`block ${block.type}`} key=${block.block_id ?? index}><${Drawer} block=${block} /></div>`;
    })}</div>
  <//>`;
}
