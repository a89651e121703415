/**
 * The settings as the server should see them: only what somebody set.
 *
 * VS Code answers for every declared setting, with its default where nobody set it. The server
 * ranks the editor's settings above storywright.toml, so a default that was sent would silently
 * beat the author's own file. Hence each default is null, and nulls are taken out here.
 */
export function withoutUnset(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withoutUnset);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  const kept = Object.entries(value)
    .map(([name, inner]) => [name, withoutUnset(inner)] as const)
    .filter(([, inner]) => inner !== null && !isEmptyObject(inner));
  return Object.fromEntries(kept);
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
