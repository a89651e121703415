/** What tells whether a chunk in the editor says what its file says. */

/** Whether a path is that of a chunk of a draft. */
export function isOfChunk(path: string): boolean {
  return /\/generated\/[^/]+\/chunks\/[^/]+\.md$/.test(path.replaceAll("\\", "/"));
}

/** Whether two texts differ in nothing but line ends, a byte order mark and what is blank at their end. */
export function isSameText(one: string, other: string): boolean {
  return plain(one) === plain(other);
}

/** Whether a text has all words of another in their order, with more between them: it takes nothing away. */
export function holdsAll(text: string, other: string): boolean {
  const words = plain(text).split(/\s+/);
  let at = 0;
  return plain(other)
    .split(/\s+/)
    .every((word) => {
      at = words.indexOf(word, at) + 1;
      return at > 0;
    });
}

function plain(text: string): string {
  return text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n").trimEnd();
}
