/** Starts, stops and restarts the language server, and says once what is wrong where that fails. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type DynamicFeature,
  type LanguageClientOptions,
  type StaticFeature,
} from "vscode-languageclient/node";
import type { Arguments } from "./arguments";
import type { Keys } from "./keys";
import { locate } from "./locate";
import { restored } from "./restored";
import { forServer } from "./settings";
import { applyStreamed, declared } from "./streamed";

/** So often within so long is a server that ends by itself started again. */
const RESTARTS = { most: 4, within: 180_000 };

/** What a job says of how far it is. */
export interface Progress {
  token: string;
  kind: "begin" | "report" | "end";
  title?: string;
  message?: string;
  percentage?: number;
}

/**
 * The client that leaves the commands alone: the extension has them whether a server runs or not, and says where the
 * author is.
 */
class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    const runsCommands = "registrationType" in feature && feature.registrationType.method === "workspace/executeCommand";
    if (!runsCommands) {
      super.registerFeature(feature);
    }
  }
}

export class Server implements vscode.Disposable {
  private client: Client | undefined;
  private readonly output = vscode.window.createOutputChannel("Storywright", { log: true });
  private readonly progress = new vscode.EventEmitter<Progress>();
  private readonly started = new vscode.EventEmitter<void>();
  /** Starts and stops come one after the other. */
  private last: Promise<unknown> = Promise.resolve();
  private ends: number[] = [];
  /** What is asked about at the moment: no fault is told of twice. */
  private asking = "";

  readonly onProgress = this.progress.event;
  readonly onStarted = this.started.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly keys: Keys,
  ) {}

  /** Starts the server, or starts it again. */
  restart(): Promise<void> {
    const next = this.last.then(async () => {
      await this.end();
      await this.begin();
    });
    this.last = next.catch((error: unknown) => this.output.error(String(error)));
    return next;
  }

  stop(): Promise<void> {
    const next = this.last.then(() => this.end());
    this.last = next.catch(() => {});
    return next;
  }

  showLog(): void {
    this.output.show();
  }

  /**
   * Runs a command of the server, and shows what went wrong; `undefined` then.
   */
  async run(command: string, given: Arguments): Promise<unknown> {
    try {
      return await this.ask(command, given);
    } catch (error) {
      void vscode.window.showErrorMessage(sentence(error));
      return undefined;
    }
  }

  /** Runs a command of the server. */
  async ask(command: string, given: Arguments): Promise<unknown> {
    await this.last;
    if (this.client === undefined || !this.client.isRunning()) {
      void this.offerSettings("The Storywright server does not run.");
      return undefined;
    }
    return this.client.sendRequest("workspace/executeCommand", { command, arguments: [given] });
  }

  /** Sends another request of the protocol; `undefined` where no server runs or it fails. */
  async request<T>(method: string, params: object): Promise<T | undefined> {
    await this.last;
    try {
      return this.client?.isRunning() ? await this.client.sendRequest<T>(method, params) : undefined;
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    this.progress.dispose();
    this.started.dispose();
    this.output.dispose();
  }

  private async begin(): Promise<void> {
    const setting = vscode.workspace.getConfiguration("storywright").get<string | null>("server.path") ?? "";
    const bundled = vscode.Uri.joinPath(this.context.extensionUri, "server", "storywright").fsPath;
    const found = locate(setting, bundled, {
      platform: process.platform,
      path: process.env["PATH"] ?? process.env["Path"] ?? "",
      home: os.homedir(),
      isProgram,
    });
    if ("missing" in found) {
      this.output.error(found.missing);
      void this.offerSettings(found.missing);
      return;
    }
    const env = { ...process.env, ...(await this.keys.environment()) };
    const server = { command: found.program, args: ["lsp"], options: { env } };
    this.output.info(`Starting ${found.program}`);
    const client = new Client("storywright", "Storywright", server, this.options());
    client.registerFeature(declared);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.client = undefined;
      await client.dispose().catch(() => {});
      void this.offerSettings(`${found.program} is no Storywright server, or one that does not start. (${sentence(error)})`);
      return;
    }
    await this.tellsInstead("");
    await vscode.commands.executeCommand("setContext", "storywright.running", true);
    this.started.fire();
  }

  private async end(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await vscode.commands.executeCommand("setContext", "storywright.running", false);
    // One that never ran cannot be stopped.
    await client?.dispose().catch((error: unknown) => this.output.warn(String(error)));
  }

  private async offerSettings(why: string): Promise<void> {
    if (this.asking === why) {
      return;
    }
    await this.tellsInstead(why);
    const open = "Open Settings";
    const log = "Show Log";
    const advice = "Install the program, or say where it is.";
    const answer = await vscode.window.showErrorMessage(`${why} ${advice}`, open, log);
    if (this.asking === why) {
      this.asking = "";
    }
    if (answer === open) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "storywright.server.path");
    } else if (answer === log) {
      this.showLog();
    }
  }

  /** Takes the message off the screen that was so until now: one with buttons stays there until it is answered. */
  private async tellsInstead(why: string): Promise<void> {
    const stands = this.asking !== "";
    this.asking = why;
    if (stands) {
      await vscode.commands.executeCommand("notifications.hideToasts");
    }
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", language: "markdown" },
        { scheme: "untitled", language: "markdown" },
        { scheme: "file", pattern: "**/storywright.toml" },
      ],
      outputChannel: this.output,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(),
      },
      middleware: {
        handleWorkDoneProgress: (token, params, next) => {
          this.progress.fire({ token: String(token), ...params });
          // The item of the status bar shows it, and cancels.
          if (params.kind === "end") {
            next(token, params);
          }
        },
        workspace: {
          handleApplyEdit: async (params, next) => {
            await restored();
            return applyStreamed(params, async (whole) => next(whole, new vscode.CancellationTokenSource().token));
          },
          configuration: async (params, token, next) => {
            const values = await next(params, token);
            return Array.isArray(values) ? values.map(forServer) : values;
          },
        },
      },
    };
  }

  /** Decides what becomes of a server that ended by itself. */
  private closed(): { action: CloseAction; handled: boolean } {
    const now = Date.now();
    this.ends = [...this.ends.filter((at) => now - at < RESTARTS.within), now];
    if (this.client?.isRunning() !== true || this.ends.length > RESTARTS.most) {
      this.output.error("The server ended by itself and is not started again");
      return { action: CloseAction.DoNotRestart, handled: this.ends.length <= RESTARTS.most };
    }
    this.output.warn("The server ended by itself and is started again");
    return { action: CloseAction.Restart, handled: true };
  }
}

function isProgram(path: string): boolean {
  try {
    fs.accessSync(path, process.platform === "win32" ? fs.constants.F_OK : fs.constants.X_OK);
    return fs.statSync(path).isFile();
  } catch {
    return false;
  }
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
