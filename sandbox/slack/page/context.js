// What all components can look up: people, channels, the current person, the time.
import { createContext } from "./vendor/preact-htm.js";

export const Lookup = createContext({ people: {}, channels: [], me: { tz: "UTC" }, now: () => Date.now() });
