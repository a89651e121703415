/** What the commands that write at one place of a document are given when the palette runs them. */

interface Position {
  readonly line: number;
  readonly character: number;
}

/** A document, and what is selected in it; the cursor where nothing is. */
export interface Shown {
  uri: string;
  range: { readonly start: Position; readonly end: Position };
}

const ON_SELECTIONS = ["storywright.rewriteSelection", "storywright.expandSelection", "storywright.tightenSelection"];

/** The arguments of a command, with the author's place where it needs one and nobody named it. */
export function argumentsInPlace(command: string, args: unknown[], shown: Shown | undefined): unknown[] {
  if (args.length > 0 || shown === undefined) {
    return args;
  }
  const plain = ({ line, character }: Position): Position => ({ line, character });
  const { start, end } = shown.range;
  if (command === "storywright.continueHere") {
    return [{ uri: shown.uri, position: plain(end) }];
  }
  if (ON_SELECTIONS.includes(command)) {
    return [{ uri: shown.uri, range: { start: plain(start), end: plain(end) } }];
  }
  return args;
}
