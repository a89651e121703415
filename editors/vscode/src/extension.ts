/**
 * Starts the language server and shows what it answers. Whatever the extension does can be done
 * without it, through the code actions and commands of the server.
 */
import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { Keys } from "./keys";
import { followRestored } from "./restored";
import { Server } from "./server";
import { StatusBar } from "./statusBar";
import { Story } from "./story";
import { joinSteps } from "./streamed";
import { Tree } from "./tree";

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const keys = new Keys(context);
  server = new Server(context, keys);
  const story = new Story(server);
  const tree = new Tree(story, server);
  context.subscriptions.push(server, story, tree, new StatusBar(story));
  registerCommands(context, { server, story, tree, keys });
  followRestored(context);
  joinSteps(context);
  const running = server;
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("storywright.server.path")) {
        void running.restart();
      }
    }),
  );
  // Nothing waits for the server, or for an answer to what is asked where it is missing.
  void running.restart();
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
