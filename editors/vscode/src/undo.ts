/** What decides which edits of the server become one step of undo. */
import { createHash } from "node:crypto";

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

/** Whether an edit follows the last one of the same page, and nothing else has changed the document since. */
export function isNext(last: LastEdit | undefined, label: string, version: number): boolean {
  return last !== undefined && last.label === label && last.version === version;
}

/**
 * Knows the texts that a document only passed through while a page streamed into it.
 *
 * The editor closes its step of undo at each save, also one that it makes by itself, and at each move of the cursor, whatever
 * undo stops an edit asks for. An undo or a redo that ends at such a text goes on.
 */
export class Passed {
  private readonly texts = new Map<string, Set<string>>();

  /** Notes the text between two edits of one page. */
  note(document: string, text: string): void {
    const known = this.texts.get(document) ?? new Set();
    this.texts.set(document, known.add(digest(text)));
  }

  /** Whether a document shows a text that it only passed through. */
  has(document: string, text: () => string): boolean {
    return this.texts.get(document)?.has(digest(text())) ?? false;
  }

  /** Forgets a document, which the editor closed with its steps of undo. */
  forget(document: string): void {
    this.texts.delete(document);
  }

  clear(): void {
    this.texts.clear();
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
