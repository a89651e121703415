import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentsInPlace } from "./inplace";

const shown = { uri: "file:///a.md", range: { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } } };

test("the palette says where the author is", () => {
  const position = shown.range.end;
  assert.deepEqual(argumentsInPlace("storywright.continueHere", [], shown), [{ uri: shown.uri, position }]);
  for (const command of ["rewriteSelection", "expandSelection", "tightenSelection"]) {
    assert.deepEqual(argumentsInPlace(`storywright.${command}`, [], shown), [shown]);
  }
});

test("what is named stays, and other commands get nothing", () => {
  const named = [{ uri: "file:///b.md" }];
  assert.equal(argumentsInPlace("storywright.continueHere", named, shown), named);
  assert.deepEqual(argumentsInPlace("storywright.write", [], shown), []);
  assert.deepEqual(argumentsInPlace("storywright.continueHere", [], undefined), []);
});
