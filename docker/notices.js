// Prints the licence texts of everything that an image adds to its base, for the image's file third-party-notices.txt:
//   node docker/notices.js FOLDER...
// The folders contain npm packages, in `node_modules` at any depth, and Python wheels, as `NAME.dist-info`. Packages with the same text
// share it. A package without a licence, or with one whose text is unknown, ends the build.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Texts of licences, for packages that contain none. */
const standardTexts = {
  MIT: (holder) => `MIT License

Copyright (c) ${holder}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
  ISC: (holder) => `ISC License

Copyright (c) ${holder}

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the
above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF
MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY
DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION,
ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.`,
  // Debian's copy. Its holders are named by the notices of the packages.
  'Apache-2.0': () => readFileSync('/usr/share/common-licenses/Apache-2.0', 'utf8').trim(),
};

const isNotice = (name) => /^(licen[cs]e|notice|copying|third_party_notices)/i.test(name);

/** Reads the notices in a folder. */
const noticesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && isNotice(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8').trim());

/** Finds npm packages and wheels below a folder. Links lead to the project's own packages. */
function* packagesIn(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(folder, entry.name);
    if (entry.name.endsWith('.dist-info')) yield wheel(path);
    else {
      const parent = basename(folder).startsWith('@') ? dirname(folder) : folder;
      if (basename(parent) === 'node_modules' && existsSync(join(path, 'package.json')))
        yield npmPackage(path);
      yield* packagesIn(path);
    }
  }
}

function npmPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const holder = (typeof author === 'string' ? author : author?.name) ?? `the authors of ${name}`;
  return { name, version, license, holder, texts: noticesIn(folder) };
}

function wheel(folder) {
  const metadata = readFileSync(join(folder, 'METADATA'), 'utf8');
  const [name, version, license, holder] = ['Name', 'Version', 'License', 'Author'].map(
    (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(metadata)?.[1],
  );
  const own = join(dirname(folder), name.startsWith('tensorflow') ? 'tensorflow' : name);
  const folders = [folder, join(folder, 'licenses'), own].filter(existsSync);
  const texts = folders.flatMap(noticesIn);
  // TensorFlow's wheel contains the notices of its libraries, but not its own licence.
  const isTensorflow = license === 'Apache 2.0';
  return {
    ...{ name, version, holder },
    license: isTensorflow ? 'Apache-2.0' : license,
    texts: isTensorflow ? [standardTexts['Apache-2.0'](), ...texts] : texts,
  };
}

/** Node.js itself; images of other origin than Docker's library lack its file. */
function nodeItself() {
  const file = '/usr/local/LICENSE';
  const text = existsSync(file)
    ? readFileSync(file, 'utf8').trim()
    : `${standardTexts.MIT('Node.js contributors. All rights reserved.')}\n\nLicences of the libraries in it: https://github.com/nodejs/node/blob/${process.version}/LICENSE`;
  return { name: 'node', version: process.version.slice(1), license: 'MIT', texts: [text] };
}

/** Returns the text of a package: its own notices, else that of each licence that it names. */
function textOf({ name, version, license, holder, texts }) {
  if (!license) throw new Error(`${name} ${version}: expected a licence in package.json, got none`);
  if (texts.length > 0) return texts.join('\n\n');
  const ids = license.replaceAll(/[()]/g, '').split(/ (?:AND|OR) /);
  return ids
    .map((id) => {
      if (!standardTexts[id])
        throw new Error(`${name} ${version}: expected a file with its licence ${id}, got none`);
      return standardTexts[id](holder);
    })
    .join('\n\n');
}

/** Titles of packages by their text. */
const titles = new Map();
try {
  for (const each of [nodeItself(), ...process.argv.slice(2).flatMap((folder) => [...packagesIn(folder)])]) {
    const text = textOf(each);
    const title = `${each.name} ${each.version} (${each.license})`;
    titles.set(text, (titles.get(text) ?? new Set()).add(title));
  }
} catch (error) {
  console.error(`notices: ${error.message}`);
  process.exit(1);
}
console.log(`Licences of the software in this image, besides its own (/app/LICENSE). Debian's packages have theirs in
/usr/share/doc/*/copyright, npm in /usr/local/lib/node_modules/npm.`);
for (const [text, of] of titles)
  console.log(`\n${'-'.repeat(80)}\n\n${[...of].sort().join('\n')}\n\n${text}`);
