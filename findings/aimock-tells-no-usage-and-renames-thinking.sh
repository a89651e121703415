#!/usr/bin/env bash
# What was found: the mock model server @copilotkit/aimock 1.43.0, asked the same question over three protocols, tells
# token counts in one of them only. OpenAI's final chunk has an estimate (completion_tokens > 0); the Anthropic stream says 0 in
# message_start and again 0 in message_delta, and Ollama's last line has prompt_eval_count 0 and eval_count 0, for an answer of
# several words. And reasoning goes out on /api/chat as message.reasoning_content, where Ollama itself says message.thinking.
# Why it matters: a client that divides text by counted tokens, learns a ratio from them or bounds a budget by them
# must take 0 for "not told", not for a measurement; and one that reads only `thinking` sees no reasoning from it.
# Seen with: @copilotkit/aimock 1.43.0 (npm), Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @copilotkit/aimock@1.43.0 >/dev/null
cat >look.mjs <<'JS'
import { LLMock } from "@copilotkit/aimock";
const server = new LLMock({ port: 0 });
server.on({}, { content: "Mara lit the lamp and waited for the boat.", reasoning: "a plan" });
await server.start();
const messages = [{ role: "user", content: "x" }];
const ask = async (path, body) => {
  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ stream: true, messages, ...body }),
  });
  const lines = (await answer.text()).split("\n").map((line) => line.replace(/^data: /, ""));
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
};
const openai = await ask("/v1/chat/completions", { model: "gpt-4o", stream_options: { include_usage: true } });
const anthropic = await ask("/v1/messages", { model: "claude-3-5-sonnet", max_tokens: 99 });
const ollama = await ask("/api/chat", { model: "llama3", think: true });
await server.stop();
const seen = {
  openai: openai.findLast((event) => event.usage).usage.completion_tokens > 0,
  anthropicStart: anthropic.find((event) => event.type === "message_start").message.usage.output_tokens,
  anthropicEnd: anthropic.find((event) => event.type === "message_delta").usage.output_tokens,
  ollamaIn: ollama.at(-1).prompt_eval_count,
  ollamaOut: ollama.at(-1).eval_count,
  ollamaReasoning: Object.keys(ollama[0].message).sort().join(),
};
console.log(JSON.stringify(seen));
const expected = {
  openai: true, anthropicStart: 0, anthropicEnd: 0, ollamaIn: 0, ollamaOut: 0,
  ollamaReasoning: "content,reasoning_content,role",
};
process.exit(JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1);
JS
node look.mjs
echo "as seen: counts in one protocol of three, reasoning under another name"
