// One session of an author in VS Code, from the installed extension to the exported story.
//
// Called with the server, the extension and an empty folder in the environment; ends with 0 when all holds.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Editor, until, write } from "./editor.mjs";

const { STORYWRIGHT_BIN, STORYWRIGHT_VSIX, STORYWRIGHT_TOOLS, STORYWRIGHT_BRIEF, DESK, FAILED, LIMIT_SECONDS } = process.env;
const folder = path.join(DESK, "novel");
/** The first pace leaves time to watch a chunk on a machine with other work, the second does not keep anybody waiting. */
const settings = (wordsPerSecond) => ({
  "storywright.provider": "demo",
  "storywright.demo.words_per_second": wordsPerSecond,
  "files.autoSave": "off",
  "workbench.startupEditor": "none",
  "editor.minimap.enabled": false,
  // They would be read as text.
  "editor.inlayHints.enabled": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "remote.autoForwardPorts": false,
});
write(path.join(folder, "notes.md"), "Notes.\n");

const DRAFT = "generated/the-lamp-keeper-01";
const chunk = (number) => `${DRAFT}/chunks/chunk_0${number}.md`;
const isComplete = (text) => text.includes("status: complete");

const begun = Date.now();
const step = (name) => console.log(`${String(Math.round((Date.now() - begun) / 1000)).padStart(4)} s  ${name}`);

const editor = await Editor.start({
  home: path.join(DESK, "editor"),
  folder,
  vsix: STORYWRIGHT_VSIX,
  tools: STORYWRIGHT_TOOLS,
  settings: settings(2),
  machine: { "storywright.server.path": "/nowhere/storywright" },
});
const machine = path.join(editor.user, "Machine", "settings.json");
const { page } = editor;

/** Says what went wrong, with a picture of it. */
async function fail(error) {
  await page.screenshot({ path: FAILED, timeout: 10_000 }).then(() => console.error(`see ${FAILED}`), () => {});
  const draft = editor.file(DRAFT);
  console.error(editor.console.slice(-20).join("\n"));
  console.error(fs.existsSync(draft) ? fs.readdirSync(draft, { recursive: true }).join("\n") : "no draft");
  console.error(error);
  process.exitCode = 1;
}

/** Ends before the whole is over, and leaves no editor and no browser behind. */
async function end(error) {
  await fail(error);
  await editor.stop();
  process.exit(1);
}
setTimeout(() => end(new Error(`the session took longer than ${LIMIT_SECONDS} s`)), LIMIT_SECONDS * 1000).unref();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.once(signal, () => end(new Error(signal)));
}

