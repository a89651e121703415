/** A story's status as `storywright.showStatus` and `storywright status --json` give it. */
export interface Status {
  /** The title. */
  story: string;
  session: string | null;
  words: number;
  target_words: number;
  chunks: ChunkStatus[];
}

export interface ChunkStatus {
  number: number;
  title: string;
  /** Relative to the story's folder. */
  file: string;
  status: "missing" | "partial" | "complete" | "failed";
  words: number;
  target_words: number;
  stale: boolean;
  edited: boolean;
}

/** A line of the list that shows a status; `file` is absent where there is nothing to open. */
export interface StatusLine {
  label: string;
  description: string;
  file?: string;
}

export function statusLines(status: Status): StatusLine[] {
  return status.chunks.map((chunk) => {
    const marks = [
      chunk.status as string,
      ...(chunk.stale ? ["stale"] : []),
      ...(chunk.edited ? ["edited"] : []),
      `${chunk.words} of ${chunk.target_words} words`,
    ];
    const line = { label: `${chunk.number}. ${chunk.title}`, description: marks.join(" · ") };
    return chunk.status === "missing" ? line : { ...line, file: chunk.file };
  });
}

export function statusTitle(status: Status): string {
  const complete = status.chunks.filter((chunk) => chunk.status === "complete").length;
  return `${status.story}: ${complete} of ${status.chunks.length} chunks, ${status.words} of ${status.target_words} words`;
}
