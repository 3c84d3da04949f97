// The Home of the app, and the header with its tabs.
import { html, useContext } from "./vendor/preact-htm.js";
import { Avatar } from "./avatar.js";
import { Blocks } from "./blocks/index.js";
import { useFocusAgain } from "./focus.js";
import { useSurface } from "./surface.js";
import { Lookup } from "./context.js";

function HomeView({ view }) {
  const surface = useSurface({ home: true }, view.blocks);
  useFocusAgain();
  return html`<div data-surface="home" tabIndex="-1"><${Blocks} blocks=${view.blocks} surface=${surface} /></div>`;
}

export function Home({ home }) {
  const { app } = useContext(Lookup);
  return html`<div class="home" role="tabpanel" aria-label="Home">
    ${home?.blocks ? html`<${HomeView} view=${home} />` : html`<div class="nothing"><${Avatar} app=${app} size="72" /><h2>${app.name}</h2><p>This app has not published a Home yet.</p></div>`}
  </div>`;
}

export function AppHeader({ tab, onGo }) {
  const { app } = useContext(Lookup);
  const one = (name, label) =>
    html`<button type="button" role="tab" aria-selected=${String(tab === name)} class=${tab === name ? "on" : ""} onClick=${() => onGo({ kind: "app", tab: name })}>${label}</button>`;
  return html`<header class="panel-head app-head">
    <div class="panel-title"><${Avatar} app=${app} size="28" /><h2>${app.name}</h2><span class="badge">APP</span></div>
    <div class="tabs" role="tablist" aria-label=${app.name}>${one("home", "Home")}${one("messages", "Messages")}</div>
  </header>`;
}
