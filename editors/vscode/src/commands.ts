/** The commands: those of the server with what an editor asks for better, and the extension's own. */
import * as vscode from "vscode";
import { argumentsOf, type Arguments, type Shown } from "./arguments";
import type { Keys } from "./keys";
import type { Server } from "./server";
import { length, marks, summary } from "./status";
import { showMenu } from "./statusBar";
import type { Story } from "./story";
import type { Tree } from "./tree";
import { chooseVersion, showDiff } from "./versions";

/** The pace of the demo writer at which its text is seen to grow, in words a second: that of a fast model. */
const VISIBLY = 60;

type Run = (given: Arguments) => Promise<unknown>;

export interface Parts {
  server: Server;
  story: Story;
  tree: Tree;
  keys: Keys;
}

/** Registers every command that the manifest lists. */
export function registerCommands(context: vscode.ExtensionContext, parts: Parts): void {
  const { server } = parts;
  const special = asking(parts);
  const own = ofExtension(parts);
  const listed: { command: string }[] = context.extension.packageJSON.contributes.commands;
  for (const { command } of listed) {
    const run = own[command] ?? ((...given: unknown[]) => {
      const about = argumentsOf(command, given, shown());
      return (special[command] ?? ((it) => server.run(command, it)))(about);
    });
    context.subscriptions.push(vscode.commands.registerCommand(command, run));
  }
}

/** Where the author is: the document of the active text editor, and what is selected in it. */
function shown(): Shown | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && { uri: editor.document.uri.toString(), range: editor.selection };
}

/** The server's commands for which the editor asks something first, or shows the answer. */
function asking({ server, story }: Parts): Record<string, Run> {
  return {
    "storywright.newStory": (given) => newStory(server, given),
    "storywright.import": (given) => importBook(server, given),
    "storywright.showVersions": (given) => chooseVersion(server, given),
    "storywright.showDiff": (given) => showDiff(server, story, given),
    "storywright.showStatus": (given) => showStatus(server, story, given),
    "storywright.switchSession": (given) => switchSession(server, story, given),
    "storywright.export": async (given) => {
      const formats = [
        { label: "One Markdown file", format: "md" },
        { label: "EPUB, a book for readers", format: "epub" },
        { label: "Word document, a manuscript", format: "docx" },
        { label: "Web page", format: "html" },
        { label: "Plain text", format: "txt" },
        { label: "ZIP with the draft and its history", format: "zip" },
      ];
      const chosen = given.format ?? (await vscode.window.showQuickPick(formats, { title: "Export This Draft" }))?.format;
      return chosen && server.run("storywright.export", { ...given, format: chosen });
    },
  };
}

/** The extension's own commands. */
function ofExtension({ server, story, tree, keys }: Parts): Record<string, (...given: unknown[]) => unknown> {
  const withWords = (command: string, name: "note" | "instruction", title: string, example: string) =>
    async (...given: unknown[]) => {
      const about = argumentsOf(command, given, shown());
      const words = await vscode.window.showInputBox({ title, placeHolder: example, ignoreFocusOut: true });
      return words !== undefined && words.trim() !== "" ? server.run(command, { ...about, [name]: words }) : undefined;
    };
  return {
    "storywright.restartServer": () => server.restart(),
    "storywright.showLog": () => server.showLog(),
    "storywright.menu": () => showMenu(story),
    "storywright.openChunk": (element) => tree.open(element),
    "storywright.openBeat": (element) => tree.openBeat(element),
    "storywright.refresh": () => story.lookSoon(),
    "storywright.setKey": async () => {
      if (await keys.enter()) {
        await server.restart();
        void vscode.window.showInformationMessage("The key is kept, and the server runs with it.");
      }
    },
    "storywright.forgetKeys": async () => {
      const count = await keys.forget();
      await server.restart();
      void vscode.window.showInformationMessage(count === 1 ? "One key is forgotten." : `${count} keys are forgotten.`);
    },
    "storywright.useDemo": async () => {
      const settings = vscode.workspace.getConfiguration("storywright");
      await settings.update("provider", "demo", vscode.ConfigurationTarget.Global);
      if (settings.inspect("demo.words_per_second")?.globalValue === undefined) {
        await settings.update("demo.words_per_second", VISIBLY, vscode.ConfigurationTarget.Global);
      }
      void vscode.window.showInformationMessage("The demo writer writes now: no model, no network, no cost.");
    },
    "storywright.rewriteWithNote": withWords(
      "storywright.rewriteChunk", "note", "Rewrite This Chunk: What Shall Be Different?", "colder, and she must not see the door yet"),
    "storywright.rewriteSelectionAs": withWords(
      "storywright.rewriteSelection", "instruction", "Rewrite the Selection: What Shall Be Different?", "as dialogue"),
    "storywright.setTargetWords": () => setTargetWords(story),
  };
}

