import assert from "node:assert/strict";
import { test } from "node:test";
import { isStreamed, undoStops } from "./undo";

test("the edits of one chunk are one step of undo, until something else changes the document", () => {
  const last = { label: "storywright/page-1", version: 7 };
  assert.equal(undoStops(undefined, "storywright/page-1", 1).undoStopBefore, true);
  assert.equal(undoStops(last, "storywright/page-1", 7).undoStopBefore, false);
  assert.equal(undoStops(last, "storywright/page-1", 8).undoStopBefore, true);
  assert.equal(undoStops(last, "storywright/page-2", 7).undoStopBefore, true);
});

test("only what streams is joined", () => {
  assert.equal(isStreamed("storywright/page-1"), true);
  assert.equal(isStreamed("Rename"), false);
  assert.equal(isStreamed(undefined), false);
});
