#!/usr/bin/env bash
# What was found: @risuai/ccardlib 0.4.2 converts a lorebook from V3 to V2 without its decorators (`@@depth 5` and the like at the
# head of an entry), also where it is called with `removeDecorators: false`: the option is read and changes nothing. There and
# back, depth, activation and the rest are gone; decorators further down in the text stay as they are.
# Why it matters: V2 is what most programs still write. An entry that was meant to appear late, at a depth or once, comes back as
# one that always applies, and no error or warning says so. A program that takes lorebooks in should read V3 as it is.
# Seen with: @risuai/ccardlib 0.4.2 (npm), Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @risuai/ccardlib@0.4.2 >/dev/null
cat >look.mjs <<'JS'
import { CCardLib } from "@risuai/ccardlib";
const content = "@@depth 5\n@@activate_only_after 3\nThe harbor is closed.\n@@ is no decorator here.";
const entry = { keys: ["harbor"], content, extensions: {}, enabled: true, insertion_order: 1, use_regex: false };
const book = { extensions: {}, entries: [entry] };
let wrong = 0;
for (const options of [undefined, { removeDecorators: true }, { removeDecorators: false }]) {
  const older = CCardLib.lorebook.convert(structuredClone(book), { from: "v3", to: "v2", options });
  const back = CCardLib.lorebook.convert(older, { from: "v2", to: "v3", options });
  console.log(JSON.stringify(options) ?? "no options", JSON.stringify(back.entries[0].content));
  if (back.entries[0].content !== "The harbor is closed.\n@@ is no decorator here.") wrong = 1;
}
process.exit(wrong);
JS
node look.mjs
echo "as seen: the same without decorators, whatever the option says"
