import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundledJsonSchema } from '@mnist-monitor/shared/documents';
import { InputData, JSONSchemaInput, quicktypeMultiFile } from 'quicktype-core';

/**
 * Writes the files with the types of every message, which quicktype generates from the bundle of JSON Schemas, as its command line
 * does for `bundle.json#/$defs/`.
 *
 * @param language Name of the language in quicktype.
 * @param file Name of the file; languages with a file for each type use it for the functions that read and write JSON.
 * @param options quicktype's options of this language.
 * @returns The contents of all files together.
 */
export async function generate(folder, { language, file, options = {} }) {
  const input = new JSONSchemaInput(undefined);
  await input.addSource({
    name: 'bundle',
    schema: JSON.stringify(bundledJsonSchema()),
    uris: ['#/$defs/'],
  });
  const inputData = new InputData();
  inputData.addInput(input);
  const files = await quicktypeMultiFile({
    ...{ inputData, lang: language, outputFilename: file, rendererOptions: options },
  });
  mkdirSync(folder, { recursive: true });
  const contents = [...files].map(([name, { lines }]) => {
    const content = lines.join('\n');
    writeFileSync(join(folder, name), content);
    return content;
  });
  return contents.join('\n');
}
