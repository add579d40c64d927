/** From blocks to programs: what is written to a folder, checked and run. */
import type { Block } from './blocks.js';

const PROGRAM_LANGUAGES: readonly string[] = ['ts', 'js'];
/** `// reader.ts` as a block's first line: it is that file, for the page's programs to use. */
const FILE_NAME = /^\/\/ ([\w-]+(?:\.test)?\.(?:ts|js))\n/;

export interface SourceFile {
  readonly name: string;
  readonly line: number;
  text: string;
}

export interface Program extends SourceFile {
  /** What it has to print, if the page shows that. */
  prints: string | undefined;
}

export interface PagePrograms {
  /** Each is run. One named `*.test.ts` is run by mocha. */
  readonly programs: readonly Program[];
  /** Files that programs of the page use, and that are not run by themselves. */
  readonly files: readonly SourceFile[];
}

/** @throws Error with the line if a block continues, or shows the output of, nothing */
export function programsOf(blocks: readonly Block[]): PagePrograms {
  const programs: Program[] = [];
  const files: SourceFile[] = [];
  for (const { line, language, text, mark } of blocks) {
    const last = programs.at(-1);
    if (mark !== undefined && last === undefined) throw new Error(`line ${line}: it ${mark} nothing`);
    if (mark === 'prints') {
      (last as Program).prints = text;
    } else if (mark === 'continues') {
      (last as Program).text += `\n${text}`;
    } else if (PROGRAM_LANGUAGES.includes(language)) {
      const name = FILE_NAME.exec(text)?.[1];
      const isFile = name !== undefined && !name.includes('.test.');
      if (isFile) files.push({ name, line, text });
      else programs.push({ name: name ?? `line-${line}.${language}`, line, text, prints: undefined });
    }
  }
  return { programs, files };
}
