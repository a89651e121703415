/** Shows what a chunk was before, and the rewrite that waits for it, in the diff editor. */
import * as vscode from "vscode";
import type { Arguments } from "./arguments";
import type { Server } from "./server";
import { folderOf, type Story } from "./story";

interface Version {
  version: number;
  replaced: string | null;
  why: string | null;
  words: number;
  complete: boolean;
}

interface Versions {
  chunk: number;
  title: string;
  file: string;
  versions: Version[];
}

async function versions(server: Server, given: Arguments): Promise<Versions | undefined> {
  const found = await server.run("storywright.showVersions", { ...given, quiet: true });
  return typeof found === "object" && found !== null && "versions" in found ? (found as Versions) : undefined;
}

function diff(left: vscode.Uri, right: vscode.Uri, title: string): Thenable<unknown> {
  return vscode.commands.executeCommand("vscode.diff", left, right, title, { preview: true });
}

/** Shows what changed since a version. On the left is its text as the file of the chunk would be with it. */
async function diffSince(server: Server, given: Arguments, found: Versions, version: number): Promise<boolean> {
  const answer = await server.run("storywright.showDiff", { ...given, version, quiet: true });
  if (typeof answer !== "object" || answer === null || !("before" in answer) || given.uri === undefined) {
    return false;
  }
  const now = vscode.Uri.joinPath(folderOf(vscode.Uri.parse(given.uri)), found.file);
  await diff(vscode.Uri.parse(String(answer.before)), now, `Chunk ${found.chunk}: Version ${version} ↔ Now`);
  return true;
}

/** Lets the author choose an earlier version, shows what changed since, and offers to bring it back. */
export async function chooseVersion(server: Server, given: Arguments): Promise<void> {
  const found = await versions(server, given);
  if (found === undefined || given.uri === undefined) {
    return;
  }
  if (found.versions.length === 0) {
    void vscode.window.showInformationMessage(`Chunk ${found.chunk} “${found.title}” has no earlier version.`);
    return;
  }
  const choices = [...found.versions].reverse().map((version) => ({
    label: `Version ${version.version}`,
    description: `${version.words} words${version.complete ? "" : ", not complete"}`,
    detail: [version.why ?? "", version.replaced ?? ""].filter((word) => word !== "").join(", "),
    version,
  }));
  const title = `Versions of Chunk ${found.chunk} “${found.title}”`;
  const chosen = await vscode.window.showQuickPick(choices, { title, placeHolder: "Compare with the present text" });
  if (chosen === undefined) {
    return;
  }
  const { version } = chosen.version;
  if (!(await diffSince(server, given, found, version))) {
    return;
  }
  const restore = "Restore This Version";
  const question = `Is version ${version} to be chunk ${found.chunk} again? The text that it replaces is kept.`;
  if ((await vscode.window.showInformationMessage(question, restore)) === restore) {
    await server.run("storywright.restoreVersion", { ...given, version });
  }
}

/** Shows the rewrite that waits, else what changed since the last version. */
export async function showDiff(server: Server, story: Story, given: Arguments): Promise<void> {
  const found = await versions(server, given);
  if (found === undefined || given.uri === undefined) {
    return;
  }
  const uri = vscode.Uri.parse(given.uri);
  const shown = await story.read(uri, given.session ?? undefined);
  const chunk = shown?.status.chunks.find(({ number }) => number === found.chunk);
  const last = found.versions.at(-1);
  if (chunk?.revision !== undefined) {
    // The revision is on the right, so that its buttons are in the title, and may be changed before it is accepted.
    const file = (name: string): vscode.Uri => vscode.Uri.joinPath(folderOf(uri), name);
    await diff(file(found.file), file(chunk.revision), `Chunk ${found.chunk}: Now ↔ Revision`);
  } else if (last !== undefined) {
    await diffSince(server, given, found, last.version);
  } else {
    void vscode.window.showInformationMessage(`Chunk ${found.chunk} “${found.title}” has no earlier version and no revision.`);
  }
}
