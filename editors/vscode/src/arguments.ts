/** What commands are given: the server cannot know where the author is, since a cursor that moves sends no message. */

export interface Position {
  readonly line: number;
  readonly character: number;
}

/** A document, and what is selected in it; the cursor where nothing is. */
export interface Shown {
  uri: string;
  range: { readonly start: Position; readonly end: Position };
}

/** What a command is about; the server knows more, see its README. */
export interface Arguments {
  uri?: string;
  position?: Position;
  range?: { start: Position; end: Position };
  beat?: string;
  chunk?: number;
  session?: string | null;
  note?: string;
  instruction?: string;
  version?: number;
  title?: string;
  source?: string;
  format?: string;
  quiet?: boolean;
}

const ON_SELECTIONS = ["storywright.rewriteSelection", "storywright.expandSelection", "storywright.tightenSelection"];

/** What an item of the tree is run with. */
export interface Item {
  about: Arguments;
}

function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null && "about" in value && typeof value.about === "object";
}

/** The chunk that a revision or an earlier version is of: the server knows only chunks by their own files. */
function chunkOf(uri: string): { chunk?: number } {
  const found = /\/generated\/[^/]+\/(?:revisions|history)\/chunk_(\d+)(?:\.md$|\/)/.exec(uri);
  return found?.[1] === undefined ? {} : { chunk: Number(found[1]) };
}

/** The commands that take a chunk. */
const ON_CHUNKS = [
  "acceptRevision", "rejectRevision", "writeCandidates", "showCandidates", "takeCandidate", "rejectCandidates",
  "rewriteChunk", "refine", "keep", "lock", "unlock", "restoreVersion", "showVersions", "showDiff",
].map((name) => `storywright.${name}`);

/** A URI as the menus of an editor's title hand it over. */
function isUri(value: unknown): value is { scheme: string; toString(): string } {
  return typeof value === "object" && value !== null && "scheme" in value && "path" in value;
}

/**
 * The arguments of a command: what the server or an item of the tree named, else where the author is. Cancelling says
 * no place, so that it cancels whatever runs.
 */
export function argumentsOf(command: string, given: readonly unknown[], shown: Shown | undefined): Arguments {
  const [first] = given;
  if (isItem(first)) {
    return { ...first.about };
  }
  if (isUri(first)) {
    const uri = first.toString();
    return { uri, ...chunkOf(uri) };
  }
  if (typeof first === "object" && first !== null) {
    return { ...first };
  }
  if (shown === undefined || command === "storywright.cancel") {
    return {};
  }
  const plain = ({ line, character }: Position): Position => ({ line, character });
  const { start, end } = shown.range;
  if (ON_SELECTIONS.includes(command)) {
    return { uri: shown.uri, range: { start: plain(start), end: plain(end) } };
  }
  const chunk = ON_CHUNKS.includes(command) ? chunkOf(shown.uri) : {};
  return { uri: shown.uri, ...chunk, position: plain(command === "storywright.continueHere" ? end : start) };
}
