// `npm run bench -- NAME [flags]` runs bench/NAME.js.
const names = [
  'dashboard',
  'epoch',
  'failover',
  'fanout',
  'ingest',
  'publishing',
  'reading',
  'store',
  'training',
];
const [name] = process.argv.splice(2, 1);

if (names.includes(name)) await import(`./${name}.js`);
else {
  console.error(`bench: expected one of ${names.join(', ')}, got ${name ?? 'nothing'}`);
  process.exitCode = 2;
}
