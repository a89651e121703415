/** A story's status as `storywright.showStatus` and `storywright status --json` give it. */
export interface Status {
  /** The title. */
  story: string;
  /** The name of the brief. */
  brief: string;
  session: string | null;
  words: number;
  target_words: number;
  chunks: ChunkStatus[];
}

export interface ChunkStatus {
  number: number;
  beat: string;
  title: string;
  /** Relative to the story's folder. */
  file: string;
  status: "missing" | "partial" | "complete" | "failed";
  words: number;
  target_words: number;
  stale: boolean;
  stale_reasons: string[];
  edited: boolean;
  locked: boolean;
  chapter?: string;
  has_history: boolean;
  has_revision: boolean;
  revision?: string;
  error?: string;
}

export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "chunks" in value && Array.isArray(value.chunks);
}

const grouped = (words: number): string => words.toLocaleString("en-US");

/** What is remarkable about a chunk, in a few words. */
export function marks(chunk: ChunkStatus): string[] {
  const { status, stale_reasons: reasons } = chunk;
  return [
    ...(status === "partial" || status === "failed" ? [status] : []),
    ...(chunk.stale ? [`stale: ${reasons.length > 0 ? reasons.join(", ") : "its prompt changed"}`] : []),
    ...(chunk.edited ? ["edited"] : []),
    ...(chunk.locked ? ["locked"] : []),
    ...(chunk.has_revision ? ["revision waits"] : []),
  ];
}

/** How long a chunk is. */
export function length(chunk: ChunkStatus): string {
  return chunk.status === "missing"
    ? `${grouped(chunk.target_words)} words to write`
    : `${grouped(chunk.words)}/${grouped(chunk.target_words)}`;
}

/** The words of a story for the status bar. */
export function words(status: Status): string {
  return `${grouped(status.words)}/${grouped(status.target_words)}`;
}

export function summary(status: Status): string {
  const complete = status.chunks.filter((chunk) => chunk.status === "complete").length;
  return `${status.story}: ${complete} of ${status.chunks.length} chunks, ${words(status)} words`;
}

/** A chapter with its chunks, or a chunk of no chapter. */
export type Node = { chapter: string; chunks: ChunkStatus[] } | { chunk: ChunkStatus };

/** The story as a tree, in the order of its outline. */
export function nodes(status: Status): Node[] {
  const found: Node[] = [];
  for (const chunk of status.chunks) {
    const last = found.at(-1);
    if (chunk.chapter === undefined) {
      found.push({ chunk });
    } else if (last !== undefined && "chapter" in last && last.chapter === chunk.chapter) {
      last.chunks.push(chunk);
    } else {
      found.push({ chapter: chunk.chapter, chunks: [chunk] });
    }
  }
  return found;
}

/** The words that menus of the tree look for. */
export function context(chunk: ChunkStatus): string {
  return [
    "chunk",
    chunk.status,
    ...(chunk.stale ? ["stale"] : []),
    chunk.locked ? "locked" : "free",
    ...(chunk.has_history ? ["history"] : []),
    ...(chunk.has_revision ? ["revision"] : []),
    "",
  ].join(";");
}
