#!/usr/bin/env bash
# What was found: in gpt-tokenizer 4.0.0 (npm), decode() is not a function of its argument. Tokens that end inside a
# character (as any cut by a number of tokens may) leave their bytes in a decoder that the whole module shares, and the next
# decode(), be it of another text or another encoding, begins with what is left over: decoding the same tokens twice in a
# row gives two different strings, the second with a replacement character that belongs to the first.
# Why it matters: whoever cuts texts at a number of tokens, or serves two streams from one process, must decode
# only runs that end on a character, or give each text a process of its own; decoding token by token in order works by the
# same mechanism.
# Seen with: gpt-tokenizer 4.0.0, default (o200k) and cl100k_base encodings, Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund gpt-tokenizer@4.0.0 >/dev/null
cat >look.mjs <<'JS'
import { encode, decode } from "gpt-tokenizer";
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
const tokens = encode("\u{20bb7}"); // one Han character of four bytes
const beginning = tokens.slice(0, 2);
const first = decode(beginning);
const again = decode(beginning);
decode(beginning);
const other = cl100k.decode(cl100k.encode("\u{20bb7}").slice(0, 2));
const seen = { tokens: tokens.length, first, again, other };
console.log(JSON.stringify(seen));
const expected = { tokens: 4, first: "", again: "\ufffd", other: "\ufffd" };
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node look.mjs
echo "as seen: the same tokens decode to another string the second time"
