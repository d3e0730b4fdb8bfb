import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundledJsonSchema } from '@mnist-monitor/shared/documents';
import { compile, pythonEnvironment } from '../support/tools.js';

const main = fileURLToPath(new URL('decode.py', import.meta.url));

export const python = {
  name: 'Python, with datamodel-code-generator and pydantic',
  isAvailable: pythonEnvironment !== undefined,
  distinguishes: ['null', 'empty'],
  async build(folder) {
    const bin = join(pythonEnvironment, 'bin');
    const [input, output] = ['bundle.json', 'messages.py'].map((name) => join(folder, name));
    writeFileSync(input, JSON.stringify(bundledJsonSchema()));
    await compile(join(bin, 'datamodel-codegen'), [
      ...['--input', input, '--input-file-type', 'jsonschema', '--output', output],
      ...['--output-model-type', 'pydantic_v2.BaseModel', '--formatters', 'builtin'],
    ]);
    copyFileSync(main, join(folder, 'decode.py'));
    return [join(bin, 'python'), join(folder, 'decode.py')];
  },
};
