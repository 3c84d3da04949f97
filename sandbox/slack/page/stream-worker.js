// One event stream for all tabs: browsers open at most six connections to a server, and each stream holds one of them.
// Each tab picks out the events for its person.

const tabs = new Set();
let source = null;
let open = false;

// Unlike a window, a port has no target origin.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const tell = (tab, message) => tab.postMessage(message);

const tellAll = (message) => tabs.forEach((tab) => tell(tab, message));

function follow() {
  source = new EventSource("/-/stream");
  source.addEventListener("message", ({ data }) => tellAll({ event: JSON.parse(data) }));
  source.addEventListener("open", () => {
    open = true;
    tellAll({ open });
  });
  source.addEventListener("error", () => {
    open = false;
  });
}

function stop() {
  source.close();
  source = null;
  open = false;
}

addEventListener("connect", ({ ports: [tab] }) => {
  tab.addEventListener("message", ({ data }) => {
    if (data === "leave") tabs.delete(tab);
    else tabs.add(tab);
    if (data === "join" && open) tell(tab, { open });
    if (tabs.size && !source) follow();
    if (!tabs.size && source) stop();
  });
  tab.start();
});
