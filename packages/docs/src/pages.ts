/** The pages of the documentation, and the workspace that they are about. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The repository. */
export const ROOT = path.resolve(import.meta.dirname, '../../../..');

export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly private?: boolean;
  readonly bin?: Readonly<Record<string, string>>;
}

function entries(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' });
}

/** Every page, by its path from the repository's root. */
export function pages(): string[] {
  const top = readdirSync(ROOT);
  const guides = entries('docs').map((file) => path.join('docs', file));
  const readmes = readdirSync(path.join(ROOT, 'packages')).flatMap((name) =>
    readdirSync(path.join(ROOT, 'packages', name))
      .filter((file) => file === 'README.md')
      .map((file) => path.join('packages', name, file)),
  );
  return [...top, ...guides, ...readmes].filter((file) => file.endsWith('.md')).sort();
}

/** The packages of the workspace. */
export function packages(): Package[] {
  return readdirSync(path.join(ROOT, 'packages')).map((name) => {
    const folder = path.join(ROOT, 'packages', name);
    return { ...(JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as Package), folder };
  });
}
