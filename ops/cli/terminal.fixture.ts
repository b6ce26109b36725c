/** Runs a script at a terminal of its own and answers what it asks there. */

/** The question is there a moment before the terminal is silent. */
const SILENT_MS = 300;

export interface AtTerminal {
  script: string;
  env?: Record<string, string>;
  /** In the order in which they will be asked. */
  answers: readonly (readonly [question: string, answer: string])[];
}

/** How it ended, and all that could be seen. */
export async function atTerminal({ script, env, answers }: AtTerminal): Promise<{ code: number; seen: string }> {
  const left = [...answers];
  let seen = "";
  const child = Bun.spawn([process.execPath, "-e", script], {
    ...(env && { env }),
    terminal: {
      data(terminal, bytes) {
        seen += new TextDecoder().decode(bytes);
        const next = left[0];
        if (!next || !seen.includes(next[0])) return;
        left.shift();
        setTimeout(() => terminal.write(`${next[1]}\r`), SILENT_MS);
      },
    },
  });
  return { code: await child.exited, seen };
}
