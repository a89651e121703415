/** Brings unsaved text that came back with the window up to a file that has it by now, or a part of it. */
import * as fs from "node:fs/promises";
import * as vscode from "vscode";
import { holdsAll, isOfChunk, isSameText } from "./sameText";

/** What is being brought up to its file: the documents come one after the other, since each is shown for a moment. */
let last: Promise<void> = Promise.resolve();

/** Waits until no document is being brought up to its file. An edit in between would be lost. */
export function restored(): Promise<void> {
  return last;
}

/**
 * Looks at the documents that are open now and at those that are opened later.
 *
 * The server puts generated text that was never saved into its file when it leaves; VS Code brings the same text back, with
 * what the author typed, as an unsaved change of the older file, and would refuse to save it.
 */
export function followRestored(context: vscode.ExtensionContext): void {
  const look = (document: vscode.TextDocument): void => {
    if (document.isDirty && document.uri.scheme === "file" && isOfChunk(document.uri.path)) {
      last = last.then(() => letGo(document)).catch(() => {});
    }
  };
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument(look),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      // It may be told after the opening that a document is unsaved: nobody has changed it since.
      if (contentChanges.length === 0 && document.version === 1) {
        look(document);
      }
    }),
  );
  vscode.workspace.textDocuments.forEach(look);
}

/** Loads a document from its file, and leaves as an unsaved change what it has besides the text of that. */
async function letGo(document: vscode.TextDocument): Promise<void> {
  const onDisk = await fs.readFile(document.uri.fsPath, "utf8");
  const text = document.getText();
  const isSame = isSameText(onDisk, text);
  if (!document.isDirty || document.isClosed || !(isSame || holdsAll(text, onDisk))) {
    return;
  }
  const before = vscode.window.activeTextEditor;
  await vscode.window.showTextDocument(document, { preview: false });
  // It takes the editor in front, and nothing else can be reverted. What is typed now is not in `text`.
  if (vscode.window.activeTextEditor?.document === document && document.getText() === text) {
    await vscode.commands.executeCommand("workbench.action.files.revert");
    if (!isSame && !(await putBack(document, text))) {
      // Nothing else has the author's words now.
      const kept = await vscode.workspace.openTextDocument({ language: "markdown", content: text });
      await vscode.window.showTextDocument(kept, { preview: false });
      void vscode.window.showWarningMessage(
        `What you had not saved of ${vscode.workspace.asRelativePath(document.uri)} could not be put back there, and is in a new document.`,
      );
    }
  }
  if (before !== undefined && before.document !== document) {
    await vscode.window.showTextDocument(before.document, before.viewColumn);
  }
}

/** Replaces the text of a document, as an unsaved change. Returns whether that was done. */
async function putBack(document: vscode.TextDocument, text: string): Promise<boolean> {
  const whole = new vscode.WorkspaceEdit();
  const end = document.lineAt(document.lineCount - 1).range.end;
  whole.replace(document.uri, new vscode.Range(new vscode.Position(0, 0), end), text);
  return Promise.resolve(vscode.workspace.applyEdit(whole)).catch(() => false);
}
