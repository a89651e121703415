import assert from "node:assert/strict";
import { test } from "node:test";
import { move, moved } from "./reorder";

const text = ["# Outline", "", "## A {#a}", "a", "", "## B {#b}", "b", "Exit: b", "", "## C {#c}", "c"];
const beats = [
  { id: "a", start: 2, end: 3 },
  { id: "b", start: 5, end: 7 },
  { id: "c", start: 9, end: 10 },
];

const after = (id: string, before: string | undefined, rest: string[] = []): string | undefined => {
  const all = [...text, ...rest];
  const way = move(all, beats, id, before);
  return way && moved(all, way).join("|");
};

test("a beat goes with its text", () => {
  assert.equal(after("c", "a"), "# Outline||## C {#c}|c||## A {#a}|a||## B {#b}|b|Exit: b|");
  assert.equal(after("a", "c"), "# Outline||## B {#b}|b|Exit: b||## A {#a}|a||## C {#c}|c");
});

test("the last place is behind the last beat, not behind what follows the outline", () => {
  assert.equal(after("a", undefined), "# Outline||## B {#b}|b|Exit: b||## C {#c}|c||## A {#a}|a|");
  const rest = ["", "# Notes", "n"];
  assert.equal(
    after("b", undefined, rest),
    "# Outline||## A {#a}|a||## C {#c}|c||## B {#b}|b|Exit: b||# Notes|n",
  );
});

test("what stands there already stays", () => {
  assert.equal(after("a", "a"), undefined);
  assert.equal(after("a", "b"), undefined);
  assert.equal(after("c", undefined), undefined);
  assert.equal(after("z", "a"), undefined);
});
