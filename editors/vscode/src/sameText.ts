/** What tells whether a chunk in the editor says what its file says. */

/** Whether a path is that of a chunk of a draft. */
export function isOfChunk(path: string): boolean {
  return /\/generated\/[^/]+\/chunks\/[^/]+\.md$/.test(path.replaceAll("\\", "/"));
}

/** Whether two texts differ in nothing but line ends, a byte order mark and what is blank at their end. */
export function isSameText(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

function plain(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").trimEnd();
}
