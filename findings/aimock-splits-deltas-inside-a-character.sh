#!/usr/bin/env bash
# What was found: the mock model server @copilotkit/aimock 1.43.0 cuts an answer into deltas by UTF-16 code units. A
# character outside the Basic Multilingual Plane that falls on a cut is sent as one half of a surrogate pair at the end of
# one JSON document and the other half at the beginning of the next ("\ud83d", then "\ude00"), in all three protocols that
# it speaks: OpenAI chat completions, Anthropic Messages and Ollama's /api/chat.
# Why it matters: each such document is valid JSON by RFC 8259, but not decodable to Unicode by itself. A client that decodes
# event by event into UTF-8 strings refuses the event (Rust's serde_json), or stores two replacement characters; only one that
# joins the halves across events gets the text of the fixture.
# Seen with: @copilotkit/aimock 1.43.0 (npm), Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @copilotkit/aimock@1.43.0 >/dev/null
cat >look.mjs <<'JS'
import { LLMock } from "@copilotkit/aimock";
const text = "Mara \u{1f600} lit the lamp.";
const server = new LLMock({ port: 0, chunkSize: 6 });
server.on({}, { content: text });
await server.start();
const messages = [{ role: "user", content: "x" }];
const calls = {
  "/v1/chat/completions": { model: "gpt-4o", stream: true, messages },
  "/v1/messages": { model: "claude-3-5-sonnet", stream: true, max_tokens: 99, messages },
  "/api/chat": { model: "llama3", stream: true, messages },
};
let wrong = 0;
for (const [path, body] of Object.entries(calls)) {
  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const wire = await answer.text();
  const halves = wire.match(/[^"]*\\ud83d"|"\\ude00[^"]*/g) ?? [];
  console.log(path, answer.status, JSON.stringify(halves));
  if (answer.status !== 200 || halves.length !== 2 || wire.includes("\u{1f600}")) wrong = 1;
}
await server.stop();
process.exit(wrong);
JS
node look.mjs
echo "as seen: both halves are sent apart in all three protocols"
