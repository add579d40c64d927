/** Runs the article's program and shows its transcript, the middle of a long one left out. */
import { createHash } from 'node:crypto';
import { bindHandleProgram } from '@overlapped/examples/bind-handle';

const SHOWN_EACH_END = 3;

/** The first and last lines, and how many are between. */
export function elide(lines: readonly string[]): string[] {
  const hidden = lines.length - 2 * SHOWN_EACH_END;
  if (hidden <= 1) return [...lines]; // the remark would be as long as what it hides
  return [
    ...lines.slice(0, SHOWN_EACH_END),
    `... ${hidden.toLocaleString('en')} more lines`,
    ...lines.slice(-SHOWN_EACH_END),
  ];
}

export interface Transcript {
  readonly lines: readonly string[];
  readonly bytes: number;
  /** SHA-256 of the bytes that its callbacks were given. */
  readonly hash: string;
}

export async function runArticle(path: string): Promise<Transcript> {
  const lines: string[] = [];
  const hash = createHash('sha256');
  let bytes = 0;
  const sink = (part: Buffer): void => {
    bytes += part.length;
    hash.update(part);
  };
  await bindHandleProgram(path, (line) => lines.push(line), { sink });
  return { lines, bytes, hash: hash.digest('hex') };
}
