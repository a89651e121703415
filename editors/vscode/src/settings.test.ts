import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { withoutUnset } from "./settings";

interface Setting {
  default?: unknown;
  scope?: string;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const settings: Record<string, Setting> = manifest.contributes.configuration.properties;

test("what nobody set is not sent", () => {
  const cases: [unknown, unknown][] = [
    [null, null],
    [{}, {}],
    [{ provider: null, chunk_words: 900 }, { chunk_words: 900 }],
    [{ models: { draft: null, plan: null } }, {}],
    [{ models: { draft: "small", plan: null } }, { models: { draft: "small" } }],
    [{ seed: 0, state: "off", temperature: 0 }, { seed: 0, state: "off", temperature: 0 }],
    [[{ provider: null }], [{}]],
  ];
  for (const [given, expected] of cases) {
    assert.deepEqual(withoutUnset(given), expected);
  }
});

test("no setting of the server has a default that would beat storywright.toml", () => {
  for (const [name, setting] of Object.entries(settings)) {
    if (!name.startsWith("storywright.server.")) {
      assert.equal(setting.default, null, name);
    }
  }
});

test("a folder cannot choose what is run or where a key is sent", () => {
  for (const name of ["server.path", "base_url", "api_key_env", "api_key_command"]) {
    assert.equal(settings[`storywright.${name}`]?.scope, "machine", name);
  }
});

test("what an untrusted folder may not choose are settings that exist", () => {
  for (const name of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) {
    assert.ok(name in settings, name);
  }
});
