import assert from "node:assert/strict";
import { test } from "node:test";
import { isNext, isStreamed, Passed } from "./undo";

test("the edits of one chunk are one step of undo, until something else changes the document", () => {
  const last = { label: "storywright/page-1", version: 7 };
  assert.equal(isNext(undefined, "storywright/page-1", 1), false);
  assert.equal(isNext(last, "storywright/page-1", 7), true);
  assert.equal(isNext(last, "storywright/page-1", 8), false);
  assert.equal(isNext(last, "storywright/page-2", 7), false);
});

test("only what streams is joined", () => {
  assert.equal(isStreamed("storywright/page-1"), true);
  assert.equal(isStreamed("Rename"), false);
  assert.equal(isStreamed(undefined), false);
});

test("undo stops at no text that a document only passed through, and at every other", () => {
  const passed = new Passed();
  passed.note("chunk_01.md", "The la");
  assert.equal(passed.has("chunk_01.md", () => "The la"), true);
  assert.equal(passed.has("chunk_01.md", () => "The lamp."), false);
  assert.equal(passed.has("chunk_02.md", () => "The la"), false);
  passed.forget("chunk_01.md");
  assert.equal(passed.has("chunk_01.md", () => "The la"), false);
});
