/** Moves a beat of a brief, with all that stands below its heading. */

/** A beat: its id, and the first and the last line of its text. */
export interface Beat {
  id: string;
  start: number;
  end: number;
}

/** Lines that go from one place of a text to another. */
export interface Move {
  /** The lines from `start` up to, not including, `end`. */
  cut: { start: number; end: number };
  /** The line, of the text as it is, before which they are put in. */
  before: number;
  lines: string[];
}

/**
 * How a beat gets to stand before another, or behind all of them. `undefined` where it stands there already, or where
 * either is not to be found.
 */
export function move(text: readonly string[], beats: readonly Beat[], id: string, before: string | undefined): Move | undefined {
  const from = beats.findIndex((beat) => beat.id === id);
  const to = before === undefined ? beats.length : beats.findIndex((beat) => beat.id === before);
  const beat = beats[from];
  if (beat === undefined || to < 0 || to === from || to === from + 1) {
    return undefined;
  }
  const behind = (line: number): number => {
    let end = line + 1;
    while (end < text.length && text[end]?.trim() === "") {
      end += 1;
    }
    return end;
  };
  const cut = { start: beat.start, end: behind(beat.end) };
  const lines = [...text.slice(beat.start, beat.end + 1), ""];
  const target = beats[to];
  const last = beats.at(-1);
  if (target !== undefined) {
    return { cut, before: target.start, lines };
  }
  return last === undefined ? undefined : { cut, before: behind(last.end), lines };
}

/** The lines of a text after a move. */
export function moved(text: readonly string[], { cut, before, lines }: Move): string[] {
  const isCut = (line: number): boolean => line >= cut.start && line < cut.end;
  const part = (start: number, end: number): string[] =>
    text.slice(start, end).filter((_, offset) => !isCut(start + offset));
  const above = part(0, before);
  const gap = above.length > 0 && above.at(-1)?.trim() !== "" ? [""] : [];
  return [...above, ...gap, ...lines, ...part(before, text.length)];
}
