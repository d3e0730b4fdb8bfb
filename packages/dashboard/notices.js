import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Adds `third-party-notices.txt` to the page: the licence texts of all packages whose code is in the bundle. */
export function writeNotices() {
  return {
    name: 'third-party-notices',
    generateBundle(_options, bundle) {
      const source = noticesOf(Object.values(bundle));
      this.emitFile({ type: 'asset', fileName: 'third-party-notices.txt', source });
    },
  };
}

/** Returns the licence texts of all packages whose code is in these files of a bundle. */
export function noticesOf(files) {
  const modules = files.flatMap((file) => Object.keys(file.modules ?? {}));
  const folders = new Set(modules.filter((id) => id.includes('/node_modules/')).map(packageFolder));
  return `${[...folders]
    .sort()
    .map(noticeOf)
    .join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** Returns the folder of the package that a module belongs to. */
function packageFolder(id) {
  let folder = dirname(id.replace(/^\0/, '').replace(/\?.*$/, ''));
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

/** Returns whether a folder is the root of a package: its subfolders may have a `package.json`, too, but without a name. */
const isPackage = (folder) =>
  existsSync(join(folder, 'package.json')) &&
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).name !== undefined;

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (files.length === 0) throw new Error(`expected a licence text in ${folder}`);
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}
