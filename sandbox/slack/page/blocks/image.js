// Images of this workspace. Others are shown as links, since the page must work without a network.
import { html } from "../vendor/preact-htm.js";
import { Icon } from "../icons.js";
import { words } from "../text/object.js";
import { Link } from "../text/parts.js";

function isLocal(url) {
  if (/^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/.test(url)) return true;
  try {
    return new URL(url, location.href).origin === location.origin;
  } catch {
    return false;
  }
}

export function Image({ image, class: name = "" }) {
  const url = image.image_url ?? image.slack_file?.url ?? "";
  const alt = image.alt_text ?? "";
  if (url && isLocal(url)) return html`<img class=${`image ${name}`} src=${url} alt=${alt} title=${alt} />`;
  return html`<span class=${`image absent ${name}`} role="img" aria-label=${alt} title=${alt}><${Icon} name="file" size="16" /></span>`;
}

export function ImageBlock({ block }) {
  const url = block.image_url ?? block.slack_file?.url ?? "";
  const shown = url && isLocal(url);
  return html`<figure class="image-block">
    ${block.title && html`<figcaption>${words(block.title)}</figcaption>`}
    ${shown ? html`<${Image} image=${block} />` : html`<div class="image-absent" role="img" aria-label=${block.alt_text}><${Icon} name="file" /><${Link} url=${url}>${block.alt_text || "Image"}<//></div>`}
  </figure>`;
}
