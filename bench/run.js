// `npm run bench -- NAME [flags]` runs bench/NAME.js.
import { readFileSync } from 'node:fs';

const names = [
  'dashboard',
  'epoch',
  'fanout',
  'ingest',
  'inside',
  'lighthouse',
  'publishing',
  'reading',
  'soak',
  'start',
  'store',
  'time-to-accuracy',
  'training',
  'viewers',
  'watch',
];
const [name] = process.argv.splice(2, 1);

const isHelpRequested = [name, ...process.argv.slice(2)].includes('--help');

if (isHelpRequested) {
  const text = names.includes(name) ? readFileSync(new URL(`${name}.js`, import.meta.url), 'utf8') : '';
  const [comment] = /^(?:\/\/.*\n)*/.exec(text);
  console.log(
    comment.replaceAll(/^\/\/ ?/gm, '').trim() ||
      `usage: npm run bench -- NAME [flags], with NAME one of ${names.join(', ')}`,
  );
} else if (names.includes(name)) await import(`./${name}.js`);
else {
  console.error(`bench: expected one of ${names.join(', ')}, got ${name ?? 'nothing'}`);
  process.exitCode = 2;
}
