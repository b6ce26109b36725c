/** Asking at the terminal for what nobody should see: a password, a code, an exchange's secret. */
import { note } from "./terminal.ts";

const ENTER = ["\r", "\n"];
const INTERRUPT = "\u0003";
const ERASE = "\u007f";

/** Whether there is anybody to ask. */
export const isAtTerminal = (): boolean => process.stdin.isTTY === true;

/** Reads a line that is not shown. Throws where there is no terminal to ask at, saying what to do `instead`. */
export async function askSecret(
  question: string,
  instead = "set CHIMERA_PASSWORD, or CHIMERA_TOKEN to a sign-in's token",
): Promise<string> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) throw new Error(`There is no terminal to ask at: ${instead}.`);
  // Silent before it asks: what is typed from then on is shown nowhere.
  stdin.setRawMode(true);
  stderr.write(question);
  let hear: (chunk: unknown) => void = () => {};
  try {
    return await new Promise<string>((resolve, reject) => {
      let secret = "";
      hear = (chunk) => {
        for (const letter of String(chunk)) {
          if (letter === INTERRUPT) return reject(new Error("Nothing was asked."));
          if (ENTER.includes(letter)) return resolve(secret);
          secret = letter === ERASE ? secret.slice(0, -1) : secret + letter;
        }
      };
      // Iterating over it would end it with the first answer, and a second question would find no terminal.
      stdin.on("data", hear);
      stdin.once("end", () => resolve(secret));
      stdin.resume();
    });
  } finally {
    stdin.off("data", hear);
    stdin.setRawMode(false);
    stdin.pause();
    note("");
  }
}
