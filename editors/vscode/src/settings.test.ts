import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { forServer } from "./settings";

interface Setting {
  default?: unknown;
  scope?: string;
}

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const settings: Record<string, Setting> = manifest.contributes.configuration.properties;

test("the server is not sent what is the extension's own", () => {
  const models = { draft: null, plan: "small" };
  assert.deepEqual(forServer({ server: { path: "storywright" }, models, seed: 0 }), { models, seed: 0 });
  assert.equal(forServer(null), null);
});

test("no setting of the server has a default that would beat storywright.toml", () => {
  for (const [name, setting] of Object.entries(settings)) {
    if (!name.startsWith("storywright.server.")) {
      assert.equal(setting.default, null, name);
    }
  }
});

test("a folder cannot choose what is run", () => {
  assert.equal(settings["storywright.server.path"]?.scope, "machine");
});

test("what an untrusted folder may not choose are settings that exist", () => {
  for (const name of manifest.capabilities.untrustedWorkspaces.restrictedConfigurations) {
    assert.ok(name in settings, name);
  }
});
