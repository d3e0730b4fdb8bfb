import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InputData, JSONSchemaInput, quicktype } from 'quicktype-core';
import { hasProgram, pythonEnvironment, run } from './tools.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Writes a file with the types of messages, which quicktype generates from the bundle of JSON Schemas. */
async function generate(folder, { bundle, messages, language, file, options = {} }) {
  const input = new JSONSchemaInput(undefined);
  for (const { name, definition } of messages) {
    const schema = JSON.stringify({ $ref: `#/$defs/${definition}`, $defs: bundle.$defs });
    await input.addSource({ name, schema });
  }
  const inputData = new InputData();
  inputData.addInput(input);
  const { lines } = await quicktype({ inputData, lang: language, rendererOptions: options });
  writeFileSync(join(folder, file), lines.join('\n'));
}

/** Runs a compiler. @throws Error with its output when it fails. */
async function compile(program, args, options) {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stdout}${stderr}`);
}

/**
 * A program for each language that decodes messages with generated types. It reads one message a line, and writes each
 * decoded message as JSON again. `build` returns the command that runs the program; `messages` has the names of the
 * generated type and of the definition in the bundle for each `type` of message. `keepsNull` is whether the types
 * distinguish null from an absent field.
 */
export const languages = [
  {
    name: 'Python, with datamodel-code-generator and pydantic',
    isAvailable: pythonEnvironment !== undefined,
    keepsNull: true,
    async build(folder, { bundleFile }) {
      const bin = join(pythonEnvironment, 'bin');
      await compile(join(bin, 'datamodel-codegen'), [
        ...[
          '--input',
          bundleFile,
          '--input-file-type',
          'jsonschema',
          '--output',
          join(folder, 'messages.py'),
        ],
        ...['--output-model-type', 'pydantic_v2.BaseModel', '--formatters', 'builtin'],
      ]);
      copyFileSync(join(root, 'interop/decoders/decode.py'), join(folder, 'decode.py'));
      return [join(bin, 'python'), join(folder, 'decode.py')];
    },
  },
  {
    name: 'Go, with quicktype and encoding/json',
    isAvailable: hasProgram('go'),
    keepsNull: false,
    async build(folder, { bundle, messages }) {
      const options = { package: 'main' };
      await generate(folder, { bundle, messages, language: 'go', file: 'messages.go', options });
      const cases = messages.map(
        ({ type, name }) => `	case "${type}":
		message, err := Unmarshal${name}([]byte(text))
		if err != nil {
			return nil, err
		}
		return message.Marshal()`,
      );
      writeFileSync(join(folder, 'go.mod'), 'module decode\n\ngo 1.21\n');
      writeFileSync(
        join(folder, 'main.go'),
        `package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func decode(text string) ([]byte, error) {
	var message struct{ Type string }
	if err := json.Unmarshal([]byte(text), &message); err != nil {
		return nil, err
	}
	switch message.Type {
${cases.join('\n')}
	}
	return nil, fmt.Errorf("unknown type %s", message.Type)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, err := decode(lines.Text())
		if err != nil {
			text = []byte("refused")
		}
		fmt.Println(string(text))
	}
}
`,
      );
      const program = join(folder, 'decode');
      await compile('go', ['build', '-o', program, '.'], { cwd: folder, env: { GOFLAGS: '-mod=mod' } });
      return [program];
    },
  },
  {
    name: 'TypeScript, with quicktype',
    isAvailable: true,
    keepsNull: true,
    async build(folder, { bundle, messages }) {
      await generate(folder, { bundle, messages, language: 'typescript', file: 'messages.ts' });
      const decoders = messages.map(({ type, name }) => {
        const toJson = `${name[0].toLowerCase()}${name.slice(1)}ToJson`;
        return `  '${type}': (text) => Convert.${toJson}(Convert.to${name}(text)),`;
      });
      writeFileSync(
        join(folder, 'main.ts'),
        `import { Convert } from './messages.js';

const decoders: Record<string, (text: string) => string> = {
${decoders.join('\n')}
};

let input = '';
process.stdin.on('data', (data: unknown) => { input += data; });
process.stdin.on('end', () => {
  for (const line of input.trimEnd().split('\\n')) {
    try {
      const text = decoders[JSON.parse(line).type]!(line);
      console.log(JSON.stringify(JSON.parse(text))); // The generated code writes several lines.
    } catch {
      console.log('refused');
    }
  }
});
declare const process: { stdin: { on(event: string, listener: (data: unknown) => void): void } };
declare const console: { log(line: string): void };
`,
      );
      writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
      const options = [
        '--strict',
        // Without this option, the optional fields of `config` may be undefined, which its index signature does not allow.
        '--exactOptionalPropertyTypes',
        '--target',
        'es2022',
        '--module',
        'nodenext',
        '--types',
        '',
        '--ignoreConfig',
      ];
      await compile(
        process.execPath,
        [join(root, 'node_modules/typescript/bin/tsc'), ...options, 'main.ts'],
        {
          cwd: folder,
        },
      );
      return [process.execPath, join(folder, 'main.js')];
    },
  },
  {
    name: 'Rust, with quicktype and serde',
    isAvailable: hasProgram('cargo'),
    keepsNull: false,
    async build(folder, { bundle, messages }) {
      const options = { visibility: 'public' };
      await generate(folder, { bundle, messages, language: 'rust', file: 'messages.rs', options });
      const arms = messages.map(
        ({ type, name }) =>
          `        "${type}" => serde_json::to_string(&serde_json::from_str::<messages::${name}>(text)?),`,
      );
      writeFileSync(
        join(folder, 'Cargo.toml'),
        `[package]
name = "decode"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "decode"
path = "main.rs"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["float_roundtrip"] }
`,
      );
      writeFileSync(
        join(folder, 'main.rs'),
        `#[allow(dead_code)]
mod messages;

fn decode(text: &str) -> Result<String, serde_json::Error> {
    let message: serde_json::Value = serde_json::from_str(text)?;
    match message["type"].as_str().unwrap_or("") {
${arms.join('\n')}
        _ => Ok("refused".to_string()),
    }
}

fn main() {
    for line in std::io::stdin().lines() {
        println!("{}", decode(&line.unwrap()).unwrap_or("refused".to_string()));
    }
}
`,
      );
      await compile('cargo', ['build', '--quiet'], { cwd: folder });
      return [join(folder, 'target/debug/decode')];
    },
  },
];

/** Languages for which quicktype has to generate types of all messages without an error. */
export const generatedLanguages = ['csharp', 'go', 'java', 'kotlin', 'python', 'rust', 'swift', 'typescript'];

export { generate };
