import assert from "node:assert/strict";
import { test } from "node:test";
import { argumentsOf } from "./arguments";

const shown = { uri: "file:///a.md", range: { start: { line: 1, character: 2 }, end: { line: 3, character: 4 } } };

test("every command says where the author is", () => {
  const { start, end } = shown.range;
  assert.deepEqual(argumentsOf("storywright.continueHere", [], shown), { uri: shown.uri, position: end });
  for (const command of ["rewriteSelection", "expandSelection", "tightenSelection"]) {
    assert.deepEqual(argumentsOf(`storywright.${command}`, [], shown), shown);
  }
  for (const command of ["rewriteChunk", "write", "plan", "explain"]) {
    assert.deepEqual(argumentsOf(`storywright.${command}`, [], shown), { uri: shown.uri, position: start });
  }
});

test("what is named stays", () => {
  const named = { uri: "file:///b.md", beat: "storm" };
  assert.deepEqual(argumentsOf("storywright.rewriteChunk", [named], shown), named);
  assert.deepEqual(argumentsOf("storywright.rewriteChunk", [{ about: named }], shown), named);
  const uri = { scheme: "file", path: "/c.md", toString: () => "file:///c.md" };
  assert.deepEqual(argumentsOf("storywright.acceptRevision", [uri], shown), { uri: "file:///c.md" });
});

test("beside a chunk stand its revision and its earlier versions", () => {
  const draft = "file:///novel/generated/lamp-01";
  const uri = { scheme: "file", path: "", toString: () => `${draft}/revisions/chunk_03.md` };
  assert.deepEqual(argumentsOf("storywright.acceptRevision", [uri], shown), { uri: uri.toString(), chunk: 3 });
  const version = { ...shown, uri: `${draft}/history/chunk_12/0001-ab.md` };
  assert.equal(argumentsOf("storywright.restoreVersion", [], version).chunk, 12);
  assert.equal(argumentsOf("storywright.write", [], version).chunk, undefined);
});

test("whatever runs is cancelled, wherever the author is", () => {
  assert.deepEqual(argumentsOf("storywright.cancel", [], shown), {});
  assert.deepEqual(argumentsOf("storywright.write", [], undefined), {});
});
