import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { forServer } from "./settings";

interface Setting {
  default?: unknown;
  scope?: string;
  enum?: unknown[];
  enumDescriptions?: string[];
}

const manifest = JSON.parse(readFileSync("package.json", "utf8"));
const groups: { properties: Record<string, Setting> }[] = manifest.contributes.configuration;
const settings: Record<string, Setting> = Object.assign({}, ...groups.map((group) => group.properties));

test("the server is not sent what is the extension's own", () => {
  const models = { draft: null, plan: "small" };
  assert.deepEqual(forServer({ server: { path: "storywright" }, trace: { server: "off" }, models, seed: 0 }), { models, seed: 0 });
  assert.equal(forServer(null), null);
});

test("no setting of the server has a default that would beat storywright.toml", () => {
  for (const [name, setting] of Object.entries(settings)) {
    if (!name.startsWith("storywright.trace.")) {
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

test("each value of a setting is described", () => {
  for (const group of groups) {
    for (const [name, setting] of Object.entries(group.properties)) {
      assert.equal(setting.enumDescriptions?.length, setting.enum?.length, name);
    }
  }
});
