// What every part of the page may look up: people, channels, who is looking, the time, and how to ask a person to confirm.
import { createContext } from "./vendor/preact-htm.js";

export const Lookup = createContext({ people: {}, channels: [], me: { tz: "UTC" }, now: () => Date.now() });
