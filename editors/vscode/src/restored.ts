/** Lets go of unsaved text that came back with the window and that its file has by now. */
import * as fs from "node:fs/promises";
import * as vscode from "vscode";
import { isOfChunk, isSameText } from "./sameText";

/**
 * Looks at the documents that are open now and at those that are opened later.
 *
 * The server puts text that was never saved into its file when it leaves; VS Code brings the same text back as an unsaved
 * change of the older file, and would refuse to save it.
 */
export function followRestored(context: vscode.ExtensionContext): void {
  let last: Promise<void> = Promise.resolve();
  const look = (document: vscode.TextDocument): void => {
    if (document.isDirty && document.uri.scheme === "file" && isOfChunk(document.uri.path)) {
      // One after the other: each is shown for a moment.
      last = last.then(() => letGo(document)).catch(() => {});
    }
  };
  context.subscriptions.push(vscode.workspace.onDidOpenTextDocument(look));
  vscode.workspace.textDocuments.forEach(look);
}

/** Loads a document from its file, where that has the same text. */
async function letGo(document: vscode.TextDocument): Promise<void> {
  const onDisk = await fs.readFile(document.uri.fsPath, "utf8");
  if (!document.isDirty || document.isClosed || !isSameText(onDisk, document.getText())) {
    return;
  }
  const before = vscode.window.activeTextEditor;
  await vscode.window.showTextDocument(document, { preview: false });
  // It takes the editor in front, and nothing else can be reverted.
  if (vscode.window.activeTextEditor?.document === document) {
    await vscode.commands.executeCommand("workbench.action.files.revert");
  }
  if (before !== undefined && before.document !== document) {
    await vscode.window.showTextDocument(before.document, before.viewColumn);
  }
}
