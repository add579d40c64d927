/** The commands of shell blocks, taken apart. */
import { parse } from 'shell-quote';
import type { Block } from './blocks.js';

export interface ShellCommand {
  /** Line in its page, from 1. */
  readonly line: number;
  /** As the page has it. */
  readonly text: string;
  /** Variables set for it: `NAME=value command`. */
  readonly env: Readonly<Record<string, string>>;
  /** The command and its arguments. */
  readonly words: readonly string[];
  /** What the page shows as its output; undefined where it shows none. */
  readonly output: string | undefined;
}

const ASSIGNMENT = /^([A-Z][A-Z0-9_]*)=(.*)$/;

function commandOf(text: string, line: number, output: string | undefined): ShellCommand[] {
  // Operators, patterns and comments come as objects.
  const words = parse(text).filter((word) => typeof word === 'string');
  const env: Record<string, string> = {};
  let match: RegExpExecArray | null;
  while ((match = ASSIGNMENT.exec(words[0] ?? '')) !== null) {
    env[match[1] as string] = match[2] as string;
    words.shift();
  }
  return words.length === 0 ? [] : [{ line, text: text.trim(), env, words, output }];
}

/** Joins lines that a backslash makes one; empty lines keep the numbers of those behind. */
function joinContinued(text: string): string {
  return text.replace(/(?:.*\\\n)+.*/g, (lines) => lines.replace(/\\\n/g, '') + '\n'.repeat(lines.split('\n').length - 1));
}

/** `sh`: each line is a command. `console`: lines that begin with `$ ` are, and what follows one is its output. */
export function commandsOf({ language, text, line }: Block): ShellCommand[] {
  const lines = joinContinued(text).split('\n');
  if (language === 'sh') return lines.flatMap((each, i) => commandOf(each, line + 1 + i, undefined));
  if (language !== 'console') return [];
  return lines.flatMap((each, i) => {
    if (!each.startsWith('$ ')) return [];
    const rest = lines.slice(i + 1);
    const next = rest.findIndex((other) => other.startsWith('$ '));
    const output = (next === -1 ? rest : rest.slice(0, next)).join('\n').trimEnd();
    return commandOf(each.slice(2), line + 1 + i, output);
  });
}
