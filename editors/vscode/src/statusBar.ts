/** The item of the status bar: how long the story is, what is being written, and a menu of what can be done. */
import * as vscode from "vscode";
import { summary, words } from "./status";
import type { Story } from "./story";

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("storywright.status", vscode.StatusBarAlignment.Left, 1);
  private readonly subscription: vscode.Disposable;

  constructor(private readonly story: Story) {
    this.item.name = "Storywright";
    this.item.command = "storywright.menu";
    this.subscription = story.onChanged(() => this.show());
  }

  dispose(): void {
    vscode.Disposable.from(this.item, this.subscription).dispose();
  }

  private show(): void {
    const { current, job, jobs } = this.story;
    if (current === undefined && job === undefined) {
      this.item.hide();
      return;
    }
    const length = current === undefined ? "" : `${words(current.status)} words`;
    const more = jobs > 1 ? ` (+${jobs - 1})` : "";
    this.item.text =
      job === undefined ? `$(book) ${length}` : `$(sync~spin) ${job.percentage ?? 0} % ${job.message ?? job.title ?? ""}${more}`;
    this.item.tooltip = [current && summary(current.status), job?.title, "Click for more"]
      .filter((line) => line !== undefined)
      .join("\n");
    this.item.show();
  }
}

/** Lets the author choose what to do with the story. */
export async function showMenu(story: Story): Promise<void> {
  const isBusy = story.job !== undefined;
  const choices = [
    ...(isBusy ? [{ label: "$(debug-stop) Cancel what is being written", command: "storywright.cancel" }] : []),
    ...(isBusy ? [] : [{ label: "$(edit) Write or resume the story", command: "storywright.write" }]),
    { label: "$(list-tree) Show the story", command: "storywright.story.focus" },
    { label: "$(info) Show status", command: "storywright.showStatus" },
    { label: "$(git-branch) Switch to another draft", command: "storywright.switchSession" },
    { label: "$(package) Export this draft", command: "storywright.export" },
    { label: "$(key) Set an API key", command: "storywright.setKey" },
    { label: "$(output) Show the log", command: "storywright.showLog" },
  ];
  const { current } = story;
  const title = current === undefined ? "Storywright" : summary(current.status);
  const chosen = await vscode.window.showQuickPick(choices, { title });
  if (chosen !== undefined) {
    const about = current === undefined || chosen.command === "storywright.cancel" ? [] : [{ uri: current.uri.toString() }];
    await vscode.commands.executeCommand(chosen.command, ...about);
  }
}
