#!/usr/bin/env bash
# What was found: the lorebook of @lenml/char-card-reader 1.1.1 has a `scan` that says which entries a text calls for. An entry with
# `use_regex: true` is never among them, neither by a bare pattern nor by one between slashes; and one that is `selective`, so
# that it needs one of its secondary keys besides, comes by its first key alone. Constant, disabled and recursive entries are right.
# Why it matters: these two fields decide what a model is told. With this scan, secrets that were tied to two words are told at the
# first, and entries written as patterns are never told. A program that reads such books has to match keys by itself, by the
# published fields.
# Seen with: @lenml/char-card-reader 1.1.1 (npm), Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @lenml/char-card-reader@1.1.1 >/dev/null
cat >look.mjs <<'JS'
import { CharacterCard } from "@lenml/char-card-reader";
const entry = (content, more) => ({
  keys: ["harbor"], content, extensions: {}, enabled: true, insertion_order: 1, use_regex: false, ...more,
});
const texts = Object.fromEntries(
  ["name", "description", "personality", "scenario", "first_mes", "mes_example", "creator_notes", "system_prompt",
    "post_history_instructions", "creator", "character_version"].map((field) => [field, ""]),
);
const data = {
  ...texts, name: "Mara", alternate_greetings: [], tags: [], group_only_greetings: [], extensions: {},
  character_book: {
    extensions: {},
    entries: [
      entry("plain"),
      entry("selective", { selective: true, secondary_keys: ["night"] }),
      entry("pattern", { keys: ["har.or"], use_regex: true }),
      entry("slashes", { keys: ["/har.or/i"], use_regex: true }),
      entry("constant", { keys: [], constant: true }),
      entry("disabled", { enabled: false }),
    ],
  },
};
const card = CharacterCard.from_json({ spec: "chara_card_v3", spec_version: "3.0", data });
const called = card.get_book().scan("They came to the harbor at noon.").map((found) => found.content).sort();
console.log(called.join(", "));
process.exit(called.join() === "constant,plain,selective" ? 0 : 1);
JS
node look.mjs
echo "as seen: the selective entry without its second key, and no pattern"
