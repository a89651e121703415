/** Applies the edits of a chunk that streams into a document, as one step of undo, and scrolls along. */
import * as vscode from "vscode";
import {
  TextDocumentEdit,
  type ApplyWorkspaceEditParams,
  type ApplyWorkspaceEditRequest,
  type ClientCapabilities,
  type StaticFeature,
} from "vscode-languageclient/node";
import { follows } from "./follow";
import { isNext, isStreamed, Passed, type LastEdit } from "./undo";

type Answer = Awaited<ReturnType<ApplyWorkspaceEditRequest.HandlerSignature>>;
type Apply = (params: ApplyWorkspaceEditParams) => Promise<Answer>;

const last = new Map<string, LastEdit>();
const passed = new Passed();

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

/** Has an undo or a redo of a page go on to its other end, wherever the editor made a stop within. */
export function joinSteps(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.workspace.onDidChangeTextDocument(({ document, reason, contentChanges }) => {
      const isActive = vscode.window.activeTextEditor?.document === document;
      if (reason === undefined || contentChanges.length === 0 || !isActive) {
        return;
      }
      if (passed.has(document.uri.toString(), () => document.getText())) {
        const goesBack = reason === vscode.TextDocumentChangeReason.Undo;
        void vscode.commands.executeCommand(goesBack ? "undo" : "redo");
      }
    }),
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      last.delete(uri.toString());
      passed.forget(uri.toString());
    }),
  );
}

/**
 * Applies an edit of a page as part of one step of undo, and any other by `apply`. Where a text editor shows the
 * document, it scrolls along.
 */
export async function applyStreamed(params: ApplyWorkspaceEditParams, apply: Apply): Promise<Answer> {
  const [change, ...others] = params.edit.documentChanges ?? [];
  if (!isStreamed(params.label) || change === undefined || others.length > 0 || !TextDocumentEdit.is(change)) {
    return apply(params);
  }
  const uri = vscode.Uri.parse(change.textDocument.uri).toString();
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
  if (document === undefined) {
    return apply(params);
  }
  const { version } = document;
  if (version !== change.textDocument.version) {
    return { applied: false };
  }
  const joins = isNext(last.get(uri), params.label, version);
  const before = joins ? document.getText() : undefined;
  // Only a text editor lets undo stops be chosen.
  const editor = vscode.window.visibleTextEditors.find((shown) => shown.document === document);
  const answer = editor === undefined ? await apply(params) : { applied: await applyIn(editor, change, joins) };
  if ("applied" in answer && answer.applied) {
    last.set(uri, { label: params.label, version: document.version });
    if (before !== undefined) {
      passed.note(uri, before);
    }
  }
  return answer;
}

async function applyIn(editor: vscode.TextEditor, change: TextDocumentEdit, joins: boolean): Promise<boolean> {
  let grows: { before: number; after: number } | undefined;
  const applied = await editor.edit((builder) => {
    for (const edit of change.edits) {
      if ("newText" in edit) {
        const { start, end } = edit.range;
        builder.replace(new vscode.Range(start.line, start.character, end.line, end.character), edit.newText);
        grows = { before: start.line, after: start.line + edit.newText.split("\n").length - 1 };
      }
    }
  }, { undoStopBefore: !joins, undoStopAfter: false });
  if (applied) {
    scrollAlong(editor, grows);
  }
  return applied;
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
