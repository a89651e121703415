import assert from "node:assert/strict";
import { test } from "node:test";
import { context, length, marks, nodes, summary, type ChunkStatus } from "./status";

const chunk = (number: number, rest: Partial<ChunkStatus>): ChunkStatus => ({
  number,
  beat: `beat-${number}`,
  title: "The Logbook",
  file: `generated/the-lamp-keeper-01/chunks/chunk_0${number}.md`,
  status: "complete",
  words: 1498,
  target_words: 1500,
  stale: false,
  stale_reasons: [],
  edited: false,
  locked: false,
  has_history: false,
  has_revision: false,
  ...rest,
});

const status = {
  story: "The Lamp Keeper",
  brief: "story.md",
  session: "the-lamp-keeper-01",
  words: 1900,
  target_words: 4500,
  chunks: [
    chunk(1, { stale: true, stale_reasons: ["rule 3 changed"], edited: true }),
    chunk(2, { status: "partial", words: 402, chapter: "Dusk" }),
    chunk(3, { status: "missing", words: 0, chapter: "Dusk", has_revision: true, locked: true }),
  ],
};

test("a chunk says what is remarkable about it", () => {
  assert.deepEqual(status.chunks.map(marks), [
    ["stale: rule 3 changed", "edited"],
    ["partial"],
    ["locked", "revision waits"],
  ]);
  assert.deepEqual(status.chunks.map(length), ["1,498/1,500", "402/1,500", "1,500 words to write"]);
});

test("chapters hold their chunks, in the order of the outline", () => {
  const [first, second] = nodes(status);
  assert.ok(first !== undefined && "chunk" in first && first.chunk.number === 1);
  assert.ok(second !== undefined && "chapter" in second);
  assert.deepEqual(second.chunks.map((it) => it.number), [2, 3]);
});

test("menus find what a chunk is", () => {
  assert.equal(context(status.chunks[0]!), "chunk;complete;stale;free;");
  assert.equal(context(status.chunks[2]!), "chunk;missing;locked;revision;");
});

test("the summary sums up the story", () => {
  assert.equal(summary(status), "The Lamp Keeper: 1 of 3 chunks, 1,900/4,500 words");
});
