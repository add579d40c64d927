/** The code blocks of a page, and what a comment right before one says of it. */
import MarkdownIt from 'markdown-it';

/** `<!-- continues -->`: the block goes on where the one before it ended. `<!-- prints -->`: its output. */
export type Mark = 'continues' | 'prints';

export interface Block {
  /** Line of the fence in its page, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  readonly mark: Mark | undefined;
}

const MARK = /^<!-- (continues|prints) -->\s*$/;

export function blocksOf(markdown: string): Block[] {
  const tokens = new MarkdownIt({ html: true }).parse(markdown, {});
  return tokens.flatMap((token, i) => {
    if (token.type !== 'fence') return [];
    const before = tokens[i - 1];
    const mark = before?.type === 'html_block' ? MARK.exec(before.content)?.[1] : undefined;
    const line = (token.map?.[0] ?? 0) + 1;
    return [{ line, language: token.info.trim(), text: token.content, mark: mark as Mark | undefined }];
  });
}
