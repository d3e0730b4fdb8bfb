import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '../support/generate.js';
import { compile } from '../support/tools.js';

const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

export const typescript = {
  name: 'TypeScript, with quicktype',
  isAvailable: true,
  distinguishes: ['null', 'empty'],
  async build(folder, messages) {
    await generate(folder, { language: 'typescript', file: 'messages.ts' });
    writeFileSync(join(folder, 'main.ts'), mainOf(messages));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    const options = [
      '--strict',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--types',
      '',
      '--ignoreConfig',
    ];
    // Without this option, the optional fields of `config` may be undefined, which its index signature does not allow.
    const exact = '--exactOptionalPropertyTypes';
    await compile(process.execPath, [compiler, ...options, exact, 'main.ts'], { cwd: folder });
    return [process.execPath, join(folder, 'main.js')];
  },
};

const mainOf = (messages) => `import { Convert } from './messages.js';

type Decoder = (text: string) => string;
const own: Record<string, Decoder> = {
${messages.map(({ type, name }) => `  '${type}': ${again(name)},`).join('\n')}
};
const any: Decoder = ${again('LiveGatewayMessage')};

let input = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (data: unknown) => { input += data; });
process.stdin.on('end', () => {
  for (const line of input.trimEnd().split('\\n'))
    for (const decode of [(text: string) => own[JSON.parse(text).type]!(text), any])
      try {
        console.log(JSON.stringify(JSON.parse(decode(line)))); // The generated code writes several lines.
      } catch (error) {
        console.log(\`refused: \${String(error).split('\\n')[0]}\`);
      }
});
declare const process: {
  stdin: { setEncoding(name: string): void; on(event: string, listener: (data: unknown) => void): void };
};
declare const console: { log(line: string): void };
`;

/** Returns a function that decodes a text as a type and writes it as JSON. */
const again = (name) =>
  `(text) => Convert.${name[0].toLowerCase()}${name.slice(1)}ToJson(Convert.to${name}(text))`;
