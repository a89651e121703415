/** What decides which edits of the server become one step of undo. */

/** The last edit of a chunk that streams into a document. */
export interface LastEdit {
  /** The label of its page; no two chunks and no two jobs share one. */
  label: string;
  /** The document's version after it. */
  version: number;
}

/** Whether a label is that of a chunk that streams into a document. */
export function isStreamed(label: string | undefined): label is string {
  return label?.startsWith("storywright/") ?? false;
}

/**
 * Where undo stops at an edit: before it, unless it follows the last edit of the same page and
 * nothing else has changed the document since.
 */
export function undoStops(
  last: LastEdit | undefined,
  label: string,
  version: number,
): { undoStopBefore: boolean; undoStopAfter: boolean } {
  const follows = last !== undefined && last.label === label && last.version === version;
  return { undoStopBefore: !follows, undoStopAfter: false };
}
