import assert from "node:assert/strict";
import { test } from "node:test";
import { locate, type Machine } from "./locate";

const machine = (platform: string, path: string, files: string[]): Machine => ({
  platform,
  path,
  home: "/users/mara",
  isProgram: (file) => files.includes(file),
});

test("the setting comes before the bundled program, and that before PATH", () => {
  const all = machine("linux", "/bin:/usr/bin", ["/programs/sw", "/ext/server/storywright", "/usr/bin/storywright", "/users/mara/sw"]);
  const bundled = "/ext/server/storywright";
  assert.deepEqual(locate("/programs/sw", bundled, all), { program: "/programs/sw" });
  assert.deepEqual(locate("~/sw", bundled, all), { program: "/users/mara/sw" });
  assert.deepEqual(locate("storywright", bundled, all), { program: "/usr/bin/storywright" });
  assert.deepEqual(locate("", bundled, all), { program: bundled });
  assert.deepEqual(locate("", "/elsewhere", all), { program: "/usr/bin/storywright" });
});

test("Windows has its own endings and separators", () => {
  const windows = machine("win32", "C:\\bin;C:\\tools\\", ["C:\\tools\\storywright.exe"]);
  assert.deepEqual(locate("", "C:\\ext\\server\\storywright", windows), { program: "C:\\tools\\storywright.exe" });
});

test("what is missing is said, and a wrong setting is not passed over", () => {
  const found = locate("/wrong", "/ext/server/storywright", machine("linux", "/bin", ["/bin/storywright"]));
  assert.match("missing" in found ? found.missing : "", /server\.path says \/wrong/);
  assert.match(JSON.stringify(locate("", "/none", machine("linux", "", []))), /not in PATH/);
});
