// The documentation's site: `pnpm docs:build` writes it to build-docs/. Packages, their entries and the pages are looked
// up, so that new ones are there by themselves.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = import.meta.dirname;

/** What a package.json exports, by the source file: `@overlapped/core/overlapped` is src/overlapped/index.ts. */
function entriesOf(folder) {
  const {
    name,
    private: unpublished,
    exports = {},
  } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  if (unpublished) return [];
  return Object.entries(exports).flatMap(([path, target]) => {
    const types = (target.require ?? target).types;
    if (types === undefined) return []; // package.json itself
    const source = join(folder, types.replace('/dist/', '/').replace(/\.d\.ts$/, '.ts'));
    return [{ name: join(name, path), package: name, source }];
  });
}

/** Loaders: only core uses them. */
const INTERNAL = ['@overlapped/linux-uring', '@overlapped/win-iocp'];

const entries = readdirSync(join(root, 'packages'))
  .flatMap((name) => entriesOf(join('packages', name)))
  .filter((entry) => !INTERNAL.includes(entry.package));

/** Headings of the site, and the pages under each. */
const PAGES = {
  Guides: 'docs/guides/*.md',
  Reference: 'docs/*.md',
  Project: '{CONTRIBUTING,SECURITY,CHANGELOG}.md',
};

function headingOf(page) {
  if (page.startsWith('docs/guides/')) return 'Guides';
  return page.startsWith('docs/') ? 'Reference' : 'Project';
}

/** What typedoc calls the module of a source file: packages/core/src/fs/index.ts is core/src/fs. */
function moduleOf(source) {
  return source.replace(/^packages\//, '').replace(/(\/index)?\.ts$/, '');
}

/** Names modules as they are imported, and pages by their first heading; both would be called by their files. */
function namesForReaders(app) {
  app.converter.on('createDeclaration', (_context, reflection) => {
    if (!reflection.parent?.isProject()) return;
    const entry = entries.find(({ source }) => moduleOf(source) === reflection.name);
    if (entry !== undefined) reflection.name = entry.name;
  });
  app.converter.on('createDocument', (_context, page) => {
    page.frontmatter.group = headingOf(page.name);
    page.name = /^# (.*)/.exec(page.content[0].text)[1];
  });
}

export default {
  name: 'Overlapped',
  entryPoints: entries.map(({ source }) => source),
  tsconfig: 'tsconfig.docs.json',
  disableSources: true, // a clone without a remote has nothing that they could be links to
  skipErrorChecking: true, // tsc -b has checked the same sources
  // One program of all sources, so that what a package has of another one is linked.
  compilerOptions: { paths: Object.fromEntries(entries.map(({ name, source }) => [name, [`./${source}`]])) },
  out: 'build-docs',
  readme: 'README.md',
  headings: { readme: false }, // the page has its own
  navigation: { includeGroups: true },
  projectDocuments: Object.values(PAGES),
  groupOrder: ['Guides', 'Modules', 'Reference', 'Project'],
  plugin: [namesForReaders],
  customCss: 'packages/docs/site.css',
  excludeExternals: true, // what Readable and Error bring along
  excludeInternal: true,
  excludePrivate: true,
  packagesRequiringDocumentation: [...new Set(entries.map((entry) => entry.package))],
  intentionallyNotDocumented: [
    '@overlapped/conformance.Fault.__type.kind', // a union's tag
    '@overlapped/core.OverlappedFile.__type.close', // an event, of which the class itself tells
  ],
  requiredToBeDocumented: [
    'Enum',
    'EnumMember',
    'Variable',
    'Function',
    'Class',
    'Interface',
    'Property',
    'Method',
    'Accessor',
    'TypeAlias',
  ],
  validation: { notExported: true, invalidLink: true, invalidPath: true, notDocumented: true },
  treatWarningsAsErrors: true,
};