async function newStory(server: Server, given: Arguments): Promise<unknown> {
  const title = given.title ?? (await vscode.window.showInputBox({ title: "New Story", prompt: "Its title", ignoreFocusOut: true }));
  const folder = title === undefined ? undefined : await folderForStory();
  if (title === undefined || title.trim() === "" || folder === undefined) {
    return undefined;
  }
  const created = await server.run("storywright.newStory", { uri: folder.toString(), title, quiet: true });
  if (typeof created === "object" && created !== null && "uri" in created) {
    await vscode.window.showTextDocument(vscode.Uri.parse(String(created.uri)));
  }
  return created;
}

/** Brings a book in. Of a project of several files, its own file is chosen: it stands for the folder. */
async function importBook(server: Server, given: Arguments): Promise<unknown> {
  const formats = ["md", "markdown", "txt", "rtf", "docx", "epub", "nwx", "scrivx", "json", "png", "zip"];
  const options = { title: "Import a Book", openLabel: "Import", filters: { "Books and Projects": formats, "All Files": ["*"] } };
  const source = given.source ?? (await vscode.window.showOpenDialog(options))?.[0]?.fsPath;
  const folder = source === undefined ? undefined : await folderForStory();
  return source !== undefined && folder !== undefined
    ? server.run("storywright.import", { uri: folder.toString(), source })
    : undefined;
}

async function folderForStory(): Promise<vscode.Uri | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length > 1) {
    return (await vscode.window.showWorkspaceFolderPick())?.uri;
  }
  if (folders[0] !== undefined) {
    return folders[0].uri;
  }
  const options = { canSelectFolders: true, canSelectFiles: false, openLabel: "Put the Story Here" };
  return (await vscode.window.showOpenDialog(options))?.[0];
}

async function showStatus(server: Server, story: Story, given: Arguments): Promise<void> {
  const about = given.uri ?? story.current?.uri.toString();
  const found = about === undefined ? undefined : await story.read(vscode.Uri.parse(about), given.session ?? undefined);
  if (found === undefined) {
    await server.run("storywright.showStatus", given);
    return;
  }
  const lines = found.status.chunks.map((chunk) => ({
    label: `${chunk.number}. ${chunk.title}`,
    description: [length(chunk), ...marks(chunk)].join(" · "),
    file: chunk.status === "missing" ? undefined : chunk.file,
  }));
  const chosen = await vscode.window.showQuickPick(lines, { title: summary(found.status) });
  if (chosen?.file !== undefined) {
    await vscode.window.showTextDocument(vscode.Uri.joinPath(found.folder, chosen.file));
  }
}

interface Drafts {
  sessions: { session: string; current: boolean; words: number; chunks: number; complete: number }[];
}

async function switchSession(server: Server, story: Story, given: Arguments): Promise<void> {
  const about = given.uri === undefined && story.current !== undefined ? { uri: story.current.uri.toString() } : given;
  if (typeof given.session === "string") {
    await server.run("storywright.switchSession", given);
    return;
  }
  const answer = await server.run("storywright.switchSession", { ...about, quiet: true });
  const { sessions } = (answer ?? { sessions: [] }) as Drafts;
  const choices = sessions.map((draft) => ({
    label: draft.session,
    description: `${draft.complete} of ${draft.chunks} chunks, ${draft.words} words${draft.current ? ", current" : ""}`,
  }));
  const chosen = await vscode.window.showQuickPick(choices, { title: "Draft to Go On With" });
  if (chosen !== undefined) {
    await server.run("storywright.switchSession", { ...about, session: chosen.label });
    story.lookSoon();
  }
}

/** Asks how long the story shall be, and puts it into the front matter of its brief. */
async function setTargetWords(story: Story): Promise<void> {
  const { current } = story;
  if (current === undefined) {
    return;
  }
  const answer = await vscode.window.showInputBox({
    title: "Length of the Story in Words",
    value: String(current.status.target_words),
    validateInput: (text) => (/^[1-9]\d{1,6}$/.test(text.trim()) ? undefined : "A number of words, from 10"),
  });
  if (answer === undefined) {
    return;
  }
  const brief = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(current.folder, current.status.brief));
  const found = /^target_words:.*$/m.exec(brief.getText());
  const line = `target_words: ${answer.trim()}`;
  const edit = new vscode.WorkspaceEdit();
  if (found !== null) {
    edit.replace(brief.uri, new vscode.Range(brief.positionAt(found.index), brief.positionAt(found.index + found[0].length)), line);
  } else {
    edit.insert(brief.uri, new vscode.Position(1, 0), `${line}\n`);
  }
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(brief);
}
