// `npm run bench -- NAME [flags]` runs bench/NAME.js.
import { readdirSync } from 'node:fs';

const names = readdirSync(new URL('.', import.meta.url))
  .filter((file) => file.endsWith('.js') && file !== 'run.js')
  .map((file) => file.slice(0, -3));
const [name] = process.argv.splice(2, 1);

if (names.includes(name)) await import(`./${name}.js`);
else {
  console.error(`bench: expected one of ${names.join(', ')}, got ${name ?? 'nothing'}`);
  process.exitCode = 2;
}
