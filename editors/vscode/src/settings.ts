/** The sections of the settings that this extension keeps for itself. */
const OWN = ["server", "trace"];

/**
 * The settings as the server knows them, without the extension's own. Unset ones stay null,
 * which the server takes for "not set": a default would beat the author's storywright.toml.
 */
export function forServer(section: unknown): unknown {
  if (typeof section !== "object" || section === null) {
    return section;
  }
  return Object.fromEntries(Object.entries(section).filter(([name]) => !OWN.includes(name)));
}
