/** Finds the program: the setting, the one in the extension, the one in PATH. */

/** What of the machine the search sees. */
export interface Machine {
  platform: string;
  /** The variable PATH. */
  path: string;
  home: string;
  /** Whether a file is there that can be run. */
  isProgram(path: string): boolean;
}

export type Found = { program: string } | { missing: string };

/**
 * The program to run, or a sentence that says where it was looked for.
 *
 * @param setting what the author set; empty where nothing is
 * @param bundled where the extension of a platform has it
 */
export function locate(setting: string, bundled: string, machine: Machine): Found {
  const isWindows = machine.platform === "win32";
  const separator = isWindows ? "\\" : "/";
  const names = (path: string): string[] => (isWindows && !/\.\w+$/.test(path) ? [`${path}.exe`, path] : [path]);
  const first = (paths: string[]): string | undefined => paths.flatMap(names).find((path) => machine.isProgram(path));
  const inPath = (name: string): string | undefined => {
    const folders = machine.path.split(isWindows ? ";" : ":").filter((folder) => folder !== "");
    return first(folders.map((folder) => folder.replace(/[\\/]$/, "") + separator + name));
  };
  const wanted = setting.trim();
  if (wanted !== "") {
    const expanded = wanted.replace(/^~(?=[\\/]|$)/, machine.home);
    const isName = !/[\\/]/.test(expanded);
    const program = isName ? inPath(expanded) : first([expanded]);
    return program !== undefined
      ? { program }
      : { missing: `The setting storywright.server.path says ${wanted}, and there is no such program.` };
  }
  const program = first([bundled]) ?? inPath("storywright");
  return program !== undefined
    ? { program }
    : { missing: "The program storywright is not in PATH, and this extension came without it." };
}