try {
  step("a wrong path is said once, and corrected without a reload");
  const wrong = editor.toast("there is no such program");
  await editor.open("notes.md");
  await wrong.waitFor();
  assert.equal(await wrong.count(), 1, "one message for one fault");
  fs.writeFileSync(machine, JSON.stringify({ "storywright.server.path": STORYWRIGHT_BIN }));

  await editor.command("Storywright: Focus on Story View");
  await page.getByText("There is no story in this folder yet").waitFor();
  await wrong.waitFor({ state: "hidden" });
  await editor.widenSideBar(90);

  step("the walkthrough");
  await editor.command("Welcome: Open Walkthrough...");
  await editor.choose("Write a Story with Storywright");
  await page.locator(".getting-started-step", { hasText: "Who writes" }).first().waitFor();
  await editor.picture("walkthrough");

  step("a new story");
  await editor.command("Storywright: New Story");
  await editor.answer("The Lamp Keeper");
  await editor.tab("story.md").waitFor();
  assert.match(editor.read("story.md"), /title: "The Lamp Keeper"/);
  fs.copyFileSync(STORYWRIGHT_BRIEF, editor.file("story.md"));
  await until("the brief from disk", async () => (await editor.text()).includes("The keeper of a lighthouse") || (await editor.text()).includes("pov: third person"));

  step("the tree");
  const row = (title) => page.locator(".pane-body .monaco-list-row", { hasText: title });
  await row("1. The Logbook").waitFor();

  step("a chunk streams, and is typed in meanwhile");
  await editor.command("Storywright: Write or Resume the Story");
  await editor.busy();
  await until("the first words on disk", () => editor.read(chunk(1)).length > 150);
  await editor.command("Storywright: Cancel the Running Jobs");
  await editor.idle();
  await row("1. The Logbook").click();
  await editor.tab("chunk_01.md").waitFor();
  await editor.command("Storywright: Write or Resume the Story");
  await editor.busy();
  const first = await until("text in the editor", async () => {
    const text = await editor.text();
    return text.length > 150 && text;
  });
  await until("more text", async () => (await editor.text()).length > first.length + 40);
  await editor.focusText();
  await editor.goToLine(6);
  await page.keyboard.type("Typed meanwhile. ");
  const typed = (await editor.text()).length;
  await until("text beside what was typed", async () => (await editor.text()).length > typed + 20);

  step("cancel");
  await editor.command("Storywright: Cancel the Running Jobs");
  await editor.idle();
  assert.ok(!isComplete(editor.read(chunk(1))));
  const left = await editor.text();
  assert.ok(left.includes("Typed meanwhile."), left);

  step("reload, and go on by the question");
  // Written within a second or two of the last change, so that the window may go.
  const lastLine = left.trimEnd().split("\n").at(-1);
  await until("the editor's own backup", () => editor.backups().some((text) => text.includes("Typed meanwhile.") && text.includes(lastLine)));
  write(path.join(editor.user, "User", "settings.json"), JSON.stringify(settings(30)));
  await editor.reload();
  await until("what was never saved in the editor", async () => (await editor.text()).includes("Typed meanwhile."));
  const question = editor.toast("stopped in chunk");
  await question.waitFor();
  await question.getByRole("button", { name: "Go On" }).click();
  await editor.busy();
  await until("the second chunk", () => editor.read(chunk(2)).length > 100);
  await until("all chunks on disk", () => [2, 3, 4].every((number) => isComplete(editor.read(chunk(number)))));
  await editor.idle();
  await editor.open("chunk_01.md");
  await editor.saveAll();
  await until("the first chunk saved", () => isComplete(editor.read(chunk(1))));
  assert.equal(await editor.toast("Failed to save").count(), 0, "a chunk can be saved after a reload");
  assert.ok(editor.read(chunk(1)).includes("Typed meanwhile."), "what was typed is kept");

  step("the palette puts the smaller deed first");
  const offered = (await editor.palette("rewrite this chunk")).filter((label) => label.includes("Storywright"));
  assert.match(offered[0], /Storywright: Rewrite This Chunk(,|$)/, offered.join("\n"));

  step("a rewrite with a note, and undo");
  await editor.open("chunk_01.md");
  const before = editor.read(chunk(1));
  const old = await editor.text();
  await editor.command("Storywright: Rewrite This Chunk with a Note");
  await editor.answer("colder");
  await editor.busy();
  // The editor closes its step of undo at a save, also at one of its own, and when the cursor moves.
  const begins = await until("the first of the new text", async () => {
    const text = await editor.text();
    return text.includes("status: partial") && !text.includes("Typed meanwhile.") && text;
  });
  await editor.focusText();
  await page.keyboard.press("Control+Home");
  await editor.saveAll();
  await until("more of the new text", async () => (await editor.text()).length > begins.length + 40);
  await page.keyboard.press("ArrowDown");
  await editor.lens("being written");
  await editor.picture("streaming");
  await editor.idle();
  const rewritten = await until("all of the new text", async () => {
    const text = await editor.text();
    return isComplete(text) && text;
  });
  await editor.focusText();
  await page.keyboard.press("Control+Z");
  await until("the whole old text by one undo", async () => (await editor.text()) === old);
  await page.keyboard.press("Control+Y");
  await until("the whole new text by one redo", async () => (await editor.text()) === rewritten);
  await editor.saveAll();
  await until("the new text on disk", () => isComplete(editor.read(chunk(1))) && editor.read(chunk(1)) !== before);
  await editor.lens(/^\d+ \/ 150 words/);
  for (const number of [2, 3, 4]) {
    assert.ok(isComplete(editor.read(chunk(number))), `chunk ${number} is as it was`);
  }

  step("what changed, in the diff editor");
  await editor.command("Storywright: Show What Changed in This Chunk");
  await page.locator(".monaco-diff-editor").first().waitFor();
  await page.locator(".monaco-diff-editor .line-insert, .monaco-diff-editor .char-insert").first().waitFor();
  assert.ok(!(await page.locator(".monaco-diff-editor").innerText()).includes("replaced:"), "nothing but the text differs");
  await editor.picture("diff");

  step("a revision is accepted from the diff");
  await editor.open("chunk_03.md");
  const unrefined = editor.read(chunk(3));
  await editor.command("Storywright: Refine This Chunk");
  await until("a revision", () => editor.read(`${DRAFT}/revisions/chunk_03.md`).length > 0);
  await editor.idle();
  await editor.open("chunk_03.md");
  await editor.command("Storywright: Show What Changed in This Chunk");
  await editor.tab("Now ↔ Revision").waitFor();
  await page.locator(".editor-actions [aria-label^='Accept the Revision']").first().click();
  await until("the revision to be gone", () => editor.read(`${DRAFT}/revisions/chunk_03.md`) === "");
  await editor.saveChanged("chunk_03.md");
  await until("the accepted text", () => editor.read(chunk(3)) !== unrefined);

  step("a version is brought back");
  await editor.open("chunk_03.md");
  await editor.command("Storywright: Choose an Earlier Version of This Chunk");
  await editor.choose("Version 1");
  const restore = editor.toast("is to be chunk 3 again").or(editor.toast("to be chunk 3 again"));
  await restore.first().waitFor();
  await restore.first().getByRole("button", { name: "Restore This Version" }).click();
  await editor.saveChanged("chunk_03.md");
  await until("the version", () => editor.read(chunk(3)) === unrefined);

  step("a character is renamed, and hovered");
  await editor.open("story.md");
  const line = editor.read("story.md").split("\n").indexOf("## Mara Voss") + 1;
  await editor.goToLine(line);
  for (let column = 0; column < 4; column += 1) {
    await page.keyboard.press("ArrowRight");
  }
  await page.keyboard.press("F2");
  const box = page.locator(".rename-box input");
  await box.waitFor();
  await box.fill("Nora Voss");
  await page.keyboard.press("Enter");
  await until("the new name in the brief", async () => (await editor.text()).includes("Nora Voss"));
  await editor.saveAll();
  await until("the new name on disk", () => editor.read("story.md").includes("## Nora Voss"));
  await until("the new name in the chunks", () => [1, 3].every((number) => !editor.read(chunk(number)).includes("Mara")));
  await editor.goToLine(line);
  for (let column = 0; column < 4; column += 1) {
    await page.keyboard.press("ArrowRight");
  }
  await editor.command("Show or Focus Hover");
  await page.locator(".monaco-hover", { hasText: "forty-one years old" }).first().waitFor();
  await page.keyboard.press("Escape");
  await editor.goToLine(editor.read("story.md").split("\n").findIndex((text) => text.startsWith("## What the Ink Said")) + 1);
  await editor.lens("150 words");
  await editor.picture("tree");

  step("a beat is dragged to another place");
  await row("4. What the Ink Said").dragTo(row("1. The Logbook"));
  await editor.saveChanged("story.md");
  await until("the beat at its new place", () => {
    const brief = editor.read("story.md");
    return brief.indexOf("## What the Ink Said") < brief.indexOf("## The Logbook");
  });

  step("the draft is exported");
  await editor.open("story.md");
  await editor.command("Storywright: Export This Draft");
  await editor.choose("One Markdown file");
  await until("the export", () => {
    const exports = editor.file(`${DRAFT}/exports`);
    return fs.existsSync(exports) && fs.readdirSync(exports).some((name) => name.endsWith(".md"));
  });
  step("done");
} catch (error) {
  await fail(error);
} finally {
  await editor.stop();
}
