import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from '../support/generate.js';
import { compile, hasProgram } from '../support/tools.js';

/** Where serde stays compiled between test runs: compiling it takes most of the time. */
const target = fileURLToPath(new URL('../.cargo-target', import.meta.url));

export const rust = {
  name: 'Rust, with quicktype and serde',
  isAvailable: hasProgram('cargo'),
  distinguishes: ['empty'],
  async build(folder, messages) {
    const options = { visibility: 'public' };
    await generate(folder, { language: 'rust', file: 'messages.rs', options });
    writeFileSync(join(folder, 'Cargo.toml'), manifest);
    writeFileSync(join(folder, 'main.rs'), mainOf(messages));
    await compile('cargo', ['build', '--quiet', '--target-dir', target], { cwd: folder });
    return [join(target, 'debug/decode')];
  },
};

const manifest = `[package]
name = "decode"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "decode"
path = "main.rs"

[dependencies]
serde = { version = "1", features = ["derive"] }
serde_json = { version = "1", features = ["float_roundtrip"] }

[profile.dev]
debug = false
incremental = false
`;

const mainOf = (messages) => `#[allow(dead_code)]
mod messages;

type Written = Result<String, serde_json::Error>;

fn again<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) -> Written {
    serde_json::to_string(&serde_json::from_str::<T>(text)?)
}

fn own(text: &str) -> Written {
    let message: serde_json::Value = serde_json::from_str(text)?;
    match message["type"].as_str().unwrap_or("") {
${messages.map(({ type, name }) => `        "${type}" => again::<messages::${name}>(text),`).join('\n')}
        other => Ok(format!("refused: unknown type {other}")),
    }
}

fn main() {
    for line in std::io::stdin().lines() {
        let text = line.unwrap();
        for written in [own(&text), again::<messages::LiveGatewayMessage>(&text)] {
            println!("{}", written.unwrap_or_else(|error| format!("refused: {error}")));
        }
    }
}
`;
