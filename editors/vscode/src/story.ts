/** Knows which story is shown and how far it is: tree and status bar take it from here. */
import * as vscode from "vscode";
import type { Server, Progress } from "./server";
import { isStatus, type Status } from "./status";

/** Least time between two looks, in milliseconds; a longer one while text grows. */
const EVERY = { idle: 300, busy: 1000 };

/** A story, and a document of it. */
export interface Shown {
  uri: vscode.Uri;
  /** The folder that paths of the status are relative to. */
  folder: vscode.Uri;
  status: Status;
}

export class Story implements vscode.Disposable {
  private shown: Shown | undefined;
  private readonly underway = new Map<string, Progress>();
  private timer: NodeJS.Timeout | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[];

  /** The story, or the jobs at work, are other than they were. */
  readonly onChanged = this.changed.event;

  constructor(private readonly server: Server) {
    const files = vscode.workspace.createFileSystemWatcher("**/generated/*/{chunks,revisions}/*.md");
    const look = (): void => this.lookSoon();
    this.subscriptions = [
      this.changed,
      files,
      files.onDidChange(look),
      files.onDidCreate(look),
      files.onDidDelete(look),
      vscode.window.onDidChangeActiveTextEditor(look),
      vscode.workspace.onDidSaveTextDocument(look),
      vscode.languages.onDidChangeDiagnostics(look),
      server.onStarted(look),
      server.onProgress((progress) => this.note(progress)),
    ];
  }

  get current(): Shown | undefined {
    return this.shown;
  }

  /** What the first job says of itself. */
  get job(): Progress | undefined {
    return this.underway.values().next().value;
  }

  /** How many jobs are at work. */
  get jobs(): number {
    return this.underway.size;
  }

  dispose(): void {
    clearTimeout(this.timer);
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  lookSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.look();
    }, this.underway.size > 0 ? EVERY.busy : EVERY.idle);
  }

  /** A file that the status names. */
  file(relative: string): vscode.Uri | undefined {
    return this.shown && vscode.Uri.joinPath(this.shown.folder, relative);
  }

  /** Reads the status of a document's story; `undefined` where it has none. */
  async read(uri: vscode.Uri, session?: string): Promise<Shown | undefined> {
    const given = { uri: uri.toString(), ...(session === undefined ? {} : { session }), quiet: true };
    const params = { command: "storywright.showStatus", arguments: [given] };
    const status = await this.server.request<unknown>("workspace/executeCommand", params);
    return isStatus(status) ? { uri, folder: folderOf(uri), status } : undefined;
  }

  private async look(): Promise<void> {
    const active = vscode.window.activeTextEditor?.document;
    const isStory = active?.languageId === "markdown" && active.uri.scheme === "file";
    const found =
      (isStory && active !== undefined ? await this.read(active.uri) : undefined) ??
      (this.shown !== undefined ? await this.read(this.shown.uri) : undefined) ??
      (await this.first());
    if (JSON.stringify(found) !== JSON.stringify(this.shown)) {
      this.shown = found;
      await vscode.commands.executeCommand("setContext", "storywright.hasStory", found !== undefined);
      this.changed.fire();
    }
  }

  /** The first story of the workspace. */
  private async first(): Promise<Shown | undefined> {
    const [brief] = await vscode.workspace.findFiles("**/{story.md,*.story.md}", "**/generated/**", 1);
    return brief && this.read(brief);
  }

  private note(progress: Progress): void {
    const { token, kind } = progress;
    if (kind === "end") {
      this.underway.delete(token);
    } else {
      this.underway.set(token, { ...this.underway.get(token), ...progress });
    }
    this.lookSoon();
    void vscode.commands.executeCommand("setContext", "storywright.busy", this.underway.size > 0);
    this.changed.fire();
  }
}

/** The folder of the brief: beside `generated/`, or that of the document. */
export function folderOf(uri: vscode.Uri): vscode.Uri {
  const path = uri.path;
  const generated = path.lastIndexOf("/generated/");
  const folder = generated >= 0 ? path.slice(0, generated) : path.slice(0, path.lastIndexOf("/"));
  return uri.with({ path: folder === "" ? "/" : folder });
}
