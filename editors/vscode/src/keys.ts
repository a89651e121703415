/** Keeps API keys in the editor's secret storage; the server is handed them in its environment, and no file has them. */
import * as vscode from "vscode";

/** Where the names of the keys are kept; they are no secret. */
const NAMES = "keys";

const KNOWN = [
  { label: "Anthropic", variable: "ANTHROPIC_API_KEY" },
  { label: "OpenAI, or a server that speaks its protocol", variable: "OPENAI_API_KEY" },
];

export class Keys {
  constructor(private readonly context: vscode.ExtensionContext) {}

  /** The variables to start the server with. */
  async environment(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const variable of this.names()) {
      const key = await this.context.secrets.get(variable);
      if (key !== undefined) {
        found[variable] = key;
      }
    }
    return found;
  }

  /** Asks for a key. Returns whether one was given. */
  async enter(): Promise<boolean> {
    const own = vscode.workspace.getConfiguration("storywright").get<string | null>("api_key_env") ?? "";
    const choices = [
      ...KNOWN,
      ...(own !== "" && !KNOWN.some(({ variable }) => variable === own)
        ? [{ label: "The server of storywright.base_url", variable: own }]
        : []),
    ].map((choice) => ({ ...choice, description: choice.variable }));
    const chosen = await vscode.window.showQuickPick(choices, { title: "Whose Key?" });
    if (chosen === undefined) {
      return false;
    }
    const key = await vscode.window.showInputBox({
      title: `Key for ${chosen.label}`,
      prompt: "Kept in this editor's secret storage and handed to the Storywright server; never written to a file.",
      password: true,
      ignoreFocusOut: true,
    });
    if (key === undefined || key.trim() === "") {
      return false;
    }
    await this.context.secrets.store(chosen.variable, key.trim());
    await this.context.globalState.update(NAMES, [...new Set([...this.names(), chosen.variable])]);
    return true;
  }

  /** Forgets all keys. Returns how many there were. */
  async forget(): Promise<number> {
    const names = this.names();
    for (const variable of names) {
      await this.context.secrets.delete(variable);
    }
    await this.context.globalState.update(NAMES, []);
    return names.length;
  }

  private names(): string[] {
    return this.context.globalState.get<string[]>(NAMES) ?? [];
  }
}
