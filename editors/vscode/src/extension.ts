/**
 * Starts the language server and shows what it answers. Whatever the extension does can be done
 * without it, through the code actions and commands of the server.
 */
import * as vscode from "vscode";
import { LanguageClient, type Executable, type LanguageClientOptions } from "vscode-languageclient/node";
import { forServer } from "./settings";
import { applyStreamed, joinsEdits } from "./streamed";
import { argumentsInPlace } from "./inplace";
import { statusLines, statusTitle, type Status } from "./status";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("storywright.server.path")) {
        await client?.stop();
        await start();
      }
    }),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function start(): Promise<void> {
  const command = vscode.workspace.getConfiguration("storywright").get("server.path", "storywright");
  const server: Executable = { command, args: ["lsp"] };
  client = new LanguageClient("storywright", "Storywright", server, clientOptions);
  client.registerFeature(joinsEdits);
  try {
    await client.start();
  } catch (error) {
    await offerSettings(command, error);
  }
}

async function offerSettings(command: string, error: unknown): Promise<void> {
  const open = "Open Settings";
  const answer = await vscode.window.showErrorMessage(
    `The program "${command}" could not be started, so Storywright cannot write. ` +
      `Install it, or say where it is in the setting storywright.server.path. (${error})`,
    open,
  );
  if (answer === open) {
    await vscode.commands.executeCommand("workbench.action.openSettings", "storywright.server.path");
  }
}

/**
 * The client registers every command that the server announces under its own name, so the
 * command palette reaches the server directly; the middleware adds what only an editor can do.
 */
const clientOptions: LanguageClientOptions = {
  documentSelector: [
    { scheme: "file", language: "markdown" },
    { scheme: "untitled", language: "markdown" },
    { scheme: "file", pattern: "**/storywright.toml" },
  ],
  middleware: {
    workspace: {
      handleApplyEdit: async (params, next) =>
        (await applyStreamed(params)) ?? (await next(params, new vscode.CancellationTokenSource().token)),
      configuration: async (params, token, next) => {
        const values = await next(params, token);
        return Array.isArray(values) ? values.map(forServer) : values;
      },
    },
    executeCommand: async (command, args, next) => {
      if (command === "storywright.newStory" && args.length === 0) {
        const title = await vscode.window.showInputBox({ title: "New Story", prompt: "Its title" });
        return title === undefined ? undefined : next(command, [{ title }]);
      }
      const result: unknown = await next(command, argumentsInPlace(command, args, shown()));
      if (command === "storywright.showStatus" && isStatus(result)) {
        await showStatus(result);
      }
      return result;
    },
  },
};

/** Where the author is: the document of the active text editor, and what is selected in it. */
function shown(): { uri: string; range: vscode.Range } | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && { uri: editor.document.uri.toString(), range: editor.selection };
}

function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "chunks" in value && Array.isArray(value.chunks);
}

async function showStatus(status: Status): Promise<void> {
  const chosen = await vscode.window.showQuickPick(statusLines(status), { title: statusTitle(status) });
  if (chosen?.file !== undefined) {
    // The path is relative to the story's folder, wherever in the workspace that is.
    const [found] = await vscode.workspace.findFiles(`**/${chosen.file}`, undefined, 1);
    if (found !== undefined) {
      await vscode.window.showTextDocument(found);
    }
  }
}
