/** Whether an editor goes along with the text that grows in it. */

/** The first and the last line that an editor shows. */
export interface Visible {
  first: number;
  last: number;
}

/** So many lines below the window still count as in sight: a paragraph on one line wraps over many. */
const NEAR = 2;

/**
 * Whether to scroll to where text has grown to. An author who has scrolled away reads, and is left alone; one who has
 * scrolled back to the end is taken along again.
 *
 * @param before the line where the text ended before it grew
 * @param after the line where it ends now
 */
export function follows(visible: Visible | undefined, before: number, after: number): boolean {
  if (visible === undefined) {
    return false;
  }
  const wasInSight = before >= visible.first && before <= visible.last + NEAR;
  return wasInSight && after > visible.last - NEAR;
}
