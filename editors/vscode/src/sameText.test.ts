import assert from "node:assert/strict";
import { test } from "node:test";
import { holdsAll, isOfChunk, isSameText } from "./sameText";

test("a chunk is told by its folder, on every system", () => {
  assert.ok(isOfChunk("/desk/novel/generated/lamp-01/chunks/chunk_01.md"));
  assert.ok(isOfChunk("C:\\novel\\generated\\lamp-01\\chunks\\chunk_01.md"));
  assert.ok(!isOfChunk("/desk/novel/generated/lamp-01/revisions/chunk_01.md"));
  assert.ok(!isOfChunk("/desk/novel/chunks/notes.md"));
});

test("line ends, a byte order mark and blank ends are no other text", () => {
  assert.ok(isSameText("\uFEFFa\r\nb\r\n", "a\nb"));
  assert.ok(!isSameText("a\nb", "a\nb c"));
});

test("a text with all that the file has takes nothing away", () => {
  assert.equal(holdsAll("It was dusk. Typed. The lamp burned.", "It was dusk. The lamp burned.\n"), true);
  assert.equal(holdsAll("It was dusk. Typed.", "It was dusk. The lamp burned."), false);
  assert.equal(holdsAll("The lamp burned. It was dusk.", "It was dusk. The lamp burned."), false);
});
