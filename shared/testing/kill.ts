/** Runs a script until it has printed some lines, then kills it as a power cut would a process: at any instruction. */

/** All whole lines it printed, those that came before the kill took effect included. */
export async function killedAfter(lines: number, script: string, ...args: string[]): Promise<string[]> {
  const child = Bun.spawn([process.execPath, script, ...args], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    // The pipe stays open and is read to its end: a closed one would stop the script by itself.
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  }
  await child.exited;
  if (child.signalCode !== "SIGKILL") throw new Error(`${script} ended by itself`);
  return text.split("\n").slice(0, -1);
}
