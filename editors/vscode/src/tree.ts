/** The story as a tree: chapters and chunks. Chunks are dragged to another place of the outline. */
import * as vscode from "vscode";
import type { Item } from "./arguments";
import { move, type Beat } from "./reorder";
import type { Server } from "./server";
import { context, length, marks, nodes, summary, type ChunkStatus, type Node } from "./status";
import type { Story } from "./story";

const MIME = "application/vnd.code.tree.storywright.story";

interface Symbol {
  name: string;
  detail?: string;
  range: { start: { line: number }; end: { line: number; character: number } };
  selectionRange: { start: { line: number } };
  children?: Symbol[];
}

type Element = (Node & { readonly isNode: true }) | ChunkItem;

/** A chunk of the tree, with what a command is run with. */
class ChunkItem implements Item {
  constructor(
    readonly chunk: ChunkStatus,
    readonly about: { uri: string; beat: string; session: string | null },
  ) {}
}

export class Tree implements vscode.TreeDataProvider<Element>, vscode.TreeDragAndDropController<Element>, vscode.Disposable {
  readonly dropMimeTypes = [MIME];
  readonly dragMimeTypes = [MIME];

  private readonly view: vscode.TreeView<Element>;
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly story: Story,
    private readonly server: Server,
  ) {
    this.view = vscode.window.createTreeView("storywright.story", { treeDataProvider: this, dragAndDropController: this });
    this.subscription = story.onChanged(() => {
      const { current, job } = story;
      this.view.description = job?.message ?? (current === undefined ? "" : summary(current.status));
      this.changed.fire();
    });
  }

  dispose(): void {
    vscode.Disposable.from(this.view, this.changed, this.subscription).dispose();
  }

  getChildren(element?: Element): Element[] {
    const { current } = this.story;
    if (current === undefined) {
      return [];
    }
    const item = (chunk: ChunkStatus): ChunkItem =>
      new ChunkItem(chunk, { uri: current.uri.toString(), beat: chunk.beat, session: current.status.session });
    if (element === undefined) {
      return nodes(current.status).map((node) => ("chunk" in node ? item(node.chunk) : { ...node, isNode: true }));
    }
    return "chunks" in element ? element.chunks.map(item) : [];
  }

  getTreeItem(element: Element): vscode.TreeItem {
    if (element instanceof ChunkItem) {
      return this.chunkItem(element);
    }
    const title = "chapter" in element ? element.chapter : "";
    const item = new vscode.TreeItem(title, vscode.TreeItemCollapsibleState.Expanded);
    item.id = `chapter ${title}`;
    item.contextValue = "chapter";
    return item;
  }

  private chunkItem(element: ChunkItem): vscode.TreeItem {
    const { chunk } = element;
    const item = new vscode.TreeItem(`${chunk.number}. ${chunk.title}`);
    item.id = `chunk ${chunk.beat}`;
    item.description = [length(chunk), ...marks(chunk)].join(" · ");
    item.tooltip = [item.label, item.description, chunk.error ?? ""].filter((line) => line !== "").join("\n");
    item.contextValue = context(chunk);
    item.iconPath = icon(chunk);
    item.command = { command: "storywright.openChunk", title: "Open", arguments: [element] };
    return item;
  }

  /** Opens the text of a chunk, or its beat where there is none yet. */
  async open(element: unknown): Promise<void> {
    const { current } = this.story;
    if (!(element instanceof ChunkItem) || current === undefined) {
      return;
    }
    const text = vscode.Uri.joinPath(current.folder, element.chunk.file);
    // A chunk that has just been begun is there before the tree knows.
    const isThere = await vscode.workspace.fs.stat(text).then(() => true, () => false);
    await (isThere ? vscode.window.showTextDocument(text) : this.openBeat(element));
  }

  /** Opens the brief at the beat of a chunk. */
  async openBeat(element: unknown): Promise<void> {
    const { current } = this.story;
    if (!(element instanceof ChunkItem) || current === undefined) {
      return;
    }
    const brief = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(current.folder, current.status.brief));
    const beat = (await this.beats(brief)).find(({ id }) => id === element.chunk.beat);
    const editor = await vscode.window.showTextDocument(brief);
    const at = new vscode.Position(beat?.start ?? 0, 0);
    editor.selection = new vscode.Selection(at, at);
    editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  }

  handleDrag(source: readonly Element[], data: vscode.DataTransfer): void {
    const [first] = source;
    if (first instanceof ChunkItem) {
      data.set(MIME, new vscode.DataTransferItem(first.chunk.beat));
    }
  }

  async handleDrop(target: Element | undefined, data: vscode.DataTransfer): Promise<void> {
    const dragged: unknown = data.get(MIME)?.value;
    const { current } = this.story;
    if (typeof dragged !== "string" || current === undefined) {
      return;
    }
    const before = target instanceof ChunkItem ? target.chunk.beat : firstOf(target)?.beat;
    await this.moveBeat(vscode.Uri.joinPath(current.folder, current.status.brief), dragged, before);
  }

  /** Moves a beat in the brief before another, or behind all; the chunk files follow the outline. */
  async moveBeat(uri: vscode.Uri, beat: string, before: string | undefined): Promise<boolean> {
    const brief = await vscode.workspace.openTextDocument(uri);
    const lines = brief.getText().split(/\r?\n/);
    const way = move(lines, await this.beats(brief), beat, before);
    if (way === undefined) {
      return false;
    }
    const edit = new vscode.WorkspaceEdit();
    edit.delete(uri, new vscode.Range(way.cut.start, 0, way.cut.end, 0));
    const at = Math.min(way.before, lines.length);
    // Behind the last line there may be no line end yet.
    const isOpenEnd = at >= lines.length && lines.at(-1) !== "";
    edit.insert(uri, new vscode.Position(at, 0), (isOpenEnd ? "\n\n" : "") + way.lines.join("\n") + "\n");
    const isApplied = await vscode.workspace.applyEdit(edit);
    return isApplied && (await brief.save());
  }

  /** The beats of a brief, in order, as the server finds them. */
  private async beats(brief: vscode.TextDocument): Promise<Beat[]> {
    const params = { textDocument: { uri: brief.uri.toString() } };
    const found = (await this.server.request<Symbol[]>("textDocument/documentSymbol", params)) ?? [];
    const known = new Set(this.story.current?.status.chunks.map((chunk) => chunk.beat));
    const all = (symbols: Symbol[]): Symbol[] => symbols.flatMap((symbol) => [symbol, ...all(symbol.children ?? [])]);
    return all(found)
      .filter((symbol) => symbol.detail !== undefined && known.has(symbol.detail))
      .map(({ detail, range }) => ({
        id: detail ?? "",
        start: range.start.line,
        // A range that ends at the start of a line does not hold it.
        end: range.end.character === 0 && range.end.line > range.start.line ? range.end.line - 1 : range.end.line,
      }));
  }
}

function firstOf(target: Element | undefined): ChunkStatus | undefined {
  return target !== undefined && "chunks" in target ? target.chunks[0] : undefined;
}

function icon(chunk: ChunkStatus): vscode.ThemeIcon {
  const colour = (name: string): vscode.ThemeColor => new vscode.ThemeColor(name);
  switch (chunk.status) {
    case "failed":
      return new vscode.ThemeIcon("error", colour("list.errorForeground"));
    case "partial":
      return new vscode.ThemeIcon("edit");
    case "missing":
      return new vscode.ThemeIcon("circle-outline");
    case "complete":
      if (chunk.has_revision) {
        return new vscode.ThemeIcon("git-pull-request");
      }
      if (chunk.stale) {
        return new vscode.ThemeIcon("warning", colour("list.warningForeground"));
      }
      return new vscode.ThemeIcon(chunk.locked ? "lock" : "check");
  }
}
