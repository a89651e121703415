/** Applies the edits of a chunk that streams into a document, as one step of undo. */
import * as vscode from "vscode";
import {
  TextDocumentEdit,
  type ApplyWorkspaceEditParams,
  type ApplyWorkspaceEditResult,
  type ClientCapabilities,
  type StaticFeature,
} from "vscode-languageclient/node";
import { isStreamed, undoStops, type LastEdit } from "./undo";

const last = new Map<string, LastEdit>();

/** Says to the server that edits of one label are joined, so that it gives them labels. */
export const joinsEdits: StaticFeature = {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    capabilities.experimental = { ...capabilities.experimental, storywright: { joinsEdits: true } };
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
  const applied = await editor.edit((builder) => {
    for (const edit of change.edits) {
      if ("newText" in edit) {
        const { start, end } = edit.range;
        builder.replace(new vscode.Range(start.line, start.character, end.line, end.character), edit.newText);
      }
    }
  }, undoStops(last.get(uri), params.label, version));
  if (applied) {
    last.set(uri, { label: params.label, version: editor.document.version });
  }
  return { applied };
}
