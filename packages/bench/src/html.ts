/** HTML in template literals: what is put in is text, unless it is markup itself. */
export class Markup {
  constructor(readonly source: string) {}
}

type Content = string | number | undefined | Markup | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function write(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.source;
  if (typeof content === 'object') return content.map(write).join('');
  return String(content).replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.map((part, index) => part + write(contents[index])).join(''));
}
