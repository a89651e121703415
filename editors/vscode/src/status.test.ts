import assert from "node:assert/strict";
import { test } from "node:test";
import { statusLines, statusTitle, type ChunkStatus } from "./status";

const chunk = (number: number, rest: Partial<ChunkStatus>): ChunkStatus => ({
  number,
  title: "The Logbook",
  file: `generated/the-lamp-keeper-01/chunks/chunk_0${number}.md`,
  status: "complete",
  words: 1498,
  target_words: 1500,
  stale: false,
  edited: false,
  ...rest,
});

const status = {
  story: "The Lamp Keeper",
  session: "the-lamp-keeper-01",
  words: 1900,
  target_words: 4500,
  chunks: [
    chunk(1, { stale: true, edited: true }),
    chunk(2, { status: "partial", words: 402 }),
    chunk(3, { status: "missing", words: 0 }),
  ],
};

test("a line a chunk says how far it is, and opens what is there", () => {
  assert.deepEqual(statusLines(status), [
    {
      label: "1. The Logbook",
      description: "complete · stale · edited · 1498 of 1500 words",
      file: "generated/the-lamp-keeper-01/chunks/chunk_01.md",
    },
    {
      label: "2. The Logbook",
      description: "partial · 402 of 1500 words",
      file: "generated/the-lamp-keeper-01/chunks/chunk_02.md",
    },
    { label: "3. The Logbook", description: "missing · 0 of 1500 words" },
  ]);
});

test("the title sums up the story", () => {
  assert.equal(statusTitle(status), "The Lamp Keeper: 1 of 3 chunks, 1900 of 4500 words");
});
