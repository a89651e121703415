/** Applies the edits of a chunk that streams into a document, as one step of undo, and scrolls along. */
import * as vscode from "vscode";
import {
  TextDocumentEdit,
  type ApplyWorkspaceEditParams,
  type ApplyWorkspaceEditResult,
  type ClientCapabilities,
  type StaticFeature,
} from "vscode-languageclient/node";
import { follows } from "./follow";
import { isStreamed, undoStops, type LastEdit } from "./undo";

const last = new Map<string, LastEdit>();

/**
 * Says to the server that edits of one label are joined, so that it gives them labels, and that questions stand beside
 * the text.
 */
export const declared: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    const storywright = { joinsEdits: true, asksBesideText: true };
    capabilities.experimental = { ...capabilities.experimental, storywright };
  },
  initialize(): void {},
  getState: () => ({ kind: "static" }),
  clear(): void {
    last.clear();
  },
};

/**
 * Applies an edit of a page in the text editor that shows its document: only a text editor lets
 * undo stops be chosen. `undefined` where the edit is none of a page, or no text editor shows it.
 */
export async function applyStreamed(params: ApplyWorkspaceEditParams): Promise<ApplyWorkspaceEditResult | undefined> {
  const [change, ...others] = params.edit.documentChanges ?? [];
  if (!isStreamed(params.label) || change === undefined || others.length > 0 || !TextDocumentEdit.is(change)) {
    return undefined;
  }
  const uri = vscode.Uri.parse(change.textDocument.uri).toString();
  const editor = vscode.window.visibleTextEditors.find((shown) => shown.document.uri.toString() === uri);
  if (editor === undefined) {
    return undefined;
  }
  const { version } = editor.document;
  if (version !== change.textDocument.version) {
    return { applied: false };
  }
  let grows: { before: number; after: number } | undefined;
  const applied = await editor.edit((builder) => {
    for (const edit of change.edits) {
      if ("newText" in edit) {
        const { start, end } = edit.range;
        builder.replace(new vscode.Range(start.line, start.character, end.line, end.character), edit.newText);
        grows = { before: start.line, after: start.line + edit.newText.split("\n").length - 1 };
      }
    }
  }, undoStops(last.get(uri), params.label, version));
  if (applied) {
    last.set(uri, { label: params.label, version: editor.document.version });
    scrollAlong(editor, grows);
  }
  return { applied };
}

function scrollAlong(editor: vscode.TextEditor, grows: { before: number; after: number } | undefined): void {
  const [first] = editor.visibleRanges;
  const bottom = editor.visibleRanges.at(-1);
  if (first === undefined || bottom === undefined || grows === undefined) {
    return;
  }
  if (follows({ first: first.start.line, last: bottom.end.line }, grows.before, grows.after)) {
    const end = editor.document.lineAt(Math.min(grows.after, editor.document.lineCount - 1)).range.end;
    editor.revealRange(new vscode.Range(end, end), vscode.TextEditorRevealType.Default);
  }
}
