// Writes docs/THIRD_PARTY.md: every package that a production install brings, its version and its licence. Fails when a licence
// is not one that lets us ship it. Run it after a change of dependencies: `node scripts/licenses.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const ALLOWED = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'OFL-1.1',
  'CC0-1.0',
  'Unlicense',
  'PostgreSQL',
  'Python-2.0',
  'MPL-2.0',
  'Zlib',
  'CC-BY-4.0',
];
/** Packages whose package.json says nothing or too little, and what their own files say. */
const KNOWN = { busboy: 'MIT', streamsearch: 'MIT', 'xmlhttprequest-ssl': 'MIT' };

const { packages } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
const allowed = (license) =>
  license
    .replace(/[()]/g, '')
    .split(/ OR /)
    .some((choice) => choice.split(/ AND /).every((part) => ALLOWED.includes(part.trim())));

/** The dashboard's packages are development dependencies of ours, yet they are in what is shipped: its bundle. */
const bundled = new Set();
const web = packages['apps/dispatch/web'] ?? {};
const visit = (name) => {
  if (bundled.has(name)) return;
  bundled.add(name);
  for (const next of Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {})) visit(next);
};
const BUILD_ONLY = /^(@types\/|vite$|@vitejs\/)/;
for (const name of Object.keys({ ...web.dependencies, ...web.devDependencies }))
  if (!BUILD_ONLY.test(name)) visit(name);

const rows = new Map();
for (const [location, entry] of Object.entries(packages)) {
  if (!location.includes('node_modules/') || entry.link) continue;
  const name = location.slice(location.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (entry.dev && !bundled.has(name)) continue;
  const license = KNOWN[name] ?? entry.license ?? 'UNKNOWN';
  rows.set(`${name}@${entry.version}`, { name, version: entry.version, license });
}
const refused = [...rows.values()].filter(({ license }) => !allowed(license));
if (refused.length > 0) {
  for (const { name, version, license } of refused) console.error(`${name}@${version}: ${license}`);
  console.error('These licences are not on the list of those that let us ship the package.');
  process.exit(1);
}
const lines = [...rows.values()]
  .sort((a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'))
  .map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
writeFileSync(
  path.join(root, 'docs/THIRD_PARTY.md'),
  [
    '# Third-party packages',
    '',
    'What a production install and the dashboard bundle contain. Written by `node scripts/licenses.mjs`, which fails on a licence that would',
    'not let us ship the package. The text of each licence lies in its package.',
    '',
    '| package | version | licence |',
    '|--|--|--|',
    ...lines,
    '',
  ].join('\n'),
);
console.log(`${rows.size} packages`);
