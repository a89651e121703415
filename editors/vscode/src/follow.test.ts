import assert from "node:assert/strict";
import { test } from "node:test";
import { follows } from "./follow";

test("the end of the text is followed while it is in sight", () => {
  assert.equal(follows({ first: 0, last: 40 }, 40, 42), true);
  assert.equal(follows({ first: 0, last: 40 }, 10, 12), false, "there is room left");
});

test("an author who scrolled away is left alone", () => {
  assert.equal(follows({ first: 0, last: 20 }, 60, 62), false);
  assert.equal(follows({ first: 80, last: 120 }, 60, 62), false);
  assert.equal(follows(undefined, 1, 2), false);
});
